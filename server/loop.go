package server

import (
	"sync"
	"sync/atomic"
	"time"

	"slotbench/server/command"
)

// The event loop's own figures.
const (
	inputBytes      = 256 << 10 // the buffer that connections without leftovers share
	housekeepMillis = 1000
	idleKeepMillis  = 2000 // a silent connection keeps its buffers
)

// loop is one event loop. Each round it reads from every connection that has
// something, runs the commands, and writes all replies:
//
//	wait -> receive … -> run … -> send … -> wait
//
// Connections, buffers and context belong to its goroutine; others post.
type loop struct {
	server *Server
	number int
	engine engine
	stats  *command.Stats
	run    *command.Context

	conns    []*conn // by their place; nil: free
	free     []int   // places
	count    atomic.Int64
	ready    []*conn // have something to read or to run
	spare    []*conn // the memory of the last round's ready
	dirty    []*conn // have something to write
	clean    []*conn // the memory of the last round's dirty
	input    []byte
	batch    batch
	contexts []*command.Context // of commands off the loop that are done
	config   *Config            // of this round
	now      time.Time
	tidied   int64 // Unix milliseconds of the last housekeeping
	stopped  bool

	busyNanos         atomic.Int64 // outside of waiting
	bytesIn, bytesOut atomic.Int64

	mu     sync.Mutex
	posted []func() // to be run on the loop
	ended  bool     // posts are refused
}

func newLoop(s *Server, number int) (*loop, error) {
	l := &loop{server: s, number: number, input: make([]byte, inputBytes)}
	var err error
	l.engine, err = s.ports.engine(l)
	return l, err
}

// post has task run on the loop's goroutine soon. It reports false if the loop
// has ended.
func (l *loop) post(task func()) bool {
	l.mu.Lock()
	first := len(l.posted) == 0
	ended := l.ended
	if !ended {
		l.posted = append(l.posted, task)
	}
	if first && !ended { // under the lock: the engine is still there
		l.engine.wake()
	}
	l.mu.Unlock()
	return !ended
}

// serve runs until a posted task sets stopped.
func (l *loop) serve() error {
	idle := false
	for !l.stopped {
		wait := briefly
		switch {
		case len(l.ready)+len(l.dirty) > 0: // somebody is to have another turn
			wait = atOnce
		case idle:
			wait = long
		}
		n, woken, err := l.engine.wait(wait)
		if err != nil {
			l.stop()
			l.runPosted()
			return err
		}
		idle = n == 0 && len(l.ready)+len(l.dirty) == 0
		l.now = time.Now()
		l.round(woken)
		l.busyNanos.Add(int64(time.Since(l.now)))
	}
	l.runPosted() // what came before the end; the poster may wait for it
	return nil
}

func (l *loop) nowMillis() int64 { return l.now.UnixMilli() }

// round serves what has happened.
func (l *loop) round(woken bool) {
	l.config = l.server.config.Load()
	l.run.NowMillis = l.nowMillis()
	// Tasks come first: a connection that one of them gives away is then not yet
	// on this round's list.
	// The engine has taken the wake back already, so that none is lost.
	if woken {
		l.runPosted()
	}
	l.engine.report()
	l.serveReady()
	l.flushDirty()
	l.run.Publish()
	if now := l.nowMillis(); now-l.tidied >= housekeepMillis {
		l.tidied = now
		l.housekeep(now)
	}
}

// flushDirty writes the replies of this round.
func (l *loop) flushDirty() {
	dirty := l.dirty
	l.dirty = l.clean[:0] // for those who have more than a turn takes
	for _, c := range dirty {
		c.dirty = false
		if !c.closed {
			l.flush(c)
		}
	}
	clear(dirty)
	l.clean = dirty[:0]
}

// runPosted runs what others posted.
func (l *loop) runPosted() {
	l.mu.Lock()
	posted := l.posted
	l.posted = nil
	l.mu.Unlock()
	for _, task := range posted {
		task()
	}
}

// event notes what the engine tells of a connection.
func (l *loop) event(c *conn, told signals) {
	if told&writable != 0 {
		l.flush(c)
	}
	switch {
	case c.closed:
	case c.parked && told&broken != 0:
		l.close(c) // nobody is left to hear the answer
	case c.parked && c.client.Waiter != nil && told&ended != 0:
		l.close(c) // it does not wait any more
	case c.parked && !c.deaf && told&readable != 0:
		c.deaf = true
		l.engine.change(c)
	case !c.parked && !c.waiting && told&(readable|broken) != 0:
		l.ready = append(l.ready, c)
	}
}

// close ends a connection at once.
func (l *loop) close(c *conn) {
	if c.closed {
		return
	}
	c.closed = true
	if c.timer != nil {
		c.timer.Stop()
	}
	l.server.dispatcher.Leave(&c.client, l.nowMillis())
	l.forget(c)
	c.socket.close()
	l.server.clients.Add(-1)
}

// forget takes a connection off the loop.
func (l *loop) forget(c *conn) {
	l.engine.forget(c)
	l.conns[c.place] = nil
	l.free = append(l.free, c.place)
	l.count.Add(-1)
}

// adopt makes a connection the loop's own.
func (l *loop) adopt(c *conn) {
	if n := len(l.free); n > 0 {
		c.place, l.free = l.free[n-1], l.free[:n-1]
		l.conns[c.place] = c
	} else {
		c.place = len(l.conns)
		l.conns = append(l.conns, c)
	}
	l.count.Add(1)
	if err := l.engine.adopt(c); err != nil {
		l.server.log.Warn("cannot serve a connection", "addr", c.client.Addr, "error", err)
		l.close(c)
	}
}
