package rebalance

// over is a node's overload if its loads were different by so much.
func (c *crowd) over(node int, more []float64) float64 {
	total := 0.0
	load, limit := c.st.load[node], c.cap[node]
	for m, mean := range c.st.mean {
		if left := load[m] + more[m] - limit[m]; left > slack*mean && mean > 0 {
			total += left / mean
		}
	}
	return total
}

// trade is slots that go from one node to another, and others back.
type trade struct {
	there, back [2]int // slots; none where there are fewer
	from, to    int
	gain        float64
}

// relieve makes the best trade of the most overfull nodes as long as there are
// any that help.
func (c *crowd) relieve() {
	stuck := make([]bool, len(c.st.load))
	still := make([]float64, len(c.st.mean))
	for range crowdSteps * len(c.st.load) {
		from, most := -1, slack
		for node := range c.st.load {
			if over := c.over(node, still); over > most && !stuck[node] {
				from, most = node, over
			}
		}
		if from < 0 || c.work > crowdWork || c.st.p.stopped() {
			return
		}
		best := c.bestTrade(from)
		if best.gain <= leastProgress {
			stuck[from] = true
			continue
		}
		stuck[best.to] = false
		for _, s := range best.there {
			if s != none {
				c.move(s, best.to)
			}
		}
		for _, s := range best.back {
			if s != none {
				c.move(s, best.from)
			}
		}
	}
}

// movable is the slots of a node that may be traded.
func (c *crowd) movable(node int) []int {
	if c.paid {
		return c.on[node]
	}
	var away []int
	for _, s := range c.on[node] {
		if c.st.home[s] != node {
			away = append(away, s)
		}
	}
	return away
}

// bundles are the slots of a node one by one, and pairs of them; with nothing
// where that is wanted.
func (c *crowd) bundles(node int, nothing, pairs bool) (all [][2]int) {
	if nothing {
		all = append(all, [2]int{none, none})
	}
	slots := c.movable(node)
	for i, s := range slots {
		all = append(all, [2]int{s, none})
		for _, other := range slots[:min(i, crowdPairs/len(slots))] {
			if !pairs {
				break
			}
			all = append(all, [2]int{s, other})
		}
	}
	return all
}

// bestTrade is what lessens the overload of a node and its partner most, less
// what it costs. Pairs are tried where no single slots do.
func (c *crowd) bestTrade(from int) trade {
	best := c.bestOf(from, false)
	if best.gain < crowdEnough*c.over(from, make([]float64, len(c.st.mean))) {
		if pairs := c.bestOf(from, true); pairs.gain > best.gain {
			return pairs
		}
	}
	return best
}

func (c *crowd) bestOf(from int, pairs bool) (best trade) {
	mine := c.weighAll(c.bundles(from, false, pairs))
	still, more, less := make([]float64, len(c.st.mean)), make([]float64, len(c.st.mean)), make([]float64, len(c.st.mean))
	overFrom := c.over(from, still)
	for to := range c.st.load {
		if to == from || c.st.leaves(to) {
			continue
		}
		before := overFrom + c.over(to, still)
		if before <= best.gain {
			continue
		}
		theirs := c.weighAll(c.bundles(to, true, pairs))
		c.work += len(mine) * len(theirs)
		for i := range mine {
			for j := range theirs {
				if mine[i].load[0] <= theirs[j].load[0] && len(still) == 1 {
					continue // it would get fuller
				}
				for m := range still {
					more[m] = mine[i].load[m] - theirs[j].load[m]
					less[m] = -more[m]
				}
				gain := before - c.over(from, less) - c.over(to, more)
				if gain <= leastProgress || gain <= best.gain {
					continue
				}
				cost := c.price(mine[i].slots, from, to) + c.price(theirs[j].slots, to, from)
				if gain -= crowdPrice * cost / c.unit; gain > best.gain {
					best = trade{mine[i].slots, theirs[j].slots, from, to, gain}
				}
			}
		}
	}
	return best
}

// bundle is slots with what they weigh together.
type bundle struct {
	slots [2]int
	load  []float64
}

func (c *crowd) weighAll(all [][2]int) []bundle {
	bundles := make([]bundle, len(all))
	loads := make([]float64, len(all)*len(c.st.mean))
	for i, slots := range all {
		load := loads[i*len(c.st.mean) : (i+1)*len(c.st.mean)]
		for _, s := range slots {
			if s != none {
				for m := range load {
					load[m] += c.st.p.Loads[m][s]
				}
			}
		}
		bundles[i] = bundle{slots, load}
	}
	return bundles
}

// price is what more it costs that slots go from one node to another.
func (c *crowd) price(all [2]int, from, to int) (cost float64) {
	for _, s := range all {
		if s == none {
			continue
		}
		if c.st.home[s] == from {
			cost += c.st.p.Cost[s]
		} else if c.st.home[s] == to {
			cost -= c.st.p.Cost[s]
		}
	}
	return cost
}
