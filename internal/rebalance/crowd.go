package rebalance

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// Where nodes have but few slots each, nearly every slot is a lump, and receivers
// must be packed. A crowd does that: what overfull nodes lose is placed by best
// fit, and then slots are moved and exchanged between nodes, first those that have
// left home anyway, which costs nothing more.
type crowd struct {
	st   *state
	cap  [][]float64 // by node and measure; giants stay where they are
	on   [][]int     // by node: slots that may move
	unit float64     // what an average node costs to move
	paid bool        // slots that are at home may move as well
	work int         // bundles that were compared
}

// Limits of a crowd.
const (
	crowdedShare  = 0.02 // of an average node: heavier slots are lumps …
	crowdedSlots  = maxHeavy
	crowdedNodes  = 100  // with fewer nodes heavies and covers do better
	crowdSteps    = 40   // exchanges a node, on the average
	crowdPairs    = 200  // of a node's slots that are tried
	crowdPrice    = 0.02 // how much overload an average node's cost is worth
	crowdWork     = 3e8  // bundles of slots that are compared in all: some ten seconds
	crowdKicks    = 60   // times that a slot is pushed out of a node that nothing else relieves
	crowdEnough   = 0.8  // of a node's overload, that one trade takes away
	leastProgress = 1e-7 // overload in average nodes
)

// crowded says whether there are many nodes and more lumps than heavies can
// place.
func (st *state) crowded() bool {
	if len(st.load) <= crowdedNodes {
		return false
	}
	lumps := 0
	for s := range st.owner {
		for m, loads := range st.p.Loads {
			if loads[s] >= crowdedShare*st.mean[m] && st.mean[m] > 0 {
				lumps++
				break
			}
		}
	}
	return lumps > crowdedSlots
}

// pack brings the nodes within their limits as far as it can.
func (st *state) pack(contiguity float64) {
	c := &crowd{st: st, on: make([][]int, len(st.load)), unit: sum(st.p.Cost) / float64(len(st.load))}
	c.partGiants()
	st.frozen = make([]bool, len(st.owner)) // where they are now giants stay
	for s := range st.owner {
		st.frozen[s] = c.giant(s) && !st.leaves(st.owner[s])
	}
	var pool []int
	for node := range st.load {
		if st.overload(node) > slack/2 {
			pool = append(pool, st.chooseCover(node, contiguity).slots...)
		}
	}
	c.cap = st.caps()
	for s, owner := range st.owner {
		if !st.p.pinned(s) && !st.frozen[s] {
			c.on[owner] = append(c.on[owner], s)
		}
	}
	c.place(pool)
	random := rand.New(rand.NewPCG(heavySeed, uint64(len(pool))))
	best := st.clone()
	for range crowdKicks {
		for _, c.paid = range []bool{false, true} {
			c.relieve()
		}
		if better(st, best) {
			best = st.clone()
		}
		if c.work > crowdWork || st.p.stopped() || !c.kick(random) {
			break
		}
	}
	*st = *best
	st.frozen = nil
}

// kick pushes a slot out of an overfull node to the one with most room, so that
// the overload becomes another's, which may be rid of it.
func (c *crowd) kick(random *rand.Rand) bool {
	still := make([]float64, len(c.st.mean))
	for from := range c.st.load {
		if c.over(from, still) <= slack || len(c.on[from]) == 0 {
			continue
		}
		s := c.on[from][random.IntN(len(c.on[from]))]
		to, most := -1, math.Inf(-1)
		for node := range c.st.load {
			if _, room := c.with(node, s); node != from && !c.st.leaves(node) && room > most {
				to, most = node, room
			}
		}
		if to >= 0 {
			c.move(s, to)
			return true
		}
	}
	return false
}

// partGiants moves all but the heaviest giant of a node to nodes without, those
// with least to lose first.
func (c *crowd) partGiants() {
	st := c.st
	giants := make([]int, len(st.load))
	heavier := func(a, b int) int {
		loads := st.p.Loads
		for m, mean := range st.mean {
			if mean > 0 && loads[m][a] != loads[m][b] {
				return cmp.Compare(loads[m][b], loads[m][a])
			}
		}
		return cmp.Compare(a, b)
	}
	var all []int
	for s, owner := range st.owner {
		if c.giant(s) {
			all = append(all, s)
			giants[owner]++
		}
	}
	slices.SortFunc(all, heavier)
	kept := make([]bool, len(st.load))
	for _, s := range all {
		owner := st.owner[s]
		if !kept[owner] && !st.leaves(owner) || st.p.pinned(s) {
			kept[owner] = true
			continue
		}
		to := -1
		for node := range st.load {
			if giants[node] == 0 && !st.leaves(node) && (to < 0 || sum(st.load[node]) < sum(st.load[to])) {
				to = node
			}
		}
		if to < 0 {
			return // more giants than nodes
		}
		giants[owner]--
		giants[to]++
		kept[to] = true
		st.move(s, to)
	}
}

func (c *crowd) giant(s int) bool {
	for _, giants := range c.st.giants {
		if slices.Contains(giants, s) {
			return true
		}
	}
	return false
}

// place gives the heaviest slots first to the node that they fill best.
func (c *crowd) place(pool []int) {
	weight := make(map[int]float64, len(pool))
	for _, s := range pool {
		for m, loads := range c.st.p.Loads {
			weight[s] = max(weight[s], loads[s]/max(c.st.mean[m], 1e-300))
		}
	}
	slices.SortStableFunc(pool, func(a, b int) int { return cmp.Compare(weight[b], weight[a]) })
	for _, s := range pool { // they are in nobody's way
		for m, loads := range c.st.p.Loads {
			c.st.load[c.st.owner[s]][m] -= loads[s]
		}
	}
	for _, s := range pool {
		from := c.st.owner[s]
		to, least, fits := from, 0.0, false
		for node := range c.st.load {
			if c.st.leaves(node) {
				continue
			}
			over, room := c.with(node, s)
			switch {
			case over <= slack && (!fits || room < least):
				to, least, fits = node, room, true
			case !fits && over > slack && (to == from && least == 0 || over < least):
				to, least = node, over
			}
		}
		for m, loads := range c.st.p.Loads {
			c.st.load[from][m] += loads[s]
		}
		c.move(s, to)
	}
}

// with is the overload of a node that has got another slot, and the room that is
// left, of the measure of which that is most.
func (c *crowd) with(node, s int) (over, room float64) {
	for m, mean := range c.st.mean {
		if mean > 0 {
			left := (c.cap[node][m] - c.st.load[node][m] - c.st.p.Loads[m][s]) / mean
			over, room = over+max(0, -left), max(room, left)
		}
	}
	return over, room
}

func (c *crowd) move(s, to int) {
	from := c.st.owner[s]
	if from == to {
		return
	}
	c.on[from] = slices.DeleteFunc(c.on[from], func(other int) bool { return other == s })
	c.on[to] = append(c.on[to], s)
	c.st.move(s, to)
}
