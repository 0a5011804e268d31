package server

import (
	"sync/atomic"
	"time"

	"slotbench/internal/resp"
	"slotbench/server/command"
)

// The buffers of a connection.
const (
	readBytes      = 16 << 10 // read at once
	lineEndBytes   = 3        // at most that a reader asks for when it does not know how much will come
	keepBytes      = 64 << 10 // of a buffer that an active connection keeps
	growAtOnce     = 1 << 20  // of an announced argument for which room is made before it comes
	commandsATurn  = 64       // of one connection before the others have theirs
	writesATurn    = 1 << 20  // bytes written to one connection before the others have theirs
	repliesATurn   = 1 << 20  // bytes of one connection before the others have theirs
	compactAtBytes = 64 << 10 // written replies that are cut off the buffer
)

// conn is one client's connection. Its loop owns it, but for what is said.
type conn struct {
	client command.Client
	reader resp.CommandReader
	socket socket
	place  int                  // in the loop's list
	home   atomic.Pointer[loop] // who owns it; other goroutines read it to post

	in   []byte // commands that came in part or did not have their turn
	turn []byte // this round's input: in, or a piece of the loop's buffer
	rest []byte // of turn, behind the last command that ran

	unread int    // bytes of turn behind the last command that was split off
	said   int    // bytes of replies to turn
	out    []byte // replies
	sent   int    // of out

	pushing atomic.Int64 // bytes of pushed messages that have not reached the loop; any goroutine

	drowned atomic.Bool // there were too many of them

	parked      bool     // waits: runs nothing
	deaf        bool     // is parked and has said something: the engine is to tell no more of that
	parkedArgs  [][]byte // the command that waits
	parkedBytes int
	timer       *time.Timer // ends the wait of a blocked command
	waiting     bool        // has input to run without reading
	dirty       bool        // is in the loop's list of those to write to
	writing     bool        // waits for the socket to take more
	closing     bool        // closes when out is written
	closed      bool
	softSince   int64 // Unix milliseconds since when out is beyond the soft limit; 0: it is not
}

// interest is the signals that the connection waits for.
func (c *conn) interest() signals {
	wanted := signals(0)
	switch {
	case !c.deaf:
		wanted |= readable
	case c.client.Waiter != nil: // it waits for others: its end is to be known
		wanted |= ended
	}
	if c.writing {
		wanted |= writable
	}
	return wanted
}

// room makes room in c.in for the next read: all that an argument was said to
// need, if that is little, else twice as much as has come.
func (c *conn) room() {
	need, free := c.reader.Need()+2, cap(c.in)-len(c.in)
	if need <= cap(c.in) && (free >= readBytes/4 || need > len(c.in)+lineEndBytes) {
		return
	}
	size := len(c.in) + max(readBytes, len(c.in))
	if least := len(c.in) + readBytes; need > least {
		size = max(least, min(need, max(growAtOnce, size)))
	}
	grown := make([]byte, len(c.in), size)
	copy(grown, c.in)
	c.in = grown
}

// keep holds on to the input that did not run yet.
func (c *conn) keep(rest []byte) {
	c.turn, c.rest = nil, nil
	switch {
	case len(rest) == 0 && cap(c.in) > keepBytes:
		c.in = nil
	case len(rest) == 0:
		c.in = c.in[:0]
	case len(c.in) == 0:
		c.in = append(c.in, rest...)
	case len(rest) < len(c.in):
		c.in = c.in[:copy(c.in, rest)]
	}
}

// pending is how many bytes of replies wait to be written.
func (c *conn) pending() int { return len(c.out) - c.sent }

// written notes that n bytes went out, and gives memory back.
func (c *conn) written(n int) {
	c.sent += n
	switch {
	case c.sent < len(c.out) && c.sent >= compactAtBytes && c.sent > len(c.out)/2:
		c.out = c.out[:copy(c.out, c.out[c.sent:])]
		c.sent = 0
	case c.sent < len(c.out):
	case cap(c.out) > keepBytes:
		c.out, c.sent = nil, 0
	default:
		c.out, c.sent = c.out[:0], 0
	}
}

// tooSlow says whether the client has left more replies unread than the
// configuration allows.
func (c *conn) tooSlow(limit OutputLimit, nowMillis int64) bool {
	pending := int64(c.pending())
	if limit.HardBytes > 0 && pending > limit.HardBytes {
		return true
	}
	if limit.SoftBytes == 0 || pending <= limit.SoftBytes {
		c.softSince = 0
		return false
	}
	if c.softSince == 0 {
		c.softSince = nowMillis
	}
	return nowMillis-c.softSince > limit.SoftSeconds*1000
}

// measure fills in what CLIENT LIST says of the buffers.
func (c *conn) measure() {
	c.client.QueryBytes = len(c.in)
	c.client.QueryFreeBytes = cap(c.in) - len(c.in)
	c.client.OutputBytes = c.pending()
}
