package rdb

// radixTree counts the nodes of a server's radix tree over ids, which come in
// their order. A node stands for a place where ids part, for the bytes between
// two such places where there are any, and for an id's end.
type radixTree struct {
	ids, nodes uint64
	last       [streamIDBytes]byte
	forks      [streamIDBytes]int // where the last id's path parts, ascending
	depth      int                // how many forks
}

// add takes the next id; one of another length is left out.
func (t *radixTree) add(id []byte) {
	if len(id) != streamIDBytes {
		return
	}
	t.ids++
	t.nodes++
	if t.ids > 1 {
		same := 0
		for same < streamIDBytes-1 && id[same] == t.last[same] {
			same++
		}
		t.close(same)
		if t.depth == 0 || t.forks[t.depth-1] != same {
			t.forks[t.depth] = same
			t.depth++
			t.nodes++
		}
	}
	copy(t.last[:], id)
}

// close counts the bytes between forks below a depth, where no id comes any
// more, and what leads up to it.
func (t *radixTree) close(same int) {
	from := streamIDBytes
	for t.depth > 0 && t.forks[t.depth-1] > same {
		t.depth--
		t.segment(from - t.forks[t.depth] - 1)
		from = t.forks[t.depth]
	}
	t.segment(from - same - 1)
}

func (t *radixTree) segment(bytes int) {
	if bytes > 0 {
		t.nodes++
	}
}

// end counts what is left; nothing can be added then.
func (t *radixTree) end() {
	if t.ids > 0 {
		t.close(-1)
	}
}
