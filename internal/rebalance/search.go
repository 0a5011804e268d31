package rebalance

import (
	"cmp"
	"slices"

	"slotbench/internal/slot"
)

// Limits of the search.
const (
	repairsPerNode  = 4      // covers a node loses, on the average, before the search gives up
	maxSwaps        = 2e7    // pairs of slots that are looked at
	goodEnough      = 1.0005 // of the bound: nothing more is looked for
	maxSearchRounds = 8      // of local improvement
)

// Solve searches the cheapest way to bring every node within the tolerance of
// its target. Where that cannot be had, the result is the least overloaded that
// was found. The problem must be valid.
func Solve(p *Problem) *slot.Topology {
	var best *state
	if st := newState(p); st.crowded() {
		st.pack(p.Contiguity)
		st.sendHome()
		st.exchange()
		return st.topology()
	}
	bound := p.Bound()
	for _, way := range ways {
		if best != nil && p.stopped() {
			break
		}
		st := newState(p)
		if way.settle > 0 {
			st.settle(way.settle)
		}
		st.repair(way.contiguity*p.Contiguity, way.even)
		st.frozen = nil
		st.improve(bound * (1 + p.Contiguity))
		if best == nil || better(st, best) {
			best = st
		}
		overload, cost := best.standing()
		if overload > slack {
			continue
		}
		if way.settle > 0 {
			bound = p.Tighten(bound, cost)
		}
		if cost <= bound*max(goodEnough, 1+p.Contiguity) {
			break
		}
	}
	return best.topology()
}

// ways are how a plan is searched, the plainest first; the next is tried where
// the result is not near the bound.
var ways = []struct {
	settle     uint64  // the heavy slots find their places first, by this random stream; 0: they do not
	contiguity float64 // a share of what the problem allows
	even       bool    // fill nodes up to a common level, not wherever there is room
}{
	{0, 1, true},
	{1, 1, true},
	{2, 1, true},
	{3, 0, true},
	{4, 0, false},
	{0, 0, false},
}

// repair lets overfull nodes lose covers, the one with most to lose first,
// until none is overfull or nothing gets better. Even fills nodes up to a common level; else a
// slot goes wherever it fits.
func (st *state) repair(contiguity float64, even bool) {
	best := st.clone()
	limit := repairsPerNode*len(st.load) + 16
	for range limit {
		if st.p.stopped() {
			break
		}
		from, most := -1, slack/2
		for i := range st.load {
			if over := st.overload(i); over > most {
				from, most = i, over
			}
		}
		if from < 0 {
			break
		}
		levels := st.caps()
		if even {
			levels = st.levels()
		}
		c := st.chooseCover(from, contiguity)
		if len(c.slots) == 0 {
			break
		}
		st.place(from, c.slots, levels)
		if better(st, best) {
			best = st.clone()
		}
	}
	if better(best, st) {
		*st = *best
	}
}

// improve sends slots back home where there is room for them, and exchanges
// moved slots for cheaper ones, until the cost is at its aim.
func (st *state) improve(aim float64) {
	for range maxSearchRounds {
		over, cost := st.standing()
		if over <= slack && cost <= aim || st.p.stopped() {
			return
		}
		changed := st.relieve()
		changed = st.sendHome() || changed
		changed = st.exchange() || changed
		if !changed {
			return
		}
	}
}

// moved is the slots that are not at home, the dearest first.
func (st *state) moved() []int {
	var slots []int
	for s, owner := range st.owner {
		if owner != st.home[s] {
			slots = append(slots, s)
		}
	}
	slices.SortStableFunc(slots, func(a, b int) int { return cmp.Compare(st.p.Cost[b], st.p.Cost[a]) })
	return slots
}

// sendHome undoes moves that turned out to be unnecessary.
func (st *state) sendHome() (changed bool) {
	for _, s := range st.moved() {
		home, away := st.home[s], st.owner[s]
		if st.leaves(home) {
			continue
		}
		before := st.overload(home) + st.overload(away)
		st.move(s, home)
		if st.overload(home)+st.overload(away) > before+slack {
			st.move(s, away)
			continue
		}
		changed = true
	}
	return changed
}

// exchange swaps a moved slot for a cheaper one that is still at its home,
// where the nodes stay within their limits.
func (st *state) exchange() (changed bool) {
	tried := 0
	for _, x := range st.moved() {
		home, away := st.home[x], st.owner[x]
		if st.p.stopped() {
			return changed
		}
		if st.leaves(home) {
			continue
		}
		before := st.overload(home) + st.overload(away)
		best, least := -1, st.p.Cost[x]*(1-slack)
		for _, y := range st.loose(home) {
			if tried++; tried > maxSwaps {
				return changed
			}
			if st.home[y] != home || st.p.Cost[y] >= least || !st.swapFits(x, y) {
				continue
			}
			st.move(x, home)
			st.move(y, away)
			if st.overload(home)+st.overload(away) <= before+slack {
				best, least = y, st.p.Cost[y]
			}
			st.move(y, home)
			st.move(x, away)
		}
		if best >= 0 {
			st.move(x, home)
			st.move(best, away)
			changed = true
		}
	}
	return changed
}

// swapFits is a quick no: without it every pair would be tried.
func (st *state) swapFits(x, y int) bool {
	home, away := st.home[x], st.owner[x]
	for m, loads := range st.p.Loads {
		grows := loads[x] - loads[y]
		if grows > 0 && st.load[home][m]+grows > st.cap(home, m)+slack*st.mean[m] {
			return false
		}
		if grows < 0 && st.load[away][m]-grows > st.cap(away, m)+slack*st.mean[m] {
			return false
		}
	}
	return true
}

// relieve moves or swaps slots out of overfull nodes where that lessens the
// overload as a whole.
func (st *state) relieve() (changed bool) {
	tried := 0
	for from := range st.load {
		for range len(st.owner) {
			if st.overload(from) <= slack || st.p.stopped() || !st.relieveOnce(from, &tried) {
				break
			}
			changed = true
		}
	}
	return changed
}

// relieveOnce makes the best single move or swap out of a node.
func (st *state) relieveOnce(from int, tried *int) bool {
	type step struct{ x, y, to int }
	best, gain := step{x: -1}, slack
	mine := st.loose(from)
	for to := range st.load {
		if to == from || st.leaves(to) {
			continue
		}
		before := st.overload(from) + st.overload(to)
		try := func(s step) {
			*tried++
			if less := before - st.overload(from) - st.overload(to); less > gain*(1+slack) {
				best, gain = s, less
			}
		}
		theirs := st.loose(to)
		for _, x := range mine {
			if *tried > maxSwaps/100 {
				break
			}
			st.move(x, to)
			try(step{x, -1, to})
			if len(mine)*len(theirs) <= maxSwapPairs {
				for _, y := range theirs {
					st.move(y, from)
					try(step{x, y, to})
					st.move(y, to)
				}
			}
			st.move(x, from)
		}
	}
	if best.x < 0 {
		return false
	}
	st.move(best.x, best.to)
	if best.y >= 0 {
		st.move(best.y, from)
	}
	return true
}

// maxSwapPairs is up to how many pairs of slots of two nodes are tried.
const maxSwapPairs = 10_000
