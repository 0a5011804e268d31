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
	P99US   []float64 `json:"p99_us"`  // an estimate, within a fifth
	MaxUS   []float64 `json:"max_us"`
	Keys    []int64   `json:"keys"`    // at the end, as the nodes count them
	Keeping string    `json:"keeping"` // where Keys are from; "": not known
}

// SlotRange is slots that follow each other: the first and the last.
type SlotRange [2]int

// The cells of a slot's distribution are octaves from slotCellFloor on. The
// first holds what is shorter, the last what is longer.
const (
	slotCells         = 15
	slotCellFloorBits = 14 // 16 µs
	slotLongestBits   = 7  // the longest time is kept in units of 128 ns
)

// scatter spreads numbers evenly (Knuth's multiplicative hashing: 2^64 over
// the golden ratio).
const scatter = 0x9E3779B97F4A7C15

// slotAccount is what one worker counted of one slot: one line of the cache,
// so that a request touches one, and 16384 of them take 1 MB a worker.
type slotAccount struct {
	ops, bytes int64
	nanos      int64  // sum of response times
	longest    uint32 // of them, in units; saturating
	failed     uint32 // of ops: without a response time; saturating
	cells      [slotCells]uint16
	halved     uint8 // how often the cells were halved, so that none runs over
	_          uint8
}

// slotCell is the cell of a response time.
func slotCell(nanos int64) int {
	return min(bits.Len64(uint64(nanos)>>slotCellFloorBits), slotCells-1)
}

// slotCellEdge is the shortest time in a cell; that of the first is 0.
func slotCellEdge(cell int) int64 {
	if cell == 0 {
		return 0
	}
	return 1 << (cell - 1 + slotCellFloorBits)
}

// count adds a request that was written.
func (a *slotAccount) count(q *request.Request) {
	a.ops++
	a.bytes += int64(len(q.Frame)) + int64(q.BytesIn)
	if q.Status == request.Failed {
		a.failed = max(a.failed, a.failed+1)
		return
	}
	nanos := max(0, q.Done-q.Due)
	a.nanos += nanos
	a.longest = max(a.longest, uint32(min(nanos>>slotLongestBits, math.MaxUint32)))
	cell := slotCell(nanos)
	// Of cells that were halved, one in so many is counted, whose number in no
	// way goes with what is sent in turns.
	if a.halved > 0 && uint64(a.ops)*scatter>>(64-a.halved) != 0 {
		return
	}
	if a.cells[cell] == math.MaxUint16 {
		a.halve()
	}
	a.cells[cell]++
}

// halve makes room in the cells. Their shares stay.
func (a *slotAccount) halve() {
	for i := range a.cells {
		a.cells[i] /= 2
	}
	a.halved++
}

func (a *slotAccount) merge(from *slotAccount) {
	a.ops += from.ops
	a.bytes += from.bytes
	a.nanos += from.nanos
	a.longest = max(a.longest, from.longest)
	a.failed += min(from.failed, math.MaxUint32-a.failed)
	other := *from
	for a.halved < other.halved {
		a.halve()
	}
	for other.halved < a.halved {
		other.halve()
	}
	for i := range a.cells {
		for int(a.cells[i])+int(other.cells[i]) > math.MaxUint16 {
			a.halve()
			other.halve()
		}
		a.cells[i] += other.cells[i]
	}
}

// timed is how many response times there are.
func (a *slotAccount) timed() int64 { return a.ops - int64(a.failed) }

// longestNanos is the longest response time, at most a unit too short.
func (a *slotAccount) longestNanos() int64 { return int64(a.longest) << slotLongestBits }

// quantile estimates the time in nanoseconds below which a share of the times
// lie.
func (a *slotAccount) quantile(share float64) float64 {
	total := 0.0
	for _, c := range a.cells {
		total += float64(c)
	}
	rank, seen := share*total, 0.0
	for i, c := range a.cells {
		n := float64(c)
		if seen += n; n == 0 || seen < rank {
			continue
		}
		low, high := float64(slotCellEdge(i)), float64(a.longestNanos())
		if i < slotCells-1 {
			high = min(high, float64(slotCellEdge(i+1)))
		}
		return low + max(0, high-low)*a.within(i, 1-(seen-rank)/n)
	}
	return float64(a.longestNanos())
}

// within is how far into a cell a share of its times reach, if their density
// grows or falls in it as it does from the cell before to the one behind.
func (a *slotAccount) within(cell int, share float64) float64 {
	before, behind := 0.5, 0.5 // of a time, where there is no cell or no time
	if cell > 0 {
		before += float64(a.cells[cell-1])
	}
	if cell < slotCells-1 {
		behind += float64(a.cells[cell+1])
	}
	// A cell is twice as long as the one before, and half as long as the next.
	fall := math.Sqrt(behind / before / 4)
	if math.Abs(fall-1) < 1e-3 {
		return share
	}
	return math.Log(1-share*(1-fall)) / math.Log(fall)
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
			rest.P99US[i] = shortened(a.quantile(0.99) / 1e3)
			rest.MaxUS[i] = shortened(float64(a.longestNanos()) / 1e3)
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
