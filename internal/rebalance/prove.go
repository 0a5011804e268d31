package rebalance

import "slices"

// Limits of the proof.
const (
	maxProofSlots = 48
	maxProofSteps = 400_000
	stopEvery     = 1024  // steps between looks at whether the search is to end
	proofGap      = 0.002 // how far under the best that is known a bound is tried
)

// prover raises a bound where heavy slots stand in each other's way. It takes
// the heaviest slots one by one, lets each stay or go to every other node, and
// leaves all others to be water, which only makes things cheaper. Where no way
// comes out under an aim, the aim is a bound. It knows one case: a single
// measure, which is also the cost.
type prover struct {
	st     *state
	slots  []int // the heaviest first
	giant  []bool
	fixed  []float64   // by node: load that stays or came
	water  []float64   // by node: load that may still go
	giants [][]float64 // by node: loads of giants that are there, or may stay
	cost   []float64   // by node
	sum    float64
	aim    float64
	steps  int
}

// ownMeasure says that the cost is the one measure that is balanced.
func (p *Problem) ownMeasure() bool {
	return len(p.Loads) == 1 && slices.Equal(p.Loads[0], p.Cost)
}

// prove is a bound that is at least low; known is the cost of some way to
// place the heavy slots with the rest as water.
func prove(st *state, low, known float64) float64 {
	for _, share := range []float64{1, 0.9, 0.75, 0.5, 0.25} {
		aim := low + (known*(1-proofGap)-low)*share
		if aim <= low {
			return low
		}
		pr := newProver(st, aim)
		if pr.none(0) && pr.steps <= maxProofSteps {
			return aim
		}
	}
	return low
}

func newProver(st *state, aim float64) *prover {
	nodes := len(st.load)
	pr := &prover{st: st, aim: aim, fixed: make([]float64, nodes), water: make([]float64, nodes), giants: make([][]float64, nodes), cost: make([]float64, nodes)}
	loads := st.p.Loads[0]
	for s, home := range st.home {
		if st.p.pinned(s) {
			pr.fixed[home] += loads[s]
		} else {
			pr.water[home] += loads[s]
		}
	}
	for _, s := range byLoad(loads)[:min(maxProofSlots, len(loads))] {
		if st.p.pinned(s) || loads[s] < heavyShare*st.mean[0] {
			continue
		}
		pr.slots = append(pr.slots, s)
		pr.giant = append(pr.giant, slices.Contains(st.giants[0], s))
	}
	for _, s := range st.giants[0] {
		pr.giants[st.home[s]] = append(pr.giants[st.home[s]], loads[s])
	}
	for i := range nodes {
		pr.cost[i] = pr.drain(i)
		pr.sum += pr.cost[i]
	}
	return pr
}

// drain is what a node must lose; more than anybody has if it cannot.
func (pr *prover) drain(node int) float64 {
	limit := pr.st.limit[node][0]
	if !pr.st.leaves(node) {
		for _, load := range pr.giants[node] {
			limit = max(limit, pr.st.overhead*load)
		}
	}
	room := slack * pr.st.mean[0]
	if pr.fixed[node] > limit+room {
		return 2*pr.aim + 1
	}
	return max(0, pr.fixed[node]+pr.water[node]-limit-room)
}

// none says that nothing from slot k on comes out under the aim. It gives up,
// with false, when the steps run out.
func (pr *prover) none(k int) bool {
	if pr.steps++; pr.steps > maxProofSteps {
		return false
	}
	if pr.steps%stopEvery == 0 && pr.st.p.stopped() {
		pr.steps = maxProofSteps
		return false
	}
	if pr.sum >= pr.aim {
		return true
	}
	if k == len(pr.slots) {
		return false
	}
	load, home := pr.st.p.Loads[0][pr.slots[k]], pr.st.home[pr.slots[k]]
	// It stays.
	pr.water[home] -= load
	pr.fixed[home] += load
	before := pr.cost[home]
	pr.set(home)
	none := pr.none(k + 1)
	pr.fixed[home] -= load
	pr.undo(home, before)
	// It goes to each of the others.
	mine := pr.giants[home]
	if pr.giant[k] {
		pr.giants[home] = without(mine, load)
	}
	pr.set(home)
	pr.sum += load
	for to := range pr.fixed {
		if !none || to == home || pr.st.leaves(to) {
			continue
		}
		theirs, costThere := pr.giants[to], pr.cost[to]
		pr.fixed[to] += load
		if pr.giant[k] {
			pr.giants[to] = append(slices.Clone(theirs), load)
		}
		pr.set(to)
		none = pr.none(k + 1)
		pr.fixed[to] -= load
		pr.giants[to] = theirs
		pr.undo(to, costThere)
	}
	pr.sum -= load
	pr.giants[home] = mine
	pr.undo(home, before)
	pr.water[home] += load
	return none
}

func (pr *prover) set(node int) {
	cost := pr.drain(node)
	pr.sum += cost - pr.cost[node]
	pr.cost[node] = cost
}

func (pr *prover) undo(node int, cost float64) {
	pr.sum += cost - pr.cost[node]
	pr.cost[node] = cost
}

// without is a list without one such element.
func without(list []float64, x float64) []float64 {
	at := slices.Index(list, x)
	return slices.Delete(slices.Clone(list), at, at+1)
}
