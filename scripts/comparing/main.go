// Command comparing calibrates the comparison of runs: how often it shows a
// difference where there is none, and how often one that was planted, in
// simulated worlds and with real runs drawn over and over. Run it by
// scripts/calibrate-compare.
package main

import (
	"flag"
	"fmt"
	"os"

	"slotbench/results"
)

func main() {
	cases := flag.Int("cases", 1000, "cases of each world, and draws of real runs")
	seed := flag.Uint64("seed", 1, "of everything random")
	methods := flag.Bool("methods", false, "ways to an interval beside each other: why it is the one that it is")
	flag.Usage = func() {
		fmt.Fprint(os.Stderr, `scripts/calibrate-compare: how far "loadgen compare" can be trusted.

  scripts/calibrate-compare                 simulated worlds (a few minutes)
  scripts/calibrate-compare -methods        the ways to an interval that were tried
  scripts/calibrate-compare FOLDER…         real runs of one system, drawn over and over;
                                            a folder is what this makes:
    loadgen run --vs reference --runs 20 --rate 4000 --duration 1500ms --migrate 0

`)
		flag.PrintDefaults()
	}
	flag.Parse()
	if err := run(*cases, *seed, *methods, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "comparing:", err)
		os.Exit(1)
	}
}

func run(cases int, seed uint64, methods bool, folders []string) error {
	if cases < 1 {
		return fmt.Errorf("-cases %d: want 1 or more", cases)
	}
	switch {
	case methods:
		compareMethods(cases, seed)
		return nil
	case len(folders) == 0:
		return simulate(cases, seed)
	}
	for _, folder := range folders {
		if err := redraw(folder, cases, seed); err != nil {
			return err
		}
	}
	return nil
}

// synthetic is a record that holds nothing but a throughput.
func synthetic(opsPerSec float64) *results.Record {
	return &results.Record{
		Schema:  results.Schema,
		Verdict: results.Verdict{Status: results.Valid},
		Totals:  results.Totals{Requests: 1, Succeeded: 1, OpsPerSec: opsPerSec, AtSaturation: true},
	}
}
