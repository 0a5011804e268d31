package wire

import (
	"fmt"

	"slotbench/internal/request"
	"slotbench/internal/slot"
	"slotbench/targets"
)

// stage is where a phase stands: requests are issued while it runs; while it
// drains, those that are out or queued go on; then it has ended.
type stage uint8

const (
	stageEnded stage = iota
	stageRunning
	stageDraining
)

// limits are Options in the units of the core.
type limits struct {
	timeout, connect, gone, check int64 // nanoseconds
	queueBytes                    int64
}

func (o Options) limits() limits {
	check := min(o.Timeout, o.ConnectTimeout, o.GoneAfter) / 16
	return limits{
		timeout:    int64(o.Timeout),
		connect:    int64(o.ConnectTimeout),
		gone:       int64(o.GoneAfter),
		check:      max(1e6, min(int64(check), maxCheckNanos)),
		queueBytes: max(1, o.QueueBytes/int64(o.Threads)),
	}
}

// core decides for one worker: what to send where and when, and what became of
// it. Its caller tells it of events, with times that never go back:
//
//	begin     a phase begins
//	connected, dialFailed, received, lost    a connection's news
//	turn      all news of this moment are told: issue, assign, expire
//	stop, abort                              the phase is to end
//
// and then opens what is in dial, closes what is in doomed, and writes what
// gather gives for those in dirty. wake says when turn is due at the latest.
type core struct {
	worker   int
	limits   limits
	greeting greeting
	book     *book

	nodes   []*node // by the book's numbers
	conns   []*conn // by id
	known   map[string]int32
	owners  []int16       // by slot; nil: standalone
	alone   int16         // standalone: the node that all requests go to
	primary func() string // standalone: where it is by now; nil: it stays
	count   slot.Count
	shift   uint // from a request's slot among DefaultCount to one among count
	words   words
	hangar  hangar

	// What the caller is to do; it empties them.
	dial   []*conn
	dirty  []*conn
	doomed []socket

	// The phase.
	phase
	stage       stage
	clients     []client
	free        []int32 // a ring of the clients that may issue their next batch
	freeHead    int
	freeLen     int
	ended       int     // clients that issue no more
	starved     []int32 // clients whose sources have nothing yet
	feedAt      int64   // when they are asked again
	merge       merge
	asked       int     // whose turn it was to be asked in the place of another node
	waiting     []*node // open loop: their queue is not empty
	delayed     flights // after TRYAGAIN, by resendAt
	queuedBytes int64
	pending     int64 // requests issued and not recorded
	sent        int64 // requests written, redirected ones once
	lastDue     int64
	lastReady   int64
	lastDone    int64
	drainUntil  int64
	nextCheck   int64
	aborted     string // why the phase was ended early
	cut         bool   // at once, without a drain
	gone        string // why no node can be reached, while that is so
}

// phase is one worker's part of a load.
type phase struct {
	closed   bool
	streams  []stream // closed loop: one a client
	conns    int      // logical clients
	pipeline int
	nanos    int64 // 0: no limit
	drain    int64
	sink     request.Sink
}

// stream is a logical stream and how many requests it may still make.
type stream struct {
	request.Stream
	left int64
}

// client is a logical client of the closed loop.
type client struct {
	out    int   // requests of its batch that are not answered yet
	freeAt int64 // when the last of its batch ended
}

func newCore(worker int, t target, o Options, b *book) *core {
	c := &core{
		worker: worker, limits: o.limits(), greeting: t.greeting, book: b,
		known: make(map[string]int32), primary: t.primary, words: words{quotes: &b.quotes},
	}
	c.growNodes(b.len())
	if t.topology != nil {
		c.count = t.topology.Count()
		c.owners = make([]int16, c.count)
		for s := range c.owners {
			c.owners[s] = int16(t.topology.Owner(slot.Slot(s)))
		}
		for n := c.count; n < slot.DefaultCount; n *= 2 {
			c.shift++
		}
	}
	return c
}

func (c *core) growNodes(n int) {
	for len(c.nodes) < n {
		c.nodes = append(c.nodes, &node{index: int32(len(c.nodes))})
	}
}

