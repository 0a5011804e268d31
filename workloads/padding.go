package workloads

import "slices"

// padByte is what fills keys up.
const padByte = 'x'

// padding is the sizes of a family's keys, by their numbers: a key keeps its
// size. The sizes stand in a table that the number is hashed into.
type padding struct {
	sizes []uint16
	after int // bytes of the key behind the filler, at most
}

const padTable = 1 << 13

// newPadding draws the table. after is what is written behind the filler.
func newPadding(s *sizes, seed, number uint64, after int) *padding {
	p := &padding{after: after}
	random := newRandom(seed, forKeySizes, number)
	for range padTable {
		p.sizes = append(p.sizes, uint16(min(s.draw(&random), MaxKeySize)))
	}
	return p
}

// most is how long a filled key gets; 0 without a filler.
func (p *padding) most() int {
	if p == nil {
		return 0
	}
	return int(slices.Max(p.sizes))
}

// fill appends the filler of key n, whose text began at start: one byte at
// least, and so many that the key has its size.
func (p *padding) fill(dst []byte, start int, n int64) []byte {
	size := int(p.sizes[mix64(uint64(n))&(padTable-1)])
	dst = append(dst, padByte)
	for missing := size - p.after - (len(dst) - start); missing > 0; {
		some := min(missing, len(padText))
		dst = append(dst, padText[:some]...)
		missing -= some
	}
	return dst
}

const padText = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
