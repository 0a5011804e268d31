package driver

import (
	"context"
	"fmt"
	"strings"

	"slotbench/internal/slot"
	"slotbench/targets"
)

// owedCommand is what puts back what a command changed.
type owedCommand struct {
	node int
	undo []string
	paid func()
}

// owedFailover is a node whose replica took over.
type owedFailover struct {
	node int
	slot slot.Slot // one that it owned
	paid func()
}

// oweSlots notes, before the first slot moves, what would move them back.
func (e *engine) oweSlots(moves []targets.Move) {
	type way struct{ from, to int }
	byWay := map[way][]slot.Slot{}
	var ways []way
	for _, move := range moves {
		w := way{e.home(move.Slot), move.To}
		if w.from < 0 {
			w.from = move.From
		}
		if byWay[w] == nil {
			ways = append(ways, w)
		}
		byWay[w] = append(byWay[w], move.Slot)
	}
	for _, w := range ways {
		if w.from == w.to {
			continue
		}
		from, to, slots := e.topology.Nodes[w.from], e.topology.Nodes[w.to], byWay[w]
		e.slotsPaid = append(e.slotsPaid, e.Debts.owe(fmt.Sprintf("%s of %s may be on %s; to close an open one: redis-cli --cluster fix %s; to move as many back: "+
			"redis-cli --cluster reshard %s --cluster-from %s --cluster-to %s --cluster-slots %d --cluster-yes",
			shortSlots(slots), from.Addr(), to.Addr(), from.Addr(), from.Addr(), to.ID, from.ID, len(slots))))
	}
}

// maxShownRanges bounds how many ranges of slots one line names.
const maxShownRanges = 8

// shortSlots is slots for people: how many, and the first of their ranges.
func shortSlots(slots []slot.Slot) string {
	ranges, more := slot.Ranges(slots), ""
	if len(ranges) > maxShownRanges {
		ranges, more = ranges[:maxShownRanges], " …"
	}
	return fmt.Sprintf("%d slots (%s%s)", len(slots), strings.Trim(fmt.Sprint(ranges), "[]"), more)
}

// oweOpenSlots notes that slots which are to stay where they go are on their
// way, until the returned function is called.
func (e *engine) oweOpenSlots(moves []targets.Move) (paid func()) {
	if len(moves) == 0 {
		return func() {}
	}
	slots := make([]slot.Slot, len(moves))
	for i, move := range moves {
		slots[i] = move.Slot
	}
	return e.Debts.owe(fmt.Sprintf("%s were being moved, to be kept there; some may have moved already; to close an open one: redis-cli --cluster fix %s",
		shortSlots(slots), e.topology.Nodes[moves[0].From].Addr()))
}

// home is the node that a slot belongs on when the run is over: where it was
// before the run, or where an event took it to be kept there.
func (e *engine) home(s slot.Slot) int {
	if node, kept := e.kept[s]; kept {
		return node
	}
	return e.topology.Owner(s)
}

// keepSlots makes the nodes to which slots were moved their homes.
func (e *engine) keepSlots(moved []targets.Moved) {
	if e.kept == nil {
		e.kept = map[slot.Slot]int{}
	}
	for _, move := range moved {
		e.kept[move.Slot] = move.To
	}
}

// moveBack returns the slots that are not at home.
func (e *engine) moveBack(ctx context.Context) error {
	topology, err := e.Cluster.Topology(ctx)
	if err != nil {
		return err
	}
	var back []targets.Move
	for _, s := range e.watched {
		was, owner := e.home(s), topology.Owner(s)
		if was >= 0 && owner >= 0 && owner != was {
			back = append(back, targets.Move{Slot: s, From: owner, To: was})
		}
	}
	if len(back) == 0 {
		return nil
	}
	_, err = e.Cluster.Migrate(ctx, back, targets.Migration{})
	return err
}

// oweCommand notes, before a command runs, what puts back what it changes.
func (e *engine) oweCommand(s *step) {
	e.commands = append(e.commands, owedCommand{s.node, s.Undo, e.Debts.owe(fmt.Sprintf(
		"%s was changed by %q; to put it back: redis-cli -u redis://%s %s",
		e.topology.Nodes[s.node].Addr(), strings.Join(s.Run, " "), e.topology.Nodes[s.node].Addr(), strings.Join(s.Undo, " ")))})
}

// restoreCommands runs what puts back what commands changed, the last first.
func (e *engine) restoreCommands(ctx context.Context) {
	for i := len(e.commands) - 1; i >= 0; i-- {
		owed := e.commands[i]
		asking, cancel := beyond(ctx, statsTimeout)
		_, err := e.Cluster.Command(asking, owed.node, owed.undo...)
		cancel()
		if err != nil {
			e.warn("%s was not put back: %v", strings.Join(owed.undo, " "), err)
			continue
		}
		owed.paid()
	}
}

// oweFailover notes that a replica is to take over on somebody else's cluster.
func (e *engine) oweFailover(s *step) {
	owned := ownedSlots(e.topology, s.node)
	if len(owned) == 0 {
		return
	}
	node := e.topology.Nodes[s.node]
	how := fmt.Sprintf("redis-cli -h %s -p %d CLUSTER FAILOVER", node.Host, node.Port)
	if e.about.Mode != modeCluster {
		how = "SENTINEL FAILOVER NAME at one of its Sentinels"
	}
	e.failedOver = append(e.failedOver, owedFailover{s.node, owned[0], e.Debts.owe(fmt.Sprintf(
		"a replica took over from %s; to make it the primary again: %s", node.Addr(), how))})
}

// failBack makes the old primaries primaries again.
func (e *engine) failBack(ctx context.Context) {
	for _, owed := range e.failedOver {
		node := e.topology.Nodes[owed.node]
		err := func() error {
			topology, err := e.Cluster.Topology(ctx)
			if err != nil {
				return err
			}
			owner := topology.Owner(owed.slot)
			if owner >= 0 && topology.Nodes[owner].Addr() == node.Addr() {
				return nil
			}
			if err = e.Cluster.Failover(ctx, owner); err != nil {
				return err
			}
			if topology, err = e.Cluster.Topology(ctx); err != nil {
				return err
			}
			if owner = topology.Owner(owed.slot); owner < 0 || topology.Nodes[owner].Addr() != node.Addr() {
				return fmt.Errorf("another replica took over")
			}
			return nil
		}()
		if err != nil {
			e.warn("%s is not the primary again: %v; redis-cli -h %s -p %d CLUSTER FAILOVER does it", node.Addr(), err, node.Host, node.Port)
			continue
		}
		owed.paid()
	}
}
