package skew

import (
	"maps"
	"math"
	"slices"
)

// tailOutside is the probability left out on either side of a band.
const tailOutside = 0.025

// cells is a group of equally likely places that draws fall into.
type cells struct {
	share float64 // probability that one draw falls into one of these places
	many  int
}

// cellsOf groups nodes by the slots they own. Nodes without slots draw nothing
// and still count as places.
func cellsOf(slotsOwned []int) []cells {
	total := 0
	sizes := make(map[int]int)
	for _, owned := range slotsOwned {
		total += owned
		sizes[owned]++
	}
	var groups []cells
	for _, owned := range slices.Sorted(maps.Keys(sizes)) {
		share := 0.0
		if total > 0 {
			share = float64(owned) / float64(total)
		}
		groups = append(groups, cells{share, sizes[owned]})
	}
	return groups
}

// band is the range that max/mean of the places keeps to in at least 95 % of
// all throws of the draws: "the Poisson band", computed with binomial counts,
// which are exact also where a place takes a large share.
//
// The counts X₁…X_N of a throw are multinomial, so each is binomial and they
// are negatively associated (Joag-Dev and Proschan, Annals of Statistics 11,
// 1983). For the largest of them that gives two bounds that need no
// independence:
//
//	P(max > m) ≤ Σ P(Xᵢ > m)    (Bonferroni)
//	P(max ≤ m) ≤ Π P(Xᵢ ≤ m)    (negative association; equality if independent)
//
// The band ends where each bound reaches 2.5 %. A maximum is never below the
// mean, so with few places the band starts at 1.
func band(groups []cells, draws int64) (low, high float64) {
	places := 0
	owned := false
	for _, g := range groups {
		places += g.many
		owned = owned || g.share > 0
	}
	if draws <= 0 || !owned {
		return 0, 0
	}
	mean := float64(draws) / float64(places)
	highest := firstCount(draws, func(m int64) bool {
		over := 0.0
		for _, g := range groups {
			over += float64(g.many) * upperTail(draws, g.share, m)
		}
		return over <= tailOutside
	})
	// The smallest m that the maximum stays at or below with more than the
	// tail's probability: below m it is with at most that.
	lowest := firstCount(draws, func(m int64) bool {
		logBelow := 0.0
		for _, g := range groups {
			logBelow += float64(g.many) * math.Log1p(-min(1, upperTail(draws, g.share, m)))
		}
		return math.Exp(logBelow) > tailOutside
	})
	leastMaximum := math.Ceil(mean)
	return max(float64(lowest), leastMaximum) / mean, max(float64(highest), leastMaximum) / mean
}

// firstCount is the smallest count 0 … draws that holds, given that every
// larger one then holds too; draws itself always does.
func firstCount(draws int64, holds func(int64) bool) int64 {
	from, to := int64(0), draws
	for from < to {
		middle := from + (to-from)/2
		if holds(middle) {
			to = middle
		} else {
			from = middle + 1
		}
	}
	return from
}

// normalVariance is the variance from which a binomial tail is taken from the
// normal law with its skewness corrected, instead of summed term by term.
const normalVariance = 1e5

// upperTail is P(X > m) for X binomial: draws with probability p each.
func upperTail(draws int64, p float64, m int64) float64 {
	n := float64(draws)
	switch {
	case m >= draws || p <= 0:
		return 0
	case p >= 1:
		return 1
	}
	mean, variance := n*p, n*p*(1-p)
	if variance > normalVariance {
		return normalTail((float64(m)+0.5-mean)/math.Sqrt(variance), (1-2*p)/math.Sqrt(variance))
	}
	if float64(m) < mean { // sum the shorter side, downwards from m
		return max(0, 1-sumTerms(n, p, float64(m), -1))
	}
	return min(1, sumTerms(n, p, float64(m)+1, +1))
}

// normalTail is P(Z > z) for a standardised sum with this skewness: the first
// term of the Edgeworth expansion.
func normalTail(z, skewness float64) float64 {
	density := math.Exp(-z*z/2) / math.Sqrt(2*math.Pi)
	tail := math.Erfc(z/math.Sqrt2)/2 + density*skewness*(z*z-1)/6
	return min(1, max(0, tail))
}

// sumTerms adds the binomial probabilities of k, k+step, k+2·step, … which
// fall with every step, until they add nothing.
func sumTerms(n, p, k float64, step int) float64 {
	whole, _ := math.Lgamma(n + 1)
	taken, _ := math.Lgamma(k + 1)
	left, _ := math.Lgamma(n - k + 1)
	term := math.Exp(whole - taken - left + k*math.Log(p) + (n-k)*math.Log1p(-p))
	sum := 0.0
	for k >= 0 && k <= n && term > sum*1e-17 {
		sum += term
		if step > 0 {
			term *= (n - k) / (k + 1) * p / (1 - p)
			k++
		} else {
			term *= k / (n - k + 1) * (1 - p) / p
			k--
		}
	}
	return sum
}
