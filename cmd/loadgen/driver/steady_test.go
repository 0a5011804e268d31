package driver

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"slotbench/results"
)

// latencies gives a record's intervals their p50 and p99 in microseconds.
func latencies(rec *results.Record, p50, p99 func(i int) float64) {
	for i := range rec.Intervals {
		rec.Intervals[i].P50US, rec.Intervals[i].P99US = p50(i), p99(i)
	}
}

func flat(us float64) func(int) float64 { return func(int) float64 { return us } }

// TestJudgeSlowingServer: under an open loop a server that slows down keeps
// its throughput; its latency tells.
func TestJudgeSlowingServer(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	noise := func(us, share float64) func(int) float64 {
		return func(int) float64 { return us * math.Exp(share*random.NormFloat64()) }
	}
	slowing := func(from, to float64) func(int) float64 {
		return func(i int) float64 {
			return (from + (to-from)*float64(i)/39) * math.Exp(0.1*random.NormFloat64())
		}
	}
	for name, test := range map[string]struct {
		p50, p99 func(int) float64
		change   func(*results.Record)
		reason   string // "": VALID
	}{
		"flat":                   {flat(200), flat(900), nil, ""},
		"noise of a third":       {noise(200, 0.3), noise(900, 0.3), nil, ""},
		"p50 doubles":            {slowing(200, 500), flat(900), nil, "response p50 drifted from"},
		"p50 halves":             {slowing(500, 200), flat(900), nil, "response p50 drifted from"},
		"p99 triples":            {flat(200), slowing(900, 3000), nil, "response p99 drifted from"},
		"p99 half as much again": {flat(200), slowing(900, 1350), nil, ""},
		"fast anyway":            {slowing(20, 80), flat(90), nil, ""},
		"one slow piece": {func(i int) float64 {
			if i > 20 && i < 24 {
				return 9000
			}
			return 200
		}, flat(9000), nil, ""},
		"slow in an annotated event": {func(i int) float64 {
			if i >= 20 {
				return 900
			}
			return 200
		}, flat(900), func(r *results.Record) { r.Events = []results.Event{{AtSeconds: 5, Seconds: 5, Name: "stop"}} }, ""},
		"slow in a ramp": {slowing(200, 900), flat(900), func(r *results.Record) {
			r.Phases = []results.MeasuredPhase{{Name: "climb", Kind: "ramp", StartSeconds: 0, EndSeconds: 10, TargetPerSec: 1}}
		}, ""},
		"slow in a trace": {slowing(200, 900), flat(900), func(r *results.Record) {
			r.Phases = []results.MeasuredPhase{{Name: "trace", Kind: phaseTrace, EndSeconds: 10}}
		}, ""},
		"slow in the second of two phases": {func(i int) float64 { return 200 + 60*math.Max(0, float64(i-20)) }, flat(9000), func(r *results.Record) {
			r.Phases = []results.MeasuredPhase{
				{Name: "low", Kind: "steady", StartSeconds: 0, EndSeconds: 5, TargetPerSec: 1},
				{Name: "high", Kind: "steady", StartSeconds: 5, EndSeconds: 10, TargetPerSec: 1},
			}
		}, `over the phase "high"`},
		"another level in each phase": {func(i int) float64 { return 200 + 900*float64(i/20) }, flat(9000), func(r *results.Record) {
			setIntervals(r, 20, 40, 9000)
			r.Phases = []results.MeasuredPhase{
				{Name: "low", Kind: "steady", StartSeconds: 0, EndSeconds: 5, TargetPerSec: 1},
				{Name: "high", Kind: "steady", StartSeconds: 5, EndSeconds: 10, TargetPerSec: 1},
			}
		}, ""},
	} {
		rec := goodRecord()
		latencies(rec, test.p50, test.p99)
		if test.change != nil {
			test.change(rec)
		}
		for i := range rec.Phases {
			rec.Phases[i].Totals = results.Totals{OpsPerSec: 1, Seconds: 1}
		}
		assess(rec)
		got := Judge(rec)
		want := results.Valid
		if test.reason != "" {
			want = results.Unsteady
		}
		if got.Status != want || test.reason != "" && !strings.Contains(got.Reasons[0], test.reason) {
			t.Errorf("%s: %+v, want %s %q", name, got, want, test.reason)
		}
		for _, p := range rec.Phases {
			steady := p.Kind == "steady"
			if (p.Steadiness != nil) != steady || steady && p.Steadiness.Steady != !strings.Contains(test.reason, p.Name) {
				t.Errorf("%s: phase %s: %+v", name, p.Name, p.Steadiness)
			}
		}
	}
}

