package main

import (
	"github.com/spf13/pflag"

	"slotbench/cmd/loadgen/driver"
	"slotbench/workloads"
)

// phaseOptions is the offered load over time.
type phaseOptions struct {
	phases []string
}

func (o *phaseOptions) register(f *pflag.FlagSet) {
	f.StringArrayVar(&o.phases, "phase", nil, "`KIND,FIELD=VALUE,…` a phase of the load, several in their order: load, warmup, steady, ramp, step, burst, sine; as ramp,for=30s,from=10%,to=90% (rates: 20k a second, or a share of the probed capacity)")
}

// settlePhases makes the phases of the command line, or else the workload's,
// part of the plan, and of the workload as the record has it.
func (o *runOptions) settlePhases(c *driver.Config, spec *workloads.Spec, given func(string) bool) error {
	if len(o.phases) > 0 {
		spec.Phases = nil
		for _, text := range o.phases {
			phase, err := workloads.ParsePhase(text)
			if err != nil {
				return misusef("--phase: %w", err)
			}
			spec.Phases = append(spec.Phases, phase)
		}
		if err := workloads.ValidatePhases(spec.Phases); err != nil {
			return misusef("--phase: %w", err)
		}
	} else if given("rate") || given("duration") || given("requests") || given("arrival") && o.arrival == string(workloads.Closed) {
		spec.Phases = nil // the command line goes before the file
	}
	if len(spec.Phases) == 0 {
		return nil
	}
	for _, flag := range []string{"rate", "duration", "requests"} {
		if given(flag) {
			return misusef("--%s with --phase: each phase has a rate and a time of its own; leave one of the two out", flag)
		}
	}
	if given("arrival") && c.Arrival == workloads.Closed {
		return misusef("--arrival closed with --phase: phases have rates of their own, a closed loop has none")
	}
	spec.Phases = workloads.NamePhases(spec.Phases)
	c.Phases, c.Duration, c.Requests = spec.Phases, driver.PhaseSeconds(spec.Phases), 0
	switch {
	case workloads.NeedsCapacity(c.Phases):
		c.Rate = driver.RateProbe
	case c.Rate <= 0:
		c.Rate = 1 // the phases' own take its place
	}
	if c.Arrival == workloads.Closed && !given("arrival") {
		c.Arrival = workloads.Poisson
	}
	return nil
}
