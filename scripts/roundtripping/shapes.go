package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sort"
)

// key is one of a keyset, with the size of its value.
type key struct {
	text  string
	bytes int
}

// shape is a kind of keyset: its i-th key by a random source of its own.
type shape struct {
	name string
	make func(r *rand.Rand, keys int) []key
}

var shapes = []shape{
	{"Zipf 0.5, 5,000 tags", tagged(5_000, 0.5)},
	{"Zipf 0.8, 2,000 tags", tagged(2_000, 0.8)},
	{"Zipf 1.0, 60,000 tags", tagged(60_000, 1.0)},
	{"Zipf 1.5, 5,000 tags", tagged(5_000, 1.5)},
	{"three giant tags", giants},
	{"no tags", plain},
	{"a few hundred keys", func(r *rand.Rand, _ int) []key { return tagged(40, 1)(r, 300) }},
}

// tagged is three templates: two share the tags, whose sizes follow Zipf's law,
// and three keys in ten have none.
func tagged(tags int, exponent float64) func(r *rand.Rand, keys int) []key {
	return func(r *rand.Rand, keys int) []key {
		sums := make([]float64, tags)
		sum := 0.0
		for i := range sums {
			sum += math.Pow(float64(i+1), -exponent)
			sums[i] = sum
		}
		all := make([]key, keys)
		for i := range all {
			tag := sort.SearchFloat64s(sums, r.Float64()*sum) * 7919
			size := int(200 * math.Exp(r.NormFloat64()))
			switch kind := r.IntN(10); {
			case kind < 5:
				all[i] = key{fmt.Sprintf("cart:{shopper%d}:item:%d", tag, i), size}
			case kind < 7:
				all[i] = key{fmt.Sprintf("order:{shopper%d}:%d", tag, i), 3 * size}
			default:
				all[i] = key{fmt.Sprintf("page:%d", i), 100 + size}
			}
		}
		return all
	}
}

// giants is sessions with a tag each, short names without, and three tags that
// have a sixth of the keys.
func giants(r *rand.Rand, keys int) []key {
	all := make([]key, keys)
	for i := range all {
		switch kind := r.IntN(100); {
		case kind < 10:
			all[i] = key{fmt.Sprintf("job:{import}:%d", i), 50}
		case kind < 15:
			all[i] = key{fmt.Sprintf("job:{export}:%d", i), 50}
		case kind < 17:
			all[i] = key{fmt.Sprintf("job:{mail}:%d", i), 50}
		case kind < 60:
			all[i] = key{fmt.Sprintf("session:{%08x-%04x-4%03x-a%03x-%012x}", r.Uint32(), r.IntN(1<<16), r.IntN(1<<12), r.IntN(1<<12), r.Uint64()&(1<<48-1)), 300 + r.IntN(500)}
		default:
			all[i] = key{fmt.Sprintf("u:%d", i), 8 + r.IntN(24)}
		}
	}
	return all
}

// plain is keys without any tag.
func plain(r *rand.Rand, keys int) []key {
	all := make([]key, keys)
	for i := range all {
		switch kind := r.IntN(10); {
		case kind < 6:
			all[i] = key{fmt.Sprintf("user:%d:profile", i), int(400 * math.Exp(0.7*r.NormFloat64()))}
		case kind < 9:
			all[i] = key{fmt.Sprintf("visits:2026-%02d-%02d:%x", 1+r.IntN(12), 1+r.IntN(28), r.Uint64()), 20}
		default:
			all[i] = key{fmt.Sprintf("blob:%064x", r.Uint64()), 2000 + r.IntN(8000)}
		}
	}
	return all
}
