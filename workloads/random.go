package workloads

import (
	"math"
	"math/bits"
	"math/rand/v2"
)

// random is one stream's own generator: a PCG and what is drawn from it. The
// methods stand here, not in math/rand, so that a seed keeps its bytes when
// the library changes how it draws, and so that no call goes through an
// interface.
type random struct{ pcg rand.PCG }

// What a generator is for. Each purpose and number has a sequence of its own.
const (
	forRequests uint64 = 1 + iota
	forArrivals
	forPreload
	forPool
	forScatter
	forKeySizes
	forReceivers
)

// newRandom is the generator of one purpose and number under a seed.
func newRandom(seed, purpose, number uint64) random {
	var r random
	r.reset(seed, purpose, number)
	return r
}

func (r *random) reset(seed, purpose, number uint64) {
	r.pcg.Seed(mix64(seed^mix64(purpose)), mix64(number+purpose<<56))
}

// mix64 is the finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014):
// neighbouring numbers become unrelated ones.
func mix64(x uint64) uint64 {
	x += 0x9E3779B97F4A7C15
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}

func (r *random) next() uint64 { return r.pcg.Uint64() }

// below is uniform in 0 … n-1, exactly; n is at least 1. Lemire, ACM TOMACS
// 29(1), 2019: the high half of a product, and rejection of its short tail.
func (r *random) below(n uint64) uint64 {
	high, low := bits.Mul64(r.next(), n)
	if low < n {
		for tail := -n % n; low < tail; {
			high, low = bits.Mul64(r.next(), n)
		}
	}
	return high
}

// unit is uniform in [0, 1), a multiple of 2^-53.
func (r *random) unit() float64 { return float64(r.next()>>11) * 0x1p-53 }

// exponential has mean 1 and is at most 53·ln 2 = 36.7.
func (r *random) exponential() float64 { return -math.Log(1 - r.unit()) }

// normal has mean 0 and variance 1 (Box and Muller 1958, one of its pair).
func (r *random) normal() float64 {
	radius := math.Sqrt(2 * r.exponential())
	return radius * math.Cos(2*math.Pi*r.unit())
}
