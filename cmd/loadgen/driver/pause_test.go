package driver

import (
	"strings"
	"testing"

	"slotbench/internal/request"
	"slotbench/internal/slot"
	"slotbench/results"
	"slotbench/targets"
)

func TestGap(t *testing.T) {
	type note struct {
		due, done int64
		success   bool
	}
	for name, test := range map[string]struct {
		notes []note
		want  int64
	}{
		"nothing":                      {nil, 0},
		"steady":                       {[]note{{0, 1, true}, {10, 11, true}, {20, 21, true}}, 10},
		"first request stalls":         {[]note{{0, 500, true}, {10, 501, true}}, 500},
		"whole stall, due by due":      {[]note{{0, 1, true}, {10, 1001, true}, {20, 1002, true}, {30, 1003, true}}, 1000},
		"failures do not end it":       {[]note{{0, 1, true}, {10, 11, false}, {20, 21, false}, {30, 31, true}}, 30},
		"failing to the end":           {[]note{{0, 1, true}, {10, 11, false}, {20, 400, false}}, 399},
		"never a success":              {[]note{{5, 6, false}, {15, 95, false}}, 90},
		"an early end goes not back":   {[]note{{0, 50, true}, {1, 40, true}, {60, 61, true}}, 50},
		"longest, not last, is told":   {[]note{{0, 1, true}, {10, 200, true}, {210, 211, true}}, 199},
		"the gap before a late answer": {[]note{{0, 1, true}, {10, 31, true}}, 30},
	} {
		var g gap
		for _, n := range test.notes {
			g.note(n.due, n.done, n.success)
		}
		if g.longest != test.want {
			t.Errorf("%s: %d, want %d", name, g.longest, test.want)
		}
	}
}

// TestPauseOfWrites is a slot whose reads go on while its writes wait.
func TestPauseOfWrites(t *testing.T) {
	const ms = 1_000_000
	p := newPauseProbe([]probeTarget{{slot: 3, key: "a"}, {slot: 9, key: "b"}})
	for i := int64(0); i < 100; i++ {
		for _, s := range []slot.Slot{3, 9, 4711} {
			r := &request.Request{Slot: s, Write: i%2 == 0, Due: i * ms}
			r.Done = r.Due + ms/10
			if s == 9 && r.Write && i >= 20 && i < 60 {
				r.Done = 60*ms + ms/10 // every write waits for the same moment
			}
			p.Record(0, r)
		}
	}
	// The write of ms 18 succeeded at 18.1, the next at 60.1.
	if got, ok := p.longestNanos(); !ok || got != 42*ms {
		t.Errorf("pause of %d ns, %v; want %d", got, ok, 42*ms)
	}
	if p.requests != 200 || p.failures != 0 {
		t.Errorf("%d requests, %d failures", p.requests, p.failures)
	}
}

func TestProbeTargets(t *testing.T) {
	var moves []targets.Move
	for s := range 100 {
		moves = append(moves, targets.Move{Slot: slot.Slot(5000 + s), From: 0, To: 1})
	}
	for _, n := range []int{0, 1, 3, 4, 5, 100} {
		picked := probeTargets(moves[:n], "p:")
		if len(picked) != min(n, maxProbedSlots) {
			t.Fatalf("%d moves: %d slots probed", n, len(picked))
		}
		seen := map[slot.Slot]bool{}
		for _, target := range picked {
			if slot.Of([]byte(target.key)) != target.slot || seen[target.slot] {
				t.Errorf("%d moves: key %q, slot %d", n, target.key, target.slot)
			}
			seen[target.slot] = true
		}
	}
}

func TestProbeSource(t *testing.T) {
	streams := probeLoad([]probeTarget{{slot: slot.Of([]byte("k")), key: "k"}, {slot: slot.Of([]byte("longer")), key: "longer"}}, 1)
	var r request.Request
	for i, stream := range streams {
		want := []string{"k", "longer"}[i]
		for n := range 4 {
			if !stream.Source.Next(&r) || string(r.Key()) != want || r.Write != (n%2 == 0) || r.Slot != slot.Of([]byte(want)) {
				t.Fatalf("stream %d, request %d: key %q, write %v, slot %d", i, n, r.Key(), r.Write, r.Slot)
			}
			if due := stream.Schedule.Next(); due != int64(n)*probeIntervalNanos+int64(i)*probeIntervalNanos/2 {
				t.Fatalf("stream %d, request %d: due %d", i, n, due)
			}
		}
	}
}

func TestKeysSource(t *testing.T) {
	keys := []string{"a", "bb"}
	source := &keysSource{command: "DEL", next: func() ([]byte, bool) {
		if len(keys) == 0 {
			return nil, false
		}
		key := keys[0]
		keys = keys[1:]
		return []byte(key), true
	}}
	var r request.Request
	for _, want := range []string{"a", "bb"} {
		if !source.Next(&r) || string(r.Key()) != want || r.Slot != slot.Of([]byte(want)) {
			t.Fatalf("key %q of %q, want %q", r.Key(), r.Frame, want)
		}
	}
	if source.Next(&r) {
		t.Fatal("a third request of two keys")
	}
}

// Probes beside a thin load are most of what the migrating nodes do.
func TestManyProbesAreTold(t *testing.T) {
	for load, want := range map[int64]bool{1000: true, 100_000: false} {
		e := &engine{rec: &results.Record{Totals: results.Totals{Requests: load}}}
		var out results.Migration
		e.fillProbes(&probing{during: &pauseProbe{requests: 900}, before: &pauseProbe{requests: 100}}, &out)
		told := len(e.rec.Checks) == 1 && strings.Contains(e.rec.Checks[0].Text, "sent 1000 requests")
		if told != want || out.ProbeRequests != 1000 {
			t.Errorf("beside %d: %+v, %d", load, e.rec.Checks, out.ProbeRequests)
		}
	}
}
