package rebalance

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"

	"slotbench/internal/slot"
)

// PlanSchema is the version of the plan file that this package writes and
// reads.
const PlanSchema = 1

// Limits on a plan file.
const (
	MaxPlanBytes = 16 << 20
	MaxPlanNodes = int(slot.MaxCount)
)

// Plan is the plan file: which slots go from which node to which. It is what
// analyze plan writes and loadgen executes.
type Plan struct {
	Schema int        `json:"schema"` // PlanSchema
	Count  int        `json:"slots"`  // how many slots the cluster has
	Nodes  []PlanNode `json:"nodes"`
	Moves  []PlanMove `json:"moves"` // in the order in which they run
}

// PlanNode is a primary. Where Addr is empty, nodes are told by their order.
type PlanNode struct {
	ID   string `json:"id"`
	Addr string `json:"addr"` // host:port
}

// PlanMove is a run of slots, closed at both ends, that leaves one node for
// another.
type PlanMove struct {
	Start int `json:"start"`
	End   int `json:"end"`
	From  int `json:"from"` // index into Nodes
	To    int `json:"to"`   // index into Nodes
}

// NewPlan is the plan file's form of the way from one topology to another.
func NewPlan(before, after *slot.Topology) *Plan {
	p := &Plan{Schema: PlanSchema, Count: int(before.Count()), Nodes: []PlanNode{}, Moves: Moves(before, after)}
	for _, node := range after.Nodes {
		one := PlanNode{ID: node.ID}
		if node.Host != "" {
			one.Addr = node.Addr()
		}
		p.Nodes = append(p.Nodes, one)
	}
	return p
}

// SlotMove is the move of one slot between two nodes of the plan.
type SlotMove struct {
	Slot     slot.Slot
	From, To int
}

// Slots iterates the moves slot by slot, in the order in which they run.
func (p *Plan) Slots() iter.Seq[SlotMove] {
	return func(yield func(SlotMove) bool) {
		for _, m := range p.Moves {
			for s := m.Start; s <= m.End; s++ {
				if !yield(SlotMove{slot.Slot(s), m.From, m.To}) {
					return
				}
			}
		}
	}
}

// Len is how many slots move.
func (p *Plan) Len() int {
	n := 0
	for _, m := range p.Moves {
		n += m.End - m.Start + 1
	}
	return n
}

// ReadPlan reads a plan file and checks it: every move within the slots and
// between two different nodes of the plan, no slot twice.
func ReadPlan(r io.Reader) (*Plan, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxPlanBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read the plan: %w", err)
	}
	if len(data) > MaxPlanBytes {
		return nil, fmt.Errorf("plan: longer than %d bytes", MaxPlanBytes)
	}
	p := &Plan{}
	if err := json.Unmarshal(data, p); err != nil {
		return nil, fmt.Errorf("plan: no JSON as analyze plan --emit plan writes it: %w", planFault(err))
	}
	if err := p.validate(); err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	return p, nil
}

// planFault adds the place to an error of JSON that knows it.
func planFault(err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("offset %d: %w", syntax.Offset, err)
	}
	return err
}

// maxPlanFaults is how many faults of one file are named.
const maxPlanFaults = 10

func (p *Plan) validate() error {
	if p.Schema != PlanSchema {
		return fmt.Errorf("schema %d: want %d", p.Schema, PlanSchema)
	}
	if err := slot.Count(p.Count).Validate(); err != nil {
		return fmt.Errorf("slots: %w", err)
	}
	if len(p.Nodes) > MaxPlanNodes {
		return fmt.Errorf("nodes: %d of them, at most %d", len(p.Nodes), MaxPlanNodes)
	}
	var faults []error
	moved := make([]bool, p.Count)
	for i, m := range p.Moves {
		if len(faults) == maxPlanFaults {
			break
		}
		if err := p.checkMove(m, moved); err != nil {
			faults = append(faults, fmt.Errorf("moves[%d]: %w", i, err))
		}
	}
	return errors.Join(faults...)
}

func (p *Plan) checkMove(m PlanMove, moved []bool) error {
	if m.Start < 0 || m.End < m.Start || m.End >= p.Count {
		return fmt.Errorf("slots %d to %d: want an ascending range within 0 to %d", m.Start, m.End, p.Count-1)
	}
	for _, node := range []int{m.From, m.To} {
		if node < 0 || node >= len(p.Nodes) {
			return fmt.Errorf("node %d: the plan has nodes 0 to %d", node, len(p.Nodes)-1)
		}
	}
	if m.From == m.To {
		return fmt.Errorf("from node %d to itself", m.From)
	}
	for s := m.Start; s <= m.End; s++ {
		if moved[s] {
			return fmt.Errorf("slot %d is moved twice", s)
		}
		moved[s] = true
	}
	return nil
}

// WriteTo writes the plan file, a move a line.
func (p *Plan) WriteTo(w io.Writer) (int64, error) {
	text := fmt.Appendf(nil, "{\"schema\":%d,\"slots\":%d,\"nodes\":", p.Schema, p.Count)
	text, err := appendList(text, p.Nodes)
	if err != nil {
		return 0, err
	}
	text = append(text, ",\"moves\":"...)
	if text, err = appendList(text, p.Moves); err != nil {
		return 0, err
	}
	n, err := w.Write(append(text, "}\n"...))
	return int64(n), err
}

// appendList writes a JSON array, an element a line.
func appendList[T any](text []byte, list []T) ([]byte, error) {
	text = append(text, '[')
	for i, element := range list {
		if i > 0 {
			text = append(text, ',')
		}
		one, err := json.Marshal(element)
		if err != nil {
			return nil, err
		}
		text = append(append(text, '\n'), one...)
	}
	return append(text, ']'), nil
}
