package skew

import (
	"math"
	"math/big"
)

// Attribution says why the fullest node is fuller than the mean: parts that add
// up to the excess.
//
// Each part is a counterfactual: how much less the node would have, had this
// load been spread over all slots evenly, as hashing spreads what is many and
// small. With T the load of all N nodes, S the slots that they own, and s those
// of the fullest node f:
//
//	uneven ownership   T·s/S − T/N        what it owns beyond an Nth of the slots
//	a cause c          L(c,f) − T(c)·s/S  of the load L(c) that the caller names
//	hash noise         the same of all load that no cause names
//
// These add up to L(f) − T/N by their definition, exactly: they are computed in
// rational numbers. A part below 0 works against the excess.
type Attribution struct {
	Node        int     `json:"node"` // the fullest
	MaxOverMean float64 `json:"max_over_mean"`
	Parts       []Part  `json:"parts"` // ownership first, noise last
	// NoiseDeviation is the standard deviation that random hashing gives the
	// noise's OfMean; 0 where the draws are not known.
	NoiseDeviation float64 `json:"noise_deviation"`
}

// Part is one reason.
type Part struct {
	Cause string  `json:"cause"`
	Load  float64 `json:"load"`    // over the fair share, in the unit of the loads
	Mean  float64 `json:"of_mean"` // the same over the mean node's load: parts add up to MaxOverMean - 1
	// Without is the fullest node over the mean if this load were spread evenly
	// over all slots, all else as it is. The fullest may be another node then.
	Without float64 `json:"max_over_mean_without"`
}

// Cause is load that is told apart, by node.
type Cause struct {
	Name  string
	Loads []uint64
}

// The parts that are always there.
const (
	Ownership = "uneven ownership"
	Noise     = "hash noise"
)

// Attribute takes the nodes' loads apart; causes do not overlap and hold no more
// than the loads. noiseDraws is how many equally heavy keys would scatter as
// what no cause names. There are no parts where there is no load.
func Attribute(loads []uint64, slotsOwned []int, causes []Cause, noiseDraws int64) Attribution {
	a := Attribution{}
	slots := int64(0)
	for i, load := range loads {
		if load > loads[a.Node] {
			a.Node = i
		}
		slots += int64(slotsOwned[i])
	}
	total := sum(loads)
	if total.Sign() == 0 || slots == 0 {
		return a
	}
	mean := new(big.Rat).SetFrac(total, big.NewInt(int64(len(loads))))
	owned := big.NewRat(int64(slotsOwned[a.Node]), slots)
	fair := func(of *big.Int) *big.Rat { return new(big.Rat).Mul(new(big.Rat).SetInt(of), owned) }
	a.MaxOverMean = ratio(rat(loads[a.Node]), mean)

	add := func(name string, over *big.Rat, without float64) {
		load, _ := over.Float64()
		a.Parts = append(a.Parts, Part{name, load, ratio(over, mean), without})
	}
	add(Ownership, new(big.Rat).Sub(fair(total), mean), evenlyOwned(loads, slotsOwned))
	rest := make([]uint64, len(loads))
	copy(rest, loads)
	for _, c := range causes {
		over := new(big.Rat).Sub(rat(c.Loads[a.Node]), fair(sum(c.Loads)))
		add(c.Name, over, without(loads, c.Loads, slotsOwned))
		for i := range rest {
			rest[i] -= c.Loads[i]
		}
	}
	over := new(big.Rat).Sub(rat(rest[a.Node]), fair(sum(rest)))
	add(Noise, over, without(loads, rest, slotsOwned))
	if noiseDraws > 0 {
		p, _ := owned.Float64()
		left := ratio(new(big.Rat).SetInt(sum(rest)), mean)
		a.NoiseDeviation = left * math.Sqrt(p*(1-p)/float64(noiseDraws))
	}
	return a
}

// without is max over mean if part of the loads were spread evenly over the
// slots.
func without(loads, part []uint64, slotsOwned []int) float64 {
	all, spread, slots := 0.0, 0.0, 0
	for i, n := range loads {
		all, spread, slots = all+float64(n), spread+float64(part[i]), slots+slotsOwned[i]
	}
	most := 0.0
	for i, n := range loads {
		most = max(most, float64(n-part[i])+spread*float64(slotsOwned[i])/float64(slots))
	}
	return most / (all / float64(len(loads)))
}

// evenlyOwned is max over mean if every node's slots had the load per slot that
// they have, and all nodes as many. Nodes without slots get none.
func evenlyOwned(loads []uint64, slotsOwned []int) float64 {
	sum, most := 0.0, 0.0
	for i, n := range loads {
		if slotsOwned[i] > 0 {
			perSlot := float64(n) / float64(slotsOwned[i])
			sum += perSlot
			most = max(most, perSlot)
		}
	}
	return most / (sum / float64(len(loads)))
}

func sum(loads []uint64) *big.Int {
	total := new(big.Int)
	for _, n := range loads {
		total.Add(total, new(big.Int).SetUint64(n))
	}
	return total
}

func rat(n uint64) *big.Rat { return new(big.Rat).SetInt(new(big.Int).SetUint64(n)) }

func ratio(a, b *big.Rat) float64 {
	f, _ := new(big.Rat).Quo(a, b).Float64()
	return f
}
