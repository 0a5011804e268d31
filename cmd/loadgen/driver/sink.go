package driver

import (
	"math"
	"sync/atomic"
	"time"

	"slotbench/internal/request"
	"slotbench/results"
)

// sinks hands an ended request to each of several sinks in turn.
type sinks []request.Sink

// Record hands on.
func (s sinks) Record(worker int, r *request.Request) {
	for _, sink := range s {
		sink.Record(worker, r)
	}
}

// counter counts what ends in a phase that is not measured. It may be read
// while workers record.
type counter struct{ shards []counterShard }

type counterShard struct {
	ended, errors atomic.Int64
	kinds         map[string]int64 // of errors; read when the phase is over
	_             [104]byte        // workers write side by side
}

func newCounter(workers int) *counter { return &counter{make([]counterShard, workers)} }

// Record counts.
func (c *counter) Record(worker int, r *request.Request) {
	shard := &c.shards[worker]
	shard.ended.Add(1)
	if !r.Status.Succeeded() {
		shard.errors.Add(1)
		shard.note(r)
	}
}

// note counts an error by its kind, as the recorder does.
func (s *counterShard) note(r *request.Request) {
	kind := r.Status.String()
	if r.Status == request.Failed && r.Err != "" {
		kind = r.Err
	}
	if s.kinds == nil {
		s.kinds = map[string]int64{}
	}
	if _, known := s.kinds[kind]; known || len(s.kinds) < results.MaxErrorKinds {
		s.kinds[kind]++
	}
}

// errorKinds is how many requests failed in which way. Nobody may record
// meanwhile.
func (c *counter) errorKinds() map[string]int64 {
	all := map[string]int64{}
	for i := range c.shards {
		for kind, n := range c.shards[i].kinds {
			all[kind] += n
		}
	}
	return all
}

// sums is how many requests have ended, and how many of them in error.
func (c *counter) sums() (ended, errors int64) {
	for i := range c.shards {
		ended += c.shards[i].ended.Load()
		errors += c.shards[i].errors.Load()
	}
	return ended, errors
}

// clock tells the time on a driver's own clock in the midst of a phase.
// A request is recorded just after it was done, so the smallest difference
// between the two clocks over many requests is that of the clocks.
type clock struct {
	base   time.Time
	offset atomic.Int64 // nanoseconds since base, less the driver's time
	shards []clockShard
}

type clockShard struct {
	countdown int
	_         [120]byte
}

// clockEvery is how many requests go by between two looks at the clock, which
// costs 40 ns.
const clockEvery = 128

func newClock(workers int) *clock {
	c := &clock{base: time.Now(), shards: make([]clockShard, workers)}
	c.offset.Store(math.MaxInt64)
	return c
}

// Record compares the clocks now and then.
func (c *clock) Record(worker int, r *request.Request) {
	shard := &c.shards[worker]
	if shard.countdown--; shard.countdown > 0 || r.Done == 0 {
		return
	}
	shard.countdown = clockEvery
	offset := int64(time.Since(c.base)) - r.Done
	for {
		old := c.offset.Load()
		if offset >= old || c.offset.CompareAndSwap(old, offset) {
			return
		}
	}
}

// at is a moment on the driver's clock; false before any request ended.
func (c *clock) at(moment time.Time) (int64, bool) {
	offset := c.offset.Load()
	if offset == math.MaxInt64 {
		return 0, false
	}
	return int64(moment.Sub(c.base)) - offset, true
}

// extent remembers the highest sequence number that each stream sent, so that
// what a stream inserted can be generated again.
type extent struct {
	shards []map[int32]uint64
}

func newExtent(workers int) *extent {
	e := &extent{make([]map[int32]uint64, workers)}
	for i := range e.shards {
		e.shards[i] = map[int32]uint64{}
	}
	return e
}

// Record notes a request that was sent.
func (e *extent) Record(worker int, r *request.Request) {
	if r.Written != 0 && r.Seq > e.shards[worker][r.Stream] {
		e.shards[worker][r.Stream] = r.Seq
	}
}

// streams is the highest number by stream, of those that sent anything.
func (e *extent) streams() map[int32]uint64 {
	all := map[int32]uint64{}
	for _, shard := range e.shards {
		for stream, seq := range shard {
			all[stream] = max(all[stream], seq)
		}
	}
	return all
}
