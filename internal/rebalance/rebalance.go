// Package rebalance decides which slots should move to which node, and says how
// close to the best possible that is. It is arithmetic: it opens nothing, reads
// no clock and has no random source, so equal questions get equal answers.
//
// To balance loads that come in lumps at least cost is NP-hard, so a plan is
// searched, not computed, and stands beside a lower bound that no plan can go
// under: see Bound and Floor.
package rebalance

import (
	"errors"
	"fmt"
	"math"

	"slotbench/internal/slot"
)

// Problem is a cluster that is to be balanced.
type Problem struct {
	// Before says who owns each slot now. New nodes stand in its Nodes and own
	// nothing; every slot has an owner.
	Before *slot.Topology
	// Weights are the nodes' shares, any unit; nil: all the same. A node of
	// weight 0 is emptied.
	Weights []float64
	// Loads are the measures to balance: Loads[m][s] is slot s's.
	Loads [][]float64
	// Cost is what it costs to move a slot; bytes, as a rule.
	Cost []float64
	// Tolerance is how far over its target a node may end: 0.01 is one percent.
	Tolerance float64
	// Pinned slots stay where they are; nil: none.
	Pinned []bool
	// Contiguity is how much more than necessary may be moved to keep ranges
	// whole: 0.005 is half a percent.
	Contiguity float64
	// Stop, once closed, has the search end soon with the best that it has; nil:
	// it takes the time that it takes.
	Stop <-chan struct{}
}

// stopped says whether the search is to end.
func (p *Problem) stopped() bool {
	select {
	case <-p.Stop:
		return true
	default:
		return false
	}
}

// Validate names every fault of a problem.
func (p *Problem) Validate() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	slots, nodes := int(p.Before.Count()), len(p.Before.Nodes)
	if nodes == 0 {
		return errors.New("there are no nodes")
	}
	if p.Weights != nil && len(p.Weights) != nodes {
		fault("%d weights for %d nodes", len(p.Weights), nodes)
	}
	total := 0.0
	for i, w := range p.Weights {
		if !(w >= 0) || math.IsInf(w, 1) {
			fault("weight %v of node %d: want a number from 0", w, i)
		}
		total += w
	}
	if p.Weights != nil && !(total > 0) {
		fault("every node has weight 0: nobody is left to own the slots")
	}
	if len(p.Loads) == 0 {
		fault("there is no measure to balance")
	}
	for _, loads := range append([][]float64{p.Cost}, p.Loads...) {
		if len(loads) != slots {
			fault("%d loads for %d slots", len(loads), slots)
		}
		for s, load := range loads {
			if !(load >= 0) || math.IsInf(load, 1) {
				fault("slot %d has load %v", s, load)
				break
			}
		}
	}
	if !(p.Tolerance >= 0) || math.IsInf(p.Tolerance, 1) {
		fault("tolerance %v: want a number from 0", p.Tolerance)
	}
	return errors.Join(append(faults, p.checkOwners()...)...)
}

// checkOwners says which slots cannot be planned with.
func (p *Problem) checkOwners() (faults []error) {
	if p.Pinned != nil && len(p.Pinned) != int(p.Before.Count()) {
		return []error{fmt.Errorf("pins for %d slots of %d", len(p.Pinned), p.Before.Count())}
	}
	for s := range int(p.Before.Count()) {
		owner := p.Before.Owner(slot.Slot(s))
		switch {
		case owner == slot.NoOwner:
			return []error{fmt.Errorf("slot %d has no owner (%d slots have none): every slot must be served before it can be moved", s, p.Before.Slots(slot.NoOwner))}
		case p.pinned(s) && owner < len(p.Weights) && p.Weights[owner] == 0:
			return []error{fmt.Errorf("slot %d is pinned to node %d, which is to be emptied", s, owner)}
		}
	}
	return nil
}

func (p *Problem) pinned(s int) bool { return p.Pinned != nil && p.Pinned[s] }

func (p *Problem) weight(node int) float64 {
	if p.Weights == nil {
		return 1
	}
	return p.Weights[node]
}

// Targets is what every node would have of every measure in perfect balance:
// [measure][node].
func (p *Problem) Targets() [][]float64 {
	weights := 0.0
	for i := range p.Before.Nodes {
		weights += p.weight(i)
	}
	targets := make([][]float64, len(p.Loads))
	for m, loads := range p.Loads {
		total := sum(loads)
		targets[m] = make([]float64, len(p.Before.Nodes))
		for i := range targets[m] {
			targets[m][i] = total * p.weight(i) / weights
		}
	}
	return targets
}

// Outcome is where a plan leads, and what it costs.
type Outcome struct {
	After *slot.Topology
	// Loads are what the nodes have then: [measure][node].
	Loads [][]float64
	// Imbalance is the largest load over its target, by measure: 1 is perfect.
	// Load on a node that was to be emptied counts as infinite.
	Imbalance []float64
	Moved     float64 // in the unit of Problem.Cost
	Slots     int     // that move
	Fragments int     // how many ranges the nodes own together; Before has its own
}

// Assess says what it means to go from p.Before to after.
func (p *Problem) Assess(after *slot.Topology) *Outcome {
	o := &Outcome{After: after, Loads: make([][]float64, len(p.Loads)), Imbalance: make([]float64, len(p.Loads)), Fragments: Fragments(after)}
	for s := range p.Cost {
		if after.Owner(slot.Slot(s)) != p.Before.Owner(slot.Slot(s)) {
			o.Moved += p.Cost[s]
			o.Slots++
		}
	}
	targets := p.Targets()
	for m, loads := range p.Loads {
		o.Loads[m] = make([]float64, len(after.Nodes))
		for s, load := range loads {
			o.Loads[m][after.Owner(slot.Slot(s))] += load
		}
		for i, load := range o.Loads[m] {
			if load > 0 {
				o.Imbalance[m] = max(o.Imbalance[m], load/targets[m][i])
			}
		}
	}
	return o
}

// Worst is the largest imbalance of all measures.
func (o *Outcome) Worst() float64 {
	worst := 0.0
	for _, imbalance := range o.Imbalance {
		worst = max(worst, imbalance)
	}
	return worst
}

// Fragments is how many ranges all nodes own together.
func Fragments(t *slot.Topology) int {
	fragments := 0
	for s := range int(t.Count()) {
		if s == 0 || t.Owner(slot.Slot(s)) != t.Owner(slot.Slot(s-1)) {
			fragments++
		}
	}
	return fragments
}

// Moves is the way from one topology to another: ranges in ascending order.
func Moves(before, after *slot.Topology) []PlanMove {
	moves := []PlanMove{}
	for s := range int(before.Count()) {
		from, to := before.Owner(slot.Slot(s)), after.Owner(slot.Slot(s))
		if from == to {
			continue
		}
		if n := len(moves); n > 0 && moves[n-1].End == s-1 && moves[n-1].From == from && moves[n-1].To == to {
			moves[n-1].End = s
			continue
		}
		moves = append(moves, PlanMove{s, s, from, to})
	}
	return moves
}

func sum(numbers []float64) float64 {
	total := 0.0
	for _, n := range numbers {
		total += n
	}
	return total
}
