package skew

import (
	"fmt"
	"math"
	"slices"
)

// SlotSkew is the shape of load over slots. Every measure that has one stands
// beside the value that random hashing is expected to give, so that it can be
// read without a table.
type SlotSkew struct {
	Slots int    `json:"slots"`
	Total uint64 `json:"total"` // the load of all slots; saturates
	Draws int64  `json:"draws"` // independent draws that the expectations assume

	FullestSlot int     `json:"fullest_slot"` // the lowest of them where several are
	FullestLoad uint64  `json:"fullest_load"`
	MaxOverMean float64 `json:"slot_max_over_mean"` // 0 where there is no load
	BandLow     float64 `json:"band_low"`           // 95 % band of MaxOverMean, as in NodeSkew
	BandHigh    float64 `json:"band_high"`
	BandExcess  float64 `json:"band_excess"`

	CV         float64 `json:"cv"`
	ExpectedCV float64 `json:"expected_cv"`

	// Expected values that hold for counts of keys alone are absent where the
	// load is weighted.
	Empty              int     `json:"empty_slots"`
	ExpectedEmpty      float64 `json:"expected_empty_slots,omitempty"`
	Gini               float64 `json:"gini"` // 0: all alike; near 1: one slot has all
	ExpectedGini       float64 `json:"expected_gini,omitempty"`
	Top1Share          float64 `json:"top_1_percent_share"` // share of the load on the fullest 1 % of the slots
	ExpectedTop1Share  float64 `json:"expected_top_1_percent_share,omitempty"`
	Top12Share         float64 `json:"top_12_percent_share"`
	ExpectedTop12Share float64 `json:"expected_top_12_percent_share,omitempty"`

	EntropyBits float64 `json:"entropy_bits"` // of the slots' shares; log2(slots) where all are alike
	KLBits      float64 `json:"kl_bits"`      // log2(slots) - EntropyBits: distance from even shares

	ChiSquare  float64 `json:"chi_square"`   // against even slots; in units of one draw's load
	ChiSquareZ float64 `json:"chi_square_z"` // (χ² - dof) / √(2·dof): its standard score, dof = slots-1
	Reading    string  `json:"reading"`
}

// Slots is the shape of a count of keys by slot.
func Slots(keysBySlot []uint64) SlotSkew {
	total := uint64(0)
	for _, keys := range keysBySlot {
		total += keys
	}
	s := WeightedSlots(keysBySlot, int64(min(total, math.MaxInt64)))
	if total > 0 {
		s.expectKeys()
	}
	return s
}

// WeightedSlots is the shape of bytes or operations by slot that came from
// that many independent draws; see Nodes for what to pass. What is expected of
// them holds as far as their variance tells: CV, chi-square and the band.
// Without draws these are 0.
func WeightedSlots(loadBySlot []uint64, draws int64) SlotSkew {
	s := SlotSkew{Slots: len(loadBySlot), Draws: draws}
	sum := 0.0
	for i, load := range loadBySlot {
		if s.Total += load; s.Total < load {
			s.Total = math.MaxUint64
		}
		sum += float64(load)
		if load == 0 {
			s.Empty++
		}
		if load > s.FullestLoad {
			s.FullestSlot, s.FullestLoad = i, load
		}
	}
	if sum == 0 {
		s.Reading = "no load"
		return s
	}
	mean := sum / float64(s.Slots)
	s.MaxOverMean = float64(s.FullestLoad) / mean
	seen := observed(loadBySlot).shape()
	s.CV, s.Gini, s.Top1Share, s.Top12Share = seen.cv, seen.gini, seen.top1, seen.top12
	s.entropy(loadBySlot, sum)
	if draws > 0 {
		s.expect(mean)
	}
	s.Reading = s.read()
	return s
}

// expectKeys fills in what random hashing gives where every draw weighs 1.
func (s *SlotSkew) expectKeys() {
	slots := float64(s.Slots)
	s.ExpectedEmpty = slots * math.Exp(float64(s.Draws)*math.Log1p(-1/slots))
	random := poisson(float64(s.Draws) / slots).shape()
	s.ExpectedGini, s.ExpectedTop1Share, s.ExpectedTop12Share = random.gini, random.top1, random.top12
}

