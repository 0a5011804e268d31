package skew

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestSlotsByHand(t *testing.T) {
	s := Slots([]uint64{4, 0, 2, 2})
	near(t, "max/mean", s.MaxOverMean, 2, 1e-12)
	near(t, "CV", s.CV, math.Sqrt(0.5), 1e-12)
	// Sorted 0 2 2 4: Σ(2i-n-1)x / (n·Σx) = (-3·0 - 1·2 + 1·2 + 3·4) / (4·8).
	near(t, "Gini", s.Gini, 12.0/32, 1e-12)
	near(t, "χ²", s.ChiSquare, (4+4+0+0)/2.0, 1e-12)
	near(t, "z", s.ChiSquareZ, (4-3)/math.Sqrt(6), 1e-12)
	near(t, "entropy", s.EntropyBits, 1.5, 1e-12)
	near(t, "KL", s.KLBits, 0.5, 1e-12)
	near(t, "top 12 %", s.Top12Share, 0.48*4/8, 1e-12) // 0.48 of the fullest slot
	near(t, "expected empty", s.ExpectedEmpty, 4*math.Pow(0.75, 8), 1e-12)
	if s.Slots != 4 || s.Total != 8 || s.Empty != 1 || s.FullestSlot != 0 || s.FullestLoad != 4 {
		t.Errorf("%+v", s)
	}
}

func TestEvenSlots(t *testing.T) {
	hist := make([]uint64, 1024)
	for i := range hist {
		hist[i] = 1000
	}
	s := Slots(hist)
	near(t, "Gini", s.Gini, 0, 1e-12)
	near(t, "CV", s.CV, 0, 1e-12)
	near(t, "entropy", s.EntropyBits, 10, 1e-9)
	near(t, "top 1 %", s.Top1Share, 0.01, 1e-12)
	near(t, "top 12 %", s.Top12Share, 0.12, 1e-12)
	if !strings.HasPrefix(s.Reading, "evener") {
		t.Errorf("reading %q", s.Reading)
	}
}

func TestOneSlotHasAll(t *testing.T) {
	hist := make([]uint64, 16384)
	hist[77] = 50_000
	s := Slots(hist)
	near(t, "max/mean", s.MaxOverMean, 16384, 1e-6)
	near(t, "Gini", s.Gini, 1-1.0/16384, 1e-12)
	near(t, "entropy", s.EntropyBits, 0, 1e-12)
	near(t, "top 1 %", s.Top1Share, 1, 1e-12)
	if s.FullestSlot != 77 || s.Empty != 16383 || !strings.Contains(s.Reading, "look at hash tags") {
		t.Errorf("%+v", s)
	}
}

// One million keys over 16384 slots: the fullest 12 % of the slots are
// expected to hold 14.6 % of them.
func TestExpectedShares(t *testing.T) {
	random := poisson(1e6 / 16384).shape()
	near(t, "top 12 %", random.top12, 0.146, 0.0005)
	near(t, "CV", random.cv, math.Sqrt(16384/1e6), 1e-9)
}

// For large means the Gini of a Poisson variable is 1/√(π·mean); at mean 1 it
// is e⁻²(I₀(2)+I₁(2)) (Ramasubban, Biometrika 45, 1958).
func TestExpectedGini(t *testing.T) {
	near(t, "mean 1", poisson(1).shape().gini, math.Exp(-2)*(2.2795853023+1.5906368546), 1e-9)
	for _, mean := range []float64{1e3, 1e5, 9e5, 1.1e6, 1e9} {
		want := 1 / math.Sqrt(math.Pi*mean)
		near(t, "large mean", poisson(mean).shape().gini/want, 1, 1/mean+1e-4)
	}
}

// Keys thrown at random agree with every expectation, in sparse and dense slots.
func TestRandomKeysAgreeWithExpectations(t *testing.T) {
	const seed = 3
	random := rand.New(rand.NewPCG(seed, 0))
	for _, keys := range []int{2_000, 16_384, 1_000_000} {
		hist := make([]uint64, 16384)
		for range keys {
			hist[random.IntN(len(hist))]++
		}
		s := Slots(hist)
		near(t, "CV", s.CV/s.ExpectedCV, 1, 0.03)
		near(t, "Gini", s.Gini/s.ExpectedGini, 1, 0.03)
		near(t, "top 1 %", s.Top1Share/s.ExpectedTop1Share, 1, 0.03)
		near(t, "top 12 %", s.Top12Share/s.ExpectedTop12Share, 1, 0.03)
		near(t, "empty", float64(s.Empty)-s.ExpectedEmpty, 0, 4*math.Sqrt(s.ExpectedEmpty)+1)
		near(t, "χ² score", s.ChiSquareZ, 0, 4)
		if s.MaxOverMean < s.BandLow || s.MaxOverMean > s.BandHigh {
			t.Errorf("seed %d, %d keys: max/mean %.3f outside %.3f–%.3f", seed, keys, s.MaxOverMean, s.BandLow, s.BandHigh)
		}
		if s.Reading != "within what random hashing gives" {
			t.Errorf("seed %d, %d keys: %q", seed, keys, s.Reading)
		}
	}
}

// Every key 1000 times as heavy changes no ratio: a draw is a key, not a byte.
func TestWeightedSlotsScale(t *testing.T) {
	const seed, keys = 4, 100_000
	random := rand.New(rand.NewPCG(seed, 0))
	hist, heavy := make([]uint64, 4096), make([]uint64, 4096)
	for range keys {
		s := random.IntN(len(hist))
		hist[s]++
		heavy[s] += 1000
	}
	a, b := Slots(hist), WeightedSlots(heavy, keys)
	near(t, "max/mean", b.MaxOverMean, a.MaxOverMean, 1e-9)
	near(t, "high", b.BandHigh, a.BandHigh, 1e-9)
	near(t, "Gini", b.Gini, a.Gini, 1e-9)
	near(t, "z", b.ChiSquareZ, a.ChiSquareZ, 1e-6)
	if a.Reading != b.Reading {
		t.Errorf("%q and %q", a.Reading, b.Reading)
	}
}

// Whatever the histogram, every number can be written down as JSON.
func FuzzSlots(f *testing.F) {
	f.Add([]byte{}, int64(0))
	f.Add([]byte{0, 0, 9, 255}, int64(3))
	f.Add([]byte{255}, int64(math.MaxInt64))
	f.Fuzz(func(t *testing.T, loads []byte, draws int64) {
		if len(loads) > 4096 {
			return
		}
		hist := make([]uint64, len(loads))
		for i, load := range loads {
			hist[i] = uint64(load) << (load % 64)
		}
		s := WeightedSlots(hist, draws)
		if _, err := json.Marshal(s); err != nil {
			t.Fatalf("%v, %d draws: %v: %+v", loads, draws, err, s)
		}
		if s.BandLow > s.BandHigh || s.Gini < 0 || s.Gini > 1 || s.Reading == "" {
			t.Fatalf("%v, %d draws: %+v", loads, draws, s)
		}
	})
}
