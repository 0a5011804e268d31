package compare

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/combin"
	"gonum.org/v1/gonum/stat/distuv"
)

// How sure an interval is, and how it is found.
const (
	// Confidence is of every interval: it holds the truth in so many cases.
	Confidence = 0.95
	// Power is how likely the minimum detectable difference is detected.
	Power = 0.80
	// MinRuns is the least runs a side of which anything is claimed.
	MinRuns = 5
	// MaxRuns bounds the runs of a side: what is compared is every run of one
	// side with every run of the other.
	MaxRuns = 300

	replicates = 10_000 // of the bootstrap
	// fewTail replicates beyond 0 are too few to tell a small p from a
	// smaller one; there the bootstrap's standard error extrapolates.
	fewTail = 25
)

// Interval is a range of ratios or of a metric's own unit.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Holds says whether x lies in the interval.
func (i Interval) Holds(x float64) bool { return i.Low <= x && x <= i.High }

// shift is what a bootstrap over runs says of a location or of the distance
// of two, on the scale of its values (here: natural logarithms).
type shift struct {
	estimate float64
	interval Interval
	p        float64 // that chance alone brings 0 so far out, two sided
	half     float64 // of the interval
	freedom  float64 // degrees of freedom
}

// distance is how far the runs b lie over the runs a: the median of all
// differences (Hodges and Lehmann), which one bad run in five hardly moves,
// with the expanded percentile bootstrap interval (Hesterberg, "What Teachers
// Should Know about the Bootstrap", 2015): the percentiles of the plain one are
// moved outwards as Student's t over the normal distribution, times
// √(n/(n-1)). The plain percentile and BCa intervals of so few runs are too
// narrow: with five runs a side they see a difference in 10 % of the cases
// without one (scripts/calibrate-compare -methods).
func distance(a, b []float64, seed uint64) shift { return distanceIn(replicates, a, b, seed) }

func distanceIn(replicates int, a, b []float64, seed uint64) shift {
	// The smaller side decides: with 5 runs beside 50 nearly all that is unknown
	// lies in the 5.
	n := float64(min(len(a), len(b)))
	freedom := 2 * (n - 1)
	pairs := pairsOf(a, b)
	random := rand.New(rand.NewPCG(seed, 0))
	timesA, timesB := make([]int, len(a)), make([]int, len(b))
	estimates := make([]float64, replicates)
	for i := range estimates {
		draw(timesA, random)
		draw(timesB, random)
		estimates[i] = medianOf(pairs, timesA, timesB)
	}
	s := expanded(medianOf(pairs, ones(len(a)), ones(len(b))), estimates, n, freedom)
	if s.half == 0 && s.estimate != 0 {
		s.p = leastP(len(a), len(b))
	}
	return s
}

// leastP is the p of sides that are wholly apart, by counting the ways to part
// so many runs: what is left to say where nothing scatters.
func leastP(a, b int) float64 {
	return min(1, 2/combin.GeneralizedBinomial(float64(a+b), float64(a)))
}

// location is where the runs x lie: the median of the means of all pairs,
// with an interval as distance's.
func location(x []float64, seed uint64) shift {
	negative := make([]float64, len(x))
	for i := range x {
		negative[i] = -x[i]
	}
	pairs := pairsOf(negative, x) // x[j] - (-x[i]): twice a mean
	for i := range pairs {
		pairs[i].difference /= 2
	}
	random := rand.New(rand.NewPCG(seed, 1))
	times := make([]int, len(x))
	estimates := make([]float64, replicates)
	for i := range estimates {
		draw(times, random)
		estimates[i] = medianOf(pairs, times, times)
	}
	all := ones(len(x))
	return expanded(medianOf(pairs, all, all), estimates, float64(len(x)), float64(len(x)-1))
}

// pair is run i of one side and run j of the other.
type pair struct {
	difference float64
	i, j       int32
}

// pairsOf are all pairs, the least difference first.
func pairsOf(a, b []float64) []pair {
	pairs := make([]pair, 0, len(a)*len(b))
	for i, x := range a {
		for j, y := range b {
			pairs = append(pairs, pair{y - x, int32(i), int32(j)})
		}
	}
	slices.SortFunc(pairs, func(p, q pair) int {
		switch {
		case p.difference < q.difference:
			return -1
		case p.difference > q.difference:
			return 1
		}
		return 0
	})
	return pairs
}

// medianOf is the median difference of a resample, in which the run i stands
// timesA[i] times: the sorted pairs serve every resample.
func medianOf(pairs []pair, timesA, timesB []int) float64 {
	all := sum(timesA) * sum(timesB)
	seen := 0
	for k, p := range pairs {
		seen += timesA[p.i] * timesB[p.j]
		if 2*seen > all {
			return p.difference
		}
		if 2*seen == all {
			for _, next := range pairs[k+1:] {
				if timesA[next.i]*timesB[next.j] > 0 {
					return (p.difference + next.difference) / 2
				}
			}
		}
	}
	return pairs[len(pairs)-1].difference
}

func ones(n int) []int { return slices.Repeat([]int{1}, n) }

func sum(x []int) (total int) {
	for _, v := range x {
		total += v
	}
	return total
}

// draw takes as many runs as there are, with replacement.
func draw(times []int, random *rand.Rand) {
	clear(times)
	for range times {
		times[random.IntN(len(times))]++
	}
}

// expanded makes an interval and a p of bootstrap estimates, of which there
// are n effective runs. It sorts them.
func expanded(estimate float64, estimates []float64, n, freedom float64) shift {
	slices.Sort(estimates)
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: freedom}
	factor := math.Sqrt(n / (n - 1))
	q := distuv.UnitNormal.CDF(factor * t.Quantile((1-Confidence)/2))
	at := int(q * float64(len(estimates)))
	s := shift{estimate: estimate, freedom: freedom}
	s.interval = Interval{estimates[at], estimates[len(estimates)-1-at]}
	s.half = (s.interval.High - s.interval.Low) / 2
	s.p = min(1, 2*t.CDF(tailZ(estimate, estimates)/factor))
	return s
}

// tailZ is how many normal standard deviations 0 lies from the middle of the
// sorted bootstrap estimates, as a negative number.
func tailZ(estimate float64, estimates []float64) float64 {
	below, _ := slices.BinarySearch(estimates, 0)
	above := len(estimates) - below
	for above > 0 && estimates[len(estimates)-above] == 0 {
		above--
	}
	zeros := len(estimates) - below - above
	tail := float64(min(below, above)) + float64(zeros)/2
	spread := stat.StdDev(estimates, nil)
	switch {
	case estimate == 0:
		return 0
	case tail >= fewTail:
		return min(0, distuv.UnitNormal.Quantile(tail/float64(len(estimates))))
	}
	atLeast := distuv.UnitNormal.Quantile(fewTail / float64(len(estimates)))
	if spread == 0 {
		return atLeast
	}
	return min(atLeast, -math.Abs(estimate)/spread)
}
