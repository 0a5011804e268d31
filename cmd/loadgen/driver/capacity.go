package driver

import (
	"context"
	"fmt"
	"slices"
	"time"

	"slotbench/results"
	"slotbench/targets"
)

// The defaults of a CapacityPlan, and its limits.
const (
	DefaultResolution  = 0.05
	DefaultSearches    = 5
	DefaultTrial       = 2 * time.Second
	DefaultTrialWarmup = 300 * time.Millisecond
	MaxSearches        = 100
	MinResolution      = 0.001
	MaxResolution      = 0.5

	firstFactor = 1.5 // of the first search's steps up and down
	laterFactor = 1.1 // of the others', which begin where it ended
)

// CapacityPlan is what a capacity search is asked to do.
type CapacityPlan struct {
	Objectives []Objective
	Resolution float64 // a search ends when the rates that passed and failed are so close
	Searches   int
	Trial      time.Duration // of one load
	Warmup     time.Duration // before it
	Migrate    int           // slots that go to and fro in a second series; 0: none
	Strategy   targets.Strategy
	// Tell, where not nil, hears of every trial.
	Tell func(results.CapacityTrial)
}

// Validate says what is wrong with the plan.
func (p *CapacityPlan) Validate() error {
	switch {
	case len(p.Objectives) == 0:
		return refusef("no objective: want one as p99<2ms")
	case !(p.Resolution >= MinResolution && p.Resolution <= MaxResolution):
		return refusef("resolution %g: want %g to %g", p.Resolution, MinResolution, MaxResolution)
	case p.Searches < 1 || p.Searches > MaxSearches:
		return refusef("%d searches: want 1 to %d", p.Searches, MaxSearches)
	case p.Trial <= 0 || p.Warmup < 0:
		return refusef("trials of %s after %s: want a time above 0 and a warm-up of 0 or more", p.Trial, p.Warmup)
	}
	return nil
}

// try sends one load and judges it.
type try func(ctx context.Context, rate float64, during bool) (results.CapacityTrial, error)

// Capacity looks for the highest rate that meets the plan's objectives. Idle
// searches and those during migrations take turns, so that a drift of the
// machine falls on both. What an error cuts short is in the record all the
// same, with Partial.
func Capacity(ctx context.Context, s *Session, p CapacityPlan) (*results.Capacity, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if p.Migrate > 0 {
		if _, err := s.toAndFro(p.Migrate, p.Strategy); err != nil {
			return nil, err
		}
	}
	out := &results.Capacity{
		Schema: results.Schema, Name: s.e.Name, Started: time.Now(), Command: s.e.Command,
		Resolution: p.Resolution, TrialSeconds: p.Trial.Seconds(),
		Config: s.Config(), Environment: s.Environment(), Target: s.About(), Trials: []results.CapacityTrial{},
	}
	for i, o := range p.Objectives {
		if i > 0 {
			out.Objective += ","
		}
		out.Objective += o.String()
	}
	probe, err := s.Closed(ctx, min(p.Trial, DefaultProbe))
	if err == nil {
		out.ProbePerSec = probe.Totals.OpsPerSec
		err = p.searchAll(ctx, out, ProbeShare*out.ProbePerSec, func(ctx context.Context, rate float64, during bool) (results.CapacityTrial, error) {
			return p.trial(ctx, s, rate, during)
		})
	}
	if err != nil {
		out.Partial = err.Error()
	}
	out.Seconds = time.Since(out.Started).Seconds()
	return out, nil
}

// trial sends one load and judges it.
func (p *CapacityPlan) trial(ctx context.Context, s *Session, rate float64, during bool) (results.CapacityTrial, error) {
	var t Trial
	var err error
	if during {
		t, err = s.Migrating(ctx, rate, p.Warmup, p.Trial, p.Migrate, p.Strategy)
	} else {
		t, err = s.Rate(ctx, rate, p.Warmup, p.Trial)
	}
	why := judgeTrial(p.Objectives, t.Totals, t.Pacing)
	return results.CapacityTrial{
		During: during, RatePerSec: rate, Passed: why == "" && err == nil, Why: why,
		Requests: t.Totals.Requests, Errors: t.Totals.Errors, OpsPerSec: t.Totals.OpsPerSec, Response: t.Totals.Response,
		ClientBehind: t.ClientBehind, MovedSlots: t.MovedSlots, MovedKeys: t.MovedKeys,
	}, err
}

