package skew

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestAttributePlanted plants one reason at a time.
func TestAttributePlanted(t *testing.T) {
	even := []int{100, 100, 100, 100}
	for _, test := range []struct {
		name  string
		loads []uint64
		owned []int
		cause []uint64
		want  map[string]float64 // of the mean
	}{
		{"ownership", []uint64{200, 100, 100}, []int{200, 100, 100}, nil, map[string]float64{Ownership: 0.5}},
		{"noise", []uint64{110, 90, 100, 100}, even, nil, map[string]float64{Noise: 0.1}},
		{"a giant", []uint64{100, 140, 100, 100}, even, []uint64{0, 40, 0, 0}, map[string]float64{"giant": 30.0 / 110, Noise: 0}},
		{"a giant that evens out", []uint64{120, 100, 90, 90}, even, []uint64{0, 40, 0, 0}, map[string]float64{"giant": -0.1, Noise: 0.3}},
		{"nothing", []uint64{0, 0, 0, 0}, even, nil, nil},
	} {
		var causes []Cause
		if test.cause != nil {
			causes = []Cause{{"giant", test.cause}}
		}
		got := map[string]float64{}
		for _, p := range Attribute(test.loads, test.owned, causes, 0).Parts {
			got[p.Cause] = p.Mean
		}
		for name, want := range test.want {
			if math.Abs(got[name]-want) > 1e-12 {
				t.Errorf("%s: %s %g, want %g: %v", test.name, name, got[name], want, got)
			}
		}
	}
}

// TestAttributeAddsUp takes any loads: the parts are the excess.
func TestAttributeAddsUp(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 1))
	for range 500 {
		n := 1 + r.IntN(9)
		loads, owned, cause := make([]uint64, n), make([]int, n), make([]uint64, n)
		for i := range loads {
			loads[i] = r.Uint64N(1 << r.IntN(60))
			cause[i] = r.Uint64N(loads[i] + 1)
			owned[i] = 1 + r.IntN(5000)
		}
		a := Attribute(loads, owned, []Cause{{"x", cause}}, 10)
		sum := 0.0
		for _, p := range a.Parts {
			sum += p.Mean
		}
		if len(a.Parts) > 0 && math.Abs(sum-(a.MaxOverMean-1)) > 1e-9*a.MaxOverMean {
			t.Fatalf("parts add up to %g, the excess is %g: %v %v %v", sum, a.MaxOverMean-1, loads, owned, cause)
		}
	}
}

// TestNoiseDeviation throws keys and compares.
func TestNoiseDeviation(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 2))
	const throws, keys, nodes = 3000, 1000, 4
	squares, want := 0.0, 0.0
	for range throws {
		loads := make([]uint64, nodes)
		for range keys {
			loads[r.IntN(nodes)]++
		}
		squares += math.Pow(float64(loads[0])/(keys/nodes)-1, 2)
		want = Attribute(loads, []int{1, 1, 1, 1}, nil, keys).NoiseDeviation
	}
	if got := math.Sqrt(squares / throws); math.Abs(got/want-1) > 0.06 {
		t.Errorf("deviation %g, told %g", got, want)
	}
}
