package compare

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"slotbench/results"
)

// side is n runs of an open loop whose times are slower by a factor, in a
// scatter of 3 %. The runs of all sides interleave.
func side(name string, n int, slower float64) Side {
	r := rand.New(rand.NewPCG(5, uint64(len(name)+int(name[0]))))
	s := Side{Name: name}
	for i := range n {
		scatter := func() float64 { return slower * math.Exp(0.03*r.NormFloat64()) }
		latency := func() results.Latency {
			x := scatter()
			return results.Latency{Count: 1000, P50: 100 * x, P90: 200 * x, P99: 400 * x, P999: 900 * x}
		}
		s.Runs = append(s.Runs, Run{Path: fmt.Sprintf("%s%d", name, i), Record: &results.Record{
			Name: "mixed", Verdict: results.Verdict{Status: results.Valid},
			Started: time.Unix(int64(1000*i)+int64(name[0]), 0),
			Config: results.Config{Target: name, Seed: uint64(i), Keys: 1000, RatePerSec: 5000, RateFrom: "given",
				Workload: map[string]any{"keys": map[string]any{"zipf": 0.99}}},
			Environment: results.Environment{CPUModel: "Example 7", CPUs: 2},
			Target:      results.Target{Product: "redis", Version: "7"},
			Totals: results.Totals{Requests: 1000, Succeeded: 1000, OpsPerSec: 5000 / scatter(),
				Response: latency(), Service: latency()},
		}})
	}
	return s
}

