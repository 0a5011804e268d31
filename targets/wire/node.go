package wire

import "math/bits"

// node is a worker's view of one node of the target.
type node struct {
	index int32 // in core.nodes, and in the address book
	conns []*conn
	queue flights // open loop: requests that no connection took yet
	// room has a bit for each open connection with fewer than the pipeline's
	// number of requests in flight (open loop only).
	room    []uint64
	waiting bool // stands in core.waiting
	live    int  // connections that are not closed
	dialing int  // of those, the ones that are not open yet
	health
}

// health is what a worker knows of whether a node can be reached.
//
// Only an answer clears it: a stopped process still accepts connections, and
// a server that is full accepts them to close them.
type health struct {
	failures  int    // since the last answer
	downSince int64  // the first of them; meaningless at failures 0
	retryAt   int64  // no connection is opened before
	cause     string // of the last failure: an interned word
	detail    string // what the server said, where it said something
	lost      bool   // slots of the node have other owners by now
}

// failed notes a failure and says when to try again: at once after the first,
// then 1 ms, 2 ms … 100 ms later.
func (h *health) failed(cause, detail string, now int64) {
	if h.failures == 0 {
		h.downSince = now
		h.retryAt = now
	} else {
		h.retryAt = now + min(maxBackoffNanos, int64(firstBackoffNanos)<<min(h.failures-1, 20))
	}
	h.failures++
	h.cause, h.detail = cause, detail
}

// downFor is how long the node has not answered, 0 if it has not failed.
func (h *health) downFor(now int64) int64 {
	if h.failures == 0 {
		return 0
	}
	return now - h.downSince
}

// connOf is the client's connection to the node, closed at first.
func (c *core) connOf(n *node, client int32) *conn {
	for int(client) >= len(n.conns) {
		n.conns = append(n.conns, nil)
	}
	k := n.conns[client]
	if k == nil {
		k = &conn{id: int32(len(c.conns)), client: client, node: n}
		c.conns = append(c.conns, k)
		n.conns[client] = k
		if int(client)/64 >= len(n.room) {
			n.room = append(n.room, make([]uint64, int(client)/64+1-len(n.room))...)
		}
	}
	return k
}

// firstRoom is the first connection that can take a request, nil if none can.
func (n *node) firstRoom() *conn {
	for word, set := range n.room {
		if set != 0 {
			return n.conns[word*64+bits.TrailingZeros64(set)]
		}
	}
	return nil
}

// markRoom keeps a connection's bit of room (open loop).
func (c *core) markRoom(k *conn) {
	bit := uint64(1) << (k.client % 64)
	if !c.closed && k.state == connOpen && k.inFlight() < c.pipeline && int(k.client) < len(c.clients) {
		k.node.room[k.client/64] |= bit
	} else {
		k.node.room[k.client/64] &^= bit
	}
}

// liveHeard says whether a connection that has answered is still open.
func (n *node) liveHeard() bool {
	for _, k := range n.conns {
		if k != nil && k.state == connOpen && k.heard {
			return true
		}
	}
	return false
}
