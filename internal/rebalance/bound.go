package rebalance

import (
	"cmp"
	"slices"

	"slotbench/internal/slot"
)

// Bound is a cost that no plan within the tolerance goes under.
//
// Every node must lose what it has over its limit, and all nodes' losses add
// up. For a node and one measure that is the smallest cost of slots that weigh
// at least the excess; its linear relaxation (fractions of slots) can be
// solved exactly, and where slots are lumpy a bounded branch and bound closes
// in on the whole ones. Of several measures the largest such cost counts, and
// for two the dual of the relaxation that has both as constraints.
//
// A node that leaves loses everything. A node with a giant, a slot heavier
// than any node may be, need not go under the giant.
func (p *Problem) Bound() float64 {
	st := newState(p)
	total := 0.0
	for i := range st.load {
		total += st.nodeBound(i)
	}
	return total
}

// Tighten raises a bound with the help of a plan that moves so much: where the
// plan is further above the bound than the search aims for, heavy slots may
// stand in each other's way, which a bounded search can prove.
func (p *Problem) Tighten(bound, moved float64) float64 {
	if !p.ownMeasure() || moved <= bound*max(goodEnough, 1+p.Contiguity) {
		return bound
	}
	return max(bound, prove(newState(p), bound, moved))
}

func (st *state) nodeBound(node int) float64 {
	items := st.loose(node)
	if st.leaves(node) {
		cost := 0.0
		for _, s := range items {
			cost += st.p.Cost[s]
		}
		return cost
	}
	excess := st.excess(node)
	bound := 0.0
	for m, over := range excess {
		if over <= 0 {
			continue
		}
		_, least := cheapestCover(st, items, m, over)
		bound = max(bound, least)
	}
	if wanted := active(excess); len(wanted) > 1 {
		_, dual := multipliers(st, items, excess)
		bound = max(bound, dual)
	}
	return bound
}

// Floor is an imbalance that no distribution of the slots goes under, and what
// sets it.
type Floor struct {
	Measure   int
	Imbalance float64 // load over target
	// Slots are the slots that set it: one that is too heavy by itself, or
	// Slots many of which some node must hold Together; without any, the floor
	// is perfect balance.
	Slots    []slot.Slot
	Together int
}

// maxFloorSlots is how many slots of a floor by pigeonholes are named.
const maxFloorSlots = 16

// Floor is the highest floor that is known for a measure: perfect balance, the
// heaviest slot, or pigeonholes: of the k·N+1 heaviest slots some node must
// hold k+1, which weigh at least as much as the k+1 lightest of them.
func (p *Problem) Floor(m int) Floor {
	f := Floor{Measure: m, Imbalance: 1}
	target := slices.Max(p.Targets()[m])
	if target == 0 {
		return f
	}
	order := byLoad(p.Loads[m])
	if heaviest := p.Loads[m][order[0]]; heaviest > target {
		f.Imbalance, f.Slots, f.Together = heaviest/target, []slot.Slot{slot.Slot(order[0])}, 1
	}
	if level, k := pigeonhole(p, m, order); level > f.Imbalance {
		f.Imbalance, f.Together = level, k+1
		for _, s := range order[:min(k*p.owners()+1, maxFloorSlots)] {
			f.Slots = append(f.Slots, slot.Slot(s))
		}
	}
	return f
}

// owners is how many nodes may own slots.
func (p *Problem) owners() int {
	n := 0
	for i := range p.Before.Nodes {
		if p.weight(i) > 0 {
			n++
		}
	}
	return n
}

// byLoad is the slots with the heaviest first.
func byLoad(loads []float64) []int {
	order := make([]int, len(loads))
	for s := range order {
		order[s] = s
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(loads[b], loads[a]) })
	return order
}

func pigeonholes(p *Problem, m int) float64 {
	level, _ := pigeonhole(p, m, byLoad(p.Loads[m]))
	return level
}

// pigeonhole is the floor by k+1 slots that must share a node, k > 0, in terms
// of the largest target, and that k.
func pigeonhole(p *Problem, m int, order []int) (level float64, at int) {
	loads, nodes := p.Loads[m], p.owners()
	target := slices.Max(p.Targets()[m])
	if target == 0 {
		return 0, 0
	}
	suffix := make([]float64, len(order)+1) // suffix[i]: the i heaviest slots together
	for i, s := range order {
		suffix[i+1] = suffix[i] + loads[s]
	}
	for k := 1; k*nodes < len(order); k++ {
		last := k*nodes + 1
		if together := (suffix[last] - suffix[last-k-1]) / target; together > level {
			level, at = together, k
		}
	}
	return level, at
}
