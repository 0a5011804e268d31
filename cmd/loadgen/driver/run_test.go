package driver

import (
	"context"
	"errors"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"slotbench/internal/request"
	"slotbench/internal/slot"
	"slotbench/results"
	"slotbench/targets"
	"slotbench/workloads"
)

// mustRun carries a plan out and wants a record.
func mustRun(t *testing.T, ctx context.Context, plan *Plan) *results.Record {
	t.Helper()
	record, err := Run(ctx, *plan)
	if err != nil {
		t.Fatal(err)
	}
	return record
}

func TestRunOfALaunchedCluster(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFakeCluster(3, true)
		plan, _ := fakePlan(t, c)
		rec := mustRun(t, t.Context(), plan)

		if rec.Partial != "" || rec.Totals.Errors != 0 || rec.Preload.Requests != 2000 {
			t.Errorf("partial %q, %d errors, preload %+v", rec.Partial, rec.Totals.Errors, rec.Preload)
		}
		// The probe is one request of 200 µs at a time: 5000 a second.
		if rec.Probe == nil || rec.Config.RatePerSec < 2400 || rec.Config.RatePerSec > 2500 {
			t.Errorf("probe %+v, rate %g: want half of 5000", rec.Probe, rec.Config.RatePerSec)
		}
		if want := rec.Config.RatePerSec * 2; float64(rec.Totals.Requests) < 0.9*want || float64(rec.Totals.Requests) > 1.1*want {
			t.Errorf("%d requests, want about %g", rec.Totals.Requests, want)
		}
		if len(rec.Migrations) != 1 {
			t.Fatalf("%d migrations", len(rec.Migrations))
		}
		m := rec.Migrations[0]
		if m.Slots != 60 || m.Error != "" || m.AtSeconds < 0.99 || m.AtSeconds > 1.02 || m.Seconds < 0.119 || m.Seconds > 0.13 {
			t.Errorf("migration %+v: want 60 slots of 2 ms each from 1 s on", m)
		}
		if m.PauseMillis == nil || m.PauseBefore == nil || m.ProbedSlots != maxProbedSlots || m.ProbeRequests < 2000 {
			t.Errorf("pause probe: %v, before %v, %d slots, %d requests", m.PauseMillis, m.PauseBefore, m.ProbedSlots, m.ProbeRequests)
		}
		if i := rec.Integrity; i == nil || i.Keys == 0 || i.Stamped != i.Keys || i.Lost+i.Doubled+i.Unknown != 0 {
			t.Errorf("integrity %+v", i)
		}
		if got := c.keys(); got != 2000 {
			t.Errorf("%d keys in the end: the pause probe's are to be gone and the workload's to stay", got)
		}
		var ops int64
		for _, n := range rec.Skew.Slots {
			ops += n
		}
		if ops != rec.Totals.Requests {
			t.Errorf("%d operations by slot, %d in all", ops, rec.Totals.Requests)
		}
	})
}

func TestRunJudgesPlantedLosses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFakeCluster(3, true)
		plan, _ := fakePlan(t, c)
		moves, err := targets.PlanMoves(c.topology, plan.Migrate)
		if err != nil {
			t.Fatal(err)
		}
		keys := keysIn(plan.Workload, moves)
		c.lose, c.double = keys[0], keys[1]
		// Reads only: a lost key stays lost, a doubled one is not written again.
		plan.Workload = compile(t, plan, "0:1")
		rec := mustRun(t, t.Context(), plan)
		if i := rec.Integrity; i.Lost != 1 || i.Doubled != 1 || rec.Verdict.Status != results.Errors {
			t.Errorf("integrity %+v, verdict %+v", i, rec.Verdict)
		}
		if m := rec.Migrations[0]; m.Lost != 1 || m.Doubled != 1 {
			t.Errorf("migration: %d lost, %d doubled", m.Lost, m.Doubled)
		}
	})
}

