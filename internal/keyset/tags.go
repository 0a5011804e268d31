package keyset

import (
	"encoding/binary"
	"math"

	"slotbench/internal/sketch"
)

// cellTextBytes is the longest hash tag that a cell holds.
const cellTextBytes = 24

// tagCell is one hash tag, of all that share a CRC. It fills a cache line.
type tagCell struct {
	sums    [sketch.Measures]uint64
	skipped uint64 // the weight of the CRC's tags that was added nowhere
	text    [cellTextBytes]byte
	length  uint8 // 0: there is none yet
}

// gate is what is looked at first of a CRC, and is narrow so that it stays in
// the cache: the cell's mark, by which it is told from most other tags without
// a look at it, and above it a weight that was skipped.
type gate uint32

const (
	markBytes  = 16 // at the end of a tag, that make its mark
	markBits   = 16
	maxGated   = 1<<(32-markBits) - 1
	markFactor = 0x9e3779b97f4a7c15 // 2^64 / the golden ratio
)

// markOf is the mark of a tag of that length, 1 or more, from the markBytes up
// to its end.
func markOf(last []byte, length uint32) uint16 {
	low, high := binary.LittleEndian.Uint64(last), binary.LittleEndian.Uint64(last[8:])
	high >>= (64 - 8*min(length, 8)) & 63
	half := (32 - 4*(min(max(length, 8), 16)-8)) & 63 // of the bits of low that are not the tag's
	low = low >> half >> half
	return uint16((high ^ low*markFactor) * markFactor >> (64 - markBits))
}

// tagSums adds up hash tags in bounded memory. The first of each CRC has a cell
// of its own, which is found without a search; the others go into a sketch.
// Once that is full, there are more tags than can be told apart, and it takes
// only those that can be heavy: a tag weighs no more than all of its CRC, so
// what comes at a CRC is skipped while it is less than a part of the whole
// weight that the sketch itself may lose. Up to then every sum is exact.
type tagSums struct {
	gates  *[1 << 16]gate
	cells  *[1 << 16]tagCell // nil before the first: to touch memory costs time
	others *sketch.Frequent
	parts  uint64 // a CRC is skipped up to this part of the weight
	weight uint64 // of all tags
	limit  uint64 // weight / parts, some time ago; 0 while there is room for all
}

func newTagSums(o *Options) *tagSums {
	return &tagSums{others: sketch.NewFrequent(o.TagCounters), parts: 2 * uint64(o.TagCounters)}
}

// sift skips what is to be skipped of the tags of some lines, each of weight 1,
// and says which lines are left. It writes them where it read them.
func (t *tagSums) sift(data []byte, crcs []uint16, b *braces, lines []uint16) []uint16 {
	most := uint32(min(t.limit, maxGated))
	if most == 0 {
		return lines
	}
	kept := 0
	for kept < len(lines) && b.ends[lines[kept]] < markBytes {
		kept++
	}
	for _, i := range lines[kept:] { // without a branch: which tag comes next cannot be foretold
		end := b.ends[i]
		g := &t.gates[crcs[i]]
		mark := markOf(data[end-markBytes:end], end-b.starts[i])
		differs := (uint32(mark^uint16(*g)) + math.MaxUint16) >> 16
		below := (uint32(*g>>markBits) - most) >> 31
		*g += gate(differs&below) << markBits
		lines[kept] = i
		kept += 1 - int(differs&below)
	}
	t.weight = addUp(t.weight, uint64(len(lines)-kept))
	return lines[:kept]
}

// held adds a key of weight 1 to a tag, if that has its CRC's cell.
func (t *tagSums) held(crc uint16, tag []byte, bytes uint64) bool {
	if t.cells == nil {
		return false
	}
	cell := &t.cells[crc]
	if string(cell.text[:cell.length]) != string(tag) {
		return false
	}
	cell.sums[Keys]++
	cell.sums[Bytes] = addUp(cell.sums[Bytes], bytes)
	t.weight++
	return true
}

