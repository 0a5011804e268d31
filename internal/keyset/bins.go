package keyset

import (
	"fmt"

	"slotbench/internal/slot"
)

// Measure is one of the numbers that keys add up to.
type Measure int

// The measures, in the order of a tag's sums.
const (
	Keys Measure = iota
	Bytes
	Ops
)

// ParseMeasure reads "keys", "bytes" or "ops".
func ParseMeasure(text string) (Measure, error) {
	for m, name := range measureNames {
		if text == name {
			return Measure(m), nil
		}
	}
	return 0, fmt.Errorf("measure %q: want keys, bytes or ops", text)
}

var measureNames = [...]string{"keys", "bytes", "ops"}

// String is the measure's name.
func (m Measure) String() string { return measureNames[m] }

// Bins are the accounts of the keys by the CRC16 of what is hashed of them.
type Bins struct {
	Keys, Bytes, Ops [1 << 16]uint64
}

// Of is the account of one measure.
func (b *Bins) Of(m Measure) *[1 << 16]uint64 {
	return [...]*[1 << 16]uint64{&b.Keys, &b.Bytes, &b.Ops}[m]
}

// add adds other accounts. What is nothing is not touched.
func (b *Bins) add(other *Bins) {
	for m := Keys; m <= Ops; m++ {
		to := b.Of(m)
		for crc, sum := range other.Of(m) {
			if sum != 0 {
				to[crc] = addUp(to[crc], sum)
			}
		}
	}
}

// BySlot adds an account up by slot, for any number of slots.
func (b *Bins) BySlot(m Measure, n slot.Count) []uint64 {
	bySlot := make([]uint64, n)
	for crc, sum := range b.Of(m) {
		s := n.FromCRC(uint16(crc))
		bySlot[s] = addUp(bySlot[s], sum)
	}
	return bySlot
}