func compile(t *testing.T, plan *Plan, ratio string) *workloads.Workload {
	t.Helper()
	spec, err := workloads.Load("mixed")
	if err != nil {
		t.Fatal(err)
	}
	w, err := spec.Compile(workloads.Options{Seed: 1, Keys: 2000, Prefix: plan.Prefix, Streams: plan.Streams(), Ratio: ratio})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// keysIn is the workload's keys in slots that move.
func keysIn(w *workloads.Workload, moves []targets.Move) []string {
	var keys []string
	for i := range w.Keys() {
		key := w.Key(i)
		if slices.ContainsFunc(moves, func(m targets.Move) bool { return m.Slot == slot.Of(key) }) {
			keys = append(keys, string(key))
		}
	}
	return keys
}

func TestAttachedTargetIsLeftAsItWas(t *testing.T) {
	for _, interruptAt := range []time.Duration{
		0, 100 * time.Millisecond, 500 * time.Millisecond, time.Second, 1900 * time.Millisecond,
		1950 * time.Millisecond, 2500 * time.Millisecond,
	} {
		t.Run(interruptAt.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newFakeCluster(3, false)
				c.data[0]["theirs"] = "stays"
				before := c.topology.Clone()
				plan, _ := fakePlan(t, c)
				plan.AllowData = true
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				if interruptAt > 0 {
					time.AfterFunc(interruptAt, func() { cancel(errPlanned) })
				}
				rec := mustRun(t, ctx, plan)
				if interrupted := rec.Partial == errPlanned.Error(); interrupted != (interruptAt > 0) {
					t.Errorf("partial %q", rec.Partial)
				}
				if got := c.keys(); got != 1 || c.data[0]["theirs"] != "stays" {
					t.Errorf("%d keys left", got)
				}
				for s := range slot.DefaultCount {
					if before.Owner(slot.Slot(s)) != c.topology.Owner(slot.Slot(s)) {
						t.Fatalf("slot %d is on node %d, was on %d", s, c.topology.Owner(slot.Slot(s)), before.Owner(slot.Slot(s)))
					}
				}
				if left := plan.Debts.Lines(); len(left) != 0 {
					t.Errorf("still owed: %q", left)
				}
				if rec.Totals.Requests == 0 && interruptAt > time.Second {
					t.Error("nothing was kept of the measurement")
				}
			})
		})
	}
}

func TestKeepLeavesTheKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFakeCluster(2, false)
		plan, _ := fakePlan(t, c)
		plan.Keep, plan.Migrate = true, 0
		rec := mustRun(t, t.Context(), plan)
		if got := c.keys(); got != 2000 || rec.Partial != "" {
			t.Errorf("%d keys left, partial %q", got, rec.Partial)
		}
	})
}

func TestDebtsWhatCannotBeRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFakeCluster(2, false)
		plan, d := fakePlan(t, c)
		plan.Migrate = 0
		d.fail = func(r *request.Request) string {
			if strings.HasPrefix(string(r.Frame), "*2\r\n$3\r\nDEL") {
				return "NOPERM"
			}
			return ""
		}
		mustRun(t, t.Context(), plan)
		if left := plan.Debts.Lines(); len(left) != 1 || !strings.Contains(left[0], plan.Prefix) {
			t.Errorf("owed: %q", left)
		}
	})
}

