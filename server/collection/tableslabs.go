package collection

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// slabs is memory for entries, cut into chunks from a few large pieces. Chunks
// are named by number and not by address, so that the garbage collector has
// nothing to follow. A chunk's size is known to who made it, or follows from
// what stands at its beginning; a free one says it itself:
//
//	0xFF | granules, 0: see below | next, 5 bytes | previous, 5 bytes | granules, 4 bytes
//
// Free chunks of a size are a list, and are used again before new memory is.
type slabs struct {
	list   []slab
	vacant []uint32 // numbers of slabs without memory
	head   int      // the slab from which new chunks are cut; -1: none
	leave  int      // the slab that is being emptied; -1: none

	bytes     int64 // of all slabs
	usedBytes int64 // of all chunks, free ones included
	freeBytes int64 // of free chunks

	free   []chunkRef               // the first free chunk by granules, noChunk: none; nil before there is one
	filled [sizeClasses / 64]uint64 // which of free are not empty
}

// slab is one piece of memory.
type slab struct {
	data []byte // as long as the chunks that were cut from it
	free int    // bytes of it in free chunks
}

// chunkRef names a chunk: the number of its slab, and the granule in that.
type chunkRef uint64

const (
	granuleBytes  = 4
	minChunkBytes = 12 // what a free chunk needs
	slabBytes     = 256 << 10
	// ownSlabBytes is from when a chunk has a slab of its own.
	ownSlabBytes = 64 << 10
	firstBytes   = 256 // of the first slab, which grows

	granuleBits = 16 // slabBytes / granuleBytes
	refBytes    = 5
	noChunk     = chunkRef(1<<(8*refBytes) - 1)

	// sizeClasses is how many sizes have a list of their own; the last one is
	// for whatever is larger.
	sizeClasses = 256
	lastClass   = sizeClasses - 1
	// largeTries is how many chunks of the last class are looked at.
	largeTries = 8

	freeMark = 0xFF
)

func newSlabs() slabs { return slabs{head: -1, leave: -1} }

// at is a chunk and what lies behind it.
func (s *slabs) at(r chunkRef) []byte {
	return s.list[r>>granuleBits].data[r&(1<<granuleBits-1)*granuleBytes:]
}

// chunkBytes is the size of the chunk for this many bytes.
func chunkBytes(n int) int {
	return max(minChunkBytes, (n+granuleBytes-1)&^(granuleBytes-1))
}

// alloc is a chunk of a size that chunkBytes returned.
func (s *slabs) alloc(n int) chunkRef {
	if n > ownSlabBytes {
		return s.add(n, n)
	}
	if s.free != nil {
		if r, ok := s.reuse(n); ok {
			return r
		}
	}
	return s.cut(n)
}

// cut takes a chunk from the end of the head, which grows or is replaced where
// it is full. How much room is taken ahead depends on how much there is.
func (s *slabs) cut(n int) chunkRef {
	ahead := max(firstBytes, int(min(s.bytes/8, slabBytes)))
	if s.head < 0 {
		r := s.add(n, min(slabBytes, max(n, ahead)))
		s.head = int(r >> granuleBits)
		return r
	}
	head := &s.list[s.head]
	at := len(head.data)
	switch {
	case at+n <= cap(head.data):
	case at+n <= slabBytes && cap(head.data) < slabBytes:
		before := cap(head.data)
		grown := piece(min(slabBytes, max(at+n, before+ahead)))
		head.data = append(grown, head.data...)
		s.bytes += int64(cap(head.data) - before)
	default:
		if rest := (cap(head.data) - at) &^ (granuleBytes - 1); rest >= minChunkBytes {
			r := s.extend(s.head, rest)
			s.release(r, rest)
		}
		s.head = -1
		return s.cut(n)
	}
	return s.extend(s.head, n)
}

// piece is memory of at least n bytes: all that the allocator gives for it, but
// no more than chunks can be named in.
func piece(n int) []byte {
	p := slices.Grow([]byte(nil), n)
	if n <= slabBytes && cap(p) > slabBytes {
		p = p[:0:slabBytes]
	}
	return p
}

// extend cuts a chunk from the end of a slab that has room.
func (s *slabs) extend(number, n int) chunkRef {
	sl := &s.list[number]
	at := len(sl.data)
	sl.data = sl.data[:at+n]
	s.usedBytes += int64(n)
	return chunkRef(number)<<granuleBits | chunkRef(at/granuleBytes)
}

// add is the first chunk, of n bytes, of a new slab with room for more.
func (s *slabs) add(n, room int) chunkRef {
	sl := slab{data: piece(room)}
	s.bytes += int64(cap(sl.data))
	if last := len(s.vacant) - 1; last >= 0 {
		number := s.vacant[last]
		s.vacant = s.vacant[:last]
		s.list[number] = sl
		return s.extend(int(number), n)
	}
	s.list = append(s.list, sl)
	return s.extend(len(s.list)-1, n)
}

// drop gives a slab's memory back. Nothing in it is in use, and no free chunk
// of it is in a list.
func (s *slabs) drop(number int) {
	sl := &s.list[number]
	s.bytes -= int64(cap(sl.data))
	s.usedBytes -= int64(len(sl.data))
	s.freeBytes -= int64(sl.free)
	*sl = slab{}
	s.vacant = append(s.vacant, uint32(number))
}