func TestJudgePhasesThatWereNotReached(t *testing.T) {
	rec := goodRecord()
	rec.Phases = []results.MeasuredPhase{
		{Name: "low", Kind: "steady", TargetPerSec: 1000, Totals: results.Totals{Requests: 5000, OpsPerSec: 1000, Seconds: 5}},
		{Name: "peak", Kind: "ramp", TargetPerSec: 9000, Totals: results.Totals{Requests: 45_000, OpsPerSec: 7000, Seconds: 5}},
	}
	rec.Totals.OpsPerSec = 4000 // of all: the phases are judged one by one
	if got := Judge(rec); got.Status != results.ShortOffered || len(got.Reasons) != 1 || !strings.Contains(got.Reasons[0], `phase "peak": 7000`) {
		t.Errorf("%+v", got)
	}
	rec.Phases[1].Totals.OpsPerSec = 8990
	if got := Judge(rec); got.Status != results.Valid {
		t.Errorf("%+v", got)
	}
}

// TestTrendErrors counts how often series without a trend, whose neighbours
// resemble each other, are taken for one, and how often a real one is missed.
func TestTrendErrors(t *testing.T) {
	const runs, n = 500, 40
	random := rand.New(rand.NewPCG(7, 8))
	series := func(common, slope float64) []float64 {
		x, level := make([]float64, n), 0.0
		for i := range x {
			level = common*level + math.Sqrt(1-common*common)*random.NormFloat64()
			x[i] = 10 + level + slope*float64(i)
		}
		return x
	}
	found := func(common, slope float64) (share float64) {
		for range runs {
			if math.Abs(trendOf(series(common, slope)).Z) > trendDeviations {
				share += 1.0 / runs
			}
		}
		return share
	}
	for common, limit := range map[float64]float64{0: 0.006, 0.3: 0.01, 0.6: 0.03} {
		if share := found(common, 0); share > limit {
			t.Errorf("neighbours with %g in common: a trend in %.2f %% of the series without one, want at most %.2f %%",
				common, 100*share, 100*limit)
		}
	}
	for common, least := range map[float64]float64{0: 0.97, 0.3: 0.75} {
		if share := found(common, 0.1); share < least {
			t.Errorf("neighbours with %g in common: %.1f %% of the trends were found, want %.1f %%", common, 100*share, 100*least)
		}
	}
}

func TestTrendOfALine(t *testing.T) {
	x := make([]float64, 21)
	for i := range x {
		x[i] = 100 + 5*float64(i)
	}
	x[3], x[17] = 9000, 0 // no outlier moves the line
	got := trendOf(x)
	if math.Abs(got.First-100) > 2 || math.Abs(got.Last-200) > 2 || got.Z < trendDeviations {
		t.Errorf("%+v, want a line from 100 to 200", got)
	}
	if flat := trendOf([]float64{5, 5, 5, 5}); flat != (results.Trend{First: 5, Last: 5}) {
		t.Errorf("of equal values: %+v", flat)
	}
}

func TestSettledAfter(t *testing.T) {
	warm := make([]float64, 40)
	for i := range warm {
		warm[i] = 100 + 20*float64(i%3) + 900*math.Exp(-float64(i)/3)
	}
	if first, ok := settledAfter(warm); !ok || first < 6 || first > 18 {
		t.Errorf("warm after %d, %v", first, ok)
	}
	never := make([]float64, 40)
	for i := range never {
		never[i] = float64(i * i)
	}
	if first, ok := settledAfter(never); ok {
		t.Errorf("settled after %d", first)
	}
}
