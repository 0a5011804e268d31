package server

import "slotbench/server/command"

// push hands a message that is no reply over to the connection's loop. It may
// be called from any goroutine. What waits for a loop counts against the limit
// of the pubsub class, so that a loop that is busy does not fill the memory.
func (s *Server) push(c *conn, frame []byte) {
	size := int64(len(frame))
	home := c.home.Load()
	limit := s.config.Load().PubsubOutput.HardBytes
	if waits := c.pushing.Add(size); limit > 0 && waits-size > limit {
		c.pushing.Add(-size)
		if !c.drowned.Swap(true) {
			home.post(func() { home.pushed(c, nil) })
		}
		return
	}
	home.post(func() { home.pushed(c, frame) })
}

// pushed appends a message to the replies; nil: there were too many.
func (l *loop) pushed(c *conn, frame []byte) {
	c.pushing.Add(-int64(len(frame)))
	switch {
	case c.closed || c.closing:
		return
	case c.home.Load() != l: // it has left, and nothing is published to it any more
		return
	case frame == nil:
		l.dropSlow(c)
		return
	}
	c.out = command.AppendPushed(c.out, c.client.Proto, frame)
	if c.pending() > repliesATurn && !c.writing {
		l.flush(c) // who reads is not to be taken for one who does not
	}
	if !c.closed {
		l.answered(c)
	}
}
