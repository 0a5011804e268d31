package results

import (
	"math"
	"sync"
)

// spanCounts is how much ended in one interval.
type spanCounts struct {
	succeeded, errors, redirected int64
	bytesOut, bytesIn             int64
}

func (c *spanCounts) merge(from spanCounts) {
	c.succeeded += from.succeeded
	c.errors += from.errors
	c.redirected += from.redirected
	c.bytesOut += from.bytesOut
	c.bytesIn += from.bytesIn
}

// span is what ended in one interval.
type span struct {
	spanCounts
	response *coarseDist
	ops      []*opSpan // by operation, of the first MaxSeriesOps; nil of none
}

func newSpan() *span { return &span{response: newCoarseDist()} }

// empty moves what a span holds into another one.
func (s *span) empty(into *span) {
	into.spanCounts.merge(s.spanCounts)
	into.response.merge(s.response)
	s.response.reset()
	into.takeOps(s.ops)
	*s = span{response: s.response}
}

// series is the run cut into intervals of equal length. Span i holds what
// ended from begin + i·width to begin + (i+1)·width.
type series struct {
	mu    sync.Mutex
	begun bool
	begin int64 // run clock; when the first recorded request was due
	width int64 // nanoseconds
	used  int   // spans in use
	// total is what all spans hold that were taken: for Live.
	total *coarseDist
	spans []*span
}

func (t *series) init(width int64) {
	t.width, t.total = width, newCoarseDist()
	t.spans = make([]*span, MaxIntervals)
	for i := range t.spans {
		t.spans[i] = newSpan()
	}
}

// turn takes over what a worker recorded in the interval that began at start,
// and answers with the one in which its next request ended.
func (t *series) turn(s *piece, start int64, begun bool, due, done int64) (spanStart, spanEnd int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.begun {
		t.begun, t.begin = true, min(due, done)
	}
	if begun {
		t.take(s, start)
	}
	for (done-t.begin)/t.width >= MaxIntervals {
		t.coarsen()
	}
	index := max(0, (done-t.begin)/t.width)
	spanStart = t.begin + index*t.width
	return spanStart, spanStart + t.width
}

// take adds a worker's piece to the span that covers its start, and empties it.
func (t *series) take(p *piece, start int64) {
	i := int((start - t.begin) / t.width)
	t.used = max(t.used, i+1)
	into := t.spans[i]
	into.spanCounts.merge(p.spanCounts)
	p.spanCounts = spanCounts{}
	for op := range p.ops {
		of := &p.ops[op]
		if of.response.n == 0 {
			continue
		}
		t.total.merge(of.response)
		into.response.merge(of.response)
		if op < MaxSeriesOps {
			into.op(op).take(of)
		}
		of.response.reset()
		of.unanswered = 0
	}
}

// coarsen merges neighbours, which makes intervals twice as long. A worker
// does it in the midst of its work, in a quarter of a millisecond, and only when
// the time since the beginning has doubled.
func (t *series) coarsen() {
	if t.width > math.MaxInt64/2/MaxIntervals {
		panic("results: time series beyond the range of the clock")
	}
	t.width *= 2
	for i := 1; i < t.used; i++ {
		t.spans[i].empty(t.spans[i/2])
	}
	t.used = (t.used + 1) / 2
}

// intervals is the series with times counted from origin (run clock).
func (t *series) intervals(origin int64) []Interval {
	all := make([]Interval, 0, t.used)
	for i, s := range t.spans[:t.used] {
		piece := Interval{
			AtSeconds:  float64(t.begin+int64(i)*t.width-origin) / 1e9,
			Seconds:    float64(t.width) / 1e9,
			Requests:   s.succeeded,
			Errors:     s.errors,
			Redirected: s.redirected,
			BytesOut:   s.bytesOut,
			BytesIn:    s.bytesIn,
		}
		if s.response.n > 0 {
			piece.P50US = float64(s.response.quantile(50)) / 1e3
			piece.P99US = float64(s.response.quantile(99)) / 1e3
			piece.P999US = float64(s.response.quantile(99.9)) / 1e3
			piece.ResponseHDR, _ = s.response.encoded()
			piece.MaxUS = float64(s.response.max) / 1e3
		}
		all = append(all, piece)
	}
	return all
}

// Live is a rough picture of a run that goes on.
type Live struct {
	Requests, Errors int64 // ended so far; each worker may be a few behind
	// The last interval that is over. A worker without answers does not close
	// its interval: when Until falls behind, nothing is being answered.
	Until     int64 // run clock, nanoseconds; 0: none is over yet
	OpsPerSec float64
	P50US     float64 // response time, within 1 %
	P99US     float64
	LagP99US  float64 // how late the workers were so far, the worst of them; 0 of a closed loop
}

// Live is a snapshot for a progress line. It may be called at any time.
func (r *Recorder) Live() Live {
	var l Live
	t := &r.series
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range r.parts() {
		l.Requests += s.live.requests.Load()
		l.Errors += s.live.errors.Load()
		l.LagP99US = max(l.LagP99US, float64(s.live.lag.Load())/1e3)
	}
	if t.used == 0 {
		return l
	}
	// Into the newest span some workers have still to bring their part.
	last := max(0, t.used-2)
	s := t.spans[last]
	l.Until = t.begin + int64(last+1)*t.width
	l.OpsPerSec = float64(s.succeeded) * 1e9 / float64(t.width)
	if s.response.n > 0 {
		l.P50US, l.P99US = float64(s.response.quantile(50))/1e3, float64(s.response.quantile(99))/1e3
	}
	return l
}

// LiveBounds are the upper ends of the cells of LiveResponse, in seconds.
var LiveBounds = []float64{
	50e-6, 100e-6, 200e-6, 500e-6, 1e-3, 2e-3, 5e-3, 10e-3, 20e-3, 50e-3, 100e-3, 200e-3, 500e-3, 1, 2, 5, 10,
}

// LiveResponse is the response times of a run that goes on, of the intervals
// that are over.
type LiveResponse struct {
	Count      uint64
	SumSeconds float64
	Below      []uint64 // by LiveBounds: how many were not longer, within 1 %
}

// LiveResponse is a snapshot of all response times so far. It may be called
// at any time.
func (r *Recorder) LiveResponse() LiveResponse {
	t := &r.series
	t.mu.Lock()
	defer t.mu.Unlock()
	d := t.total
	l := LiveResponse{Count: uint64(d.n), SumSeconds: d.sum.float() / 1e9, Below: make([]uint64, len(LiveBounds))}
	cell, seen := 0, uint64(0)
	for i, bound := range LiveBounds {
		for last := coarseCell(int64(bound * 1e9)); cell < last; cell++ {
			seen += d.cells[cell]
		}
		l.Below[i] = seen
	}
	return l
}
