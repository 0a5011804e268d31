package profile

import (
	"math"
	"slices"

	"slotbench/internal/template"
	"slotbench/workloads"
)

// Where Zipf exponents are looked for.
const (
	maxExponent  = 4.0
	exponentStep = 0.01
)

// directRanks is how many terms of a sum over ranks are added one by one; the
// rest is an integral, to within a thousandth.
const directRanks = 1000

// zipfSum is Σ r^−s for r from 1 to n.
func zipfSum(n, s float64) float64 {
	sum := 0.0
	for r := 1.0; r <= min(n, directRanks); r++ {
		sum += math.Pow(r, -s)
	}
	if n <= directRanks {
		return sum
	}
	from, to := directRanks+0.5, n+0.5
	if math.Abs(s-1) < 1e-9 {
		return sum + math.Log(to/from)
	}
	return sum + (math.Pow(to, 1-s)-math.Pow(from, 1-s))/(1-s)
}

// tagRanks is how many of the largest tags an exponent is fitted to.
const tagRanks = 16

// likeEqual is how much larger than the mean the largest of many tags may be and
// still pass for one of equals that were filled at random.
const likeEqual = 3

// tagsOf spreads so many keys over as many tags as there are, with the largest of
// those as large: the exponent is that with the least squares of the logarithms
// of their sizes.
func tagsOf(t *template.Stats, known map[string]float64, keys, scale float64) *workloads.Tags {
	many := max(1, min(t.Parts.Estimate(), keys))
	tags := &workloads.Tags{KeysPerTag: max(1, int64(math.Round(keys/many)))}
	if many < 2 {
		tags.KeysPerTag = max(1, int64(math.Ceil(keys*scale)))
		return tags
	}
	top := make([]float64, 0, len(known))
	for _, size := range known {
		top = append(top, size)
	}
	slices.Sort(top)
	slices.Reverse(top)
	top = top[:min(len(top), tagRanks)]
	many = math.Ceil(keys / float64(tags.KeysPerTag))
	if many*scale > workloads.MaxTags/2 || len(top) == 0 || top[0] < likeEqual*keys/many || many < 2 {
		return tags
	}
	best := math.Inf(1)
	for s := exponentStep; s <= maxExponent; s += exponentStep {
		squares, sum := 0.0, zipfSum(many, s)
		for r, size := range top {
			made := 1 + (keys-many)*math.Pow(float64(r+1), -s)/sum
			squares += math.Pow(math.Log(made/size), 2) / float64(r+1) // the largest counts most
		}
		if squares < best {
			best, tags.Exponent = squares, math.Round(100*s)/100
		}
	}
	return tags
}

// popularity is Zipf's law with the keys' effective number, (Σw)²/Σw²; of a log,
// with the hottest key's share.
func popularity(t *template.Stats, s Shape, keys float64) workloads.Popularity {
	if keys < 2 || t.Ops == 0 {
		return workloads.Popularity{}
	}
	measure := func(exponent float64) float64 {
		sum := zipfSum(keys, exponent)
		if s.Logged {
			return 1 / sum
		}
		return zipfSum(keys, 2*exponent) / (sum * sum)
	}
	want := t.OpSquares / (float64(t.Ops) * float64(t.Ops))
	if s.Logged {
		want = s.HottestShare
	}
	low, high := 0.0, maxExponent
	for range 40 {
		middle := (low + high) / 2
		if measure(middle) < want {
			low = middle
		} else {
			high = middle
		}
	}
	exponent := math.Round(100*low) / 100
	if exponent <= 0.01 {
		return workloads.Popularity{}
	}
	return workloads.Popularity{Kind: workloads.Zipf, Exponent: &exponent}
}
