package store

// deadTable is the buckets of a slot that was cleared.
type deadTable struct {
	buckets buckets
	left    uint32 // those from here on are freed
}

// bury frees a table with its entries, or leaves that to Tidy.
func (s *shard) bury(b buckets, now bool) {
	d := deadTable{b, b.n()}
	if now {
		limit := int(never >> 1)
		s.dissolve(&d, &limit)
		return
	}
	s.mu.Lock()
	s.dead = append(s.dead, d)
	s.mu.Unlock()
}

// dissolve frees a part of a table that no slot has, about limit keys, from its
// end. It reports whether nothing is left.
func (s *shard) dissolve(d *deadTable, limit *int) bool {
	for ; d.left > 0; d.left-- {
		if *limit <= 0 {
			return false
		}
		head := s.bucketRef(d.buckets, d.left-1)
		for ref := head; ref != 0; {
			b := s.bucket(ref)
			for set := b.filled(); set != 0; set &= set - 1 {
				prefetch(s.at(b.refs[cellOf(set)]))
			}
			s.mu.Lock()
			for set := b.filled(); set != 0; set &= set - 1 {
				s.freeLocked(b.refs[cellOf(set)])
				*limit--
			}
			next := b.next()
			if ref != head {
				s.freeLocked(ref)
			}
			s.mu.Unlock()
			ref = next
		}
		*limit--
	}
	if !d.buckets.flat() {
		for i := range d.buckets.segments() {
			s.free(*s.segment(d.buckets, i))
		}
	}
	s.free(d.buckets.ref())
	return true
}

// freeDead goes on with what Clear has left.
func (s *shard) freeDead(limit *int) (more bool) {
	for {
		s.mu.Lock()
		if len(s.dead) == 0 {
			s.mu.Unlock()
			return false
		}
		d := s.dead[0]
		s.mu.Unlock()
		done := s.dissolve(&d, limit)
		s.mu.Lock()
		if done {
			s.dead = s.dead[1:]
		} else {
			s.dead[0] = d
		}
		s.mu.Unlock()
		if !done {
			return true
		}
	}
}

// Tidy does what there is to do in each shard, beginning with another one each
// time.
func (a *Arena) Tidy(_ int64, limit int) (more bool) {
	a.tidying.Lock()
	defer a.tidying.Unlock()
	for range a.shards {
		first := a.tidyAt
		a.tidyAt = (a.tidyAt + 1) % len(a.shards)
		more = a.tidyShard(first, &limit) || more
	}
	return more
}

func (a *Arena) tidyShard(first int, limit *int) (more bool) {
	s := &a.shards[first]
	s.populateAhead()
	if s.freeDead(limit) {
		return true
	}
	if !s.reclaim.running {
		s.plan()
	}
	round := s.reclaim.running
	if round {
		budget := *limit * moveCost
		s.goOn(a.tables[first:], len(a.shards), &budget)
		*limit = budget / moveCost
	}
	return s.giveBack(limit) || round // there may be more when it ends
}

// populateAhead has the memory of the next chunk ready when it will soon be
// needed: to come upon it takes long.
func (s *shard) populateAhead() {
	s.mu.Lock()
	top := s.top
	_, free := s.held()
	needed := !s.ahead && len(s.chunks) >= hugeFromChunk && free < chunkPages/2 && s.roomForChunk()
	s.mu.Unlock()
	if !needed {
		return
	}
	hugePages(s.page(top), chunkBytes)
	populate(s.page(top), chunkBytes)
	s.mu.Lock()
	s.ahead = s.ahead || s.top == top
	s.mu.Unlock()
}

// giveBack gives memory that is free to the system: chunks, but for a few
// pages, and extents, but for a part of those in use.
func (s *shard) giveBack(limit *int) (more bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, free := s.held()
	for at := len(s.chunks) - 1; at > 0 && free >= chunkPages+sparePages; at-- {
		if of := &s.chunks[at]; of.used > 0 || !of.held {
			continue
		}
		if *limit <= 0 {
			return true
		}
		*limit -= chunkPages
		free -= chunkPages
		s.giveChunk(uint32(at))
	}
	s.lowerTop()
	for s.dirty > keptUnits+s.used/keptPart || s.dirty > 0 && s.room.Load() < 2*s.reserveBytes() {
		if *limit <= 0 {
			return true
		}
		*limit -= chunkPages
		s.purge()
	}
	s.raiseBottom()
	return false
}

// giveChunk gives the memory of a chunk of free pages back. Nobody takes its
// pages meanwhile; others may allocate elsewhere.
func (s *shard) giveChunk(at uint32) {
	begin := at * chunkPages
	for i := range uint32(chunkPages) {
		s.freePages.remove(begin + i)
	}
	s.freeCount -= chunkPages
	s.mu.Unlock()
	release(s.page(begin), chunkBytes)
	s.mu.Lock()
	for i := range uint32(chunkPages) {
		s.freePages.add(begin + i)
	}
	s.freeCount += chunkPages
	s.lowFree = min(s.lowFree, begin)
	s.chunks[at].held = false
}

// lowerTop takes chunks without memory from the top.
func (s *shard) lowerTop() {
	for last := len(s.chunks) - 1; last > 0 && s.chunks[last] == (chunk{}); last-- {
		if s.ahead && s.roomForChunk() {
			release(s.page(s.top), chunkBytes)
		}
		s.ahead = false
		s.chunks = s.chunks[:last]
		for range chunkPages {
			s.top--
			s.freePages.remove(s.top)
		}
		s.freeCount -= chunkPages
	}
	s.lowFree = min(s.lowFree, s.top)
	s.settleRoom()
}

// Free extents keep their memory for the next as long as it is not more than
// keptUnits and one part in keptPart of what is in use.
const (
	keptUnits = 1 << 20 / unitBytes
	keptPart  = 32
)

// purge gives the memory of the longest free extent that has any back.
func (s *shard) purge() {
	for b := numBins - 1; b >= 0; b-- {
		head := s.bins[b]
		for at := head; at != 0; {
			if s.runs[at].state&runDirty != 0 {
				s.purgeRun(at)
				return
			}
			if at = s.runs[at].next; at == head {
				break
			}
		}
	}
	panic("store: free extents have memory and none is found")
}

// purgeRun gives the memory of a free extent back. It is nobody's meanwhile;
// others may allocate elsewhere.
func (s *shard) purgeRun(at uint32) {
	s.unbin(at)
	units := s.runs[at].units
	s.dirty -= units
	s.runs[at].state = runUsed
	s.mu.Unlock()
	release(s.at(reference(at<<unitRefShift)), uintptr(units)*unitBytes)
	s.mu.Lock()
	s.join(at, units, 0)
}

// raiseBottom takes free extents without memory from the bottom.
func (s *shard) raiseBottom() {
	for s.bottom < uint32(len(s.runs)) && s.runs[s.bottom].state&(runFree|runDirty) == runFree {
		at := s.bottom
		s.unbin(at)
		s.bottom += s.runs[at].units
	}
	s.settleRoom()
}
