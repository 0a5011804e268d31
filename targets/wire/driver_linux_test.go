package wire

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"slotbench/internal/request"
	"slotbench/internal/resp"
	"slotbench/internal/slot"
	"slotbench/targets"
)

func run(t *testing.T, d *Driver, load request.Load) (*ledger, request.Tally) {
	t.Helper()
	sink := &ledger{}
	load.Sink = sink
	tally, err := d.Run(t.Context(), load)
	if err != nil {
		t.Fatal(err)
	}
	return sink, tally
}

func TestClosedLoopOverSockets(t *testing.T) {
	server := serveScript(t, ok)
	for _, threads := range []int{1, 2, 3} {
		d := drive(t, server.access(), nil, Options{Threads: threads})
		sink, tally := run(t, d, closedLoad(5, 4, 1000))
		if got := sink.statuses(); got[request.OK] != 1000 || tally.Sent != 1000 || tally.Aborted != "" {
			t.Errorf("%d threads: %v, %+v", threads, got, tally)
		}
		if tally.Origin != 0 || tally.End <= 0 || tally.DrainEnd < tally.End || len(tally.BusyShare) != threads || d.Workers() != threads {
			t.Errorf("%d threads: %+v", threads, tally)
		}
		for _, r := range sink.ended {
			if r.Due > r.Ready || r.Ready > r.Written || r.Written > r.FirstByte || r.FirstByte > r.Done {
				t.Fatalf("stamps out of order: due %d, %+v", r.Due, r.Outcome)
			}
		}
	}
}

// The same streams send the same bytes, whatever hosts them, and are due at
// the same times.
func TestOpenLoopIsTheSameForAnyNumberOfThreads(t *testing.T) {
	server := serveScript(t, ok)
	var first []string
	for _, threads := range []int{1, 2, 3} {
		d := drive(t, server.access(), nil, Options{Threads: threads})
		load := request.Load{Connections: 6, Pipeline: 2, Requests: 1001}
		for i := range 7 {
			load.Streams = append(load.Streams, request.Stream{
				Source:   &keySource{stream: int32(i), prefix: fmt.Sprintf("s%d:", i), n: 1 << 40},
				Schedule: &every{int64(i) * 10_000, 100_000 + int64(i)},
			})
		}
		sink, tally := run(t, d, load)
		var sent []string
		for _, r := range sink.ended {
			sent = append(sent, fmt.Sprintf("%d %d %d %q", r.Stream, r.Seq, r.Due, r.Frame))
		}
		slices.Sort(sent)
		if first == nil {
			first = sent
		}
		if !slices.Equal(sent, first) || len(sent) != 1001 || tally.Sent != 1001 {
			t.Errorf("%d threads sent %d requests that differ from one thread's %d", threads, len(sent), len(first))
		}
	}
}

func TestRedirectsOverSockets(t *testing.T) {
	const key = "s0:0"
	at := slot.Of([]byte(key))
	var servers [2]*scripted
	asks, again := 3, 2
	var mu sync.Mutex
	servers[1] = serveScript(t, func(state map[string]string, command []string) ([]byte, bool) {
		mu.Lock()
		defer mu.Unlock()
		if command[0] == "ASKING" {
			state["asking"] = "yes"
			return []byte("+OK\r\n"), false
		}
		asked := state["asking"] != ""
		state["asking"] = ""
		if again--; again >= 0 {
			return []byte("-TRYAGAIN later\r\n"), false
		}
		if !asked && asks >= 0 {
			return []byte("-ERR not asked\r\n"), false
		}
		return []byte("$1\r\nv\r\n"), false
	})
	servers[0] = serveScript(t, func(_ map[string]string, command []string) ([]byte, bool) {
		mu.Lock()
		defer mu.Unlock()
		if asks--; asks >= 0 {
			return fmt.Appendf(nil, "-ASK %d %s\r\n", at, servers[1].addr), false
		}
		return fmt.Appendf(nil, "-MOVED %d %s\r\n", at, servers[1].addr), false
	})
	topology := slot.NewTopology(slot.DefaultCount, []slot.Node{servers[0].node()})
	topology.SetRange(slot.Range{First: 0, Last: slot.Slot(slot.DefaultCount - 1)}, 0)
	d := drive(t, targets.Access{Addrs: []string{servers[0].addr}, Cluster: true}, topology, Options{})
	sink, _ := run(t, d, oneKey("s0:", 5, false))
	var got []string
	for _, r := range sink.ended {
		got = append(got, fmt.Sprintf("%v %d/%d/%d node %d", r.Status, r.Moved, r.Ask, r.TryAgain, r.Node))
	}
	want := []string{"ok 0/1/2 node 1", "ok 0/1/0 node 1", "ok 0/1/0 node 1", "ok 1/0/0 node 1", "ok 0/0/0 node 1"}
	if !slices.Equal(got, want) || !slices.Equal(d.Nodes(), []string{servers[0].addr, servers[1].addr}) {
		t.Errorf("got  %q on %q\nwant %q", got, d.Nodes(), want)
	}
	if topology.Owner(at) != 0 {
		t.Error("the caller's topology was changed")
	}
}

