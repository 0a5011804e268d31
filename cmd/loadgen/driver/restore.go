package driver

import (
	"context"
	"fmt"
	"sync/atomic"

	"slotbench/internal/request"
	"slotbench/internal/slot"
)

// restore puts back what the run changed on a target that is not its own: its
// keys go, unless they are to stay, and moved slots return. It works whichever
// way the run ended; what it can't put back is left owed and told.
func (e *engine) restore(ctx context.Context) {
	e.restoreCommands(ctx)
	if e.keysPaid == nil && len(e.slotsPaid) == 0 && len(e.failedOver) == 0 {
		return
	}
	e.watch.enter(phaseRestore, 0, 0, nil)
	ctx, cancel := beyond(ctx, restoreTimeout)
	defer cancel()
	if e.keysPaid != nil {
		if err := e.removeKeys(ctx); err != nil {
			e.warn("the run's keys were not all removed: %v", err)
		} else {
			e.keysPaid()
		}
	}
	e.failBack(ctx)
	if len(e.slotsPaid) > 0 {
		if err := e.moveBack(ctx); err != nil {
			e.warn("the moved slots were not all moved back: %v", err)
			return
		}
		for _, paid := range e.slotsPaid {
			paid()
		}
	}
}

// removeKeys deletes every key that the run may have written, by name.
func (e *engine) removeKeys(ctx context.Context) error {
	if e.Trace != nil {
		return e.removeTraceKeys(ctx)
	}
	streams := make([]request.Stream, preloadConnections)
	for i := range streams {
		streams[i].Source = e.presentKeys(i, len(streams))
	}
	if e.extent != nil {
		for stream, sent := range e.extent.streams() {
			if stream >= 0 {
				streams = append(streams, request.Stream{Source: e.insertedKeys(int(stream), sent)})
			}
		}
	}
	skipped := e.skipAway(ctx, streams)
	extent := e.extent
	e.extent = nil // what removes inserts nothing
	defer func() { e.extent = extent }()
	phase, err := e.unmeasured(ctx, phaseRestore, 0, request.Load{
		Streams: streams, Connections: len(streams), Pipeline: preloadPipeline,
	})
	switch {
	case err != nil:
		return err
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case phase.Errors > 0:
		return fmt.Errorf("%d of %d deletions failed", phase.Errors, phase.Requests)
	case skipped.Load() > 0:
		return fmt.Errorf("the node of %d of them is away", skipped.Load())
	}
	return nil
}

// skipAway lets streams leave out what nobody who is there serves: each such
// request would wait for a connection in vain. It counts what is left out.
func (e *engine) skipAway(ctx context.Context, streams []request.Stream) (skipped *atomic.Int64) {
	skipped = &atomic.Int64{}
	if !e.anyDown() {
		return skipped
	}
	topology, err := e.Cluster.Topology(ctx)
	if err != nil {
		return skipped
	}
	for i := range streams {
		streams[i].Source = &servedSource{streams[i].Source, skipped, func(s slot.Slot) bool {
			owner := topology.Owner(s)
			return owner >= 0 && !e.isDown(owner)
		}}
	}
	return skipped
}

// servedSource is a source without the requests whose slots nobody serves.
type servedSource struct {
	request.Source
	skipped *atomic.Int64
	served  func(slot.Slot) bool
}

// Next is the next request that somebody serves.
func (s *servedSource) Next(r *request.Request) bool {
	for s.Source.Next(r) {
		if s.served(r.Slot) {
			return true
		}
		s.skipped.Add(1)
	}
	return false
}

// presentKeys deletes a part of the keys that the workload started with.
func (e *engine) presentKeys(part, parts int) request.Source {
	at := int64(part)
	var key []byte
	return &keysSource{command: "DEL", next: func() ([]byte, bool) {
		if at >= e.Workload.Keys() {
			return nil, false
		}
		key = e.Workload.AppendKey(key[:0], at)
		at += int64(parts)
		return key, true
	}}
}

// insertedKeys deletes what a stream inserted: it makes the stream's requests
// again, as far as they were sent.
func (e *engine) insertedKeys(stream int, sent uint64) request.Source {
	source := e.Workload.Stream(stream)
	var r request.Request
	insert := make([]bool, len(e.Workload.Ops()))
	for i, operation := range e.Workload.Ops() {
		insert[i] = operation.Insert
	}
	return &keysSource{command: "DEL", next: func() ([]byte, bool) {
		for r.Seq < sent {
			if !source.Next(&r) {
				return nil, false
			}
			if insert[r.Op] {
				return r.Key(), true
			}
		}
		return nil, false
	}}
}
