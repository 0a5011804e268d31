package store

import "unsafe"

// A chunk is what memory is taken from and given back to the system by: a
// large page of the processor's.
const (
	chunkBytes   = 2 << 20
	chunkPages   = chunkBytes / pageBytes
	pageRefShift = pageShift - granuleShift
	// hugeFromChunk is how many chunks there are before large pages are asked
	// for: a small store shall not take two megabytes at a time.
	hugeFromChunk = 8
)

// page is what is known of a page, apart from it: whoever looks for room does
// not read memory that nobody uses.
type page struct {
	next, prev uint32 // in its class's ring of pages with room; 0: it is in none
	used       uint16 // objects that are allocated; used <= bump
	bump       uint16 // objects that were ever allocated
	free       uint16 // the first free one below bump, in granules; each holds the next
	class      class
	state      pageState
}

// noObject ends the list of a page's free objects.
const noObject = 0xffff

// pageState is what a page is for.
//
//	free -> inUse -> draining
//	 ^        |         |
//	 +--------+---------+   with its last object
type pageState uint8

const (
	pageFree pageState = iota
	pageInUse
	// pageDraining: its objects are being moved away, nothing is allocated in it.
	pageDraining
)

// slabs is the pages of a shard. The shard's mutex guards them.
type slabs struct {
	pages   []page // of the whole reach
	classes [numClasses]classPages
	chunks  []chunk
	top     uint32 // pages in chunks
	ahead   bool   // the next chunk has its memory already

	freePages bitset
	lowFree   uint32 // no free page is below it
	freeCount uint32
}

// classPages is the pages of one class.
type classPages struct {
	partial uint32 // a page with room, in a ring of them; 0: none
	pages   uint32
	live    uint32 // objects
}

// chunk is pages that lie together.
type chunk struct {
	used uint8 // pages
	held bool  // there may be memory behind it
}

func (s *shard) initSlabs() {
	n := s.reach / pageBytes
	s.pages = unsafe.Slice((*page)(mustReserve(s.arena, n*unsafe.Sizeof(page{}))), n)
	s.growChunk()
	s.takePage() // page 0: no object is at reference 0
}

// allocObject is room for an object of a class, 0 if there is none.
func (s *shard) allocObject(c class) reference {
	of := &s.classes[c]
	at := of.partial
	if at == 0 {
		if at = s.takePage(); at == 0 {
			return 0
		}
		of.pages++
		s.pages[at] = page{free: noObject, class: c, state: pageInUse}
		s.linkPage(at)
	}
	p := &s.pages[at]
	ref := reference(at << pageRefShift)
	if p.free != noObject {
		ref += reference(p.free)
		p.free = *(*uint16)(s.at(ref))
	} else {
		ref += reference(uint32(p.bump) * classBytes[c] >> granuleShift)
		p.bump++
	}
	p.used++
	of.live++
	if uint32(p.used) == pageObjects[c] {
		s.unlinkPage(at)
	}
	return ref
}

// freeObject gives an object back. It is the next that is allocated: it is
// near the processor.
func (s *shard) freeObject(ref reference) {
	at := uint32(ref) >> pageRefShift
	p := &s.pages[at]
	if p.state != pageInUse && p.state != pageDraining || p.used == 0 {
		panic("store: what is freed was not allocated")
	}
	*(*uint16)(s.at(ref)) = p.free
	p.free = uint16(ref & (1<<pageRefShift - 1))
	p.used--
	of := &s.classes[p.class]
	of.live--
	if p.used == 0 {
		if p.next != 0 {
			s.unlinkPage(at)
		}
		of.pages--
		s.givePage(at)
		return
	}
	if p.next == 0 && p.state == pageInUse {
		s.linkPage(at)
	}
}

// linkPage makes a page the one that its class allocates from next.
func (s *shard) linkPage(at uint32) {
	p := &s.pages[at]
	of := &s.classes[p.class]
	p.next, p.prev = at, at
	if of.partial != 0 {
		before := &s.pages[of.partial]
		p.next, p.prev = of.partial, before.prev
		s.pages[before.prev].next = at
		before.prev = at
	}
	of.partial = at
}

// unlinkPage takes a page out of its class's ring.
func (s *shard) unlinkPage(at uint32) {
	p := &s.pages[at]
	of := &s.classes[p.class]
	if of.partial == at {
		of.partial = p.next
	}
	if of.partial == at {
		of.partial = 0
	}
	s.pages[p.prev].next, s.pages[p.next].prev = p.next, p.prev
	p.next, p.prev = 0, 0
}

// takePage is the lowest page that is free; 0 if there is none.
func (s *shard) takePage() uint32 {
	at, ok := s.freePages.lowest(s.lowFree)
	if !ok {
		if at = s.top; !s.growChunk() {
			return 0
		}
	}
	s.freePages.remove(at)
	s.freeCount--
	s.lowFree = at + 1
	of := &s.chunks[at/chunkPages]
	of.used++
	of.held = true
	return at
}

// givePage makes a page free.
func (s *shard) givePage(at uint32) {
	s.pages[at].state = pageFree
	s.freePages.add(at)
	s.freeCount++
	s.lowFree = min(s.lowFree, at)
	s.chunks[at/chunkPages].used--
}

// growChunk adds a chunk of free pages at the top.
func (s *shard) growChunk() bool {
	if !s.roomForChunk() {
		return false
	}
	if !s.ahead && len(s.chunks) >= hugeFromChunk {
		hugePages(s.page(s.top), chunkBytes)
	}
	s.chunks = append(s.chunks, chunk{held: s.ahead})
	s.ahead = false
	for range chunkPages {
		s.freePages.add(s.top)
		s.top++
	}
	s.freeCount += chunkPages
	s.settleRoom()
	return true
}

// roomForChunk says whether there is room for another chunk at the top.
func (s *shard) roomForChunk() bool { return s.bottomBytes() >= s.topBytes()+chunkBytes }

// page is where a page begins.
func (s *shard) page(at uint32) unsafe.Pointer { return s.at(reference(at << pageRefShift)) }

func (s *shard) topBytes() uintptr { return uintptr(s.top) * pageBytes }
