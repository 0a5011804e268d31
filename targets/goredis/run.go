package goredis

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"slotbench/internal/request"
	"slotbench/targets"
)

// run is one phase.
type run struct {
	driver *Driver
	client client
	load   request.Load
	feed   *feed // nil: closed loop
	start  time.Time

	cut    context.CancelFunc // of the context of all calls to go-redis
	wasCut atomic.Bool
	failed chan struct{} // one entry: an attempt failed for want of a connection

	ending sync.Once
	stop   chan struct{} // closed when nothing more is to be issued
	// Written before stop is closed, and read after it is or after the phase:
	endAt int64  // when that was; 0: it was not closed
	why   string // the phase ended early, and this is why
	gone  bool   // no node could be reached

	sent     atomic.Int64
	lastDue  atomic.Int64
	lastDone atomic.Int64
}

// Run sends one phase. Times in outcomes and in the tally count from the
// phase's own beginning, so Tally.Origin is 0. In the closed loop stream i is
// client i. A load's DrainNanos of 0 means targets.DefaultDrain, below 0 not to wait.
// A phase without Nanos drains from when its last request was taken by a
// client.
func (d *Driver) Run(ctx context.Context, load request.Load) (request.Tally, error) {
	d.running.Lock()
	defer d.running.Unlock()
	if d.closed {
		return request.Tally{}, errors.New("go-redis: the driver is closed")
	}
	if err := d.check(load); err != nil {
		return request.Tally{}, err
	}
	d.open(load.Connections)
	load.Pipeline = max(load.Pipeline, 1)
	r := &run{
		driver: d, client: d.client, load: load, start: time.Now(),
		stop: make(chan struct{}), failed: make(chan struct{}, 1),
	}
	if load.Began != nil {
		load.Began(r.start)
	}
	if load.Streams[0].Schedule != nil {
		r.feed = newFeed(load)
	}
	faults := r.host(ctx)
	if r.wasCut.Load() {
		d.client = nil // it was closed
	}
	return request.Tally{
		End: r.lastDue.Load(), DrainEnd: r.lastDone.Load(), Sent: r.sent.Load(),
		Aborted: r.why, TargetGone: r.gone,
	}, faults
}

// host runs the logical clients, and what watches over them, to their end. A
// call to go-redis is not ended by ctx, but when the phase is cut off.
func (r *run) host(ctx context.Context) error {
	var calls context.Context
	calls, r.cut = context.WithCancel(context.WithoutCancel(ctx))
	defer r.cut()
	watch, over := context.WithCancel(context.WithoutCancel(ctx))
	defer over()
	var clients, watchers sync.WaitGroup
	faults := make([]error, r.load.Connections)
	streams := shares(r.load)
	for i := range r.load.Connections {
		c := newLogical(r, i)
		clients.Go(func() {
			if r.feed != nil {
				faults[i] = c.openLoop(calls)
			} else {
				faults[i] = c.closedLoop(calls, &streams[i])
			}
		})
	}
	watchers.Go(func() { r.watchTime(ctx, watch) })
	watchers.Go(func() { r.watchTarget(watch) })
	clients.Wait()
	over()
	watchers.Wait()
	if r.feed != nil {
		r.giveUpOverdue()
	}
	return errors.Join(faults...)
}

// giveUpOverdue records what was due before the end and that no client took.
func (r *run) giveUpOverdue() {
	var q request.Request
	now := r.now()
	for r.feed.overdue(&q, r.endAt) {
		q.Outcome = request.Outcome{Status: request.Unsent, Node: -1, Ready: q.Due, Done: now}
		r.record(0, &q)
	}
}

func (r *run) now() int64 { return int64(time.Since(r.start)) }

// end stops the issuing, with the cause if it is early. The first call counts.
func (r *run) end(why string, gone bool) {
	r.ending.Do(func() {
		r.why, r.gone, r.endAt = why, gone, r.now()
		close(r.stop)
	})
}

