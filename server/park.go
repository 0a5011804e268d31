package server

import (
	"time"

	"slotbench/server/command"
)

// park keeps a connection from reading and running until its command, which
// is copied, is done or dispatched anew. What is told of it is changed only
// if the client sends more meanwhile, which few do: the calls would cost more
// than a short command off the loop.
func (l *loop) park(c *conn, args [][]byte, size int) {
	c.parked, c.parkedArgs, c.parkedBytes = true, command.CloneArgs(args), size
	l.changeDeaf(c)
}

// changeDeaf has the engine tell of the connection what it is to tell now, if it
// is one that has been made deaf.
func (l *loop) changeDeaf(c *conn) {
	if c.deaf {
		l.engine.change(c)
	}
}

// block parks a connection whose command waits for keys.
func (l *loop) block(c *conn) {
	c.parked = true
	l.changeDeaf(c)
	w := c.client.Waiter
	if w.TimeoutMillis > 0 {
		c.timer = time.AfterFunc(min(time.Duration(w.TimeoutMillis), maxTimerMillis)*time.Millisecond, func() { w.TimeOut() })
	}
}

// maxTimerMillis keeps a timeout within 64 bits of nanoseconds: a hundred years.
const maxTimerMillis = 100 * 365 * 24 * 60 * 60 * 1000

// unblock takes the reply of a blocked command.
func (l *loop) unblock(c *conn, reply []byte) {
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
	c.client.Waiter = nil
	if !l.unpark(c) {
		return
	}
	if c.client.Quieten() {
		reply = nil
	}
	c.out = append(c.out, reply...)
	l.answered(c)
}

// unpark lets a connection go on. It reports false if it is closed meanwhile.
func (l *loop) unpark(c *conn) bool {
	c.parked = false
	if c.closed {
		return false
	}
	if c.deaf {
		c.deaf = false
		l.engine.change(c)
	}
	l.again(c)
	return true
}

// detach runs a parked command on a goroutine of its own. It works on a copy
// of the client, since CLIENT LIST may look at the connection meanwhile.
func (l *loop) detach(c *conn) {
	client := c.client
	x := l.spareContext()
	x.Client, x.Args, x.NowMillis = &client, c.parkedArgs, l.nowMillis()
	x.CameAs(c.parkedBytes)
	l.server.detached.Go(func() {
		x.RunDetached()
		l.post(func() { l.land(c, client, x) })
	})
}

// maxSpareContexts is how many contexts of commands off the loop are kept for
// the next ones.
const maxSpareContexts = 16

func (l *loop) spareContext() *command.Context {
	if n := len(l.contexts); n > 0 {
		x := l.contexts[n-1]
		l.contexts = l.contexts[:n-1]
		return x
	}
	return l.server.dispatcher.NewContext(l.stats)
}

// land takes the reply of a detached command.
func (l *loop) land(c *conn, client command.Client, x *command.Context) {
	reply := x.Out
	x.Client, x.Args, x.Out = nil, nil, nil
	if len(l.contexts) < maxSpareContexts {
		l.contexts = append(l.contexts, x)
	}
	c.parkedArgs = nil
	if !l.unpark(c) {
		l.server.dispatcher.Leave(&client, l.nowMillis()) // what it asked for meanwhile
		return
	}
	c.client = client
	if c.out == nil {
		c.out = reply
	} else {
		c.out = append(c.out, reply...)
	}
	l.answered(c)
}

// resume runs a parked command anew.
func (l *loop) resume(c *conn) {
	l.server.waiting.Add(-1)
	args, size := c.parkedArgs, c.parkedBytes
	c.parkedArgs = nil
	if l.unpark(c) {
		p, _, _ := l.server.dispatcher.Prepare(args)
		l.run.Mark()
		l.command(c, p, args, size)
		l.run.Check()
	}
}

// housekeep closes clients that are idle or slow for too long, takes the
// buffers of silent ones, and listens again where it had stopped.
func (l *loop) housekeep(nowMillis int64) {
	l.engine.tidy()
	timeout := int64(l.config.TimeoutSeconds) * 1000
	for _, c := range l.conns {
		if c == nil {
			continue
		}
		idle := nowMillis - c.client.ActiveMillis
		switch {
		case c.pending() > 0 && c.tooSlow(l.outputLimit(c), nowMillis):
			l.dropSlow(c)
		case timeout > 0 && idle > timeout && !c.parked:
			l.server.log.Debug("closing an idle client", "addr", c.client.Addr)
			l.close(c)
		case idle > idleKeepMillis:
			if len(c.in) == 0 {
				c.in = nil
			}
			if c.pending() == 0 {
				c.out, c.sent = nil, 0
			}
			c.socket.rest()
		}
	}
}

// visit calls see for every connection and closes those for which it says so.
func (l *loop) visit(see func(*command.Client) (kill bool)) {
	for _, c := range l.conns {
		if c == nil {
			continue
		}
		c.measure()
		if see(&c.client) {
			l.close(c)
		}
	}
}

// handOver gives up to n connections that are at rest to another loop.
func (l *loop) handOver(n int, to *loop) {
	for _, c := range l.conns {
		if n == 0 {
			return
		}
		if c == nil || c.parked || c.waiting || c.dirty || c.writing || c.closing || l.server.dispatcher.Pinned(&c.client) {
			continue
		}
		l.forget(c)
		c.home.Store(to)
		l.server.give(c, to)
		n--
	}
}

// stop ends the loop: posts are refused from now on, replies that are due are
// written as far as the sockets take them, and all is closed.
func (l *loop) stop() {
	l.stopped = true
	l.mu.Lock()
	l.ended = true
	l.mu.Unlock()
}

// leave closes the connections.
func (l *loop) leave() {
	for _, c := range l.conns {
		if c != nil {
			for l.flush(c); c.dirty; l.flush(c) { // no others are served any more
				c.dirty = false
			}
			l.close(c)
		}
	}
}

// clock reads the monotonic clock in nanoseconds.
func clock() func() int64 {
	start := time.Now()
	return func() int64 { return int64(time.Since(start)) }
}