// release frees a chunk of n bytes.
func (s *slabs) release(r chunkRef, n int) {
	number := int(r >> granuleBits)
	s.list[number].free += n
	s.freeBytes += int64(n)
	if n > ownSlabBytes {
		s.drop(number)
		return
	}
	chunk := s.at(r)
	chunk[0], chunk[1] = freeMark, 0
	if granules := n / granuleBytes; granules < lastClass {
		chunk[1] = byte(granules)
	} else {
		binary.LittleEndian.PutUint32(chunk[minChunkBytes:], uint32(granules))
	}
	if number != s.leave {
		s.enlist(r, chunk, min(n/granuleBytes, lastClass))
	}
}

// freeChunkBytes is the size of the free chunk that begins here.
func freeChunkBytes(chunk []byte) int {
	if chunk[1] != 0 {
		return int(chunk[1]) * granuleBytes
	}
	return int(binary.LittleEndian.Uint32(chunk[minChunkBytes:])) * granuleBytes
}

// Where a free chunk's links stand.
const (
	nextAt = 2
	prevAt = nextAt + refBytes
)

func getRef(b []byte) chunkRef {
	return chunkRef(binary.LittleEndian.Uint32(b)) | chunkRef(b[4])<<32
}

func putRef(b []byte, r chunkRef) {
	binary.LittleEndian.PutUint32(b, uint32(r))
	b[4] = byte(r >> 32)
}

// enlist puts a free chunk before the others of its class.
func (s *slabs) enlist(r chunkRef, chunk []byte, class int) {
	for len(s.free) <= class {
		s.free = append(s.free, noChunk)
	}
	first := s.free[class]
	putRef(chunk[nextAt:], first)
	putRef(chunk[prevAt:], noChunk)
	if first != noChunk {
		putRef(s.at(first)[prevAt:], r)
	}
	s.free[class] = r
	s.filled[class/64] |= 1 << (class % 64)
}

// delist takes a free chunk out of its list.
func (s *slabs) delist(chunk []byte) {
	class := min(freeChunkBytes(chunk)/granuleBytes, lastClass)
	next, prev := getRef(chunk[nextAt:]), getRef(chunk[prevAt:])
	if next != noChunk {
		putRef(s.at(next)[prevAt:], prev)
	}
	if prev != noChunk {
		putRef(s.at(prev)[nextAt:], next)
		return
	}
	s.free[class] = next
	if next == noChunk {
		s.filled[class/64] &^= 1 << (class % 64)
	}
}

// reuse finds a free chunk that is as large, or larger by another chunk.
func (s *slabs) reuse(n int) (chunkRef, bool) {
	class := n / granuleBytes
	if class < len(s.free) && class < lastClass && s.free[class] != noChunk {
		r := s.free[class]
		s.take(r, s.at(r), n)
		return r, true
	}
	for class = s.nextFilled(class + minChunkBytes/granuleBytes); class < lastClass; {
		r := s.free[class]
		s.take(r, s.at(r), n)
		return r, true
	}
	if len(s.free) < sizeClasses {
		return 0, false
	}
	r := s.free[lastClass]
	for try := 0; r != noChunk && try < largeTries; try++ {
		chunk := s.at(r)
		if rest := freeChunkBytes(chunk) - n; rest == 0 || rest >= minChunkBytes {
			s.take(r, chunk, n)
			return r, true
		}
		r = getRef(chunk[nextAt:])
	}
	return 0, false
}

// nextFilled is the first class from one on that has free chunks.
func (s *slabs) nextFilled(class int) int {
	if class >= lastClass {
		return lastClass
	}
	word := class / 64
	rest := s.filled[word] &^ (1<<(class%64) - 1)
	for rest == 0 {
		if word++; word == len(s.filled) {
			return lastClass
		}
		rest = s.filled[word]
	}
	return word*64 + bits.TrailingZeros64(rest)
}

// take makes the first n bytes of a free chunk a chunk in use.
func (s *slabs) take(r chunkRef, chunk []byte, n int) {
	had := freeChunkBytes(chunk)
	s.delist(chunk)
	s.list[r>>granuleBits].free -= had
	s.freeBytes -= int64(had)
	if had > n {
		s.release(r+chunkRef(n/granuleBytes), had-n)
	}
}

// holesShare is how many parts of the chunks in use may be free, and holesMin
// is always tolerated.
const (
	holesShare = 8
	holesMin   = 1 << 10
)

// holey says whether so much is free that a slab should be emptied.
func (s *slabs) holey() bool {
	return s.freeBytes > holesMin && s.freeBytes > (s.usedBytes-s.freeBytes)/holesShare
}

// beginLeaving chooses the slab with the largest free share, and takes its free
// chunks out of the lists: next is how long a chunk in use is.
func (s *slabs) beginLeaving(inUse func(chunk []byte) int) {
	best, share := -1, 0.0
	for i := range s.list {
		if n := len(s.list[i].data); n > 0 && n <= slabBytes {
			if part := float64(s.list[i].free) / float64(n); part > share {
				best, share = i, part
			}
		}
	}
	if best < 0 {
		return
	}
	s.leave = best
	if s.head == best {
		s.head = -1
	}
	data := s.list[best].data
	for at := 0; at < len(data); {
		if chunk := data[at:]; chunk[0] == freeMark {
			s.delist(chunk)
			at += freeChunkBytes(chunk)
		} else {
			at += inUse(chunk)
		}
	}
}

// clone is a copy that shares nothing.
func (s *slabs) clone() slabs {
	c := *s
	c.list, c.vacant, c.free = slices.Clone(s.list), slices.Clone(s.vacant), slices.Clone(s.free)
	for i := range c.list {
		if data := c.list[i].data; data != nil {
			c.list[i].data = append(piece(len(data)), data...)
			c.bytes += int64(cap(c.list[i].data) - cap(data))
		}
	}
	return c
}
