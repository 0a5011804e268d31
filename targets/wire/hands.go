package wire

// hands is who does with sockets what a core decides.
type hands interface {
	dial(*conn)    // begins to connect
	send(*conn)    // writes what there is, as much as goes
	shut([]socket) // closes those that are open
}

// work has the hands do what was decided: close, open and send.
func (c *core) work(h hands) {
	c.shutDoomed(h)
	for i := 0; i < len(c.dial); i++ { // one that fails at once may ask for another
		h.dial(c.dial[i])
	}
	c.dial = c.dial[:0]
	for i := 0; i < len(c.dirty); i++ {
		k := c.dirty[i]
		k.dirty = false
		if k.socket.open && (k.state == connOpen || k.state == connGreeting) {
			h.send(k)
		}
	}
	c.dirty = c.dirty[:0]
	c.shutDoomed(h)
}

func (c *core) shutDoomed(h hands) {
	if len(c.doomed) > 0 {
		h.shut(c.doomed)
		c.doomed = c.doomed[:0]
	}
}
