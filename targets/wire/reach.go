package wire

import (
	"fmt"

	"slotbench/internal/request"
	"slotbench/internal/resp"
	"slotbench/targets"
)

// tryDial opens a closed connection if the node may be tried now. While a
// node fails, one connection at a time tries it.
func (c *core) tryDial(k *conn, now int64) {
	n := k.node
	if now < n.retryAt || n.failures > 0 && n.dialing > 0 {
		c.nextCheck = min(c.nextCheck, max(n.retryAt, now+firstBackoffNanos))
		return
	}
	k.state, k.dialedAt = connDialing, now
	n.dialing++
	n.live++
	c.dial = append(c.dial, k)
}

// openMore opens as many connections as the node's queue could fill (open
// loop).
func (c *core) openMore(n *node, now int64) {
	want := (n.queue.len + c.pipeline - 1) / c.pipeline
	for id := 0; id < len(c.clients) && n.dialing < want && n.live < len(c.clients); id++ {
		if k := c.connOf(n, int32(id)); k.state == connClosed {
			if c.tryDial(k, now); k.state == connClosed {
				return
			}
		}
	}
}

// connected says that a dialing connection stands.
func (c *core) connected(k *conn, now int64) {
	k.heard = false
	if k.greeted = c.greeting.answers; k.greeted > 0 {
		k.state = connGreeting
		c.markDirty(k)
		return
	}
	c.opened(k)
}

// opened says that a connection may carry requests.
func (c *core) opened(k *conn) {
	k.state, k.partial, k.blockedAt = connOpen, 0, 0
	k.node.dialing--
	if k.inFlight() > 0 {
		c.markDirty(k)
	}
	c.markRoom(k)
}

func (c *core) greetAnswer(k *conn, reply *resp.Reply, now int64) {
	if reply.IsError() {
		c.dialFailed(k, c.words.intern(reply.Text), string(reply.Text), now)
		return
	}
	if k.greeted--; k.greeted == 0 {
		c.opened(k)
	}
}

// dialFailed says that a connection could not be opened. Requests that wait
// for a node that has been unreachable for NodeFailAfter fail with the cause.
func (c *core) dialFailed(k *conn, cause, detail string, now int64) {
	n := k.node
	c.close(k)
	n.failed(cause, detail, now)
	c.detour(n, now)
	if n.downFor(now) >= int64(NodeFailAfter) {
		c.failWaiting(n, now)
	} else if k.inFlight() > 0 {
		c.tryDial(k, now)
	}
}

// failWaiting fails what was not written to a node.
func (c *core) failWaiting(n *node, now int64) {
	for f := c.unwritten(n); f != nil; f = c.unwritten(n) {
		c.fail(f, n, now)
	}
}

func (c *core) fail(f *flight, n *node, now int64) {
	f.Status, f.Err, f.Node = request.Failed, n.cause, -1
	c.finish(f, now)
}

// lost says that an open connection ended. What was written to it may have
// been carried out or not, so its outcome is unknown and it is never sent
// again; what was not written goes on.
func (c *core) lost(k *conn, cause, detail string, now int64) {
	if k.state == connDialing || k.state == connGreeting {
		c.dialFailed(k, cause, detail, now)
		return
	}
	n := k.node
	broken := k.head != k.sent || k.partial > 0 || !k.heard || cause == targets.ClassProtocol
	head, sent, tail := k.head, k.sent, k.tail
	ring := k.ring
	c.close(k)
	if broken {
		n.failed(cause, detail, now)
	}
	for i := head; i != sent; i++ {
		f := ring[i&uint32(len(ring)-1)]
		f.Status, f.Err, f.Node = request.Unknown, cause, int16(n.index)
		if cause == targets.ClassTimeout && now-f.Written >= c.limits.timeout {
			f.Status = request.TimedOut
		}
		c.finish(f, now)
	}
	if c.closed {
		if k.head != k.tail {
			c.tryDial(k, now)
		}
		return
	}
	for i := tail; i != sent; i-- {
		f := ring[(i-1)&uint32(len(ring)-1)]
		f.node = int16(n.index)
		c.place(f, true, now)
	}
	k.head, k.sent, k.tail = 0, 0, 0
}

