package wire

// A node that can't be reached may have lost its slots: a replica took its
// place, or it was removed. Whoever knows is another node, so with every failed
// attempt to connect one request that waits for the node is sent elsewhere:
//
//	MOVED to the same node    it waits on, as before
//	MOVED to another          the node has lost slots: from then on, and until
//	                          it answers again, whatever goes to it goes elsewhere
//	anything else             is the request's answer
//
// A detour is no hop of the request's, but its MOVED is counted.

// detour sends a request that waits for a node elsewhere, or all of them if the
// node has lost slots.
func (c *core) detour(n *node, now int64) {
	if c.owners == nil {
		return
	}
	for {
		other := c.elsewhere(n)
		if other == nil {
			return
		}
		f := c.unwritten(n)
		if f == nil {
			return
		}
		f.node, f.detour = int16(other.index), true
		c.place(f, true, now)
		if !n.lost {
			return
		}
	}
}

// elsewhere is another node, in turn: one that answers, or else one of which
// nothing bad is known. nil: there is none.
func (c *core) elsewhere(n *node) *node {
	var unknown *node
	for range c.nodes {
		c.asked = (c.asked + 1) % len(c.nodes)
		switch other := c.nodes[c.asked]; {
		case other == n || other.failures > 0:
		case other.liveHeard():
			return other
		default:
			unknown = other
		}
	}
	return unknown
}

// unwritten takes the next request that waits for a node, nil if none does.
func (c *core) unwritten(n *node) *flight {
	if f := n.queue.pop(); f != nil {
		c.queuedBytes -= f.queueCost()
		return f
	}
	for _, k := range n.conns {
		if k != nil && k.state == connClosed && k.tail != k.head {
			k.head++
			k.sent = k.head
			return k.at(k.head - 1)
		}
	}
	return nil
}

// lostSlots notes that a slot of a node that can't be reached has moved.
func (c *core) lostSlots(from int16, now int64) {
	if from < 0 {
		return
	}
	if n := c.nodes[from]; n.failures > 0 && !n.lost {
		n.lost = true
		c.detour(n, now)
	}
}
