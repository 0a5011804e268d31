package driver

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"slotbench/internal/request"
	"slotbench/results"
	"slotbench/workloads"
)

// phasedPlan is a plan of phases on a fake cluster.
func phasedPlan(t *testing.T, texts ...string) (*Plan, *fakeDriver) {
	t.Helper()
	plan, d := fakePlan(t, newFakeCluster(3, true))
	for _, text := range texts {
		phase, err := workloads.ParsePhase(text)
		if err != nil {
			t.Fatal(err)
		}
		plan.Phases = append(plan.Phases, phase)
	}
	plan.Phases = workloads.NamePhases(plan.Phases)
	plan.Duration, plan.Migrate, plan.Rate = PhaseSeconds(plan.Phases), 0, 1
	if workloads.NeedsCapacity(plan.Phases) {
		plan.Rate = RateProbe
	}
	return plan, d
}

func TestPhasedRun(t *testing.T) {
	plan, d := phasedPlan(t, "load,rate=20k", "warmup,for=100ms,rate=500", "steady,for=400ms,rate=400", "ramp,for=300ms,from=0,to=5%", "burst,for=300ms,rate=0,peak=600,every=100ms,length=50ms")
	var nanos []int64
	d.begins = func(load request.Load) { nanos = append(nanos, load.Nanos) }
	rec, err := Run(context.Background(), *plan)
	if err != nil {
		t.Fatal(err)
	}
	if want := []int64{0, 250e6, 100e6, 400e6, 300e6, 300e6}; len(nanos) != len(want) {
		t.Fatalf("loads of %v ns, want preload, probe, warm-up and phases: %v", nanos, want)
	}
	if len(rec.Phases) != 3 {
		t.Fatalf("%d phases", len(rec.Phases))
	}
	end, requests := 0.0, int64(0)
	for i, want := range []struct {
		name, kind string
		perSec     float64
	}{{"steady", "steady", 400}, {"ramp", "ramp", 0.025 * rec.Probe.OpsPerSec}, {"burst", "burst", 300}} {
		p := rec.Phases[i]
		if p.Name != want.name || p.Kind != want.kind || p.TargetPerSec < want.perSec*0.999 || p.TargetPerSec > want.perSec*1.001 {
			t.Errorf("phase %d: %s (%s) at %v/s, want %+v", i, p.Name, p.Kind, p.TargetPerSec, want)
		}
		if p.StartSeconds < end || p.EndSeconds <= p.StartSeconds {
			t.Errorf("phase %d: %v … %v s, the one before ends at %v s", i, p.StartSeconds, p.EndSeconds, end)
		}
		if p.Totals.Requests == 0 || p.Offered != p.Totals.Requests || p.Totals.ResponseHDR == "" && p.Totals.Succeeded > 0 {
			t.Errorf("phase %d: %d offered, %+v", i, p.Offered, p.Totals)
		}
		end, requests = p.EndSeconds, requests+p.Totals.Requests
	}
	if requests != rec.Totals.Requests {
		t.Errorf("the phases have %d requests, the whole %d", requests, rec.Totals.Requests)
	}
}

// TestPhaseBacklogStaysBehind: what a phase leaves unfinished, the next one's
// times know nothing of.
func TestPhaseBacklogStaysBehind(t *testing.T) {
	plan, d := phasedPlan(t, "warmup,for=50ms,rate=20k", "steady,for=300ms,rate=100")
	plan.Interval = 20 * time.Millisecond
	d.service = time.Millisecond // the warm-up asks for twenty times of it
	rec, err := Run(context.Background(), *plan)
	if err != nil {
		t.Fatal(err)
	}
	if first := rec.Phases[0]; first.StartSeconds != 0 || rec.Intervals[0].AtSeconds < 0 {
		t.Errorf("the phase begins at %v s, its first interval at %v s", first.StartSeconds, rec.Intervals[0].AtSeconds)
	}
	if late := rec.Phases[0].Totals.Response.Min; late > 500_000 {
		t.Errorf("the shortest response time is %.0f µs: the warm-up's backlog is in it", late)
	}
}

// sentBy is everything that a plan's phases send, and when it is due: a digest
// by stream, whatever hosts the streams.
func sentBy(t *testing.T, seed uint64, texts ...string) map[int32][32]byte {
	t.Helper()
	plan, _ := phasedPlan(t, texts...)
	spec, err := workloads.Load("mixed")
	if err != nil {
		t.Fatal(err)
	}
	if plan.Workload, err = spec.Compile(workloads.Options{Seed: seed, Keys: 2000}); err != nil {
		t.Fatal(err)
	}
	e := &engine{Plan: *plan, rec: &results.Record{}}
	profiles, err := e.profiles(plan.measuredPhases())
	if err != nil {
		t.Fatal(err)
	}
	digests := map[int32][32]byte{}
	sources := e.sources(0)
	for number, profile := range profiles {
		load := e.phaseLoad(sources, profile, number)
		for i, s := range load.Streams {
			hash := sha256.New()
			before := digests[int32(i)]
			hash.Write(before[:])
			var r request.Request
			for due := s.Schedule.Next(); due < load.Nanos; due = s.Schedule.Next() {
				s.Source.Next(&r)
				var at [8]byte
				binary.LittleEndian.PutUint64(at[:], uint64(due))
				hash.Write(at[:])
				hash.Write(r.Frame)
			}
			digests[int32(i)] = [32]byte(hash.Sum(nil))
		}
	}
	return digests
}

// TestPhasesAreSeeded: each stream's bytes and due times are the seed's alone.
func TestPhasesAreSeeded(t *testing.T) {
	texts := []string{"ramp,for=2s,from=0,to=9k", "sine,for=2s,rate=5k,swing=5k,period=700ms"}
	one, again, other := sentBy(t, 1, texts...), sentBy(t, 1, texts...), sentBy(t, 2, texts...)
	for stream, digest := range one {
		if again[stream] != digest {
			t.Errorf("stream %d sends something else under the same seed", stream)
		}
		if other[stream] == digest {
			t.Errorf("stream %d sends the same under another seed", stream)
		}
	}
}

func TestPhasesThatContradictThePlan(t *testing.T) {
	for want, change := range map[string]func(*Plan){
		"closed loop":      func(p *Plan) { p.Rate, p.Arrival = 0, workloads.Closed },
		"leave out --rate": func(p *Plan) { p.Phases[0].Rate = "5%" },
		"--requests":       func(p *Plan) { p.Requests = 5 },
		"--duration":       func(p *Plan) { p.Duration = time.Hour },
		"is missing":       func(p *Plan) { p.Phases[0].Rate = "" },
	} {
		plan, _ := phasedPlan(t, "steady,for=1s,rate=9")
		change(plan)
		if _, err := Run(context.Background(), *plan); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
