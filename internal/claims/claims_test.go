package claims

import (
	"context"
	"errors"
	"math"
	"reflect"
	"testing"
)

// What is known of the figures from elsewhere: formulas, and a simulation of
// others.
func TestRecompute(t *testing.T) {
	got := map[string]float64{}
	verdicts := map[Verdict]int{}
	err := Recompute(context.Background(), func(f Finding) {
		verdicts[f.Verdict]++
		if f.Claim == "" || f.Truth == "" || f.How == "" {
			t.Errorf("%+v leaves something unsaid", f)
		}
		for name, x := range f.Figures {
			got[name] = x
		}
	})
	if err != nil || verdicts[True]+verdicts[False]+verdicts[Partly]+verdicts[NotComputed] != All() || verdicts[NotComputed] != 3 {
		t.Fatalf("%v: %v of %d", err, verdicts, All())
	}
	for name, want := range map[string]struct{ value, band float64 }{
		"fullest_12_percent_share":    {0.146, 0.001},
		"fullest_20_percent_share":    {0.24, 0.01},
		"tags_for_40_percent":         {11_500, 300},
		"equal_tags":                  {1.05, 0.01},
		"z of user:%d":                {-23, 1},
		"z of %06d":                   {25, 1},
		"max/mean of random hex":      {1.006, 0.004},
		"distinct_slots":              {1000, 0},
		"in_slot_1234":                {0, 0},
		"moved_3_to_4":                {0.75, 0.002},
		"moved_3_to_6":                {0.5, 0.002},
		"V=100 N=10":                  {1.17, 0.02},
		"V=200 N=50":                  {1.18, 0.02},
		"V for 2 % at N=10":           {6000, 1500},
		"floor_1000":                  {1.038, 0.001},
		"two_percent_up_to":           {355, 0},
		"two_packets_up_to":           {69, 0},
		"bytes_1000":                  {12_656, 0},
		"packets_1000":                {9, 0},
		"at_12_gb_seconds":            {0.0833, 0.001},
		"gbit_per_second":             {444, 1},
		"bytes_per_second_45_minutes": {27_000, 500},
		"most_at_once":                {1, 0},
		"messages_10":                 {21, 2},
		"messages_100":                {918, 60},
		"messages_200":                {2273, 150},
		"messages_1000":               {17_000, 2000},
	} {
		if math.Abs(got[name]-want.value) > want.band {
			t.Errorf("%s = %v, want %v ± %v", name, got[name], want.value, want.band)
		}
	}
}

// The seeds are pinned: the same figures every time.
func TestPinned(t *testing.T) {
	ctx := context.Background()
	for _, r := range []row{placementRows[3], gossipRows[0], articleRows[0], hashRows[4]} {
		if a, b := r.compute(ctx), r.compute(ctx); !reflect.DeepEqual(a, b) {
			t.Errorf("%s: %v and then %v", r.claim, a, b)
		}
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	stop := errors.New("stop")
	n := 0
	err := Recompute(ctx, func(Finding) { n++; cancel(stop) })
	if !errors.Is(err, stop) || n != 1 {
		t.Errorf("%v after %d", err, n)
	}
}
