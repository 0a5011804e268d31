package wire

import (
	"strconv"

	"slotbench/internal/resp"
)

// connState is where a connection stands:
//
//	         dial            connected             greeted
//	closed --------> dialing ---------> greeting ----------> open
//	   ^                |     (connected, no greeting needed)  |
//	   |                |                   |                  |
//	   +----------------+------- lost ------+------------------+
type connState uint8

const (
	connClosed connState = iota
	connDialing
	connGreeting
	connOpen
)

// conn is one client's connection to one node. The requests given to it stand
// in ring from head to tail: those up to sent are with the server, the others
// wait to be written.
type conn struct {
	id     int32 // index of core.conns
	client int32
	node   *node
	state  connState
	dirty  bool // stands in core.dirty
	heard  bool // the server answered something since it was opened
	// generation tells events of this connection from those of one that had
	// the same place before.
	generation int32

	ring             []*flight // a power of two long
	head, sent, tail uint32
	partial          int   // bytes of ring[sent] that are written already
	blockedAt        int64 // since when the kernel takes nothing more; 0: it takes all

	// What the last gather took, to take back what the kernel refused.
	gatheredFrom    uint32
	gatheredPartial int

	reader   resp.ReplyReader
	firstAt  int64 // when the first byte of the unfinished answer was read; 0: there is none
	dialedAt int64
	greeted  int    // answers to the greeting that are still to come
	early    []byte // the first error among the answers to the request at head before its last; "" without one

	// The loop's own.
	socket socket
	rest   []byte // of an answer that is not all there
}

// socket is what the loop knows a connection by.
type socket struct {
	fd   int
	open bool // fd is one
}

func (k *conn) at(i uint32) *flight { return k.ring[i&uint32(len(k.ring)-1)] }

// inFlight is how many requests the connection has, written or not.
func (k *conn) inFlight() int { return int(k.tail - k.head) }

func (k *conn) push(f *flight) {
	if k.inFlight() == len(k.ring) {
		grown := make([]*flight, max(8, 2*len(k.ring)))
		for i := k.head; i != k.tail; i++ {
			grown[i&uint32(len(grown)-1)] = k.at(i)
		}
		k.ring = grown
	}
	k.ring[k.tail&uint32(len(k.ring)-1)] = f
	k.tail++
}

// asking is what goes before a request that was answered with ASK.
var asking = resp.AppendCommand(nil, "ASKING")

// gather appends what is to be written, at most limit bytes, and takes it as
// written at now; wrote takes back what the kernel did not accept.
func (c *core) gather(k *conn, out []byte, limit int, now int64) []byte {
	if k.state == connGreeting {
		return c.gatherGreeting(k, out)
	}
	k.gatheredFrom, k.gatheredPartial = k.sent, k.partial
	for k.sent != k.tail && len(out) < limit {
		f := k.at(k.sent)
		if k.partial == 0 {
			f.skip, f.heard = f.asking, 0
		}
		if k.partial == 0 && !f.asking && len(f.Frame) <= limit-len(out) {
			out = append(out, f.Frame...)
		} else if out = k.gatherPart(f, out, limit); k.partial > 0 {
			return out
		}
		k.sent++
		f.Written = now
		if !f.started {
			f.started = true
			c.sent++
		}
	}
	return out
}

// gatherPart appends what is missing of a flight's bytes, as far as the limit
// lets it; partial is 0 when all of them are out.
func (k *conn) gatherPart(f *flight, out []byte, limit int) []byte {
	if f.asking && k.partial < len(asking) {
		n := min(len(asking)-k.partial, limit-len(out))
		out = append(out, asking[k.partial:k.partial+n]...)
		k.partial += n
	}
	from := k.partial
	if f.asking {
		if from < len(asking) {
			return out
		}
		from -= len(asking)
	}
	n := min(len(f.Frame)-from, limit-len(out))
	out = append(out, f.Frame[from:from+n]...)
	k.partial += n
	if from+n == len(f.Frame) {
		k.partial = 0
	}
	return out
}

// wrote says how many of the size bytes that were last gathered the kernel
// accepted.
func (c *core) wrote(k *conn, n, size int, now int64) {
	if n == size {
		k.blockedAt = 0
		return
	}
	if n > 0 || k.blockedAt == 0 {
		k.blockedAt = now
	}
	if k.state == connGreeting {
		c.greetingWritten(k, n)
		return
	}
	end := k.sent
	k.sent, k.partial = k.gatheredFrom, k.gatheredPartial
	for k.sent != end {
		f := k.at(k.sent)
		size := len(f.Frame) - k.partial
		if f.asking {
			size += len(asking)
		}
		if size > n {
			break
		}
		n -= size
		k.partial = 0
		k.sent++
	}
	k.partial += n
	for i := k.sent; i != end; i++ {
		f := k.at(i)
		// A request that was redirected here went out before: it stays sent.
		if f.hops == 0 {
			f.started, f.Written = false, 0
			c.sent--
		}
	}
}

// askedOnly says whether ASKING is out, and due an answer, while its command
// is not all written.
func (k *conn) askedOnly() bool {
	return k.head != k.tail && k.at(k.head).skip && k.partial >= len(asking)
}

// greeting is what a new connection says before anything else.
type greeting struct {
	frame   []byte
	answers int
}

func newGreeting(username, password string, protocol int) greeting {
	switch {
	case protocol == 3 && password != "":
		if username == "" {
			username = "default"
		}
		return greeting{resp.AppendCommand(nil, "HELLO", strconv.Itoa(protocol), "AUTH", username, password), 1}
	case protocol == 3:
		return greeting{resp.AppendCommand(nil, "HELLO", strconv.Itoa(protocol)), 1}
	case password != "" && username != "":
		return greeting{resp.AppendCommand(nil, "AUTH", username, password), 1}
	case password != "":
		return greeting{resp.AppendCommand(nil, "AUTH", password), 1}
	}
	return greeting{}
}

// While a connection greets, partial counts bytes of the greeting.
func (c *core) gatherGreeting(k *conn, out []byte) []byte {
	k.gatheredPartial = k.partial
	out = append(out, c.greeting.frame[k.partial:]...)
	k.partial = len(c.greeting.frame)
	return out
}

func (c *core) greetingWritten(k *conn, n int) { k.partial = k.gatheredPartial + n }
