package rebalance

import (
	"cmp"
	"math"
	"slices"
	"sort"
)

// Limits of the branch and bound for one node's cover: steps it may take, and
// how close, as a share, a solution is to its bound when it is good enough.
const (
	maxCoverSteps = 20_000
	coverGap      = 1e-4
)

// knapsack searches the cheapest of a node's slots that together weigh at
// least what the node must lose, by one measure.
type knapsack struct {
	slots        []int // the cheapest per load first
	load, cost   []float64
	loads, costs []float64 // sums of the first i of them

	steps  int
	taken  []int
	best   []int
	least  float64 // cost of best
	floor  float64 // the relaxation's cost
	opened bool    // steps ran out: best need not be the cheapest
}

// cheapestCover is slots that weigh at least over by measure m, nearly the
// cheapest such, and a cost that no such slots go under. Without enough load
// to lose it is all of them.
func cheapestCover(st *state, items []int, m int, over float64) (cover []int, least float64) {
	k := newKnapsack(st, items, m)
	if k.loads[len(k.slots)] <= over {
		return slices.Clone(k.slots), k.costs[len(k.slots)]
	}
	k.floor = k.relaxed(0, over)
	k.least = math.Inf(1)
	k.branch(0, over, 0)
	least = k.floor
	if !k.opened {
		least = max(least, k.least*(1-coverGap))
	}
	return k.best, min(least, k.least)
}

func newKnapsack(st *state, items []int, m int) *knapsack {
	k := &knapsack{}
	for _, s := range items {
		if st.p.Loads[m][s] > 0 {
			k.slots = append(k.slots, s)
		}
	}
	load := st.p.Loads[m]
	slices.SortStableFunc(k.slots, func(a, b int) int {
		return cmp.Or(cmp.Compare(st.price(a)*load[b], st.price(b)*load[a]), cmp.Compare(load[b], load[a]))
	})
	k.loads, k.costs = make([]float64, len(k.slots)+1), make([]float64, len(k.slots)+1)
	for i, s := range k.slots {
		k.load, k.cost = append(k.load, load[s]), append(k.cost, st.price(s))
		k.loads[i+1], k.costs[i+1] = k.loads[i]+load[s], k.costs[i]+st.price(s)
	}
	return k
}

// relaxed is what it costs at least to cover rest with the slots from i on,
// the last of them in part; infinite if they do not suffice.
func (k *knapsack) relaxed(i int, rest float64) float64 {
	wanted := k.loads[i] + rest
	full := sort.Search(len(k.slots)-i, func(n int) bool { return k.loads[i+n+1] >= wanted })
	if i+full == len(k.slots) {
		return math.Inf(1)
	}
	part := (wanted - k.loads[i+full]) / k.load[i+full]
	return k.costs[i+full] - k.costs[i] + part*k.cost[i+full]
}

// branch decides about slot i: with it first, which is the way of greed, and
// then without.
func (k *knapsack) branch(i int, rest, cost float64) {
	for ; ; i++ {
		if rest <= 0 {
			if cost < k.least {
				k.least, k.best = cost, slices.Clone(k.taken)
			}
			return
		}
		if k.steps++; k.steps > maxCoverSteps {
			k.opened = k.opened || !k.enough()
			return
		}
		if k.enough() || cost+k.relaxed(i, rest) >= k.least*(1-coverGap) {
			return
		}
		k.taken = append(k.taken, k.slots[i])
		k.branch(i+1, rest-k.load[i], cost+k.cost[i])
		k.taken = k.taken[:len(k.taken)-1]
	}
}

// enough says that the best is as good as can be told.
func (k *knapsack) enough() bool { return k.least*(1-coverGap) <= k.floor }

// Limits of the dual's ascent.
const (
	dualRounds = 60
	dualSearch = 30
)

// multipliers are what a unit of each measure's excess is worth in the
// relaxation of covering them all at once, and the bound that proves:
//
//	max over u ≥ 0 of Σ uₘ·excessₘ − Σₛ max(0, Σ uₘ·loadₘₛ − costₛ)
//
// Every u gives a valid bound. The function is concave; one multiplier after
// another is moved to its best, from that of the measure alone.
func multipliers(st *state, items []int, excess []float64) (u []float64, bound float64) {
	u = make([]float64, len(excess))
	value := func() float64 {
		total := 0.0
		for m, over := range excess {
			total += u[m] * over
		}
		for _, s := range items {
			total -= max(0, worth(st, s, u)-st.price(s))
		}
		return total
	}
	scale := sum(st.p.Cost)
	for range dualRounds {
		before := bound
		for _, m := range active(excess) {
			low, high := 0.0, max(2*u[m], scale/excess[m])
			for range dualSearch {
				third := (high - low) / 3
				u[m] = low + third
				left := value()
				u[m] = high - third
				if left < value() {
					low += third
				} else {
					high -= third
				}
			}
			u[m] = (low + high) / 2
		}
		bound = max(bound, value())
		if bound-before <= coverGap*bound {
			break
		}
	}
	return u, bound
}

// worth is what a slot's loads are worth at these multipliers.
func worth(st *state, s int, u []float64) float64 {
	total := 0.0
	for m, price := range u {
		if price > 0 {
			total += price * st.p.Loads[m][s]
		}
	}
	return total
}

// active is the measures of which there is too much.
func active(excess []float64) []int {
	var measures []int
	for m, over := range excess {
		if over > 0 {
			measures = append(measures, m)
		}
	}
	return measures
}
