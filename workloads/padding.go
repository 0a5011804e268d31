package workloads

import "slices"

// filler is what a part fills keys up with.
func (p *part) filler() byte {
	if p.zeros {
		return '0'
	}
	return 'x'
}

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
func (p *padding) fill(dst []byte, start int, n int64, filler byte) []byte {
	size := int(p.sizes[mix64(uint64(n))&(padTable-1)])
	dst = append(dst, filler)
	if missing := size - p.after - (len(dst) - start); missing > 0 {
		from := len(dst)
		dst = slices.Grow(dst, missing)[:from+missing]
		for i := from; i < len(dst); i++ {
			dst[i] = filler
		}
	}
	return dst
}
