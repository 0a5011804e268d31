package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"

	"slotbench/results/compare"
)

// scatter is the standard deviation of a run's logarithm in the worlds.
const scatter = 0.05

// aWorld draws the logarithms of n runs a side of systems that are the same,
// in interleaved blocks.
type aWorld struct {
	name string
	draw func(r *rand.Rand, n int) (a, b []float64)
}

var worlds = []aWorld{
	{"lognormal", each(func(r *rand.Rand) float64 { return scatter * r.NormFloat64() })},
	{"outliers", each(func(r *rand.Rand) float64 { // a neighbour in one run of ten
		x := scatter * r.NormFloat64()
		if r.Float64() < 0.1 {
			x += 0.5 * r.Float64()
		}
		return x
	})},
	{"heavy", each(func(r *rand.Rand) float64 { // tails nearly as a Cauchy distribution's
		return scatter / 2 * r.NormFloat64() / max(0.05, math.Abs(r.NormFloat64()))
	})},
	{"bimodal", each(func(r *rand.Rand) float64 { // placements: lucky or not
		x := scatter * r.NormFloat64()
		if r.Float64() < 0.4 {
			x += 4 * scatter
		}
		return x
	})},
	{"skewed", each(func(r *rand.Rand) float64 { return 1.5 * scatter * r.ExpFloat64() })},
	{"drift", drift},
	{"unequal", func(r *rand.Rand, n int) (a, b []float64) { // b scatters three times as much
		for range n {
			a = append(a, scatter*r.NormFloat64())
			b = append(b, 3*scatter*r.NormFloat64())
		}
		return a, b
	}},
}

func each(one func(*rand.Rand) float64) func(*rand.Rand, int) (a, b []float64) {
	return func(r *rand.Rand, n int) (a, b []float64) {
		for range n {
			a, b = append(a, one(r)), append(b, one(r))
		}
		return a, b
	}
}

// drift is a machine whose state goes from one block to the next.
func drift(r *rand.Rand, n int) (a, b []float64) {
	state := 0.0
	for range n {
		state = 0.8*state + 0.8*scatter*r.NormFloat64()
		a = append(a, state+scatter*r.NormFloat64())
		b = append(b, state+scatter*r.NormFloat64())
	}
	return a, b
}

// runCounts are the runs a side that are looked at.
var runCounts = []int{5, 7, 10, 20}

// simulate prints how often the comparison shows a difference in each world.
func simulate(cases int, seed uint64) error {
	fmt.Printf("%d cases each. same: shown where there is none. detectable: its median. planted: how often that is shown. 5 %%: how often 5 %% is shown, and said to be.\n\n", cases)
	fmt.Printf("%-10s %4s %8s %11s %9s %8s %8s\n", "world", "runs", "same", "detectable", "planted", "5 %", "said")
	for _, w := range worlds {
		for _, n := range runCounts {
			same, err := tally(w, n, cases, seed, 0)
			if err != nil {
				return err
			}
			slices.Sort(same.detectable)
			middle := same.detectable[cases/2]
			planted, err := tally(w, n, cases, seed+1, math.Log1p(middle))
			if err != nil {
				return err
			}
			five, err := tally(w, n, cases, seed+2, math.Log(1.05))
			if err != nil {
				return err
			}
			fmt.Printf("%-10s %4d %7.1f%% %10.1f%% %8.1f%% %7.1f%% %7.1f%%\n", w.name, n, 100*same.shown, 100*middle, 100*planted.shown, 100*five.shown, 100*five.said)
		}
	}
	return nil
}

// count is what many cases came to.
type count struct {
	shown      float64 // share with a difference
	said       float64 // mean of the stated power for 5 %
	detectable []float64
}

// tally compares systems that are shift apart, on all CPUs.
func tally(w aWorld, n, cases int, seed uint64, shift float64) (count, error) {
	all := make([]*compare.Change, cases)
	faults := make([]error, cases)
	var next sync.WaitGroup
	lanes := max(1, runtime.NumCPU())
	for lane := range lanes {
		next.Go(func() {
			for i := lane; i < cases; i += lanes {
				r := rand.New(rand.NewPCG(seed, uint64(i)))
				a, b := w.draw(r, n)
				all[i], faults[i] = primaryOf(a, b, shift)
			}
		})
	}
	next.Wait()
	c := count{}
	for i, change := range all {
		if faults[i] != nil {
			return c, faults[i]
		}
		if change.Outcome == compare.Better || change.Outcome == compare.Worse {
			c.shown += 1 / float64(cases)
		}
		c.said += *change.Power5 / float64(cases)
		c.detectable = append(c.detectable, *change.Detectable)
	}
	return c, nil
}

// primaryOf compares two sides by the same way that loadgen compare takes.
func primaryOf(a, b []float64, shift float64) (*compare.Change, error) {
	sides := []compare.Side{{Name: "A"}, {Name: "B"}}
	for i := range a {
		sides[0].Runs = append(sides[0].Runs, compare.Run{Path: fmt.Sprint("a", i), Record: synthetic(1000 * math.Exp(a[i]))})
		sides[1].Runs = append(sides[1].Runs, compare.Run{Path: fmt.Sprint("b", i), Record: synthetic(1000 * math.Exp(b[i]+shift))})
	}
	c, err := compare.Compare(sides, compare.Options{})
	if err != nil {
		return nil, err
	}
	return c.Against[0].Primary(), nil
}
