package rebalance

import (
	"cmp"
	"math"
	"slices"
)

// cover is slots of one node that it loses.
type cover struct {
	slots     []int // ascending
	cost      float64
	fragments int // ranges that come to be if they go
}

// chooseCover picks what an overfull node loses: of the covers that cost
// nearly the least, the one that leaves ranges whole.
func (st *state) chooseCover(node int, contiguity float64) cover {
	items := st.loose(node)
	excess := st.excess(node)
	if st.leaves(node) || excess == nil {
		return st.newCover(node, items)
	}
	covers := []cover{st.thrifty(node, items, excess)}
	covers = append(covers, st.windows(node, items, excess)...)
	least := math.Inf(1)
	for _, c := range covers {
		least = min(least, c.cost)
	}
	budget := least * (1 + contiguity)
	best := covers[0]
	for _, c := range covers[1:] {
		affordable, bestAffordable := c.cost <= budget, best.cost <= budget
		switch {
		case affordable != bestAffordable:
			if affordable {
				best = c
			}
		case cmp.Or(cmp.Compare(c.fragments, best.fragments), cmp.Compare(c.cost, best.cost)) < 0:
			best = c
		}
	}
	return best
}

func (st *state) newCover(node int, slots []int) cover {
	c := cover{slots: slices.Clone(slots)}
	slices.Sort(c.slots)
	for _, s := range c.slots {
		c.cost += st.price(s)
	}
	c.fragments = st.newFragments(node, c.slots)
	return c
}

// thrifty is the cheapest cover that is found with no regard to ranges.
func (st *state) thrifty(node int, items []int, excess []float64) cover {
	wanted := active(excess)
	if len(wanted) == 1 {
		slots, _ := cheapestCover(st, items, wanted[0], excess[wanted[0]])
		return st.newCover(node, slots)
	}
	u, _ := multipliers(st, items, excess)
	order := slices.Clone(items)
	value := make(map[int]float64, len(items))
	for _, s := range items {
		value[s] = worth(st, s, u)
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(st.price(a)*value[b], st.price(b)*value[a]), cmp.Compare(value[b], value[a]))
	})
	rest := slices.Clone(excess)
	var taken []int
	for _, s := range order {
		if len(active(rest)) == 0 {
			break
		}
		if value[s] > 0 {
			taken = append(taken, s)
			for m := range rest {
				rest[m] -= st.p.Loads[m][s]
			}
		}
	}
	return st.newCover(node, st.spare(taken, rest))
}

// spare gives back what a cover does not need, the dearest first. Rest is what
// it still lacks of each measure, so nothing or less.
func (st *state) spare(taken []int, rest []float64) []int {
	slices.SortStableFunc(taken, func(a, b int) int { return cmp.Compare(st.price(b), st.price(a)) })
	return slices.DeleteFunc(taken, func(s int) bool {
		for m := range rest {
			if rest[m]+st.p.Loads[m][s] > 0 && st.p.Loads[m][s] > 0 {
				return false
			}
		}
		for m := range rest {
			rest[m] += st.p.Loads[m][s]
		}
		return true
	})
}

// windows are the shortest runs of the node's slots that cover the excess: from
// every slot on one, of which the cheapest of each number of fragments are
// given. Slots in between that are heavier than the whole excess stay.
func (st *state) windows(node int, items []int, excess []float64) []cover {
	wanted := active(excess)
	light := slices.DeleteFunc(slices.Clone(items), func(s int) bool {
		for _, m := range wanted {
			if st.p.Loads[m][s] > excess[m]*(1+st.p.Contiguity) {
				return true
			}
		}
		return false
	})
	best := map[int]cover{} // by fragments
	have, cost, end := make([]float64, len(excess)), 0.0, 0
	for first := range light {
		for end < len(light) && !covers(have, excess) {
			for _, m := range wanted {
				have[m] += st.p.Loads[m][light[end]]
			}
			cost += st.price(light[end])
			end++
		}
		if !covers(have, excess) {
			break
		}
		fragments := st.newFragments(node, light[first:end])
		if known, ok := best[fragments]; !ok || cost < known.cost*(1-slack) {
			best[fragments] = cover{light[first:end], cost, fragments}
		}
		for _, m := range wanted {
			have[m] -= st.p.Loads[m][light[first]]
		}
		cost -= st.price(light[first])
	}
	var found []cover
	for _, c := range best {
		found = append(found, st.newCover(node, c.slots))
	}
	slices.SortFunc(found, func(a, b cover) int { return cmp.Compare(a.fragments, b.fragments) })
	return found
}

func covers(have, excess []float64) bool {
	for m, over := range excess {
		if over > 0 && have[m] < over {
			return false
		}
	}
	return true
}

// newFragments is how many ranges a node's slots, ascending, add to the
// cluster if they go to one node that owns no neighbour of theirs.
func (st *state) newFragments(node int, slots []int) int {
	fragments := 0
	for i, s := range slots {
		if s > 0 && st.owner[s-1] == node && (i == 0 || slots[i-1] != s-1) {
			fragments++ // cut off from what is before it
		}
		if s+1 < len(st.owner) && st.owner[s+1] == node && (i+1 == len(slots) || slots[i+1] != s+1) {
			fragments++ // and from what comes after it
		}
	}
	return fragments
}
