package workloads

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// phaseTexts is a phase of each measured kind, as the command line has them.
var phaseTexts = []string{
	"steady,for=20s,rate=1000",
	"ramp,for=20s,from=0,to=2k",
	"ramp,for=20s,from=2k,to=0",
	"ramp,for=20s,from=10%,to=30%",
	"step,for=20s,from=500,to=1500,steps=7",
	"burst,for=20s,rate=0,peak=10k,every=3s,length=300ms",
	"burst,for=20s,rate=500,peak=5000,every=4s,length=1s",
	"sine,for=20s,rate=1000,swing=1000,period=7s",
	"sine,for=20s,rate=1000,swing=0,period=1s",
	"sine,for=20s,rate=1000,swing=300,period=90s",
}

const testCapacity = 5000

func profileOf(t *testing.T, text string) Profile {
	t.Helper()
	phase, err := ParsePhase(text)
	if err != nil {
		t.Fatal(err)
	}
	p, err := phase.Profile(testCapacity)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// dueBefore is the integral of the rate by brute force: the midpoint rule in
// steps that are far below every piece.
func dueBefore(p Profile, seconds float64) float64 {
	const steps = 200_000
	sum := 0.0
	for i := range steps {
		sum += p.PerSec(seconds * (float64(i) + 0.5) / steps)
	}
	return sum * seconds / steps
}

// TestProfileIntegrates checks the closed forms against brute force.
func TestProfileIntegrates(t *testing.T) {
	for _, text := range phaseTexts {
		p := profileOf(t, text)
		if got, want := p.Requests(), dueBefore(p, p.Seconds()); math.Abs(got-want) > 1e-4*want {
			t.Errorf("%s: %v requests, want %v", text, got, want)
		}
		if p.Seconds() < 19.999999 || p.Seconds() > 20.000001 {
			t.Errorf("%s: %v s", text, p.Seconds())
		}
		low, high := p.RangePerSec()
		for i := range 1000 {
			if r := p.PerSec(20 * float64(i) / 1000); r < low-1e-9 || r > high+1e-9 {
				t.Errorf("%s: a rate of %v outside %v … %v", text, r, low, high)
			}
		}
	}
}

// dues is what all streams are due together, in order.
func dues(p Profile, a Arrival, seed uint64, n int) []int64 {
	var merged []int64
	for i := range n {
		s := newProfileSchedule(a, p, seed, 0, i, n)
		for due := s.Next(); due < maxDue; due = s.Next() {
			merged = append(merged, due)
		}
	}
	slices.Sort(merged)
	return merged
}

// TestConstantPhaseIsTheInverse merges the streams: the k-th request is due
// exactly when the integral of the rate is k.
func TestConstantPhaseIsTheInverse(t *testing.T) {
	for _, text := range phaseTexts {
		p := profileOf(t, text)
		merged := dues(p, Constant, 1, 7)
		if want := math.Ceil(p.Requests() - 1e-6); math.Abs(float64(len(merged))-want) > 1 {
			t.Errorf("%s: %d requests, want %v", text, len(merged), want)
		}
		for k, due := range merged {
			if k > 0 && due < merged[k-1] {
				t.Fatalf("%s: goes back", text)
			}
			at := float64(due) / 1e9
			before := 0.0
			for i := range p.pieces {
				q := &p.pieces[i]
				before += q.integral(min(max(0, at-q.beginsAfter), q.seconds))
			}
			// A nanosecond's rounding is so many requests at the highest rate.
			if math.Abs(before-float64(k)) > 10_000*3e-9+1e-6 {
				t.Fatalf("%s: request %d is due at %.9f s, when %v are", text, k, at, before)
			}
		}
	}
}

// TestPoissonPhaseByTimeChange: by the integral of the rate instead of by
// time, the arrivals are a Poisson process of rate 1, so gaps are exponential
// and the number is Poisson's.
func TestPoissonPhaseByTimeChange(t *testing.T) {
	for _, text := range phaseTexts {
		p := profileOf(t, text)
		for _, streams := range []int{1, 64} {
			merged := dues(p, Poisson, 3, streams)
			if got, want := float64(len(merged)), p.Requests(); math.Abs(got-want) > 4.5*math.Sqrt(want) {
				t.Errorf("%s: %v requests, want %v ± %v", text, got, want, math.Sqrt(want))
			}
			const bins = 40
			counts, expected := make([]int, bins), make([]float64, bins)
			last := 0.0
			for _, due := range merged {
				at, before := float64(due)/1e9, 0.0
				for i := range p.pieces {
					q := &p.pieces[i]
					before += q.integral(min(max(0, at-q.beginsAfter), q.seconds))
				}
				counts[min(bins-1, int(distuv.Exponential{Rate: 1}.CDF(before-last)*bins))]++
				last = before
			}
			for i := range expected {
				expected[i] = float64(len(merged)) / bins
			}
			if p := chiSquareP(counts, expected); p < leastP {
				t.Errorf("%s, %d streams: gaps have p = %g", text, streams, p)
			}
		}
	}
}

// TestSteadyPhaseIsTheStationarySchedule: the first phase draws what a run
// without phases does.
func TestSteadyPhaseIsTheStationarySchedule(t *testing.T) {
	p := profileOf(t, "steady,for=20s,rate=1000")
	for _, a := range []Arrival{Poisson, Constant} {
		for i := range 3 {
			one, other := newProfileSchedule(a, p, 5, 0, i, 3), newSchedule(a, 5, i, 3, 1000)
			for range 1000 {
				if x, y := one.Next(), other.Next(); x-y > 1 || y-x > 1 {
					t.Fatalf("%s, stream %d: due at %d and at %d", a, i, x, y)
				}
			}
		}
	}
}

// TestPhasesDrawApart: the same phase and stream is due at the same times,
// another at others.
func TestPhasesDrawApart(t *testing.T) {
	p := profileOf(t, "steady,for=20s,rate=1000")
	next := func(seed uint64, phase, i int) int64 {
		s := newProfileSchedule(Poisson, p, seed, phase, i, 64)
		for range 9 {
			s.Next()
		}
		return s.Next()
	}
	base := next(1, 0, 0)
	if next(1, 0, 0) != base {
		t.Error("the same stream is due at other times")
	}
	for _, other := range [][3]int{{2, 0, 0}, {1, 1, 0}, {1, 0, 1}} {
		if next(uint64(other[0]), other[1], other[2]) == base {
			t.Errorf("seed, phase and stream %v are due as 1, 0, 0 is", other)
		}
	}
}

func TestPhaseFaults(t *testing.T) {
	for text, want := range map[string]string{
		"":                                                `kind: "" is unknown`,
		"pause,for=3s":                                    `want one of load, warmup, steady`,
		"steady":                                          "for: is missing",
		"steady,for=3s":                                   "rate: is missing",
		"steady,for=3s,rate=":                             "FIELD=VALUE",
		"steady,for=3s,rate=-1":                           "is no rate",
		"steady,for=3s,rate=NaN":                          "is no rate",
		"steady,for=3s,rate=1e10":                         "is no rate",
		"steady,for=3s,rate=0":                            "nothing would be sent",
		"steady,for=3s,rate=0%":                           "nothing would be sent",
		"steady,for=3,rate=5":                             `"3" is no time`,
		"steady,for=-3s,rate=5":                           "is no time",
		"steady,for=9999h,rate=5":                         "is no time",
		"steady,for=3s,for=4s,rate=1":                     "for stands twice",
		"steady,for=3s,rate=5,to=9":                       "to: has no meaning for kind steady",
		"steady,for=3s,rates=5":                           `no field "rates"`,
		"ramp,for=3s,from=1":                              "to: is missing",
		"ramp,for=3s,from=0,to=0":                         "nothing would be sent",
		"step,for=3s,from=1,to=5":                         "steps: is missing",
		"step,for=3s,from=1,to=5,steps=1":                 "want 2 to",
		"step,for=3s,from=1,to=5,steps=x":                 "no number",
		"burst,for=3s,rate=1,peak=5,every=1s,length=1s":   "one burst",
		"burst,for=3h,rate=1,peak=5,every=1ms,length=1us": "the limit is",
		"sine,for=3s,rate=5,swing=6,period=1s":            "below 0",
		"sine,for=3s,rate=5,swing=50%,period=1s":          "of two kinds",
		"sine,for=3s,rate=50%,swing=5,period=1s":          "of two kinds",
	} {
		if p, err := ParsePhase(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %+v, %v; want %q", text, p, err, want)
		}
	}
	if _, err := (&Phase{Kind: PhaseSine, For: "1s", Rate: "10%", Swing: "6", Period: "1s"}).Profile(50); err == nil {
		t.Error("a swing beyond the probed mean is accepted")
	}
}

func TestPhasesInAFile(t *testing.T) {
	const head = "name: x\nkeys: 10\nfamilies: [{name: a, key: \"k:%d\"}]\noperations: [{command: GET}]\n"
	spec, err := Parse("f", []byte(head+"phases:\n  - {kind: load, rate: 500}\n  - {kind: warmup, for: 1s, rate: 50%}\n"+
		"  - {kind: steady, for: 1s, rate: 20000}\n  - {name: climb, kind: ramp, for: 1s, from: 0, to: 1.5M}\n  - {kind: steady, for: 2s, rate: 7k}\n"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range NamePhases(spec.Phases) {
		names = append(names, p.Name)
	}
	if got := strings.Join(names, ","); got != "load,warmup,steady 1,climb,steady 2" {
		t.Errorf("names %s", got)
	}
	if !NeedsCapacity(spec.Phases) || NeedsCapacity(spec.Phases[2:]) {
		t.Error("which phases need the capacity?")
	}
	for text, want := range map[string]string{
		"  - {kind: warmup, for: 1s, rate: 5}\n":                                                         "measure nothing",
		"  - {kind: steady, for: 1s, rate: 5}\n  - {kind: load}\n":                                       "f:7:12: phases[1].kind: load comes first",
		"  - {kind: steady, for: 1s, rate: 5}\n  - {kind: warmup, for: 1s, rate: 5}\n":                   "warmup comes before",
		"  - {kind: steady, for: 1s, rate: 5, name: a}\n  - {kind: steady, for: 1s, rate: 5, name: a}\n": "stands twice",
		"  - {kind: ramp, for: 1s, from: 5, two: 9}\n":                                                   `did you mean "to"`,
		"  - {kind: steady, for: 1s, rate: [5]}\n":                                                       "rate",
	} {
		if _, err := Parse("f", []byte(head+"phases:\n"+text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", text, err, want)
		}
	}
}

func FuzzParsePhase(f *testing.F) {
	for _, text := range phaseTexts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		phase, err := ParsePhase(text)
		if err != nil || !phase.Measured() {
			return
		}
		p, err := phase.Profile(testCapacity)
		if err != nil {
			return
		}
		for _, a := range []Arrival{Constant, Poisson} {
			last := int64(0)
			s := newProfileSchedule(a, p, 1, 0, 0, 2)
			for range 50 {
				due := s.Next()
				if due < last {
					t.Fatalf("%q: due at %d after %d", text, due, last)
				}
				last = due
			}
		}
	})
}
