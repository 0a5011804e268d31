package workloads

import (
	"math"
	"math/bits"
)

// scatter is a seeded permutation of 0 … n-1 in constant memory: it carries
// ranks of popularity to keys so that the hot ones do not stand in a row.
//
// Its rounds permute the smallest power of two that holds n: a product with
// an odd number moves entropy up, an exclusive or with a right shift moves it
// down. Numbers outside n go round again, on average less than once.
type scatter struct {
	hot   []uint32 // where the first numbers go, which are asked for most
	n     uint64
	mask  uint64
	shift uint
	keys  [3]struct{ odd, add uint64 }
}

func newScatter(n int64, seed, number uint64) scatter {
	width := uint(bits.Len64(uint64(n - 1)))
	s := scatter{n: uint64(n), mask: 1<<width - 1, shift: max(width/2, 1)}
	random := newRandom(seed, forScatter, number)
	for i := range s.keys {
		s.keys[i].odd, s.keys[i].add = random.next()|1, random.next()
	}
	if n <= math.MaxUint32 {
		hot := make([]uint32, min(n, zipfSingles))
		for i := range hot {
			hot[i] = uint32(s.of(uint64(i)))
		}
		s.hot = hot
	}
	return s
}

func (s *scatter) of(x uint64) uint64 {
	if x < uint64(len(s.hot)) {
		return uint64(s.hot[x])
	}
	for {
		for i := range s.keys {
			x = (x*s.keys[i].odd + s.keys[i].add) & s.mask
			x ^= x >> s.shift
		}
		if x < s.n {
			return x
		}
	}
}
