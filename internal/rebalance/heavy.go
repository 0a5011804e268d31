package rebalance

import (
	"math"
	"math/rand/v2"
	"slices"
	"sort"
)

// Limits on the search for the places of heavy slots.
const (
	heavyShare    = 0.02 // of an average node; what is lighter flows like water
	maxHeavy      = 400
	annealSteps   = 400_000
	stepsPerPlace = 500    // and at most so many for each slot on each node
	annealHot     = 0.3    // temperature at the start, in what an average node costs to move
	annealCold    = 0.0003 // and at the end
	lackingPrice  = 4      // of what an average node costs: a load that fits nowhere
	maxDescents   = 40     // rounds of moves and swaps
	heavySeed     = 20260401
	infeasibility = 1e6 // lackingPrice where nothing may be left over
)

// heavies searches places for the few slots that do not fit anywhere one likes.
// The rest is taken for water: it leaves a node as far as it must, at the
// cheapest price a unit, and finds room wherever there is some. What a
// distribution of the heavy slots costs is then a sum over the nodes, cheap to
// evaluate, and is searched by moves, swaps and restarts.
type heavies struct {
	st      *state
	slots   []int
	giant   [][]bool // by measure and slot
	at      []int    // the node of each
	on      [][]int  // by node: indices into slots
	cost    []float64
	water   []water // by node
	unit    float64 // what an average node costs to move
	penalty float64 // for each average node that is over its limit by heavy slots alone
}

// water is the light slots of a node: how much of each measure, and what it
// costs to let some of it go.
type water struct {
	load  []float64
	loads [][]float64 // by measure: sums of the first i by price
	costs [][]float64
	all   float64
}

func newHeavies(st *state) *heavies {
	h := &heavies{st: st, on: make([][]int, len(st.load)), cost: make([]float64, len(st.load)),
		unit: sum(st.p.Cost) / float64(len(st.load)), giant: make([][]bool, len(st.mean))}
	h.penalty = lackingPrice * h.unit
	weight := make([]float64, len(st.owner))
	for m, loads := range st.p.Loads {
		for s, load := range loads {
			if st.mean[m] > 0 {
				weight[s] = max(weight[s], load/st.mean[m])
			}
		}
	}
	for _, s := range byLoad(weight) {
		if weight[s] < heavyShare || len(h.slots) == maxHeavy {
			break
		}
		if !st.p.pinned(s) {
			h.slots = append(h.slots, s)
		}
	}
	heavy := make([]bool, len(st.owner))
	for at, s := range h.slots {
		heavy[s] = true
		h.at = append(h.at, st.home[s])
		h.on[st.home[s]] = append(h.on[st.home[s]], at)
		for m := range h.giant {
			h.giant[m] = append(h.giant[m], slices.Contains(st.giants[m], s))
		}
	}
	for i := range st.load {
		h.water = append(h.water, newWater(st, i, heavy))
		h.cost[i] = h.weigh(i, none, none)
	}
	return h
}

func newWater(st *state, node int, heavy []bool) water {
	w := water{load: make([]float64, len(st.mean))}
	var light []int
	for s, home := range st.home {
		if home != node || heavy[s] {
			continue
		}
		for m := range w.load {
			w.load[m] += st.p.Loads[m][s]
		}
		if !st.p.pinned(s) {
			light = append(light, s)
			w.all += st.p.Cost[s]
		}
	}
	for m := range st.mean {
		k := newKnapsack(st, light, m)
		w.loads, w.costs = append(w.loads, k.loads), append(w.costs, k.costs)
	}
	return w
}

// drain is what it costs to let so much of a measure go, and how much there is
// too little of.
func (w *water) drain(m int, excess float64) (cost, lacking float64) {
	loads, costs := w.loads[m], w.costs[m]
	last := len(loads) - 1
	if excess >= loads[last] {
		return costs[last], excess - loads[last]
	}
	at := sort.Search(last, func(i int) bool { return loads[i+1] >= excess })
	part := (excess - loads[at]) / (loads[at+1] - loads[at])
	return costs[at] + part*(costs[at+1]-costs[at]), 0
}

// none stands for no slot.
const none = -1

