package collection

import "bytes"

// The order is a tree of blocks. A leaf holds members; an inner node holds for
// each child what the child's first member is and how many there are under it,
// so that ranks are sums.
//
//	inner: (score, reference) of each child's first, child, count
//	leaf:  (score, reference)
type sortedNode struct {
	fan    *sortedFan // nil: a leaf
	n      int32
	refs   [nodeEntries]uint32
	scores [nodeEntries]float64
}

// sortedFan is what an inner node has beyond a leaf.
type sortedFan struct {
	kids   [nodeEntries]*sortedNode
	counts [nodeEntries]uint32
}

const (
	// nodeEntries has a node, and what an inner one has beyond, fill nodeBytes,
	// which the allocator gives exactly.
	nodeEntries = 126
	nodeBytes   = 1536
	// A node that has fewer than minEntries is joined with its neighbour if
	// both have no more than joinedEntries.
	minEntries    = nodeEntries / 4
	joinedEntries = nodeEntries * 3 / 4
)

func (s *SortedSet) newNode(inner bool) *sortedNode {
	n := new(sortedNode)
	s.nodes++
	if inner {
		n.fan = new(sortedFan)
		s.fans++
	}
	return n
}

func (s *SortedSet) freed(n *sortedNode) {
	s.nodes--
	if n.fan != nil {
		s.fans--
	}
}

// size is how many members are under a node.
func (n *sortedNode) size() uint32 {
	if n.fan == nil {
		return uint32(n.n)
	}
	sum := uint32(0)
	for _, count := range n.fan.counts[:n.n] {
		sum += count
	}
	return sum
}

