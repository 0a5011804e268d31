package command

import (
	"slices"

	"slotbench/internal/slot"
	"slotbench/server/store"
	"slotbench/server/topology"
)

// Mode is how a command came to run.
type Mode uint8

// The modes.
const (
	// Direct: a client sent it.
	Direct Mode = iota
	// InTransaction: EXEC runs it.
	InTransaction
	// InScript: a script calls it.
	InScript
	// InReadOnlyScript: a script calls it that must not write.
	InReadOnlyScript
	// Retried: it was blocked, and a key that it waits for has changed.
	Retried
)

// Called is what became of a Call.
type Called uint8

// What becomes of a Call.
const (
	// Ran: the handler ran; its reply, which may be an error, is in Out.
	Ran Called = iota
	// Refused: it did not run; the error is in Out.
	Refused
	// Beyond: it did not run, since it needs slots that are not held; the error
	// is in Out. After HoldAll it would run.
	Beyond
)

// Inner is a context for commands inside the one that c runs: on the slots that
// c holds, as that client. c has one, which each call of Inner sets up anew;
// it can have an inner context itself. An example, for a script:
//
//	x := c.Inner(InScript, &client) // client: a copy of *c.Client with the script's Proto
//	x.Out = x.Out[:0]
//	switch x.Call(args) { … } // the reply is in x.Out
//	c.Absorb(x)               // in the end
func (c *Context) Inner(mode Mode, client *Client) *Context {
	x := c.inner
	if x == nil {
		x = c.NewContext(c.stats)
		c.inner = x
	}
	x.Client, x.mode, x.Store = client, mode, c.view()
	x.NowMillis, x.Random, x.detached, x.asking = c.NowMillis, c.Random, c.detached, c.asking
	return x
}

// Absorb takes over what an inner context counted.
func (c *Context) Absorb(x *Context) {
	c.commands += x.commands
	c.hits += x.hits
	c.misses += x.misses
	x.commands, x.hits, x.misses = 0, 0, 0
}

// Call runs a command in an inner context and appends its reply to Out. It
// checks what Run checks, and that the command may run in the context's mode
// and touches no slot that is not held. The command is accounted for by itself.
// It never blocks.
func (c *Context) Call(args [][]byte) Called { return c.call(args, 0) }

// call is Call of a command that came as bytesIn bytes.
func (c *Context) call(args [][]byte, bytesIn int) Called {
	c.Args, c.bytesIn, c.failed, c.replyAt = args, bytesIn, false, len(c.Out)
	c.prepared = Prepared{}
	c.prepared.cmd, c.prepared.container = c.find(args)
	cmd := c.admitInner()
	if cmd == nil {
		c.stats.countError(c.wording)
		return Refused
	}
	c.Command = cmd
	if called := c.enter(cmd); called != Ran {
		c.stats.calls[cmd.id].Rejected.Add(1)
		c.stats.countError(c.wording)
		return called
	}
	if cmd.Flags&Holding != 0 {
		c.show(cmd) // before what it calls
	}
	if cmd.Flags&weighs != 0 {
		c.leave(cmd)
	}
	nanos := c.execute(cmd)
	if c.failed {
		c.stats.countError(c.wording)
	}
	c.nested += nanos
	c.charge(cmd, nanos, len(c.Out)-c.replyAt)
	c.slots, c.Table = c.slots[:0], nil
	return Ran
}

// admitInner is admit for an inner context, in the words that Redis has for it.
func (c *Context) admitInner() *Command {
	cmd := c.prepared.cmd
	if c.mode == InTransaction {
		if cmd = c.admit(); cmd == nil {
			return nil
		}
	}
	message := ""
	switch {
	case cmd == nil:
		c.Error("ERR Unknown Redis command called from script")
		return nil
	case !cmd.arityOK(len(c.Args)):
		message = "ERR Wrong number of args calling Redis command from script"
	case c.mode != InTransaction && cmd.Flags&NoScript != 0:
		message = "ERR This Redis command is not allowed from script"
	case c.mode == InReadOnlyScript && cmd.Flags&(Write|MayWrite) != 0:
		message = "ERR Write commands are not allowed from read-only scripts."
	case cmd.Flags&Alone != 0 && c.Store.(*heldSlots).any():
		message = "ERR " + cmd.full + " cannot run together with commands that have keys, in one transaction or script"
	default:
		return cmd
	}
	c.Error(message)
	c.stats.calls[cmd.id].Rejected.Add(1)
	return nil
}

