package driver

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"slotbench/results"
	"slotbench/workloads"
	"slotbench/workloads/replay"
)

// tracePlan is the replay of a trace on a fake cluster that is attached.
func tracePlan(t *testing.T, trace string, change func(*replay.Options)) (*Plan, *fakeCluster) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "t.csv")
	if err := os.WriteFile(path, []byte(trace), 0o600); err != nil {
		t.Fatal(err)
	}
	c := newFakeCluster(3, false)
	plan, _ := fakePlan(t, c)
	options := replay.Options{Files: []string{path}, Speed: 10, Prefix: plan.Prefix, Seed: 1}
	if change != nil {
		change(&options)
	}
	spec := workloads.Spec{
		Name: "replay", Keys: 1, StartEmpty: true,
		Families: []workloads.Family{{Name: "trace", Key: "t:%d"}}, Operations: []workloads.Mix{{Command: "GET"}},
	}
	var err error
	if plan.Workload, err = spec.Compile(workloads.Options{}); err != nil {
		t.Fatal(err)
	}
	plan.Trace, plan.Replays = replay.New(options), true
	plan.Rate, plan.Duration, plan.Warmup, plan.Migrate = 1, 0, 0, 0
	if options.Speed == 0 {
		plan.Rate, plan.Arrival = 0, workloads.Closed
	}
	return plan, c
}

func traceText() string {
	var b bytes.Buffer
	for i := range 400 {
		fmt.Fprintf(&b, "%d,k%d,3,30,1,%s,0\n", i/200, i%40, []string{"get", "set", "delete", "gets"}[i%4])
	}
	return b.String()
}

func TestReplayRun(t *testing.T) {
	for _, speed := range []float64{10, 0} {
		plan, c := tracePlan(t, traceText(), func(o *replay.Options) { o.Speed = speed })
		rec, err := Run(context.Background(), *plan)
		if err != nil {
			t.Fatal(err)
		}
		if rec.Partial != "" || rec.Totals.Requests != 400 || rec.Totals.Errors != 0 || rec.Totals.Misses == 0 {
			t.Errorf("speed %g: partial %q, %+v", speed, rec.Partial, rec.Totals)
		}
		counts := map[string]int64{}
		for _, op := range rec.Operations {
			counts[op.Name] = op.Requests
		}
		if fmt.Sprint(counts) != "map[delete:100 get:100 gets:100 set:100]" || len(rec.Phases[0].Operations) != 4 {
			t.Errorf("speed %g: operations %v, in the phase %v", speed, counts, rec.Phases[0].Operations)
		}
		if r := rec.Replay; r == nil || r.Read != 400 || r.Requests != 400 || !r.Whole || r.Format != replay.Twitter || r.SpanSeconds != 1 {
			t.Errorf("speed %g: %+v", speed, r)
		}
		if (rec.Pacing != nil) != (speed > 0) || len(rec.Phases) != 1 || rec.Phases[0].Kind != phaseTrace {
			t.Errorf("speed %g: pacing %+v, phases %+v", speed, rec.Pacing, rec.Phases)
		}
		if rec.Certificate != nil {
			t.Errorf("speed %g: a trace has a certificate: %+v", speed, rec.Certificate)
		}
		if c.keys() != 0 {
			t.Errorf("speed %g: %d keys remain on the target", speed, c.keys())
		}
	}
}

func TestReplayOfABadTrace(t *testing.T) {
	plan, c := tracePlan(t, traceText()+strings.Repeat("bad\n", 9), func(o *replay.Options) { o.MaxBad = 5 })
	rec, err := Run(context.Background(), *plan)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(rec.Partial, "more than 5 bad lines") || rec.Totals.Requests != 400 || rec.Replay.Whole || rec.Replay.BadLines != 6 {
		t.Errorf("partial %q, %d requests, %+v", rec.Partial, rec.Totals.Requests, rec.Replay)
	}
	if c.keys() != 0 {
		t.Errorf("%d keys remain on the target", c.keys())
	}
	plan, _ = tracePlan(t, "", nil)
	if rec, err = Run(context.Background(), *plan); err != nil || rec.Verdict.Status != results.Errors || rec.Partial == "" {
		t.Errorf("of an empty trace: %v, %+v, %q", err, rec.Verdict, rec.Partial)
	}
}

func TestReplaysContradictions(t *testing.T) {
	for _, change := range []func(*Plan){
		func(p *Plan) { p.Warmup = 1 }, func(p *Plan) { p.Requests = 5 }, func(p *Plan) { p.Rate = RateProbe },
	} {
		plan, _ := tracePlan(t, traceText(), nil)
		change(plan)
		if _, err := Run(context.Background(), *plan); err == nil || !strings.Contains(err.Error(), "times of its own") {
			t.Errorf("%v", err)
		}
	}
}

// A cache that nobody filled answers nothing: that is told, unless the replay
// fills it.
func TestReplayOfReadsIntoAnEmptyKeyspaceIsTold(t *testing.T) {
	text := strings.ReplaceAll(strings.ReplaceAll(traceText(), "set", "get"), "delete", "get")
	for _, fill := range []bool{false, true} {
		plan, _ := tracePlan(t, text, func(o *replay.Options) { o.Speed, o.Fill = 0, fill })
		rec, err := Run(context.Background(), *plan)
		if err != nil {
			t.Fatal(err)
		}
		told := slices.ContainsFunc(rec.Checks, func(c results.Check) bool { return strings.Contains(c.Text, "100 % of the reads found nothing") })
		if told == fill {
			t.Errorf("fill %t: %+v", fill, rec.Checks)
		}
	}
}
