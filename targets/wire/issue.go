package wire

import (
	"slotbench/internal/request"
	"slotbench/internal/slot"
)

// issueClosed makes the next batch of one client that is free. The caller
// sends it before the next client's turn, while it is in the nearest cache.
func (c *core) issueClosed(now int64) {
	if c.nanos > 0 && now >= c.nanos {
		c.ended = len(c.clients) // who still waits for answers issues nothing after them
		return
	}
	if !c.eager() {
		return
	}
	id := c.free[c.freeHead]
	if c.freeHead++; c.freeHead == len(c.free) {
		c.freeHead = 0
	}
	c.freeLen--
	cl, s := &c.clients[id], &c.streams[id]
	for i := 0; i < c.pipeline && s.left > 0; i++ {
		f := c.hangar.take()
		if !s.Source.Next(&f.Request) {
			c.hangar.put(f)
			s.left = 0
			break
		}
		if len(f.Frame) == 0 {
			c.hangar.put(f)
			if cl.out == 0 {
				c.starve(id, now)
				return
			}
			break
		}
		c.hangar.filled(f)
		s.left--
		f.client = id
		cl.out++
		c.issue(f, cl.freeAt, now)
	}
	if cl.out == 0 {
		c.ended++
	}
}

// starvedNanos is after how long a source that had nothing is asked again.
const starvedNanos = 200_000

// starve puts a client aside whose source has nothing yet.
func (c *core) starve(id int32, now int64) {
	if len(c.starved) == 0 {
		c.feedAt = now + starvedNanos
	}
	c.starved = append(c.starved, id)
}

// feed puts the clients that starve in line again. What they waited is
// nobody's response time: they are free from now on.
func (c *core) feed(now int64) {
	if len(c.starved) == 0 || now < c.feedAt {
		return
	}
	for _, id := range c.starved {
		c.release(id, now)
	}
	c.starved = c.starved[:0]
}

// eager says whether a client waits for its turn to issue.
func (c *core) eager() bool {
	return c.freeLen > 0 && c.closed && c.stage == stageRunning
}

// issueOpen makes the requests that are due.
func (c *core) issueOpen(now int64) {
	for range issueBatch {
		s, due, ok := c.merge.next(now)
		if !ok {
			return
		}
		f := c.hangar.take()
		if !s.Source.Next(&f.Request) {
			c.hangar.put(f)
			c.merge.drop()
			continue
		}
		if len(f.Frame) == 0 {
			c.hangar.put(f)
			c.merge.again()
			continue
		}
		c.hangar.filled(f)
		c.merge.advance()
		c.issue(f, due, now)
	}
}

// issue sends a new request on its way.
func (c *core) issue(f *flight, due, now int64) {
	f.Due, f.Ready = due, now
	f.node = c.route(&f.Request)
	if n := c.nodes[f.node]; n.lost {
		if other := c.elsewhere(n); other != nil {
			f.node, f.detour = int16(other.index), true
		}
	}
	c.lastDue, c.lastReady = max(c.lastDue, due), now
	c.pending++
	c.place(f, false, now)
}

// route is the node that owns the request's slot; of a slot without an owner,
// the first, whose answer tells more.
func (c *core) route(r *request.Request) int16 {
	if c.owners == nil {
		return c.alone
	}
	s := int(r.Slot) >> c.shift
	if c.count > slot.DefaultCount {
		s = int(c.count.Of(r.Key()))
	}
	return max(0, c.owners[s])
}
