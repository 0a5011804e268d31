package driver

import (
	"fmt"
	"strings"

	"slotbench/internal/timeline"
	"slotbench/results"
	"slotbench/targets"
)

// eventNames are what events are called in reports.
var eventNames = map[timeline.Kind]string{
	timeline.Migrate:    "migration",
	timeline.Plan:       "plan",
	timeline.Stop:       "node stopped",
	timeline.Kill:       "node killed",
	timeline.Start:      "node started",
	timeline.Failover:   "failover",
	timeline.AddNode:    "node added",
	timeline.RemoveNode: "node removed",
	timeline.Command:    "command",
	outageKind:          "node away",
}

// fillEvents writes what came of the timeline.
func (e *engine) fillEvents(m *measurement) {
	own := 0
	e.fillOutages(m)
	for _, s := range e.steps {
		if s.probe != nil {
			for _, problem := range s.probe.problems {
				e.warn("pause probe: %s", problem)
			}
		}
		event := e.newEvent(m, s)
		if s.begun.IsZero() {
			if s.Kind == timeline.Migrate {
				e.warn("nothing was migrated: the measurement ended before")
			} else {
				e.warn("the event %q was not reached: the measurement ended before", s.Text)
			}
			if !s.byFlag {
				e.rec.Events = append(e.rec.Events, event)
			}
			continue
		}
		if s.outlivedLoad {
			e.warn("the load ended before an event did (%s): lengthen --duration", eventNames[s.Kind])
		}
		if s.Kind == timeline.Migrate || s.Kind == timeline.Plan {
			event.Detail = e.fillMigration(m, s, &event)
		}
		e.rec.Events = append(e.rec.Events, event)
		own += s.probeKeysMoved()
	}
	if own > 0 {
		e.note("%d of the keys that moved are the pause probes' own", own)
	}
}

// newEvent is a step as the record tells of it.
func (e *engine) newEvent(m *measurement, s *step) results.Event {
	event := results.Event{
		Name: eventNames[s.Kind], Kind: string(s.Kind), Text: s.Text, Target: e.stepTarget(s), Detail: s.detail,
		Outcome: results.EventDone, ToBeExpected: s.expectsErrors(),
	}
	switch {
	case s.begun.IsZero():
		event.Outcome = results.EventNotReached
		return event
	case s.err != nil:
		event.Outcome, event.Error = results.EventFailed, s.err.Error()
	}
	if s.haveClock {
		event.AtSeconds = float64(s.openAt-m.tally.Origin) / 1e9
	}
	if s.ended.IsZero() { // its effect goes on
		event.Seconds = max(0, float64(m.tally.End-m.tally.Origin)/1e9-event.AtSeconds)
	} else {
		event.Seconds = s.ended.Sub(s.begun).Seconds()
	}
	if event.Detail == "" {
		event.Detail = stepDetail(s, event.Seconds)
	}
	if p := s.probe; p != nil {
		event.PauseMillis, event.PauseBefore = pauseMillis(p.during), pauseMillis(p.before)
		event.PauseResolution, event.ProbedSlots = float64(pauseResolution)/1e6, len(p.slots)
	}
	if s.window >= 0 && s.window < len(m.result.Windows) {
		w := m.result.Windows[s.window]
		event.Before, event.During = &w.Before, &w.During
		if w.ClosedAt != 0 {
			event.After = &w.After
		}
	}
	return event
}

// stepTarget is the addresses that a step concerns.
func (e *engine) stepTarget(s *step) string {
	if s.node >= 0 && s.node < len(e.rec.Nodes) {
		return e.rec.Nodes[s.node].Addr
	}
	from, to := e.sideTexts(s.moves)
	if from == "" {
		return ""
	}
	return from + " → " + to
}

