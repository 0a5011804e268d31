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
func (a *Arena) Tidy(nowMillis int64, limit int) (more bool) {
	a.tidying.Lock()
	defer a.tidying.Unlock()
	for range a.shards {
		s := &a.shards[a.tidyAt]
		a.tidyAt = (a.tidyAt + 1) % len(a.shards)
		more = s.freeDead(&limit) || more
	}
	return more
}
