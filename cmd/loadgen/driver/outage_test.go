package driver

import (
	"strings"
	"testing"
	"time"

	"slotbench/internal/request"
	"slotbench/internal/slot"
	"slotbench/results"
	"slotbench/targets"
)

// absentees is a guarded target of two nodes, processes 1 and 2, of which some
// have ended, and what the guard told of it.
type absentees struct {
	ended map[int]bool
	stats []targets.NodeStats
	owns  bool
	told  []string
}

func (a *absentees) guard(returns bool) *nodeGuard {
	a.ended = map[int]bool{}
	a.stats = []targets.NodeStats{{Addr: "a:1", PID: 1}, {Addr: "b:2", PID: 2}}
	r := &returning{
		stats: func() []targets.NodeStats { return a.stats },
		owns:  func(int) bool { return a.owns },
		ended: func(node int, _ time.Time) { a.told = append(a.told, "ended "+a.name(node)) },
		back:  func(node int, _ time.Time) { a.told = append(a.told, "back "+a.name(node)) },
	}
	if !returns {
		r = nil
	}
	g := newNodeGuard(a.stats, r)
	g.isEnded = func(pid int) bool { return a.ended[pid] }
	return g
}

func (a *absentees) name(node int) string { return string(rune('a' + node)) }

func TestGuardOfLaunchedNodes(t *testing.T) {
	var a absentees
	g := a.guard(false)
	if err := g.look(time.Time{}); err != nil {
		t.Fatal(err)
	}
	a.ended[2] = true
	if err := g.look(time.Time{}); err == nil || !strings.Contains(err.Error(), "b:2 ended") {
		t.Errorf("%v", err)
	}
}

func TestGuardOfNodesThatComeBack(t *testing.T) {
	a := absentees{owns: true}
	g := a.guard(true)
	now := time.Unix(1000, 0)
	look := func(after time.Duration) error {
		now = now.Add(after)
		return g.look(now)
	}
	a.ended[2] = true
	for range 3 { // INFO was answered just before the end, then not at all
		if err := look(awayLimit / 4); err != nil {
			t.Fatal(err)
		}
		a.stats = []targets.NodeStats{{Addr: "a:1", PID: 1}, {}}
	}
	a.stats = []targets.NodeStats{{Addr: "a:1", PID: 1}, {Addr: "b:2", PID: 3}}
	if err := look(awayLimit); err != nil {
		t.Fatal("back at the last moment:", err)
	}
	a.ended[3] = true // the new process is watched too
	a.stats = a.stats[:1]
	if err := look(0); err != nil {
		t.Fatal(err)
	}
	a.owns = false // a replica has its slots
	if err := look(2 * awayLimit); err != nil {
		t.Error("another serves its slots:", err)
	}
	a.owns = true
	if err := look(0); err == nil || !strings.Contains(err.Error(), "b:2") {
		t.Errorf("away for good: %v", err)
	}
	if got := strings.Join(a.told, ", "); got != "ended b, back b, ended b" {
		t.Error(got)
	}
}

// measuring is an engine in the midst of a measurement of ten seconds, whose
// driver's clock began at base.
func measuring(cluster *fakeCluster) (e *engine, m *measurement, base time.Time) {
	e = &engine{Plan: Plan{Cluster: cluster}, topology: cluster.topology, rec: &results.Record{}}
	e.addNodes(cluster.topology)
	m = &measurement{recorder: results.NewRecorder(results.RecorderOptions{Workers: 1, Ops: []string{"GET"}, Nodes: 3})}
	clock := newClock(1)
	clock.offset.Store(0)
	m.steering = &steering{e: e, recorder: m.recorder, clock: clock}
	m.tally = request.Tally{End: int64(10 * time.Second)}
	e.setSteering(m.steering)
	e.rec.Measured = clock.base
	return e, m, clock.base
}

