package results

import (
	"math"
	"math/bits"

	"slotbench/internal/request"
	"slotbench/internal/slot"
)

// BySlot is what is known of each slot beside its operations: position = slot,
// as in Skew.Slots. A list is empty where nothing is known.
type BySlot struct {
	Bytes   []int64   `json:"bytes"`   // commands and answers of the measurement, as RESP
	MeanUS  []float64 `json:"mean_us"` // response time, three significant digits; 0: no sample
	P99US   []float64 `json:"p99_us"`  // within a fifth
	MaxUS   []float64 `json:"max_us"`
	Keys    []int64   `json:"keys"`    // at the end, as the nodes count them
	Keeping string    `json:"keeping"` // where Keys are from; "": not known
}

// SlotRange is slots that follow each other: the first and the last.
type SlotRange [2]int

// The cells of a slot's distribution are half octaves from slotCellFloor on:
// two for each doubling. The first holds what is shorter, the last what is
// longer.
const (
	slotCells         = 24
	slotCellFloorBits = 14 // 16 µs
)

// slotAccount is what one worker counted of one slot: two lines of the cache,
// so that 16384 of them take 2 MB a worker.
type slotAccount struct {
	ops, bytes int64
	nanos      int64 // sum of response times
	longest    int64
	cells      [slotCells]uint32 // saturating
}

// slotCell is the cell of a response time.
func slotCell(nanos int64) int {
	units := uint64(nanos) >> (slotCellFloorBits - 1)
	length := bits.Len64(units)
	if length < 2 {
		return 0
	}
	return min(2*(length-2)+int(units>>(length-2)&1)+1, slotCells-1)
}

// slotCellEdge is the shortest time in a cell; that of the first is 0.
func slotCellEdge(cell int) int64 {
	if cell == 0 {
		return 0
	}
	octave, half := (cell-1)/2, int64((cell-1)%2)
	return (2 + half) << (octave + slotCellFloorBits - 1)
}

// count adds a request that was written.
func (a *slotAccount) count(q *request.Request) {
	a.ops++
	a.bytes += int64(len(q.Frame)) + int64(q.BytesIn)
	if q.Status == request.Failed {
		return
	}
	nanos := max(0, q.Done-q.Due)
	a.nanos += nanos
	a.longest = max(a.longest, nanos)
	if cell := &a.cells[slotCell(nanos)]; *cell != math.MaxUint32 {
		*cell++
	}
}

func (a *slotAccount) merge(from *slotAccount) {
	a.ops += from.ops
	a.bytes += from.bytes
	a.nanos += from.nanos
	a.longest = max(a.longest, from.longest)
	for i, n := range from.cells {
		a.cells[i] += min(n, math.MaxUint32-a.cells[i])
	}
}

// timed is how many response times there are.
func (a *slotAccount) timed() (n int64) {
	for _, c := range a.cells {
		n += int64(c)
	}
	return n
}

// quantile estimates the time in nanoseconds below which a share of the times
// lie: linear within a cell.
func (a *slotAccount) quantile(share float64, timed int64) float64 {
	rank, seen := share*float64(timed), 0.0
	for i, c := range a.cells {
		n := float64(c)
		if seen += n; n == 0 || seen < rank {
			continue
		}
		low, high := float64(slotCellEdge(i)), float64(a.longest)
		if i < slotCells-1 {
			high = min(high, float64(slotCellEdge(i+1)))
		}
		return low + max(0, high-low)*(1-(seen-rank)/n)
	}
	return float64(a.longest)
}

// foldAccounts adds up the clients' slots into n slots, each a contiguous
// range.
func foldAccounts(accounts []slotAccount, n slot.Count) []slotAccount {
	folded := make([]slotAccount, n)
	width := len(accounts) / int(n)
	for i := range accounts {
		folded[i/width].merge(&accounts[i])
	}
	return folded
}

// slotResults splits accounts into the operations and the rest.
func slotResults(accounts []slotAccount) (ops []int64, rest *BySlot) {
	ops = make([]int64, len(accounts))
	rest = &BySlot{
		Bytes: make([]int64, len(accounts)), MeanUS: make([]float64, len(accounts)),
		P99US: make([]float64, len(accounts)), MaxUS: make([]float64, len(accounts)),
	}
	for i := range accounts {
		a := &accounts[i]
		ops[i], rest.Bytes[i] = a.ops, a.bytes
		if timed := a.timed(); timed > 0 {
			rest.MeanUS[i] = shortened(float64(a.nanos) / float64(timed) / 1e3)
			rest.P99US[i] = shortened(a.quantile(0.99, timed) / 1e3)
			rest.MaxUS[i] = shortened(float64(a.longest) / 1e3)
		}
	}
	return ops, rest
}

// shortened is x with three significant digits: 16384 figures with all of
// theirs would be most of a record.
func shortened(x float64) float64 {
	if x <= 0 {
		return 0
	}
	unit := math.Pow10(2 - int(math.Floor(math.Log10(x))))
	return math.Round(x*unit) / unit
}