// add adds to the sums of a tag with that CRC. The first of them is its weight.
func (t *tagSums) add(crc uint16, tag []byte, sums [sketch.Measures]uint64) {
	if t.cells == nil {
		t.cells, t.gates = new([1 << 16]tagCell), new([1 << 16]gate)
	}
	t.weight = addUp(t.weight, sums[0])
	cell := &t.cells[crc]
	if string(cell.text[:cell.length]) == string(tag) {
		for i, n := range sums {
			cell.sums[i] = addUp(cell.sums[i], n)
		}
		return
	}
	fits := len(tag) <= cellTextBytes && sums[0] > 0
	switch {
	case fits && cell.length == 0:
		t.hold(crc, tag, sums)
	case t.others.Filled() && t.skip(crc, sums[0]):
	case fits && cell.sums[0] < t.skipped(crc): // who comes now is likelier to be heavy
		t.others.Add(cell.text[:cell.length], cell.sums)
		t.hold(crc, tag, sums)
	default:
		t.others.Add(tag, sums)
	}
}

// hold gives a CRC's cell to a tag.
func (t *tagSums) hold(crc uint16, tag []byte, sums [sketch.Measures]uint64) {
	cell := &t.cells[crc]
	cell.length, cell.sums = uint8(copy(cell.text[:], tag)), sums
	var last [markBytes]byte
	copy(last[max(0, markBytes-len(tag)):], tag[max(0, len(tag)-markBytes):])
	t.gates[crc] = t.gates[crc]>>markBits<<markBits | gate(markOf(last[:], uint32(len(tag))))
}

// skip leaves a weight out, if all that was left out at its CRC is little.
func (t *tagSums) skip(crc uint16, weight uint64) bool {
	skipped := addUp(t.skipped(crc), weight)
	if skipped > t.limit {
		if t.limit = t.weight / t.parts; skipped > t.limit {
			return false
		}
	}
	t.cells[crc].skipped = addUp(t.cells[crc].skipped, weight)
	return true
}

// skipped is the weight that was left out at a CRC.
func (t *tagSums) skipped(crc uint16) uint64 {
	return addUp(t.cells[crc].skipped, uint64(t.gates[crc]>>markBits))
}

// Tags are the heaviest hash tags.
type Tags struct {
	frequent *sketch.Frequent
	rank     Measure
	skipped  [1 << 16]uint64 // of each CRC, what is in no sum
	most     uint64          // of these
}

// Tag is a hash tag and a floor of what its keys add up to.
type Tag struct {
	Text             string
	Keys, Bytes, Ops uint64
}

// newTags has room for the tags in the cells of two goroutines that read.
func newTags(o *Options) *Tags {
	return &Tags{frequent: sketch.NewFrequent(min(o.TagCounters+2<<16, sketch.MaxCounters)), rank: o.RankTags}
}

// join adds what one goroutine counted. What it cannot tell from what it
// skipped is skipped too.
func (t *Tags) join(other *tagSums) {
	t.frequent.Merge(other.others)
	if other.cells == nil {
		return
	}
	most := uint64(0)
	for crc := range other.cells {
		most = max(most, other.skipped(uint16(crc)))
	}
	for crc := range other.cells {
		cell := &other.cells[crc]
		skipped := other.skipped(uint16(crc))
		if lost := addUp(skipped, cell.sums[0]); lost > most {
			t.frequent.Add(cell.text[:cell.length], cell.sums)
		} else {
			skipped = lost
		}
		t.skipped[crc] = addUp(t.skipped[crc], skipped)
		t.most = max(t.most, t.skipped[crc])
	}
}

// Error is how much more of the ranking measure a tag can have than is told.
func (t *Tags) Error() uint64 {
	return addUp(t.frequent.Error(), t.most)
}

// Len is how many tags are known by name: all that there are if Error is 0.
func (t *Tags) Len() int { return t.frequent.Len() }

// Top is the k heaviest tags.
func (t *Tags) Top(k int) []Tag {
	var top []Tag
	for _, it := range t.frequent.Top(k) {
		sums := it.Sums
		sums[0], sums[t.rank] = sums[t.rank], sums[0]
		top = append(top, Tag{it.Text, sums[Keys], sums[Bytes], sums[Ops]})
	}
	return top
}
