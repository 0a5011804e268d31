package command

import "slotbench/server/store"

// execute runs the handler and returns the nanoseconds it is estimated to have
// taken: 0 where it is not of the sample.
func (c *Context) execute(cmd *Command) (nanos int64) {
	calls := &c.stats.calls[cmd.id]
	c.commands++
	weight := int64(1) // commands that this one stands for; 0: it is not timed
	if (cmd.First != 0 || cmd.Flags&Fast != 0) && cmd.Flags&OffLoop == 0 && c.latency.thresholdNanos.Load() == 0 {
		c.sample = c.sample*6364136223846793005 + 1442695040888963407
		weight = 0
		if c.sample>>60 == 0 { // one in sampleEvery
			weight = sampleEvery
		}
	}
	if weight > 0 || c.group.exact {
		client, args := c.Client, c.Args
		start := c.Clock()
		cmd.Run(c)
		nanos = c.Clock() - start
		c.group.since += nanos
		if c.detached && c.mode == Direct {
			weight = 1 // it stands for itself
		}
		c.note(cmd, client, args, nanos)
		calls.took(nanos, weight)
		c.noteLatency(cmd, nanos)
		nanos *= weight
	} else {
		cmd.Run(c)
		if work := cmd.rank + int64(len(c.Out)-c.replyAt+c.bytesIn); work > c.group.work {
			c.group.work, c.group.command, c.group.client, c.group.args = work, cmd, c.Client, c.Args
		}
	}
	if c.alert.Load()&alertMonitored != 0 {
		c.show(cmd)
	}
	calls.Calls.Add(1)
	if c.failed {
		calls.Failed.Add(1)
	}
	c.Client.Last = cmd
	return nanos
}

// charge writes the command to the accounts of its slots, in equal shares.
func (c *Context) charge(cmd *Command, nanos int64, replyBytes int) {
	share := int64(len(c.slots))
	if share == 0 {
		return
	}
	use := store.Use{CPUNanos: nanos, BytesIn: int64(c.bytesIn), BytesOut: int64(replyBytes)}
	switch {
	case cmd.Flags&Write != 0:
		use.Writes = int64(len(c.positions))
	case cmd.Flags&Pubsub == 0:
		use.Reads = int64(len(c.positions))
	}
	if share == 1 {
		c.Table.Charge(use)
		return
	}
	for i, locked := range c.slots {
		part := func(n int64) int64 { return n*(int64(i)+1)/share - n*int64(i)/share }
		locked.table.Charge(store.Use{
			Reads: part(use.Reads), Writes: part(use.Writes), CPUNanos: part(use.CPUNanos),
			BytesIn: part(use.BytesIn), BytesOut: part(use.BytesOut),
		})
	}
}
