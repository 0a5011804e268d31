package driver

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"slotbench/internal/request"
	"slotbench/internal/slot"
	"slotbench/results"
	"slotbench/targets"
	"slotbench/targets/receive"
)

// The limits of what surrounds a measurement.
const (
	statsTimeout   = 10 * time.Second // of asking the nodes for their accounts
	settleLimit    = 5 * time.Second  // for the nodes to agree after a migration
	verifyTimeout  = 60 * time.Second // of reading the migrated slots back
	restoreTimeout = 60 * time.Second // of putting back what was changed
)

// engine is a run under way.
type engine struct {
	Plan
	rec      *results.Record
	about    targets.Description
	topology *slot.Topology // as it was before the run
	steps    []*step
	watched  []slot.Slot // that the ledger follows
	guard    *nodeGuard
	driver   request.Driver
	ledger   *ledger
	extent   *extent // nil: the workload inserts nothing
	watch    watch
	// Who receives what the load sends; nil: nobody.
	receivers  *receive.Receivers
	deliveries *results.Deliveries
	received   []receive.Counts    // of the receivers, before the measurement
	rate       float64             // of the measurement; 0: closed loop
	before     []targets.NodeStats // before anything was sent
	present    int64               // keys that were there then

	// What is owed to a target that is not ours; nil: nothing is.
	keysPaid   func()
	slotsPaid  []func()
	kept       map[slot.Slot]int // where events moved slots to stay
	commands   []owedCommand
	failedOver []owedFailover

	disturbed     atomic.Bool // an event may have changed owners behind the plan
	downMu        sync.Mutex
	down, wasDown map[int]bool // nodes that are, or were, away
	outages       []*step      // of nodes that no event took away
	steering      *steering    // of the measurement; nil: it is not under way
}

// Run carries out a plan. An error means that nothing was begun, Refused that
// the plan is at fault. What goes wrong later is in the record, which is then
// marked as partial: when ctx ends, the run drains, puts back what it changed
// and records what it measured so far.
func Run(ctx context.Context, plan Plan) (*results.Record, error) {
	if err := plan.Validate(); err != nil {
		return nil, err
	}
	e := &engine{Plan: plan, rate: max(0, plan.Rate)}
	if e.Debts == nil {
		e.Debts = &Debts{}
	}
	started := time.Now()
	stopWatching := e.watch.start(plan.Watch)
	defer stopWatching()
	e.watch.enter(phaseCheck, 0, 0, nil)
	if err := e.prepare(ctx); err != nil {
		return nil, err
	}
	defer e.driver.Close()
	if e.Trace != nil {
		defer e.Trace.Stop()
	}
	err := e.guarded(ctx)
	e.stopListening()
	e.restore(ctx)
	e.noteOutages(time.Now())
	e.finish(ctx, started, err)
	return e.rec, nil
}

// prepare asks the target what it is, plans the migration, and refuses what
// cannot be done.
func (e *engine) prepare(ctx context.Context) error {
	var err error
	if e.about, err = e.Cluster.Describe(ctx); err != nil {
		return fmt.Errorf("target %s: %w", e.Target, err)
	}
	if e.topology, err = e.Cluster.Topology(ctx); err != nil {
		return fmt.Errorf("target %s: %w", e.Target, err)
	}
	for _, plans := range []func() error{e.planEvents, e.checkReceivers} {
		if err := plans(); err != nil {
			return err
		}
	}
	e.rec = e.newRecord()
	e.checkTakeovers()
	if err := e.preflight(ctx); err != nil {
		return err
	}
	if e.Ready != nil {
		if err := e.Ready(ctx, e.topology); err != nil {
			return err
		}
	}
	if e.driver, err = e.NewDriver(e.topology, RoleLoad); err != nil {
		return fmt.Errorf("driver %s: %w", e.Plan.Driver, err)
	}
	workers := e.driver.Workers()
	e.ledger = newLedger(e.watched, workers)
	if inserts(e.Workload) && e.cleansUp() {
		e.extent = newExtent(workers)
	}
	return nil
}

// attached says whether the target is somebody else's.
func (e *engine) attached() bool { return !e.about.Launched }

// cleansUp says whether the run takes its keys away at its end.
func (e *engine) cleansUp() bool { return e.attached() && !e.Keep }

// guarded runs the phases, and ends them when a node's process ends for good.
func (e *engine) guarded(ctx context.Context) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	e.guard = newNodeGuard(e.before, nil)
	switch {
	case e.Cluster.Access().Primary != nil:
		e.guard = newNodeGuard(nil, nil) // another server may take the place of one that ends
	case e.attached():
		e.guard = newNodeGuard(e.before, e.returning(ctx))
	}
	defer e.guard.watch(func(gone error) { end(gone) })()
	return e.phases(ctx)
}

// phases runs one phase after the other until one fails.
func (e *engine) phases(ctx context.Context) error {
	for _, phase := range []func(context.Context) error{
		e.preload, e.listen, e.probe, e.warmUp, e.measure, e.verify,
	} {
		err := phase(ctx)
		if ctx.Err() != nil { // whatever failed did so because of it
			return context.Cause(ctx)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// finish judges the record.
func (e *engine) finish(ctx context.Context, started time.Time, err error) {
	if err == nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		e.rec.Partial = err.Error()
	}
	e.rec.Started = started
	e.rec.Seconds = time.Since(started).Seconds()
	e.applyCalibration()
	assess(e.rec)
	e.rec.Verdict = Judge(e.rec)
}

// note adds something that a reader should know.
func (e *engine) note(format string, args ...any) { e.check(results.LevelNote, format, args...) }

// warn adds something that casts doubt on a number.
func (e *engine) warn(format string, args ...any) { e.check(results.LevelWarning, format, args...) }

func (e *engine) check(level, format string, args ...any) {
	e.rec.Checks = append(e.rec.Checks, results.Check{Level: level, Text: fmt.Sprintf(format, args...)})
}

// beyond is a context for what must be done also when the run was interrupted.
func beyond(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), limit)
}
