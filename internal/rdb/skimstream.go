package rdb

// streamIDBytes is an entry's id, as it is where it is not packed.
const streamIDBytes = 16

// stream passes over a stream in one of the five layouts it has had.
func (s *Skimmer) stream(layout int) uint64 {
	w, e := &s.w, &s.entry
	var scratch [blobHeadBytes]byte
	bytes, last := uint64(0), uint64(0)
	var tree radixTree
	var id []byte
	s.elements(Stream, EncodingStream, func() {
		id = w.key(id[:0]) // that the node's others are relative to
		tree.add(id)
		_, length := w.blob(&scratch)
		if last > 0 {
			bytes += allocated(last)
		}
		last = length
	})
	e.Elements = w.count()
	w.counts(2) // the last id
	if layout >= 2 {
		w.counts(5) // first id, largest deleted id, how many were ever added
	}
	bytes = s.model.stream(&tree, bytes, last)
	for groups := w.count(); groups > 0 && w.err == nil; groups-- {
		bytes += s.group(layout)
	}
	if layout >= 4 {
		bytes += s.producers()
	}
	return bytes
}

// group passes over a group of consumers.
func (s *Skimmer) group(layout int) uint64 {
	w := &s.w
	w.text()
	w.counts(2) // the last id that was delivered
	if layout >= 2 {
		w.count() // how many were read
	}
	var pending radixTree
	for n := w.count(); n > 0 && w.err == nil; n-- {
		pending.add(w.bytes(streamIDBytes))
		w.skip(millisBytes) // when it was delivered
		w.count()           // how often
		s.beat()
	}
	bytes := s.model.group(&pending)
	for n := w.count(); n > 0 && w.err == nil; n-- {
		name := w.text()
		w.skip(millisBytes) // when it was seen
		if layout >= 3 {
			w.skip(millisBytes) // when it was active
		}
		var own radixTree
		s.ids(&own)
		bytes += s.model.consumer(name, &own)
	}
	if layout >= 5 {
		s.ids(new(radixTree)) // what was given back
	}
	return bytes
}

// ids reads ids as they are.
func (s *Skimmer) ids(tree *radixTree) {
	for n := s.w.count(); n > 0 && s.w.err == nil; n-- {
		tree.add(s.w.bytes(streamIDBytes))
		s.beat()
	}
	s.beat()
}

// producers passes over what keeps entries from being added twice.
func (s *Skimmer) producers() uint64 {
	w := &s.w
	bytes := uint64(0)
	w.counts(2) // for how long, and how many
	for n := w.count(); n > 0 && w.err == nil; n-- {
		bytes += allocated(w.text())
		for ids := w.count(); ids > 0 && w.err == nil; ids-- {
			bytes += allocated(w.text()) + streamIDBytes
			w.counts(2)
			s.beat()
		}
	}
	w.counts(2) // how many were added, and how many refused
	return bytes
}
