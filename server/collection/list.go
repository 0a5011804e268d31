package collection

import (
	"math"
	"sort"
	"unsafe"

	"slotbench/internal/listpack"
)

// List is a large list: a deque of nodes, each a listpack with room around it,
// so that a push or a pop at either end moves nothing.
//
//	room:  | free | node | node | … | node | free |
//	node:  | free | header, elements, end | free |
//
// Each element has a number, which stays while the list changes at its ends:
// the first element's number sinks with each push at the head. Nodes know the
// number of their first element, so an index is found by halving.
//
// Where nodes begin and end is as in Redis's quicklist, as far as OBJECT
// ENCODING shows it.
type List struct {
	fill  ListFill
	asked ListFill // what fill is to be; a list that is split keeps the one that it has
	split bool     // it has outgrown one node, and not shrunk to half a one since
	room  []listNode
	from  int // the nodes are room[from:to]
	to    int
	end   int    // the number behind the last element's
	spare []byte // a chunk for the next node; nil: none
	bytes int64  // of room, chunks and spare
}

// listBytes is what a List takes beside its room and its chunks.
const listBytes = int64(unsafe.Sizeof(List{}))

// ListFill is how large a node may be, as list-max-listpack-size has it: a
// number of elements, or -1 to -5 for 4 to 64 KiB.
type ListFill int

const (
	minFillBytes = 4 << 10 // of fill -1
	maxFill      = -5
	// safeNodeBytes is how large a node may be when elements are counted.
	safeNodeBytes = 8 << 10
	// estimatedHeadBytes is what an element takes beside its text, roughly.
	estimatedHeadBytes = 8
)

// limits is how many bytes and elements a node may have. Under a limit of
// elements the bytes are still kept safe.
func (f ListFill) limits() (bytes, elements int) {
	if f >= 0 {
		return safeNodeBytes, max(1, int(f))
	}
	return minFillBytes << min(-f-1, -maxFill-1), math.MaxInt
}

// Exceeded says whether so many bytes and elements are too much for a node.
func (f ListFill) Exceeded(bytes, elements int) bool {
	maxBytes, maxElements := f.limits()
	return bytes > maxBytes || elements > maxElements
}

// NewList is a List without elements.
func NewList(fill ListFill) *List { return &List{fill: fill, asked: fill} }

// SetFill says how large a node may be from now on. A list that is split goes
// on with the size that it has, until it is not.
func (l *List) SetFill(fill ListFill) {
	if l.asked = fill; !l.split {
		l.fill = fill
	}
}

// NewListFrom is a List of the elements of a listpack, which is copied.
func NewListFrom(fill ListFill, lp []byte) *List {
	l := NewList(fill)
	if listpack.Len(lp) > 0 {
		l.adopt(l.open(0), lp)
	}
	return l
}

// Len is how many elements there are.
func (l *List) Len() int {
	if l.from == l.to {
		return 0
	}
	return l.end - l.room[l.from].first
}

// Bytes is the memory that it takes.
func (l *List) Bytes() int64 { return listBytes + l.bytes }

// Split says whether Redis 7.2 would call it a quicklist and not a listpack.
func (l *List) Split() bool { return l.split }

// Packed is the whole list as one listpack, which is borrowed, if it has become
// so small that Redis 7.2 would have packed it, too.
func (l *List) Packed() (lp []byte, ok bool) {
	if l.split || l.to-l.from != 1 {
		return nil, false
	}
	return l.room[l.from].text(), true
}

// nodes is the nodes from head to tail.
func (l *List) nodes() []listNode { return l.room[l.from:l.to] }

// count is how many elements a node has.
func (l *List) count(node int) int {
	nodes := l.nodes()
	if node+1 == len(nodes) {
		return l.end - nodes[node].first
	}
	return nodes[node+1].first - nodes[node].first
}

// seek is the node of an index, which must be there, and the index in it.
func (l *List) seek(index int) (node, offset int) {
	nodes := l.nodes()
	number := nodes[0].first + index
	switch { // the ends are asked for most
	case len(nodes) == 1 || number < nodes[1].first:
		return 0, index
	case number >= nodes[len(nodes)-1].first:
		node = len(nodes) - 1
	default:
		node = sort.Search(len(nodes), func(i int) bool { return nodes[i].first > number }) - 1
	}
	return node, number - nodes[node].first
}

// expect is told of texts before they are added, and decides what Redis 7.2
// decides before it adds them: whether one node is still enough.
func (l *List) expect(texts ...[]byte) {
	if l.split {
		return
	}
	bytes, elements := listpack.EmptyBytes, l.Len()+len(texts)
	if l.from != l.to {
		bytes = l.room[l.from].bytes()
	}
	for _, text := range texts {
		bytes += len(text)
	}
	l.split = l.asked.Exceeded(bytes, elements)
}

// settle finds out whether the list has shrunk to half of one node.
func (l *List) settle() {
	if !l.split || l.to-l.from != 1 || l.room[l.from].plain {
		return
	}
	bytes, elements := l.asked.limits()
	if l.asked >= 0 { // then Redis does not look at the bytes
		bytes = math.MaxInt
	}
	if l.room[l.from].bytes() <= bytes/2 && l.Len() <= elements/2 {
		l.split, l.fill = false, l.asked
	}
}

// plain says whether a text gets a node of its own, without a listpack.
func (l *List) plain(text []byte) bool {
	bytes, _ := l.fill.limits()
	return l.split && len(text) > bytes
}

// fits says whether a text may be added to a node.
func (l *List) fits(node int, text []byte) bool {
	if !l.split {
		return true
	}
	if node < 0 || node >= l.to-l.from || l.plain(text) {
		return false
	}
	n := &l.nodes()[node]
	return !n.plain && !l.fill.Exceeded(n.bytes()+len(text)+estimatedHeadBytes, l.count(node)+1)
}

// Clone is a copy.
func (l *List) Clone() *List {
	c := &List{fill: l.fill, asked: l.asked, split: l.split, end: l.end, to: l.to - l.from}
	c.room = make([]listNode, c.to)
	c.bytes = int64(c.to) * listNodeBytes
	for i, n := range l.nodes() {
		chunk := c.alloc(n.bytes())
		copy(chunk, n.text())
		c.room[i] = listNode{chunk: chunk, to: n.bytes(), first: n.first, plain: n.plain}
	}
	return c
}
