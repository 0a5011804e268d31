package driver

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"slotbench/internal/request"
	"slotbench/internal/slot"
	"slotbench/internal/timeline"
	"slotbench/results"
	"slotbench/targets"
)

// events parses a timeline.
func events(t *testing.T, texts ...string) []timeline.Event {
	t.Helper()
	list := make([]timeline.Event, len(texts))
	for i, text := range texts {
		var err error
		if list[i], err = timeline.Parse(text); err != nil {
			t.Fatal(err)
		}
	}
	return list
}

// eventPlan is a run of two seconds at 2000/s with these events.
func eventPlan(t *testing.T, c *fakeCluster, texts ...string) *Plan {
	plan, _ := fakePlan(t, c)
	plan.Rate, plan.Migrate, plan.Warmup, plan.Events = 2000, 0, 0, events(t, texts...)
	return plan
}

func TestKilledNodeComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFakeCluster(3, true)
		plan := eventPlan(t, c, "at=500ms kill node=1 for=400ms")
		rec := mustRun(t, t.Context(), plan)
		if rec.Partial != "" || rec.Verdict.Status == results.Errors {
			t.Errorf("partial %q, verdict %+v", rec.Partial, rec.Verdict)
		}
		if len(rec.Events) != 1 {
			t.Fatalf("events %+v", rec.Events)
		}
		e := rec.Events[0]
		if e.Outcome != results.EventDone || e.AtSeconds < 0.45 || e.AtSeconds > 0.55 || e.Seconds < 0.4 || e.Seconds > 0.5 ||
			e.Target != "127.0.0.1:7001" || e.Before == nil || e.After == nil {
			t.Fatalf("event %+v", e)
		}
		if e.Before.Errors != 0 || e.After.Errors != 0 || e.During.Errors < 100 || e.During.Errors != rec.Totals.Errors {
			t.Errorf("errors before %d, during %d, after %d, in all %d", e.Before.Errors, e.During.Errors, e.After.Errors, rec.Totals.Errors)
		}
		if e.PauseMillis == nil || *e.PauseMillis < 390 || *e.PauseMillis > 500 || *e.PauseBefore > 50 {
			t.Errorf("pause %v, before %v", e.PauseMillis, e.PauseBefore)
		}
		// Its keys are gone but for those that were written again.
		if i := rec.Integrity; i == nil || i.Lost == 0 || i.LostToEvents != i.Lost || i.Doubled != 0 {
			t.Errorf("integrity %+v", i)
		}
	})
}

func TestKilledNodeStaysAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFakeCluster(3, true)
		rec := mustRun(t, t.Context(), eventPlan(t, c, "at=1s kill node=1"))
		e := rec.Events[0]
		if rec.Partial != "" || e.After != nil || e.During.Errors == 0 || e.Seconds < 0.9 || e.Seconds > 1.1 {
			t.Errorf("partial %q, event %+v", rec.Partial, e)
		}
		if i := rec.Integrity; i.Lost != 0 || i.Unknown == 0 || !strings.Contains(i.Note, "away") {
			t.Errorf("integrity %+v: what cannot be read is not known to be lost", i)
		}
	})
}

// A node joins, takes slots, gives them back, and goes: nothing is lost.
func TestNodeJoinsAndGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFakeCluster(2, true)
		plan := eventPlan(t, c, "at=200ms add-node", "at=300ms migrate slots=150 to=2", "at=700ms stop node=0 for=100ms",
			"at=1s migrate slots=all from=2 to=all", "at=1500ms remove-node node=2", "at=1600ms command node=0 run='CONFIG SET a b'")
		rec := mustRun(t, t.Context(), plan)
		if rec.Partial != "" || rec.Totals.Errors != 0 || len(rec.Events) != 6 || len(rec.Migrations) != 2 || len(rec.Nodes) != 3 {
			t.Fatalf("partial %q, %d errors, events %+v", rec.Partial, rec.Totals.Errors, rec.Events)
		}
		for _, e := range rec.Events {
			if e.Outcome != results.EventDone || e.Before == nil || e.During == nil || e.After == nil {
				t.Errorf("event %+v", e)
			}
		}
		if m := rec.Migrations; m[0].Slots != 150 || m[1].Slots != 150 {
			t.Errorf("migrations %+v", m)
		}
		if i := rec.Integrity; i.Lost+i.Doubled+i.Unknown != 0 || i.Keys == 0 || c.topology.Slots(2) != 0 {
			t.Errorf("integrity %+v, %d slots", i, c.topology.Slots(2))
		}
		for _, want := range []string{"stop node 0", "continue node 0", "remove node 2", "node 0: CONFIG SET a b"} {
			if !slices.Contains(c.log, want) {
				t.Errorf("%q was not done: %q", want, c.log)
			}
		}
	})
}

