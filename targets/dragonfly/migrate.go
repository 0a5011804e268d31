package dragonfly

import (
	"context"
	"errors"
	"fmt"

	"slotbench/internal/slot"
	"slotbench/targets"
	"slotbench/targets/nodes"
)

// Migrate moves slots by Dragonfly's own migration: a configuration that
// orders it is pushed to all nodes, the source is asked how far it is, and
// when it has finished a configuration with the new owners closes it. From
// then on the source has none of the keys.
func (c *cluster) Migrate(ctx context.Context, moves []targets.Move, how targets.Migration) ([]targets.Moved, error) {
	switch {
	case c.emulated:
		return nil, fmt.Errorf("migrate slots: an emulated cluster has one node: %w", targets.ErrUnsupported)
	case c.adminPort == nil:
		return nil, fmt.Errorf("migrate slots: %s: %w", noAdmin, targets.ErrUnsupported)
	}
	if _, err := (targets.Abilities{Strategies: []targets.Strategy{targets.Pushed}}).Choose(how.Strategy); err != nil {
		return nil, err
	}
	return c.MigrateRanges(ctx, moves, how, &mover{cluster: c})
}

// maxErrors is how often in a row a migration may be found in error: it begins
// again by itself, for ever.
const maxErrors = 1000

// mover is one migration under way at a time:
//
//	ordered ──FINISHED──▶ finished ──closing configuration──▶ closed
//	ordered ──Cancel: the configuration from before──▶ cancelled
//
// One that has finished is never cancelled: the destination serves the slots
// and has taken writes.
type mover struct {
	*cluster
	before    *slot.Topology // as it was when the batch began
	cancelled bool
	errors    int
}

var _ nodes.RangeMover = (*mover)(nil)

// Begin pushes the configuration that orders the migration.
func (m *mover) Begin(ctx context.Context, b nodes.Batch) (string, error) {
	var err error
	if m.before, err = m.Topology(ctx); err != nil {
		return "", err
	}
	m.cancelled, m.errors = false, 0
	to := m.before.Nodes[b.To]
	order := nodes.PushedMigration{From: b.From, To: b.To, Ranges: b.Ranges, Port: m.adminPort(to.Port)}
	if err := m.Push(ctx, m.before, []nodes.PushedMigration{order}); err != nil {
		return "", errors.Join(err, m.Push(ctx, m.before, nil))
	}
	return to.ID, nil
}

// Progress is the source's word. It closes a migration that has finished.
func (m *mover) Progress(ctx context.Context, b nodes.Batch, task string) (nodes.Progress, error) {
	if m.cancelled {
		return nodes.Progress{State: "cancelled", Ended: true}, nil
	}
	state, message, err := m.state(ctx, b, task)
	if err != nil {
		return nodes.Progress{}, err
	}
	progress := nodes.Progress{State: state, Message: message}
	switch state {
	case "FINISHED":
		if err := m.Push(ctx, m.after(b), nil); err != nil {
			return progress, fmt.Errorf("the closing configuration: %w", err)
		}
		progress.Ended, progress.Moved = true, true
	case "FATAL":
		progress.Ended = true
		return progress, m.Push(ctx, m.before, nil)
	case "ERROR":
		if m.errors++; m.errors >= maxErrors {
			progress.Ended = true
			return progress, m.Push(ctx, m.before, nil)
		}
	default:
		m.errors = 0
	}
	return progress, nil
}

// after is the topology with the batch's new owner.
func (m *mover) after(b nodes.Batch) *slot.Topology {
	t := m.before.Clone()
	for _, r := range b.Ranges {
		t.SetRange(r, b.To)
	}
	return t
}

// state finds the migration in DFLYCLUSTER SLOT-MIGRATION-STATUS: direction,
// peer, state, keys, error or "0", and in newer versions the ranges.
func (m *mover) state(ctx context.Context, b nodes.Batch, task string) (state, message string, err error) {
	addr := m.before.Nodes[b.From].Addr()
	answer, err := m.Do(ctx, b.From, "DFLYCLUSTER", "SLOT-MIGRATION-STATUS", task)
	if err != nil {
		return "", "", err
	}
	list, ok := answer.([]any)
	if !ok {
		return "", "", fmt.Errorf("node %s: SLOT-MIGRATION-STATUS: the answer is no list", addr)
	}
	for _, entry := range list {
		fields, _ := entry.([]any)
		if len(fields) < 5 {
			return "", "", fmt.Errorf("node %s: SLOT-MIGRATION-STATUS: an entry has %d fields, want 5 or more", addr, len(fields))
		}
		if fields[0] == "out" && fields[1] == task {
			if message = fmt.Sprint(fields[4]); message == "0" {
				message = ""
			}
			return fmt.Sprint(fields[2]), message, nil
		}
	}
	return "", "", fmt.Errorf("node %s does not tell of the migration to %s", addr, task)
}

// Cancel pushes the configuration from before, unless the migration has
// finished. Between the question and the push it may still finish: what is
// written to the destination in that moment is lost, which Dragonfly has no
// way to prevent.
func (m *mover) Cancel(ctx context.Context, b nodes.Batch, task string) error {
	if state, _, err := m.state(ctx, b, task); err == nil && state == "FINISHED" {
		return nil // Progress will close it
	}
	if err := m.Push(ctx, m.before, nil); err != nil {
		return err
	}
	m.cancelled = true
	return nil
}

// ByHand is the configurations, either of which closes the migration.
func (m *mover) ByHand(b nodes.Batch, _ string) string {
	if m.before == nil {
		return "nothing was pushed"
	}
	before, errBefore := nodes.PushedConfig(m.before, nil)
	after, errAfter := nodes.PushedConfig(m.after(b), nil)
	if err := errors.Join(errBefore, errAfter); err != nil {
		return err.Error()
	}
	from := m.before.Nodes[b.From]
	return fmt.Sprintf("To see it:\n  redis-cli -h %s -p %d DFLYCLUSTER SLOT-MIGRATION-STATUS\n"+
		"If it is FINISHED, send this to every node:\n  DFLYCLUSTER CONFIG '%s'\nelse this:\n  DFLYCLUSTER CONFIG '%s'",
		from.Host, from.Port, after, before)
}

// Keys is how many keys a node holds in each of the slots.
func (m *mover) Keys(ctx context.Context, node int, slots []slot.Slot) ([]int64, error) {
	return m.CountKeys(ctx, node, slots)
}

// Bytes is what the sources' accounts say.
func (m *mover) Bytes(ctx context.Context, moves []targets.Move) map[slot.Slot]int64 {
	bytes := map[slot.Slot]int64{}
	bySource := map[int][]slot.Slot{}
	for _, move := range moves {
		bySource[move.From] = append(bySource[move.From], move.Slot)
	}
	for source, slots := range bySource {
		stats, err := m.SlotInfo(ctx, source, slots)
		if err != nil {
			continue
		}
		for _, s := range stats {
			bytes[s.Slot] = s.Bytes
		}
	}
	return bytes
}