// sideTexts names the nodes that slots leave and enter.
func (e *engine) sideTexts(moves []targets.Move) (from, to string) {
	side := func(of func(targets.Move) int) string {
		var names []string
		seen := map[int]bool{}
		for _, move := range moves {
			if n := of(move); !seen[n] {
				seen[n] = true
				name := fmt.Sprintf("node %d", n)
				if n < len(e.rec.Nodes) {
					name = e.rec.Nodes[n].Addr
				}
				names = append(names, name)
			}
		}
		return strings.Join(names, ", ")
	}
	return side(func(m targets.Move) int { return m.From }), side(func(m targets.Move) int { return m.To })
}

// stepDetail says in a few words what was done.
func stepDetail(s *step, seconds float64) string {
	switch s.Kind {
	case timeline.Stop:
		return fmt.Sprintf("SIGSTOP for %s", s.For)
	case timeline.Kill:
		switch {
		case s.lasts && s.ended.IsZero():
			return "SIGKILL, not started again"
		case s.lasts:
			return fmt.Sprintf("SIGKILL, not started again; others serve its slots after %.3g s", seconds)
		}
		return fmt.Sprintf("SIGKILL, started again after %s, serving after %.3g s", s.For, seconds)
	case timeline.Start:
		return fmt.Sprintf("serving after %.3g s", seconds)
	case timeline.Failover:
		return "ordered; a replica took its place"
	case timeline.AddNode:
		return "without slots"
	case timeline.RemoveNode:
		return "forgotten and ended"
	case outageKind:
		if s.ended.IsZero() {
			return "its process ended by itself, and did not come back"
		}
		return fmt.Sprintf("its process ended by itself, and answered again after %.3g s", seconds)
	}
	return strings.Join(s.Run, " ")
}

// fillMigration writes what a migration took, and says it in a few words.
func (e *engine) fillMigration(m *measurement, s *step, event *results.Event) (detail string) {
	out := results.Migration{
		Asked: len(s.moves), Slots: len(s.moved), Strategy: string(s.strategy),
		AtSeconds: event.AtSeconds, Seconds: movedFor(s.moved, s.ended.Sub(s.begun)).Seconds(), Error: event.Error,
		PauseBefore: event.PauseBefore, PauseMillis: event.PauseMillis,
		PauseResolution: event.PauseResolution, ProbedSlots: event.ProbedSlots,
	}
	if s.strategy == targets.KeyByKey {
		out.Batch = targets.DefaultBatch
		if s.Batch > 0 {
			out.Batch = s.Batch
		}
	}
	out.From, out.To = e.sideTexts(s.moves)
	if s.probe != nil {
		e.fillProbes(s.probe, &out)
	}
	addMoved(&out, s.moved)
	if event.During != nil {
		out.P99BeforeUS, out.P99DuringUS = event.Before.P99US, event.During.P99US
		out.SamplesBefore, out.SamplesDuring = event.Before.Samples, event.During.Samples
		out.Redirects = m.result.Windows[s.window].Redirects
	}
	if event.After != nil {
		out.P99AfterUS, out.SamplesAfter = event.After.P99US, event.After.Samples
	}
	e.rec.Migrations = append(e.rec.Migrations, out)
	return fmt.Sprintf("%d slots from %s to %s", out.Slots, out.From, out.To)
}

// fillProbes counts what the pause probes of a migration sent.
func (e *engine) fillProbes(p *probing, out *results.Migration) {
	var failures int64
	for _, probe := range []*pauseProbe{p.before, p.during} {
		if probe != nil {
			out.ProbeRequests += probe.requests
			failures += probe.failures
		}
	}
	if failures > 0 && !e.disturbed.Load() {
		e.warn("pause probe: %d of %d requests failed", failures, out.ProbeRequests)
	}
	if load := e.rec.Totals.Requests; float64(out.ProbeRequests) > probeShareTold*float64(load) {
		e.note("the pause probes sent %d requests to the nodes of the migration beside the %d of the load: they are in no figure of the load, but in the servers' CPU time and their own counts",
			out.ProbeRequests, load)
	}
}

// probeShareTold is of the load's requests: so many of the pause probes are
// worth a word.
const probeShareTold = 0.1