func TestOutageIsAnEvent(t *testing.T) {
	e, m, base := measuring(newFakeCluster(3, false))
	send := func(from, to int64, status request.Status) {
		for at := from; at < to; at += 10 {
			nanos := at * int64(time.Millisecond)
			m.recorder.Record(0, &request.Request{Due: nanos, Outcome: request.Outcome{
				Written: nanos, Done: nanos + 1000, Status: status, Err: targets.ClassRefused,
			}})
		}
	}
	send(0, 2000, request.OK)
	e.beginOutage(1, base.Add(2*time.Second))
	send(2000, 5000, request.Failed)
	e.endOutage(1, base.Add(5*time.Second))
	send(5000+errorTail.Milliseconds(), 10000, request.OK)
	e.setSteering(nil)
	e.beginOutage(2, base.Add(11*time.Second))
	m.result = m.recorder.Result(m.tally, 100)
	e.rec.Totals = m.result.Totals
	e.fillEvents(m)
	e.noteOutages(base.Add(12 * time.Second))

	if len(e.rec.Events) != 1 {
		t.Fatalf("%d events, want that of the measurement: %+v", len(e.rec.Events), e.rec.Events)
	}
	event := e.rec.Events[0]
	if event.AtSeconds != 2 || event.Seconds != 3 || event.Target != e.topology.Nodes[1].Addr() || event.ToBeExpected {
		t.Errorf("%+v", event)
	}
	if event.During == nil || event.During.Errors != 300 || event.After == nil || event.After.Errors != 0 {
		t.Errorf("during %+v, after %+v", event.During, event.After)
	}
	for i, want := range []string{"in the measurement, and the node answered again 3 s later", "after the measurement, and the node was not back 1 s later"} {
		if i >= len(e.rec.Checks) || !strings.Contains(e.rec.Checks[i].Text, want) {
			t.Errorf("%+v, want %q", e.rec.Checks, want)
		}
	}
	if reasons := judgeEvents(e.rec); len(reasons) != 1 || reasons[0].status != results.Errors || !strings.Contains(reasons[0].text, "300 of ") {
		t.Errorf("%+v", reasons)
	}
	if e.isDown(1) || !e.hasBeenDown(1) || !e.isDown(2) {
		t.Error("who is away")
	}
}

func TestServedByOthers(t *testing.T) {
	cluster := newFakeCluster(3, false)
	e, _, _ := measuring(cluster)
	if e.topology = cluster.topology.Clone(); e.servedByOthers(t.Context(), 0) {
		t.Error("it serves them itself")
	}
	for s := range slot.Slot(e.topology.Count() - 1) {
		if e.topology.Owner(s) == 0 {
			cluster.topology.SetOwner(s, 1)
		}
	}
	if !e.servedByOthers(t.Context(), 0) {
		t.Error("node 1 has them")
	}
}

func TestKeysOfNodesThatAreAwayAreNotDeleted(t *testing.T) {
	e, _, _ := measuring(newFakeCluster(3, false))
	source := func(keys ...string) []request.Stream {
		return []request.Stream{{Source: &keysSource{command: "DEL", next: func() (key []byte, ok bool) {
			if len(keys) == 0 {
				return nil, false
			}
			key, keys = []byte(keys[0]), keys[1:]
			return key, true
		}}}}
	}
	drain := func(streams []request.Stream) (n int64) {
		for r := (request.Request{}); streams[0].Source.Next(&r); n++ {
		}
		return n
	}
	const keys = 6
	all := []string{"a", "b", "c", "d", "e", "f"}
	streams := source(all...)
	if skipped := e.skipAway(t.Context(), streams); drain(streams) != keys || skipped.Load() != 0 {
		t.Error("all nodes are there")
	}
	e.setDown(0, true)
	var away int64
	for _, key := range all {
		if e.topology.Owner(slot.Of([]byte(key))) == 0 {
			away++
		}
	}
	streams = source(all...)
	if skipped := e.skipAway(t.Context(), streams); away == 0 || drain(streams) != keys-away || skipped.Load() != away {
		t.Errorf("%d left out, want %d", skipped.Load(), away)
	}
}
