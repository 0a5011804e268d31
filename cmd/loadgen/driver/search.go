package driver

import (
	"math"
	"slices"
)

// The limits of a search.
const (
	minSearchRate = 50.0 // requests a second: below it an objective counts as never met
	maxTrials     = 40   // of one search
)

// search looks for the highest rate that passes, by bisection between the
// highest that passed and the lowest that failed. It begins at a guess, and
// goes up or down by a factor until it has both.
type search struct {
	guess, factor float64
	resolution    float64 // it ends when failed ≤ passed · (1 + resolution)
	passed        float64 // 0: none yet
	failed        float64 // +Inf: none yet
	trials        int
}

func newSearch(guess, factor, resolution float64) *search {
	return &search{guess: max(guess, minSearchRate), factor: factor, resolution: resolution, failed: math.Inf(1)}
}

// next is the rate to try; false when the search is over.
func (s *search) next() (rate float64, ok bool) {
	switch {
	case s.trials >= maxTrials, s.passed >= MaxRate, s.failed <= minSearchRate:
		return 0, false
	case s.passed == 0 && math.IsInf(s.failed, 1):
		return s.guess, true
	case math.IsInf(s.failed, 1):
		return min(s.passed*s.factor, MaxRate), true
	case s.passed == 0:
		return max(s.failed/s.factor, minSearchRate), true
	case s.failed <= s.passed*(1+s.resolution):
		return 0, false
	}
	return math.Sqrt(s.passed * s.failed), true
}

// tell takes in a trial.
func (s *search) tell(rate float64, passes bool) {
	s.trials++
	if passes {
		s.passed = max(s.passed, rate)
		if s.failed <= s.passed {
			s.failed = math.Inf(1)
		}
		return
	}
	s.failed = min(s.failed, rate)
}

// medianInterval is an interval that holds the median of what the figures were
// drawn from with the given confidence: from the k-th smallest to the k-th
// largest, with the largest k that gives at least 95 %, else the whole range
// with what it gives. Of n draws fewer than k lie on one side of the median
// with the binomial probability of fewer than k heads in n throws; no
// distribution is assumed.
func medianInterval(values []float64) (low, high, confidence float64) {
	const wanted = 0.95
	n := len(values)
	if n == 0 {
		return 0, 0, 0
	}
	sorted := slices.Sorted(slices.Values(values))
	low, high, confidence = sorted[0], sorted[n-1], 1-math.Pow(0.5, float64(n-1))
	tail, ways := 0.0, 1.0 // of fewer than k heads; binomial coefficients
	for k := 1; 2*k <= n; k++ {
		tail += ways * math.Pow(0.5, float64(n))
		ways = ways * float64(n-k+1) / float64(k)
		if covers := 1 - 2*tail; covers >= wanted {
			low, high, confidence = sorted[k-1], sorted[n-k], covers
		}
	}
	return low, high, confidence
}