func TestRefusals(t *testing.T) {
	for name, test := range map[string]struct {
		cluster *fakeCluster
		change  func(*Plan)
		want    string
	}{
		"data without leave":     {newFakeCluster(3, false), func(p *Plan) { p.Cluster.(*fakeCluster).data[1]["x"] = "y" }, "--allow-data"},
		"one node, migrate":      {newFakeCluster(1, true), func(*Plan) {}, "cannot migrate"},
		"too many slots":         {newFakeCluster(3, true), func(p *Plan) { p.Migrate = 9000 }, "no node owns more than"},
		"more clients than ever": {newFakeCluster(3, true), func(p *Plan) { p.Connections = MaxConnections }, "open files"},
		"no threads":             {newFakeCluster(3, true), func(p *Plan) { p.Threads = 0 }, "threads"},
		"endless":                {newFakeCluster(3, true), func(p *Plan) { p.Duration = 0 }, "never end"},
		"closed with a rate":     {newFakeCluster(3, true), func(p *Plan) { p.Arrival = workloads.Closed }, "arrival"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				plan, _ := fakePlan(t, test.cluster)
				test.change(plan)
				_, err := Run(t.Context(), *plan)
				var refused Refused
				if !errors.As(err, &refused) || !strings.Contains(err.Error(), test.want) {
					t.Errorf("error %v, want a refusal with %q", err, test.want)
				}
				if slices.ContainsFunc(test.cluster.log, func(line string) bool { return strings.HasPrefix(line, "load") }) {
					t.Errorf("something was sent: %q", test.cluster.log)
				}
			})
		})
	}
}

func TestFailuresMarkTheRecord(t *testing.T) {
	for name, test := range map[string]struct {
		arrange func(*Plan, *fakeDriver)
		partial string // part of it
		status  string
	}{
		"preload fails": {func(_ *Plan, d *fakeDriver) {
			d.fail = func(r *request.Request) string { return "OOM" }
		}, "preload", results.Errors},
		"probe finds nothing": {func(p *Plan, d *fakeDriver) {
			d.begins = func(load request.Load) {
				if len(load.Streams) == p.Connections {
					d.fail = func(*request.Request) string { return "CLUSTERDOWN" }
				}
			}
		}, "capacity", results.Errors},
		"some requests fail": {func(p *Plan, d *fakeDriver) {
			d.begins = func(load request.Load) {
				if len(load.Streams) == OpenStreams {
					d.fail = func(r *request.Request) string {
						if r.Seq%10 == 0 && !r.Write {
							return "ERR"
						}
						return ""
					}
				}
			}
		}, "", results.Errors},
		"migration breaks off": {func(p *Plan, _ *fakeDriver) {
			p.Cluster.(*fakeCluster).migrateErr = errPlanned
		}, "", results.Errors},
		"a node is gone afterwards": {func(p *Plan, d *fakeDriver) {
			measured := 0
			d.begins = func(load request.Load) {
				if len(load.Streams) != OpenStreams {
					return
				}
				if measured++; measured == 2 {
					p.Cluster.(*fakeCluster).statsErr = errPlanned
				}
			}
		}, "after the measurement", results.Valid},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				plan, d := fakePlan(t, newFakeCluster(3, true))
				test.arrange(plan, d)
				rec := mustRun(t, t.Context(), plan)
				if (rec.Partial == "") != (test.partial == "") || !strings.Contains(rec.Partial, test.partial) {
					t.Errorf("partial %q, want %q", rec.Partial, test.partial)
				}
				if rec.Verdict.Status != test.status {
					t.Errorf("verdict %+v, want %s", rec.Verdict, test.status)
				}
			})
		})
	}
}

func TestClosedLoopByRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		plan, _ := fakePlan(t, newFakeCluster(3, true))
		plan.Rate, plan.Arrival, plan.Duration, plan.Requests = 0, workloads.Closed, 0, 5000
		rec := mustRun(t, t.Context(), plan)
		if rec.Totals.Requests != 5000 || rec.Probe != nil || rec.Pacing != nil || !rec.Totals.AtSaturation {
			t.Errorf("%d requests, probe %v, pacing %v", rec.Totals.Requests, rec.Probe, rec.Pacing)
		}
		// 5000 requests of 200 µs: half of them are over after 0.5 s. Workers
		// tell how far they are only now and then.
		if len(rec.Migrations) != 1 || rec.Migrations[0].AtSeconds < 0.4 || rec.Migrations[0].AtSeconds > 0.7 {
			t.Errorf("migrations %+v", rec.Migrations)
		}
	})
}

