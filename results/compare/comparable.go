package compare

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"slotbench/results"
)

// How much of what differs is said.
const (
	maxDiffers   = 12
	rateScatter  = 0.02 // rates that runs probed for themselves may be so far apart
	minOrderRuns = 2    // of a side, before an order says anything
)

// refuse says what makes no sense at all.
func refuse(sides []Side) error {
	if len(sides) == 0 {
		return errors.New("no runs to compare")
	}
	seen := map[string]string{}
	names := map[string]bool{}
	for _, side := range sides {
		switch {
		case len(side.Runs) == 0:
			return fmt.Errorf("side %s has no runs", side.Name)
		case len(side.Runs) > MaxRuns:
			return fmt.Errorf("side %s has %d runs: at most %d are compared", side.Name, len(side.Runs), MaxRuns)
		case names[side.Name]:
			return fmt.Errorf("two sides are called %s", side.Name)
		}
		names[side.Name] = true
		for _, run := range side.Runs {
			id := run.Record.Started.String() + " " + run.Record.Config.Target
			if run.Record.Started.IsZero() {
				id = run.Path
			}
			if other, twice := seen[id]; twice {
				return fmt.Errorf("%s and %s are the same run: a run counts once", other, run.Path)
			}
			seen[id] = run.Path
		}
	}
	return nil
}

// checkLoops refuses open loops beside closed ones: the one has latency at a
// rate, the other at saturation.
func (c *Comparison) checkLoops() error {
	first := c.Sides[0].runs[0]
	for _, side := range c.Sides {
		for _, run := range side.runs {
			if run.Record.Totals.AtSaturation != first.Record.Totals.AtSaturation {
				return fmt.Errorf("%s and %s: one is a closed loop and one an open one; the latency at saturation does not compare with that at a rate",
					first.Path, run.Path)
			}
		}
	}
	return nil
}

// kindWarnings are what a reader should know when the sides differ so.
var kindWarnings = map[facetKind]string{
	ofLoad:    "the sides did not do the same work, unless that is what you compare",
	ofClient:  "the load generators differ, unless that is what you compare",
	ofMachine: "the sides ran on different machines",
}

// judgeComparable says what the sides do not have in common, and what casts
// doubt on comparing them.
func (c *Comparison) judgeComparable() (differs, warnings []string) {
	differs, warnings = []string{}, []string{}
	all := spectra(c.Sides)
	kinds := map[facetKind][]string{}
	for _, path := range slices.Sorted(maps.Keys(all)) {
		s := all[path]
		if s.among() {
			kinds[s.kind] = append(kinds[s.kind], path)
			var parts []string
			for i, side := range c.Sides {
				parts = append(parts, side.Name+" "+s.text(i))
			}
			differs = append(differs, path+": "+strings.Join(parts, ", "))
		}
		for i, side := range c.Sides {
			if len(s.values[i]) > 1 {
				warnings = append(warnings, fmt.Sprintf("the runs of %s are not of one kind: %s is %s", side.Name, path, s.text(i)))
			}
		}
	}
	for _, kind := range []facetKind{ofLoad, ofClient, ofMachine} {
		if paths := kinds[kind]; len(paths) > 0 {
			warnings = append(warnings, fmt.Sprintf("%s: %s", kindWarnings[kind], listed(paths)))
		}
	}
	if len(differs) > maxDiffers {
		differs = append(differs[:maxDiffers], fmt.Sprintf("… and %d more", len(differs)-maxDiffers))
	}
	warnings = append(warnings, c.rateWarnings()...)
	warnings = append(warnings, c.seedWarnings()...)
	warnings = append(warnings, c.verdictWarnings()...)
	return differs, append(warnings, c.orderWarnings()...)
}

// maxListed bounds the names in a sentence.
const maxListed = 6

func listed(names []string) string {
	if len(names) > maxListed {
		return strings.Join(names[:maxListed], ", ") + fmt.Sprintf(" and %d more", len(names)-maxListed)
	}
	return strings.Join(names, ", ")
}

// rateWarnings tells of runs that each probed a rate of their own.
func (c *Comparison) rateWarnings() []string {
	var rates []float64
	for _, side := range c.Sides {
		for _, run := range side.runs {
			if probed(run.Record) {
				rates = append(rates, run.Record.Config.RatePerSec)
			}
		}
	}
	if len(rates) == 0 {
		return nil
	}
	low, high := slices.Min(rates), slices.Max(rates)
	if high <= low*(1+rateScatter) {
		return nil
	}
	return []string{fmt.Sprintf("each run offered a rate that it probed itself, %.0f/s to %.0f/s: latencies at different rates do not compare; give all runs one --rate", low, high)}
}

// seedWarnings tells of sides that were sent different requests.
func (c *Comparison) seedWarnings() []string {
	sets := make([][]uint64, len(c.Sides))
	for i, side := range c.Sides {
		for _, run := range side.runs {
			sets[i] = append(sets[i], run.Record.Config.Seed)
		}
		slices.Sort(sets[i])
		sets[i] = slices.Compact(sets[i])
	}
	for i, set := range sets[1:] {
		if !slices.Equal(set, sets[0]) {
			return []string{fmt.Sprintf("%s and %s did not have the same seeds: they were sent different keys and arrivals", c.Sides[0].Name, c.Sides[1+i].Name)}
		}
	}
	return nil
}

// verdictWarnings tells of runs whose own numbers are in doubt.
func (c *Comparison) verdictWarnings() (warnings []string) {
	for _, side := range c.Sides {
		if side.LeftOut > 0 {
			warnings = append(warnings, fmt.Sprintf("%s: %d of %d runs are partial or measured nothing, and were left out", side.Name, side.LeftOut, side.LeftOut+side.Runs))
		}
		for _, verdict := range []string{results.Errors, results.ClientBound, results.ShortOffered, results.Unsteady} {
			if n := side.Verdicts[verdict]; n > 0 {
				warnings = append(warnings, fmt.Sprintf("%s: %d of %d runs have the verdict %s%s", side.Name, n, side.Runs, verdict, verdictMeans[verdict]))
			}
		}
	}
	return warnings
}

var verdictMeans = map[string]string{
	results.Errors:       ": nothing is claimed of them",
	results.ClientBound:  ": what differs may be the load generator",
	results.ShortOffered: ": the target did not take the rate",
}

// orderWarnings tells of sides that were measured one after the other.
func (c *Comparison) orderWarnings() (warnings []string) {
	span := func(s Summary) (first, last int64) {
		var starts []int64
		for _, run := range s.runs {
			starts = append(starts, run.Record.Started.UnixNano())
		}
		return slices.Min(starts), slices.Max(starts)
	}
	base := c.Sides[0]
	firstA, lastA := span(base)
	for _, side := range c.Sides[1:] {
		firstB, lastB := span(side)
		if min(base.Runs, side.Runs) >= minOrderRuns && (lastA < firstB || lastB < firstA) {
			warnings = append(warnings, fmt.Sprintf("all runs of one of %s and %s were made before those of the other: "+
				"a drift of the machine looks the same as a difference; loadgen run --vs interleaves them", base.Name, side.Name))
		}
	}
	return warnings
}
