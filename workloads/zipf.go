package workloads

import "math"

// zipf draws ranks 1 … n with probability proportional to rank^-exponent, for
// any exponent ≥ 0, exactly, in constant time and a few kilobytes: a table as
// large as the keys would cost a miss of the cache at each draw.
//
// Each of the first ranks has a cell of its own in an alias table. The others
// stand in blocks that grow with their ranks, so that within a block the
// weights differ by little: a rank is drawn uniformly within its block and kept
// with the ratio of its weight to that of the block's first, which is the
// rejection method under a staircase. The formula of YCSB (Gray et al., SIGMOD
// 1994) is an approximation and fails at exponents of 1 and above.
type zipf struct {
	exponent float64
	single   int    // ranks with a cell of their own
	cells    choice // those, then the blocks
	blocks   []zipfBlock
}

type zipfBlock struct {
	first, size uint64
	surely      float64 // the ratio of the last rank's weight to the first's
}

// The shape of the staircase.
const (
	zipfSingles = 512 // cells of 8 bytes: what is asked for most stays in the nearest cache
	zipfGrowth  = 16  // a block has a 16th of the ranks before it
)

// newZipf takes n ≥ 1 and a finite exponent ≥ 0.
func newZipf(n int64, exponent float64) zipf {
	z := zipf{exponent: exponent, single: int(min(n, zipfSingles))}
	weights := make([]float64, z.single)
	for i := range weights {
		weights[i] = rankWeight(float64(i+1), exponent)
	}
	for first := uint64(z.single) + 1; first <= uint64(n); {
		size := min(first/zipfGrowth, uint64(n)-first+1)
		z.blocks = append(z.blocks, zipfBlock{first, size, rankWeight(float64(first+size-1)/float64(first), exponent)})
		weights = append(weights, float64(size)*rankWeight(float64(first), exponent))
		first += size
	}
	z.cells = newChoice(weights)
	return z
}

// draw is a rank, 1 … n.
func (z *zipf) draw(r *random) int64 {
	for {
		i := z.cells.draw(r)
		if i < z.single {
			return int64(i + 1)
		}
		b := &z.blocks[i-z.single]
		rank := b.first + r.below(b.size)
		if u := r.unit(); u < b.surely || u < rankWeight(float64(rank)/float64(b.first), z.exponent) {
			return int64(rank)
		}
	}
}

// rankWeight is rank^-exponent.
func rankWeight(rank, exponent float64) float64 { return math.Exp(-exponent * math.Log(rank)) }
