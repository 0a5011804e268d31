package driver

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"slotbench/internal/request"
	"slotbench/results"
	"slotbench/workloads/replay"
)

// opNames is the operations by number. Those of a trace are not known before
// they are met: nameOps gives them their names.
func (e *engine) opNames() []string {
	if e.Trace != nil {
		return make([]string, replay.MaxOps)
	}
	var names []string
	for _, op := range e.Workload.Ops() {
		names = append(names, op.Name)
	}
	return names
}

// nameOps names a trace's operations as they were met.
func (e *engine) nameOps(operations []results.Operation) {
	if e.Trace == nil {
		return
	}
	for i, name := range e.Trace.Ops() {
		operations[i].Name = name
	}
}

// workloadMap is the workload as the record holds it.
func (e *engine) workloadMap() map[string]any {
	if e.Trace == nil {
		return specMap(e.Workload.Spec())
	}
	o := e.Trace.Options()
	return map[string]any{
		"name": e.Name, "files": strings.Join(o.Files, " "), "format": o.Format, "speed": o.Speed,
		"amplify": o.Amplify, "limit": o.Limit, "fill": o.Fill, "max_bad": o.MaxBad,
	}
}

// traceStreams is a trace's streams as a driver takes them.
func traceStreams(t *replay.Trace) []request.Stream {
	var streams []request.Stream
	for _, s := range t.Streams() {
		stream := request.Stream{Source: s}
		if !t.Closed() {
			stream.Schedule = s.Schedule()
		}
		streams = append(streams, stream)
	}
	return streams
}

// sendTrace replays the trace, as one phase.
func (e *engine) sendTrace(ctx context.Context, m *measurement, sink request.Sink) (request.Tally, error) {
	t := e.Trace
	if err := t.Start(ctx, e.Streams(), e.about.Mode == modeCluster); err != nil {
		return request.Tally{}, Refused{fmt.Errorf("replay: %w", err)}
	}
	defer t.Stop()
	tally, err := e.send(ctx, request.Load{
		Connections: e.Connections, Pipeline: e.Pipeline, Streams: traceStreams(t), Nanos: int64(e.Duration),
	}, sink)
	if err != nil {
		return tally, err
	}
	t.Stop()
	phase := m.recorder.EndPhase(tally, 0)
	phase.Name, phase.Kind = "trace", phaseTrace
	if seconds := float64(tally.End-tally.Origin) / 1e9; !t.Closed() && seconds > 0 {
		e.rate = float64(phase.Offered) / seconds
		e.rec.Config.RatePerSec, e.rec.Config.RateFrom = e.rate, "the trace's times"
		if e.Duration == 0 {
			e.rec.Config.DurationSeconds = seconds
		}
	}
	phase.TargetPerSec, phase.LowPerSec, phase.HighPerSec = e.rate, e.rate, e.rate
	e.nameOps(phase.Operations)
	phase.Operations = withRequests(phase.Operations)
	e.rec.Phases = append(e.rec.Phases, phase)
	m.traceErr = e.fillReplay()
	return tally, nil
}

// coldShare is of reads that found nothing, before a replay is told to be one
// of an empty cache.
const coldShare = 0.5

// checkCold tells of a trace's reads that found nothing because nobody had
// written before the trace began.
func (e *engine) checkCold() {
	t := e.rec.Totals
	if e.Trace == nil || e.Trace.Options().Fill || float64(t.Misses) <= coldShare*float64(t.Hits+t.Misses) {
		return
	}
	e.note("%.0f %% of the reads found nothing: the replay begins with an empty keyspace; --fill writes a key after its first read, as a cache does",
		100*float64(t.Misses)/float64(t.Hits+t.Misses))
}

// withRequests leaves out the operations that were not done.
func withRequests(operations []results.Operation) []results.Operation {
	done := []results.Operation{}
	for _, op := range operations {
		if op.Requests > 0 {
			done = append(done, op)
		}
	}
	return done
}

// fillReplay writes what became of the trace. The error is of a trace that
// could not be read to its end.
func (e *engine) fillReplay() error {
	counts, err := e.Trace.Counts()
	e.rec.Replay = &results.Replay{
		Format: counts.Format, Read: counts.Read, Requests: counts.Dealt, Skipped: counts.Skipped,
		BadLines: counts.Bad, Faults: counts.Faults, OutOfOrder: counts.OutOfOrder, Crowded: counts.Crowded,
		Late: counts.Late, LateMillis: float64(counts.LateNanos) / 1e6, SpanSeconds: float64(counts.SpanNanos) / 1e9,
		Whole: counts.Ended && err == nil,
	}
	if counts.Late > 0 {
		e.warn("the trace's reader was late for %d requests, by up to %.0f ms or more: their response times show it, as the client's lag; lower --speed or --amplify, or give the client more CPU",
			counts.Late, float64(counts.LateNanos)/1e6)
	}
	if counts.Bad > 0 {
		e.warn("%d lines of the trace could not be read; the first: %s", counts.Bad, counts.Faults[0])
	}
	if counts.OutOfOrder > 0 {
		e.warn("%d operations of the trace have a time before their predecessor's; they were sent at that one's", counts.OutOfOrder)
	}
	if counts.Crowded > 0 {
		e.warn("%d times a tick of the trace's clock held more operations than are spread over it together: they came in lumps", counts.Crowded)
	}
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	return nil
}

// removeTraceKeys reads the trace once more and deletes what it wrote.
func (e *engine) removeTraceKeys(ctx context.Context) error {
	t := e.Trace.Removal()
	if err := t.Start(ctx, preloadConnections, e.about.Mode == modeCluster); err != nil {
		return err
	}
	defer t.Stop()
	phase, err := e.unmeasured(ctx, phaseRestore, 0, request.Load{
		Streams: traceStreams(t), Connections: preloadConnections, Pipeline: preloadPipeline,
	})
	if _, readErr := t.Counts(); err == nil && readErr != nil {
		err = readErr
	}
	switch {
	case err != nil:
		return err
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case phase.Errors > 0:
		return fmt.Errorf("%d of %d deletions failed", phase.Errors, phase.Requests)
	}
	return nil
}

// validateReplay checks that a replay suits the rest of the plan.
func (c *Config) validateReplay() error {
	if c.Replays && (len(c.Phases) > 0 || c.Requests > 0 || c.Warmup > 0 || c.Rate == RateProbe) {
		return errors.New("a trace has times of its own: leave out phases, --rate, --requests and --warmup")
	}
	return nil
}

// keyspace is how many keys requests fall on: the workload's, or those that a
// trace left behind.
func (e *engine) keyspace(m *measurement) int64 {
	if e.Trace == nil {
		return e.Workload.Keys()
	}
	return max(totalKeys(m.after.nodes), 1)
}
