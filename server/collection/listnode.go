package collection

import (
	"slices"
	"unsafe"

	"slotbench/internal/listpack"
)

// listNode is a part of a List: some elements as a listpack, or a large one as
// it is.
type listNode struct {
	chunk []byte
	from  int // the listpack, or the plain text, is chunk[from:to]
	to    int
	first int // the number of its first element
	plain bool
}

const listNodeBytes = int64(unsafe.Sizeof(listNode{}))

func (n *listNode) text() []byte { return n.chunk[n.from:n.to:n.to] }
func (n *listNode) bytes() int   { return n.to - n.from }

// elements counts them without their numbers.
func (n *listNode) elements() int {
	if n.plain {
		return 1
	}
	return listpack.Len(n.text())
}

// read is the element at a position, and the position behind it.
func (n *listNode) read(at int) (listpack.Value, int) {
	if n.plain {
		return listpack.Value{Text: n.text()}, 0
	}
	return listpack.Read(n.text(), at)
}

// alloc is a chunk of at least n bytes: as many as the allocator would round
// that up to.
func (l *List) alloc(n int) []byte {
	chunk := slices.Grow([]byte(nil), n)
	chunk = chunk[:cap(chunk)]
	l.bytes += int64(len(chunk))
	return chunk
}

// full is the bytes of a node that is full.
func (l *List) full() int {
	bytes, _ := l.fill.limits()
	return bytes
}

// release takes a chunk back. One is kept for the next node, if the list is
// long: one that is used as a queue takes nodes at one end and gives them back
// at the other.
func (l *List) release(chunk []byte) {
	l.bytes -= int64(len(chunk))
	if l.spare == nil && len(chunk) == l.full() && l.to-l.from > 2 {
		l.spare = chunk
		l.bytes += int64(len(chunk))
	}
}

// minRoom is how many nodes there is room for from the second one on.
const minRoom = 4

// open makes an empty place for a node before the node of an index, or behind
// the last. The node has its first element's number, and no memory yet.
func (l *List) open(at int) *listNode {
	number := l.end
	if at < l.to-l.from {
		number = l.nodes()[at].first
	}
	toHead := l.to > l.from && at <= (l.to-l.from)/2 && at < l.to-l.from
	if toHead && l.from == 0 || !toHead && l.to == len(l.room) {
		l.spread()
	}
	if toHead {
		copy(l.room[l.from-1:], l.room[l.from:l.from+at])
		l.from--
	} else {
		copy(l.room[l.from+at+1:], l.room[l.from+at:l.to])
		l.to++
	}
	n := &l.room[l.from+at]
	*n = listNode{first: number}
	return n
}

// spread puts the nodes in the middle of their room, which is made larger
// unless half of it is free.
func (l *List) spread() {
	count, size := l.to-l.from, len(l.room)
	switch {
	case count == 0:
		size = max(1, size)
	case 2*count >= size:
		size = max(minRoom, 2*count)
	}
	l.resize(size)
}

// resize moves the nodes to the middle of room for `size` of them.
func (l *List) resize(size int) {
	room, count := l.room, l.to-l.from
	if size != len(room) {
		room = make([]listNode, size)
		l.bytes += int64(size-len(l.room)) * listNodeBytes
	}
	from := 0
	if count > 0 {
		from = (size - count) / 2
	}
	copy(room[from:], l.nodes())
	clear(room[:from])
	clear(room[from+count:])
	l.room, l.from, l.to = room, from, from+count
}

// close removes the nodes from one index up to another, and their chunks.
func (l *List) close(from, to int) {
	nodes := l.nodes()
	for i := from; i < to; i++ {
		l.release(nodes[i].chunk)
	}
	if from < len(nodes)-to { // fewer before than behind
		copy(nodes[to-from:], nodes[:from])
		clear(nodes[:to-from])
		l.from += to - from
	} else {
		copy(nodes[from:], nodes[to:])
		clear(nodes[len(nodes)-(to-from):])
		l.to -= to - from
	}
	l.tidy()
}

// tidy gives back what few nodes do not need.
func (l *List) tidy() {
	count := l.to - l.from
	if count <= 1 && l.spare != nil {
		l.bytes -= int64(len(l.spare))
		l.spare = nil
	}
	if len(l.room) > 2*minRoom && count < len(l.room)/8 {
		l.resize(max(minRoom, len(l.room)/4))
	}
}

// adopt gives a node a copy of a listpack, with room around it.
func (l *List) adopt(n *listNode, lp []byte) {
	n.chunk = l.alloc(len(lp) + len(lp)/2)
	n.from = (len(n.chunk) - len(lp)) / 2
	n.to = n.from + copy(n.chunk[n.from:], lp)
	l.end += listpack.Len(lp)
}

// begin gives a new node its memory: an empty listpack with room for a text
// and more, behind it or before it.
func (l *List) begin(n *listNode, text []byte, toHead bool) {
	need := listpack.EmptyBytes + listpack.ElementBytes(text)
	switch full := l.full(); {
	case l.spare != nil && need <= full:
		n.chunk, l.spare = l.spare, nil
	case need <= full/2:
		n.chunk = l.alloc(full)
	default: // another one of its size will not fit
		n.chunk = l.alloc(need)
	}
	if toHead {
		n.from = len(n.chunk) - listpack.EmptyBytes
	}
	n.to = n.from + len(listpack.AppendNew(n.chunk[n.from:n.from]))
}

// make makes room for `need` bytes at one end of a node's listpack.
func (l *List) make(n *listNode, need int, atHead bool) {
	if atHead && n.from >= need || !atHead && n.to+need <= len(n.chunk) {
		return
	}
	used := n.bytes()
	chunk := n.chunk
	if free := len(chunk) - used; free < need || free < len(chunk)/4 && len(chunk) < l.full() {
		size := used + need + (used+need)/2
		if used+need <= l.full() {
			size = min(size, l.full())
		}
		chunk = l.alloc(size)
		l.bytes -= int64(len(n.chunk))
	}
	left := len(chunk) - used - need
	from := left / 4 // most of what is left to where the next text will come
	if atHead {
		from = need + left - left/4
	}
	copy(chunk[from:], n.text())
	n.chunk, n.from, n.to = chunk, from, from+used
}

// fit gives back room of a node that has become far too large.
func (l *List) fit(n *listNode) {
	if used := n.bytes(); used < len(n.chunk)/4 {
		chunk := l.alloc(used)
		l.bytes -= int64(len(n.chunk))
		n.chunk, n.from, n.to = chunk, 0, copy(chunk, n.text())
	}
}
