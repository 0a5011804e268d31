package driver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"slotbench/internal/request"
	"slotbench/internal/resp"
	"slotbench/internal/slot"
	"slotbench/targets"
	"slotbench/workloads"
)

// fakeCluster is a cluster in memory, on the clock of the test.
type fakeCluster struct {
	mu        sync.Mutex
	topology  *slot.Topology
	data      []map[string]string // by node
	launched  bool
	moveTook  time.Duration // of one slot
	startTook time.Duration
	dead      map[int]bool
	log       []string // what was asked of it

	failsOver    bool
	lose, double string // keys that the migration loses, or leaves behind
	migrateErr   error  // of every migration after the first slot
	statsErr     error  // from when it is set
}

func newFakeCluster(nodes int, launched bool) *fakeCluster {
	c := &fakeCluster{launched: launched, moveTook: 2 * time.Millisecond, startTook: time.Millisecond, dead: map[int]bool{}}
	var list []slot.Node
	for i := range nodes {
		list = append(list, slot.Node{ID: fmt.Sprint(i), Host: "127.0.0.1", Port: 7000 + i})
		c.data = append(c.data, map[string]string{})
	}
	c.topology = slot.Even(slot.DefaultCount, list)
	return c
}

func (c *fakeCluster) note(format string, args ...any) {
	c.log = append(c.log, fmt.Sprintf(format, args...))
}

func (c *fakeCluster) keys() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	total := 0
	for _, held := range c.data {
		total += len(held)
	}
	return total
}

func (c *fakeCluster) Describe(context.Context) (targets.Description, error) {
	mode := modeCluster
	if len(c.data) == 1 {
		mode = "standalone"
	}
	return targets.Description{
		Product: "fake", Version: "1", Mode: mode, Launched: c.launched, Settings: map[string]string{replicaSetting: "yes"},
		Can: targets.Abilities{
			Migrate: len(c.data) > 1, Strategies: []targets.Strategy{targets.KeyByKey},
			Signal: c.launched, Resize: c.launched, Failover: c.failsOver,
		},
	}, nil
}

func (c *fakeCluster) Topology(context.Context) (*slot.Topology, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.topology.Clone(), nil
}

func (c *fakeCluster) Stats(context.Context) ([]targets.NodeStats, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.note("stats")
	stats, err := make([]targets.NodeStats, len(c.data)), c.statsErr
	for i, held := range c.data {
		if c.statsErr != nil && i == 0 || c.dead[i] {
			err = errors.Join(c.statsErr, err, errDead)
			continue
		}
		stats[i] = targets.NodeStats{Addr: c.topology.Nodes[i].Addr(), Keys: int64(len(held))}
	}
	return stats, err
}

func (c *fakeCluster) SlotStats(context.Context) ([][]targets.SlotStats, error) {
	return nil, targets.ErrUnsupported
}

func (c *fakeCluster) CountKeys(_ context.Context, node int, slots []slot.Slot) ([]int64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	counts := make([]int64, len(slots))
	for key := range c.data[node] {
		if i := slices.Index(slots, slot.Of([]byte(key))); i >= 0 {
			counts[i]++
		}
	}
	return counts, nil
}

