package driver

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"slotbench/internal/slot"
	"slotbench/internal/timeline"
	"slotbench/targets"
)

// step is one event of the timeline as this target is to carry it out, and
// what came of it.
type step struct {
	timeline.Event
	byFlag   bool // --migrate
	moves    []targets.Move
	strategy targets.Strategy // of the moves
	node     int              // the one concerned; -1: none, or not there yet
	risked   []slot.Slot
	probe    *probing // nil: no pauses are probed

	outcome
}

// changesTopology says whether the step is one of those that must not run at
// the same time: they would meet each other's half of a change.
func (s *step) changesTopology() bool {
	switch s.Kind {
	case timeline.Stop, timeline.Kill, timeline.Start, timeline.Command:
		return false
	}
	return true
}

// expectsErrors says whether requests fail because the step asks for it.
func (s *step) expectsErrors() bool {
	return s.Kind == timeline.Stop || s.Kind == timeline.Kill || s.Kind == timeline.Failover || s.Kind == timeline.Start
}

// timeline lists all events of the run in the order in which they are due.
func (c *Config) timeline() []*step {
	var steps []*step
	if c.Migrate > 0 {
		event := timeline.Event{
			Text:  fmt.Sprintf("at=%g%% migrate slots=%d", 100*c.MigrateAt, c.Migrate),
			Share: c.MigrateAt, Kind: timeline.Migrate, Slots: c.Migrate,
		}
		steps = append(steps, &step{Event: event, byFlag: true})
	}
	for _, event := range c.Events {
		steps = append(steps, &step{Event: event})
	}
	order := func(s *step) time.Duration {
		at, _ := s.Due(max(c.Duration, 1)) // without a duration shares come first
		return at
	}
	slices.SortStableFunc(steps, func(a, b *step) int { return cmp.Compare(order(a), order(b)) })
	return steps
}

// planEvents makes the steps of the run, and refuses what this target cannot
// do. Each event is planned on what those before it leave.
func (e *engine) planEvents() error {
	e.steps = e.timeline()
	m := newModel(e.topology)
	var faults []error
	for _, s := range e.steps {
		if err := e.planStep(m, s); err != nil {
			faults = append(faults, fmt.Errorf("event %q: %w", s.Text, err))
			if s.byFlag {
				faults[len(faults)-1] = err
			}
		}
	}
	if len(faults) > 0 {
		return Refused{errors.Join(faults...)}
	}
	e.watchedSlots()
	return nil
}

// planStep plans one event and applies it to the model.
func (e *engine) planStep(m *model, s *step) error {
	s.node = -1
	if at, timed := s.Due(e.Duration); timed && e.Duration > 0 && at >= e.Duration {
		return fmt.Errorf("it is due after the end of the measurement (%s): lengthen --duration", e.Duration)
	}
	if err := e.able(m, s); err != nil {
		return err
	}
	if s.Node != "" {
		var err error
		if s.node, err = m.node(s.Node); err != nil {
			return err
		}
		if isGone := m.gone[s.node]; isGone != (s.Kind == timeline.Start) {
			if isGone {
				return fmt.Errorf("node %s is gone by then", s.Node)
			}
			return fmt.Errorf("node %s was not killed before", s.Node)
		}
	}
	switch s.Kind {
	case timeline.Migrate, timeline.Plan:
		return e.planMigration(m, s)
	case timeline.Kill:
		m.gone[s.node] = s.For == 0
	case timeline.Start:
		delete(m.gone, s.node)
	case timeline.AddNode:
		s.node = m.add()
		return nil
	case timeline.RemoveNode:
		if n := m.topology.Slots(s.node); n > 0 {
			return fmt.Errorf("node %s owns %d slots then: move them away before, as with at=… migrate slots=all from=%s to=all", s.Node, n, s.Node)
		}
		m.gone[s.node] = true
		return nil
	}
	s.risked = ownedSlots(m.topology, s.node)
	return nil
}

// planMigration finds the moves of a migration or a plan.
func (e *engine) planMigration(m *model, s *step) (err error) {
	if s.strategy, err = e.about.Can.Choose(cmp.Or(targets.Strategy(s.Strategy), e.Strategy)); err != nil {
		return fmt.Errorf("cannot migrate on %s %s: %w", e.about.Product, e.about.Version, err)
	}
	if s.Kind == timeline.Plan {
		s.moves, err = readPlan(s.File, m)
	} else {
		s.moves, err = m.moves(&s.Event)
		if aimed := e.Workload.Spec().Slot; err == nil && aimed != nil && s.From == "" && s.To == "" && s.Ranges == nil {
			s.moves = aim(s.moves, m.topology, *aimed)
		}
	}
	if err != nil {
		return err
	}
	m.apply(s.moves)
	if s.Keep {
		return nil
	}
	return e.emptied(m)
}

