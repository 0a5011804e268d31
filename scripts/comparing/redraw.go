package main

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"

	"slotbench/results"
	"slotbench/results/compare"
)

// slowdown is planted in every latency of a run, and in its throughput.
func slowdown(rec *results.Record, factor float64) *results.Record {
	slow := *rec
	slow.Totals.OpsPerSec /= factor
	for _, l := range []*results.Latency{&slow.Totals.Response, &slow.Totals.Service} {
		for _, x := range []*float64{&l.P50, &l.P90, &l.P99, &l.P999} {
			*x *= factor
		}
	}
	return &slow
}

// redraw parts real runs of one system into two sides, over and over.
func redraw(folder string, cases int, seed uint64) error {
	paths, err := filepath.Glob(filepath.Join(folder, "[0-9]*", results.RunFile))
	if err != nil {
		return err
	}
	var runs []compare.Run
	for _, path := range paths {
		rec, err := results.ReadRun(path)
		if err != nil {
			return err
		}
		runs = append(runs, compare.Run{Path: path, Record: rec})
	}
	if len(runs) < 2*compare.MinRuns {
		return fmt.Errorf("%s: %d runs, want %d or more", folder, len(runs), 2*compare.MinRuns)
	}
	fmt.Printf("%s: %d real runs of one system, %d draws each\n", folder, len(runs), cases)
	fmt.Printf("%4s %-12s %8s %8s %12s %9s %8s %8s\n", "runs", "primary", "same", "any", "detectable", "planted", "5 %", "said")
	for _, n := range []int{5, 7, 10, 15} {
		if 2*n > len(runs) {
			break
		}
		same, err := draws(runs, n, cases, seed, 1)
		if err != nil {
			return err
		}
		slices.Sort(same.detectable)
		middle := same.detectable[cases/2]
		planted, err := draws(runs, n, cases, seed+1, 1+middle)
		if err != nil {
			return err
		}
		five, err := draws(runs, n, cases, seed+2, 1.05)
		if err != nil {
			return err
		}
		fmt.Printf("%4d %-12s %7.1f%% %7.1f%% %11.1f%% %8.1f%% %7.1f%% %7.1f%%\n", n, same.primary, 100*same.shown, 100*same.any,
			100*middle, 100*planted.shown, 100*five.shown, 100*five.said)
	}
	return nil
}

// drawn is what many draws came to.
type drawn struct {
	count
	any     float64 // share with a difference in at least one metric
	primary string
}

func draws(runs []compare.Run, n, cases int, seed uint64, factor float64) (drawn, error) {
	d := drawn{}
	random := rand.New(rand.NewPCG(seed, uint64(n)))
	shuffled := slices.Clone(runs)
	for range cases {
		random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		sides := []compare.Side{{Name: "A", Runs: slices.Clone(shuffled[:n])}, {Name: "B"}}
		for _, run := range shuffled[n : 2*n] {
			sides[1].Runs = append(sides[1].Runs, compare.Run{Path: run.Path, Record: slowdown(run.Record, factor)})
		}
		c, err := compare.Compare(sides, compare.Options{})
		if err != nil {
			return d, err
		}
		d.primary = c.Primary
		differs := func(change compare.Change) bool {
			return change.Outcome == compare.Better || change.Outcome == compare.Worse
		}
		primary := c.Against[0].Primary()
		if differs(*primary) {
			d.shown += 1 / float64(cases)
		}
		if slices.ContainsFunc(c.Against[0].Changes, differs) {
			d.any += 1 / float64(cases)
		}
		d.said += *primary.Power5 / float64(cases)
		d.detectable = append(d.detectable, *primary.Detectable)
	}
	return d, nil
}
