package wire

// A server alone may be one that Sentinels watch: then another may take its
// place. Requests that no connection has taken go there, those that were
// written end as they do when a connection is lost.

// appoint turns to the server that is the primary by now.
func (c *core) appoint(now int64) {
	if c.owners != nil || c.primary == nil {
		return
	}
	to := c.book.index(c.primary())
	if to < 0 {
		return
	}
	c.growNodes(int(to) + 1)
	c.alone = int16(to)
	for _, n := range c.nodes {
		if n.index == to {
			continue
		}
		for f := c.unwritten(n); f != nil; f = c.unwritten(n) {
			f.node = c.alone
			c.place(f, false, now)
		}
	}
}