func TestEventsAreRefusedBeforeTheRun(t *testing.T) {
	for text, want := range map[string]string{
		"at=3s migrate slots=1":                   "after the end of the measurement",
		"at=1s migrate slots=9000":                "no node owns more than",
		"at=1s migrate slots=1 strategy=pushed":   `strategy "pushed"`,
		"at=1s stop node=7 for=1s":                "there is no node 7",
		"at=1s start node=1":                      "was not killed",
		"at=1s remove-node node=1":                "owns 5462 slots then",
		"at=1s failover node=1":                   "cannot fail over",
		"at=1s plan file=/nowhere/plan.json":      "no such file",
		"at=1s migrate slots=0-5461 to=0":         "", // node 0 has all but one of these
		"at=1s migrate slots=0-9 to=0":            "there already",
		"at=1s migrate slots=5 from=0 to=nowhere": "there is no node nowhere",
	} {
		synctest.Test(t, func(t *testing.T) {
			c := newFakeCluster(3, true)
			_, err := Run(t.Context(), *eventPlan(t, c, text))
			var refused Refused
			if want == "" && err == nil {
				return
			}
			if !errors.As(err, &refused) || want == "" || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want a refusal with %q", text, err, want)
			}
			if slices.ContainsFunc(c.log, func(line string) bool { return strings.HasPrefix(line, "load") }) {
				t.Errorf("%s: something was sent", text)
			}
		})
	}
}

func TestAttachedTargetsRefuseWhatCannotBePutBack(t *testing.T) {
	for text, want := range map[string]string{
		"at=1s kill node=1":                           "only launched nodes",
		"at=1s stop node=1 for=1s":                    "only launched nodes",
		"at=1s add-node":                              "cannot add and remove nodes",
		"at=1s command node=0 run='CONFIG SET a b'":   "say what puts it back",
		"at=1s command node=0 run='PING' undo=none":   "",
		"at=1s migrate slots=all from=1 to=all":       "leaves 127.0.0.1:7001 without slots",
		"at=1s migrate slots=5000 from=1 to=0":        "",
		"at=1s command node=0 run='A b' undo='A old'": "",
	} {
		synctest.Test(t, func(t *testing.T) {
			_, err := Run(t.Context(), *eventPlan(t, newFakeCluster(3, false), text))
			if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", text, err, want)
			}
		})
	}
}

// Whenever a run is interrupted, slots are back and commands undone.
func TestAttachedTargetIsLeftAsItWasAfterEvents(t *testing.T) {
	for _, interruptAt := range []time.Duration{0, 300 * time.Millisecond, 700 * time.Millisecond, 1250 * time.Millisecond, 1900 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			c := newFakeCluster(3, false)
			before := c.topology.Clone()
			plan := eventPlan(t, c, "at=100ms command node=0 run='CONFIG SET a b' undo='CONFIG SET a old'",
				"at=200ms migrate slots=60 to=all from=1", "at=800ms migrate slots=0-29,200-200 to=2")
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			if interruptAt > 0 {
				time.AfterFunc(interruptAt, func() { cancel(errPlanned) })
			}
			rec := mustRun(t, ctx, plan)
			for s := range slot.DefaultCount {
				if before.Owner(slot.Slot(s)) != c.topology.Owner(slot.Slot(s)) {
					t.Fatalf("interrupted at %s: slot %d is on node %d, was on %d", interruptAt, s, c.topology.Owner(slot.Slot(s)), before.Owner(slot.Slot(s)))
				}
			}
			changed := slices.Index(c.log, "node 0: CONFIG SET a b")
			if undone := slices.Index(c.log, "node 0: CONFIG SET a old"); (undone > changed) != (changed >= 0) {
				t.Errorf("interrupted at %s: changed at %d, undone at %d", interruptAt, changed, undone)
			}
			if left := plan.Debts.Lines(); len(left) != 0 || c.keys() != 0 {
				t.Errorf("interrupted at %s: owed %q, %d keys", interruptAt, left, c.keys())
			}
			if (rec.Partial == "") != (interruptAt == 0) {
				t.Errorf("partial %q", rec.Partial)
			}
		})
	}
}

// Slots that an event is to keep stay on an attached target, those of other
// events return to where it left them.
func TestKeptSlotsStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFakeCluster(3, false)
		want := c.topology.Clone()
		for s := range slot.Slot(30) {
			want.SetOwner(s, 2)
		}
		plan := eventPlan(t, c, "at=200ms migrate slots=0-29 to=2 keep=yes", "at=800ms migrate slots=20-39 to=1")
		rec := mustRun(t, t.Context(), plan)
		if len(rec.Migrations) != 2 || rec.Partial != "" {
			t.Fatalf("partial %q, migrations %+v", rec.Partial, rec.Migrations)
		}
		for s := range slot.DefaultCount {
			if got := c.topology.Owner(slot.Slot(s)); got != want.Owner(slot.Slot(s)) {
				t.Fatalf("slot %d is on node %d, want %d", s, got, want.Owner(slot.Slot(s)))
			}
		}
		if left := plan.Debts.Lines(); len(left) != 0 || c.keys() != 0 {
			t.Errorf("owed %q, %d keys", left, c.keys())
		}
	})
}

