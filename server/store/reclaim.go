package store

// Reclaim: where keys were deleted or have changed their size, pages are left
// with few objects each. plan chooses pages that the others have room for, and
// nothing is allocated in them any more; then every slot moves what it has in
// them elsewhere, under its own lock, which makes sure that an entry that is
// moved is still in the table, and where. After one round over the slots the
// chosen pages are empty.

// reclaim is a round of moving.
type reclaim struct {
	running bool
	drain   bitset // the pages that were chosen
	slot    int    // whose turn it is
	segment uint32 // of its buckets, that is next
	at      uint64 // the position in its table that is next
}

// A round begins when one page in wasteParts, and no fewer than wastePages,
// could be done without, or when a chunk and one page in holeParts can go back
// to the system because free pages lie between others.
const (
	wasteParts = 24
	wastePages = chunkPages / 2
	holeParts  = 64
	spareParts = 128 // how much more than what is needed is left in the end
	sparePages = 4
)

// What a step costs: looking into a bucket is 1.
const (
	moveCost    = 8
	costAtOnce  = 256  // what is done under one lock, about
	pagesAtOnce = 4096 // that plan looks at under one lock
)

// surplus is how many pages each class could do without, if its objects lay
// together, and how many those are of all pages in use.
func (s *shard) surplus() (of [numClasses]uint32, sum, used uint32) {
	for c := range s.classes {
		pages, live := s.classes[c].pages, s.classes[c].live
		used += pages
		of[c] = pages - (live+pageObjects[c]-1)/pageObjects[c]
		sum += of[c]
	}
	return of, sum, used
}

// held is how many pages may have memory behind them, and how many of those are
// free.
func (s *shard) held() (pages, free uint32) {
	for i := range s.chunks {
		if s.chunks[i].held {
			pages += chunkPages
			free += chunkPages - uint32(s.chunks[i].used)
		}
	}
	return pages, free
}

// plan begins a round, if it would pay.
func (s *shard) plan() {
	s.mu.Lock()
	defer s.mu.Unlock()
	quota, sum, used := s.surplus()
	needs := used - sum
	limit := (needs+needs/spareParts+sparePages)/chunkPages*chunkPages + chunkPages // pages from here on are to be free
	held, _ := s.held()
	if sum < max(wastePages, used/wasteParts) && held < limit+max(chunkPages, used/holeParts) {
		return
	}
	s.reclaim = reclaim{running: true}
	for at := s.top - 1; at > 0; at-- {
		if at%pagesAtOnce == 0 {
			s.mu.Unlock() // others may allocate
			s.mu.Lock()
		}
		p := &s.pages[at]
		if p.state != pageInUse || at < limit && quota[p.class] == 0 {
			continue
		}
		if quota[p.class] > 0 {
			quota[p.class]--
		}
		if p.next != 0 {
			s.unlinkPage(at)
		}
		p.state = pageDraining
		s.reclaim.drain.add(at)
	}
}

// finish ends a round. What could not be moved stays.
func (s *shard) finish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for at, ok := s.reclaim.drain.lowest(0); ok; at, ok = s.reclaim.drain.lowest(at + 1) {
		p := &s.pages[at]
		if p.state != pageDraining {
			continue
		}
		p.state = pageInUse
		if uint32(p.used) < pageObjects[p.class] {
			s.linkPage(at)
		}
	}
	s.reclaim = reclaim{}
}

// drains says whether an object is to be moved.
func (r *reclaim) drains(ref reference) bool { return r.drain.has(uint32(ref) >> pageRefShift) }

// goOn does a part of a round, about as much as the budget says. tables are the
// store's from the shard's first on; each step-th is the shard's.
func (s *shard) goOn(tables []table, step int, budget *int) {
	r := &s.reclaim
	for r.slot < len(tables) {
		t := &tables[r.slot]
		done, ok := true, true
		if t.account.keys.load() > 0 {
			if *budget <= 0 {
				return
			}
			cost := min(*budget, costAtOnce)
			*budget -= cost
			if !t.mu.TryLock() { // it may be held for long
				*budget += cost
				return
			}
			t.found = place{}
			done, ok = t.relocate(r, &cost)
			t.mu.Unlock()
			*budget += cost
		}
		if !ok {
			break
		}
		if done {
			r.slot += step
			r.segment, r.at = 0, 0
		}
	}
	s.finish()
}

// relocate moves what a slot has in pages that are to be empty, as far as the
// budget goes. It reports whether that was all, and false if there is no room.
func (t *table) relocate(r *reclaim, budget *int) (done, ok bool) {
	if t.buckets == 0 {
		return true, true
	}
	if r.at == 0 {
		if done, ok := t.relocateBuckets(r, budget); !done || !ok {
			return done, ok
		}
	}
	for {
		at := t.buckets.index(r.at)
		if !t.relocateChain(r, t.shard.bucketRef(t.buckets, at), budget) {
			return false, false
		}
		if r.at = after(r.at, t.buckets.mask(at)); r.at == 0 {
			return true, true
		}
		if *budget <= 0 {
			return false, true
		}
	}
}

// relocateBuckets moves what holds the buckets.
func (t *table) relocateBuckets(r *reclaim, budget *int) (done, ok bool) {
	s := t.shard
	if b := t.buckets; r.drains(b.ref()) {
		ref := s.moved(b.ref(), b.size(), budget)
		if ref == 0 {
			return false, false
		}
		t.buckets = makeBuckets(ref, b.n())
	}
	for b := t.buckets; !b.flat() && r.segment < b.segments(); r.segment++ {
		if *budget--; *budget <= 0 {
			return false, true
		}
		if at := s.segment(b, r.segment); r.drains(*at) {
			ref := s.moved(*at, segmentBytes, budget)
			if ref == 0 {
				return false, false
			}
			*at = ref
		}
	}
	return true, true
}

// relocateChain moves a chain's entries, and its buckets but the first.
func (t *table) relocateChain(r *reclaim, chain reference, budget *int) bool {
	s := t.shard
	for {
		*budget--
		b := s.bucket(chain)
		for set := b.filled(); set != 0; set &= set - 1 {
			if at := &b.refs[cellOf(set)]; r.drains(*at) {
				ref := s.moved(*at, s.entry(*at).layout().size(), budget)
				if ref == 0 {
					return false
				}
				*at = ref
			}
		}
		next := b.next()
		if next == 0 {
			return true
		}
		if r.drains(next) {
			if next = s.moved(next, bucketBytes, budget); next == 0 {
				return false
			}
			b.setNext(next)
		}
		chain = next
	}
}

// moved moves an object and returns where to; 0 if there is no room.
func (s *shard) moved(from reference, size int, budget *int) reference {
	to := s.alloc(size)
	if to != 0 {
		copy(s.bytes(to, size), s.bytes(from, size))
		s.free(from)
		*budget -= moveCost
	}
	return to
}
