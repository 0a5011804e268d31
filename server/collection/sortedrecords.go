package collection

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
)

// sortedRecords keeps members with their scores in pages of bytes. A reference
// is the number of a record's first unit; 0 is none. What is released is used
// again, and a page that has become sparse is emptied by who knows the
// references (SortedSet.tidy).
//
//	record: score (8) | length of the member (varint) | member | up to a unit
//	room:   the room before it in its list (4) | mark (4) | the next one (4) | units (4)
type sortedRecords struct {
	pages  [][]byte // by number; the first is never used; a long record has one of its own
	live   []uint32 // units of records by page
	unused []uint32 // numbers without a page
	tail   uint32   // the page that is being filled; 0: none
	free   [roomLists]uint32
	filled uint64 // bits of the lists in free that are not empty

	liveUnits, freeUnits int
	bytes                int64
}

const (
	unitBytes        = 8
	pageUnits        = 2048
	pageBytes        = pageUnits * unitBytes
	minPageBytes     = 512
	recordScoreBytes = 8
	minUnits         = 2 // of a record, so that it can be room

	// longUnits is from when a record has a page of its own.
	longUnits = pageUnits / 4
	// maxPages is the reach of a reference: 32 GiB of records that are not
	// long.
	maxPages = (1 << 32) / pageUnits

	// Room of up to exactUnits has a list for each size, larger room one for
	// each power of two.
	exactUnits = 32
	roomLists  = exactUnits + 5
	// maxRoomTries is how much room of a list is looked at.
	maxRoomTries = 8

	// roomMark is the upper half of a NaN that is no score.
	roomMark = 0xFFFC0000
)

func (r *sortedRecords) init() {
	r.pages, r.live = make([][]byte, 1, 2), make([]uint32, 1, 2)
	r.bytes = 2 * pageNumberBytes
}

// pageNumberBytes is what a page costs in pages and live.
const pageNumberBytes = 24 + 4

// at is the bytes from a record on.
func (r *sortedRecords) at(ref uint32) []byte {
	return r.pages[ref/pageUnits][ref%pageUnits*unitBytes:]
}

func (r *sortedRecords) score(ref uint32) float64 {
	return math.Float64frombits(binary.LittleEndian.Uint64(r.at(ref)))
}

func (r *sortedRecords) setScore(ref uint32, score float64) {
	binary.LittleEndian.PutUint64(r.at(ref), math.Float64bits(score))
}

func (r *sortedRecords) member(ref uint32) []byte {
	b := r.at(ref)[recordScoreBytes:]
	if n := int(b[0]); n < 0x80 {
		return b[1 : 1+n : 1+n]
	}
	n, head := binary.Uvarint(b)
	end := head + int(n)
	return b[head:end:end]
}

// unitsOf is what a record of a member takes.
func unitsOf(memberBytes int) int {
	head := 1 + (bits.Len(uint(memberBytes)|1)-1)/7
	return max(minUnits, (recordScoreBytes+head+memberBytes+unitBytes-1)/unitBytes)
}

// add writes a new record.
func (r *sortedRecords) add(member []byte, score float64) uint32 {
	g := unitsOf(len(member))
	ref := r.room(g)
	b := r.at(ref)
	binary.LittleEndian.PutUint64(b, math.Float64bits(score))
	head := binary.PutUvarint(b[recordScoreBytes:], uint64(len(member)))
	copy(b[recordScoreBytes+head:], member)
	r.live[ref/pageUnits] += uint32(g)
	r.liveUnits += g
	return ref
}

// room finds place for g units.
func (r *sortedRecords) room(g int) uint32 {
	if g > longUnits {
		return r.newPage(g*unitBytes) * pageUnits
	}
	if ref := r.reuse(g); ref != 0 {
		return ref
	}
	need := g * unitBytes
	if r.tail == 0 || len(r.pages[r.tail])+need > pageBytes {
		r.tail = r.newPage(0)
	}
	page := r.pages[r.tail]
	if at := len(page); at+need > cap(page) {
		grown := make([]byte, at, min(pageBytes, max(minPageBytes, 2*cap(page), at+need)))
		copy(grown, page)
		r.bytes += int64(cap(grown) - cap(page))
		page = grown
	}
	ref := r.tail*pageUnits + uint32(len(page)/unitBytes)
	r.pages[r.tail] = page[:len(page)+need]
	return ref
}

// newPage is the number of a new page of n bytes; of one to be filled, where
// that is 0.
func (r *sortedRecords) newPage(n int) uint32 {
	page := make([]byte, n)
	if n == 0 && r.tail != 0 { // not the first: it will be filled
		page = make([]byte, 0, pageBytes)
	}
	r.bytes += int64(cap(page))
	if last := len(r.unused) - 1; last >= 0 {
		number := r.unused[last]
		r.unused = r.unused[:last]
		r.pages[number] = page
		return number
	}
	if len(r.pages) == maxPages {
		panic("collection: a sorted set of more than 32 GiB")
	}
	had := cap(r.pages)
	r.pages = append(r.pages, page)
	r.live = append(slices.Grow(r.live, cap(r.pages)-len(r.live)), 0)
	r.bytes += int64(cap(r.pages)-had) * pageNumberBytes
	return uint32(len(r.pages) - 1)
}

