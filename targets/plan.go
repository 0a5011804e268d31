package targets

import (
	"fmt"
	"slices"

	"slotbench/internal/slot"
)

// PlanMoves plans to move n slots from one node to the next: from the one that
// owns most (the first of those) to the one that owns least (the last of
// those), its highest slots. It moves one way only, as adding a node or
// resharding does, so that no slot moves twice.
func PlanMoves(t *slot.Topology, n int) ([]Move, error) {
	var present []int
	for node := range t.Nodes {
		if !t.Nodes[node].Away {
			present = append(present, node)
		}
	}
	if len(present) < 2 {
		return nil, fmt.Errorf("cannot migrate: the target has one node")
	}
	from := present[0]
	for _, node := range present {
		if t.Slots(node) > t.Slots(from) {
			from = node
		}
	}
	to := from
	for _, node := range slices.Backward(present) {
		if node != from && (to == from || t.Slots(node) < t.Slots(to)) {
			to = node
		}
	}
	if owned := t.Slots(from); owned < n {
		return nil, fmt.Errorf("cannot migrate %d slots: no node owns more than %d", n, owned)
	}
	moves := make([]Move, 0, n)
	for s := int(t.Count()) - 1; len(moves) < n; s-- {
		if t.Owner(slot.Slot(s)) == from {
			moves = append(moves, Move{Slot: slot.Slot(s), From: from, To: to})
		}
	}
	return moves, nil
}
