package driver

import (
	"math"
	"testing"

	"slotbench/results"
	"slotbench/workloads"
)

// A ramp from 0 to 100 a second in 10 s, a pause of a second, and a steady
// phase that was ended after 2 of its 10 s.
func TestOfferedByInterval(t *testing.T) {
	var profiles []workloads.Profile
	for _, text := range []string{"ramp,for=10s,from=0,to=100", "steady,for=10s,rate=50"} {
		phase, err := workloads.ParsePhase(text)
		if err != nil {
			t.Fatal(err)
		}
		profile, err := phase.Profile(0)
		if err != nil {
			t.Fatal(err)
		}
		profiles = append(profiles, profile)
	}
	phases := []results.MeasuredPhase{{StartSeconds: 0, EndSeconds: 10.2}, {StartSeconds: 11, EndSeconds: 13}}
	all := make([]results.Interval, 8)
	for i := range all {
		all[i].AtSeconds, all[i].Seconds = float64(2*i), 2
	}
	offer(all, func(s float64) float64 { return dueBefore(phases, profiles, s) })
	for i, want := range []float64{20, 60, 100, 140, 180, 50, 50, 0} {
		if got := *all[i].Offered; math.Abs(got-want) > 0.1 {
			t.Errorf("interval %d: %g offered, want %g", i, got, want)
		}
	}
}
