package server

// touch puts a connection on the list of those to write to.
func (l *loop) touch(c *conn) {
	if !c.dirty {
		c.dirty = true
		l.dirty = append(l.dirty, c)
	}
}

// answered looks after a reply that was appended.
func (l *loop) answered(c *conn) {
	c.closing = c.closing || c.client.CloseAfterReply
	if c.pending() > 0 || c.closing {
		l.touch(c)
	}
	if c.pending() > keepBytes && c.tooSlow(l.outputLimit(c), l.nowMillis()) {
		l.dropSlow(c)
	}
}

// outputLimit is the bound of the connection's class.
func (l *loop) outputLimit(c *conn) OutputLimit {
	if l.server.dispatcher.Subscribed(&c.client) {
		return l.config.PubsubOutput
	}
	return l.config.Output
}

func (l *loop) dropSlow(c *conn) {
	l.server.log.Warn("closing a client beyond client-output-buffer-limit", "addr", c.client.Addr, "bytes", c.pending())
	l.server.outputCut.Add(1)
	l.close(c)
}

// flush writes what the socket takes, as long as others need not wait for it.
func (l *loop) flush(c *conn) {
	for written := 0; c.pending() > 0; {
		if written >= writesATurn {
			l.touch(c)
			return
		}
		n := c.socket.send(c.out[c.sent:min(len(c.out), c.sent+writesATurn)])
		switch n {
		case 0:
			l.wantWrite(c, true)
			return
		case gone:
			l.close(c)
			return
		}
		l.bytesOut.Add(int64(n))
		c.written(n)
		written += n
	}
	l.wantWrite(c, false)
	if c.closing {
		l.close(c)
	}
}

func (l *loop) wantWrite(c *conn, want bool) {
	if c.writing != want {
		c.writing = want
		l.engine.change(c)
	}
}
