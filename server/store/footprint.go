package store

// Footprint is the memory that a Store has of its own, outside the runtime's.
type Footprint struct {
	Used  int64 // by keys, values and tables
	Taken int64 // of the system for them
}

// Footprint is the arena's memory, but for its notes on it.
func (a *Arena) Footprint() (f Footprint) {
	for i := range a.shards {
		s := &a.shards[i]
		s.mu.Lock()
		for class, of := range s.classes {
			f.Used += int64(of.live) * int64(classBytes[class])
			f.Taken += int64(of.pages) * pageBytes
		}
		f.Used += int64(s.extents.used) * unitBytes
		f.Taken += int64(s.extents.used+s.dirty) * unitBytes
		s.mu.Unlock()
	}
	return f
}
