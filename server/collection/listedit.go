package collection

import (
	"bytes"
	"math"

	"slotbench/internal/listpack"
)

// Set puts a text in place of the element of an index, which must be there.
func (l *List) Set(index int, text []byte) {
	l.expect(text)
	node, offset := l.seek(index)
	n := &l.nodes()[node]
	switch {
	case n.plain && l.plain(text):
		l.bytes -= int64(len(n.chunk))
		n.chunk = l.alloc(len(text))
		n.from, n.to = 0, copy(n.chunk, text)
	case !n.plain && !l.plain(text) && (!l.split || n.bytes()+len(text) <= 2*l.full()):
		l.splice(n, offset, 1, text) // as Redis, even if the node becomes larger than it should be
	default:
		l.Insert(index, true, text)
		l.removeAt(index)
	}
	l.settle()
}

// splice replaces cut elements of a node, from an offset on, by texts.
func (l *List) splice(n *listNode, offset, cut int, texts ...[]byte) {
	at := listpack.End(n.text())
	if offset < n.elements() {
		at = listpack.Seek(n.text(), offset)
	}
	edit := listpack.Splice(n.text(), at, cut, texts...)
	grow, before := edit.Grow(), n.bytes()
	if grow > 0 {
		l.make(n, grow, false)
	}
	edit.Apply(n.chunk[n.from:n.to+max(0, grow)], before)
	n.to += grow
}

// removeAt removes the element of an index.
func (l *List) removeAt(index int) {
	node, offset := l.seek(index)
	if l.count(node) == 1 {
		l.close(node, node+1)
	} else {
		l.splice(&l.nodes()[node], offset, 1)
		node++
	}
	l.shift(node, -1)
}

// shift adds to the numbers of all elements from a node's first one on, or
// takes it from those before: only the difference counts.
func (l *List) shift(node, by int) {
	nodes := l.nodes()
	if node < len(nodes)/2 {
		for i := range nodes[:node] {
			nodes[i].first -= by
		}
		return
	}
	for i := range nodes[node:] {
		nodes[node+i].first += by
	}
	l.end += by
}

// Insert puts a text behind or else before the element of an index, which must
// be there.
func (l *List) Insert(index int, behind bool, text []byte) {
	l.expect(text)
	node, offset := l.seek(index)
	if behind {
		offset++
	}
	// It comes to stand before the element of that offset, or at the node's end.
	switch count := l.count(node); {
	case l.fits(node, text):
		l.splice(&l.nodes()[node], offset, 0, text)
	case offset == count && l.fits(node+1, text):
		node++
		l.splice(&l.nodes()[node], 0, 0, text)
	case offset == 0 && l.fits(node-1, text):
		node--
		l.splice(&l.nodes()[node], l.count(node), 0, text)
	case offset == 0:
		l.insertNode(node, text)
	case offset == count:
		node++
		l.insertNode(node, text)
	default:
		l.divide(node, offset)
		l.insertBetween(node, behind, text)
		return
	}
	l.shift(node+1, 1)
}

// insertNode puts a text in a node of its own before the node of an index.
func (l *List) insertNode(node int, text []byte) {
	l.start(node, text, false)
	if n := &l.nodes()[node]; !n.plain {
		l.put(n, [][]byte{text}, false)
	}
}

// insertBetween puts a text between a node and the next, which were one and
// full, and joins what fits together then.
func (l *List) insertBetween(node int, behind bool, text []byte) {
	if l.plain(text) {
		l.insertNode(node+1, text)
		l.shift(node+2, 1)
		return
	}
	into := node
	if behind {
		into = node + 1
	}
	l.put(&l.nodes()[into], [][]byte{text}, behind)
	l.shift(into+1, 1)
	center := node + 1 - (into - node) // the part of the two that it is not in
	l.join(center + 1)
	if l.join(center - 2) {
		center--
	}
	if l.join(center - 1) {
		center--
	}
	l.join(center)
}

// divide makes two nodes of one: the second begins with the element of an
// offset.
func (l *List) divide(node, offset int) {
	count := l.count(node)
	right := l.open(node + 1)
	left := &l.nodes()[node]
	at := listpack.Seek(left.text(), offset)
	right.chunk = l.alloc(left.bytes())
	whole := right.chunk[:copy(right.chunk, left.text())]
	right.to = len(whole)
	right.from = len(whole) - len(listpack.CutFirst(whole, at, offset))
	right.first = left.first + offset
	l.cutTail(left, at, count-offset)
}

// join makes one node of a node and the next, if there are both and they fit
// into one.
func (l *List) join(node int) bool {
	if node < 0 || node+1 >= l.to-l.from {
		return false
	}
	left, right := &l.nodes()[node], &l.nodes()[node+1]
	need := right.bytes() - listpack.EmptyBytes
	if left.plain || right.plain || l.fill.Exceeded(left.bytes()+need, l.count(node)+l.count(node+1)) {
		return false
	}
	before := left.bytes()
	l.make(left, need, false)
	left.to += need
	listpack.Join(left.text(), before, right.text())
	l.close(node+1, node+2)
	return true
}

// Remove removes elements that are a text: at most count of them from the head
// on; from the tail on, if count is negative; all, if it is 0. It returns how
// many.
func (l *List) Remove(text []byte, count int) (removed int) {
	skip, most := 0, count
	switch {
	case count == 0 || count == math.MinInt:
		most = math.MaxInt
	case count < 0:
		most = -count
		l.Search(text, false, math.MaxInt, func(int) bool { skip++; return true })
		skip = max(0, skip-most)
	}
	needle, nodes := listpack.NewNeedle(text), l.nodes()
	kept := 0
	for i := range nodes {
		n := &nodes[i]
		n.first -= removed
		found := l.found(n, &needle, text, removed == most)
		passed := min(skip, found)
		if skip -= passed; found > passed {
			cut := min(found-passed, most-removed)
			removed += cut
			if cut == n.elements() {
				l.release(n.chunk)
				continue
			}
			n.to = n.from + len(needle.Remove(n.text(), passed, cut))
			l.fit(n)
		}
		nodes[kept], kept = nodes[i], kept+1
	}
	clear(nodes[kept:])
	l.to, l.end = l.from+kept, l.end-removed
	l.tidy()
	if removed > 0 {
		l.settle()
	}
	return removed
}

// found is how many elements of a node are a text: 0 if enough is known.
func (l *List) found(n *listNode, needle *listpack.Needle, text []byte, enough bool) int {
	switch {
	case enough:
		return 0
	case !n.plain:
		return needle.Count(n.text())
	case bytes.Equal(n.text(), text):
		return 1
	}
	return 0
}
