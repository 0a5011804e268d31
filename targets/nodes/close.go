package nodes

import (
	"context"
	"fmt"
	"strings"

	"slotbench/internal/slot"
	"slotbench/targets"
)

// close closes a slot whose move did not come to its end, and says in words
// what became of it. whole says whether the slot is the destination's now.
//
// Nothing that was told before is relied on: an order may have been carried
// out although its answer was lost. So it asks the destination, in an order
// that loses no key under writes: it stops the import first, and only when no
// key has arrived and none can arrive any more the source goes on alone.
func (m *mover) close(ctx context.Context, move targets.Move, keys *int64) (whole bool, outcome string) {
	ctx, cancel := context.WithTimeout(ctx, closePatience)
	defer cancel()
	whole, err := m.tryClose(ctx, move, keys)
	switch {
	case err != nil:
		return whole, fmt.Sprintf("and the slot could not be closed: %v.\n%s", err, m.byHand(move))
	case whole:
		return true, "the slot was carried through"
	}
	return false, "the slot was closed and stays where it was"
}

func (m *mover) tryClose(ctx context.Context, move targets.Move, keys *int64) (whole bool, err error) {
	from, to := m.nodes[move.From], m.nodes[move.To]
	view, err := to.view(ctx)
	if err != nil {
		return false, err
	}
	if view.Owner(move.Slot) == to.ID {
		return true, m.handOver(ctx, move)
	}
	if err := to.setSlot(ctx, move.Slot, "STABLE"); err != nil {
		return false, err
	}
	counts, err := to.countKeys(ctx, []slot.Slot{move.Slot})
	if err != nil {
		return false, err
	}
	if counts[0] == 0 {
		return false, from.setSlot(ctx, move.Slot, "STABLE")
	}
	if err := m.open(ctx, move); err != nil {
		return false, err
	}
	if err := m.carry(ctx, move, keys, true); err != nil {
		return false, err
	}
	return true, m.handOver(ctx, move)
}

// byHand is the commands that close a slot when its nodes can be reached
// again. They carry the slot through, which is right however far it came.
func (m *mover) byHand(move targets.Move) string {
	from, to := m.nodes[move.From], m.nodes[move.To]
	var text strings.Builder
	cli := func(n node, format string, args ...any) {
		fmt.Fprintf(&text, "  redis-cli -h %s -p %d %s\n", n.Host, n.Port, fmt.Sprintf(format, args...))
	}
	text.WriteString("When both nodes answer, this closes it (with --user and --askpass where needed):\n")
	fmt.Fprintf(&text, "  redis-cli --cluster fix %s\n", from.Addr())
	text.WriteString("or step by step:\n")
	cli(to, "CLUSTER SETSLOT %d IMPORTING %s", move.Slot, from.ID)
	cli(from, "CLUSTER SETSLOT %d MIGRATING %s", move.Slot, to.ID)
	cli(from, "CLUSTER GETKEYSINSLOT %d %d", move.Slot, m.how.Batch)
	cli(from, `MIGRATE %s %d "" 0 %d REPLACE KEYS …   # those keys; repeat both until there are none`,
		to.Host, to.Port, m.how.Timeout.Milliseconds())
	for _, n := range append([]node{to, from}, m.others(move)...) {
		cli(n, "CLUSTER SETSLOT %d NODE %s", move.Slot, to.ID)
	}
	return strings.TrimRight(text.String(), "\n")
}

// others is the primaries that a move is not between. Replicas learn of it by
// themselves, and refuse to be told.
func (m *mover) others(move targets.Move) []node {
	var others []node
	for i, node := range m.nodes {
		if i != move.To && i != move.From && !node.passive && !node.gone {
			others = append(others, node)
		}
	}
	return others
}