// expect fills in what random hashing of the draws gives by their variance.
func (s *SlotSkew) expect(mean float64) {
	slots := float64(s.Slots)
	drawsPerSlot := float64(s.Draws) / slots
	// A draw weighs mean/drawsPerSlot, so χ² = Σ(x-mean)²/(mean·weight) is
	// CV²·mean·slots/weight.
	s.ChiSquare = s.CV * s.CV * slots * drawsPerSlot
	if dof := slots - 1; dof > 0 {
		s.ChiSquareZ = (s.ChiSquare - dof) / math.Sqrt(2*dof)
	}
	s.BandLow, s.BandHigh = band([]cells{{1 / slots, s.Slots}}, s.Draws)
	s.BandExcess = excess(s.MaxOverMean, s.BandHigh)
	s.ExpectedCV = 1 / math.Sqrt(drawsPerSlot)
}

func (s *SlotSkew) entropy(loadBySlot []uint64, sum float64) {
	for _, load := range loadBySlot {
		if load > 0 {
			share := float64(load) / sum
			s.EntropyBits -= share * math.Log2(share)
		}
	}
	s.KLBits = max(0, math.Log2(float64(s.Slots))-s.EntropyBits)
}

// oddScore is the chi-square score beyond which counts are called other than
// random.
const oddScore = 4

func (s *SlotSkew) read() string {
	switch {
	case s.Draws <= 0:
		return "no band: the number of keys is unknown"
	case s.Slots == 1:
		return "one slot holds everything"
	case s.MaxOverMean > s.BandHigh+bandSlack:
		return "the fullest slot is " + timesBand(s.BandExcess) + " the band: look at hash tags and hot keys"
	case s.ChiSquareZ < -oddScore:
		return "evener than random hashing gives, as keys that count up often are"
	case s.ChiSquareZ > oddScore:
		return fmt.Sprintf("no slot is over the band, though χ² (z = %.0f) tells the keys from random ones: judge by the nodes", s.ChiSquareZ)
	}
	return "within what random hashing gives"
}

// step is how many slots (weight) have the same load (value).
type step struct{ value, weight float64 }

// curve is a distribution of load over slots, the heaviest value first.
type curve []step

// observed is the distribution of a histogram's slots.
func observed(loadBySlot []uint64) curve {
	sorted := slices.Clone(loadBySlot)
	slices.Sort(sorted)
	var c curve
	for _, load := range slices.Backward(sorted) {
		if n := len(c); n > 0 && c[n-1].value == float64(load) {
			c[n-1].weight++
			continue
		}
		c = append(c, step{float64(load), 1})
	}
	return c
}

// manyDraws is the mean from which a Poisson variable is spread as the normal
// one is: its Lorenz curve then differs in the sixth decimal only, and the
// number of its values would grow without limit.
const manyDraws = 1e6

// poisson is the distribution of a Poisson variable, cut off where 12 standard
// deviations leave nothing.
func poisson(mean float64) curve {
	if mean > manyDraws {
		return gaussian(mean)
	}
	spread := 12*math.Sqrt(mean) + 30
	first, last := max(0, math.Floor(mean-spread)), math.Ceil(mean+spread)
	var c curve
	for k := last; k >= first; k-- {
		logFactorial, _ := math.Lgamma(k + 1)
		if p := math.Exp(k*math.Log(mean) - mean - logFactorial); p > 0 {
			c = append(c, step{k, p})
		}
	}
	return c
}

// gaussian is the normal law with the Poisson variance, on a fixed grid.
func gaussian(mean float64) curve {
	const steps, reach = 4000, 8.0
	c := make(curve, 0, steps+1)
	for i := steps; i >= 0; i-- {
		z := reach * (2*float64(i)/steps - 1)
		c = append(c, step{mean + z*math.Sqrt(mean), math.Exp(-z * z / 2)})
	}
	return c
}

// shape is what a distribution's Lorenz curve says.
type shape struct{ cv, gini, top1, top12 float64 }

func (c curve) shape() shape {
	weight, sum, squares := 0.0, 0.0, 0.0
	for _, at := range c {
		weight += at.weight
		sum += at.weight * at.value
	}
	mean := sum / weight
	area, reached := 0.0, 0.0
	for _, at := range c {
		squares += at.weight * (at.value - mean) * (at.value - mean)
		part := at.weight * at.value / sum
		area += at.weight / weight * (reached + part/2)
		reached += part
	}
	return shape{
		cv:    math.Sqrt(squares/weight) / mean,
		gini:  max(0, 2*area-1),
		top1:  c.topShare(0.01*weight) / sum,
		top12: c.topShare(0.12*weight) / sum,
	}
}

// topShare is the load on the heaviest slots of this weight; a part of a slot
// carries that part of its load.
func (c curve) topShare(weight float64) float64 {
	load := 0.0
	for _, at := range c {
		part := min(at.weight, weight)
		load += part * at.value
		if weight -= part; weight <= 0 {
			break
		}
	}
	return load
}
