package driver

import (
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"slotbench/internal/timeline"
	"slotbench/results"
)

func TestCalibrated(t *testing.T) {
	c := &results.CalibrationFile{
		Machine: "m", Driver: "wire", Nodes: 3, CeilingPerSec: 100_000,
		Floors: []results.CalibrationFloor{{RatePerSec: 1000, P99US: 50}, {RatePerSec: 10_000, P50US: 20, P99US: 80}, {RatePerSec: 90_000, P99US: 900}},
	}
	own := *c
	rec := goodRecord()
	rec.Config.RatePerSec = 12_000
	got := calibrated(c, &own, "file", rec)
	if got.FloorRate != 10_000 || got.HarnessShare == nil || *got.HarnessShare != 0.1 || got.Headroom != 10 || got.Differs != "" {
		t.Errorf("%+v", got)
	}
	own.Nodes, own.Pipeline = 6, 16
	if got := calibrated(c, &own, "file", rec); got.Differs != "nodes, pipeline" {
		t.Errorf("differs %q", got.Differs)
	}
	closed := closedRecord()
	if got := calibrated(c, c, "file", closed); got.HarnessShare != nil || got.Headroom != 10 {
		t.Errorf("closed loop: %+v", got)
	}
	rec.Totals.Response.P99 = 40
	if got := calibrated(c, c, "file", rec); *got.HarnessShare != 1 {
		t.Errorf("a share is at most 1: %g", *got.HarnessShare)
	}
}

// A run finds its calibration, and its record and verdict say what it means.
func TestRunUsesItsCalibration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		plan, _ := fakePlan(t, newFakeCluster(3, true))
		plan.Rate, plan.Migrate = 2000, 0
		plan.Calibration = func(own *results.CalibrationFile) (*results.CalibrationFile, string) {
			c := *own
			c.CeilingPerSec = 2100
			return &c, "kept.json"
		}
		rec := mustRun(t, t.Context(), plan)
		if c := rec.Calibration; c == nil || c.File != "kept.json" || c.Differs != "" || math.Abs(c.Headroom-1.05) > 0.05 {
			t.Fatalf("%+v", c)
		}
		if rec.Verdict.Status != results.ClientBound || !strings.Contains(rec.Verdict.Reasons[0], "2100 requests a second at most") {
			t.Errorf("%+v", rec.Verdict)
		}
	})
}

// A calibration of the fake: its ceiling is 5000 requests a second.
func TestCalibrate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		plan, _ := fakePlan(t, newFakeCluster(3, true))
		s, err := Open(t.Context(), *plan, false)
		if err != nil {
			t.Fatal(err)
		}
		c, err := Calibrate(t.Context(), s, 500*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if c.CeilingPerSec < 4900 || c.CeilingPerSec > 5100 || len(c.Floors) != len(floorShares) || c.Floors[0].P50US < 199 {
			t.Errorf("%+v", c)
		}
		if CalibrationName(c) != CalibrationName(s.e.calibrationConfig()) {
			t.Error("the run that was calibrated would not find it")
		}
	})
}

// A run that ends with its events goes on for a while after them, and no
// longer.
func TestRunEndsWithItsEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		plan := eventPlan(t, newFakeCluster(3, true), "at=500ms migrate slots=100")
		plan.UntilEvents, plan.Duration = true, time.Hour
		rec := mustRun(t, t.Context(), plan)
		if rec.Partial != "" || rec.Totals.Seconds < 2.5 || rec.Totals.Seconds > 4 || rec.Events[0].After.Samples < results.MinWindowSamples {
			t.Errorf("partial %q after %g s, events %+v", rec.Partial, rec.Totals.Seconds, rec.Events)
		}
		if len(rec.Verdict.Reasons) > 0 {
			t.Errorf("verdict %+v", rec.Verdict)
		}
	})
}

// Events that are many, and a timeline by requests instead of time.
func TestEventsByShareOfRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		plan := eventPlan(t, newFakeCluster(3, true), "at=25% command node=0 run=PING", "at=75% command node=1 run=PING")
		plan.Duration, plan.Requests = 0, 4000
		rec := mustRun(t, t.Context(), plan)
		if len(rec.Events) != 2 || rec.Events[0].AtSeconds < 0.4 || rec.Events[0].AtSeconds > 0.6 || rec.Events[1].AtSeconds < 1.4 || rec.Events[1].AtSeconds > 1.6 {
			t.Errorf("%+v", rec.Events)
		}
	})
	plan := Config{Events: make([]timeline.Event, timeline.MaxEvents+1)}
	if err := plan.Validate(); err == nil || !strings.Contains(err.Error(), "33 events") {
		t.Errorf("%v", err)
	}
}
