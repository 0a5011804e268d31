package driver

import (
	"math"

	"slotbench/results"
	"slotbench/workloads"
)

// fillOffered writes how many requests the schedule asked for in each
// interval: what came can be held against it. A closed loop and a trace have no
// such schedule.
func (e *engine) fillOffered() {
	rec := e.rec
	if e.Trace != nil || rec.Config.RatePerSec <= 0 {
		return
	}
	if len(e.Phases) == 0 {
		end := rec.Totals.Seconds // the wait for the last answers in it
		if rec.Config.Requests == 0 && rec.Config.DurationSeconds > 0 {
			end = min(end, rec.Config.DurationSeconds)
		}
		offer(rec.Intervals, func(t float64) float64 { return rec.Config.RatePerSec * min(max(0, t), end) })
		return
	}
	profiles, err := e.profiles(e.measuredPhases())
	if err != nil { // they were made before
		return
	}
	offer(rec.Intervals, func(t float64) float64 { return dueBefore(rec.Phases, profiles, t) })
}

// dueBefore is how many requests of the phases are due in the first t seconds
// of the measurement. A phase that was ended early offers no more.
func dueBefore(phases []results.MeasuredPhase, profiles []workloads.Profile, t float64) float64 {
	sum := 0.0
	for i, p := range phases[:min(len(phases), len(profiles))] {
		sum += profiles[i].Before(min(t, p.EndSeconds) - p.StartSeconds)
	}
	return sum
}

// offer sets the intervals' share of what is due in the first t seconds.
func offer(all []results.Interval, due func(t float64) float64) {
	for i := range all {
		at := &all[i]
		requests := math.Round(10*(due(at.AtSeconds+at.Seconds)-due(at.AtSeconds))) / 10
		at.Offered = &requests
	}
}