func (c *fakeCluster) KeysInSlot(_ context.Context, node int, s slot.Slot, limit int) ([]string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var keys []string
	for key := range c.data[node] {
		if slot.Of([]byte(key)) == s && len(keys) < limit {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

func (c *fakeCluster) Migrate(ctx context.Context, moves []targets.Move, _ targets.Migration) ([]targets.Moved, error) {
	c.mu.Lock()
	c.note("migrate %d slots to node %d", len(moves), moves[0].To)
	c.mu.Unlock()
	var moved []targets.Moved
	for _, move := range moves {
		if ctx.Err() != nil {
			return moved, ctx.Err()
		}
		if c.migrateErr != nil && len(moved) > 0 {
			return moved, c.migrateErr
		}
		started := time.Now()
		time.Sleep(c.moveTook)
		moved = append(moved, targets.Moved{Move: move, Keys: c.moveSlot(move), Bytes: 10, Started: started, Took: time.Since(started)})
	}
	return moved, nil
}

// moveSlot moves a slot's keys at one moment.
func (c *fakeCluster) moveSlot(move targets.Move) (keys int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, value := range c.data[move.From] {
		if slot.Of([]byte(key)) != move.Slot {
			continue
		}
		keys++
		if key != c.lose {
			c.data[move.To][key] = value
		}
		if key != c.double {
			delete(c.data[move.From], key)
		}
	}
	c.topology.SetOwner(move.Slot, move.To)
	return keys
}

func (c *fakeCluster) Access() targets.Access      { return targets.Access{} }
func (c *fakeCluster) Close(context.Context) error { return nil }

// Get makes the cluster its own reader.
func (c *fakeCluster) Get(_ context.Context, node int, keys []string) ([]Value, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	values := make([]Value, len(keys))
	for i, key := range keys {
		if value, ok := c.data[node][key]; ok {
			values[i] = Value{Bytes: []byte(value), Present: true}
		}
	}
	return values, nil
}

// fakeDriver carries a load out on a fakeCluster: one worker, every request
// takes service, one at a time for each connection in a closed loop.
type fakeDriver struct {
	cluster *fakeCluster
	service time.Duration
	fail    func(r *request.Request) string // an error for the request, "" without
	begins  func(load request.Load)         // a phase begins
	closed  *int
}

func (d *fakeDriver) Workers() int { return 1 }
func (d *fakeDriver) Close() error { *d.closed++; return nil }

// serve applies a request.
func (d *fakeDriver) serve(r *request.Request) {
	c := d.cluster
	c.mu.Lock()
	defer c.mu.Unlock()
	r.Status, r.Node, r.Err = request.OK, int16(c.topology.Owner(r.Slot)), ""
	if c.dead[int(r.Node)] {
		r.Status, r.Err, r.Node = request.Failed, targets.ClassRefused, -1
		return
	}
	if d.fail != nil {
		if word := d.fail(r); word != "" {
			r.Status, r.Err = request.Failed, word
			return
		}
	}
	var reader resp.CommandReader
	words, _, err := reader.Next(r.Frame, nil)
	if err != nil {
		panic(err)
	}
	held := c.data[r.Node]
	key := string(words[1])
	switch string(bytes.ToUpper(words[0])) {
	case "SET":
		held[key] = string(words[2])
	case "GET":
		if _, ok := held[key]; !ok {
			r.Status = request.Miss
		}
	case "DEL":
		delete(held, key)
	default:
		panic("the fake does not know " + string(words[0]))
	}
}

func (d *fakeDriver) Run(ctx context.Context, load request.Load) (request.Tally, error) {
	if d.begins != nil {
		d.begins(load)
	}
	d.cluster.mu.Lock()
	d.cluster.note("load of %d streams", len(load.Streams))
	d.cluster.mu.Unlock()
	f := &fakePhase{fakeDriver: d, ctx: ctx, load: load, start: time.Now(), tally: request.Tally{BusyShare: []float64{0.1}}}
	if load.Streams[0].Schedule == nil {
		f.closedLoop()
	} else {
		f.openLoop()
	}
	if ctx.Err() != nil {
		f.tally.Aborted = context.Cause(ctx).Error()
	}
	f.tally.DrainEnd = f.now()
	return f.tally, nil
}

type fakePhase struct {
	*fakeDriver
	ctx   context.Context
	load  request.Load
	start time.Time
	tally request.Tally
}

func (f *fakePhase) now() int64 { return int64(time.Since(f.start)) + 1 }

func (f *fakePhase) over(at int64) bool {
	return f.ctx.Err() != nil || f.load.Nanos > 0 && at >= f.load.Nanos ||
		f.load.Requests > 0 && f.tally.Sent >= f.load.Requests
}

func (f *fakePhase) finish(r *request.Request, due int64) {
	r.Due, r.Ready, r.Written = due, due, max(due, f.now())
	time.Sleep(f.service)
	f.serve(r)
	r.FirstByte, r.Done = f.now(), f.now()
	f.tally.Sent++
	f.tally.End = due
	f.load.Sink.Record(0, r)
}

func (f *fakePhase) closedLoop() {
	var r request.Request
	for live := slices.Clone(f.load.Streams); len(live) > 0 && !f.over(f.now()); {
		for i := 0; i < len(live) && !f.over(f.now()); i++ {
			if !live[i].Source.Next(&r) {
				live = slices.Delete(live, i, i+1)
				continue
			}
			f.finish(&r, f.now())
		}
	}
}

func (f *fakePhase) openLoop() {
	due := make([]int64, len(f.load.Streams))
	for i, s := range f.load.Streams {
		due[i] = s.Schedule.Next()
	}
	var r request.Request
	for {
		i := slices.Index(due, slices.Min(due))
		if f.over(due[i]) || due[i] == math.MaxInt64 {
			return
		}
		timer := time.NewTimer(time.Duration(due[i] - f.now()))
		select {
		case <-f.ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		if !f.load.Streams[i].Source.Next(&r) {
			due[i] = math.MaxInt64 // it has ended
			continue
		}
		if len(r.Frame) == 0 { // nothing yet
			due[i] = f.load.Streams[i].Schedule.Next()
			continue
		}
		f.finish(&r, due[i])
		due[i] = f.load.Streams[i].Schedule.Next()
	}
}

// fakePlan is a short run on a fake cluster.
func fakePlan(t *testing.T, c *fakeCluster) (*Plan, *fakeDriver) {
	t.Helper()
	spec, err := workloads.Load("mixed")
	if err != nil {
		t.Fatal(err)
	}
	config := DefaultConfig(1)
	config.Connections, config.Probe, config.Warmup, config.Duration = 4, time.Second/4, time.Second/4, 2*time.Second
	config.Migrate, config.Seed, config.Drain = 60, 1, time.Second
	prefix := ""
	if !c.launched {
		prefix = "slotbench:test:"
	}
	workload, err := spec.Compile(workloads.Options{Seed: 1, Keys: 2000, Prefix: prefix, Streams: config.Streams()})
	if err != nil {
		t.Fatal(err)
	}
	closed := 0
	d := &fakeDriver{cluster: c, service: 200 * time.Microsecond, closed: &closed}
	opened := 0
	t.Cleanup(func() {
		if opened != closed {
			t.Errorf("%d drivers opened, %d closed", opened, closed)
		}
	})
	return &Plan{
		Config: config, Name: "test", Target: "fake", Driver: "fake", Prefix: prefix, Workload: workload, Cluster: c,
		NewDriver: func(*slot.Topology, Role) (request.Driver, error) {
			opened++
			return d, nil
		},
		NewValues: func(*slot.Topology) (Values, error) { return fakeValues{c}, nil },
		Debts:     &Debts{},
	}, d
}

type fakeValues struct{ *fakeCluster }

func (fakeValues) Close() error { return nil }

var (
	errPlanned = errors.New("planned")
	errDead    = errors.New("the node is dead")
)
