package report

import (
	"fmt"

	"slotbench/results"
)

// maxEvents is how many events are shown; all are in the record.
const maxEvents = 16

// eventsSection is the timeline with what each event did to the load. A
// single migration has a section of its own and needs no timeline.
func eventsSection(rec *results.Record) section {
	const migration = "migrate"
	if len(rec.Events) == 0 || len(rec.Events) == 1 && (rec.Events[0].Kind == migration || rec.Events[0].Kind == "") {
		return section{}
	}
	t := &table{
		head: []string{"at", "event", "node", "took", "ops/s before", "during", "after", "p99 before", "during", "after", "errors", "pause"},
		left: []int{1, 2},
	}
	s := section{title: "Events", table: t}
	for _, e := range rec.Events[:min(maxEvents, len(rec.Events))] {
		if e.Outcome == results.EventNotReached {
			t.add(none, e.Name, e.Target, e.Outcome, none, none, none, none, none, none, none, none)
			continue
		}
		took := seconds(e.Seconds)
		errors := none
		if e.During != nil {
			errors = count(e.During.Errors)
		}
		t.add(seconds(e.AtSeconds), e.Name, e.Target, took,
			windowRate(e.Before), windowRate(e.During), windowRate(e.After),
			windowP99(e.Before), windowP99(e.During), windowP99(e.After), errors, eventPause(e))
		if e.Error != "" {
			s.lines = append(s.lines, bullet+fmt.Sprintf("FAILED: %s: %s", e.Name, e.Error))
		} else if e.Detail != "" && e.Kind != migration && e.Kind != "plan" {
			s.lines = append(s.lines, bullet+fmt.Sprintf("%s at %s: %s", e.Name, seconds(e.AtSeconds), e.Detail))
		}
	}
	s.lines = append(s.lines, more(maxEvents, len(rec.Events), "event")...)
	return s
}

func windowRate(w *results.Window) string {
	if w == nil {
		return none
	}
	return significant(w.OpsPerSec, rateDigits)
}

// windowP99 is a window's p99, or that it is too short for one.
func windowP99(w *results.Window) string {
	switch {
	case w == nil:
		return none
	case w.P99US == nil:
		return "too short"
	}
	return micros(*w.P99US)
}

// eventPause is how long a probed slot was without a success.
func eventPause(e results.Event) string {
	switch {
	case e.PauseMillis == nil:
		return none
	case *e.PauseMillis <= e.PauseResolution:
		return "≤ " + millis(e.PauseResolution)
	}
	return millis(*e.PauseMillis)
}
