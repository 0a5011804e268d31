package rebalance

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"slotbench/internal/slot"
)

// lognormal is slots of independent sizes.
func lognormal(random *rand.Rand, slots int, sigma float64) []float64 {
	loads := make([]float64, slots)
	for s := range loads {
		loads[s] = math.Floor(1e6 * math.Exp(sigma*random.NormFloat64()))
	}
	return loads
}

// zipfTags is a million keys under tags of Zipf's law, each tag in one slot.
func zipfTags(random *rand.Rand, slots, tags int, exponent float64) []float64 {
	loads := make([]float64, slots)
	for rank := 1; rank <= tags; rank++ {
		loads[random.IntN(slots)] += math.Ceil(1e9 / math.Pow(float64(rank), exponent))
	}
	return loads
}

// planted is even slots, some of which are as heavy as that share of a node.
func planted(random *rand.Rand, slots, nodes int, giants ...float64) []float64 {
	loads := lognormal(random, slots, 0.5)
	total := sum(loads)
	for _, share := range giants {
		loads[random.IntN(slots)] += math.Floor(total / float64(nodes) * share)
	}
	return loads
}

func newProblem(before *slot.Topology, loads []float64) *Problem {
	return &Problem{Before: before, Loads: [][]float64{loads}, Cost: loads, Tolerance: 0.01, Contiguity: 0.005}
}

func even(nodes int) *slot.Topology { return slot.Even(slot.DefaultCount, make([]slot.Node, nodes)) }

// grown is a cluster with nodes that own nothing yet.
func grown(nodes, more int) *slot.Topology {
	t := even(nodes)
	t.Nodes = make([]slot.Node, nodes+more)
	return t
}

// The figures that the project promises: within 2 % of the bound, and never
// less even than what valkey-cli does.
func TestSolveNearTheBound(t *testing.T) {
	type shape struct{ nodes, more int }
	for _, test := range []struct {
		name   string
		make   func(*rand.Rand, int) []float64
		shapes []shape
	}{
		{"lognormal 0.3", func(r *rand.Rand, _ int) []float64 { return lognormal(r, 16384, 0.3) }, []shape{{12, 0}, {13, 0}, {64, 0}, {12, 1}}},
		{"lognormal 1", func(r *rand.Rand, _ int) []float64 { return lognormal(r, 16384, 1) }, []shape{{12, 0}, {13, 0}, {64, 0}, {12, 1}}},
		{"lognormal 2", func(r *rand.Rand, _ int) []float64 { return lognormal(r, 16384, 2) }, []shape{{12, 0}, {13, 0}, {64, 0}, {12, 1}}},
		{"zipf 0.8", func(r *rand.Rand, _ int) []float64 { return zipfTags(r, 16384, 11500, 0.8) }, []shape{{12, 0}, {13, 0}, {64, 0}, {12, 1}}},
		{"zipf 1", func(r *rand.Rand, _ int) []float64 { return zipfTags(r, 16384, 100000, 1) }, []shape{{12, 0}, {13, 0}, {12, 1}}},
		{"zipf 1.2", func(r *rand.Rand, _ int) []float64 { return zipfTags(r, 16384, 100000, 1.2) }, []shape{{13, 0}, {64, 0}}},
		{"giant 0.5", func(r *rand.Rand, n int) []float64 { return planted(r, 16384, n, 0.5) }, []shape{{12, 0}, {13, 0}, {64, 0}}},
		{"giant 3", func(r *rand.Rand, n int) []float64 { return planted(r, 16384, n, 3) }, []shape{{12, 0}, {13, 0}, {64, 0}, {12, 1}}},
		{"giants", func(r *rand.Rand, n int) []float64 { return planted(r, 16384, n, 1.5, 0.9, 0.7, 0.7, 0.5) }, []shape{{12, 0}, {64, 0}, {12, 1}}},
	} {
		for i, shape := range test.shapes {
			if raced && i > 0 {
				continue // the search is one goroutine: there is nothing for the detector to find
			}
			label := fmt.Sprintf("%s, %d+%d nodes", test.name, shape.nodes, shape.more)
			r, err := Search(newProblem(grown(shape.nodes, shape.more), test.make(rand.New(rand.NewPCG(0, 1)), shape.nodes)))
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s: %v, floor %.4f; by count %.4f; %d ranges", label, r, r.Floors[0].Imbalance, r.Counted.Worst(), r.Plan.Fragments)
			if r.Gap() > 0.02 || r.Gap() < -slack {
				t.Errorf("%s: %v", label, r)
			}
			if !r.Within() {
				t.Errorf("%s: %v: the floor is %.4f", label, r, r.Floors[0].Imbalance)
			}
			if r.Plan.Worst() > r.Counted.Worst()+1e-9 {
				t.Errorf("%s: %v: by count it would be %.5f", label, r, r.Counted.Worst())
			}
		}
	}
}
