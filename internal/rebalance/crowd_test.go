package rebalance

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"slotbench/internal/slot"
)

// TestCrowds plans for so many nodes that each has but few slots: within the
// limits, near the bound, and with all that a plan must respect.
func TestCrowds(t *testing.T) {
	for _, test := range []struct {
		nodes, more int
		sigma, gap  float64
	}{{256, 0, 1, 0.01}, {512, 8, 1, 0.02}, {1000, 24, 0.3, 0.02}, {1024, 0, 1, 0.03}} {
		label := fmt.Sprintf("%d+%d nodes, sigma %g", test.nodes, test.more, test.sigma)
		loads := lognormal(rand.New(rand.NewPCG(0, 1)), 16384, test.sigma)
		p := newProblem(grown(test.nodes, test.more), loads)
		p.Pinned = make([]bool, len(loads))
		for s := range 100 {
			p.Pinned[s*160] = true
		}
		r, err := Search(p)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %v, floor %.4f", label, r, r.Floors[0].Imbalance)
		if !r.Within() || r.Gap() > test.gap || r.Gap() < -slack {
			t.Errorf("%s: %v, within %v", label, r, r.Within())
		}
		for s, pinned := range p.Pinned {
			if pinned && r.Plan.After.Owner(slot.Slot(s)) != p.Before.Owner(slot.Slot(s)) {
				t.Errorf("%s: pinned slot %d moves", label, s)
			}
		}
		if raced {
			return
		}
	}
}

// TestCrowdLeaves empties nodes, and balances two measures at once.
func TestCrowdLeaves(t *testing.T) {
	r := rand.New(rand.NewPCG(0, 2))
	p := newProblem(even(300), lognormal(r, 16384, 0.5))
	p.Loads = append(p.Loads, lognormal(r, 16384, 0.5))
	p.Tolerance, p.Weights = 0.03, make([]float64, 300)
	for i := range p.Weights {
		if i%50 != 7 {
			p.Weights[i] = 1
		}
	}
	result, err := Search(p)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%v: %v", result, result.Plan.Imbalance)
	for i, weight := range p.Weights {
		if weight == 0 && result.Plan.After.Slots(i) > 0 {
			t.Errorf("node %d keeps %d slots", i, result.Plan.After.Slots(i))
		}
	}
	if !result.Within() {
		t.Errorf("%v: %v", result, result.Plan.Imbalance)
	}
}