func TestServersThatMisbehave(t *testing.T) {
	for _, v := range []struct {
		name   string
		answer answerer
		status request.Status
		word   string
	}{
		{"closes in mid-reply", func(map[string]string, []string) ([]byte, bool) { return []byte("$10\r\nabc"), true }, request.Unknown, targets.ClassClosed},
		{"closes without a reply", func(map[string]string, []string) ([]byte, bool) { return nil, true }, request.Unknown, targets.ClassClosed},
		{"answers garbage", func(map[string]string, []string) ([]byte, bool) { return []byte("HTTP/1.1 200 OK\r\n"), false }, request.Unknown, targets.ClassProtocol},
		{"never answers", func(map[string]string, []string) ([]byte, bool) { return nil, false }, request.TimedOut, targets.ClassTimeout},
		{"answers half", func(map[string]string, []string) ([]byte, bool) { return []byte("*2\r\n$3\r\nab"), false }, request.TimedOut, targets.ClassTimeout},
		{"answers an error", func(map[string]string, []string) ([]byte, bool) { return []byte("-OOM no\r\n"), false }, request.Failed, "OOM"},
	} {
		// Every second request of a connection gets a proper answer first.
		server := serveScript(t, func(state map[string]string, command []string) ([]byte, bool) {
			if state["served"] == "" {
				state["served"] = "yes"
				return []byte("+OK\r\n"), false
			}
			return v.answer(state, command)
		})
		timeout := 20 * time.Second // a busy machine must not look like a dead server
		if v.status == request.TimedOut {
			timeout = 200 * time.Millisecond
		}
		d := drive(t, server.access(), nil, Options{Timeout: timeout})
		sink, tally := run(t, d, closedLoad(1, 1, 4))
		got := sink.statuses()
		bad := 2
		if v.status == request.Failed {
			bad = 3
		}
		if got[request.OK] != 4-bad || got[v.status] != bad || sink.ended[1].Err != v.word || tally.Aborted != "" {
			t.Errorf("%s: %v, %q, %+v", v.name, got, sink.ended[1].Err, tally)
		}
	}
}

func TestATargetThatDiesEndsThePhase(t *testing.T) {
	for _, load := range []request.Load{closedLoad(4, 2, 1<<40), openLoad(4, 2, 1<<40, 100_000)} {
		var answered atomic.Int64
		enough, died := make(chan struct{}), make(chan struct{})
		server := serveScript(t, func(map[string]string, []string) ([]byte, bool) {
			if answered.Add(1) == 500 {
				close(enough)
			}
			return []byte("+OK\r\n"), false
		})
		go func() {
			<-enough
			server.stop()
			close(died)
		}()
		d := drive(t, server.access(), nil, Options{Threads: 2, GoneAfter: 100 * time.Millisecond})
		sink, tally := run(t, d, load)
		<-died
		if !tally.TargetGone || !strings.Contains(tally.Aborted, server.addr) {
			t.Errorf("gone %v, aborted %q", tally.TargetGone, tally.Aborted)
		}
		if got := sink.statuses(); got[request.OK] == 0 {
			t.Errorf("%v", got)
		}
	}
}

func TestNobodyListens(t *testing.T) {
	server := serveScript(t, ok)
	server.stop()
	d := drive(t, server.access(), nil, Options{GoneAfter: 50 * time.Millisecond})
	sink, tally := run(t, d, closedLoad(2, 1, 100))
	if !tally.TargetGone || !strings.Contains(tally.Aborted, targets.ClassRefused) || tally.Sent != 0 {
		t.Errorf("%+v", tally)
	}
	if got := sink.statuses(); got[request.Unsent] != 2 || len(sink.ended) != 2 {
		t.Errorf("%v", got)
	}
}

