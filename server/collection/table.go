package collection

import (
	"hash/maphash"
	"math/bits"
	"unsafe"
)

// table is what Hash and Set are: entries in slabs, found by the hash of their
// key. The index is extendible: a directory, indexed with the hash's first
// bits, leads to segments, each of a few groups of slots. A segment grows by
// being laid out anew and, once it is large, splits in two: so no change takes
// longer than a segment does, however large the table is.
//
//	directory[hash >> (64-depth)] -> segment -> group[the bits behind] -> slot -> chunk
//
// An entry lies in the group that its hash says, or where that is full in one
// behind it. Entries of a segment are so nearly in the order of their hashes:
// Scan goes through the hashes in ascending order, whatever the index looks
// like meanwhile.
type table struct {
	slabs
	pairs bool // entries have values

	directory []uint32  // numbers of segments; 1 << depth long, or none while empty
	segments  []segment // in no order
	depth     uint8
	deepest   int // segments whose depth is the directory's
	widest    int // groups of the largest segment there has been
	groups    int // of all segments
	count     int

	leaveAt int // where in the slab that is being emptied to go on
}

// segment is the entries whose hashes begin with a prefix.
type segment struct {
	groups []group
	count  uint32
	prefix uint32
	depth  uint8 // bits of prefix
}

// group is some slots, in one cache line.
type group struct {
	tags     uint64 // of the first 8 slots, a byte each; 0: free
	low      [groupSlots]uint32
	moreTags uint16 // of the last 2
	overflow uint16 // entries that should lie here or before and lie behind
	high     [groupSlots]uint8
	used     uint8
	_        uint8
}

const (
	groupSlots  = 10
	firstTags   = 8
	maxGroups   = 32 // of a segment that can still split
	maxDepth    = 24 // so that the tag's bits are no other's
	cursorShift = 64 - maxDepth - 32

	entryBytes   = int64(unsafe.Sizeof(table{}))
	groupBytes   = int64(unsafe.Sizeof(group{}))
	segmentBytes = int64(unsafe.Sizeof(segment{}))
	slabHead     = int64(unsafe.Sizeof(slab{}))
)

// seed makes hashes that no client can foresee.
var seed = maphash.MakeSeed()

func hashOf(key []byte) uint64 { return maphash.Bytes(seed, key) }

func newTable(pairs bool) table { return table{slabs: newSlabs(), pairs: pairs, widest: 1} }

// tagOf is a byte of a hash, not 0.
func tagOf(hash uint64) uint8 { return uint8(hash) | uint8((uint64(uint8(hash))-1)>>63) }

// match is the slots that have a tag, and maybe some that do not.
func (g *group) match(tag uint8) uint64 {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	differ := g.tags ^ ones*uint64(tag)
	found := (differ - ones) &^ differ & tops
	found = found >> 7 * 0x0102040810204080 >> 56 // a bit each
	if uint8(g.moreTags) == tag {
		found |= 1 << firstTags
	}
	if uint8(g.moreTags>>8) == tag {
		found |= 1 << (firstTags + 1)
	}
	return found
}

func (g *group) tag(slot int) uint8 {
	if slot < firstTags {
		return uint8(g.tags >> (8 * slot))
	}
	return uint8(g.moreTags >> (8 * (slot - firstTags)))
}

func (g *group) setTag(slot int, tag uint8) {
	if slot < firstTags {
		g.tags = g.tags&^(0xFF<<(8*slot)) | uint64(tag)<<(8*slot)
		return
	}
	slot -= firstTags
	g.moreTags = g.moreTags&^(0xFF<<(8*slot)) | uint16(tag)<<(8*slot)
}

func (g *group) ref(slot int) chunkRef { return chunkRef(g.low[slot]) | chunkRef(g.high[slot])<<32 }

func (g *group) setRef(slot int, r chunkRef) {
	g.low[slot], g.high[slot] = uint32(r), uint8(r>>32)
}

// put takes a free slot; the group is not full.
func (g *group) put(tag uint8, r chunkRef) {
	slot := 0
	for g.tag(slot) != 0 {
		slot++
	}
	g.setTag(slot, tag)
	g.setRef(slot, r)
	g.used++
}

// home is the group in which an entry should lie.
func (s *segment) home(hash uint64) int {
	return int(hash << s.depth >> 32 * uint64(len(s.groups)) >> 32)
}

// insert puts an entry that is not there in the first group with room.
func (s *segment) insert(hash uint64, r chunkRef) {
	at := s.home(hash)
	for s.groups[at].used == groupSlots {
		s.groups[at].overflow++
		if at++; at == len(s.groups) {
			at = 0
		}
	}
	s.groups[at].put(tagOf(hash), r)
	s.count++
}

