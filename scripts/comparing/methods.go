package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// estimator is where the logarithms of one side lie over those of the other.
type estimator struct {
	name string
	of   func(a, b, scratch []float64) float64
}

var estimators = []estimator{
	{"mean", func(a, b, _ []float64) float64 { return stat.Mean(b, nil) - stat.Mean(a, nil) }},
	{"median", func(a, b, scratch []float64) float64 {
		return sortedMedian(append(scratch[:0], b...)) - sortedMedian(append(scratch[:0], a...))
	}},
	{"hodges-lehmann", hodgesLehmann},
}

func sortedMedian(x []float64) float64 {
	slices.Sort(x)
	n := len(x)
	return (x[(n-1)/2] + x[n/2]) / 2
}

// hodgesLehmann is the median of all differences of a run of b and a run of a.
func hodgesLehmann(a, b, scratch []float64) float64 {
	scratch = scratch[:0]
	for _, y := range b {
		for _, x := range a {
			scratch = append(scratch, y-x)
		}
	}
	return sortedMedian(scratch)
}

// method answers the p of a difference by one way to an interval.
type method struct {
	name string
	p    func(e estimator, a, b []float64, r *rand.Rand, replicates int) float64
}

var methods = []method{
	{"percentile", func(e estimator, a, b []float64, r *rand.Rand, n int) float64 {
		return 2 * tail(bootstrap(e, a, b, r, n))
	}},
	{"expanded", func(e estimator, a, b []float64, r *rand.Rand, n int) float64 {
		return expandedP(tail(bootstrap(e, a, b, r, n)), len(a), len(b))
	}},
	{"BCa", bcaP},
	{"t of SE", func(e estimator, a, b []float64, r *rand.Rand, n int) float64 {
		z := bootstrap(e, a, b, r, n)
		c := math.Sqrt(harmonic(len(a), len(b)) / (harmonic(len(a), len(b)) - 1))
		t := e.of(a, b, make([]float64, len(a)*len(b))) / (stat.StdDev(z, nil) * c)
		return 2 * distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(len(a) + len(b) - 2)}.CDF(-math.Abs(t))
	}},
	{"permutation", permutationP},
}

func harmonic(a, b int) float64 { return 2 / (1/float64(a) + 1/float64(b)) }

func bootstrap(e estimator, a, b []float64, r *rand.Rand, n int) []float64 {
	ra, rb, scratch := make([]float64, len(a)), make([]float64, len(b)), make([]float64, len(a)*len(b))
	all := make([]float64, n)
	for i := range all {
		for j := range ra {
			ra[j] = a[r.IntN(len(a))]
		}
		for j := range rb {
			rb[j] = b[r.IntN(len(b))]
		}
		all[i] = e.of(ra, rb, scratch)
	}
	return all
}

// tail is the share of replicates on the other side of 0 than most.
func tail(z []float64) float64 {
	var low, high float64
	for _, x := range z {
		switch {
		case x < 0:
			low++
		case x > 0:
			high++
		default:
			low, high = low+0.5, high+0.5
		}
	}
	return (min(low, high) + 0.5) / float64(len(z)+1)
}

func expandedP(q float64, nA, nB int) float64 {
	h := harmonic(nA, nB)
	t := distuv.UnitNormal.Quantile(q) / math.Sqrt(h/(h-1))
	return min(1, 2*distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(nA + nB - 2)}.CDF(t))
}

func bcaP(e estimator, a, b []float64, r *rand.Rand, n int) float64 {
	scratch := make([]float64, len(a)*len(b))
	est := e.of(a, b, scratch)
	z := bootstrap(e, a, b, r, n)
	z0 := distuv.UnitNormal.Quantile(inside(shareBelow(z, est), n))
	acc := acceleration(e, a, b, scratch)
	// The level at which a BCa bound is 0.
	w := distuv.UnitNormal.Quantile(inside(shareBelow(z, 0), n)) - z0
	level := distuv.UnitNormal.CDF(w/(1+acc*w) - z0)
	return 2 * min(level, 1-level)
}

func acceleration(e estimator, a, b, scratch []float64) float64 {
	num, den := 0.0, 0.0
	for side := range 2 {
		s := [][]float64{a, b}[side]
		var jack []float64
		for i := range s {
			left := append(slices.Clone(s[:i]), s[i+1:]...)
			if side == 0 {
				jack = append(jack, e.of(left, b, scratch))
			} else {
				jack = append(jack, e.of(a, left, scratch))
			}
		}
		m := stat.Mean(jack, nil)
		for _, j := range jack {
			d := (m - j) / float64(len(s))
			num += d * d * d
			den += d * d
		}
	}
	if den == 0 {
		return 0
	}
	return num / (6 * math.Pow(den, 1.5))
}

func permutationP(e estimator, a, b []float64, r *rand.Rand, n int) float64 {
	all := append(slices.Clone(a), b...)
	scratch := make([]float64, len(a)*len(b))
	est := math.Abs(e.of(a, b, scratch))
	more := 1.0
	for range n {
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		if math.Abs(e.of(all[:len(a)], all[len(a):], scratch)) >= est-1e-12 {
			more++
		}
	}
	return more / float64(n+1)
}

// shareBelow counts what equals x half.
func shareBelow(z []float64, x float64) (share float64) {
	for _, v := range z {
		switch {
		case v < x:
			share++
		case v == x:
			share += 0.5
		}
	}
	return share / float64(len(z))
}

// inside keeps a share of n off 0 and 1.
func inside(share float64, n int) float64 {
	return min(max(share, 0.5/float64(n)), 1-0.5/float64(n))
}

// methodReplicates is few, since there are many methods.
const methodReplicates = 399

// compareMethods prints how often each method shows a difference at the 5 %
// level where there is none, and one of two standard deviations of a run.
func compareMethods(cases int, seed uint64) {
	fmt.Printf("%d cases each, %d replicates: share with a difference at 5 %% where there is none / where b is 10 %% higher\n", cases, methodReplicates)
	fmt.Printf("%-10s %4s %-15s", "world", "runs", "estimate")
	for _, m := range methods {
		fmt.Printf(" %15s", m.name)
	}
	fmt.Println()
	for _, n := range runCounts {
		for _, w := range worlds {
			for _, e := range estimators {
				cells := make([]string, len(methods))
				var all sync.WaitGroup
				for i, m := range methods {
					all.Go(func() { cells[i] = methodCell(m, e, w, n, cases, seed) })
				}
				all.Wait()
				fmt.Printf("%-10s %4d %-15s", w.name, n, e.name)
				for _, cell := range cells {
					fmt.Printf(" %15s", cell)
				}
				fmt.Println()
			}
		}
	}
}

func methodCell(m method, e estimator, w aWorld, n, cases int, seed uint64) string {
	r := rand.New(rand.NewPCG(seed, uint64(n)))
	var same, planted float64
	for range cases {
		a, b := w.draw(r, n)
		if m.p(e, a, b, r, methodReplicates) <= 0.05 {
			same += 100 / float64(cases)
		}
		for i := range b {
			b[i] += math.Log(1.1)
		}
		if m.p(e, a, b, r, methodReplicates) <= 0.05 {
			planted += 100 / float64(cases)
		}
	}
	return fmt.Sprintf("%5.1f / %5.1f", same, planted)
}
