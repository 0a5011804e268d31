package main

import (
	"slices"
	"time"

	"slotbench/internal/keyset"
	"slotbench/internal/rebalance"
	"slotbench/internal/slot"
)

// planReport is what analyze plan says, and what its JSON holds.
type planReport struct {
	Inputs  []string `json:"inputs"`
	Partial bool     `json:"partial"` // reading ended before the inputs did

	Keys      uint64 `json:"keys"`
	Bytes     uint64 `json:"bytes"`
	Ops       uint64 `json:"ops"`
	BytesTold bool   `json:"bytes_told"`
	OpsTold   bool   `json:"ops_told"`
	// Of running servers of which a sample of the keys was measured.
	Measured   uint64  `json:"measured_keys,omitempty"`
	Sampled    bool    `json:"bytes_sampled,omitempty"`
	BytesError float64 `json:"bytes_error,omitempty"` // the half of a 95 % interval
	Slots      int     `json:"slots"`

	BalancedBy []string `json:"balanced_by"`
	CostUnit   string   `json:"cost_unit"` // what moved and bound count: bytes or keys
	Tolerance  float64  `json:"tolerance"` // as aimed for; lower than asked for if Tightened
	Tightened  bool     `json:"tightened"` // valkey-cli's rule would end evener than asked for
	Within     bool     `json:"within_tolerance"`
	Stopped    bool     `json:"stopped"` // the search was ended early

	Bound     float64     `json:"bound"` // no plan within the tolerance moves less
	Gap       float64     `json:"gap"`   // of what the plan moves over the bound, as a share
	Before    planOutcome `json:"before"`
	Plan      planOutcome `json:"plan"`
	Counted   planOutcome `json:"by_count"` // what valkey-cli --cluster rebalance would do
	Floors    []planFloor `json:"floors"`
	Nodes     []planNode  `json:"nodes"`
	Moves     []planMove  `json:"moves"`
	Rate      *planRate   `json:"rate,omitempty"`
	Schedule  []planSpan  `json:"schedule,omitempty"`
	Overrun   int         `json:"slots_longer_than_a_window,omitempty"`
	Seconds   float64     `json:"seconds,omitempty"` // of moving, without waiting
	counted   bool        // the plan is valkey-cli's
	contained []measure   // the measures that the inputs tell
	begin     time.Time   // of the schedule, as asked for
	windows   []string    // as asked for
	before    *slot.Topology
	file      *rebalance.Plan
}

// planOutcome is where a plan leads.
type planOutcome struct {
	Moved      float64            `json:"moved"`
	MovedShare float64            `json:"moved_share"`
	SlotsMoved int                `json:"slots_moved"`
	Ranges     int                `json:"ranges"`          // that all nodes own together
	Imbalance  map[string]float64 `json:"max_over_target"` // by measure
	balanced   []string
}

// worst is the largest imbalance by what is balanced; -1 stands for load where
// there should be none.
func (o *planOutcome) worst() float64 {
	worst := 0.0
	for _, name := range o.balanced {
		if o.Imbalance[name] < 0 {
			return -1
		}
		worst = max(worst, o.Imbalance[name])
	}
	return worst
}

// planFloor is what no distribution goes under, and what sets it.
type planFloor struct {
	By        string      `json:"by"`
	Imbalance float64     `json:"max_over_target"`
	Slots     []slot.Slot `json:"slots,omitempty"`
	Together  int         `json:"together,omitempty"` // of these slots, or as light ones, some node must hold so many
	SlotShare float64     `json:"slot_share,omitempty"`
	Tag       string      `json:"tag,omitempty"`       // the heaviest hash tag in the first of the slots
	TagShare  float64     `json:"tag_share,omitempty"` // of that slot's load, at least
}

// planNode is one node before and after.
type planNode struct {
	Node        int     `json:"node"`
	Addr        string  `json:"addr,omitempty"`
	Weight      float64 `json:"weight"`
	SlotsBefore int     `json:"slots_before"`
	SlotsAfter  int     `json:"slots_after"`
	KeysBefore  float64 `json:"keys_before"`
	KeysAfter   float64 `json:"keys_after"`
	BytesBefore float64 `json:"bytes_before"`
	BytesAfter  float64 `json:"bytes_after"`
	OpsBefore   float64 `json:"ops_before"`
	OpsAfter    float64 `json:"ops_after"`
	// Over is the load over its target, of the measure that is furthest over;
	// 0 for a node that leaves.
	OverBefore float64 `json:"over_target_before"`
	OverAfter  float64 `json:"over_target_after"`
	RangeAfter string  `json:"range_after"`
}