func TestSameSeedSendsTheSame(t *testing.T) {
	measured := func(t *testing.T, warmup time.Duration) (frames []string) {
		synctest.Test(t, func(t *testing.T) {
			plan, d := fakePlan(t, newFakeCluster(3, true))
			plan.Rate, plan.Warmup, plan.Migrate, plan.Duration = 2000, warmup, 0, time.Second/2
			opened := 0
			d.begins = func(load request.Load) {
				if len(load.Streams) == OpenStreams {
					opened++
				}
			}
			d.fail = func(r *request.Request) string {
				if opened == 2 || opened == 1 && warmup == 0 {
					frames = append(frames, string(r.Frame))
				}
				return ""
			}
			mustRun(t, t.Context(), plan)
		})
		return frames
	}
	with, without := measured(t, time.Second/4), measured(t, 0)
	if len(with) < 500 || !slices.Equal(with, without) {
		t.Errorf("%d requests measured after a warm-up, %d without: they must be the same", len(with), len(without))
	}
}

func TestAim(t *testing.T) {
	topology := slot.Even(slot.DefaultCount, []slot.Node{{Port: 1}, {Port: 2}, {Port: 3}})
	for _, aimed := range []slot.Slot{0, 1234, 5461, 10922, 10923, 16383} {
		for _, n := range []int{1, 2, 50} {
			moves, err := targets.PlanMoves(topology, n)
			if err != nil {
				t.Fatal(err)
			}
			moves = aim(moves, topology, aimed)
			if len(moves) != n || moves[0].Slot != aimed {
				t.Fatalf("slot %d, %d moves: %v", aimed, n, moves)
			}
			seen := map[slot.Slot]bool{}
			for _, m := range moves {
				if seen[m.Slot] || topology.Owner(m.Slot) != m.From || m.From == m.To || m.To != moves[0].To {
					t.Fatalf("slot %d, %d moves: %v", aimed, n, moves)
				}
				seen[m.Slot] = true
			}
		}
	}
}

const insertingSpec = `
name: inserting
keys: 500
popularity: {kind: latest}
value_size: "64"
families:
  - name: key
    key: "k:%d"
operations:
  - {command: GET, weight: 50}
  - {command: SET, weight: 50, insert: true, name: INSERT}
`

func TestInsertedKeysAreRemoved(t *testing.T) {
	for _, closed := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c := newFakeCluster(3, false)
			plan, d := fakePlan(t, c)
			if closed {
				plan.Rate, plan.Arrival = 0, workloads.Closed
			}
			spec, err := workloads.Parse("inserting.yaml", []byte(insertingSpec))
			if err != nil {
				t.Fatal(err)
			}
			if plan.Workload, err = spec.Compile(workloads.Options{Seed: 1, Prefix: plan.Prefix, Streams: plan.Streams()}); err != nil {
				t.Fatal(err)
			}
			most := 0
			d.begins = func(request.Load) { most = max(most, c.keys()) }
			mustRun(t, t.Context(), plan)
			if left := c.keys(); left != 0 || most < 1000 {
				t.Errorf("closed %v: %d keys left of at least %d", closed, left, most)
			}
		})
	}
}

func TestGuardNodesSeesAnEnd(t *testing.T) {
	sleeper := exec.Command("sleep", "600")
	if err := sleeper.Start(); err != nil {
		t.Skipf("sleep not found: %v", err)
	}
	gone := make(chan error, 1)
	guard := newNodeGuard([]targets.NodeStats{{Addr: "a:1"}, {Addr: "b:2", PID: sleeper.Process.Pid}}, nil)
	defer guard.watch(func(err error) { gone <- err })()
	if err := sleeper.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = sleeper.Wait() // it was killed
	if err := <-gone; !strings.Contains(err.Error(), "b:2") {
		t.Errorf("%v", err)
	}
}
