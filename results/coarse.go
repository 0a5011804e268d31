package results

import (
	"math"
	"math/bits"
)

// A coarse distribution cuts each power of two into this many cells, of at
// least coarseUnit nanoseconds: a quantile is at most 0.8 % too high, and
// below 2 µs at most 16 ns.
const (
	coarseCellBits = 7
	coarseCells    = 1 << coarseCellBits
	coarseUnitBits = 4
	// coarseSize holds MaxNanos: its cell is number 4049.
	coarseSize = 4096
)

// coarseDist is a distribution of times for the many (by node, by interval,
// the pacing) that are kept beside the result. It has the form of an HDR
// histogram with two digits. It is our own because these are recorded most
// often, and merged by the hundred while a load goes on: a plain array of
// known length is several times faster at both than the library's histogram.
type coarseDist struct {
	moments
	cells [coarseSize]uint64
}

func newCoarseDist() *coarseDist {
	return &coarseDist{moments: moments{min: math.MaxInt64}}
}

// coarseCell is the cell of a time.
func coarseCell(nanos int64) int {
	units := uint64(nanos) >> coarseUnitBits
	shift := bits.Len64(units|(2*coarseCells-1)) - (coarseCellBits + 1)
	return shift<<coarseCellBits + int(units>>shift)
}

// coarseTop is the longest time in a cell.
func coarseTop(cell int) int64 {
	shift := max(0, cell>>coarseCellBits-1)
	units := int64(cell-shift<<coarseCellBits) + 1
	return units<<(shift+coarseUnitBits) - 1
}

// record adds a time n times.
func (d *coarseDist) record(nanos, n int64) {
	d.cells[coarseCell(d.add(nanos, n))%coarseSize] += uint64(n)
}

// merge adds what another distribution holds.
func (d *coarseDist) merge(from *coarseDist) {
	if from.n == 0 {
		return
	}
	first, last := coarseCell(min(from.min, MaxNanos)), coarseCell(min(from.max, MaxNanos))
	for i := first; i <= last; i++ {
		d.cells[i] += from.cells[i]
	}
	d.moments.merge(&from.moments)
}

// reset empties the distribution.
func (d *coarseDist) reset() {
	if d.n > 0 {
		clear(d.cells[coarseCell(min(d.min, MaxNanos)) : coarseCell(min(d.max, MaxNanos))+1])
	}
	d.moments = moments{min: math.MaxInt64}
}

// quantile is the time in nanoseconds below or at which so many percent lie;
// 0 of none.
func (d *coarseDist) quantile(percent float64) int64 {
	rank := min(max(uint64(percent/100*float64(d.n)+0.5), 1), uint64(d.n))
	seen := uint64(0)
	for i, n := range &d.cells {
		if seen += n; seen >= rank && n > 0 {
			return min(coarseTop(i), d.max)
		}
	}
	return 0
}

func (d *coarseDist) latency() Latency { return d.moments.latency(d.quantile) }