// Without from and to a migration is what targets.PlanMoves plans.
func TestMovesAreThoseOfPlanMoves(t *testing.T) {
	for _, nodes := range []int{2, 3, 5} {
		topology := slot.Even(slot.DefaultCount, make([]slot.Node, nodes))
		want, err := targets.PlanMoves(topology, 100)
		if err != nil {
			t.Fatal(err)
		}
		got, err := newModel(topology).moves(&timeline.Event{Slots: 100})
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%d nodes: %v, %v", nodes, got[:2], err)
		}
	}
}

func TestMovesToAllSpreadEvenly(t *testing.T) {
	m := newModel(slot.Even(slot.DefaultCount, make([]slot.Node, 4)))
	moves, err := m.moves(&timeline.Event{AllSlots: true, From: "3", To: timeline.All})
	if err != nil {
		t.Fatal(err)
	}
	m.apply(moves)
	for n := range 3 {
		if slots := m.topology.Slots(n); slots < 5461 || slots > 5462 {
			t.Errorf("node %d owns %d slots", n, slots)
		}
	}
	if m.topology.Slots(3) != 0 {
		t.Errorf("node 3 keeps %d slots", m.topology.Slots(3))
	}
}

const goodPlan = `{"schema":1,"slots":16384,"nodes":[{"id":"0"},{"id":"1"},{"id":"","addr":""}],"moves":[{"start":0,"end":9,"from":0,"to":2},{"start":6000,"end":6000,"from":1,"to":0}]}`

func TestPlanFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "plan.json")
		if err := os.WriteFile(path, []byte(goodPlan), 0o644); err != nil {
			t.Fatal(err)
		}
		c := newFakeCluster(3, true)
		rec := mustRun(t, t.Context(), eventPlan(t, c, "at=1s plan file="+path))
		if len(rec.Migrations) != 1 || rec.Migrations[0].Slots != 11 || c.topology.Owner(9) != 2 || c.topology.Owner(6000) != 0 {
			t.Errorf("migrations %+v", rec.Migrations)
		}
	})
}

func TestPlanFaults(t *testing.T) {
	m := newModel(newFakeCluster(3, true).topology)
	for text, want := range map[string]string{
		"{":                         "unexpected end",
		`{"schema":2}`:              "schema 2",
		`{"schema":1,"slots":1024}`: "for 1024 slots",
		`{"schema":1,"slots":16384,"nodes":[],"moves":[]}`:                                             "moves no slot",
		strings.Replace(goodPlan, `"end":9`, `"end":99999`, 1):                                         "moves[0]: slots 0 to 99999",
		strings.Replace(goodPlan, `"from":0,"to":2`, `"from":1,"to":2`, 1):                             "another layout",
		strings.Replace(goodPlan, `{"id":"0"}`, `{"id":"x","addr":"10.0.0.1:1"}`, 1):                   "no node x",
		strings.Replace(goodPlan, `"start":6000,"end":6000,"from":1`, `"start":5,"end":5,"from":0`, 1): "from node 0 to itself",
	} {
		if _, err := planMoves(strings.NewReader(text), m); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func FuzzPlanMoves(f *testing.F) {
	f.Add([]byte(goodPlan))
	m := newModel(slot.Even(slot.DefaultCount, []slot.Node{{ID: "0"}, {ID: "1"}, {ID: "2"}}))
	f.Fuzz(func(t *testing.T, text []byte) {
		moves, err := planMoves(bytes.NewReader(text), m)
		if err != nil {
			return
		}
		for _, move := range moves {
			if m.topology.Owner(move.Slot) != move.From || move.To < 0 || move.To > 2 || len(moves) > int(slot.DefaultCount) {
				t.Fatalf("%+v", move)
			}
		}
	})
}

// An event that breaks off is told, and makes the verdict.
func TestFailedEventIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFakeCluster(3, true)
		c.migrateErr = errPlanned
		rec := mustRun(t, t.Context(), eventPlan(t, c, "at=1s migrate slots=5"))
		if e := rec.Events[0]; e.Outcome != results.EventFailed || e.Error == "" || rec.Verdict.Status != results.Errors {
			t.Errorf("event %+v, verdict %+v", e, rec.Verdict)
		}
	})
}

// An event after the end of the load is told as not reached.
func TestEventThatIsNotReached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		plan := eventPlan(t, newFakeCluster(3, true), "at=1500ms command node=0 run=PING")
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		plan.NewDriver = interruptedDriver(plan, func() { time.AfterFunc(time.Second, func() { cancel(errPlanned) }) })
		rec := mustRun(t, ctx, plan)
		if e := rec.Events[0]; e.Outcome != results.EventNotReached || e.Before != nil || rec.Partial != errPlanned.Error() {
			t.Errorf("event %+v, partial %q", e, rec.Partial)
		}
	})
}

// interruptedDriver calls begun when the measurement begins.
func interruptedDriver(plan *Plan, begun func()) func(*slot.Topology, Role) (request.Driver, error) {
	open := plan.NewDriver
	return func(t *slot.Topology, role Role) (request.Driver, error) {
		d, err := open(t, role)
		if fake, ok := d.(*fakeDriver); ok {
			fake.begins = func(load request.Load) {
				if len(load.Streams) == OpenStreams {
					begun()
				}
			}
		}
		return d, err
	}
}