// release gives a record's place back.
func (r *sortedRecords) release(ref uint32) {
	g := unitsOf(len(r.member(ref)))
	number := ref / pageUnits
	r.live[number] -= uint32(g)
	r.liveUnits -= g
	if g > longUnits {
		r.dropPage(number)
		return
	}
	r.putRoom(ref, g)
}

// dropPage gives a page's memory and its number back.
func (r *sortedRecords) dropPage(number uint32) {
	r.bytes -= int64(cap(r.pages[number]))
	r.pages[number] = nil
	r.unused = append(r.unused, number)
}

// roomList is the list for room of g units.
func roomList(g int) int {
	if g <= exactUnits {
		return g
	}
	return exactUnits + bits.Len(uint(g-1)/exactUnits)
}

func (r *sortedRecords) putRoom(ref uint32, g int) {
	list := roomList(g)
	next := r.free[list]
	writeRoom(r.at(ref), 0, next, g)
	if next != 0 {
		binary.LittleEndian.PutUint32(r.at(next), ref)
	}
	r.free[list] = ref
	r.filled |= 1 << list
	r.freeUnits += g
}

func writeRoom(b []byte, before, next uint32, g int) {
	binary.LittleEndian.PutUint32(b, before)
	binary.LittleEndian.PutUint32(b[4:], roomMark)
	binary.LittleEndian.PutUint32(b[8:], next)
	binary.LittleEndian.PutUint32(b[12:], uint32(g))
}

func isRoom(b []byte) bool { return binary.LittleEndian.Uint32(b[4:]) == roomMark }

// roomAt is the next room in its list and the size of this one.
func roomAt(b []byte) (next uint32, g int) {
	return binary.LittleEndian.Uint32(b[8:]), int(binary.LittleEndian.Uint32(b[12:]))
}

// unlinkRoom takes room out of its list.
func (r *sortedRecords) unlinkRoom(ref uint32) {
	b := r.at(ref)
	before := binary.LittleEndian.Uint32(b)
	next, g := roomAt(b)
	if next != 0 {
		binary.LittleEndian.PutUint32(r.at(next), before)
	}
	list := roomList(g)
	if before != 0 {
		binary.LittleEndian.PutUint32(r.at(before)[8:], next)
	} else if r.free[list] = next; next == 0 {
		r.filled &^= 1 << list
	}
	r.freeUnits -= g
}

// reuse finds room of at least g units, cuts off what is more, and takes
// it; 0: there is none.
func (r *sortedRecords) reuse(g int) uint32 {
	for lists := r.filled >> roomList(g) << roomList(g); lists != 0; lists &= lists - 1 {
		ref := r.free[bits.TrailingZeros64(lists)]
		for range maxRoomTries {
			if ref == 0 {
				break
			}
			next, has := roomAt(r.at(ref))
			if more := has - g; more == 0 || more >= minUnits {
				r.unlinkRoom(ref)
				if more > 0 {
					r.putRoom(ref+uint32(g), more)
				}
				return ref
			}
			ref = next
		}
	}
	return 0
}

// Of the pages' memory no more than one part in sparseShare stays room, but
// for minSparse units. A page is emptied when it is less full than
// maxEmptied: what is moved is paid for by what is given back.
const (
	sparseShare = 4
	minSparse   = 2 * pageUnits
	maxEmptied  = pageUnits * 7 / 8
)

// sparsest is the page with the fewest records when there is too much room; 0:
// there is not.
func (r *sortedRecords) sparsest() (number uint32) {
	if r.freeUnits < minSparse || r.freeUnits*sparseShare < r.liveUnits+r.freeUnits {
		return 0
	}
	fewest := uint32(maxEmptied)
	for i, page := range r.pages {
		if page != nil && uint32(i) != r.tail && cap(page) == pageBytes && r.live[i] < fewest {
			number, fewest = uint32(i), r.live[i]
		}
	}
	return number
}

// eachIn visits what lies in a page.
func (r *sortedRecords) eachIn(number uint32, visit func(ref uint32, room bool)) {
	page := r.pages[number]
	for at := 0; at < len(page); {
		ref := number*pageUnits + uint32(at/unitBytes)
		var g int
		room := isRoom(page[at:])
		if room {
			_, g = roomAt(page[at:])
		} else {
			g = unitsOf(len(r.member(ref)))
		}
		visit(ref, room)
		at += g * unitBytes
	}
}

// copyOut writes a record a second time, and returns the new reference.
func (r *sortedRecords) copyOut(ref uint32) uint32 {
	return r.add(r.member(ref), r.score(ref))
}

func (r *sortedRecords) clone() sortedRecords {
	c := *r
	c.pages = slices.Grow([][]byte(nil), cap(r.pages))[:len(r.pages)]
	for i, page := range r.pages {
		if page != nil {
			c.pages[i] = append(make([]byte, 0, cap(page)), page...)
		}
	}
	c.live, c.unused = slices.Clone(r.live), slices.Clone(r.unused)
	return c
}
