package collection

import (
	"math/bits"
	"slices"
)

// sortedIndex finds references by the hash of their member. It grows without a
// pause: the hash's top bits choose a segment of bounded size, and one that is
// full is split in two.
//
//	directory[top bits of the hash] -> segment: tags and references, by linear
//	probing from the home that the tag's own top bits say
type sortedIndex struct {
	directory []*sortedSegment // 1 << depth; several in a row may be the same segment
	depth     uint8
	bytes     int64
}

// sortedSegment is a part of the index: every reference whose hash begins with the
// same depth bits.
type sortedSegment struct {
	tags  []uint16 // the low bits of the hash
	refs  []uint32 // 0: empty
	n     int
	depth uint8
}

const (
	minSegment = 8
	maxSegment = 256
	tagBits    = 16
	// maxIndexDepth ends the splitting, whatever the hashes.
	maxIndexDepth = 32

	indexSegmentBytes = 64 // the struct
	slotBytes         = 2 + 4
)

func newSortedSegment(slots int, depth uint8) *sortedSegment {
	return &sortedSegment{make([]uint16, slots), make([]uint32, slots), 0, depth}
}

func (x *sortedIndex) init() {
	x.directory = []*sortedSegment{newSortedSegment(minSegment, 0)}
	x.bytes = 8 + indexSegmentBytes + minSegment*slotBytes
}

func (x *sortedIndex) segment(hash uint64) *sortedSegment { return x.directory[hash>>(64-x.depth)] }

// home is where the search for a tag begins.
func (g *sortedSegment) home(tag uint16) int {
	return int(tag) >> (tagBits - bits.TrailingZeros(uint(len(g.refs))))
}

// tagOf is the least tag of a home.
func (g *sortedSegment) tagOf(home int) uint16 {
	return uint16(home << (tagBits - bits.TrailingZeros(uint(len(g.refs)))))
}

func (g *sortedSegment) next(at int) int { return (at + 1) & (len(g.refs) - 1) }

func (g *sortedSegment) put(tag uint16, ref uint32) {
	at := g.home(tag)
	for g.refs[at] != 0 {
		at = g.next(at)
	}
	g.tags[at], g.refs[at] = tag, ref
	g.n++
}

// add notes a reference that is not there yet.
func (x *sortedIndex) add(hash uint64, ref uint32, hashOf func(ref uint32) uint64) {
	g := x.segment(hash)
	for g.n+1 > len(g.refs)*7/8 {
		if len(g.refs) < maxSegment || g.depth == maxIndexDepth {
			x.resize(g, 2*len(g.refs))
		} else {
			x.split(hash, hashOf)
		}
		g = x.segment(hash)
	}
	g.put(uint16(hash), ref)
}

// resize gives a segment so many slots.
func (x *sortedIndex) resize(g *sortedSegment, slots int) {
	old := *g
	x.bytes += int64(slots-len(g.refs)) * slotBytes
	*g = *newSortedSegment(slots, g.depth)
	for at, ref := range old.refs {
		if ref != 0 {
			g.put(old.tags[at], ref)
		}
	}
}

// span is the part of the directory that a hash's segment has, were its depth
// so much.
func (x *sortedIndex) span(hash uint64, depth uint8) []*sortedSegment {
	n := 1 << (x.depth - depth)
	first := int(hash>>(64-x.depth)) &^ (n - 1)
	return x.directory[first : first+n]
}

// split puts half of a hash's segment into a new one.
func (x *sortedIndex) split(hash uint64, hashOf func(ref uint32) uint64) {
	old := x.segment(hash)
	if old.depth == x.depth {
		doubled := make([]*sortedSegment, 0, 2*len(x.directory))
		for _, g := range x.directory {
			doubled = append(doubled, g, g)
		}
		x.bytes += 8 * int64(len(x.directory))
		x.directory, x.depth = doubled, x.depth+1
	}
	span := x.span(hash, old.depth)
	halves := [2]*sortedSegment{newSortedSegment(len(old.refs), old.depth+1), newSortedSegment(len(old.refs), old.depth+1)}
	for at, ref := range old.refs {
		if ref != 0 {
			halves[hashOf(ref)<<old.depth>>63].put(old.tags[at], ref)
		}
	}
	x.bytes += indexSegmentBytes + int64(len(old.refs))*slotBytes
	for i := range span {
		span[i] = halves[2*i/len(span)]
	}
}

