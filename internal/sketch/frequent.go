// Package sketch counts what is too many to count, in bounded memory and with
// an error that it can state. It holds only what no library serves: the
// heaviest items of a stream, with several measures an item and a hard bound
// on memory. It never guesses: a count it gives is a floor, and the ceiling
// is the count plus the sketch's error.
package sketch

import (
	"bytes"
	"cmp"
	"hash/maphash"
	"math"
	"slices"
)

// Measures is how many numbers are added up for every item. The first is the
// weight by which items stay or go.
const Measures = 3

// Frequent finds the heaviest of many items: weighted Space-Saving in the form
// that evicts in batches (Anderson et al., "A High-Performance Algorithm for
// Identifying Frequent Items in Data Streams", IMC 2017), which is Misra-Gries
// with weights. When all counters are taken, the median count is subtracted
// from every one of them, and those left with nothing go. The subtractions add
// up to Error, which no item's count lacks more of. Sketches of parts of a
// stream merge into one whose error is the sum (Agarwal et al., "Mergeable
// Summaries", PODS 2012).
//
// While no more distinct items came than there are counters, Error is 0 and
// every number is exact, however the stream was divided.
type Frequent struct {
	counters int
	error    uint64

	items  []item
	text   []byte   // the items' bytes, one after another
	index  []uint64 // open addressing by hash: its upper half, and below it the place in items + 1; 0 where free
	seed   maphash.Seed
	counts []uint64 // scratch of evict
}

type item struct {
	hash    uint64
	sums    [Measures]uint64
	textAt  uint32
	textLen uint32
}

// Item is one item and what it adds up to.
type Item struct {
	Text string
	// Sums[0] is at least this much and at most Error more. The other measures
	// are floors as well: what came since the item last took a counter.
	Sums [Measures]uint64
}

// MaxCounters bounds the counters of one sketch.
const MaxCounters = 1 << 24

// NewFrequent is an empty sketch with that many counters, 2 … MaxCounters. An
// item heavier than 2/counters of the whole weight is always kept.
func NewFrequent(counters int) *Frequent {
	if counters < 2 || counters > MaxCounters {
		panic("sketch: number of counters out of range")
	}
	return &Frequent{counters: counters, seed: maphash.MakeSeed(), index: make([]uint64, 64)}
}

// Add adds the measures to an item's. Without a weight they only add to an item
// that is there. The text is copied when it is new; texts of all counters
// together must stay
// below 4 GiB, which the caller sees to by bounding their length.
func (f *Frequent) Add(text []byte, sums [Measures]uint64) {
	hash := maphash.Bytes(f.seed, text)
	at := f.find(hash, text)
	if entry := f.index[at]; entry != 0 {
		add(&f.items[uint32(entry)-1].sums, sums)
		return
	}
	if sums[0] == 0 {
		return
	}
	if len(f.items) == f.counters {
		if sums[0] = f.evict(sums[0]); sums[0] == 0 {
			return
		}
		at = f.find(hash, text)
	}
	f.items = append(f.items, item{hash, sums, uint32(len(f.text)), uint32(len(text))})
	f.text = append(f.text, text...)
	f.index[at] = entryOf(hash, len(f.items))
	if 2*len(f.items) > len(f.index) {
		f.reindex(2 * len(f.index))
	}
}

// Error is how much of an item's weight its count can lack at most: for an
// item that is missing, how heavy it can have been.
func (f *Frequent) Error() uint64 { return f.error }

// Filled says that all counters were taken once.
func (f *Frequent) Filled() bool { return len(f.items) == f.counters || f.error > 0 }

// Len is how many items have a counter now.
func (f *Frequent) Len() int { return len(f.items) }

// Merge adds what other has counted. Other is left as it was.
func (f *Frequent) Merge(other *Frequent) {
	for i := range other.items {
		f.Add(other.textOf(&other.items[i]), other.items[i].sums)
	}
	f.error += other.error
}

// Top is the k items with the largest count, the largest first; equal ones in
// the order of their bytes.
func (f *Frequent) Top(k int) []Item {
	places := make([]int, len(f.items))
	for i := range places {
		places[i] = i
	}
	slices.SortFunc(places, func(i, j int) int {
		a, b := &f.items[i], &f.items[j]
		if a.sums[0] != b.sums[0] {
			return cmp.Compare(b.sums[0], a.sums[0])
		}
		return bytes.Compare(f.textOf(a), f.textOf(b))
	})
	top := make([]Item, min(k, len(places)))
	for i := range top {
		it := &f.items[places[i]]
		top[i] = Item{string(f.textOf(it)), it.sums}
	}
	return top
}

// find is the place in the index where the item stands, or would.
func (f *Frequent) find(hash uint64, text []byte) int {
	mask := len(f.index) - 1
	for at := int(hash) & mask; ; at = (at + 1) & mask {
		entry := f.index[at]
		if entry == 0 {
			return at
		}
		if (entry^hash)>>32 == 0 && bytes.Equal(f.textOf(&f.items[uint32(entry)-1]), text) {
			return at
		}
	}
}

// entryOf is what the index holds of an item: most that are not sought are
// told from the one that is without a look at them.
func entryOf(hash uint64, place int) uint64 { return hash&^math.MaxUint32 | uint64(place) }

func (f *Frequent) textOf(it *item) []byte { return f.text[it.textAt : it.textAt+it.textLen] }

// evict makes room for a newcomer of this weight: it takes the median count
// from every counter and from the newcomer, drops who has nothing left, and
// says what the newcomer has.
func (f *Frequent) evict(newcomer uint64) uint64 {
	f.counts = f.counts[:0]
	for i := range f.items {
		f.counts = append(f.counts, f.items[i].sums[0])
	}
	cut := median(f.counts)
	kept := f.items[:0]
	text := f.text[:0]
	for _, it := range f.items {
		if it.sums[0] <= cut {
			continue
		}
		it.sums[0] -= cut
		textAt := len(text)
		text = append(text, f.text[it.textAt:it.textAt+it.textLen]...) // moves down only
		it.textAt = uint32(textAt)
		kept = append(kept, it)
	}
	f.items, f.text = kept, text
	f.error += cut
	f.reindex(len(f.index))
	return newcomer - min(newcomer, cut)
}

func (f *Frequent) reindex(length int) {
	if length == len(f.index) {
		clear(f.index)
	} else {
		f.index = make([]uint64, length)
	}
	mask := length - 1
	for i := range f.items {
		at := int(f.items[i].hash) & mask
		for f.index[at] != 0 {
			at = (at + 1) & mask
		}
		f.index[at] = entryOf(f.items[i].hash, i+1)
	}
}

// add saturates: a sum that would overflow stays at the largest number.
func add(to *[Measures]uint64, sums [Measures]uint64) {
	for i, n := range sums {
		if to[i] += n; to[i] < n {
			to[i] = math.MaxUint64
		}
	}
}

// median is the middle count, the lower of two, found by quickselect; it
// reorders counts.
func median(counts []uint64) uint64 {
	from, to, want := 0, len(counts)-1, (len(counts)-1)/2
	for from < to {
		pivot := counts[(from+to)/2]
		low, high := from, to
		for low <= high {
			for counts[low] < pivot {
				low++
			}
			for counts[high] > pivot {
				high--
			}
			if low <= high {
				counts[low], counts[high] = counts[high], counts[low]
				low++
				high--
			}
		}
		switch {
		case want <= high:
			to = high
		case want >= low:
			from = low
		default:
			return counts[want]
		}
	}
	return counts[want]
}
