package workloads

import "math"

// zipf draws ranks 1 … n with probability proportional to rank^-exponent, for
// any exponent ≥ 0, exactly, in constant time and memory.
//
// It is rejection-inversion (Hörmann and Derflinger, ACM TOMACS 6(3), 1996):
// h(x) = x^-exponent is convex, so the area under h from k-½ to k+½ is at
// least h(k). A point drawn uniformly under h falls beside some k, and is
// kept where it lies in the part of k's area that equals h(k). The formula of
// YCSB (Gray et al., SIGMOD 1994) is an approximation and fails at exponents
// of 1 and above.
type zipf struct {
	n        float64
	exponent float64
	rise     float64 // 1 - exponent
	inverse  float64 // 1 / rise; unused where rise is 0
	areaLow  float64 // area(1½) - h(1): below rank 1's share
	areaHigh float64 // area(n+½)
	surely   float64 // a rank whose excess over x is at most this is kept untested
}

// newZipf takes n ≥ 1 and a finite exponent ≥ 0.
func newZipf(n int64, exponent float64) zipf {
	z := zipf{n: float64(n), exponent: exponent, rise: 1 - exponent}
	if z.rise != 0 {
		z.inverse = 1 / z.rise
	}
	z.areaLow = z.area(1.5) - 1
	z.areaHigh = z.area(z.n + 0.5)
	z.surely = 2 - z.areaInverse(z.area(2.5)-z.height(2))
	return z
}

// draw is a rank, 1 … n.
func (z *zipf) draw(r *random) int64 {
	for {
		u := z.areaHigh + r.unit()*(z.areaLow-z.areaHigh)
		x := z.areaInverse(u)
		rank := min(max(math.Floor(x+0.5), 1), z.n)
		if rank-x <= z.surely || u >= z.area(rank+0.5)-z.height(rank) {
			return int64(rank)
		}
	}
}

func (z *zipf) height(x float64) float64 { return rankWeight(x, z.exponent) }

// rankWeight is rank^-exponent.
func rankWeight(rank, exponent float64) float64 { return math.Exp(-exponent * math.Log(rank)) }

// area is an antiderivative of h, 0 at x = 1: (x^rise - 1) / rise, and log x
// at its limit. Expm1 keeps it exact where the exponent is close to 1.
func (z *zipf) area(x float64) float64 {
	if z.rise == 0 {
		return math.Log(x)
	}
	return math.Expm1(z.rise*math.Log(x)) * z.inverse
}

func (z *zipf) areaInverse(u float64) float64 {
	if z.rise == 0 {
		return math.Exp(u)
	}
	// Rounding may carry u·rise past -1, where x would be infinite.
	return math.Exp(math.Log1p(max(u*z.rise, -1)) * z.inverse)
}