// remove forgets a reference that is there.
func (x *sortedIndex) remove(hash uint64, ref uint32) {
	g := x.segment(hash)
	at := g.slot(hash, ref)
	g.n--
	for next := g.next(at); g.refs[next] != 0; next = g.next(next) {
		// What is behind the hole moves into it unless its home lies between.
		mask := len(g.refs) - 1
		if (next-g.home(g.tags[next]))&mask >= (next-at)&mask {
			g.tags[at], g.refs[at] = g.tags[next], g.refs[next]
			at = next
		}
	}
	g.refs[at] = 0
	if g.n < len(g.refs)/8 {
		x.shrink(hash, g)
	}
}

// slot is where a reference stands.
func (g *sortedSegment) slot(hash uint64, ref uint32) int {
	at := g.home(uint16(hash))
	for g.refs[at] != ref {
		if g.refs[at] == 0 {
			panic("collection: a sorted set's index has lost a member")
		}
		at = g.next(at)
	}
	return at
}

// shrink gives memory back of a segment with few members.
func (x *sortedIndex) shrink(hash uint64, g *sortedSegment) {
	if g.depth == 0 {
		if len(g.refs) > minSegment {
			x.resize(g, len(g.refs)/2)
		}
		return
	}
	both := x.span(hash, g.depth-1)
	left, right := both[0], both[len(both)-1]
	if left.depth != g.depth || right.depth != g.depth || left.n+right.n > maxSegment/2 {
		return
	}
	for at, ref := range right.refs {
		if ref != 0 {
			left.put(right.tags[at], ref)
		}
	}
	left.depth--
	for i := range both {
		both[i] = left
	}
	x.bytes -= indexSegmentBytes + int64(len(right.refs))*slotBytes
}

// replace changes a reference for another of the same member.
func (x *sortedIndex) replace(hash uint64, ref, with uint32) {
	g := x.segment(hash)
	g.refs[g.slot(hash, ref)] = with
}

func (x *sortedIndex) clone() sortedIndex {
	c := *x
	c.directory = slices.Clone(x.directory)
	for i, g := range x.directory {
		if i > 0 && g == x.directory[i-1] {
			c.directory[i] = c.directory[i-1]
			continue
		}
		c.directory[i] = &sortedSegment{slices.Clone(g.tags), slices.Clone(g.refs), g.n, g.depth}
	}
	return c
}

// A scan's cursor is a place in the order of hashes: the top bits where a
// segment began, how many bits those of the segment had in common, and the tag
// within it.
const (
	prefixBits  = 32
	prefixShift = tagBits
	depthShift  = tagBits + prefixBits
)

// scan visits about want references and returns the cursor to go on from, 0
// after the last. A segment that was split since is visited from the tag on in
// its left half and then from its right half's start; one that was joined has
// members that were not visited below the tag too, and is begun anew.
func (x *sortedIndex) scan(cursor uint64, want int, visit func(ref uint32)) uint64 {
	for seen := 0; ; {
		prefix, depth, tag := cursor>>prefixShift&(1<<prefixBits-1), uint8(cursor>>depthShift), uint16(cursor)
		g := x.segment(prefix << (64 - prefixBits))
		if g.depth < depth {
			tag = 0
		}
		for home := g.home(tag); home < len(g.refs); home++ {
			if seen >= want {
				return uint64(g.depth)<<depthShift | prefix<<prefixShift | uint64(g.tagOf(home))
			}
			for at := home; g.refs[at] != 0; at = g.next(at) {
				if g.home(g.tags[at]) == home {
					seen++
					visit(g.refs[at])
				}
			}
		}
		width := uint64(1) << (prefixBits - g.depth)
		end := prefix&^(width-1) + width
		if end >= 1<<prefixBits {
			return 0
		}
		cursor = end << prefixShift
	}
}
