package wire

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"slotbench/internal/request"
	"slotbench/internal/slot"
	"slotbench/targets"
)

// Driver sends loads over its own loops, one a worker.
type Driver struct {
	options Options
	target  target
	book    *book
	loops   []engine
	running sync.Mutex
	closed  bool // under running
}

var _ request.Driver = (*Driver)(nil)

// New makes a driver for a target whose topology is known; a nil topology, or
// an access that is not a cluster's, is a server alone. It connects to nothing
// yet: a connection is opened when its first request needs it.
//
// Close ends its connections and descriptors.
func New(access targets.Access, topology *slot.Topology, o Options) (*Driver, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("wire: %w", err)
	}
	t, err := checkTarget(access, topology, o)
	if err != nil {
		return nil, err
	}
	d := &Driver{options: o.withDefaults(), target: t, book: newBook(t.addrs)}
	for i := range d.options.Threads {
		l, err := newEngine(newCore(i, t, d.options, d.book), t, o)
		if err != nil {
			return nil, errors.Join(err, d.Close())
		}
		d.loops = append(d.loops, l)
	}
	return d, nil
}

// Workers is how many workers record outcomes.
func (d *Driver) Workers() int { return d.options.Threads }

// Nodes is the addresses of the nodes by request.Outcome.Node: the target's
// own in the order of the topology, then those that redirects named.
func (d *Driver) Nodes() []string { return d.book.addrs() }

// Close ends the connections. It waits for a phase that still runs.
func (d *Driver) Close() error {
	d.running.Lock()
	defer d.running.Unlock()
	if d.closed {
		return nil
	}
	d.closed = true
	for _, l := range d.loops {
		l.close()
	}
	d.book.close()
	return nil
}

// Run sends one phase. Times in outcomes and in the tally count from the
// phase's own beginning, so Tally.Origin is 0.
//
// Stream i is hosted by worker i mod N, where N is the number of workers or of
// connections, whichever is less. A limit of requests is shared out evenly
// over the streams, so that every number of workers sends the same requests.
// In the closed loop stream i is client i. A load's DrainNanos of 0 means
// targets.DefaultDrain, below 0 not to wait.
//
// A phase that ctx ends issues nothing more, drains what was written, and is
// otherwise whole.
func (d *Driver) Run(ctx context.Context, load request.Load) (request.Tally, error) {
	d.running.Lock()
	defer d.running.Unlock()
	if d.closed {
		return request.Tally{}, errors.New("wire: the driver is closed")
	}
	if err := d.check(load); err != nil {
		return request.Tally{}, err
	}
	phases := share(load, min(len(d.loops), load.Connections))
	all := &shared{loops: d.loops[:len(phases)], gone: make([]atomic.Bool, len(phases))}
	tally := request.Tally{
		BusyShare: make([]float64, len(d.loops)),
		CPUNanos:  make([]int64, len(d.loops)),
		Spinning:  d.options.Spin,
	}
	raw := runtime.GOMAXPROCS(0) > len(phases)
	start := time.Now()
	if load.Began != nil {
		load.Began(start)
	}
	var wait sync.WaitGroup
	faults := make([]error, len(phases))
	for i, p := range phases {
		l := d.loops[i]
		l.starts(start, raw)
		wait.Go(func() { faults[i] = d.host(i, p, all, &tally) })
	}
	told := make(chan struct{})
	unhook := context.AfterFunc(ctx, func() {
		all.end(&ending{text: context.Cause(ctx).Error()})
		close(told)
	})
	wait.Wait()
	if !unhook() {
		<-told
	}
	d.sum(&tally, len(phases), all)
	if !tellsCPU || d.target.portable(d.options) {
		tally.CPUNanos = nil // goroutines of others did a part of the work
	}
	err := errors.Join(faults...)
	if err != nil {
		tally.Aborted = err.Error()
	}
	return tally, err
}

// host runs one worker's phase on a thread of its own. The thread ends with
// the goroutine, since its affinity is nobody else's.
func (d *Driver) host(i int, p phase, all *shared, tally *request.Tally) error {
	runtime.LockOSThread()
	if cpus := d.options.CPUs; len(cpus) > 0 {
		if err := pin(cpus[i%len(cpus)]); err != nil {
			err = fmt.Errorf("wire: worker %d: pinning to CPU %d: %w", i, cpus[i%len(cpus)], err)
			all.end(&ending{text: err.Error(), abort: true})
			return err
		}
	}
	l := d.loops[i]
	before, cpu := l.now(), threadCPU()
	l.run(p, all)
	tally.CPUNanos[i] = threadCPU() - cpu
	if took := l.now() - before; took > 0 {
		tally.BusyShare[i] = max(0, 1-float64(l.idled())/float64(took))
	}
	all.leave(i)
	return nil
}

func (d *Driver) sum(tally *request.Tally, workers int, all *shared) {
	for _, l := range d.loops[:workers] {
		c := l.state()
		tally.Sent += c.sent
		if c.phase.closed {
			tally.End = max(tally.End, c.lastReady)
		} else {
			tally.End = max(tally.End, c.lastDue)
		}
		tally.DrainEnd = max(tally.DrainEnd, c.lastDone)
		if tally.Aborted == "" {
			tally.Aborted = c.aborted
		}
	}
	tally.TargetGone = all.targetGone.Load()
}

// check says what is wrong with a load.
func (d *Driver) check(load request.Load) error {
	open := 0
	for _, s := range load.Streams {
		if s.Schedule != nil {
			open++
		}
	}
	switch {
	case len(load.Streams) == 0:
		return errors.New("wire: a load without streams")
	case load.Sink == nil:
		return errors.New("wire: a load without a sink")
	case open != 0 && open != len(load.Streams):
		return errors.New("wire: some streams have a schedule and some have none")
	case load.Connections <= 0:
		return fmt.Errorf("wire: %d connections: must be at least 1", load.Connections)
	case open == 0 && len(load.Streams) != load.Connections:
		return fmt.Errorf("wire: closed loop: %d streams for %d connections: must be one each", len(load.Streams), load.Connections)
	case load.Pipeline < 0 || load.Pipeline > targets.MaxPipeline:
		return fmt.Errorf("wire: pipeline %d: must be 1 to %d", load.Pipeline, targets.MaxPipeline)
	case load.Requests < 0 || load.Nanos < 0:
		return errors.New("wire: a load's limit is negative")
	case load.Slots != 0 && d.target.topology != nil && load.Slots != int(d.target.topology.Count()):
		return fmt.Errorf("wire: a load for %d slots on a target of %d", load.Slots, d.target.topology.Count())
	}
	return nil
}