// weigh is what a node costs without one of its heavy slots and with another:
// the heavy slots' own way if they are not at home, and the water that must go.
func (h *heavies) weigh(node, without, with int) float64 {
	st := h.st
	moved, own := 0.0, h.on[node]
	for n := range len(own) + 1 {
		at := with
		if n < len(own) {
			at = own[n]
		}
		if at != none && at != without && st.home[h.slots[at]] != node {
			moved += st.p.Cost[h.slots[at]]
		}
	}
	if st.leaves(node) {
		return moved + h.water[node].all + h.penalty*float64(len(own))
	}
	drained, lacking := 0.0, 0.0
	for m, loads := range st.p.Loads {
		load, limit := h.water[node].load[m], st.limit[node][m]
		for n := range len(own) + 1 {
			at := with
			if n < len(own) {
				at = own[n]
			}
			if at == none || at == without {
				continue
			}
			one := loads[h.slots[at]]
			load += one
			if h.giant[m][at] {
				limit = max(limit, st.overhead*one)
			}
		}
		if excess := load - limit; excess > slack*st.mean[m] {
			cost, lacks := h.water[node].drain(m, excess)
			drained = max(drained, cost)
			if lacks > slack*st.mean[m] {
				lacking += lacks / st.mean[m]
			}
		}
	}
	return moved + drained + h.penalty*lacking
}

// reweigh sets the penalty.
func (h *heavies) reweigh(lackingPrice float64) {
	h.penalty = lackingPrice * h.unit
	for i := range h.cost {
		h.cost[i] = h.weigh(i, none, none)
	}
}

// search looks for the cheapest places, and moves the slots there.
func (h *heavies) search(stream uint64) {
	if len(h.slots) == 0 || len(h.on) < 2 {
		return
	}
	h.anneal(rand.New(rand.NewPCG(heavySeed, stream)))
	h.reweigh(infeasibility)
	h.descend()
	for at, to := range h.at {
		if s := h.slots[at]; h.st.owner[s] != to {
			h.st.move(s, to)
		}
	}
}

// anneal makes random moves and swaps, worse ones ever more seldom.
func (h *heavies) anneal(random *rand.Rand) {
	best, least, now := slices.Clone(h.at), sum(h.cost), sum(h.cost)
	steps := min(annealSteps, stepsPerPlace*len(h.slots)*len(h.on))
	cooling := math.Pow(annealCold/annealHot, 1/float64(steps))
	heat := annealHot * h.unit
	for step := range steps {
		if step%stopEvery == 0 && h.st.p.stopped() {
			break
		}
		heat *= cooling
		a, b, to := random.IntN(len(h.slots)), none, random.IntN(len(h.on))
		switch random.IntN(4) {
		case 0:
			b = random.IntN(len(h.slots))
			to = h.at[b]
		case 1:
			to = h.st.home[h.slots[a]]
		}
		from := h.at[a]
		if from == to || h.st.leaves(to) || b != none && h.st.leaves(from) {
			continue
		}
		costFrom, costTo := h.weigh(from, a, b), h.weigh(to, b, a)
		more := costFrom + costTo - h.cost[from] - h.cost[to]
		if more > 0 && random.Float64() >= math.Exp(-more/heat) {
			continue
		}
		h.relocate(a, to)
		if b != none {
			h.relocate(b, from)
		}
		h.cost[from], h.cost[to] = costFrom, costTo
		if now += more; now < least-slack*h.unit {
			least = now
			copy(best, h.at)
		}
	}
	for at, to := range best {
		h.relocate(at, to)
	}
	h.reweigh(lackingPrice)
}

// descend makes single moves and swaps as long as they save anything.
func (h *heavies) descend() {
	changed := true
	for range maxDescents {
		if !changed {
			return
		}
		changed = false
		for a := range h.slots {
			for to := range h.on {
				changed = h.try(a, none, to) || changed
			}
			for b := range a {
				changed = h.try(a, b, h.at[b]) || changed
			}
		}
	}
}

// try moves a slot to a node, and another from there back, if that saves
// anything.
func (h *heavies) try(a, b, to int) bool {
	from := h.at[a]
	if from == to || h.st.leaves(to) || b != none && h.st.leaves(from) || h.cost[from]+h.cost[to] == 0 {
		return false
	}
	costFrom, costTo := h.weigh(from, a, b), h.weigh(to, b, a)
	if costFrom+costTo >= h.cost[from]+h.cost[to]-slack*h.unit {
		return false
	}
	h.relocate(a, to)
	if b != none {
		h.relocate(b, from)
	}
	h.cost[from], h.cost[to] = costFrom, costTo
	return true
}

// relocate puts a slot on a node; what the nodes cost then is the caller's.
func (h *heavies) relocate(at, to int) {
	from := h.at[at]
	if from == to {
		return
	}
	h.on[from] = slices.DeleteFunc(h.on[from], func(other int) bool { return other == at })
	h.on[to] = append(h.on[to], at)
	h.at[at] = to
}

// settle finds places for the heavy slots and keeps them there.
func (st *state) settle(stream uint64) {
	h := newHeavies(st)
	h.search(stream)
	st.frozen = make([]bool, len(st.owner))
	for _, s := range h.slots {
		st.frozen[s] = true
	}
}
