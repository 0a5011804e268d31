// Package skew says how unevenly load lies on slots and nodes, and how much of
// that random hashing alone would give. It is arithmetic: it reads nothing,
// prints nothing and knows neither keys nor servers.
//
// Read the nodes first: the fullest node over the mean, against its band. The
// statistics of slots describe a shape; with millions of keys their p-values
// alarm over differences that no node ever feels.
package skew

import (
	"fmt"
	"math"
)

// NodeSkew is how evenly load lies on the nodes of a cluster.
type NodeSkew struct {
	Nodes       int     `json:"nodes"`
	Draws       int64   `json:"draws"`              // independent draws that the band assumes: keys, or their effective number
	Fullest     int     `json:"fullest_node"`       // index of the node with the most load
	MaxOverMean float64 `json:"node_max_over_mean"` // the fullest node's load over the mean; 0 where there is no load
	MinOverMean float64 `json:"node_min_over_mean"`
	CV          float64 `json:"cv"` // coefficient of variation: standard deviation over mean, 0 … √(nodes-1)

	// BandLow … BandHigh holds MaxOverMean in at least 95 of 100 random
	// hashings of that many draws over the slots that the nodes own.
	BandLow  float64 `json:"band_low"`
	BandHigh float64 `json:"band_high"`
	// BandExcess is how far the fullest node stands over the mean, in units of
	// the band's upper end: (MaxOverMean-1) / (BandHigh-1). Over 1 is more
	// than random hashing gives; 0 where the band has no width above 1.
	BandExcess float64 `json:"band_excess"`
	Reading    string  `json:"reading"` // the above in a sentence
}

// Nodes weighs the nodes' loads (keys, bytes or operations; any unit, none
// negative) against the slots that each owns.
//
// draws is how many independent draws made up the loads. For keys it is their
// number. For bytes or operations every key is still one draw, but a heavy key
// moves more than a light one: pass EffectiveDraws of the keys' weights where
// they are known, and the band says what random placement of these very
// weights gives. Where only the number of keys is known, pass that: the band
// then holds the multinomial noise of equally heavy keys, and what stands over
// it is the workload's own inequality (hot keys, Zipf, tags), not the hash's.
//
// A slice of the wrong length or a negative load is the caller's error and
// panics.
func Nodes(loads []float64, slotsOwned []int, draws int64) NodeSkew {
	if len(loads) != len(slotsOwned) {
		panic(fmt.Sprintf("skew: %d loads for %d nodes", len(loads), len(slotsOwned)))
	}
	s := NodeSkew{Nodes: len(loads), Draws: draws}
	sum, low := 0.0, math.Inf(1)
	for i, load := range loads {
		if !(load >= 0) || math.IsInf(load, 1) {
			panic(fmt.Sprintf("skew: node %d has load %v", i, load))
		}
		sum += load
		low = min(low, load)
		if load > loads[s.Fullest] {
			s.Fullest = i
		}
	}
	if sum == 0 {
		s.Reading = "no load"
		return s
	}
	mean := sum / float64(len(loads))
	s.MaxOverMean, s.MinOverMean = loads[s.Fullest]/mean, low/mean
	squares := 0.0
	for _, load := range loads {
		squares += (load/mean - 1) * (load/mean - 1)
	}
	s.CV = math.Sqrt(squares / float64(len(loads)))
	s.BandLow, s.BandHigh = band(cellsOf(slotsOwned), draws)
	s.BandExcess = excess(s.MaxOverMean, s.BandHigh)
	s.Reading = s.read()
	return s
}

// EffectiveDraws is how many equally heavy keys scatter as much as keys of
// these weights: (Σw)²/Σw² (Kish, Survey Sampling, 1965). It is at least 1
// where there is any weight.
func EffectiveDraws(sum, sumOfSquares float64) int64 {
	if !(sumOfSquares > 0) {
		return 0
	}
	return max(1, int64(math.Round(sum/sumOfSquares*sum)))
}

// bandSlack is how far beyond the band's end a value may lie before it is read
// as outside: rounding, not evidence.
const bandSlack = 1e-9

func (s *NodeSkew) read() string {
	switch {
	case s.Nodes == 1:
		return "one node holds everything"
	case s.BandHigh == 0:
		return "no band: the number of keys is unknown"
	case s.MaxOverMean > s.BandHigh+bandSlack && s.BandExcess == 0:
		return "above what random hashing gives: look at hash tags and hot keys"
	case s.MaxOverMean > s.BandHigh+bandSlack:
		return timesBand(s.BandExcess) + " the band: look at hash tags and hot keys"
	case s.MaxOverMean < s.BandLow-bandSlack:
		return "evener than random hashing gives"
	}
	return "within what random hashing gives"
}

// excess is the share of the band's upper half that a max/mean takes, without
// the division by nothing of a band that ends at 1.
func excess(maxOverMean, bandHigh float64) float64 {
	if bandHigh <= 1 {
		return 0
	}
	return (maxOverMean - 1) / (bandHigh - 1)
}

func timesBand(excess float64) string {
	switch {
	case excess < 1.05:
		return "just over"
	case excess < 10:
		return fmt.Sprintf("%.1f×", excess)
	}
	return fmt.Sprintf("%.0f×", excess)
}
