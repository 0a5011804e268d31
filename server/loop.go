package server

import (
	"sync"
	"sync/atomic"
	"time"

	"slotbench/internal/resp"
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
		case len(l.ready) > 0: // somebody is to have another turn
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
		idle = n == 0 && len(l.ready) == 0
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
	for _, c := range l.dirty {
		c.dirty = false
		if !c.closed {
			l.flush(c)
		}
	}
	clear(l.dirty)
	l.dirty = l.dirty[:0]
	l.run.Publish()
	if now := l.nowMillis(); now-l.tidied >= housekeepMillis {
		l.tidied = now
		l.housekeep(now)
	}
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

// serveReady reads from all that are ready, as far as the loop's buffers go,
// looks up what their commands are about to touch, runs them, and so on.
func (l *loop) serveReady() {
	ready := l.ready
	l.ready = l.spare[:0] // for those who need another turn
	for at := 0; at < len(ready); {
		used, first := 0, at
		l.batch.clear()
		for at < len(ready) && used+readBytes <= len(l.input) && len(l.batch.items) < batchCommands {
			c := ready[at]
			used += l.receive(c, l.input[used:used+readBytes])
			if !c.closed {
				l.parse(c)
			}
			at++
		}
		if len(l.batch.hints) > 1 {
			l.server.dispatcher.Store.Prefetch(l.batch.hints)
		}
		l.run.Mark()
		for i := range l.batch.items {
			l.execute(&l.batch.items[i])
			if i%command.GroupCommands == command.GroupCommands-1 {
				l.run.Check()
			}
		}
		l.run.Check()
		for _, c := range ready[first:at] {
			l.endTurn(c)
		}
	}
	clear(ready)
	l.spare = ready[:0]
}

// receive reads into the connection's own buffer if that holds something, else
// into shared, and returns how much of shared is used up.
func (l *loop) receive(c *conn, shared []byte) (used int) {
	if c.closed {
		return 0
	}
	if c.waiting {
		c.waiting = false
		c.turn = c.in
		return 0
	}
	own := len(c.in) > 0
	into := shared
	if own {
		c.room()
		into = c.in[len(c.in):cap(c.in)]
	}
	n := c.socket.receive(into)
	switch n {
	case 0:
		c.turn = c.in
		return 0
	case gone:
		l.close(c)
		return 0
	}
	l.bytesIn.Add(int64(n))
	if !own {
		c.turn = shared[:n:n]
		return (n + 63) &^ 63
	}
	c.in = c.in[:len(c.in)+n]
	c.turn = c.in
	return 0
}

// parse splits a connection's turn into commands.
func (l *loop) parse(c *conn) {
	c.client.ActiveMillis = l.nowMillis()
	limit := commandsATurn
	if !c.client.Authenticated { // AUTH lifts the reader's limits
		limit = 1
	}
	c.reader.Unauthenticated = !c.client.Authenticated
	c.reader.MaxBulk = int(l.config.MaxBulkBytes)
	b := &l.batch
	rest := c.turn
	for commands := 0; len(rest) > 0 && !c.closing && !c.parked; commands++ {
		if commands == limit || commands > 0 && rest[0] != '*' {
			// An inline command is unescaped in place: it must not be read twice.
			l.again(c)
			break
		}
		first := len(b.args)
		args, size, err := c.reader.Next(rest, b.args)
		if size == 0 && err == nil {
			break
		}
		b.args = args
		rest = rest[size:]
		item := item{c: c, args: args[first:len(args):len(args)], size: size, rest: rest, err: err}
		if err != nil {
			rest = nil
		}
		if err == nil && len(item.args) > 0 {
			b.prepare(&item, l.server.dispatcher)
		}
		b.items = append(b.items, item)
	}
	c.rest, c.unread = c.turn, len(rest)
}

// execute runs one command of the batch, unless its connection has stopped.
func (l *loop) execute(it *item) {
	c := it.c
	if c.closed || c.parked || c.closing || c.said > repliesATurn {
		return
	}
	c.rest = it.rest
	switch {
	case it.err != nil:
		c.out = resp.AppendError(c.out, "ERR "+it.err.Error())
		l.server.log.Debug("closing a client for what it sent", "addr", c.client.Addr, "error", it.err)
		c.closing = true
		l.touch(c)
	case len(it.args) > 0:
		l.command(c, it.prepared, it.args, it.size)
	}
}

// endTurn keeps what a connection sent and did not run.
func (l *loop) endTurn(c *conn) {
	if c.closed {
		return
	}
	if len(c.rest) != c.unread { // it stopped on the way: what was read ahead is read again
		c.reader = resp.CommandReader{}
	}
	if c.closing {
		c.rest = nil
	}
	c.keep(c.rest)
	if c.said > repliesATurn && len(c.in) > 0 && !c.closing {
		l.again(c) // others are to be served between large replies
	}
	c.said = 0
	if bytes := int64(len(c.in)) + c.client.HeldBytes(); bytes > l.config.QueryLimitBytes {
		l.server.log.Warn("closing a client beyond client-query-buffer-limit", "addr", c.client.Addr, "bytes", bytes)
		l.server.queryCut.Add(1)
		l.close(c)
	}
}

// again gives a connection another turn without reading.
func (l *loop) again(c *conn) {
	if !c.waiting {
		c.waiting = true
		l.ready = append(l.ready, c)
	}
}

// touch puts a connection on the list of those to write to.
func (l *loop) touch(c *conn) {
	if !c.dirty {
		c.dirty = true
		l.dirty = append(l.dirty, c)
	}
}

// command runs one command.
func (l *loop) command(c *conn, p command.Prepared, args [][]byte, size int) {
	x := l.run
	x.Client, x.Args, x.Out = &c.client, args, c.out
	outcome := x.Run(p, size)
	c.said += len(x.Out) - len(c.out)
	c.out, x.Out = x.Out, nil
	switch outcome {
	case command.Done:
		l.answered(c)
	case command.Parked:
		l.server.waiting.Add(1)
		l.park(c, args, size)
	case command.Detached:
		l.park(c, args, size)
		l.detach(c)
	case command.Blocked:
		l.block(c)
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

// flush writes what the socket takes.
func (l *loop) flush(c *conn) {
	for c.pending() > 0 {
		n := c.socket.send(c.out[c.sent:])
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
