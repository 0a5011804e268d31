package compare

import (
	"math"
	"strings"
	"testing"

	"slotbench/results"
)

func TestGatesAreRead(t *testing.T) {
	for _, test := range []struct {
		text, metric   string
		less, relative bool
		limit          float64
	}{
		{"p99 < +5%", "p99", true, true, 0.05},
		{"p99<-5 %", "p99", true, true, -0.05},
		{"throughput > -3%", "throughput", false, true, -0.03},
		{"p99<2ms", "p99", true, false, 2000},
		{"response.p50 <= 500us", "p50", true, false, 500},
		{"p999 < 1.5 ms", "p99.9", true, false, 1500},
		{"service.p99.9 < 1s", "service.p99.9", true, false, 1e6},
		{"throughput>=20k/s", "throughput", false, false, 20_000},
		{"throughput > 1.5M", "throughput", false, false, 1.5e6},
		{"THROUGHPUT > 100", "throughput", false, false, 100},
		{"cpu < 20µs", "cpu", true, false, 20},
		{"pause < 50ms", "pause", true, false, 50},
		{"migration < 2s", "migration", true, false, 2},
		{"errors < 0.1%", "errors", true, false, 0.001},
	} {
		g, err := ParseGate(test.text)
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		if g.Metric.Name != test.metric || g.Less != test.less || g.Relative != test.relative || math.Abs(g.Limit-test.limit) > 1e-9*math.Abs(test.limit) {
			t.Errorf("%s: %+v (%s)", test.text, g, g.Metric.Name)
		}
	}
}

func TestGatesThatMakeNoSense(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "want METRIC",
		"p99":                    "want METRIC",
		"p99 = 5ms":              "want METRIC",
		"p98 < 5ms":              "p98",
		"p99 < 5%":               "+5% or -5%",
		"p99 < 5":                "needs a unit",
		"p99 < 5 parsecs":        "no unit",
		"p99 < fast":             "no limit",
		"p99 < -2ms":             "below 0",
		"throughput > -100%":     "nothing falls",
		"errors < +5%":           "absolute limit",
		"p99 < 1e999ms":          "no number",
		strings.Repeat("p", 300): "longer than",
	} {
		if _, err := ParseGate(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func FuzzParseGate(f *testing.F) {
	for _, text := range []string{"p99 < +5%", "throughput > -3%", "p99<2ms", "errors < 0.1%", "cpu<20µs", "p99 < 5%", "<"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		g, err := ParseGate(text)
		if err != nil {
			return
		}
		if math.IsNaN(g.Limit) || math.IsInf(g.Limit, 0) || g.Metric == nil || g.Relative && g.Limit <= -1 || !g.Relative && g.Limit < 0 {
			t.Errorf("%q: %+v", text, g)
		}
		if again, err := ParseGate(g.Text); err != nil || again.Limit != g.Limit {
			t.Errorf("%q, trimmed: %v", text, err)
		}
	})
}

// TestGateOutcomes holds gates against runs that are slower by known amounts.
func TestGateOutcomes(t *testing.T) {
	slower := comparison(t, side("A", 10, 1), side("B", 10, 1.2)) // p99 +20 %, throughput -17 %
	few := comparison(t, side("A", 4, 1), side("B", 4, 3))
	failing := side("B", 10, 1)
	failing.Runs[3].Record.Verdict.Status = results.Errors
	errors := comparison(t, side("A", 10, 1), failing)
	for _, test := range []struct {
		c           *Comparison
		gate, wants string
	}{
		{slower, "p99 < +5%", Broken},
		{slower, "p99 < +50%", Held},
		{slower, "p99 < +20%", CannotTell},
		{slower, "p99 > +5%", Held},
		{slower, "throughput > -3%", Broken},
		{slower, "throughput > -40%", Held},
		{slower, "p99 < 1us", Broken},
		{slower, "p99 < 10s", Held},
		{slower, "errors < 0.1%", Held},
		{slower, "pause < 1s", CannotTell},
		{slower, "pause < +5%", CannotTell},
		{few, "p99 < +5%", CannotTell},
		{few, "p99 < 1us", CannotTell},
		{errors, "p99 < +50%", CannotTell},
		{errors, "errors < 0.1%", Held},
	} {
		g, err := ParseGate(test.gate)
		if err != nil {
			t.Fatal(err)
		}
		got := test.c.Judge([]Gate{g})
		if len(got) != 1 || got[0].Outcome != test.wants {
			t.Errorf("%s: %+v, want %s", test.gate, got, test.wants)
		}
	}
}

func TestGatesOfOneRun(t *testing.T) {
	whole := side("A", 1, 1).Runs[0].Record
	partial, failed := *whole, *whole
	partial.Partial = "interrupted"
	failed.Verdict.Status = results.Errors
	failed.Totals.Errors = failed.Totals.Requests / 2
	for _, test := range []struct {
		rec         *results.Record
		gate, wants string
	}{
		{whole, "p99 < 10s", Held},
		{whole, "p99 < 1us", Broken},
		{whole, "migration < 1s", CannotTell},
		{whole, "p99 < +5%", CannotTell},
		{&partial, "p99 < 10s", CannotTell},
		{&failed, "p99 < 10s", CannotTell},
		{&failed, "errors < 1%", Broken},
	} {
		g, err := ParseGate(test.gate)
		if err != nil {
			t.Fatal(err)
		}
		if got := JudgeRun([]Gate{g}, test.rec); got[0].Outcome != test.wants {
			t.Errorf("%s: %+v, want %s", test.gate, got, test.wants)
		}
	}
	if got := Worst([]GateResult{{Outcome: Held}, {Outcome: Broken}, {Outcome: CannotTell}}); got != Broken {
		t.Errorf("the worst is %s", got)
	}
}
