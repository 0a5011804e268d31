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

// Every request counts in its slot's operations, bytes and longest time. The
// distribution and the mean are of all of a worker's first slotAll requests,
// which a short run is, and of one in slotOneIn from then on: a worker that
// sends a million a second would wait for memory at each.
const (
	slotAll   = 1 << 16
	slotOneIn = 32
)

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

// slotCount is what one worker counted of one slot.
type slotCount struct {
	bytes   int64
	ops     uint32 // modulo 2^32: rounds has the rest
	longest uint32 // response time in units of 128 ns; saturating
}

// slotTimes is the distribution of a slot's response times.
type slotTimes struct {
	timed, nanos int64
	cells        [slotCells]uint16
	halved       uint8 // how often the cells were halved, so that none runs over
}

// slotAccounts is one worker's accounts of all slots. They are more than what
// lies near a processor: requests wait until there are some, so that it fetches
// what they need for many at once.
type slotAccounts struct {
	counts  []slotCount
	rounds  map[slot.Slot]int64 // how often a slot's ops ran over
	times   []slotTimes
	waiting [slotsAtOnce]slotEntry
	entries int   // of waiting
	until   int64 // the next request whose time is kept
	kept    int64
	random  uint64
}

// slotsAtOnce is how many requests are added to their slots' accounts in one go.
const slotsAtOnce = 64

// slotEntry is a request that is to be added.
type slotEntry struct {
	slot   slot.Slot
	failed bool // fast errors would flatter the times
	bytes  int64
	nanos  int64
}

func newSlotAccounts(slots int, seed uint64) slotAccounts {
	return slotAccounts{counts: make([]slotCount, slots), rounds: map[slot.Slot]int64{}, times: make([]slotTimes, slots), until: 1, random: seed*2 + 1}
}

// count adds a request that was written, sooner or later.
func (a *slotAccounts) count(q *request.Request) {
	if a.entries == slotsAtOnce {
		a.settle()
	}
	a.waiting[a.entries] = slotEntry{
		slot:   q.Slot & slot.Slot(slot.DefaultCount-1),
		failed: q.Status == request.Failed,
		bytes:  int64(len(q.Frame)) + int64(q.BytesIn),
		nanos:  max(0, q.Done-q.Due),
	}
	a.entries++
}

// settle adds what is waiting.
func (a *slotAccounts) settle() {
	for i := range a.waiting[:a.entries] {
		e := &a.waiting[i]
		c := &a.counts[e.slot]
		if c.ops++; c.ops == 0 {
			a.rounds[e.slot]++
		}
		c.bytes += e.bytes
		if !e.failed {
			c.longest = max(c.longest, uint32(min(e.nanos>>slotLongestBits, math.MaxUint32)))
		}
		if a.until--; a.until == 0 {
			a.keep(e)
		}
	}
	a.entries = 0
}

// keep puts a request's time into its slot's distribution.
func (a *slotAccounts) keep(e *slotEntry) {
	a.kept++
	weight := int64(1)
	a.until = 1
	if a.kept > slotAll {
		weight = slotOneIn
		// Not in step with what is sent in turns: 1 to 2·slotOneIn-1, as
		// likely each (a multiplicative congruential generator of Knuth's).
		a.random = a.random*6364136223846793005 + 1442695040888963407
		a.until = 1 + int64(a.random>>33%(2*slotOneIn-1))
	}
	if !e.failed {
		a.times[e.slot].add(e.nanos, weight)
	}
}

// scatter spreads numbers evenly (Knuth's multiplicative hashing: 2^64 over
// the golden ratio).
const scatter = 0x9E3779B97F4A7C15

func (t *slotTimes) add(nanos, weight int64) {
	t.timed += weight
	t.nanos += weight * nanos
	cell := &t.cells[slotCell(nanos)]
	for int64(*cell)+weight > math.MaxUint16 {
		t.halve()
	}
	// Of cells that were halved, a time is counted as its share of one, in
	// no step with what is sent in turns.
	step := weight >> t.halved
	if part := uint64(weight) & (1<<t.halved - 1); uint64(t.timed)*scatter>>(64-t.halved) < part {
		step++
	}
	*cell += uint16(step)
}

