package driver

import (
	"context"
	"errors"
	"fmt"
	"time"

	"slotbench/internal/request"
	"slotbench/results"
	"slotbench/targets"
	"slotbench/workloads"
)

// snapshot is what the nodes and the machine told at one moment.
type snapshot struct {
	nodes []targets.NodeStats
	slots [][]targets.SlotStats // nil: the target keeps no such accounts
	host  hostUsage
}

// snapshot asks the nodes, and looks at the machine last or first, so that the
// asking is not part of what is measured.
func (e *engine) snapshot(ctx context.Context, hostFirst bool) (snapshot, error) {
	var s snapshot
	var err error
	if hostFirst {
		s.host = readHostUsage()
	}
	if s.nodes, err = e.Cluster.Stats(ctx); err != nil {
		return s, err
	}
	if e.about.Can.SlotStats {
		if s.slots, err = e.Cluster.SlotStats(ctx); err != nil && !errors.Is(err, targets.ErrUnsupported) {
			return s, err
		}
	}
	if !hostFirst {
		s.host = readHostUsage()
	}
	return s, nil
}

// measurement is everything that the measured phase gave.
type measurement struct {
	recorder      *results.Recorder
	tally         request.Tally
	result        results.Result
	before, after snapshot
	afterErr      error   // some node did not answer any more
	keys          []int64 // by slot at the end; nil: not known
	keeping       string  // whose account that is
	steering      *steering
	census        *workloads.Census
	traceErr      error // the trace could not be read to its end
	standby       []targets.NodeStats
}

// measure sends the measured load, migrates in its midst, and fills the
// record.
func (e *engine) measure(ctx context.Context) error {
	m := &measurement{}
	e.freshDeliveries(ctx)
	var err error
	if m.before, err = e.snapshot(ctx, false); err != nil {
		return fmt.Errorf("before the measurement: %w", err)
	}
	m.standby = e.standby(ctx)
	var sampled request.Sink
	if e.Trace == nil { // a trace asks for nothing that could be held against it
		m.census = e.Workload.NewCensus(e.driver.Workers(), results.DefaultTagsOneIn)
		sampled = m.census
	}
	m.recorder = e.newRecorder(sampled)
	load := e.load(0)
	load.Requests, load.Nanos = e.Requests, int64(e.Duration)
	clock := newClock(e.driver.Workers())
	if m.steering, err = e.newSteering(m.recorder, clock); err != nil {
		return err
	}
	defer m.steering.close()
	e.watch.enter(phaseMeasure, e.Duration, e.Requests, liveOf(m.recorder, e.rate))
	follow := func(*steering) {}
	if e.UntilEvents {
		follow = endWithEvents(&load)
	}
	m.steering.start(ctx)
	e.setSteering(m.steering)
	follow(m.steering)
	e.rec.Measured = time.Now()
	sink := sinks{m.recorder}
	if len(e.steps) > 0 || e.attached() { // only events and outages ask for the time
		sink = append(sink, clock)
	}
	m.tally, err = e.sendMeasured(ctx, m, load, sink)
	m.after.host = readHostUsage()
	e.setSteering(nil)
	m.steering.finish()
	e.awaitDeliveries(ctx)
	if err != nil {
		return fmt.Errorf("measurement: %w", err)
	}
	e.closeMeasurement(ctx, m)
	if e.UntilEvents {
		e.rec.Config.DurationSeconds = float64(m.tally.End-m.tally.Origin) / 1e9
	}
	switch {
	case m.tally.TargetGone:
		return fmt.Errorf("the target is gone: %s", m.tally.Aborted)
	case m.traceErr != nil:
		return m.traceErr
	case m.afterErr != nil && !e.anyDown():
		return fmt.Errorf("after the measurement: %w", m.afterErr)
	}
	return nil
}

// closeMeasurement asks the nodes once more and fills the record. What a node
// that is gone would have told stays unknown.
func (e *engine) closeMeasurement(ctx context.Context, m *measurement) {
	asking, cancel := beyond(ctx, statsTimeout)
	defer cancel()
	// The topology comes first: it makes the cluster know nodes that were
	// promoted meanwhile, so that they are asked too.
	if topology, err := e.Cluster.Topology(asking); err == nil {
		e.addNodes(topology)
	}
	host := m.after.host
	m.after, m.afterErr = e.snapshot(asking, false)
	m.after.host = host
	if m.afterErr != nil && !e.anyDown() { // what is away cannot answer
		e.warn("after the measurement: %v", m.afterErr)
	}
	if m.afterErr == nil {
		m.keys, m.keeping = e.keysBySlot(asking, m.after.slots)
	}
	m.result = m.recorder.Result(m.tally, e.rate)
	e.nameOps(m.result.Operations)
	e.fill(m)
	e.noteSwitches(time.Now())
	e.fillDeliveries(asking)
}

// newRecorder is a recorder of one phase; sampled is given what it looks at
// closely.
func (e *engine) newRecorder(sampled request.Sink) *results.Recorder {
	names := e.opNames()
	return results.NewRecorder(results.RecorderOptions{
		Workers:       e.driver.Workers(),
		Ops:           names,
		Nodes:         len(e.topology.Nodes),
		Slots:         e.topology.Count(),
		Interval:      e.Interval,
		Windows:       len(e.steps),
		Closed:        e.Closed(),
		HideRedirects: e.HidesRedirects,
		Sampled:       sampled,
	})
}
