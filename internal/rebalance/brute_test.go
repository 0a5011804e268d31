package rebalance

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"slotbench/internal/slot"
)

// small is a random problem that can be tried out whole.
func small(random *rand.Rand) *Problem {
	nodes, slots := 2+random.IntN(3), 5+random.IntN(4)
	before := slot.NewTopology(slot.Count(slots), make([]slot.Node, nodes))
	p := &Problem{Before: before, Tolerance: []float64{0.01, 0.1, 0.3}[random.IntN(3)], Cost: make([]float64, slots)}
	for range 1 + random.IntN(2) {
		p.Loads = append(p.Loads, make([]float64, slots))
	}
	if random.IntN(3) == 0 {
		p.Weights = make([]float64, nodes)
		for i := range p.Weights {
			p.Weights[i] = float64(random.IntN(3))
		}
		p.Weights[0] = 1
	}
	if random.IntN(4) == 0 {
		p.Pinned = make([]bool, slots)
	}
	for s := range slots {
		before.SetOwner(slot.Slot(s), random.IntN(nodes))
		p.Cost[s] = math.Ceil(100 * math.Exp(random.NormFloat64()))
		p.Loads[0][s] = p.Cost[s]
		if len(p.Loads) > 1 {
			p.Loads[1][s] = float64(random.IntN(100))
		}
		if owner := before.Owner(slot.Slot(s)); p.Pinned != nil && (p.Weights == nil || p.Weights[owner] > 0) {
			p.Pinned[s] = random.IntN(5) == 0
		}
	}
	return p
}

// cheapest tries every distribution: the cheapest that overloads nobody, or
// infinity.
func cheapest(p *Problem) float64 {
	st := newState(p)
	least := math.Inf(1)
	var try func(s int)
	try = func(s int) {
		if s == len(p.Cost) {
			if overload, cost := st.standing(); overload <= slack {
				least = min(least, cost)
			}
			return
		}
		for to := range p.Before.Nodes {
			if to != st.home[s] && p.pinned(s) {
				continue
			}
			st.move(s, to)
			try(s + 1)
		}
		st.move(s, st.home[s])
	}
	try(0)
	return least
}

// Of small problems the optimum is known: no bound is over it, no plan under
// it, and nearly all plans are it.
func TestSolveAgainstEveryDistribution(t *testing.T) {
	solved, optimal, missed := 0, 0, 0
	seeds := uint64(400)
	if raced {
		seeds = 100
	}
	for seed := range seeds {
		p := small(rand.New(rand.NewPCG(seed, 2)))
		if err := p.Validate(); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		best, bound := cheapest(p), p.Bound()
		if bound > best*(1+1e-9) {
			t.Errorf("seed %d: bound %v is over the optimum %v", seed, bound, best)
		}
		st := newState(p)
		after := Solve(p)
		for s := range p.Cost {
			st.move(s, after.Owner(slot.Slot(s)))
			if p.pinned(s) && st.owner[s] != st.home[s] {
				t.Errorf("seed %d: pinned slot %d moves", seed, s)
			}
		}
		overload, cost := st.standing()
		if tight := p.Tighten(bound, cost); overload <= slack && tight > best*(1+1e-9) {
			t.Errorf("seed %d: tightened bound %v is over the optimum %v", seed, tight, best)
		}
		switch {
		case math.IsInf(best, 1):
			continue
		case overload > slack:
			missed++
			continue
		case cost < best*(1-1e-9):
			t.Errorf("seed %d: cost %v is under the optimum %v", seed, cost, best)
		case cost <= best*(1+1e-9):
			optimal++
		}
		solved++
	}
	t.Logf("%d can be solved, %d optimally, %d missed", solved, optimal, missed)
	if missed > solved/50 || optimal < solved*9/10 {
		t.Errorf("of %d that can be solved %d are optimal, and %d were missed", solved+missed, optimal, missed)
	}
}

// Equal problems have equal plans.
func TestSolveIsDeterministic(t *testing.T) {
	for seed := range uint64(3) {
		loads := zipfTags(rand.New(rand.NewPCG(seed, 3)), 16384, 20_000, 1)
		a, b := Solve(newProblem(even(13), loads)), Solve(newProblem(even(13), loads))
		if !reflect.DeepEqual(a, b) {
			t.Fatalf("seed %d: two plans for one problem", seed)
		}
	}
}

func FuzzSearch(f *testing.F) {
	f.Add(uint64(1), []byte{1, 2, 3, 200, 0, 0, 9})
	f.Fuzz(func(t *testing.T, seed uint64, data []byte) {
		p := small(rand.New(rand.NewPCG(seed, 4)))
		for i, b := range data {
			if i < len(p.Cost) {
				p.Loads[0][i] = float64(b) * float64(b)
			}
		}
		r, err := Search(p)
		if err != nil {
			return
		}
		if p.Pinned == nil && r.Plan.Worst() > r.Counted.Worst()+1e-6 {
			t.Fatalf("seed %d, %v: %v, by count %v", seed, data, r, r.Counted.Worst())
		}
	})
}
