package rebalance

import (
	"math"
	"slices"

	"slotbench/internal/slot"
)

// slack keeps sums of floating-point loads from missing their limit by
// rounding.
const slack = 1e-9

// state is a distribution of the slots that the search works on.
type state struct {
	p        *Problem
	home     []int // who owns each slot before
	owner    []int
	load     [][]float64 // [node][measure]
	limit    [][]float64 // what a node may have, without regard to giants
	mean     []float64   // target of an average node: the unit of overload
	giants   [][]int     // by measure: the slots that fit under no node's limit
	overhead float64     // 1 + tolerance
	frozen   []bool      // slots that found their place; nil: none
}

func newState(p *Problem) *state {
	nodes := len(p.Before.Nodes)
	st := &state{p: p, overhead: 1 + p.Tolerance, giants: make([][]int, len(p.Loads)), mean: make([]float64, len(p.Loads))}
	for s := range p.Cost {
		st.home = append(st.home, p.Before.Owner(slot.Slot(s)))
	}
	st.owner = slices.Clone(st.home)
	st.load, st.limit = make([][]float64, nodes), make([][]float64, nodes)
	for i := range nodes {
		st.load[i], st.limit[i] = make([]float64, len(p.Loads)), make([]float64, len(p.Loads))
	}
	targets := p.Targets()
	for m, loads := range p.Loads {
		level := max(1, pigeonholes(p, m))
		widest := 0.0
		for i := range nodes {
			st.limit[i][m] = st.overhead * level * targets[m][i]
			widest = max(widest, st.limit[i][m])
		}
		st.mean[m] = sum(loads) / float64(nodes)
		for s, load := range loads {
			st.load[st.home[s]][m] += load
			if load > widest {
				st.giants[m] = append(st.giants[m], s)
			}
		}
	}
	st.admitPins()
	return st
}

// admitPins lets a node have what is pinned to it.
func (st *state) admitPins() {
	for m, loads := range st.p.Loads {
		pinned := make([]float64, len(st.load))
		for s, load := range loads {
			if st.p.pinned(s) {
				pinned[st.home[s]] += load
			}
		}
		for i, load := range pinned {
			st.limit[i][m] = max(st.limit[i][m], load)
		}
	}
}

// clone is a copy that shares what never changes.
func (st *state) clone() *state {
	c := *st
	c.owner = slices.Clone(st.owner)
	c.load = make([][]float64, len(st.load))
	for i := range st.load {
		c.load[i] = slices.Clone(st.load[i])
	}
	return &c
}

// cap is what a node may have of a measure now. A giant is over every limit
// wherever it lies, so the node that has one may fill up to as much over it as
// the tolerance says; nothing is won by emptying that node further.
func (st *state) cap(node, m int) float64 {
	limit := st.limit[node][m]
	if st.leaves(node) {
		return limit
	}
	for _, s := range st.giants[m] {
		if st.owner[s] == node {
			limit = max(limit, st.overhead*st.p.Loads[m][s])
		}
	}
	return limit
}

// leaves says that a node is to be emptied.
func (st *state) leaves(node int) bool { return st.p.weight(node) == 0 }

// excess is how much of each measure a node has too much; nil: nothing.
func (st *state) excess(node int) []float64 {
	var excess []float64
	for m, load := range st.load[node] {
		if over := load - st.cap(node, m); over > slack*st.mean[m] {
			if excess == nil {
				excess = make([]float64, len(st.mean))
			}
			excess[m] = over
		}
	}
	return excess
}

// overload is how much too much a node has, in average nodes.
func (st *state) overload(node int) float64 {
	total := 0.0
	for m, over := range st.excess(node) {
		if over > 0 {
			total += over / st.mean[m]
		}
	}
	if total == 0 && st.leaves(node) && len(st.loose(node)) > 0 {
		return slack // what is left has no load, and must go all the same
	}
	return total
}

// loose is the slots of a node that may move, ascending.
func (st *state) loose(node int) []int {
	var slots []int
	for s, owner := range st.owner {
		if owner == node && !st.p.pinned(s) && (st.frozen == nil || !st.frozen[s]) {
			slots = append(slots, s)
		}
	}
	return slots
}

func (st *state) move(s, to int) {
	from := st.owner[s]
	for m := range st.p.Loads {
		st.load[from][m] -= st.p.Loads[m][s]
		st.load[to][m] += st.p.Loads[m][s]
	}
	st.owner[s] = to
}

// price is what it costs to take a slot from where it is now.
func (st *state) price(s int) float64 {
	if st.owner[s] != st.home[s] {
		return 0
	}
	return st.p.Cost[s]
}

// standing is how good a state is: the less the better, overload first.
func (st *state) standing() (overload, cost float64) {
	for i := range st.load {
		overload += st.overload(i)
	}
	for s, owner := range st.owner {
		if owner != st.home[s] {
			cost += st.p.Cost[s]
		}
	}
	return overload, cost
}

// better compares two states.
func better(a, b *state) bool {
	overA, costA := a.standing()
	overB, costB := b.standing()
	if math.Abs(overA-overB) > slack {
		return overA < overB
	}
	return costA < costB
}

// topology is the state as owners of slots.
func (st *state) topology() *slot.Topology {
	t := st.p.Before.Clone()
	for s, owner := range st.owner {
		t.SetOwner(slot.Slot(s), owner)
	}
	return t
}
