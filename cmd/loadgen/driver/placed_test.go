package driver

import (
	"strings"
	"testing"
	"testing/synctest"

	"slotbench/internal/request"
	"slotbench/internal/slot"
	"slotbench/results"
	"slotbench/targets"
)

// After a clean preload the servers' keys by slot are those that were written.
func TestPlacedKeysAgree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		plan, _ := fakePlan(t, newFakeCluster(3, true))
		rec := mustRun(t, t.Context(), plan)
		if rec.Accounts == nil || rec.Accounts.Keys == nil {
			t.Fatal("nothing was compared")
		}
		k := rec.Accounts.Keys
		if k.Server != 2000 || k.Client != 2000 || k.SlotsApart != 0 || len(k.Apart) != 0 || k.Keeping != keepingCounts || k.Bytes != -1 {
			t.Errorf("%+v", k)
		}
	})
}

// A key that somebody else put there is found, with its slot.
func TestPlacedKeysApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFakeCluster(3, true)
		plan, d := fakePlan(t, c)
		foreign := 0
		d.begins = func(request.Load) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.data[c.topology.Owner(slot.Of([]byte("foreign")))]["foreign"] = "x"
			foreign++
		}
		rec := mustRun(t, t.Context(), plan)
		k := rec.Accounts.Keys
		if foreign == 0 || k.Server != 2001 || k.SlotsApart != 1 || k.Apart[0].Slot != int(slot.Of([]byte("foreign"))) ||
			k.Apart[0].Server != k.Apart[0].Client+1 {
			t.Errorf("%+v", k)
		}
		if !warned(rec, "hold other keys than were written") {
			t.Errorf("no warning among %+v", rec.Checks)
		}
	})
}

func warned(rec *results.Record, text string) bool {
	for _, check := range rec.Checks {
		if check.Level == results.LevelWarning && strings.Contains(check.Text, text) {
			return true
		}
	}
	return false
}

func TestApart(t *testing.T) {
	list, all := apart([]int64{1, 5, 3, 9}, []int64{1, 4, 7, 9})
	if all != 2 || len(list) != 2 || list[0] != (results.SlotDifference{Slot: 2, Server: 3, Client: 7}) || list[1].Slot != 1 {
		t.Errorf("%+v, %d", list, all)
	}
	many := make([]int64, 100)
	for i := range many {
		many[i] = int64(i + 1)
	}
	if list, all := apart(many, make([]int64, 100)); all != 100 || len(list) != results.MaxApart || list[0].Slot != 99 {
		t.Errorf("%d of %d", len(list), all)
	}
}

func TestInterferenceIsTold(t *testing.T) {
	before := targets.NodeStats{Addr: "a:1", ForkedSaves: 1, Evicted: -1, FullSyncs: 2, AOFRewrites: 0, Rejected: 5}
	after := targets.NodeStats{Addr: "a:1", ForkedSaves: 2, Evicted: 7, FullSyncs: 2, AOFRewrites: 3, Rejected: 4}
	e := &engine{rec: &results.Record{}}
	e.checkInterference([]targets.NodeStats{before, before}, []targets.NodeStats{after, {}})
	if len(e.rec.Checks) != 2 || !warned(e.rec, "forked 1 times") || !warned(e.rec, "append-only file 3 times") {
		t.Errorf("%+v", e.rec.Checks)
	}
}
