package goredis

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"slotbench/internal/request"
	"slotbench/internal/resp"
	"slotbench/internal/slot"
	"slotbench/targets"
	"slotbench/targets/nodes"
	"slotbench/targets/redis/redistest"
)

func TestMain(m *testing.M) { redistest.Main(m) }

const patience = 60 * time.Second

func soon(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// script is a source: the i-th request is made by it from 1; nil ends it.
type script struct {
	n    uint64
	make func(i uint64) []string
}

func (s *script) Next(r *request.Request) bool {
	s.n++
	args := s.make(s.n)
	if args == nil {
		return false
	}
	r.Seq, r.Frame = s.n, resp.AppendCommand(r.Frame[:0], args...)
	r.KeyAt = len(resp.AppendBulk(resp.AppendArray(nil, len(args)), args[0]))
	r.KeyAt += len(fmt.Sprintf("$%d\r\n", len(args[1])))
	r.KeyLen = len(args[1])
	if string(r.Key()) != args[1] {
		panic("the test's frame is wrong")
	}
	r.Slot = slot.Of(r.Key())
	return true
}

// every is a schedule with the same time between two requests.
type every struct{ next, nanos int64 }

func (e *every) Next() int64 {
	due := e.next
	e.next += e.nanos
	return due
}

// book is a sink that keeps everything.
type book struct {
	mu   sync.Mutex
	seen []request.Request
}

func (b *book) Record(_ int, r *request.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seen = append(b.seen, *r)
}

func (b *book) count(status request.Status) (n int) {
	for _, r := range b.seen {
		if r.Status == status {
			n++
		}
	}
	return n
}

// checkTimes checks what holds for every outcome.
func (b *book) checkTimes(t testing.TB) {
	t.Helper()
	for _, r := range b.seen {
		if r.Ready < r.Due || r.Done < r.Ready || r.Written != 0 && (r.Written < r.Ready || r.Done < r.Written) || r.FirstByte != 0 {
			t.Fatalf("%v: due %d, ready %d, written %d, first byte %d, done %d",
				r.Status, r.Due, r.Ready, r.Written, r.FirstByte, r.Done)
		}
	}
}

func mixed(i uint64) []string {
	key := fmt.Sprintf("key:%d", i%50)
	switch i % 4 {
	case 0:
		return []string{"GET", key}
	case 1:
		return []string{"SET", key, "value"}
	case 2:
		return []string{"GET", "none" + key}
	}
	return []string{"LPUSH", key, "x"} // where there is a string, or was none before
}

func closed(connections, pipeline int, requests int64, make func(uint64) []string, b *book) request.Load {
	load := request.Load{Connections: connections, Pipeline: pipeline, Requests: requests, Sink: b}
	for range connections {
		load.Streams = append(load.Streams, request.Stream{Source: &script{make: make}})
	}
	return load
}

func driver(t testing.TB, c targets.Cluster, o Options) *Driver {
	t.Helper()
	topology, err := c.Topology(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	d, err := New(c.Access(), topology, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func TestClosedLoop(t *testing.T) {
	c := redistest.Launch(t, 1)
	d := driver(t, c, Options{})
	for _, pipeline := range []int{0, 1, 7} {
		b := &book{}
		tally, err := d.Run(soon(t), closed(5, pipeline, 1003, mixed, b))
		if err != nil || tally.Aborted != "" || tally.TargetGone || tally.Sent != 1003 {
			t.Fatalf("%+v, %v", tally, err)
		}
		b.checkTimes(t)
		misses, failures := 0, 0
		for _, r := range b.seen {
			switch {
			case r.Status == request.Miss:
				misses++
			case r.Status == request.Failed:
				failures++
				if r.Err != "WRONGTYPE" {
					t.Errorf("failed with %q", r.Err)
				}
			case r.Status != request.OK:
				t.Errorf("%v %q", r.Status, r.Err)
			case r.Err != "" || r.BytesIn == 0 || r.Redirected():
				t.Errorf("%+v", r.Outcome)
			}
			if r.Node != 0 {
				t.Errorf("node %d", r.Node)
			}
		}
		if len(b.seen) != 1003 || misses < 200 || failures < 100 {
			t.Errorf("%d requests, %d misses, %d failures", len(b.seen), misses, failures)
		}
	}
}

func TestOpenLoop(t *testing.T) {
	c := redistest.Launch(t, 1)
	d := driver(t, c, Options{})
	b := &book{}
	load := request.Load{Connections: 4, Pipeline: 1, Nanos: 400e6, Sink: b}
	for i := range 3 {
		load.Streams = append(load.Streams, request.Stream{Source: &script{make: mixed}, Schedule: &every{int64(i), 1e6}})
	}
	tally, err := d.Run(soon(t), load)
	if err != nil || len(b.seen) != 1200 || tally.Sent != 1200 || tally.End != 399e6+2 || tally.DrainEnd < tally.End {
		t.Errorf("%d requests, %+v, %v", len(b.seen), tally, err)
	}
	b.checkTimes(t)
	if ended := b.count(request.OK) + b.count(request.Miss) + b.count(request.Failed); ended != 1200 {
		t.Errorf("%d were answered", ended)
	}
}

// Slots that move show as redirects, and nothing is lost or done twice.
func TestRedirectsAreSeen(t *testing.T) {
	c := redistest.Launch(t, 3)
	ctx := soon(t)
	d := driver(t, c, Options{})
	topology, err := c.Topology(ctx)
	if err != nil {
		t.Fatal(err)
	}
	moves, err := targets.PlanMoves(topology, 40)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for tag := 0; len(keys) < 400; tag++ {
		key := fmt.Sprintf("{%d}", tag)
		if s := slot.Of([]byte(key)); s >= moves[len(moves)-1].Slot && s <= moves[0].Slot {
			for i := range 20 {
				keys = append(keys, fmt.Sprint(key, i))
			}
		}
	}
	for _, pipeline := range []int{1, 8} {
		b := &book{}
		load := closed(3, pipeline, 0, nil, b)
		for i := range load.Streams {
			random := rand.New(rand.NewPCG(uint64(i), 1))
			load.Streams[i].Source = &script{make: func(uint64) []string {
				return []string{"INCR", keys[random.IntN(len(keys))]}
			}}
		}
		running, stop := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() {
			moved, err := c.Migrate(ctx, moves, targets.Migration{Batch: 1})
			if err == nil && len(moved) != len(moves) {
				err = fmt.Errorf("%d moved", len(moved))
			}
			stop()
			ended <- err
		}()
		tally, err := d.Run(running, load)
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if err != nil || tally.Aborted != "context canceled" || tally.Sent == 0 {
			t.Errorf("%+v, %v", tally, err)
		}
		b.checkTimes(t)
		redirected := 0
		for _, r := range b.seen {
			if r.Status != request.OK || r.Node < 0 || int(r.Node) >= len(topology.Nodes) {
				t.Errorf("%v %q at node %d", r.Status, r.Err, r.Node)
			}
			if r.Moved+r.Ask > 0 {
				redirected++
			}
		}
		if redirected == 0 {
			t.Error("forty slots moved, and no redirect was seen")
		}
		t.Logf("pipeline %d: %d of %d requests were redirected", pipeline, redirected, len(b.seen))
		for i := range moves { // and back again
			moves[i].From, moves[i].To = moves[i].To, moves[i].From
		}
	}
}

func TestTargetGone(t *testing.T) {
	for _, loop := range []string{"open", "closed"} {
		t.Run(loop, func(t *testing.T) {
			c := redistest.Launch(t, 1)
			d := driver(t, c, Options{GoneAfter: 200 * time.Millisecond})
			ctx := soon(t)
			b := &book{}
			killed := make(chan error, 1)
			get := func(i uint64) []string {
				if i == 100 {
					go func() { killed <- c.Signal(ctx, 0, targets.Kill) }()
				}
				return []string{"SET", "key", "value"}
			}
			load := closed(2, 1, 0, get, b)
			if loop == "open" {
				load.Nanos = int64(patience)
				load.Streams = []request.Stream{{Source: &script{make: get}, Schedule: &every{0, 1e5}}}
			} else {
				load.Streams[1].Source = &script{make: func(uint64) []string { return []string{"GET", "key"} }}
			}
			tally, err := d.Run(ctx, load)
			if err := <-killed; err != nil {
				t.Fatal(err)
			}
			if err != nil || !tally.TargetGone || tally.Aborted == "" {
				t.Errorf("%+v, %v", tally, err)
			}
			b.checkTimes(t)
			if b.count(request.OK) < 50 || b.count(request.Failed)+b.count(request.Unknown) == 0 {
				t.Errorf("%d ok, %d failed, %d unknown", b.count(request.OK), b.count(request.Failed), b.count(request.Unknown))
			}
		})
	}
}

// A server that does not answer by the end of the drain ends the phase all the
// same, and every request that was due has its outcome.
func TestDrainGivesUp(t *testing.T) {
	c := redistest.Launch(t, 1)
	d := driver(t, c, Options{})
	ctx := soon(t)
	if _, err := d.Run(ctx, closed(3, 1, 30, mixed, &book{})); err != nil {
		t.Fatal(err)
	}
	if err := c.Signal(ctx, 0, targets.Pause); err != nil {
		t.Fatal(err)
	}
	b := &book{}
	load := request.Load{
		Connections: 3, Nanos: 300e6, DrainNanos: 1e9, Sink: b,
		Streams: []request.Stream{{Source: &script{make: mixed}, Schedule: &every{0, 1e6}}},
	}
	tally, err := d.Run(ctx, load)
	if err != nil || tally.Aborted != "" || tally.TargetGone {
		t.Errorf("%+v, %v", tally, err)
	}
	b.checkTimes(t)
	out := b.count(request.CutOff)
	if len(b.seen) != 300 || out < 1 || out > 3 || out+b.count(request.Unsent) != 300 {
		t.Errorf("%d requests: %d cut off, %d unsent", len(b.seen), out, b.count(request.Unsent))
	}
	if err := c.Signal(ctx, 0, targets.Resume); err != nil {
		t.Fatal(err)
	}
	again := &book{}
	if tally, err := d.Run(ctx, closed(2, 1, 100, mixed, again)); err != nil || tally.Sent != 100 {
		t.Errorf("after a phase that was cut off: %+v, %v", tally, err)
	}
}

func TestPasswordAndRefusals(t *testing.T) {
	node := redistest.Start(t, nodes.Options{Password: "secret"}, "--port", "--requirepass", "secret")
	access := targets.Access{Addrs: []string{node.Addr()}, Password: "secret"}
	d, err := New(access, nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	b := &book{}
	if _, err := d.Run(soon(t), closed(1, 1, 10, mixed, b)); err != nil || b.count(request.Failed) > 5 {
		t.Errorf("%d failed, %v", b.count(request.Failed), err)
	}
	ok := closed(1, 1, 1, mixed, b)
	for name, spoil := range map[string]func(*request.Load){
		"no streams":       func(l *request.Load) { l.Streams = nil },
		"no sink":          func(l *request.Load) { l.Sink = nil },
		"no connections":   func(l *request.Load) { l.Connections = 0 },
		"one each":         func(l *request.Load) { l.Connections = 2 },
		"negative":         func(l *request.Load) { l.Nanos = -1 },
		"deep pipeline":    func(l *request.Load) { l.Pipeline = targets.MaxPipeline + 1 },
		"half a schedule":  func(l *request.Load) { l.Streams = append(l.Streams, request.Stream{Schedule: &every{0, 1}}) },
		"frame is no RESP": func(l *request.Load) { l.Streams[0].Source = broken{} },
	} {
		load := ok
		load.Streams = append([]request.Stream(nil), ok.Streams...)
		spoil(&load)
		if _, err := d.Run(soon(t), load); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if _, err := d.Run(soon(t), ok); err == nil {
		t.Error("a closed driver ran")
	}
	if _, err := New(targets.Access{}, nil, Options{}); err == nil {
		t.Error("a driver without an address")
	}
}

// broken makes requests whose frames are cut short.
type broken struct{}

func (broken) Next(r *request.Request) bool {
	r.Frame, r.KeyAt, r.KeyLen = append(r.Frame[:0], "*2\r\n$3\r\nGET\r\n$1\r\n"...), 17, 0
	return true
}
