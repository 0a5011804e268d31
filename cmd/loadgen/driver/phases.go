package driver

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"slotbench/internal/request"
	"slotbench/results"
	"slotbench/workloads"
)

// The preload's shape: enough in flight to fill a server's loop, few enough
// connections to open at once.
const (
	preloadConnections = 16
	preloadPipeline    = 32
)

// preload writes every key once and counts what the nodes then hold.
func (e *engine) preload(ctx context.Context) error {
	spec := e.Workload.Spec()
	if spec.StartEmpty {
		return nil
	}
	streams := make([]request.Stream, min(preloadConnections, e.Workload.Keys()))
	rate := e.preloadRate()
	for i := range streams {
		streams[i].Source = e.Workload.Preload(i, len(streams))
		if rate > 0 {
			streams[i].Schedule = e.Workload.Schedule(workloads.Constant, i, len(streams), rate)
		}
	}
	phase, err := e.unmeasured(ctx, phasePreload, e.Workload.Preloaded(), request.Load{
		Streams: streams, Connections: len(streams), Pipeline: preloadPipeline,
	})
	e.rec.Preload = phase
	if err != nil || ctx.Err() != nil {
		return err
	}
	if phase.Errors > 0 {
		return fmt.Errorf("preload: %d of %d writes failed (%s)", phase.Errors, phase.Requests, errorKinds(phase.ErrorKinds))
	}
	if err := e.countPreloaded(ctx); err != nil {
		return err
	}
	e.checkPlaced(ctx)
	return nil
}

// countPreloaded compares what the nodes hold with what was written.
func (e *engine) countPreloaded(ctx context.Context) error {
	stats, err := e.Cluster.Stats(ctx)
	if err != nil {
		return fmt.Errorf("after the preload: %w", err)
	}
	held, want := totalKeys(stats), e.present+e.Workload.Preloaded()
	if held != want {
		e.warn("after the preload the nodes hold %d keys, not %d", held, want)
	}
	for i, node := range stats {
		if evicted := node.Evicted - e.before[i].Evicted; evicted > 0 {
			e.warn("node %s evicted %d keys in the preload: its memory is too small for the data", node.Addr, evicted)
		}
	}
	return nil
}

// probe finds the capacity in a short closed loop, and with it the rate.
func (e *engine) probe(ctx context.Context) error {
	if e.Rate != RateProbe {
		if len(e.Phases) > 0 {
			return e.settleRate()
		}
		return nil
	}
	phase, err := e.unmeasured(ctx, phaseProbe, 0, request.Load{
		Streams:     e.closedStreams(2 * OpenStreams),
		Connections: e.Connections,
		Pipeline:    e.Pipeline,
		Nanos:       int64(e.Probe),
	})
	e.rec.Probe = phase
	if err != nil || ctx.Err() != nil {
		return err
	}
	if phase.Errors > 0 {
		e.warn("%d of %d requests of the probe failed", phase.Errors, phase.Requests)
	}
	if e.rate = math.Floor(ProbeShare * phase.OpsPerSec); e.rate < 1 {
		return errors.New("the probe found no capacity: no request succeeded; give a --rate")
	}
	if len(e.Phases) > 0 {
		return e.settleRate()
	}
	e.rec.Config.RatePerSec = e.rate
	return nil
}

// warmUp sends the load that will be measured and forgets it. Its own streams
// make its requests, so that the measurement's are the same with and without
// it.
func (e *engine) warmUp(ctx context.Context) error {
	if len(e.Phases) > 0 {
		return e.warmUpPhases(ctx)
	}
	if e.Warmup == 0 {
		return nil
	}
	load := e.load(e.Streams())
	load.Nanos = int64(e.Warmup)
	_, err := e.unmeasured(ctx, phaseWarmup, 0, load)
	return err
}

// load is the run's own load without its limits, made by streams from first
// on.
func (e *engine) load(first int) request.Load {
	load := request.Load{Connections: e.Connections, Pipeline: e.Pipeline}
	if e.Closed() {
		load.Streams = e.closedStreams(first)
		return load
	}
	load.Streams = make([]request.Stream, OpenStreams)
	for i := range load.Streams {
		load.Streams[i] = request.Stream{
			Source:   e.stream(first + i),
			Schedule: e.Workload.Schedule(e.Arrival, i, OpenStreams, e.rate),
		}
	}
	return load
}

// closedStreams is a stream for every client.
func (e *engine) closedStreams(first int) []request.Stream {
	streams := make([]request.Stream, e.Connections)
	for i := range streams {
		streams[i].Source = e.stream(first + i)
	}
	return streams
}

// stream is a logical stream. A workload that deals keys out to its streams
// has only the measurement's: then the other phases send the same again.
func (e *engine) stream(i int) request.Source {
	if e.Workload.DealsOut() {
		i %= e.Streams()
	}
	return e.Workload.Stream(i)
}

// inserts says whether a workload writes keys that it did not preload.
func inserts(w *workloads.Workload) bool {
	return slices.ContainsFunc(w.Ops(), func(o workloads.Operation) bool { return o.Insert })
}

// unmeasured sends a load that is counted but not measured.
func (e *engine) unmeasured(ctx context.Context, name string, total int64, load request.Load) (*results.Phase, error) {
	count := newCounter(e.driver.Workers())
	e.watch.enter(name, time.Duration(load.Nanos), total, func() State {
		ended, failed := count.sums()
		return State{Requests: ended, Errors: failed}
	})
	tally, err := e.send(ctx, load, count)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	ended, failed := count.sums()
	phase := &results.Phase{
		Requests: ended, Errors: failed, ErrorKinds: count.errorKinds(), Seconds: float64(tally.DrainEnd-tally.Origin) / 1e9,
	}
	if phase.Seconds > 0 {
		phase.OpsPerSec = float64(ended-failed) / phase.Seconds
	}
	if tally.TargetGone {
		return phase, fmt.Errorf("%s: the target is gone: %s", name, tally.Aborted)
	}
	return phase, nil
}

// send gives a load what every phase has in common and runs it.
func (e *engine) send(ctx context.Context, load request.Load, sink request.Sink) (request.Tally, error) {
	if e.cleansUp() && e.keysPaid == nil {
		e.keysPaid = e.Debts.owe(fmt.Sprintf("keys under the prefix %q remain on %s; to remove them, on every node: "+
			"redis-cli --scan --pattern '%s*' | xargs redis-cli unlink", e.Prefix, e.Target, e.Prefix))
	}
	load.Sink = e.sink(sink)
	load.DrainNanos = int64(e.Drain)
	if e.deliveries != nil {
		load.Began = e.deliveries.Begin
	}
	if e.about.Mode == modeCluster {
		load.Slots = int(e.topology.Count())
	}
	return e.driver.Run(ctx, load)
}

// sink is where the requests of a phase go: to the phase's own sink, and to
// those of the whole run that there are.
func (e *engine) sink(own request.Sink) request.Sink {
	all := sinks{own}
	if several, ok := own.(sinks); ok {
		all = slices.Clone(several)
	}
	if e.ledger != nil && len(e.watched) > 0 {
		e.ledger.nextPhase()
		all = append(all, e.ledger)
	}
	if e.extent != nil {
		all = append(all, e.extent)
	}
	if e.deliveries != nil {
		all = append(all, e.deliveries)
	}
	if len(all) == 1 {
		return all[0]
	}
	return all
}

// modeCluster is a Description's Mode of a target that routes by slot.
const modeCluster = "cluster"
