package skew

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"slotbench/internal/slot"
)

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > tolerance {
		t.Errorf("%s = %v, want %v ± %v", what, got, want, tolerance)
	}
}

func TestNodesByHand(t *testing.T) {
	s := Nodes([]float64{30, 60, 30}, []int{5461, 5462, 5461}, 120)
	near(t, "max/mean", s.MaxOverMean, 1.5, 1e-12)
	near(t, "min/mean", s.MinOverMean, 0.75, 1e-12)
	near(t, "CV", s.CV, math.Sqrt(0.125), 1e-12)
	if s.Nodes != 3 || s.Fullest != 1 || s.Draws != 120 {
		t.Errorf("%+v", s)
	}
	near(t, "excess", s.BandExcess, 0.5/(s.BandHigh-1), 1e-12)
	if s.BandExcess < 1 || !strings.Contains(s.Reading, "look at hash tags") {
		t.Errorf("%+v", s)
	}
}

// Three draws over two equal nodes: the fullest holds 3 with probability 1/4
// and 2 with 3/4. Both are likelier than the tails, so the band is 2 … 3 over
// a mean of 1.5.
func TestBandOfThreeDraws(t *testing.T) {
	s := Nodes([]float64{2, 1}, []int{8192, 8192}, 3)
	near(t, "low", s.BandLow, 2/1.5, 1e-12)
	near(t, "high", s.BandHigh, 3/1.5, 1e-12)
}

func TestUpperTailAgainstEveryOutcome(t *testing.T) {
	const draws, p = 12, 0.3
	choose := 1.0
	above := 1.0
	for m := range int64(draws) {
		above -= choose * math.Pow(p, float64(m)) * math.Pow(1-p, float64(draws-m))
		near(t, fmt.Sprintf("P(X>%d)", m), upperTail(draws, p, m), above, 1e-13)
		choose *= float64(draws-m) / float64(m+1)
	}
	if upperTail(draws, p, draws) != 0 || upperTail(draws, 0, 0) != 0 || upperTail(draws, 1, draws-1) != 1 {
		t.Error("certain outcomes are not certain")
	}
}

// Summed and normal tails meet where one takes over from the other.
func TestTailsMeet(t *testing.T) {
	for _, p := range []float64{1.0 / 16384, 1.0 / 12, 0.5, 0.9} {
		n := normalVariance / (p * (1 - p))
		for z := -5.0; z <= 5; z += 0.5 {
			m := math.Floor(n*p + z*math.Sqrt(normalVariance))
			summed := sumTerms(math.Floor(n), p, m+1, +1)
			if z < 0 {
				summed = 1 - sumTerms(math.Floor(n), p, m, -1)
			}
			variance := math.Floor(n) * p * (1 - p)
			normal := normalTail((m+0.5-math.Floor(n)*p)/math.Sqrt(variance), (1-2*p)/math.Sqrt(variance))
			if math.Abs(summed-normal) > 0.01*math.Min(normal, 1-normal)+1e-9 {
				t.Errorf("p %v z %v: summed %v, normal %v", p, z, summed, normal)
			}
		}
	}
}

// throw puts draws on places with these weights, one at a time.
func throw(random *rand.Rand, draws int, slotsOwned []int) []float64 {
	total := 0
	for _, owned := range slotsOwned {
		total += owned
	}
	loads := make([]float64, len(slotsOwned))
	for range draws {
		at := random.IntN(total)
		for i, owned := range slotsOwned {
			if at -= owned; at < 0 {
				loads[i]++
				break
			}
		}
	}
	return loads
}

// The band is a promise: at most 2.5 % of random throws lie beyond either end,
// whatever the nodes, and with equal nodes not far fewer do beyond the upper.
func TestBandCoversRandomThrows(t *testing.T) {
	const seed, throws = 11, 4000
	random := rand.New(rand.NewPCG(seed, 0))
	for _, test := range []struct {
		owned []int
		draws int
	}{
		{[]int{8192, 8192}, 400},
		{[]int{5461, 5462, 5461}, 900},
		{[]int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, 600},
		{[]int{8192, 4096, 2048, 2048}, 500},
		{[]int{10, 10, 0}, 300},
		{[]int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, 5},
	} {
		below, above := 0, 0
		low, high := band(cellsOf(test.owned), int64(test.draws))
		mean := float64(test.draws) / float64(len(test.owned))
		for range throws {
			maxOverMean := slices.Max(throw(random, test.draws, test.owned)) / mean
			if maxOverMean < low-bandSlack {
				below++
			}
			if maxOverMean > high+bandSlack {
				above++
			}
		}
		// 2.5 % of 4000 is 100 with a standard deviation of 10.
		if below > 140 || above > 140 {
			t.Errorf("seed %d: %v, %d draws: %d below and %d above of %d", seed, test.owned, test.draws, below, above, throws)
		}
		if test.draws >= 400 && len(test.owned) > 2 && test.owned[2] > 0 && above < 30 {
			t.Errorf("seed %d: %v: the upper end is too far out: %d above of %d", seed, test.owned, above, throws)
		}
	}
}

