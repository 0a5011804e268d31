package compare

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// detectable is the least difference (of logarithms) that runs like these
// show with probability Power. A difference is shown when its estimate is
// farther from 0 than the half width of the interval, so that it takes Student's
// t of the confidence and that of the power together, in standard errors.
func (s shift) detectable() float64 {
	t := s.student()
	return s.standardError() * (t.Quantile((1+Confidence)/2) + t.Quantile(Power))
}

// power is how likely runs like these show a difference (of logarithms).
func (s shift) power(difference float64) float64 {
	e := s.standardError()
	if e == 0 {
		return 1
	}
	t := s.student()
	confident, distance := t.Quantile((1+Confidence)/2), math.Abs(difference)/e
	return t.CDF(distance-confident) + t.CDF(-distance-confident)
}

func (s shift) student() distuv.StudentsT {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: s.freedom}
}

// standardError is that of the interval. The scatter of few runs is more often
// too small than too large, for which the median of χ² makes up.
func (s shift) standardError() float64 {
	middle := distuv.ChiSquared{K: s.freedom}.Quantile(0.5)
	return s.half / s.student().Quantile((1+Confidence)/2) * math.Sqrt(s.freedom/middle)
}

// runsFor is how many runs a side it takes to detect a difference (of
// logarithms) with probability Power, if the scatter stays what it is; capped
// at MaxRuns. The scatter of the estimate falls with the root of the runs.
func (s shift) runsFor(difference float64, runs int) int {
	if difference == 0 {
		return MaxRuns
	}
	times := s.detectable() / math.Abs(difference)
	return max(MinRuns, int(min(MaxRuns, math.Ceil(float64(runs)*times*times))))
}
