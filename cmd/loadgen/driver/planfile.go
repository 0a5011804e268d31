package driver

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"slotbench/internal/slot"
	"slotbench/targets"
)

// MaxPlanBytes is the longest plan file that is read.
const MaxPlanBytes = 16 << 20

// planFile is the part of a plan file that is executed.
type planFile struct {
	Schema int `json:"schema"`
	Slots  int `json:"slots"`
	Nodes  []struct {
		ID   string `json:"id"`
		Addr string `json:"addr"`
	} `json:"nodes"`
	Moves []struct {
		Start int `json:"start"`
		End   int `json:"end"`
		From  int `json:"from"`
		To    int `json:"to"`
	} `json:"moves"`
}

// readPlan reads a plan file and makes moves of it for the target as it is.
func readPlan(path string, m *model) ([]targets.Move, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, MaxPlanBytes+1))
	if err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	if len(text) > MaxPlanBytes {
		return nil, fmt.Errorf("plan %s: longer than %d bytes", path, MaxPlanBytes)
	}
	moves, err := planMoves(text, m)
	if err != nil {
		return nil, fmt.Errorf("plan %s: %w", path, err)
	}
	return moves, nil
}

// planMoves makes moves of a plan. Its nodes are found by id, by address, and
// where they have neither, by their order.
func planMoves(text []byte, m *model) ([]targets.Move, error) {
	var plan planFile
	if err := json.Unmarshal(text, &plan); err != nil {
		return nil, err
	}
	const schema = 1
	switch {
	case plan.Schema != schema:
		return nil, fmt.Errorf("schema %d: this program executes schema %d", plan.Schema, schema)
	case plan.Slots != int(m.topology.Count()):
		return nil, fmt.Errorf("it is for %d slots, the target has %d", plan.Slots, m.topology.Count())
	}
	nodes := make([]int, len(plan.Nodes))
	for i, n := range plan.Nodes {
		var err error
		if nodes[i], err = m.planNode(i, n.ID, n.Addr); err != nil {
			return nil, err
		}
	}
	var moves []targets.Move
	planned := map[slot.Slot]bool{}
	for i, move := range plan.Moves {
		if min(move.From, move.To) < 0 || max(move.From, move.To) >= len(nodes) || move.From == move.To ||
			move.Start < 0 || move.End < move.Start || move.End >= plan.Slots {
			return nil, fmt.Errorf("moves[%d]: slots %d to %d from node %d to node %d: no such move", i, move.Start, move.End, move.From, move.To)
		}
		for s := move.Start; s <= move.End; s++ {
			owner := m.topology.Owner(slot.Slot(s))
			if owner != nodes[move.From] || planned[slot.Slot(s)] {
				return nil, fmt.Errorf("moves[%d]: slot %d is not on node %d then: the plan was made for another layout", i, s, move.From)
			}
			planned[slot.Slot(s)] = true
			moves = append(moves, targets.Move{Slot: slot.Slot(s), From: owner, To: nodes[move.To]})
		}
	}
	if len(moves) == 0 {
		return nil, fmt.Errorf("it moves no slot")
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
