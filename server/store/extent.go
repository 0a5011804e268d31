package store

import (
	"math/bits"
	"unsafe"
)

// An extent is an object of its own pages, for what is too long for a page of
// a class. It is a run of units, the system's pages. Extents are not moved: what
// is free between them holds no memory, only a part of the reach.
const (
	unitBytes    = 4 << 10
	unitRefShift = 12 - granuleShift
)

// run is what is known of a run of units, at its first unit; of a free run, its
// last unit knows the length too, so that neighbours can join.
type run struct {
	units      uint32
	next, prev uint32 // in the ring of free runs about as long; 0: it is in none
	state      runState
}

// runState is what a unit knows of itself: several of these.
type runState uint8

const (
	runUsed     runState = 1 << iota // the first unit of an object
	runFree                          // the first unit of a free run
	runFreeLast                      // the last unit of a free run
	runDirty                         // with runFree: there may be memory behind it
)

// extents is the runs of a shard, from bottom to its end. Neighbours are never
// both free, unless one of them is being purged. The shard's mutex guards them.
type extents struct {
	runs   []run // of the whole reach, by unit
	bottom uint32
	bins   [numBins]uint32 // a free run of each length; 0: none
	binned [(numBins + 63) / 64]uint64
	dirty  uint32 // units of free runs that may have memory
	used   uint32 // units of objects
}

// Bins: one for each length up to exactBins, then eight to the doubling.
const (
	exactBins = 64
	binSteps  = 8
	numBins   = exactBins + (32-12+granuleShift-6)*binSteps + 1
)

// binOf is the bin that a run of a length is in.
func binOf(units uint32) uint32 {
	if units < exactBins {
		return units
	}
	octave := uint32(bits.Len32(units)) - 1
	return exactBins + (octave-6)*binSteps + units>>(octave-3) - binSteps
}

// fitBin is the first bin whose runs are all long enough.
func fitBin(units uint32) uint32 {
	if units < exactBins {
		return units
	}
	octave := uint32(bits.Len32(units)) - 1
	return binOf(units + 1<<(octave-3) - 1)
}

func unitsFor(size int) uint32 { return uint32((size + unitBytes - 1) / unitBytes) }

func (s *shard) initExtents() {
	n := s.reach / unitBytes
	s.runs = unsafe.Slice((*run)(mustReserve(s.arena, n*unsafe.Sizeof(run{}))), n)
	s.bottom = uint32(n)
}

// allocExtent is a run of units, 0 if there is none.
func (s *shard) allocExtent(units uint32) reference {
	at := s.findRun(units)
	switch {
	case at != 0:
		s.unbin(at)
		r := &s.runs[at]
		if r.state&runDirty != 0 {
			s.dirty -= units // of the run's; the rest is binned again
		}
		s.runs[at+r.units-1].state &^= runFreeLast
		if rest := r.units - units; rest > 0 { // the upper part is used: the lower may join the room
			s.bin(at, rest, r.state&runDirty)
			at += rest
		}
	case s.bottomBytes() >= s.topBytes()+uintptr(units)*unitBytes:
		s.bottom -= units
		at = s.bottom
		s.settleRoom()
	default:
		return 0
	}
	s.runs[at] = run{units: units, state: runUsed}
	s.used += units
	return reference(at << unitRefShift)
}

// findRun is a free run of at least so many units, the shortest that there is,
// nearly; 0 if there is none.
func (s *shard) findRun(units uint32) uint32 {
	b := fitBin(units)
	for word := b / 64; word < uint32(len(s.binned)); word++ {
		left := s.binned[word]
		if word == b/64 {
			left &= ^uint64(0) << (b % 64)
		}
		if left != 0 {
			return s.bins[word*64+uint32(bits.TrailingZeros64(left))]
		}
	}
	return 0
}

// extentUnits is how many units an extent has. Its owner may ask.
func (s *shard) extentUnits(ref reference) uint32 { return s.runs[ref>>unitRefShift].units }

// trim gives the end of an extent back.
func (s *shard) trim(ref reference, units uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := uint32(ref) >> unitRefShift
	rest := s.runs[at].units - units
	s.runs[at].units = units
	s.runs[at+units] = run{units: rest, state: runUsed}
	s.freeExtent(reference((at + units) << unitRefShift))
}

// freeExtent gives an extent back. The memory behind it is kept for the next;
// purge gives it to the system.
func (s *shard) freeExtent(ref reference) {
	at := uint32(ref) >> unitRefShift
	r := s.runs[at]
	if r.state != runUsed {
		panic("store: what is freed was not allocated")
	}
	s.used -= r.units
	s.dirty += r.units
	s.join(at, r.units, runDirty)
}

// join makes a free run of units, together with its neighbours.
func (s *shard) join(at, units uint32, state runState) {
	if after := at + units; after < uint32(len(s.runs)) && s.runs[after].state&runFree != 0 {
		s.unbin(after)
		state |= s.absorb(after, units, state)
		units += s.runs[after].units
	}
	if at > s.bottom && s.runs[at-1].state&runFreeLast != 0 {
		before := at - s.runs[at-1].units
		s.unbin(before)
		state |= s.absorb(before, units, state)
		s.runs[at-1].state &^= runFreeLast
		units += s.runs[before].units
		at = before
	}
	s.bin(at, units, state)
}

// absorb is what a free run adds to the state of units that join it. A run of
// which a part may have memory counts as a whole.
func (s *shard) absorb(at, units uint32, state runState) runState {
	r := &s.runs[at]
	switch had := r.state & runDirty; {
	case had != 0 && state&runDirty == 0:
		s.dirty += units
	case had == 0 && state&runDirty != 0:
		s.dirty += r.units
	}
	return r.state & runDirty
}

// bin puts a free run where it can be found.
func (s *shard) bin(at, units uint32, dirty runState) {
	s.runs[at] = run{units: units, next: at, prev: at, state: runFree | dirty&runDirty}
	last := &s.runs[at+units-1]
	last.units = units
	last.state |= runFreeLast
	b := binOf(units)
	if head := s.bins[b]; head != 0 {
		r := &s.runs[at]
		r.next, r.prev = head, s.runs[head].prev
		s.runs[r.prev].next = at
		s.runs[head].prev = at
	}
	s.bins[b] = at
	s.binned[b/64] |= 1 << (b % 64)
}

// unbin takes a free run out.
func (s *shard) unbin(at uint32) {
	r := &s.runs[at]
	b := binOf(r.units)
	if s.bins[b] == at {
		s.bins[b] = r.next
	}
	if s.bins[b] == at {
		s.bins[b] = 0
		s.binned[b/64] &^= 1 << (b % 64)
	}
	s.runs[r.prev].next, s.runs[r.next].prev = r.next, r.prev
	r.next, r.prev = 0, 0
	r.state &^= runFree
	s.runs[at+r.units-1].state &^= runFreeLast
}

func (s *shard) bottomBytes() uintptr { return uintptr(s.bottom) * unitBytes }
