package main

import (
	"slices"
	"time"

	"github.com/spf13/pflag"

	"slotbench/internal/timeline"
	"slotbench/targets"
)

// eventOptions is the flags of the timeline.
type eventOptions struct {
	texts  []string
	events []timeline.Event // the workload's, then those of flags
}

func (o *eventOptions) register(f *pflag.FlagSet) {
	f.StringArrayVar(&o.texts, "event", nil, "`event` on the timeline, as 'at=5s migrate slots=100' or 'at=3s kill node=1 for=2s'; may be given again; the kinds stand above")
}

// settle joins the workload's events and those of flags.
func (o *eventOptions) settle(ofWorkload []timeline.Event) error {
	o.events = ofWorkload
	for _, text := range o.texts {
		event, err := timeline.Parse(text)
		if err != nil {
			return misusef("--event %w", err)
		}
		o.events = append(o.events, event)
	}
	return nil
}

// migrates says whether some event moves slots.
func (o *eventOptions) migrates() bool {
	return slices.ContainsFunc(o.events, func(e timeline.Event) bool {
		return e.Kind == timeline.Migrate || e.Kind == timeline.Plan
	})
}

// goneAfter is how long every node may be away before the run gives up: longer
// than any event takes one away.
func (o *eventOptions) goneAfter() time.Duration {
	var longest time.Duration
	for _, event := range o.events {
		if event.Kind == timeline.Kill || event.Kind == timeline.Stop {
			longest = max(longest, event.For)
		}
	}
	return longest + targets.DefaultGoneAfter
}
