package store

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
	"unsafe"
)

// reference is where an object lies in its shard, in granules from the shard's
// base. 0 is none.
type reference uint32

// shard is the memory of every slot whose number, modulo the number of shards,
// is the shard's own. It is address space that is reserved once and never
// moves, used from both ends:
//
//	base| pages of small objects … top →      ← bottom … extents |reach
//
// An object belongs to the slot that allocated it: only who holds that slot's
// lock reads, writes or frees it. The mutex guards the book-keeping alone.
type shard struct {
	// What every command reads, and what never changes.
	base  unsafe.Pointer
	seed  maphash.Seed // so that no client can choose keys that collide
	reach uintptr      // bytes
	arena *Arena

	_ [cacheLineBytes]byte

	mu sync.Mutex
	slabs
	extents
	dead []deadTable // cleared, and still to be freed

	room atomic.Int64 // bytes from top to bottom

	reclaim reclaim // Arena.tidying guards it
}

const cacheLineBytes = 64

// init reserves the shard's memory.
func (s *shard) init(a *Arena, seed maphash.Seed) {
	s.arena, s.seed = a, seed
	s.reach = uintptr(min(maxReachBytes, uint64(^uintptr(0)/8+1)))
	for s.base = reserve(a, s.reach); s.base == nil && s.reach > minReachBytes; s.base = reserve(a, s.reach) {
		s.reach /= 2
	}
	if s.base == nil {
		panic("store: the system reserves no address space")
	}
	s.initExtents()
	s.initSlabs()
}

// mustReserve is reserve for what is small.
func mustReserve(a *Arena, n uintptr) unsafe.Pointer {
	p := reserve(a, n)
	if p == nil {
		panic("store: the system reserves no address space")
	}
	return p
}

// at is the object at a reference.
func (s *shard) at(ref reference) unsafe.Pointer {
	return unsafe.Add(s.base, uintptr(ref)<<granuleShift)
}

// bytes is the first n bytes of an object.
func (s *shard) bytes(ref reference, n int) []byte {
	return unsafe.Slice((*byte)(s.at(ref)), n)
}

// roomFor is how many bytes an object of a size takes.
func roomFor(size int) int {
	if isExtent(size) {
		return int(unitsFor(size)) * unitBytes
	}
	return int(classBytes[classOf(size)])
}

// isExtent says whether an object of a size is an extent.
func isExtent(size int) bool { return size > maxSlabBytes }

// alloc is room for an object of a size; what it holds is anything. It is 0 if
// there is none within the shard's reach.
func (s *shard) alloc(size int) reference {
	s.mu.Lock()
	var ref reference
	if isExtent(size) {
		ref = s.allocExtent(unitsFor(size))
	} else {
		ref = s.allocObject(classOf(size))
	}
	s.mu.Unlock()
	return ref
}

// mustAlloc is alloc for what cannot be refused. Commands that may need memory
// are refused while reserveBytes are left, which are for those that must go on.
func (s *shard) mustAlloc(size int) reference {
	ref := s.alloc(size)
	if ref == 0 {
		panic("store: a shard is full to the end of its reach")
	}
	return ref
}

// free gives an object's room back.
func (s *shard) free(ref reference) {
	s.mu.Lock()
	s.freeLocked(ref)
	s.mu.Unlock()
}

func (s *shard) freeLocked(ref reference) {
	if uint32(ref)>>pageRefShift < s.top {
		s.freeObject(ref)
	} else {
		s.freeExtent(ref)
	}
}

// settleRoom notes how much lies between the ends.
func (s *shard) settleRoom() { s.room.Store(int64(s.bottomBytes()) - int64(s.topBytes())) }