// enter finds the command's keys among the slots that are held.
func (c *Context) enter(cmd *Command) Called {
	held := c.Store.(*heldSlots)
	c.slots, c.Table = c.slots[:0], nil
	if cmd.reaches(c.Args) && !held.all() {
		c.Error("ERR Script attempted to access keys that it did not declare")
		return Beyond
	}
	var ok bool
	if c.positions, ok = cmd.appendKeys(c.positions[:0], c.Args); !ok {
		c.positions = c.positions[:0]
		if cmd.Keys != nil { // the handler words what is wrong with its arguments
			return Ran
		}
		c.Errorf("ERR wrong number of arguments for '%s' command", cmd.full)
		return Refused
	}
	for _, at := range c.positions {
		s := held.Count().Of(c.Args[at])
		at, known := c.held(s)
		if known {
			continue
		}
		if c.Router != nil && len(c.slots) > 0 {
			c.Error(c.beyond())
			return Refused
		}
		t := held.table(s)
		if t == nil && c.script != nil {
			if t = c.script.reach(s, c.Args[at]); t == nil && c.failed {
				return Refused
			}
		}
		if t == nil {
			c.Error(c.beyond())
			return Beyond
		}
		c.slots = slices.Insert(c.slots, at, lockedSlot{s, t})
	}
	if len(c.slots) == 1 {
		c.Slot, c.Table = c.slots[0].slot, c.slots[0].table
	}
	if c.mode >= InScript && c.Router != nil && len(c.positions) > 0 && !c.local(cmd) {
		return Refused
	}
	if cmd.Flags&DenyOOM != 0 && c.full() {
		return Refused
	}
	return Ran
}

// beyond words that a key's slot is not held.
func (c *Context) beyond() string {
	if c.Router != nil {
		return "ERR Script attempted to access a non local key in a cluster node"
	}
	return "ERR Script attempted to access a key that it did not declare"
}

// local says whether the keys of a script's command are here: the slot of a
// script can be on its way.
func (c *Context) local(cmd *Command) bool {
	route := c.Router.Route(c.Slot)
	if route.Kind == topology.Mine || c.decideHere(cmd, route, c.asking) == runHere {
		return true
	}
	c.Error(c.beyond())
	return false
}

// HoldAll takes all slots in place of those that a command off the loop holds,
// for what turned out to touch more than its keys. What was read before may
// have changed, so nothing must have been written yet: begin anew. It reports
// false, and answers the redirection or the error, if the command must not go
// on.
func (c *Context) HoldAll() bool {
	if c.mode != Direct || !c.detached {
		c.Error("ERR This needs all slots, which are not to be had inside a transaction")
		return false
	}
	wanted := c.positions
	c.release()
	c.holdAll()
	c.positions = wanted
	if c.Router != nil && len(wanted) > 0 {
		c.Table = c.view().table(c.Slot)
		here := c.routeHere(c.Command, c.asking)
		c.Table = nil
		return here
	}
	return true
}

// heldSlots is the store as an inner context sees it.
type heldSlots struct {
	store.Store
	slots []lockedSlot // ascending
}

// view is the store with the slots that c holds.
func (c *Context) view() *heldSlots {
	if held, nested := c.Store.(*heldSlots); nested {
		return held
	}
	c.own.Store, c.own.slots = c.Store, c.slots
	return &c.own
}

// table is the table of a slot that is held; nil: it is not.
func (h *heldSlots) table(s slot.Slot) store.Table {
	if h.all() {
		return h.slots[s].table
	}
	if len(h.slots) == 1 && h.slots[0].slot == s {
		return h.slots[0].table
	}
	at, ok := slices.BinarySearchFunc(h.slots, s, func(l lockedSlot, s slot.Slot) int { return int(l.slot) - int(s) })
	if !ok {
		return nil
	}
	return h.slots[at].table
}

// all says whether every slot is held.
func (h *heldSlots) all() bool { return len(h.slots) == int(h.Count()) }

// any says whether any slot is held.
func (h *heldSlots) any() bool { return len(h.slots) > 0 }

// Lock is the table of a slot that is held already.
func (h *heldSlots) Lock(s slot.Slot, _ int64) store.Table {
	t := h.table(s)
	if t == nil {
		panic("command: a handler locks a slot that is not held: its row needs AllSlots")
	}
	return t
}

// Unlock does nothing: who took the lock gives it back.
func (h *heldSlots) Unlock(slot.Slot) {}
