package results

import (
	"math"
	"sync/atomic"

	"slotbench/internal/request"
	"slotbench/internal/slot"
)

// publishEvery is after how many requests a worker tells Live of them.
const publishEvery = 64

// shard is what one worker recorded. Only its worker touches it before the
// end, but for live.
type shard struct {
	alike             alike
	requests, errors  int64
	sent              int64 // of requests: written at least once
	bytesOut, bytesIn int64
	atLeast           int64
	hits              int64 // reads that found their key
	lastAnswer        int64
	kinds             map[string]int64
	ops               []opShard
	nodes             []nodeShard
	segments          []*segmentShard
	redirects         Redirects
	redirect          *dist
	slots             slotAccounts // of the requests written, by the clients' slot
	pacing            *pacingShard

	tags     *tagSketch
	untilTag int64 // requests to go by before the next is looked at closely

	span      *piece // of the present interval
	tookOut   int64  // of bytesOut and bytesIn, what the intervals before have
	tookIn    int64
	spanStart int64
	spanEnd   int64 // exclusive; math.MinInt64 before the first request

	live struct {
		requests, errors atomic.Int64
		lag              atomic.Int64 // p99 of how late the worker was, nanoseconds
		_                [104]byte    // Live's reads disturb no other shard
	}
}

type opShard struct {
	requests, errors, misses int64
	response, service        *dist
}

type nodeShard struct {
	ops               int64
	response, service *coarseDist // nil from MaxTimedNodes on
}

// segmentShard is a stretch of the run between two edges of windows.
type segmentShard struct {
	requests, errors int64
	response         *dist
	redirects        Redirects
}

// pacingShard is how late the worker itself was.
type pacingShard struct {
	offered, sent, unsent int64
	lag, wait             *coarseDist
}

func newShard(o *RecorderOptions, worker int) *shard {
	s := &shard{
		kinds:    make(map[string]int64, MaxErrorKinds+1),
		redirect: newDist(),
		slots:    newSlotAccounts(int(slot.DefaultCount), uint64(worker)),
		span:     newPiece(len(o.Ops)),
		spanEnd:  math.MinInt64,
	}
	// The segments stand ready, so that a worker doesn't allocate just when a
	// migration begins.
	s.segment(2 * o.Windows)
	for range o.Ops {
		s.ops = append(s.ops, opShard{response: newDist(), service: newDist()})
	}
	s.grow(o.Nodes)
	if !o.Closed {
		s.pacing = &pacingShard{lag: newCoarseDist(), wait: newCoarseDist()}
	}
	if o.TagsOneIn > 0 {
		s.tags = newTagSketch(o.TagsOneIn, worker)
		s.untilTag = s.tags.stride()
	}
	return s
}

func newSegment() *segmentShard { return &segmentShard{response: newDist()} }

// grow makes room for so many nodes.
func (s *shard) grow(nodes int) {
	for len(s.nodes) < nodes {
		node := nodeShard{}
		if len(s.nodes) < MaxTimedNodes {
			node.response, node.service = newCoarseDist(), newCoarseDist()
		}
		s.nodes = append(s.nodes, node)
	}
}

func (s *shard) segment(i int) *segmentShard {
	for i >= len(s.segments) {
		s.segments = append(s.segments, newSegment())
	}
	return s.segments[i]
}

// written counts a request that reached the wire.
func (s *shard) written(q *request.Request) {
	s.sent++
	s.slots.count(q)
	s.untilTag--
}

// answered counts n requests alike that succeeded.
func (s *shard) answered(q *request.Request, n int64) {
	s.span.succeeded += n
	node := s.answer(q, n)
	if node == nil || node.service == nil {
		return
	}
	node.response.record(q.Done-q.Due, n)
	if q.Written != 0 {
		node.service.record(q.Done-q.Written, n)
	}
}

// answer counts n answers, of whatever kind, to the node that gave them: nil if
// the driver doesn't know.
func (s *shard) answer(q *request.Request, n int64) *nodeShard {
	s.lastAnswer = max(s.lastAnswer, q.Done)
	if q.Node < 0 {
		return nil
	}
	if int(q.Node) >= len(s.nodes) {
		s.grow(int(q.Node) + 1)
	}
	node := &s.nodes[q.Node]
	node.ops += n
	return node
}

// failed counts n requests that were answered with an error.
func (s *shard) failed(op *opShard, q *request.Request, n int64) {
	s.answer(q, n)
	kind := q.Err
	if kind == "" {
		kind = q.Status.String()
	}
	s.failure(op, kind, n)
}

// unanswered counts n requests that ended without an answer.
func (s *shard) unanswered(op *opShard, q *request.Request, n int64) {
	s.atLeast += n
	s.span.ops[q.Op].unanswered += n
	s.failure(op, q.Status.String(), n)
}

func (s *shard) failure(op *opShard, kind string, n int64) {
	op.errors += n
	s.errors += n
	s.span.errors += n
	if _, known := s.kinds[kind]; !known && len(s.kinds) >= MaxErrorKinds {
		kind = otherKind
	}
	s.kinds[kind] += n
}

// otherKind stands for the kinds of errors beyond MaxErrorKinds.
const otherKind = "other"

func (r *Redirects) add(q *request.Request, n int64) {
	r.Moved += n * int64(q.Moved)
	r.Ask += n * int64(q.Ask)
	r.TryAgain += n * int64(q.TryAgain)
	r.Requests += n
}

func (r *Redirects) merge(from Redirects) {
	r.Moved += from.Moved
	r.Ask += from.Ask
	r.TryAgain += from.TryAgain
	r.Requests += from.Requests
}

// record splits the time before a request was written into the driver's own
// lag and the wait for a connection. Of a request that never got so far, what
// it waited until it was given up is a lower bound.
func (p *pacingShard) record(q *request.Request, n int64) {
	p.offered += n
	ready, written := q.Ready, q.Written
	switch {
	case ready == 0 && written == 0:
		p.lag.record(q.Done-q.Due, n)
		p.unsent += n
		return
	case ready == 0: // the driver can't tell: all of it counts as its lag
		ready = written
	}
	// A worker that turns to a request early is on time.
	p.lag.record(max(0, ready-q.Due), n)
	if written == 0 {
		p.unsent += n
		written = q.Done
	} else {
		p.sent += n
	}
	p.wait.record(max(0, written-ready), n)
}

// sampleTag looks at the hash tag of a request.
func (s *shard) sampleTag(q *request.Request) {
	s.untilTag = s.tags.stride()
	s.tags.samples++
	if tag, ok := slot.Tag(q.Key()); ok {
		s.tags.add(tag, q.Slot)
	}
}

// publish tells Live how far the worker is.
func (s *shard) publish() {
	s.live.requests.Store(s.requests)
	s.live.errors.Store(s.errors)
}

// turn goes on to the interval in which q ended.
func (s *shard) turn(all *series, q *request.Request) {
	s.publish()
	if s.pacing != nil {
		s.live.lag.Store(s.pacing.lag.quantile(99))
	}
	begun := s.spanEnd != math.MinInt64
	if begun {
		s.countBytes()
	}
	s.spanStart, s.spanEnd = all.turn(s.span, s.spanStart, begun, q.Due, q.Done)
}

// countBytes brings the bytes since the last interval into the present one.
func (s *shard) countBytes() {
	s.span.bytesOut, s.span.bytesIn = s.bytesOut-s.tookOut, s.bytesIn-s.tookIn
	s.tookOut, s.tookIn = s.bytesOut, s.bytesIn
}