// place is where an entry was found.
type place struct {
	segment     int
	group, slot int
}

// segmentOf is the number of the segment of a hash; the table is not empty.
func (t *table) segmentOf(hash uint64) int {
	return int(t.directory[hash>>(64-t.depth)])
}

// find is where an entry lies.
func (t *table) find(key []byte, hash uint64) (p place, r chunkRef, ok bool) {
	if t.count == 0 {
		return p, 0, false
	}
	p.segment = t.segmentOf(hash)
	s := &t.segments[p.segment]
	p.group = s.home(hash)
	tag := tagOf(hash)
	for range s.groups {
		g := &s.groups[p.group]
		for found := g.match(tag); found != 0; found &= found - 1 {
			p.slot = bits.TrailingZeros64(found)
			r = g.ref(p.slot)
			if g.tag(p.slot) == tag && t.isKey(r, key) {
				return p, r, true
			}
		}
		if g.overflow == 0 {
			break
		}
		if p.group++; p.group == len(s.groups) {
			p.group = 0
		}
	}
	return p, 0, false
}

// set puts an entry or changes its value.
func (t *table) set(key, value []byte) (added bool) {
	hash := hashOf(key)
	p, r, found := t.find(key, hash)
	size := t.entrySize(key, value)
	if !found {
		t.makeRoom(hash)
		r = t.alloc(size)
		t.write(r, key, value)
		t.segments[t.segmentOf(hash)].insert(hash, r)
		t.count++
		return true
	}
	if !t.pairs {
		return false
	}
	had := t.inUse(t.at(r))
	if had != size {
		now := t.alloc(size)
		t.write(now, key, value)
		t.segments[p.segment].groups[p.group].setRef(p.slot, now)
		t.release(r, had)
		t.tidy()
		return false
	}
	t.write(r, key, value)
	return false
}

// remove takes an entry out.
func (t *table) remove(key []byte) bool {
	hash := hashOf(key)
	p, r, found := t.find(key, hash)
	if found {
		t.removeAt(p, r, hash)
	}
	return found
}

func (t *table) removeAt(p place, r chunkRef, hash uint64) {
	s := &t.segments[p.segment]
	for at := s.home(hash); at != p.group; {
		s.groups[at].overflow--
		if at++; at == len(s.groups) {
			at = 0
		}
	}
	g := &s.groups[p.group]
	g.setTag(p.slot, 0)
	g.used--
	s.count--
	t.count--
	t.release(r, t.inUse(t.at(r)))
	if t.count == 0 {
		*t = newTable(t.pairs)
		return
	}
	t.thin(p.segment)
	t.tidy()
}

// tidyBytes is how much of a slab that is being emptied each change moves.
const tidyBytes = 512

// tidy goes on emptying a slab, or begins with one where that is worth it.
func (t *table) tidy() {
	if t.leave < 0 {
		if !t.holey() {
			return
		}
		t.beginLeaving(t.inUse)
		t.leaveAt = 0
	}
	data := t.list[t.leave].data
	for until := t.leaveAt + tidyBytes; t.leaveAt < until && t.leaveAt < len(data); {
		chunk := data[t.leaveAt:]
		if chunk[0] == freeMark {
			t.leaveAt += freeChunkBytes(chunk)
			continue
		}
		t.leaveAt += t.move(chunk, chunkRef(t.leave)<<granuleBits|chunkRef(t.leaveAt/granuleBytes))
	}
	if t.leaveAt >= len(data) {
		number := t.leave
		t.leave = -1
		t.drop(number)
	}
}

// move puts an entry in another chunk, and returns the size of its old one.
func (t *table) move(chunk []byte, from chunkRef) (size int) {
	k, v, head := t.lengths(chunk)
	size = chunkBytes(head + k + v)
	to := t.alloc(size)
	copy(t.at(to), chunk[:head+k+v])
	t.relink(hashOf(chunk[head:head+k]), from, to)
	t.list[t.leave].free += size
	t.freeBytes += int64(size)
	return size
}

// relink has the slot that leads to a chunk lead to another.
func (t *table) relink(hash uint64, from, to chunkRef) {
	s := &t.segments[t.segmentOf(hash)]
	at, tag := s.home(hash), tagOf(hash)
	for range s.groups {
		g := &s.groups[at]
		for found := g.match(tag); found != 0; found &= found - 1 {
			if slot := bits.TrailingZeros64(found); g.ref(slot) == from && g.tag(slot) == tag {
				g.setRef(slot, to)
				return
			}
		}
		if at++; at == len(s.groups) {
			at = 0
		}
	}
	panic("collection: a chunk in use that no slot leads to")
}
