package collection

import "slices"

// How a table's index grows, shrinks and is walked.

// widths is the numbers of groups that a segment may have.
var widths = [...]int{1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 24, maxGroups}

// Of a hundred slots: how many may be used, how many are when a segment has
// been laid out anew, and below how many it is laid out smaller.
const (
	fullPercent  = 88
	freshPercent = 70
	thinPercent  = 30
)

// width is the number of groups for so many entries.
func width(count int) int {
	slots := (count*100 + freshPercent - 1) / freshPercent
	for _, w := range widths {
		if slots <= w*groupSlots {
			return w
		}
	}
	return (slots + groupSlots - 1) / groupSlots
}

// full says whether a segment has no room for one more.
func (s *segment) full() bool {
	return int(s.count+1)*100 > len(s.groups)*groupSlots*fullPercent
}

// makeRoom sees to it that an entry of a hash can be inserted.
func (t *table) makeRoom(hash uint64) {
	if len(t.directory) == 0 {
		t.directory = []uint32{0}
		t.segments = []segment{{groups: make([]group, 1)}}
		t.groups, t.deepest = 1, 1
		return
	}
	for {
		number := t.segmentOf(hash)
		s := &t.segments[number]
		if !s.full() {
			return
		}
		if w := width(int(s.count) + 1); w <= maxGroups && len(s.groups) < maxGroups || s.depth == maxDepth {
			t.layOut(number, max(w, len(s.groups)+1))
			return
		}
		t.split(number)
	}
}

// layOut gives a segment another number of groups.
func (t *table) layOut(number, width int) {
	s := &t.segments[number]
	old := s.groups
	t.groups += width - len(old)
	t.widest = max(t.widest, width)
	s.groups, s.count = make([]group, width), 0
	t.each(old, func(hash uint64, r chunkRef) { s.insert(hash, r) })
}

// each visits the entries of some groups.
func (t *table) each(groups []group, visit func(hash uint64, r chunkRef)) {
	for i := range groups {
		g := &groups[i]
		for slot := range groupSlots {
			if g.tag(slot) != 0 {
				r := g.ref(slot)
				visit(hashOf(t.key(r)), r)
			}
		}
	}
}

// split makes two segments of one, by the next bit of the hashes.
func (t *table) split(number int) {
	if t.segments[number].depth == t.depth {
		t.double()
	}
	old := t.segments[number]
	depth := old.depth + 1
	bit := uint64(1) << (64 - depth)
	ones := 0
	t.each(old.groups, func(hash uint64, _ chunkRef) {
		if hash&bit != 0 {
			ones++
		}
	})
	widths := [2]int{width(int(old.count) - ones), width(ones)}
	var halves [2]segment
	for i := range halves {
		halves[i] = segment{groups: make([]group, widths[i]), prefix: old.prefix<<1 | uint32(i), depth: depth}
		t.groups += widths[i]
	}
	t.groups -= len(old.groups)
	t.widest = max(t.widest, widths[0], widths[1])
	t.each(old.groups, func(hash uint64, r chunkRef) {
		half := &halves[0]
		if hash&bit != 0 {
			half = &halves[1]
		}
		half.insert(hash, r)
	})
	t.segments[number] = halves[0]
	t.segments = append(t.segments, halves[1])
	if depth == t.depth {
		t.deepest += 2
	}
	t.point(len(t.segments) - 1)
}

// point has the directory lead to a segment.
func (t *table) point(number int) {
	s := &t.segments[number]
	span := 1 << (t.depth - s.depth)
	first := int(s.prefix) * span
	for i := first; i < first+span; i++ {
		t.directory[i] = uint32(number)
	}
}

// double makes the directory one bit deeper.
func (t *table) double() {
	n := len(t.directory)
	t.directory = slices.Grow(t.directory, n)[:2*n]
	for i := n - 1; i >= 0; i-- {
		t.directory[2*i], t.directory[2*i+1] = t.directory[i], t.directory[i]
	}
	t.depth++
	t.deepest = 0
}

// halve makes the directory one bit less deep: no segment needs it.
func (t *table) halve() {
	half := make([]uint32, len(t.directory)/2)
	for i := range half {
		half[i] = t.directory[2*i]
	}
	t.directory = half
	t.depth--
	t.deepest = 0
	for i := range t.segments {
		if t.segments[i].depth == t.depth {
			t.deepest++
		}
	}
}

// thin gives room back where a segment has lost most of its entries: joined
// with its neighbour, or laid out smaller.
func (t *table) thin(number int) {
	s := &t.segments[number]
	if int(s.count)*100 >= len(s.groups)*groupSlots*thinPercent {
		return
	}
	if s.depth > 0 {
		buddy := int(t.directory[int(s.prefix^1)<<(t.depth-s.depth)])
		b := &t.segments[buddy]
		if b.depth == s.depth && width(int(s.count+b.count)) < maxGroups {
			t.join(number, buddy)
			return
		}
	}
	if w := width(int(s.count)); w < len(s.groups) {
		t.layOut(number, w)
	}
}

