package command

import (
	"encoding/binary"
	"math/bits"
)

// bitRange is a range of a value in bits; the last one is within it.
type bitRange struct{ first, last int64 }

// newBitRange makes positions into a range, where negative ones count from the
// end. They are bytes unless inBits.
func newBitRange(start, end int64, valueBytes int, inBits bool) (r bitRange, empty bool) {
	total := int64(valueBytes)
	if inBits {
		total *= 8
	}
	if start < 0 {
		start = max(0, total+start)
	}
	if end < 0 {
		end = max(0, total+end)
	}
	end = min(end, total-1)
	switch {
	case start > end:
		return r, true
	case inBits:
		return bitRange{start, end}, false
	}
	return bitRange{start * 8, end*8 + 7}, false
}

// bitUnit reads BIT or BYTE.
func (c *Context) bitUnit(at int) (inBits, ok bool) {
	switch {
	case isWord(c.Args[at], "bit"):
		return true, true
	case isWord(c.Args[at], "byte"):
		return false, true
	}
	c.Error(errSyntax)
	return false, false
}

func bitCount(c *Context) {
	value, found, ok := c.String(c.Args[1])
	switch {
	case !ok:
		return
	case !found:
		c.Int(0)
		return
	}
	switch len(c.Args) {
	case 2:
		c.Int(countBits(value))
		return
	case 4, 5:
	default:
		c.Error(errSyntax)
		return
	}
	start, ok := c.IntArg(2)
	if !ok {
		return
	}
	end, ok := c.IntArg(3)
	if !ok {
		return
	}
	if start < 0 && end < 0 && start > end { // before the unit is looked at, as in Redis
		c.Int(0)
		return
	}
	inBits := false
	if len(c.Args) == 5 {
		if inBits, ok = c.bitUnit(4); !ok {
			return
		}
	}
	r, empty := newBitRange(start, end, len(value), inBits)
	if empty {
		c.Int(0)
		return
	}
	c.Int(r.count(value))
}

// count is how many bits are set in the range.
func (r bitRange) count(value []byte) int64 {
	first, last := r.first>>3, r.last>>3
	n := countBits(value[first : last+1])
	before := value[first] &^ (0xFF >> (r.first & 7))
	behind := value[last] & (0x7F >> (r.last & 7))
	return n - int64(bits.OnesCount8(before)) - int64(bits.OnesCount8(behind))
}

// countBits is how many bits are set, taken 32 bytes at a time: four counts
// that do not wait for each other.
func countBits(value []byte) int64 {
	var a, b, c, d int
	for ; len(value) >= 32; value = value[32:] {
		a += bits.OnesCount64(binary.LittleEndian.Uint64(value))
		b += bits.OnesCount64(binary.LittleEndian.Uint64(value[8:]))
		c += bits.OnesCount64(binary.LittleEndian.Uint64(value[16:]))
		d += bits.OnesCount64(binary.LittleEndian.Uint64(value[24:]))
	}
	for ; len(value) >= 8; value = value[8:] {
		a += bits.OnesCount64(binary.LittleEndian.Uint64(value))
	}
	for _, x := range value {
		b += bits.OnesCount8(x)
	}
	return int64(a + b + c + d)
}

func bitPos(c *Context) {
	bit, ok := c.IntArg(2)
	if !ok {
		return
	}
	if bit != 0 && bit != 1 {
		c.Error("ERR The bit argument must be 1 or 0.")
		return
	}
	value, found, ok := c.String(c.Args[1])
	switch {
	case !ok:
		return
	case !found: // zeros without end
		c.Int(-bit)
		return
	}
	r, empty, endGiven, ok := c.bitPosRange(value)
	switch {
	case !ok:
		return
	case empty:
		c.Int(-1)
		return
	}
	at := r.find(value, bit == 1)
	if at < 0 && bit == 0 && !endGiven { // the zeros behind the value
		at = int64(len(value)) * 8
	}
	c.Int(at)
}

// bitPosRange reads BITPOS's [start [end [BYTE|BIT]]].
func (c *Context) bitPosRange(value []byte) (r bitRange, empty, endGiven, ok bool) {
	start, end, inBits := int64(0), int64(len(value))-1, false
	n := len(c.Args)
	if n > 6 {
		c.Error(errSyntax)
		return r, false, false, false
	}
	if n > 3 {
		if start, ok = c.IntArg(3); !ok {
			return r, false, false, false
		}
	}
	if n > 5 {
		if inBits, ok = c.bitUnit(5); !ok {
			return r, false, false, false
		}
	}
	if n > 4 {
		if end, ok = c.IntArg(4); !ok {
			return r, false, false, false
		}
	}
	r, empty = newBitRange(start, end, len(value), inBits)
	return r, empty, n > 4, true
}

// find is the position of the first bit of the range that is set, or else
// clear, -1 if there is none.
func (r bitRange) find(value []byte, set bool) int64 {
	first, last := int(r.first>>3), int(r.last>>3)
	flip := byte(0xFF) // so that a set bit is always what is looked for
	if set {
		flip = 0
	}
	for at := first; at <= last; at++ {
		if at > first {
			at += skipSame(value[at:last+1], flip)
			if at > last {
				break
			}
		}
		x := value[at] ^ flip
		if at == first {
			x &= 0xFF >> (r.first & 7)
		}
		if x == 0 {
			continue
		}
		if found := int64(at)*8 + int64(bits.LeadingZeros8(x)); found <= r.last {
			return found
		}
		break
	}
	return -1
}

// skipSame is how many bytes of a value to skip, in whole words, since all of
// them are the same byte.
func skipSame(value []byte, same byte) (n int) {
	word := uint64(same) * 0x0101010101010101
	for len(value)-n >= 8 && binary.LittleEndian.Uint64(value[n:]) == word {
		n += 8
	}
	return n
}