// close takes a connection out of service. What was written to it is not its
// any more; what was not written stays in its ring.
func (c *core) close(k *conn) {
	if k.state == connClosed {
		return
	}
	if k.state != connOpen {
		k.node.dialing--
	}
	k.node.live--
	k.state = connClosed
	k.generation++
	k.head, k.partial = k.sent, 0
	k.reader, k.firstAt, k.early = resp.ReplyReader{}, 0, k.early[:0]
	c.doomed = append(c.doomed, k.socket)
	k.socket = socket{}
	c.markRoom(k)
}

// check looks for what is overdue: answers, connections, nodes to try again.
func (c *core) check(now int64) {
	c.nextCheck = now + c.limits.check
	c.appoint(now)
	for _, k := range c.conns {
		switch k.state {
		case connDialing, connGreeting:
			if now-k.dialedAt >= c.limits.connect {
				c.dialFailed(k, targets.ClassConnTimeout, "", now)
			}
		case connOpen:
			since := now
			if k.head != k.sent {
				since = k.at(k.head).Written
			} else if k.head != k.tail && k.blockedAt != 0 {
				since = k.blockedAt // the server does not read
			}
			if now-since >= c.limits.timeout {
				c.lost(k, targets.ClassTimeout, "", now)
			}
		case connClosed:
			if k.head != k.tail {
				c.tryDial(k, now)
			}
		}
	}
	c.checkGone(now)
}

// checkGone says whether every node has been unreachable for long enough.
// Nodes that nothing is known of are tried once the others have been so for
// half of that.
func (c *core) checkGone(now int64) {
	c.gone = ""
	shortest := int64(-1)
	worst := c.nodes[0]
	var untried []*node
	for _, n := range c.nodes {
		switch {
		case n.failures > 0 && !n.liveHeard():
			if down := n.downFor(now); shortest < 0 || down < shortest {
				shortest, worst = down, n
			}
		case n.live > 0:
			return
		default:
			untried = append(untried, n)
		}
	}
	if shortest < c.limits.gone/2 {
		return
	}
	for _, n := range untried {
		c.tryDial(c.connOf(n, 0), now)
	}
	if len(untried) == 0 && shortest >= c.limits.gone {
		c.gone = fmt.Sprintf("no node answers: %s: %s", c.book.get(worst.index).addr, worst.cause)
		if worst.detail != "" {
			c.gone += " (" + worst.detail + ")"
		}
	}
}

// stop ends the issuing: what no connection took is not sent any more.
func (c *core) stop(why string, now int64) {
	if c.stage == stageEnded {
		return
	}
	if c.stage == stageRunning {
		c.stage, c.drainUntil = stageDraining, now+c.phase.drain
	}
	c.aborted = why
	c.dropWaiting(now)
}

// abort ends the phase at once.
func (c *core) abort(why string, now int64) {
	if c.stage == stageEnded {
		return
	}
	c.aborted, c.cut = why, true
	c.end(now)
}

// end gives up what is still pending: what was written is cut off, what was
// not was never sent. Connections that owe an answer are closed, so that no
// answer leaks into the next phase.
func (c *core) end(now int64) {
	c.stage = stageEnded
	c.dropWaiting(now)
	for _, k := range c.conns {
		if k.head == k.tail && k.partial == 0 {
			continue
		}
		head, tail := k.head, k.tail
		c.close(k)
		for ; head != tail; head++ {
			c.giveUp(k.at(head), now)
		}
		k.head, k.sent, k.tail = 0, 0, 0
	}
	c.freeLen = 0
	c.merge.heap = c.merge.heap[:0]
	c.hangar.trim()
}

// dropWaiting gives up what stands in queues.
func (c *core) dropWaiting(now int64) {
	for _, n := range c.waiting {
		for f := n.queue.pop(); f != nil; f = n.queue.pop() {
			c.queuedBytes -= f.queueCost()
			c.giveUp(f, now)
		}
		n.waiting = false
	}
	c.waiting = c.waiting[:0]
	for f := c.delayed.pop(); f != nil; f = c.delayed.pop() {
		c.giveUp(f, now)
	}
}

func (c *core) giveUp(f *flight, now int64) {
	f.Status = request.Unsent
	if f.started {
		f.Status, f.Node = request.CutOff, f.node
	}
	c.finish(f, now)
}