// join makes one segment of two that differ in their last bit.
func (t *table) join(a, b int) {
	one, other := t.segments[a], t.segments[b]
	w := width(int(one.count + other.count))
	both := segment{groups: make([]group, w), prefix: one.prefix >> 1, depth: one.depth - 1}
	for _, groups := range [][]group{one.groups, other.groups} {
		t.groups -= len(groups)
		t.each(groups, func(hash uint64, r chunkRef) { both.insert(hash, r) })
	}
	t.groups += w
	if one.depth == t.depth {
		t.deepest -= 2
	}
	t.segments[a] = both
	t.point(a)
	last := len(t.segments) - 1
	if b != last {
		t.segments[b] = t.segments[last]
		t.point(b)
	}
	t.segments[last] = segment{}
	t.segments = t.segments[:last]
	if cap(t.segments) > 4*len(t.segments) {
		t.segments = slices.Clip(slices.Clone(t.segments))
	}
	if t.deepest == 0 && t.depth > 0 {
		t.halve()
	}
}

// visitAll visits every entry until visit reports false.
func (t *table) visitAll(visit func(key, value []byte) bool) {
	for i := range t.segments {
		groups := t.segments[i].groups
		for j := range groups {
			g := &groups[j]
			for slot := range groupSlots {
				if g.tag(slot) != 0 && !visit(t.entry(g.ref(slot))) {
					return
				}
			}
		}
	}
}

// scanGroups bounds how many groups a scan looks at for each entry that it is
// to visit.
const scanGroups = 10

// scan visits the entries of some hashes from the cursor on, about want of
// them, and returns the cursor to go on from, 0 after the last. A cursor is
// the first bits of a hash: entries whose hashes lie before it were visited,
// and neither growth nor shrinking changes what lies before.
func (t *table) scan(cursor uint64, want int, visit func(key, value []byte)) uint64 {
	from := cursor << cursorShift
	if t.count == 0 || from>>cursorShift != cursor {
		return 0
	}
	seen := 0
	for looked := 0; looked < max(want, 1)*scanGroups; looked++ {
		s := &t.segments[t.segmentOf(from)]
		home := s.home(from)
		seen += t.scanGroup(s, home, from, visit)
		// The first hash of the next group, or of the next segment.
		width := uint64(len(s.groups))
		if uint64(home+1) < width {
			from = uint64(s.prefix)<<(64-s.depth) | (uint64(home+1)<<32+width-1)/width<<(32-s.depth)
		} else if from = uint64(s.prefix+1) << (64 - s.depth); from == 0 {
			return 0
		}
		if seen >= want {
			break
		}
	}
	return from >> cursorShift
}

// scanGroup visits the entries that should lie in a group and whose hash is
// from or more.
func (t *table) scanGroup(s *segment, home int, from uint64, visit func(key, value []byte)) (seen int) {
	at := home
	for range s.groups {
		g := &s.groups[at]
		for slot := range groupSlots {
			if g.tag(slot) == 0 {
				continue
			}
			key, value := t.entry(g.ref(slot))
			if hash := hashOf(key); hash >= from && s.home(hash) == home {
				visit(key, value)
				seen++
			}
		}
		if g.overflow == 0 {
			break
		}
		if at++; at == len(s.groups) {
			at = 0
		}
	}
	return seen
}

// random is an entry that a uniformly random pick falls on; the table is not
// empty. Every slot is as likely to be drawn; one without an entry, or that
// its segment does not have, is drawn again.
func (t *table) random(pick uint64) chunkRef {
	width := t.widest
	if len(t.segments) == 1 {
		width = len(t.segments[0].groups)
	}
	for {
		pick = mix(pick)
		s := &t.segments[pick>>32*uint64(len(t.segments))>>32]
		slot := int(pick & (1<<32 - 1) * uint64(width*groupSlots) >> 32)
		if at := slot / groupSlots; at < len(s.groups) {
			if g := &s.groups[at]; g.tag(slot%groupSlots) != 0 {
				return g.ref(slot % groupSlots)
			}
		}
	}
}

// mix makes other random bits of random bits (splitmix64).
func mix(x uint64) uint64 {
	x += 0x9E3779B97F4A7C15
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}

// size is the bytes of memory that the table takes.
func (t *table) size() int64 {
	return entryBytes + t.bytes + int64(cap(t.list))*slabHead + int64(cap(t.vacant))*4 + int64(cap(t.free))*8 +
		int64(cap(t.directory))*4 + int64(cap(t.segments))*segmentBytes + int64(t.groups)*groupBytes
}

// copyOf is a table that shares nothing with this one.
func (t *table) copyOf() table {
	c := *t
	c.slabs = t.slabs.clone()
	c.directory = slices.Clone(t.directory)
	c.segments = slices.Clone(t.segments)
	for i := range c.segments {
		c.segments[i].groups = slices.Clone(c.segments[i].groups)
	}
	return c
}