func comparison(t *testing.T, sides ...Side) *Comparison {
	t.Helper()
	c, err := Compare(sides, Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestConclusions(t *testing.T) {
	for _, test := range []struct {
		n       int
		slower  float64
		outcome string
	}{
		{10, 1.2, Worse}, {10, 0.8, Better}, {10, 1, NoneShown}, {5, 1.2, Worse}, {4, 9, TooFew}, {1, 9, TooFew},
	} {
		c := comparison(t, side("A", test.n, 1), side("B", test.n, test.slower))
		primary := c.Against[0].Primary()
		if primary.Metric != "p99" || primary.Outcome != test.outcome {
			t.Errorf("%d runs, %.1f times as slow: %s is %s, want %s", test.n, test.slower, primary.Metric, primary.Outcome, test.outcome)
		}
		if (primary.Interval != nil) != (test.n >= MinRuns) {
			t.Errorf("%d runs: interval %v", test.n, primary.Interval)
		}
		if primary.Interval != nil && !primary.Interval.Holds(test.slower) {
			t.Errorf("%d runs: the interval %v does not hold %.1f", test.n, *primary.Interval, test.slower)
		}
	}
	saturated := []Side{side("A", 5, 1), side("B", 5, 1.3)}
	for _, s := range saturated {
		for _, run := range s.Runs {
			run.Record.Totals.AtSaturation = true
		}
	}
	if p := comparison(t, saturated...).Against[0].Primary(); p.Metric != "throughput" || p.Outcome != Worse {
		t.Errorf("closed loop: %s is %s", p.Metric, p.Outcome)
	}
}

func TestSameRecordsCompareTheSame(t *testing.T) {
	one, two := new(bytes.Buffer), new(bytes.Buffer)
	for _, out := range []*bytes.Buffer{one, two} {
		if err := json.NewEncoder(out).Encode(comparison(t, side("A", 7, 1), side("B", 7, 1.02))); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(one.Bytes(), two.Bytes()) {
		t.Error("the same records gave two comparisons")
	}
}

// TestOddValues are what no logarithm or bootstrap likes.
func TestOddValues(t *testing.T) {
	a, b := side("A", 6, 1), side("B", 6, 1)
	for i := range 6 {
		ra, rb := a.Runs[i].Record, b.Runs[i].Record
		ra.Totals.OpsPerSec, rb.Totals.OpsPerSec = 5000, 5000   // no scatter, no difference
		ra.Totals.Response.P50, rb.Totals.Response.P50 = 10, 20 // no scatter, a difference
		rb.Totals.Response.P90 = math.Inf(1)
		ra.Totals.Service.P999, rb.Totals.Service.P999 = 1e-300, 1e300
		if i < 3 {
			rb.Totals.Service.P50, rb.Totals.Service.P99 = 0, 1e-300
		}
	}
	c := comparison(t, a, b)
	for metric, want := range map[string]string{"throughput": NoneShown, "p50": Worse, "p90": NotMeasured, "service.p50": NotMeasured} {
		if got := c.Against[0].Change(metric); got == nil || got.Outcome != want {
			t.Errorf("%s: %+v, want %s", metric, got, want)
		}
	}
	if _, err := json.Marshal(c); err != nil {
		t.Error(err)
	}
}

func TestHolm(t *testing.T) {
	p := []float64{0.01, 0.04, 0.03, 0.005}
	want := []float64{0.03, 0.06, 0.06, 0.02} // Holm's own arithmetic
	changes := make([]Change, len(p))
	family := make([]*Change, len(p))
	for i := range p {
		changes[i].P = &p[i]
		family[i] = &changes[i]
	}
	holm(family)
	for i := range want {
		if got := *changes[i].Corrected; math.Abs(got-want[i]) > 1e-12 {
			t.Errorf("p %.3f corrected is %.3f, want %.3f", p[i], got, want[i])
		}
	}
}

func TestRefusals(t *testing.T) {
	closed := side("B", 5, 1)
	closed.Runs[2].Record.Totals.AtSaturation = true
	partial := side("B", 5, 1)
	for _, run := range partial.Runs {
		run.Record.Partial = "interrupted"
	}
	twice := side("B", 5, 1)
	twice.Runs[1] = twice.Runs[0]
	for want, sides := range map[string][]Side{
		"no runs to":  {},
		"no runs":     {side("A", 5, 1), {Name: "B"}},
		"at most":     {side("A", MaxRuns+1, 1), side("B", 5, 1)},
		"are called":  {side("A", 5, 1), side("A", 5, 1)},
		"same run":    {side("A", 5, 1), twice},
		"closed loop": {side("A", 5, 1), closed},
		"partial":     {side("A", 5, 1), partial},
	} {
		if _, err := Compare(sides, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestWarnings(t *testing.T) {
	for want, change := range map[string]func(*results.Record){
		"did not do the same work": func(r *results.Record) { r.Config.Workload = map[string]any{"keys": map[string]any{"zipf": 1.2}} },
		"keys":                     func(r *results.Record) { r.Config.Keys = 7 },
		"load generators differ":   func(r *results.Record) { r.Config.Driver = "go-redis" },
		"different machines":       func(r *results.Record) { r.Environment.CPUModel = "Another 8" },
		"same seeds":               func(r *results.Record) { r.Config.Seed += 100 },
		"CLIENT-BOUND":             func(r *results.Record) { r.Verdict.Status = results.ClientBound },
		"drift of the machine":     func(r *results.Record) { r.Started = r.Started.Add(24 * time.Hour) },
	} {
		b := side("B", 5, 1)
		for _, run := range b.Runs {
			change(run.Record)
		}
		if warnings := strings.Join(comparison(t, side("A", 5, 1), b).Warnings, "\n"); !strings.Contains(warnings, want) {
			t.Errorf("warnings %q, want %q", warnings, want)
		}
	}
	mixed := side("B", 5, 1)
	mixed.Runs[0].Record.Config.Pipeline = 16
	mixed.Runs[1].Record.Partial = "interrupted"
	text := strings.Join(comparison(t, side("A", 5, 1), mixed).Warnings, "\n")
	for _, want := range []string{"not of one kind: pipeline", "1 of 5 runs are partial"} {
		if !strings.Contains(text, want) {
			t.Errorf("warnings %q, want %q", text, want)
		}
	}
	if c := comparison(t, side("A", 5, 1), side("B", 5, 1)); len(c.Warnings) != 0 || len(c.Differs) != 1 {
		t.Errorf("two targets: warnings %q, differs %q", c.Warnings, c.Differs)
	}
}

func TestErrorsMakeNoClaim(t *testing.T) {
	b := side("B", 10, 0.5)
	b.Runs[0].Record.Verdict.Status = results.Errors
	c := comparison(t, side("A", 10, 1), b)
	if p := c.Against[0].Primary(); p.Outcome != NoClaim || c.Against[0].Claim == "" {
		t.Errorf("%+v, claim %q", p, c.Against[0].Claim)
	}
}

// TestMedianOfPairs checks the resampling against a sort of all pairs.
func TestMedianOfPairs(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		a, b := make([]float64, 1+r.IntN(6)), make([]float64, 1+r.IntN(6))
		for i := range a {
			a[i] = float64(r.IntN(5))
		}
		for i := range b {
			b[i] = float64(r.IntN(5))
		}
		timesA, timesB := make([]int, len(a)), make([]int, len(b))
		draw(timesA, r)
		draw(timesB, r)
		var all []float64
		for i := range a {
			for j := range b {
				for range timesA[i] * timesB[j] {
					all = append(all, b[j]-a[i])
				}
			}
		}
		if got, want := medianOf(pairsOf(a, b), timesA, timesB), middle(all); got != want {
			t.Fatalf("a %v × %v, b %v × %v: median %g, want %g", a, timesA, b, timesB, got, want)
		}
	}
}

func TestKeyGroupsByConfigurationAndTarget(t *testing.T) {
	a := side("A", 2, 1)
	if Key(a.Runs[0].Record) != Key(a.Runs[1].Record) {
		t.Error("runs of one configuration with other seeds have other keys")
	}
	b := *a.Runs[0].Record
	b.Config.Pipeline = 16
	if Key(&b) == Key(a.Runs[0].Record) {
		t.Error("another pipeline, and the same key")
	}
}
