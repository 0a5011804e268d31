package compare

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// world draws the logarithms of n runs a side, in interleaved pairs, of
// systems that are the same.
type world func(r *rand.Rand, nA, nB int) (a, b []float64)

// independent makes a world of runs that know nothing of each other.
func independent(one func(*rand.Rand) float64) world {
	return func(r *rand.Rand, nA, nB int) (a, b []float64) {
		for range nA {
			a = append(a, one(r))
		}
		for range nB {
			b = append(b, one(r))
		}
		return a, b
	}
}

var (
	lognormal = independent(func(r *rand.Rand) float64 { return 0.05 * r.NormFloat64() })
	// One run in ten has a neighbour on the machine.
	outliers = independent(func(r *rand.Rand) float64 {
		x := 0.05 * r.NormFloat64()
		if r.Float64() < 0.1 {
			x += 0.5 * r.Float64()
		}
		return x
	})
	// The machine drifts; both sides of a block have nearly the same of it.
	drifting world = func(r *rand.Rand, nA, nB int) (a, b []float64) {
		drift := 0.0
		for range min(nA, nB) {
			drift = 0.8*drift + 0.04*r.NormFloat64()
			a = append(a, drift+0.05*r.NormFloat64())
			b = append(b, drift+0.05*r.NormFloat64())
		}
		return a, b
	}
	// Other scatter is no other location.
	unequal world = func(r *rand.Rand, nA, nB int) (a, b []float64) {
		a, b = lognormal(r, nA, nB)
		for i := range b {
			b[i] *= 3
		}
		return a, b
	}
)

// fewReplicates are enough to see whether an interval holds 0.
const fewReplicates = 2000

// TestSameSystemsRarelyDiffer simulates sides that are the same: a difference
// is shown in at most 5 of 100 cases, whatever the runs scatter like. The seeds
// are fixed; scripts/calibrate-compare does the same at length.
func TestSameSystemsRarelyDiffer(t *testing.T) {
	t.Parallel()
	const cases = 400
	for _, test := range []struct {
		name   string
		world  world
		nA, nB int
	}{
		{"lognormal", lognormal, 5, 5},
		{"lognormal", lognormal, 10, 10},
		{"lognormal", lognormal, 5, 20},
		{"outliers", outliers, 5, 5},
		{"outliers", outliers, 10, 10},
		{"drifting", drifting, 10, 10},
		{"unequal", unequal, 10, 10},
	} {
		t.Run(fmt.Sprintf("%s %d+%d", test.name, test.nA, test.nB), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(7, uint64(test.nA)))
			shown := 0
			for i := range cases {
				a, b := test.world(r, test.nA, test.nB)
				if !distanceIn(fewReplicates, a, b, uint64(i)).interval.Holds(0) {
					shown++
				}
			}
			if share := float64(shown) / cases; share > 1-Confidence {
				t.Errorf("a difference in %.1f %% of %d cases without one", 100*share, cases)
			}
		})
	}
}

// TestPowerIsAsPrinted plants the difference that runs of a world say they
// could detect, and one of 5 %, and counts how often each is shown.
func TestPowerIsAsPrinted(t *testing.T) {
	t.Parallel()
	const cases, tolerance = 300, 0.06
	for _, n := range []int{5, 10, 20} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(11, uint64(n)))
			var detectable []float64
			told5 := 0.0
			for i := range cases {
				a, b := lognormal(r, n, n)
				s := distanceIn(fewReplicates, a, b, uint64(i))
				detectable = append(detectable, s.detectable())
				told5 += s.power(told) / cases
			}
			slices.Sort(detectable)
			for _, planted := range []struct{ difference, want float64 }{
				{detectable[cases/2], Power}, {told, told5},
			} {
				shown := 0.0
				for i := range cases {
					a, b := lognormal(r, n, n)
					for j := range b {
						b[j] += planted.difference
					}
					if !distanceIn(fewReplicates, a, b, uint64(i)).interval.Holds(0) {
						shown++
					}
				}
				if got := shown / cases; math.Abs(got-planted.want) > tolerance {
					t.Errorf("planted %+.1f %%: shown in %.0f %% of the cases, said %.0f %%", 100*math.Expm1(planted.difference), 100*got, 100*planted.want)
				}
			}
		})
	}
}