// Ten million keys on three nodes: one formula that a reader can redo by hand.
// A node's share has a standard deviation of √(p(1-p)/K), and 2.5 % over three
// nodes is 2.394 of them.
func TestBandAgainstHandCalculation(t *testing.T) {
	s := Nodes([]float64{1, 1, 1}, []int{1, 1, 1}, 10_000_000)
	near(t, "high", s.BandHigh, 1+2.394*math.Sqrt(2.0/10_000_000), 2e-6)
	near(t, "low", s.BandLow, 1, 1e-6)
}

func TestNodesWithoutAnythingToSay(t *testing.T) {
	for _, test := range []struct {
		loads   []float64
		owned   []int
		draws   int64
		reading string
	}{
		{nil, nil, 0, "no load"},
		{[]float64{0, 0}, []int{1, 1}, 0, "no load"},
		{[]float64{5}, []int{16384}, 5, "one node holds everything"},
		{[]float64{5, 5}, []int{1, 1}, 0, "no band: the number of keys is unknown"},
		{[]float64{5, 5}, []int{0, 0}, 10, "no band: the number of keys is unknown"},
		{[]float64{5, 0}, []int{1, 0}, 5, "within what random hashing gives"},
	} {
		s := Nodes(test.loads, test.owned, test.draws)
		if s.Reading != test.reading {
			t.Errorf("%v over %v: %q, want %q", test.loads, test.owned, s.Reading, test.reading)
		}
		if _, err := json.Marshal(s); err != nil {
			t.Errorf("%v: %v", test.loads, err)
		}
	}
}

func TestNodesPanicsOnNonsense(t *testing.T) {
	for _, load := range []float64{-1, math.NaN(), math.Inf(1)} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("load %v is accepted", load)
				}
			}()
			Nodes([]float64{load}, []int{1}, 1)
		}()
	}
}

func TestEffectiveDraws(t *testing.T) {
	if got := EffectiveDraws(1000, 1000); got != 1000 { // 1000 keys of weight 1
		t.Errorf("equal weights: %d", got)
	}
	if got := EffectiveDraws(1e9, 1e18); got != 1 { // one key has all
		t.Errorf("one key: %d", got)
	}
	if got := EffectiveDraws(0, 0); got != 0 {
		t.Errorf("nothing: %d", got)
	}
}

// Weighted keys thrown at random stay within the band of their effective
// number as often as a band should; taken as equal keys they would alarm.
func TestEffectiveDrawsMakeAnHonestBand(t *testing.T) {
	const seed, keys, nodes, throws = 5, 1000, 6, 600
	random := rand.New(rand.NewPCG(seed, 0))
	weights := make([]float64, keys)
	sum, squares := 0.0, 0.0
	for i := range weights {
		weights[i] = math.Exp(random.NormFloat64())
		sum += weights[i]
		squares += weights[i] * weights[i]
	}
	owned := []int{1, 1, 1, 1, 1, 1}
	outside, alarms := 0, 0
	_, plainHigh := band(cellsOf(owned), keys)
	for range throws {
		loads := make([]float64, nodes)
		for _, w := range weights {
			loads[random.IntN(nodes)] += w
		}
		s := Nodes(loads, owned, EffectiveDraws(sum, squares))
		if s.MaxOverMean > s.BandHigh {
			outside++
		}
		if s.MaxOverMean > plainHigh {
			alarms++
		}
	}
	if outside > 36 || alarms < 90 {
		t.Errorf("seed %d: of %d throws %d lie over the weighted band, %d over the plain one", seed, throws, outside, alarms)
	}
}

// keysOverNodes hashes keys and adds them up by slot and for n even nodes.
func keysOverNodes(keys, n int, key func(buffer []byte, i int) []byte) (NodeSkew, SlotSkew) {
	topology := slot.Even(slot.DefaultCount, make([]slot.Node, n))
	loads, owned := make([]float64, n), make([]int, n)
	for i := range owned {
		owned[i] = topology.Slots(i)
	}
	hist := make([]uint64, slot.DefaultCount)
	var buffer []byte
	for i := range keys {
		buffer = key(buffer[:0], i)
		s := slot.Of(buffer)
		hist[s]++
		loads[topology.Owner(s)]++
	}
	return Nodes(loads, owned, int64(keys)), Slots(hist)
}

// Counting keys are evener on the nodes than random ones while their slots
// look anything but random: why nodes come first.
func TestCountingKeysOnNodes(t *testing.T) {
	const keys, seed = 1_000_000, 1
	source := rand.New(rand.NewPCG(seed, 0))
	even, slots := keysOverNodes(keys, 12, func(b []byte, i int) []byte { return fmt.Appendf(b, "%06d", i) })
	noisy, _ := keysOverNodes(keys, 12, func(b []byte, _ int) []byte { return strconv.AppendUint(b, source.Uint64(), 16) })
	if even.MaxOverMean > 1.0015 || even.MaxOverMean >= noisy.MaxOverMean {
		t.Errorf("counting keys %.4f, random keys (seed %d) %.4f", even.MaxOverMean, seed, noisy.MaxOverMean)
	}
	if noisy.MaxOverMean < noisy.BandLow || noisy.MaxOverMean > noisy.BandHigh {
		t.Errorf("random keys (seed %d): %+v", seed, noisy)
	}
	if slots.ChiSquareZ < 20 || slots.MaxOverMean > slots.BandHigh {
		t.Errorf("%%06d: z = %.1f, %s", slots.ChiSquareZ, slots.Reading)
	}
}
