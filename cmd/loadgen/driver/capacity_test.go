package driver

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"slotbench/internal/slot"
	"slotbench/results"
)

func TestParseObjectives(t *testing.T) {
	got, err := ParseObjectives("p99<2ms, max <= 1s")
	if err != nil || !slices.Equal(got, []Objective{{"p99", 2 * time.Millisecond}, {"max", time.Second}}) {
		t.Errorf("%v, %v", got, err)
	}
	for _, text := range []string{"", "p99", "p99>2ms", "p98<2ms", "p99<2", "p99<-2ms", "p99<2h", "p99<2ms,"} {
		if got, err := ParseObjectives(text); err == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func FuzzParseObjectives(f *testing.F) {
	f.Add("p99<2ms,max<=1s")
	f.Fuzz(func(t *testing.T, text string) {
		all, err := ParseObjectives(text)
		for _, o := range all {
			if metrics[o.Metric] == nil || o.Limit <= 0 || o.Limit > maxObjective || err != nil {
				t.Errorf("%q: %v, %v", text, all, err)
			}
		}
	})
}

func TestJudgeTrial(t *testing.T) {
	objectives := []Objective{{"p99", 2 * time.Millisecond}}
	good := results.Totals{Requests: 1000, Seconds: 1, OpsPerSec: 1000, Response: results.Latency{P99: 1999}}
	pacing := results.Pacing{Offered: 1000, Sent: 1000}
	for name, test := range map[string]struct {
		change func(*results.Totals, *results.Pacing)
		want   string
	}{
		"good":    {func(*results.Totals, *results.Pacing) {}, ""},
		"slow":    {func(r *results.Totals, _ *results.Pacing) { r.Response.P99 = 2000 }, "p99 was 2ms"},
		"errors":  {func(r *results.Totals, _ *results.Pacing) { r.Errors = 1 }, "1 of 1000 requests failed"},
		"unsent":  {func(_ *results.Totals, p *results.Pacing) { p.Sent = 999 }, "999 of 1000"},
		"behind":  {func(r *results.Totals, _ *results.Pacing) { r.OpsPerSec = 900 }, "did not keep up"},
		"nothing": {func(r *results.Totals, _ *results.Pacing) { r.Requests = 0 }, "no request"},
	} {
		totals, p := good, pacing
		test.change(&totals, &p)
		if got := judgeTrial(objectives, totals, &p); (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// A search finds a sharp limit within its resolution, from wherever it begins.
func TestSearchFindsTheLimit(t *testing.T) {
	for _, limit := range []float64{60, 777, 12_345, 999_999} {
		for _, guess := range []float64{0, 50, 12_345, 1e6} {
			for _, resolution := range []float64{0.2, 0.05, 0.01} {
				s := newSearch(guess, 1.5, resolution)
				for rate, ok := s.next(); ok; rate, ok = s.next() {
					s.tell(rate, rate <= limit)
				}
				if s.passed > limit || s.passed < limit/(1+resolution) || s.trials >= maxTrials {
					t.Errorf("limit %g from %g: %g after %d trials", limit, guess, s.passed, s.trials)
				}
			}
		}
	}
}

func TestSearchEnds(t *testing.T) {
	for name, passes := range map[string]bool{"never met": false, "always met": true} {
		s := newSearch(1000, 1.5, 0.05)
		for rate, ok := s.next(); ok; rate, ok = s.next() {
			s.tell(rate, passes)
		}
		if passes && s.passed != MaxRate || !passes && s.passed != 0 || s.trials > maxTrials {
			t.Errorf("%s: %g after %d trials", name, s.passed, s.trials)
		}
	}
}

// The interval holds the median as often as it says, whatever the distribution.
func TestMedianIntervalCovers(t *testing.T) {
	const times = 4000
	random := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{2, 5, 6, 10, 25} {
		held, claimed := 0, 0.0
		for range times {
			values := make([]float64, n)
			for i := range values {
				values[i] = math.Exp(random.NormFloat64()) // its median is 1
			}
			low, high, confidence := medianInterval(values)
			claimed = confidence
			if low <= 1 && 1 <= high {
				held++
			}
		}
		if share := float64(held) / times; math.Abs(share-claimed) > 0.02 {
			t.Errorf("of %d: held %.3f of the time, said %.3f", n, share, claimed)
		}
	}
}

// noisyServer is a target whose capacity is known, and noise.
func noisyServer(idle, during, noise float64) try {
	random := rand.New(rand.NewPCG(7, 7))
	return func(_ context.Context, rate float64, migrating bool) (results.CapacityTrial, error) {
		limit := idle
		if migrating {
			limit = during
		}
		limit *= 1 + noise*random.NormFloat64()
		return results.CapacityTrial{During: migrating, RatePerSec: rate, Passed: rate <= limit, MovedSlots: 10}, nil
	}
}

func TestCapacityAndTax(t *testing.T) {
	plan := CapacityPlan{Resolution: 0.02, Searches: 9, Migrate: 10, Objectives: []Objective{{"p99", time.Millisecond}}}
	out := &results.Capacity{TrialSeconds: 2}
	if err := plan.searchAll(t.Context(), out, 10_000, noisyServer(40_000, 30_000, 0.01)); err != nil {
		t.Fatal(err)
	}
	near := func(got, want, share float64) bool { return math.Abs(got-want) <= share*want }
	if !near(out.Idle.PerSec, 40_000, 0.04) || !near(out.During.PerSec, 30_000, 0.04) || !near(out.Tax.Share, 0.25, 0.2) ||
		out.Idle.Low > out.Idle.PerSec || out.Idle.High < out.Idle.PerSec || out.Tax.SlotsPerSec != 5 {
		t.Errorf("idle %+v, during %+v, tax %+v", out.Idle, out.During, out.Tax)
	}
	if text := TaxSentence(out); !strings.Contains(text, "Resharding costs 2") {
		t.Error(text)
	}
	same := &results.Capacity{TrialSeconds: 2}
	if err := plan.searchAll(t.Context(), same, 10_000, noisyServer(40_000, 40_000, 0.02)); err != nil {
		t.Fatal(err)
	}
	if text := TaxSentence(same); !strings.HasPrefix(text, "No cost") {
		t.Error(text)
	}
}

// What was found before an error is kept.
func TestCapacityKeepsWhatItFound(t *testing.T) {
	plan := CapacityPlan{Resolution: 0.05, Searches: 5, Objectives: []Objective{{"p99", time.Millisecond}}}
	server, trials := noisyServer(1000, 0, 0), 0
	out := &results.Capacity{}
	err := plan.searchAll(t.Context(), out, 900, func(ctx context.Context, rate float64, during bool) (results.CapacityTrial, error) {
		if trials++; trials > 8 {
			return results.CapacityTrial{}, errPlanned
		}
		return server(ctx, rate, during)
	})
	if !errors.Is(err, errPlanned) || len(out.Idle.Searches) == 0 || len(out.Trials) != 8 {
		t.Errorf("%v, %+v", err, out)
	}
}

// A session on the fake: 5000 requests a second are what it takes. Slots are
// back when it ends, and an attached target is empty again.
func TestCapacityOfASession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFakeCluster(3, false)
		before := c.topology.Clone()
		plan, _ := fakePlan(t, c)
		s, err := Open(t.Context(), *plan, true)
		if err != nil {
			t.Fatal(err)
		}
		out, err := Capacity(t.Context(), s, CapacityPlan{
			Objectives: []Objective{{"p99", 20 * time.Millisecond}}, Resolution: 0.1, Searches: 2, Trial: 500 * time.Millisecond, Migrate: 20,
		})
		if err != nil || out.Partial != "" {
			t.Fatalf("%v, %+v", err, out)
		}
		if out.Idle.PerSec < 3500 || out.Idle.PerSec > 5400 || out.Tax == nil || out.Tax.SlotsPerSec == 0 {
			t.Errorf("idle %+v, tax %+v", out.Idle, out.Tax)
		}
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if left := plan.Debts.Lines(); len(left) != 0 || c.keys() != 0 {
			t.Errorf("owed %q, %d keys", left, c.keys())
		}
		for n := range slot.DefaultCount {
			if before.Owner(slot.Slot(n)) != c.topology.Owner(slot.Slot(n)) {
				t.Fatalf("slot %d was not moved back", n)
			}
		}
	})
}
