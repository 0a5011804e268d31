package workloads

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// TestConstantIsEven merges the streams and checks every due time against
// exact arithmetic.
func TestConstantIsEven(t *testing.T) {
	for _, test := range []struct {
		n    int
		rate float64
	}{{1, 1000}, {3, 1000}, {50, 60_000}, {7, 3}} {
		var merged []int64
		for i := range test.n {
			s := newSchedule(Constant, 1, i, test.n, test.rate)
			for range 1000 {
				merged = append(merged, s.Next())
			}
		}
		slices.Sort(merged)
		for k, due := range merged {
			if want := float64(k) * 1e9 / test.rate; math.Abs(float64(due)-want) > 1 {
				t.Fatalf("%d streams at %v: request %d is due at %d, want %.1f", test.n, test.rate, k, due, want)
			}
		}
	}
}

// TestNoDriftOverHours jumps a day ahead and compares with exact integers.
func TestNoDriftOverHours(t *testing.T) {
	const rate, day = 300_007, 24 * 3600
	s := constantSchedule{next: rate * day, step: 1, nanos: 1e9 / float64(rate)}
	if due := s.Next(); due < day*1e9-1 || due > day*1e9+1 {
		t.Errorf("after a day: %d ns off", due-day*1e9)
	}
	// A day into a Poisson stream the gaps are still those of its start.
	early := newSchedule(Poisson, 5, 0, 1, 10e6).(*poissonSchedule)
	late := newSchedule(Poisson, 5, 0, 1, 10e6).(*poissonSchedule)
	late.due = day * 1e9
	for range 100_000 {
		if a, b := early.Next(), late.Next(); b-a != day*1e9 {
			t.Fatalf("late by %d ns", b-a-day*1e9)
		}
	}
	if due := early.due; due < 9_900_000 || due > 10_100_000 {
		t.Errorf("100000 gaps of 100 ns end at %d", due)
	}
}

// TestPoissonSuperposes merges streams of one rate and checks the gaps'
// distribution and the counts' dispersion.
func TestPoissonSuperposes(t *testing.T) {
	const rate, perStream = 50_000, 20_000
	for _, n := range []int{1, 4, 64} {
		var merged []int64
		end := int64(math.MaxInt64)
		for i := range n {
			s := newSchedule(Poisson, 9, i, n, rate)
			last := int64(0)
			for range perStream / n * 4 {
				due := s.Next()
				if due < last {
					t.Fatal("goes back")
				}
				merged, last = append(merged, due), due
			}
			end = min(end, last)
		}
		slices.Sort(merged)
		merged = merged[:len(merged)-len(merged)/2] // all streams still run
		if merged[len(merged)-1] > end {
			t.Fatal("the sample outlasts a stream")
		}
		const bins = 50
		counts, expected := make([]int, bins), make([]float64, bins)
		gaps := distuv.Exponential{Rate: rate / 1e9}
		for i := 1; i < len(merged); i++ {
			counts[int(gaps.CDF(float64(merged[i]-merged[i-1])+0.5)*bins)]++
		}
		for i := range expected {
			expected[i] = float64(len(merged)-1) / bins
		}
		if p := chiSquareP(counts, expected); p < leastP {
			t.Errorf("%d streams: gaps have p = %g", n, p)
		}
		mean := float64(merged[len(merged)-1]) / float64(len(merged))
		if want := 1e9 / rate; math.Abs(mean-want) > 0.03*want {
			t.Errorf("%d streams: a mean gap of %.0f ns, want %.0f", n, mean, want)
		}
	}
}

func TestSlowSchedulesSaturate(t *testing.T) {
	for _, a := range []Arrival{Constant, Poisson} {
		s := newSchedule(a, 1, 0, 1, 1e-12)
		last := int64(0)
		for range 100 {
			due := s.Next()
			if due < last || due > maxDue {
				t.Fatalf("%s: %d after %d", a, due, last)
			}
			last = due
		}
	}
}

func TestParseArrival(t *testing.T) {
	for _, text := range []string{"closed", "constant", "poisson"} {
		if a, err := ParseArrival(text); err != nil || string(a) != text {
			t.Errorf("%s: %s, %v", text, a, err)
		}
	}
	for _, text := range []string{"", "Poisson", "open"} {
		if _, err := ParseArrival(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
	if s := newSchedule(Closed, 1, 0, 1, 0); s != nil {
		t.Error("a closed loop has a schedule")
	}
}