// searchAll runs the searches and sums them up.
func (p *CapacityPlan) searchAll(ctx context.Context, out *results.Capacity, guess float64, try try) error {
	guesses := map[bool]float64{false: guess}
	var found [2][]float64 // idle, during
	var err error
	for n := range p.Searches {
		for i, during := range []bool{false, true} {
			if err != nil || during && p.Migrate == 0 {
				continue
			}
			factor := laterFactor
			if n == 0 {
				factor = firstFactor
			}
			from := guesses[during]
			if from == 0 {
				from = guesses[false] // the idle capacity, to begin with
			}
			var rate float64
			if rate, err = p.search(ctx, out, n, during, newSearch(from, max(factor, 1+p.Resolution), p.Resolution), try); err == nil {
				found[i] = append(found[i], rate)
				guesses[during] = rate
			}
		}
	}
	out.Idle = sumUp(found[0])
	if p.Migrate > 0 {
		during := sumUp(found[1])
		out.During = &during
		out.Tax = tax(found[0], found[1], out)
	}
	return err
}

// search carries one search out.
func (p *CapacityPlan) search(ctx context.Context, out *results.Capacity, number int, during bool, s *search, try try) (float64, error) {
	for {
		rate, ok := s.next()
		if !ok {
			return s.passed, nil
		}
		trial, err := try(ctx, rate, during)
		if err != nil {
			return 0, err
		}
		trial.Search = number
		s.tell(rate, trial.Passed)
		out.Trials = append(out.Trials, trial)
		if p.Tell != nil {
			p.Tell(trial)
		}
	}
}

// sumUp is what several searches found together.
func sumUp(rates []float64) results.CapacityFinding {
	f := results.CapacityFinding{PerSec: medianOf(rates), Searches: rates}
	f.Low, f.High, f.Confidence = medianInterval(rates)
	return f
}

// medianOf is the median of some figures, 0 of none.
func medianOf(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	return median(slices.Clone(values))
}

// tax compares pairs of searches; nil without any.
func tax(idle, during []float64, out *results.Capacity) *results.CapacityTax {
	var shares []float64
	for i := range during {
		if idle[i] > 0 {
			shares = append(shares, 1-during[i]/idle[i])
		}
	}
	if len(shares) == 0 {
		return nil
	}
	t := &results.CapacityTax{Share: medianOf(shares)}
	t.Low, t.High, t.Confidence = medianInterval(shares)
	var seconds float64
	for _, trial := range out.Trials {
		if trial.During && trial.Passed {
			seconds += out.TrialSeconds
			t.SlotsPerSec += float64(trial.MovedSlots)
			t.KeysPerSec += float64(trial.MovedKeys)
		}
	}
	if seconds > 0 {
		t.SlotsPerSec /= seconds
		t.KeysPerSec /= seconds
	}
	return t
}

// TaxSentence says what resharding costs.
func TaxSentence(c *results.Capacity) string {
	if c.Tax == nil || c.During == nil {
		return ""
	}
	if c.Tax.Low <= 0 && c.Tax.High >= 0 {
		return fmt.Sprintf("No cost of resharding was shown: at %s the target takes %.0f/s idle and %.0f/s while slots migrate (difference %.1f %%, interval %.1f … %.1f %% with %.0f %% confidence).",
			c.Objective, c.Idle.PerSec, c.During.PerSec, 100*c.Tax.Share, 100*c.Tax.Low, 100*c.Tax.High, 100*c.Tax.Confidence)
	}
	return fmt.Sprintf("Resharding costs %.1f %% of the capacity (interval %.1f … %.1f %% with %.0f %% confidence): at %s the target takes %.0f/s idle and %.0f/s while slots migrate (%.0f slots, %.0f keys a second).",
		100*c.Tax.Share, 100*c.Tax.Low, 100*c.Tax.High, 100*c.Tax.Confidence, c.Objective, c.Idle.PerSec, c.During.PerSec, c.Tax.SlotsPerSec, c.Tax.KeysPerSec)
}
