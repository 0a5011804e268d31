package results

import (
	"time"

	"slotbench/internal/request"
	"slotbench/internal/slot"
)

// RecorderOptions says what a Recorder is to expect. Zero means the default
// that a field names.
type RecorderOptions struct {
	Workers       int           // that call Record with 0 … Workers-1; default 1
	Ops           []string      // the names of the workload's operations, by request.Op; a request with another one panics
	Nodes         int           // expected; more may appear
	Slots         slot.Count    // of the target; default and at most slot.DefaultCount: see Result.Slots
	Interval      time.Duration // length of the time series' pieces at first; default one second
	TagsOneIn     int           // look at the hash tag of one request in so many; default 32, below 0: never
	Sampled       request.Sink  // is given those requests too; nil: nobody
	Windows       int           // expected; default 1, more may be opened
	Closed        bool          // a closed loop, which has no pacing to measure
	HideRedirects bool          // the driver does not tell of redirects: their figures are null
}

// Defaults and limits of a Recorder.
const (
	DefaultInterval  = time.Second
	DefaultTagsOneIn = 32
	// MaxIntervals is how many pieces the time series has at most: when a run
	// goes on beyond them, neighbours are merged and pieces are twice as long.
	MaxIntervals = 256
	// MaxWindows is how many windows (migrations and other events) a run may
	// have with a p99 of their own. Later ones belong to the time after the
	// last edge.
	MaxWindows = 32
	// MaxSeriesOps is how many operations have a time series of their own.
	MaxSeriesOps = 8
	// MaxTimedNodes is how many nodes have a distribution of service times.
	// Of the others only the operations are counted.
	MaxTimedNodes = 128
	// MaxErrorKinds is how many kinds of errors are told apart by a worker;
	// further ones are counted as "other".
	MaxErrorKinds = 64
)

// Recorder counts and times ended requests. Each worker has a shard of its
// own, so that recording takes no lock and, once every node was seen,
// allocates nothing; a worker takes a lock only when it goes on to the next
// interval. Memory does not grow with the run's length.
//
// Record, OpenWindow, CloseWindow and Live may be called at the same time from
// different goroutines, Record by one goroutine a worker; Result only when the
// workers have ended.
type Recorder struct {
	options RecorderOptions
	shards  []*shard
	windows windows
	series  series

	past         *shard  // what the phases before recorded; nil: there are none
	phaseSeconds float64 // of the phases that were ended
}

var _ request.Sink = (*Recorder)(nil)

// NewRecorder makes a Recorder for one phase of a load.
func NewRecorder(o RecorderOptions) *Recorder {
	o.Workers = max(o.Workers, 1)
	if o.Slots <= 0 || o.Slots > slot.DefaultCount {
		o.Slots = slot.DefaultCount
	}
	if o.Interval <= 0 {
		o.Interval = DefaultInterval
	}
	o.Windows = min(max(o.Windows, 1), MaxWindows)
	if o.TagsOneIn == 0 {
		o.TagsOneIn = DefaultTagsOneIn
	}
	r := &Recorder{options: o}
	r.series.init(int64(o.Interval))
	for w := range o.Workers {
		r.shards = append(r.shards, newShard(&o, w))
	}
	return r
}

// Record takes an ended request of the given worker.
//
// What counts where: every request counts in Requests, those answered without
// an error in Succeeded. Response times are those of the answered without an
// error, and, as lower bounds, of those that got no answer. A failed answer is
// an error and has no part in any latency: fast errors would flatter it.
func (r *Recorder) Record(worker int, q *request.Request) {
	s := r.shards[worker]
	if s.requests++; s.requests%publishEvery == 0 {
		s.publish()
	}
	if q.Written != 0 {
		if s.written(q); s.untilTag == 0 {
			r.sample(worker, s, q)
		}
	}
	if s.alike.takes(q) {
		s.alike.add(q)
		return
	}
	r.settle(s)
	s.alike.begin(q)
	s.alike.add(q)
}

// sample looks at one request of many closely.
func (r *Recorder) sample(worker int, s *shard, q *request.Request) {
	s.sampleTag(q)
	if r.options.Sampled != nil {
		r.options.Sampled.Record(worker, q)
	}
}

// settle counts the requests that were put together.
func (r *Recorder) settle(s *shard) {
	q, n := &s.alike.q, s.alike.n
	if n == 0 {
		return
	}
	s.alike.n = 0
	if q.Done >= s.spanEnd {
		s.turn(&r.series, q)
	}
	s.bytesOut, s.bytesIn = s.bytesOut+s.alike.bytesOut, s.bytesIn+s.alike.bytesIn
	op := &s.ops[q.Op]
	op.requests += n
	segment := s.segment(r.windows.segment(q.Due))
	segment.requests += n
	if !q.Status.Succeeded() {
		segment.errors += n
	}
	redirected := q.Redirected()
	if redirected {
		s.redirects.add(q, n)
		segment.redirects.add(q, n)
		s.span.redirected += n
	}
	if s.pacing != nil {
		s.pacing.record(q, n)
	}
	switch q.Status {
	case request.OK:
		if !q.Write {
			s.hits += n
		}
		s.answered(q, n)
	case request.Miss:
		op.misses += n
		s.answered(q, n)
	case request.Failed:
		s.failed(op, q, n)
		return
	default:
		s.unanswered(op, q, n)
	}
	response := q.Done - q.Due
	op.response.record(response, n)
	segment.response.record(response, n)
	s.span.ops[q.Op].response.record(response, n)
	if q.Written != 0 {
		op.service.record(q.Done-q.Written, n)
	}
	if redirected {
		s.redirect.record(response, n)
	}
}

// alike is requests in a row that differ in nothing but their keys: those of
// a pipeline whose answers were read at once have the same times, so that
// their distributions are brought up to date once for all of them.
type alike struct {
	n                 int64
	bytesOut, bytesIn int64
	q                 request.Request // the first; without its frame
}

func (a *alike) add(q *request.Request) {
	a.n++
	if q.Written != 0 {
		a.bytesOut += int64(len(q.Frame))
	}
	a.bytesIn += int64(q.BytesIn)
}

// takes says whether q is one more of them.
func (a *alike) takes(q *request.Request) bool {
	f := &a.q
	return a.n > 0 && q.Done == f.Done && q.Due == f.Due && q.Written == f.Written && q.Ready == f.Ready &&
		q.Op == f.Op && q.Status == f.Status && q.Node == f.Node && q.Write == f.Write &&
		q.Err == f.Err && !q.Redirected() && !f.Redirected()
}

func (a *alike) begin(q *request.Request) {
	a.n, a.bytesOut, a.bytesIn = 0, 0, 0
	f := &a.q
	f.Op, f.Write, f.Due = q.Op, q.Write, q.Due
	f.Outcome = q.Outcome
}
