package server

import (
	"slices"

	"slotbench/internal/resp"
	"slotbench/server/command"
)

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
		l.run.Mark()
		for part := range slices.Chunk(l.batch.items, batchPart) {
			l.runPart(part)
		}
		for _, c := range ready[first:at] {
			l.endTurn(c)
		}
	}
	clear(ready)
	l.spare = ready[:0]
}

// runPart runs some of a batch's commands, once what they will read has been
// asked for.
func (l *loop) runPart(part []item) {
	if hints := l.batch.hintsOf(part); len(hints) > 1 {
		l.server.dispatcher.Store.Prefetch(hints)
	}
	for i := range part {
		l.execute(&part[i])
		if i%command.GroupCommands == command.GroupCommands-1 {
			l.run.Check()
		}
	}
	l.run.Check()
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