// planMove is a range that moves.
type planMove struct {
	Start int     `json:"start"`
	End   int     `json:"end"`
	From  int     `json:"from"`
	To    int     `json:"to"`
	Keys  float64 `json:"keys"`
	Bytes float64 `json:"bytes"`
	Ops   float64 `json:"ops"`
}

// planRate is how fast slots move.
type planRate struct {
	PerSecond float64 `json:"per_second"`
	Unit      string  `json:"unit"`
	From      string  `json:"from"`
}

// planSpan is work in one stretch of time.
type planSpan struct {
	Begin     time.Time `json:"begin"`
	End       time.Time `json:"end"`
	Slots     int       `json:"slots"`
	Moved     float64   `json:"moved"` // in the rate's unit
	FirstSlot int       `json:"first_slot"`
}

// loads are the accounts of the keyset by slot: keys, bytes, ops, and one for
// each slot.
func loadsOf(s *keyset.Summary, n slot.Count) [][]float64 {
	loads := make([][]float64, len(measureNames))
	for m := range loads {
		loads[m] = make([]float64, n)
		if measure(m) == bySlots {
			for i := range loads[m] {
				loads[m][i] = 1
			}
			continue
		}
		for i, load := range s.Bins.BySlot(keyset.Measure(m), n) {
			loads[m][i] = float64(load)
		}
	}
	return loads
}

// problem is what is to be solved for a cluster of that many nodes, to which
// some come.
func (o *planOptions) problem(s *keyset.Summary, add int, remove []int) *rebalance.Problem {
	before := slot.Even(slot.Count(o.slots), make([]slot.Node, o.nodes))
	if o.current != nil {
		before = o.current.Clone()
	}
	before.Nodes = append(slices.Clone(before.Nodes), make([]slot.Node, add)...)
	for i := range before.Nodes {
		if i < len(o.addrs) {
			addr, _ := splitAddr(o.addrs[i]) // validated
			before.Nodes[i].Host, before.Nodes[i].Port = addr.Host, addr.Port
		}
		if i < len(o.ids) {
			before.Nodes[i].ID = o.ids[i]
		}
	}
	loads := loadsOf(s, slot.Count(o.slots))
	p := &rebalance.Problem{Before: before, Stop: o.stop, Tolerance: o.tolerated, Contiguity: o.contiguous, Cost: loads[byKeys]}
	if s.HasBytes {
		p.Cost = loads[byBytes]
	}
	for _, m := range o.balanced() {
		p.Loads = append(p.Loads, loads[m])
	}
	if len(o.weights) > 0 || len(remove) > 0 {
		p.Weights = make([]float64, len(before.Nodes))
		for i := range p.Weights {
			p.Weights[i] = 1
			if len(o.weights) > 0 {
				p.Weights[i] = o.weights[i]
			}
			if slices.Contains(remove, i) {
				p.Weights[i] = 0
			}
		}
	}
	if len(o.pinned) > 0 {
		p.Pinned = make([]bool, o.slots)
		for _, r := range o.pinned {
			for at := int(r.First); at <= int(r.Last); at++ {
				p.Pinned[at] = true
			}
		}
	}
	return p
}

// balanced is what is balanced; with --by count that is slots.
func (o *planOptions) balanced() []measure {
	if o.byCount {
		return []measure{bySlots}
	}
	return o.measures
}

// search is the plan for a problem. With --by count that is valkey-cli's.
func (o *planOptions) search(p *rebalance.Problem) (*rebalance.Result, error) {
	found, err := rebalance.Search(p)
	if err == nil && o.byCount {
		found.Plan = found.Counted
	}
	return found, err
}