// cutOff gives up all answers that are still out. The connections are closed,
// since go-redis waits for an answer whatever becomes of the context.
func (r *run) cutOff() {
	r.wasCut.Store(true)
	r.cut()
	_ = r.client.Close() // they owe answers that nobody will read
}

// watchTime ends the phase when its time is over or ctx ends, and cuts it off
// when the drain is over. It ends with watch.
func (r *run) watchTime(ctx, watch context.Context) {
	var timeUp <-chan time.Time
	if r.load.Nanos > 0 {
		timer := time.NewTimer(time.Duration(r.load.Nanos - r.now()))
		defer timer.Stop()
		timeUp = timer.C
	}
	select {
	case <-watch.Done():
		return
	case <-timeUp: // clients find out by themselves; what is overdue goes on
	case <-ctx.Done():
		r.end(context.Cause(ctx).Error(), false)
	case <-r.stop:
	}
	drain := time.Duration(r.load.DrainNanos)
	if drain == 0 {
		drain = targets.DefaultDrain
	}
	select {
	case <-watch.Done():
	case <-time.After(max(drain, 0)):
		r.end("", false)
		r.cutOff()
	}
}

// watchTarget looks, once an attempt has failed, whether any node can be
// reached, and cuts the phase off when none could for GoneAfter. It ends with watch.
func (r *run) watchTarget(watch context.Context) {
	for {
		select {
		case <-watch.Done():
			return
		case <-r.failed:
		}
		lost := time.Now()
		for {
			err := r.reach(watch)
			if err == nil {
				break
			}
			if time.Since(lost) >= r.driver.options.GoneAfter {
				r.end(fmt.Sprintf("no node answers: %v", err), true)
				r.cutOff()
				return
			}
			select {
			case <-watch.Done():
				return
			case <-time.After(watchInterval):
			}
		}
	}
}

// reach opens a connection to any node; the error is the last node's.
func (r *run) reach(ctx context.Context) (err error) {
	dialer := net.Dialer{Timeout: r.driver.options.ConnectTimeout}
	for _, addr := range r.driver.Nodes() {
		var conn net.Conn
		conn, err = dialer.DialContext(ctx, "tcp", addr)
		if err == nil {
			return conn.Close()
		}
	}
	return err
}

// record hands an ended request to the sink. Logical clients share workers.
func (r *run) record(client int, q *request.Request) {
	if q.Written != 0 {
		r.sent.Add(1)
	}
	atLeast(&r.lastDue, q.Due)
	atLeast(&r.lastDone, q.Done)
	worker := client % len(r.driver.recorder)
	recorder := &r.driver.recorder[worker]
	recorder.Lock()
	defer recorder.Unlock()
	r.load.Sink.Record(worker, q)
}

func atLeast(a *atomic.Int64, n int64) {
	for {
		old := a.Load()
		if old >= n || a.CompareAndSwap(old, n) {
			return
		}
	}
}

// check says what is wrong with a load.
func (d *Driver) check(load request.Load) error {
	scheduled := 0
	for _, s := range load.Streams {
		if s.Schedule != nil {
			scheduled++
		}
	}
	switch {
	case len(load.Streams) == 0:
		return errors.New("go-redis: a load without streams")
	case load.Sink == nil:
		return errors.New("go-redis: a load without a sink")
	case scheduled != 0 && scheduled != len(load.Streams):
		return errors.New("go-redis: some streams have a schedule and some have none")
	case load.Connections <= 0 || load.Connections > MaxConnections:
		return fmt.Errorf("go-redis: %d connections: must be 1 to %d", load.Connections, MaxConnections)
	case scheduled == 0 && len(load.Streams) != load.Connections:
		return fmt.Errorf("go-redis: closed loop: %d streams for %d connections: must be one each", len(load.Streams), load.Connections)
	case load.Pipeline < 0 || load.Pipeline > targets.MaxPipeline:
		return fmt.Errorf("go-redis: pipeline %d: must be 1 to %d", load.Pipeline, targets.MaxPipeline)
	case load.Requests < 0 || load.Nanos < 0:
		return errors.New("go-redis: a load's limit is negative")
	}
	return nil
}
