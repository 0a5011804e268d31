package command

// divert looks after what few commands meet: transactions, subscribers, pauses
// and slots that are held off the loop. It reports whether the command's fate
// is decided.
func (c *Context) divert(cmd *Command) (o Outcome, diverted bool) {
	client, alert := c.Client, c.alert.Load()
	tx := client.tx
	switch {
	case tx != nil && cmd.Flags&NoMulti != 0:
		c.Error("ERR Command not allowed inside a transaction")
		c.reject(cmd)
		return Done, true
	case tx != nil && cmd.Flags&AtOnce == 0 && !c.queueable(cmd):
		return c.notHeld(cmd), true
	case cmd.Flags&WhenSubscribed == 0 && client.Proto == 2 && c.Subscribed(client):
		c.Errorf("ERR Can't execute '%s': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context", cmd.full)
		c.reject(cmd)
		return Done, true
	case alert&alertPaused != 0 && c.awaitPause(cmd):
		return Parked, true
	case tx != nil && cmd == c.execCommand:
		return c.exec(), true
	case tx != nil && cmd.Flags&AtOnce == 0:
		c.enqueue(cmd)
		return Done, true
	case alert&alertOccupied != 0 && c.busy(cmd):
		c.reject(cmd)
		return Done, true
	case alert&alertOccupied != 0 && c.awaitOccupied(cmd):
		return Parked, true
	}
	return Done, false
}

// awaitOccupied has the client resumed when slots are free that the command
// needs and that are held off the loops now.
func (c *Context) awaitOccupied(cmd *Command) bool {
	switch {
	case cmd.Flags&OffLoop != 0:
		return false
	case cmd.reaches(c.Args):
		return c.occupied.anyOccupied(c.Client.Resume)
	case cmd.First == 0 && cmd.Keys == nil:
		return false
	}
	outAt := len(c.Out)
	failed := c.failed
	found := c.findSlots(cmd)
	occupied := found && c.occupied.awaitVacant(c.slots, c.Client.Resume)
	c.Out, c.failed, c.slots = c.Out[:outAt], failed, c.slots[:0] // what is wrong is answered later
	return occupied
}

// queueable says whether the keys of a command between MULTI and EXEC are here,
// and answers why not.
func (c *Context) queueable(cmd *Command) bool {
	c.positions = c.positions[:0]
	if cmd.First == 0 && cmd.Keys == nil {
		return true
	}
	if c.Router == nil {
		var ok bool
		if c.positions, ok = cmd.appendKeys(c.positions, c.Args); !ok {
			c.positions = c.positions[:0]
		}
		return true
	}
	if !c.lockSlots(cmd) {
		return false
	}
	here := len(c.positions) == 0 || c.routeHere(cmd, c.Client.tx.asking)
	c.release()
	return here
}

// enqueue queues a command that queueable has let pass.
func (c *Context) enqueue(cmd *Command) {
	tx := c.Client.tx
	if !tx.failed && (c.Client.watch == nil || !c.Client.watch.dirty.Load()) { // else EXEC will run none
		args := CloneArgs(c.Args)
		tx.queue = append(tx.queue, queued{args, c.bytesIn})
		tx.bytes += int64(c.bytesIn + queuedOverhead + argumentOverhead*len(args))
		tx.flags |= cmd.Flags
		if cmd.reaches(args) {
			tx.flags |= AllSlots
		}
		for _, at := range c.positions {
			if cmd.Flags&Pubsub != 0 {
				tx.channels = append(tx.channels, args[at])
				continue
			}
			tx.keys = append(tx.keys, args[at])
			if cmd.Flags&(Write|MayWrite) != 0 {
				tx.written = append(tx.written, args[at])
			}
		}
		c.Client.QueuedBytes = tx.bytes
	}
	c.Simple("QUEUED")
}