// begin starts a phase at now. No request of an earlier one is left.
func (c *core) begin(p phase, now int64) {
	c.phase, c.stage = p, stageRunning
	c.hangar.prepare(p.closed)
	c.pending, c.sent, c.ended, c.queuedBytes = 0, 0, 0, 0
	c.starved = c.starved[:0]
	c.lastDue, c.lastReady, c.lastDone, c.nextCheck = now, now, now, now
	c.aborted, c.cut, c.gone = "", false, ""
	c.free, c.freeHead, c.freeLen = make([]int32, p.conns), 0, 0
	c.clients = make([]client, p.conns)
	for _, n := range c.nodes {
		n.health = health{}
		for _, k := range n.conns {
			if k == nil {
				continue
			}
			k.dialedAt = now
			if int(k.client) >= p.conns {
				c.close(k)
			}
			c.markRoom(k)
		}
	}
	if p.closed {
		for i := range c.clients {
			c.release(int32(i), now)
		}
	} else {
		c.merge.begin(p.streams, p.nanos)
	}
}

// turn does what is due now.
func (c *core) turn(now int64) {
	if c.stage == stageEnded {
		return
	}
	for f := c.delayed.head; f != nil && *f.resendAt() <= now; f = c.delayed.head {
		c.place(c.delayed.pop(), true, now)
	}
	if c.stage == stageRunning {
		if c.closed {
			c.feed(now)
			c.issueClosed(now)
		} else {
			c.issueOpen(now)
		}
	}
	if now >= c.nextCheck {
		c.check(now)
	}
	c.assign(now)
	if c.stage == stageRunning && c.exhausted() {
		c.stage, c.drainUntil = stageDraining, now+c.phase.drain
	}
	if c.stage == stageDraining && (c.pending == 0 || now >= c.drainUntil) {
		c.end(now)
	}
}

// exhausted says whether no more requests will be issued.
func (c *core) exhausted() bool {
	if c.closed {
		return c.ended == len(c.clients)
	}
	return c.merge.empty()
}

// place gives a flight to its client's connection (closed loop), or to the
// queue of its node: to the front where it was redirected there.
func (c *core) place(f *flight, front bool, now int64) {
	n := c.nodes[f.node]
	if c.closed {
		k := c.connOf(n, f.client)
		k.push(f)
		c.kick(k, now)
		return
	}
	if front {
		n.queue.pushFront(f)
	} else {
		n.queue.pushBack(f)
	}
	c.queuedBytes += f.queueCost()
	if !n.waiting {
		n.waiting = true
		c.waiting = append(c.waiting, n)
	}
}

// kick sees to it that what a connection has is written: now, or when it is
// open.
func (c *core) kick(k *conn, now int64) {
	switch k.state {
	case connOpen:
		c.markDirty(k)
	case connClosed:
		c.tryDial(k, now)
	}
}

func (c *core) markDirty(k *conn) {
	if !k.dirty {
		k.dirty = true
		c.dirty = append(c.dirty, k)
	}
}

// assign gives what is queued to connections with room (open loop), and opens
// further connections where there is none.
func (c *core) assign(now int64) {
	for i := 0; i < len(c.waiting); {
		n := c.waiting[i]
		for n.queue.head != nil {
			k := n.firstRoom()
			if k == nil {
				c.openMore(n, now)
				break
			}
			f := n.queue.pop()
			c.queuedBytes -= f.queueCost()
			k.push(f)
			if k.inFlight() >= c.pipeline {
				c.markRoom(k)
			}
			c.markDirty(k)
		}
		if n.queue.head != nil {
			i++
			continue
		}
		n.waiting = false
		last := len(c.waiting) - 1
		c.waiting[i] = c.waiting[last]
		c.waiting = c.waiting[:last]
	}
	if c.queuedBytes > c.limits.queueBytes && c.stage != stageEnded {
		c.abort(fmt.Sprintf("%s: the requests that are due and not sent take more than %d bytes on worker %d",
			targets.ClassQueue, c.limits.queueBytes, c.worker), now)
	}
}

// release puts a client in line to issue.
func (c *core) release(id int32, now int64) {
	c.clients[id].freeAt = now
	at := c.freeHead + c.freeLen
	if at >= len(c.free) {
		at -= len(c.free)
	}
	c.free[at] = id
	c.freeLen++
}

// wake is when turn is due at the latest.
func (c *core) wake() int64 {
	if c.eager() {
		return 0
	}
	at := c.nextCheck
	if c.delayed.head != nil {
		at = min(at, *c.delayed.head.resendAt())
	}
	switch {
	case c.stage == stageDraining:
		at = min(at, c.drainUntil)
	case c.closed:
		if c.nanos > 0 {
			at = min(at, c.nanos)
		}
		if len(c.starved) > 0 {
			at = min(at, c.feedAt)
		}
	default:
		at = min(at, c.merge.due())
	}
	return at
}