// upTo is how many of a node's entries stand at a place in the order or before
// it.
func (s *SortedSet) upTo(n *sortedNode, score float64, member []byte) int {
	low, high := 0, int(n.n)
	for low < high {
		mid := int(uint(low+high) / 2)
		at := n.scores[mid]
		if at < score || at == score && bytes.Compare(s.records.member(n.refs[mid]), member) <= 0 {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}

// child is which of an inner node's children a place in the order belongs to.
func (s *SortedSet) child(n *sortedNode, score float64, member []byte) int {
	return max(0, s.upTo(n, score, member)-1)
}

// seek is where a member stands that is there.
func (s *SortedSet) seek(score float64, member []byte) (leaf *sortedNode, at int) {
	n := s.root
	for n.fan != nil {
		n = n.fan.kids[s.child(n, score, member)]
	}
	return n, s.upTo(n, score, member) - 1
}

// locate is where the member of a rank stands.
func (s *SortedSet) locate(rank int) (leaf *sortedNode, at int) {
	n := s.root
	for n.fan != nil {
		var i int
		i, rank = n.kidOf(rank)
		n = n.fan.kids[i]
	}
	return n, rank
}

// kidOf is the child that has a rank, and the rank within it.
func (n *sortedNode) kidOf(rank int) (i, within int) {
	for i = 0; rank >= int(n.fan.counts[i]); i++ {
		rank -= int(n.fan.counts[i])
	}
	return i, rank
}

// countWhile is how many members come before the first for which before is
// false; it must be false for all behind that one.
func (s *SortedSet) countWhile(before func(score float64, ref uint32) bool) int {
	n, count := s.root, 0
	for n != nil {
		low, high := 0, int(n.n)
		for low < high {
			mid := int(uint(low+high) / 2)
			if before(n.scores[mid], n.refs[mid]) {
				low = mid + 1
			} else {
				high = mid
			}
		}
		if n.fan == nil {
			return count + low
		}
		low = max(0, low-1)
		for _, under := range n.fan.counts[:low] {
			count += int(under)
		}
		n = n.fan.kids[low]
	}
	return count
}

// insert adds a place to the order.
func (s *SortedSet) insert(score float64, ref uint32, member []byte) {
	if s.root == nil {
		s.root = s.newNode(false)
	}
	right := s.insertUnder(s.root, score, ref, member)
	if right == nil {
		return
	}
	root := s.newNode(true)
	root.place(0, s.root.scores[0], s.root.refs[0], s.root)
	root.place(1, right.scores[0], right.refs[0], right)
	s.root = root
}

// insertUnder returns the node to the right of n into which n was split, if it
// was.
func (s *SortedSet) insertUnder(n *sortedNode, score float64, ref uint32, member []byte) (right *sortedNode) {
	if n.fan == nil {
		return s.placeIn(n, s.upTo(n, score, member), score, ref, nil)
	}
	i := s.child(n, score, member)
	kid := n.fan.kids[i]
	split := s.insertUnder(kid, score, ref, member)
	n.scores[i], n.refs[i] = kid.scores[0], kid.refs[0]
	if split == nil {
		n.fan.counts[i]++
		return nil
	}
	n.fan.counts[i] = kid.size()
	return s.placeIn(n, i+1, split.scores[0], split.refs[0], split)
}

// placeIn adds an entry to a node, which is split if it is full.
func (s *SortedSet) placeIn(n *sortedNode, at int, score float64, ref uint32, kid *sortedNode) (right *sortedNode) {
	if n.n < nodeEntries {
		n.place(at, score, ref, kid)
		return nil
	}
	half := nodeEntries / 2
	if at == 0 || at == nodeEntries {
		half = at // members that come in order fill their nodes
	}
	right = s.newNode(n.fan != nil)
	right.take(0, n, half, nodeEntries)
	n.n = int32(half)
	if at < half || at == 0 {
		n.place(at, score, ref, kid)
	} else {
		right.place(at-half, score, ref, kid)
	}
	return right
}

// place adds an entry to a node that has room.
func (n *sortedNode) place(at int, score float64, ref uint32, kid *sortedNode) {
	end := int(n.n)
	n.n++
	copy(n.scores[at+1:n.n], n.scores[at:end])
	copy(n.refs[at+1:n.n], n.refs[at:end])
	n.scores[at], n.refs[at] = score, ref
	if n.fan != nil {
		copy(n.fan.kids[at+1:n.n], n.fan.kids[at:end])
		copy(n.fan.counts[at+1:n.n], n.fan.counts[at:end])
		n.fan.kids[at], n.fan.counts[at] = kid, kid.size()
	}
}

// take copies entries of another node to the end of n, which begins at.
func (n *sortedNode) take(at int, from *sortedNode, first, end int) {
	copy(n.scores[at:], from.scores[first:end])
	copy(n.refs[at:], from.refs[first:end])
	if n.fan != nil {
		copy(n.fan.kids[at:], from.fan.kids[first:end])
		copy(n.fan.counts[at:], from.fan.counts[first:end])
		clear(from.fan.kids[first:end])
	}
	n.n = int32(at + end - first)
}

// cut removes k entries.
func (n *sortedNode) cut(at, k int) {
	end := int(n.n)
	copy(n.scores[at:], n.scores[at+k:end])
	copy(n.refs[at:], n.refs[at+k:end])
	if n.fan != nil {
		copy(n.fan.kids[at:], n.fan.kids[at+k:end])
		copy(n.fan.counts[at:], n.fan.counts[at+k:end])
		clear(n.fan.kids[end-k : end])
	}
	n.n -= int32(k)
}

// take removes a place from the order.
func (s *SortedSet) take(score float64, member []byte) {
	s.takeUnder(s.root, score, member)
	s.lower()
}

func (s *SortedSet) takeUnder(n *sortedNode, score float64, member []byte) {
	if n.fan == nil {
		n.cut(s.upTo(n, score, member)-1, 1)
		return
	}
	i := s.child(n, score, member)
	s.takeUnder(n.fan.kids[i], score, member)
	s.shrunk(n, i, 1)
}

// takeRun removes k places from a rank on, all of which are in one leaf.
func (s *SortedSet) takeRun(rank, k int) {
	s.takeRunUnder(s.root, rank, k)
	s.lower()
}

func (s *SortedSet) takeRunUnder(n *sortedNode, rank, k int) {
	if n.fan == nil {
		n.cut(rank, k)
		return
	}
	i, within := n.kidOf(rank)
	s.takeRunUnder(n.fan.kids[i], within, k)
	s.shrunk(n, i, k)
}

// shrunk notes that a child has k members fewer, and joins it with a neighbour
// if it has become small.
func (s *SortedSet) shrunk(n *sortedNode, i, k int) {
	kid := n.fan.kids[i]
	n.fan.counts[i] -= uint32(k)
	if kid.n == 0 {
		s.freed(kid)
		n.cut(i, 1)
		return
	}
	n.scores[i], n.refs[i] = kid.scores[0], kid.refs[0]
	if kid.n >= minEntries || n.n == 1 {
		return
	}
	left := max(0, i-1)
	a, b := n.fan.kids[left], n.fan.kids[left+1]
	if a.n+b.n > joinedEntries {
		return
	}
	a.take(int(a.n), b, 0, int(b.n))
	n.fan.counts[left] += n.fan.counts[left+1]
	s.freed(b)
	n.cut(left+1, 1)
}

// lower takes away roots that have one child or nothing.
func (s *SortedSet) lower() {
	for s.root.fan != nil && s.root.n == 1 {
		s.freed(s.root)
		s.root = s.root.fan.kids[0]
	}
	if s.root.n == 0 {
		s.freed(s.root)
		s.root = nil
	}
}

// replace changes the reference of a member that is there.
func (s *SortedSet) replace(score float64, member []byte, ref, with uint32) {
	for n := s.root; ; {
		i := s.child(n, score, member)
		if n.refs[i] == ref {
			n.refs[i] = with
		}
		if n.fan == nil {
			return
		}
		n = n.fan.kids[i]
	}
}

func (n *sortedNode) clone() *sortedNode {
	if n == nil {
		return nil
	}
	c := *n
	if n.fan != nil {
		fan := *n.fan
		for i, kid := range n.fan.kids[:n.n] {
			fan.kids[i] = kid.clone()
		}
		c.fan = &fan
	}
	return &c
}