// halve makes room in the cells. Their shares stay.
func (t *slotTimes) halve() {
	for i := range t.cells {
		t.cells[i] /= 2
	}
	t.halved++
}

// merge adds what another worker counted.
func (a *slotAccounts) merge(from *slotAccounts) {
	a.settle()
	from.settle()
	for i := range from.counts {
		c, f := &a.counts[i], &from.counts[i]
		a.setOps(i, a.opsOf(i)+from.opsOf(i))
		c.bytes += f.bytes
		c.longest = max(c.longest, f.longest)
		a.times[i].merge(&from.times[i])
	}
}

// opsOf is how many operations a slot had.
func (a *slotAccounts) opsOf(i int) int64 {
	return a.rounds[slot.Slot(i)]<<32 + int64(a.counts[i].ops)
}

func (a *slotAccounts) setOps(i int, ops int64) {
	a.counts[i].ops = uint32(ops)
	if rounds := ops >> 32; rounds > 0 {
		a.rounds[slot.Slot(i)] = rounds
	}
}

func (t *slotTimes) merge(from *slotTimes) {
	t.timed += from.timed
	t.nanos += from.nanos
	other := *from
	for t.halved < other.halved {
		t.halve()
	}
	for other.halved < t.halved {
		other.halve()
	}
	for i := range t.cells {
		for int(t.cells[i])+int(other.cells[i]) > math.MaxUint16 {
			t.halve()
			other.halve()
		}
		t.cells[i] += other.cells[i]
	}
}

// quantile estimates the time in nanoseconds below which a share of the times
// lie, of which none is longer than longest.
func (t *slotTimes) quantile(share, longest float64) float64 {
	total := 0.0
	for _, c := range t.cells {
		total += float64(c)
	}
	rank, seen := share*total, 0.0
	for i, c := range t.cells {
		n := float64(c)
		if seen += n; n == 0 || seen < rank {
			continue
		}
		low, high := float64(slotCellEdge(i)), longest
		if i < slotCells-1 {
			high = min(high, float64(slotCellEdge(i+1)))
		}
		return low + max(0, high-low)*t.within(i, 1-(seen-rank)/n)
	}
	return longest
}

// within is how far into a cell a share of its times reach, if their density
// grows or falls in it as it does from the cell before to the one behind.
func (t *slotTimes) within(cell int, share float64) float64 {
	before, behind := 0.5, 0.5 // of a time, where there is no cell or no time
	if cell > 0 {
		before += float64(t.cells[cell-1])
	}
	if cell < slotCells-1 {
		behind += float64(t.cells[cell+1])
	}
	// A cell is twice as long as the one before, and half as long as the next.
	fall := math.Sqrt(behind / before / 4)
	if math.Abs(fall-1) < 1e-3 {
		return share
	}
	return math.Log(1-share*(1-fall)) / math.Log(fall)
}

// results folds the clients' slots into n slots, each a contiguous range, and
// splits their accounts into the operations and the rest.
func (a *slotAccounts) results(n slot.Count) (ops []int64, rest *BySlot) {
	a.settle()
	folded := newSlotAccounts(int(n), 0)
	width := len(a.counts) / int(n)
	for i := range a.counts {
		into, c := &folded.counts[i/width], &a.counts[i]
		folded.setOps(i/width, folded.opsOf(i/width)+a.opsOf(i))
		into.bytes += c.bytes
		into.longest = max(into.longest, c.longest)
		folded.times[i/width].merge(&a.times[i])
	}
	ops = make([]int64, n)
	rest = &BySlot{
		Bytes: make([]int64, n), MeanUS: make([]float64, n), P99US: make([]float64, n), MaxUS: make([]float64, n),
	}
	for i := range folded.counts {
		c, t := &folded.counts[i], &folded.times[i]
		longest := float64(int64(c.longest) << slotLongestBits)
		ops[i], rest.Bytes[i], rest.MaxUS[i] = folded.opsOf(i), c.bytes, shortened(longest/1e3)
		if t.timed > 0 {
			rest.MeanUS[i] = shortened(float64(t.nanos) / float64(t.timed) / 1e3)
			rest.P99US[i] = shortened(t.quantile(0.99, longest) / 1e3)
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
