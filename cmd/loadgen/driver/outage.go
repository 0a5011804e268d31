package driver

import (
	"context"
	"time"

	"slotbench/internal/slot"
	"slotbench/internal/timeline"
	"slotbench/results"
	"slotbench/targets"
)

// outageKind is what a record calls a node's absence that no event asked for.
const outageKind timeline.Kind = "outage"

// askAwayLimit is how long the nodes may take to say whether one is back.
const askAwayLimit = 2 * time.Second

// returning is how the nodes of an attached target come back: the run goes on
// meanwhile, as it does with nodes of other machines.
func (e *engine) returning(ctx context.Context) *returning {
	return &returning{
		stats: func() []targets.NodeStats {
			asking, cancel := context.WithTimeout(ctx, askAwayLimit)
			defer cancel()
			stats, _ := e.Cluster.Stats(asking) // those that do not answer are what this is about
			return stats
		},
		owns: func(node int) bool {
			asking, cancel := context.WithTimeout(ctx, askAwayLimit)
			defer cancel()
			return !e.servedByOthers(asking, node)
		},
		ended: e.beginOutage,
		back:  e.endOutage,
	}
}

// servedByOthers says whether every slot that was a node's has another owner.
func (e *engine) servedByOthers(ctx context.Context, node int) bool {
	now, err := e.Cluster.Topology(ctx)
	if err != nil {
		return false
	}
	for s := range int(e.topology.Count()) {
		owner := now.Owner(slot.Slot(s))
		if e.topology.Owner(slot.Slot(s)) == node && (owner == node || owner < 0) {
			return false
		}
	}
	return true
}

// beginOutage notes that a node's process is not there any more.
func (e *engine) beginOutage(node int, at time.Time) {
	e.setDown(node, true)
	e.disturbed.Store(true) // a replica may take over
	e.downMu.Lock()
	defer e.downMu.Unlock()
	out := &step{Event: timeline.Event{Kind: outageKind}, node: node}
	out.begun, out.window = at, results.NoWindow
	if s := e.steering; s != nil {
		if out.openAt, out.haveClock = s.clock.at(at); out.haveClock {
			out.window = s.recorder.OpenWindow(out.openAt, int64(guardEvery+errorLead))
		}
	}
	e.outages = append(e.outages, out)
}

// endOutage notes that a node answers again. What waited for a connection to it
// is part of its outage.
func (e *engine) endOutage(node int, at time.Time) {
	e.setDown(node, false)
	e.downMu.Lock()
	defer e.downMu.Unlock()
	for _, out := range e.outages {
		if out.node != node || !out.ended.IsZero() {
			continue
		}
		out.ended = at
		if s := e.steering; s != nil && out.haveClock {
			shut, _ := s.clock.at(at.Add(errorTail))
			s.recorder.CloseWindow(out.window, shut)
		}
	}
}

// setSteering says in which measurement outages are.
func (e *engine) setSteering(s *steering) {
	e.downMu.Lock()
	defer e.downMu.Unlock()
	e.steering = s
}

// fillOutages writes the outages of the measurement among the events.
func (e *engine) fillOutages(m *measurement) {
	e.downMu.Lock()
	defer e.downMu.Unlock()
	for _, out := range e.outages {
		if out.haveClock {
			e.rec.Events = append(e.rec.Events, e.newEvent(m, out))
		}
	}
}

// noteOutages tells of every outage, also of those before and after the
// measurement, which no event shows.
func (e *engine) noteOutages(end time.Time) {
	e.downMu.Lock()
	defer e.downMu.Unlock()
	for _, out := range e.outages {
		addr := e.topology.Nodes[out.node].Addr()
		when := "before the measurement"
		switch {
		case out.haveClock:
			when = "in the measurement"
		case !e.rec.Measured.IsZero() && out.begun.After(e.rec.Measured):
			when = "after the measurement"
		}
		if out.ended.IsZero() {
			e.warn("the process of node %s ended %s, and the node was not back %.3g s later: what it held in memory only is gone",
				addr, when, end.Sub(out.begun).Seconds())
			continue
		}
		e.warn("the process of node %s ended %s, and the node answered again %.3g s later: what it held in memory only is gone",
			addr, when, out.ended.Sub(out.begun).Seconds())
	}
}
