package driver

import (
	"errors"
	"fmt"
	"io"
	"os"

	"slotbench/internal/rebalance"
	"slotbench/targets"
)

// readPlan reads a plan file and makes moves of it for the target as it is.
func readPlan(path string, m *model) ([]targets.Move, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	defer f.Close()
	moves, err := planMoves(f, m)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return moves, nil
}

// planMoves makes moves of a plan. Its nodes are found by id, by address, and
// where they have neither, by their order.
func planMoves(r io.Reader, m *model) ([]targets.Move, error) {
	plan, err := rebalance.ReadPlan(r)
	if err != nil {
		return nil, err
	}
	if plan.Count != int(m.topology.Count()) {
		return nil, fmt.Errorf("it is for %d slots, the target has %d", plan.Count, m.topology.Count())
	}
	nodes := make([]int, len(plan.Nodes))
	for i, n := range plan.Nodes {
		if nodes[i], err = m.planNode(i, n.ID, n.Addr); err != nil {
			return nil, err
		}
	}
	var moves []targets.Move
	for move := range plan.Slots() {
		owner := m.topology.Owner(move.Slot)
		if owner != nodes[move.From] {
			return nil, fmt.Errorf("slot %d is not on node %d then: the plan was made for another layout", move.Slot, move.From)
		}
		moves = append(moves, targets.Move{Slot: move.Slot, From: owner, To: nodes[move.To]})
	}
	if len(moves) == 0 {
		return nil, errors.New("it moves no slot")
	}
	return moves, nil
}

// planNode finds a plan's node.
func (m *model) planNode(i int, id, addr string) (int, error) {
	for n, node := range m.topology.Nodes {
		if id != "" && node.ID == id || addr != "" && node.Addr() == addr {
			return n, nil
		}
	}
	if addr == "" && i < len(m.topology.Nodes) {
		return i, nil
	}
	return 0, fmt.Errorf("nodes[%d]: the target has no node %s %s", i, id, addr)
}