func TestContextEndsAPhase(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	seen := 0
	var mu sync.Mutex
	server := serveScript(t, func(map[string]string, []string) ([]byte, bool) {
		mu.Lock()
		defer mu.Unlock()
		if seen++; seen == 200 {
			cancel(fmt.Errorf("enough"))
		}
		return []byte("+OK\r\n"), false
	})
	d := drive(t, server.access(), nil, Options{Threads: 2})
	sink := &ledger{}
	load := closedLoad(4, 2, 1<<40)
	load.Sink = sink
	tally, err := d.Run(ctx, load)
	if err != nil || tally.Aborted != "enough" || tally.TargetGone {
		t.Errorf("%v, %+v", err, tally)
	}
	if got := sink.statuses(); got[request.OK] < 200 || got[request.OK] != len(sink.ended) {
		t.Errorf("%v", got)
	}
}

func TestLargeValuesBothWays(t *testing.T) {
	value := strings.Repeat("0123456789abcdef", 3<<20/16)
	server := serveScript(t, func(_ map[string]string, command []string) ([]byte, bool) {
		if command[2] != value {
			return []byte("-ERR not what was sent\r\n"), false
		}
		return resp.AppendBulk(nil, command[2]), false
	})
	d := drive(t, server.access(), nil, Options{})
	load := request.Load{Connections: 2, Pipeline: 3, Streams: []request.Stream{
		{Source: &setSource{value: value, left: 9}}, {Source: &setSource{value: value, left: 9}},
	}}
	sink, tally := run(t, d, load)
	if got := sink.statuses(); got[request.OK] != 18 || tally.Sent != 18 {
		t.Fatalf("%v, sent %d, %q", got, tally.Sent, sink.ended[0].Err)
	}
	for _, r := range sink.ended {
		if int(r.BytesIn) != len(resp.AppendBulk(nil, value)) || r.FirstByte > r.Done {
			t.Errorf("%+v", r.Outcome)
		}
	}
}

type setSource struct {
	value string
	left  int
}

func (s *setSource) Next(r *request.Request) bool {
	s.left--
	r.Frame = resp.AppendCommand(r.Frame[:0], "SET", "k", s.value)
	return s.left >= 0
}

func TestPhasesReuseConnectionsThatStillStand(t *testing.T) {
	server := serveScript(t, ok)
	d := drive(t, server.access(), nil, Options{})
	for phase, want := range []int{3, 3, 6} {
		if phase == 2 {
			server.hangUp()
		}
		sink, _ := run(t, d, closedLoad(3, 2, 60))
		server.mu.Lock()
		accepted := server.accepted
		server.mu.Unlock()
		if got := sink.statuses(); got[request.OK] != 60 || accepted != want {
			t.Errorf("phase %d: %v, %d connections", phase, got, accepted)
		}
	}
	// A phase with fewer clients keeps fewer connections.
	run(t, d, closedLoad(1, 1, 1))
	if live := d.loops[0].state().nodes[0].live; live != 1 {
		t.Errorf("%d connections stand for one client", live)
	}
}

func TestAuthOverSockets(t *testing.T) {
	server := serveScript(t, func(state map[string]string, command []string) ([]byte, bool) {
		switch {
		case command[0] == "AUTH" && slices.Equal(command[1:], []string{"me", "secret"}):
			state["in"] = "yes"
			return []byte("+OK\r\n"), false
		case command[0] == "AUTH":
			return []byte("-WRONGPASS invalid username-password pair or user is disabled.\r\n"), false
		case state["in"] == "":
			return []byte("-NOAUTH Authentication required.\r\n"), false
		}
		return []byte("+OK\r\n"), false
	})
	access := server.access()
	access.Username, access.Password = "me", "secret"
	sink, _ := run(t, drive(t, access, nil, Options{}), closedLoad(2, 2, 20))
	if got := sink.statuses(); got[request.OK] != 20 {
		t.Errorf("%v", got)
	}
	access.Password = "wrong"
	_, tally := run(t, drive(t, access, nil, Options{GoneAfter: 50 * time.Millisecond}), closedLoad(2, 2, 20))
	if !tally.TargetGone || !strings.Contains(tally.Aborted, "WRONGPASS") || strings.Contains(tally.Aborted, "secret") {
		t.Errorf("%+v", tally)
	}
}