func newPlanReport(o *planOptions, s *keyset.Summary, inputs []string) (*planReport, error) {
	p := o.problem(s, o.add, o.remove)
	found, err := o.search(p)
	if err != nil {
		return nil, err
	}
	r := &planReport{
		Inputs: inputs, Partial: s.Partial, Keys: s.Keys, Bytes: s.Bytes, Ops: s.Ops, BytesTold: s.HasBytes, OpsTold: s.HasOps,
		Measured: s.Measured, Sampled: s.Sampled, BytesError: bytesError(s),
		Slots: o.slots, CostUnit: "keys", Tolerance: found.Problem.Tolerance, Tightened: found.Tightened && !o.byCount, Within: found.Within() || o.byCount, Stopped: found.Stopped,
		Bound: found.Bound, Gap: found.Gap(), counted: o.byCount, contained: []measure{byKeys}, begin: o.begin, windows: o.windows,
		before: p.Before, file: rebalance.NewPlan(p.Before, found.Plan.After),
	}
	if s.HasBytes {
		r.CostUnit = "bytes"
		r.contained = append(r.contained, byBytes)
	}
	if s.HasOps {
		r.contained = append(r.contained, byOps)
	}
	for _, m := range o.balanced() {
		r.BalancedBy = append(r.BalancedBy, m.String())
	}
	loads := loadsOf(s, slot.Count(o.slots))
	all := *p
	all.Loads = loads
	r.Before, r.Plan, r.Counted = r.outcome(&all, found.Before), r.outcome(&all, found.Plan), r.outcome(&all, found.Counted)
	for i, floor := range found.Floors {
		r.Floors = append(r.Floors, newPlanFloor(o.balanced()[i], floor, loads, s))
	}
	r.addNodes(&all, found)
	for _, m := range r.file.Moves {
		move := planMove{Start: m.Start, End: m.End, From: m.From, To: m.To}
		for at := m.Start; at <= m.End; at++ {
			move.Keys, move.Bytes, move.Ops = move.Keys+loads[byKeys][at], move.Bytes+loads[byBytes][at], move.Ops+loads[byOps][at]
		}
		r.Moves = append(r.Moves, move)
	}
	return r, r.addSchedule(o, loads)
}

func (r *planReport) outcome(all *rebalance.Problem, o *rebalance.Outcome) planOutcome {
	full := all.Assess(o.After)
	out := planOutcome{Moved: o.Moved, SlotsMoved: o.Slots, Ranges: o.Fragments, Imbalance: map[string]float64{}, balanced: r.BalancedBy}
	total := float64(r.Keys)
	if r.BytesTold {
		total = float64(r.Bytes)
	}
	if total > 0 {
		out.MovedShare = o.Moved / total
	}
	for _, m := range append(slices.Clone(r.contained), bySlots) {
		out.Imbalance[m.String()] = finite(full.Imbalance[m])
	}
	return out
}

// finite keeps an infinite imbalance, of a node that should have nothing, out
// of JSON, which cannot say it: -1.
func finite(x float64) float64 {
	if x > 1e300 {
		return -1
	}
	return x
}

func (r *planReport) addNodes(all *rebalance.Problem, found *rebalance.Result) {
	before, after := all.Assess(found.Before.After), all.Assess(found.Plan.After)
	targets := all.Targets()
	for i, node := range found.Plan.After.Nodes {
		n := planNode{
			Node: i, Weight: 1, SlotsBefore: int(before.Loads[bySlots][i]), SlotsAfter: int(after.Loads[bySlots][i]),
			KeysBefore: before.Loads[byKeys][i], KeysAfter: after.Loads[byKeys][i],
			BytesBefore: before.Loads[byBytes][i], BytesAfter: after.Loads[byBytes][i],
			OpsBefore: before.Loads[byOps][i], OpsAfter: after.Loads[byOps][i],
		}
		if node.Host != "" {
			n.Addr = node.Addr()
		}
		if all.Weights != nil {
			n.Weight = all.Weights[i]
		}
		for _, name := range r.BalancedBy {
			m := slices.Index(measureNames, name)
			if target := targets[m][i]; target > 0 {
				n.OverBefore = max(n.OverBefore, before.Loads[m][i]/target)
				n.OverAfter = max(n.OverAfter, after.Loads[m][i]/target)
			}
		}
		for j, owned := range found.Plan.After.Owned(i) {
			if j > 0 {
				n.RangeAfter += " "
			}
			n.RangeAfter += owned.String()
		}
		r.Nodes = append(r.Nodes, n)
	}
}
