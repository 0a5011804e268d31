package workloads

import (
	"sync"

	"slotbench/internal/slot"
)

// placeDigits is how many digits from 0 to 7 bring a key to any slot. CRC16 is
// linear: a digit adds its own vector to that of a key with a 0 in its place, and
// the vectors of six octal digits span all 16 bits, wherever they stand; those of
// five do not.
const placeDigits = 6

// placing says which digits add up to a CRC16, and undoes a zero byte.
type placing struct {
	digits [1 << 16]uint32 // a digit in three bits, the last lowest
	high   [256]byte       // by a shifted CRC's lower byte: the upper byte before
	table  [256]uint16     // by upper byte: what a shift adds
}

var placings = sync.OnceValue(newPlacing)

func newPlacing() *placing {
	p := &placing{}
	var vectors [3 * placeDigits]uint16 // of each bit, the last digit's lowest first
	for bit := range vectors {
		text := make([]byte, bit/3+1)
		text[0] = 1 << (bit % 3)
		vectors[bit] = slot.CRC16(text)
	}
	crc := uint16(0)
	for n := uint32(1); n < 1<<len(vectors); n++ { // in Gray code, a bit a step
		bit := 0
		for n>>bit&1 == 0 {
			bit++
		}
		crc ^= vectors[bit]
		gray := n ^ n>>1
		if old := p.digits[crc]; crc != 0 && (old == 0 || gray < old) {
			p.digits[crc] = gray
		}
	}
	for b := range p.table {
		p.table[b] = slot.CRC16([]byte{byte(b)})
		p.high[byte(p.table[b])] = byte(b)
	}
	return p
}

// place writes digits over the zeros at, so that hashed has a CRC16 in the slot.
func (p *placing) place(hashed []byte, at int, want slot.Slot) {
	add := slot.CRC16(hashed) ^ uint16(want)
	for range len(hashed) - at - placeDigits { // back over what stands behind
		before := p.high[byte(add)]
		add = uint16(before)<<8 | (add^p.table[before])>>8
	}
	digits := p.digits[add]
	for i := at + placeDigits - 1; i >= at; i-- {
		hashed[i] = '0' + byte(digits&7)
		digits >>= 3
	}
}