func TestPinnedAndSpinning(t *testing.T) {
	var allowed unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		t.Fatal(err)
	}
	cpu := 0
	for !allowed.IsSet(cpu) {
		cpu++
	}
	server := serveScript(t, ok)
	d := drive(t, server.access(), nil, Options{Spin: true, CPUs: []int{cpu}})
	sink, tally := run(t, d, openLoad(2, 1, 100, 100_000))
	if got := sink.statuses(); got[request.OK] != 100 || !tally.Spinning {
		t.Errorf("%v, %+v", got, tally)
	}
	d = drive(t, server.access(), nil, Options{CPUs: []int{1023}, Threads: 2})
	load := closedLoad(2, 1, 10)
	load.Sink = &ledger{}
	if tally, err := d.Run(t.Context(), load); err == nil || tally.Aborted == "" {
		t.Errorf("pinned to a CPU that is not there: %v, %+v", err, tally)
	}
}

func TestNewSaysWhatIsWrong(t *testing.T) {
	access := targets.Access{Addrs: []string{"127.0.0.1:1"}}
	cluster := access
	cluster.Cluster = true
	for _, v := range []struct {
		access   targets.Access
		topology *slot.Topology
		options  Options
		want     string
	}{
		{cluster, nil, Options{}, "needs a topology"},
		{targets.Access{}, nil, Options{}, "no address"},
		{access, nil, Options{Threads: -1}, "threads"},
		{access, nil, Options{Timeout: -1}, "negative"},
		{access, nil, Options{Protocol: 4}, "protocol 4"},
		{cluster, slot.NewTopology(1000, []slot.Node{{Host: "h", Port: 1}}), Options{}, "slot count 1000"},
	} {
		if d, err := New(v.access, v.topology, v.options); err == nil || !strings.Contains(err.Error(), v.want) {
			t.Errorf("%+v: %v, %v, want %q", v.options, d, err, v.want)
		}
	}
}

func TestRunSaysWhatIsWrong(t *testing.T) {
	d := drive(t, targets.Access{Addrs: []string{"127.0.0.1:1"}}, nil, Options{})
	sink := &ledger{}
	good := closedLoad(2, 1, 2)
	for want, change := range map[string]func(*request.Load){
		"without streams": func(l *request.Load) { l.Streams = nil },
		"without a sink":  func(l *request.Load) { l.Sink = nil },
		"some streams":    func(l *request.Load) { l.Streams[0].Schedule = &every{} },
		"0 connections":   func(l *request.Load) { l.Connections = 0 },
		"2 streams for 3": func(l *request.Load) { l.Connections = 3 },
		"pipeline 65537":  func(l *request.Load) { l.Pipeline = targets.MaxPipeline + 1 },
		"a load's limit":  func(l *request.Load) { l.Nanos = -1 },
	} {
		load := good
		load.Sink, load.Streams = sink, slices.Clone(good.Streams)
		change(&load)
		if _, err := d.Run(t.Context(), load); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	good.Sink = sink
	if _, err := d.Run(t.Context(), good); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("after Close: %v", err)
	}
	if len(sink.ended) != 0 {
		t.Errorf("%d requests of loads that could not be begun", len(sink.ended))
	}
}

func TestHostNamesAreResolved(t *testing.T) {
	server := serveScript(t, ok)
	access := targets.Access{Addrs: []string{strings.Replace(server.addr, "127.0.0.1", "localhost", 1)}}
	sink, _ := run(t, drive(t, access, nil, Options{}), closedLoad(1, 1, 10))
	if got := sink.statuses(); !maps.Equal(got, map[request.Status]int{request.OK: 10}) {
		t.Errorf("%v", got)
	}
}

// BenchmarkLoop is a closed loop over loopback against a null responder in
// this process, which takes the larger part.
func BenchmarkLoop(b *testing.B) {
	for _, pipeline := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("P%d", pipeline), func(b *testing.B) {
			reply := makeReplies(1)
			server := serveScript(b, func(map[string]string, []string) ([]byte, bool) { return reply, false })
			d := drive(b, server.access(), nil, Options{})
			var sink countingSink
			load := request.Load{Connections: 20, Pipeline: pipeline, Sink: &sink}
			for i := range 20 {
				own := b.N / 20
				if i < b.N%20 {
					own++
				}
				load.Streams = append(load.Streams, request.Stream{Source: newCannedSource(own)})
			}
			b.ResetTimer()
			tally, err := d.Run(b.Context(), load)
			if err != nil || sink.answered != b.N || sink.failed != 0 {
				b.Fatalf("%d answered, %d failed of %d: %v", sink.answered, sink.failed, b.N, err)
			}
			b.ReportMetric(float64(tally.CPUNanos[0])/float64(b.N), "client-cpu-ns/op")
		})
	}
}
