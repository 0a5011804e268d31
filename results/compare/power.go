package compare

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// detectable is the least difference (of logarithms) that runs like these
// show with probability Power. The interval's half width over Student's t is
// the standard error; a difference is shown when its estimate is farther from 0
// than the half width, so that it takes t of the confidence and t of the power
// together.
func (s shift) detectable() float64 {
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: s.freedom}
	confident := t.Quantile((1 + Confidence) / 2)
	return s.half * (confident + t.Quantile(Power)) / confident
}

// power is how likely runs like these show a difference (of logarithms).
func (s shift) power(difference float64) float64 {
	if s.half == 0 {
		return 1
	}
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: s.freedom}
	confident := t.Quantile((1 + Confidence) / 2)
	distance := math.Abs(difference) * confident / s.half
	return t.CDF(distance-confident) + t.CDF(-distance-confident)
}

// runsFor is how many runs a side it takes to detect a difference (of
// logarithms) with probability Power, if the scatter stays what it is; capped
// at MaxRuns. The scatter of the estimate falls with the root of the runs.
func (s shift) runsFor(difference float64, runs int) int {
	if difference == 0 || math.IsInf(difference, 0) {
		return MaxRuns
	}
	perRun := s.detectable() * math.Sqrt(float64(runs)) / math.Abs(difference)
	return max(MinRuns, int(min(MaxRuns, math.Ceil(perRun*perRun))))
}
