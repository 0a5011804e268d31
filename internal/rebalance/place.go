package rebalance

import (
	"cmp"
	"math"
	"slices"
)

// levels are what every node should be filled up to: the lowest common share
// of the targets at which all that overfull nodes lose finds a place, but no
// more than the limit.
func (st *state) levels() [][]float64 {
	nodes := len(st.load)
	levels := make([][]float64, nodes)
	for i := range levels {
		levels[i] = make([]float64, len(st.mean))
	}
	targets := st.p.Targets()
	for m := range st.mean {
		given := 0.0
		for i := range nodes {
			given += max(0, st.load[i][m]-st.cap(i, m))
		}
		low, high := 0.0, st.overhead
		for range 60 {
			level := (low + high) / 2
			taken := 0.0
			for i := range nodes {
				taken += max(0, min(level*targets[m][i], st.cap(i, m))-st.load[i][m])
			}
			if taken < given {
				low = level
			} else {
				high = level
			}
		}
		for i := range nodes {
			levels[i][m] = min(high*targets[m][i], st.cap(i, m))
		}
	}
	return levels
}

// caps are the limits of all nodes now.
func (st *state) caps() [][]float64 {
	caps := make([][]float64, len(st.load))
	for i := range caps {
		for m := range st.mean {
			caps[i] = append(caps[i], st.cap(i, m))
		}
	}
	return caps
}

// place finds a node for each slot that a node loses, run by run, the heaviest
// first.
func (st *state) place(from int, slots []int, levels [][]float64) {
	caps := st.caps()
	for _, run := range st.runs(from, slots, levels) {
		for len(run) > 0 {
			to, n := st.receiver(from, run, levels)
			if n == 0 {
				to, n = st.receiver(from, run, caps)
			}
			if n == 0 {
				to, n = st.leastOverloaded(from, run[0]), 1
			}
			for _, s := range run[:n] {
				st.move(s, to)
			}
			run = run[n:]
		}
	}
}

// runs cuts slots into pieces of neighbours. A slot that is too heavy for a
// third of the largest room is a piece of its own, so that it is placed while
// there is room.
func (st *state) runs(from int, slots []int, levels [][]float64) [][]int {
	room := make([]float64, len(st.mean))
	for i := range st.load {
		for m := range room {
			if i != from {
				room[m] = max(room[m], levels[i][m]-st.load[i][m])
			}
		}
	}
	heavy := func(s int) bool {
		for m := range room {
			if st.p.Loads[m][s] > room[m]/3 {
				return true
			}
		}
		return false
	}
	var runs [][]int
	for i, s := range slots {
		if i > 0 && slots[i-1] == s-1 && !heavy(s) && !heavy(slots[i-1]) {
			runs[len(runs)-1] = append(runs[len(runs)-1], s)
			continue
		}
		runs = append(runs, []int{s})
	}
	weight := func(run []int) float64 {
		heaviest := 0.0
		for m := range st.mean {
			if st.mean[m] == 0 {
				continue
			}
			load := 0.0
			for _, s := range run {
				load += st.p.Loads[m][s]
			}
			heaviest = max(heaviest, load/st.mean[m])
		}
		return heaviest
	}
	slices.SortStableFunc(runs, func(a, b []int) int { return cmp.Compare(weight(b), weight(a)) })
	return runs
}

// receiver is the node that takes most of a run's beginning up to the given
// fill, and how many slots that is. Of nodes that take all of it, home comes
// first, then one that owns a neighbour, then the one with the most room.
func (st *state) receiver(from int, run []int, fill [][]float64) (to, n int) {
	best := [3]float64{}
	for i := range st.load {
		if i == from || st.leaves(i) {
			continue
		}
		taken := st.takes(i, run, fill)
		if taken == 0 {
			continue
		}
		rank := [3]float64{float64(taken), st.kinship(i, run), st.room(i, fill)}
		if n == 0 || slices.Compare(rank[:], best[:]) > 0 {
			to, n, best = i, taken, rank
		}
	}
	return to, n
}

// takes is how many of a run's first slots fit into a node.
func (st *state) takes(node int, run []int, fill [][]float64) int {
	load := slices.Clone(st.load[node])
	for i, s := range run {
		for m := range load {
			if load[m] += st.p.Loads[m][s]; load[m] > fill[node][m]+slack*st.mean[m] && st.p.Loads[m][s] > 0 {
				return i
			}
		}
	}
	return len(run)
}

// kinship is 2 for the home of a run, 1 for the owner of a neighbour.
func (st *state) kinship(node int, run []int) float64 {
	first, last := run[0], run[len(run)-1]
	switch {
	case st.home[first] == node && st.home[last] == node:
		return 2
	case first > 0 && st.owner[first-1] == node, last+1 < len(st.owner) && st.owner[last+1] == node:
		return 1
	}
	return 0
}

// room is how much a node can still take, in average nodes, of the measure of
// which that is least.
func (st *state) room(node int, fill [][]float64) float64 {
	room := math.Inf(1)
	for m, mean := range st.mean {
		if mean > 0 {
			room = min(room, (fill[node][m]-st.load[node][m])/mean)
		}
	}
	return room
}

// leastOverloaded is the node that a slot which fits nowhere overloads least.
func (st *state) leastOverloaded(from, s int) int {
	best, least := from, math.Inf(1)
	owner := st.owner[s]
	for i := range st.load {
		if i == from || st.leaves(i) {
			continue
		}
		before := st.overload(i)
		st.move(s, i)
		added := st.overload(i) - before
		st.move(s, owner)
		if added < least-slack {
			best, least = i, added
		}
	}
	return best
}