// replicaSetting is what makes a primary that gave its last slot away a
// replica of whoever took it: it cannot take the slots back then.
const replicaSetting = "cluster-allow-replica-migration"

// emptied refuses what an attached cluster could not be given back after.
func (e *engine) emptied(m *model) error {
	if !e.attached() || e.about.Settings[replicaSetting] != "yes" {
		return nil
	}
	for i, node := range e.topology.Nodes {
		if e.topology.Slots(i) > 0 && m.topology.Slots(i) == 0 {
			return fmt.Errorf("it leaves %s without slots, which then becomes a replica of another node (%s) and cannot take them back: leave it some, or say keep=yes",
				node.Addr(), replicaSetting)
		}
	}
	return nil
}

// able says why the target cannot do what a step wants.
func (e *engine) able(m *model, s *step) error {
	can := e.about.Can
	refuse := func(ability, what, advice string) error {
		why := can.Cannot[ability]
		if why == "" {
			why = fmt.Sprintf("the target is %s %s with %d node(s)", e.about.Product, e.about.Mode, len(e.topology.Nodes))
		}
		return fmt.Errorf("cannot %s: %s%s", what, why, advice)
	}
	switch s.Kind {
	case timeline.Migrate, timeline.Plan:
		if !can.Migrate && m.added == 0 {
			if s.byFlag {
				return refuse("migrate", fmt.Sprintf("migrate %d slots", s.Slots), "; use --migrate 0, or a cluster")
			}
			return refuse("migrate", "migrate", "")
		}
	case timeline.Stop, timeline.Kill, timeline.Start:
		if !can.Signal {
			return refuse("signal", "signal its processes", "; only launched nodes can be stopped and killed")
		}
	case timeline.Failover:
		if !can.Failover {
			return refuse("failover", "fail over", "; its nodes need replicas")
		}
	case timeline.AddNode, timeline.RemoveNode:
		if !can.Resize {
			return refuse("resize", "add and remove nodes", "")
		}
	case timeline.Command:
		if e.attached() && s.Undo == nil && !s.NoUndo {
			return fmt.Errorf("the target is attached and is left as it was found: say what puts it back, undo='…', or undo=none if nothing has to be")
		}
	}
	return nil
}

// watchedSlots collects the slots whose writes the ledger follows: those that
// move, and those of nodes that are killed or failed over.
func (e *engine) watchedSlots() {
	seen := map[slot.Slot]bool{}
	add := func(s slot.Slot) {
		if !seen[s] {
			seen[s] = true
			e.watched = append(e.watched, s)
		}
	}
	for _, s := range e.steps {
		for _, move := range s.moves {
			add(move.Slot)
		}
		if s.Kind == timeline.Kill || s.Kind == timeline.Failover {
			for _, risked := range s.risked {
				add(risked)
			}
		}
	}
}

// ownedSlots is a node's slots in their order.
func ownedSlots(t *slot.Topology, node int) []slot.Slot {
	var slots []slot.Slot
	for _, r := range t.Owned(node) {
		for s := int(r.First); s <= int(r.Last); s++ {
			slots = append(slots, slot.Slot(s))
		}
	}
	return slots
}

// aim makes a slot that the workload aims at the first that moves, in the
// place of the last one; all others then leave the same node. The destination
// stays, unless it is that node.
func aim(moves []targets.Move, t *slot.Topology, aimed slot.Slot) []targets.Move {
	from := t.Owner(aimed)
	if from < 0 {
		return moves
	}
	to := moves[0].To
	if to == from {
		to = moves[0].From
	}
	aimedMoves := []targets.Move{{Slot: aimed, From: from, To: to}}
	for s := int(t.Count()) - 1; s >= 0 && len(aimedMoves) < len(moves); s-- {
		if slot.Slot(s) != aimed && t.Owner(slot.Slot(s)) == from {
			aimedMoves = append(aimedMoves, targets.Move{Slot: slot.Slot(s), From: from, To: to})
		}
	}
	return aimedMoves
}

// eventTexts is the timeline as the record's configuration holds it.
func eventTexts(steps []*step) []string {
	texts := make([]string, len(steps))
	for i, s := range steps {
		texts[i] = strings.TrimSpace(s.Text)
	}
	return texts
}
