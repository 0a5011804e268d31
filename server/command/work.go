package command

import (
	"strings"

	"slotbench/server/store"
)

// An event loop runs what is short. A command that is about to touch very much
// leaves it, however innocent its name: the dispatcher weighs it when its slots
// are locked and before it runs. What a command with few arguments costs to
// weigh is a test of its flags; of those that may touch much, a look at their
// keys, which the handler's own look-up then finds done.

// Work is counted in steps, of about 30 ns.
const (
	// loopWork is how many steps a command may be about to take on an event
	// loop, about a millisecond. One with more to do runs off it.
	loopWork = 32 << 10
	// stepBytes is how many bytes are copied, or looked at, in a step.
	stepBytes = 64
	// argumentSteps is what an argument costs, be it a key or an element.
	argumentSteps = 8
	// lightBytes is the length up to which a command is not weighed for its
	// arguments: there cannot be too many of them.
	lightBytes = 16 << 10
)

// weighs marks a command that has Work.
const weighs Flags = 1 << 31

// workRow says of commands how much they are about to touch.
type workRow struct {
	commands string // names, with spaces between them
	steps    int    // that one of what of counts takes
	of       func(c *Context) int
}

// attachWork gives the commands of the table what rows say of them.
func (t *table) attachWork(rows []workRow) {
	for _, row := range rows {
		for name := range strings.FieldsSeq(row.commands) {
			cmd := t.byName[name]
			if cmd == nil || cmd.Work != nil {
				panic("command: a row of work names no command, or one for the second time: " + name)
			}
			cmd.Work = func(c *Context) int { return saturated(row.of(c), row.steps) }
		}
	}
	for _, cmd := range t.all {
		if cmd.Work != nil {
			cmd.Flags |= weighs
		}
	}
}

// saturated is n times a small factor, within reason.
func saturated(n, factor int) int {
	const plenty = 1 << 40
	return min(n, plenty) * factor
}

// arguments is about how many steps what came with the command takes.
func (c *Context) arguments() int { return argumentSteps*len(c.Args) + c.bytesIn/stepBytes }

// laden says whether a command brings too much with it for a loop, whatever its
// keys hold. They are not looked for yet.
func (c *Context) laden(cmd *Command) bool {
	switch {
	case cmd.Flags&(Pubsub|Blocking) != 0: // they change what belongs to the loop
		return false
	case cmd.Flags&(OffLoop|Holding) == OffLoop: // it is looked at before it leaves
		return false
	}
	return c.arguments() > loopWork
}

// heavy says whether a command whose slots are locked has too much to do for a
// loop.
func (c *Context) heavy(cmd *Command) bool {
	return cmd.Flags&Blocking == 0 && c.arguments()+cmd.Work(c) > loopWork
}

// leave has the script whose command this is leave its loop, if the command has
// too much to do for that.
func (c *Context) leave(cmd *Command) {
	if c.script != nil && !c.detached && c.heavy(cmd) {
		c.script.runner.Detach()
	}
}

// ladenTransaction says whether a transaction brings too much with it for a
// loop, whatever its keys hold.
func (c *Context) ladenTransaction(tx *transaction) bool {
	n := len(tx.queue) + len(tx.keys)
	if w := c.Client.watch; w != nil {
		n += len(w.keys)
	}
	return argumentSteps*n+int(tx.bytes)/stepBytes > loopWork
}

// heavyTransaction says whether a transaction, whose slots are locked, has too
// much to do for a loop: all commands together, as far as can be seen before
// the first of them.
func (c *Context) heavyTransaction(tx *transaction) bool {
	if tx.flags&weighs == 0 || tx.failed {
		return false
	}
	x, steps := c.Inner(InTransaction, c.Client), 0
	for _, q := range tx.queue {
		if cmd, _ := c.find(q.args); cmd != nil && cmd.Flags&weighs != 0 {
			steps += x.workInside(cmd, q.args)
		}
		if steps > loopWork {
			return true
		}
	}
	return false
}

// workInside is the work of a command on slots that are held.
func (c *Context) workInside(cmd *Command, args [][]byte) (steps int) {
	c.Args, c.Command, c.bytesIn = args, cmd, 0
	c.unsaid(func() {
		if c.enter(cmd) == Ran {
			steps = cmd.Work(c)
		}
	})
	c.slots, c.Table = c.slots[:0], nil
	return steps
}

// unsaid does something without whatever it answers: the command itself will
// answer that.
func (c *Context) unsaid(look func()) {
	outAt, failed, wording := len(c.Out), c.failed, c.wording
	look()
	c.Out, c.failed, c.wording = c.Out[:outAt], failed, wording
}

// packedElementBytes is about the least that an element of a packed collection
// takes.
const packedElementBytes = 4

// elements is about how many elements an entry has.
func elements(e store.Entry) int {
	if e.Object == nil {
		return len(e.Value) / packedElementBytes
	}
	if o, ok := e.Object.(interface{ Len() int }); ok {
		return o.Len()
	}
	return int(e.Object.Bytes() / packedElementBytes)
}

// entry is what one of the command's keys holds, looked at and not used.
func (c *Context) entry(at int) store.Entry {
	key := c.Args[at]
	e, _ := c.TableOf(key).Peek(key)
	return e
}
