package command

import (
	"slices"

	"slotbench/server/topology"
)

// transactionCommands is the transactions group. Between MULTI and EXEC the
// dispatcher queues commands; EXEC locks the slots of all of them, in ascending
// order, and runs them one after the other.
func transactionCommands() []Command {
	const flags = NoScript | Loading | Stale | Fast | AllowBusy
	rows := []Command{
		{Name: "multi", Arity: 1, Flags: flags | AtOnce, Run: multi,
			Since: "1.2.0", Complexity: "O(1)", Summary: "Begin a transaction: what follows is queued until EXEC"},
		{Name: "exec", Arity: 1, Flags: flags&^(Fast|AllowBusy) | SkipSlowlog | AtOnce, Run: func(c *Context) { c.Error("ERR EXEC without MULTI") },
			Since: "1.2.0", Complexity: "that of the commands", Summary: "Run the commands of the transaction, with nothing in between"},
		{Name: "discard", Arity: 1, Flags: flags | AtOnce, Run: discard,
			Since: "2.0.0", Complexity: "O(N) in the queued commands", Summary: "Forget the commands of the transaction"},
		{Name: "watch", Arity: -2, Flags: flags | AtOnce, First: 1, Last: -1, Step: 1, KeySpec: "RO", Run: watch,
			Since: "2.2.0", Complexity: "O(1) for each key", Summary: "Let EXEC run only if these keys do not change before", Syntax: "key [key ...]"},
		{Name: "unwatch", Arity: 1, Flags: flags, Run: func(c *Context) { c.unwatch(); c.OK() },
			Since: "2.2.0", Complexity: "O(1)", Summary: "Forget the watched keys"},
	}
	for i := range rows {
		rows[i].Group = GroupTransactions
	}
	return rows
}

// transaction is what a client has queued since MULTI.
type transaction struct {
	queue    []queued
	bytes    int64
	failed   bool     // a command was refused: EXEC runs none
	asking   bool     // ASKING came before MULTI
	flags    Flags    // of all commands together
	keys     [][]byte // of all commands
	channels [][]byte // of slots, of all commands
	written  [][]byte // of those that write
}

// queued is one command of a transaction.
type queued struct {
	args    [][]byte
	bytesIn int
}

// queuedOverhead is about what a queued command takes beyond its arguments'
// text.
const (
	queuedOverhead   = 64
	argumentOverhead = 24
)

func multi(c *Context) {
	client := c.Client
	if client.tx != nil {
		c.Error("ERR MULTI calls can not be nested")
		return
	}
	client.tx = &transaction{asking: c.asking}
	client.state |= inTransaction
	c.OK()
}

func discard(c *Context) {
	if c.Client.tx == nil {
		c.Error("ERR DISCARD without MULTI")
		return
	}
	c.endTransaction()
	c.unwatch()
	c.OK()
}

// endTransaction forgets what is queued.
func (c *Context) endTransaction() {
	c.Client.tx, c.Client.QueuedBytes = nil, 0
	c.Client.state &^= inTransaction
}

// spoil notes that a command of a transaction was refused; cmd is nil if there
// is none of that name. EXEC itself ends the transaction.
func (c *Context) spoil(cmd *Command) {
	if cmd != c.execCommand || cmd == nil {
		c.Client.tx.failed = true
		return
	}
	why := string(c.Out[c.replyAt+1:])
	if len(why) > len("ERR ") && why[:4] == "ERR " {
		why = why[4:]
	}
	c.Out = append(append(c.Out[:c.replyAt], "-EXECABORT Transaction discarded because of: "...), why...)
	c.endTransaction()
	c.unwatch()
}

// exec runs the client's transaction.
func (c *Context) exec() Outcome {
	tx, client := c.Client.tx, c.Client
	if !c.detached && (tx.flags&OffLoop != 0 && !tx.failed || c.ladenTransaction(tx)) {
		client.Last = c.execCommand
		return Detached
	}
	for {
		c.transactionSlots(tx)
		if !c.detached && c.alert.Load()&alertOccupied != 0 && c.occupied.awaitVacant(c.slots, client.Resume) {
			c.slots = c.slots[:0]
			return Parked
		}
		if !c.holdSlots() {
			c.waits = false
			return Parked
		}
		landed := make(chan struct{})
		resume := client.Resume
		if c.detached {
			resume = func() { close(landed) }
		}
		if !slices.ContainsFunc(tx.written, func(key []byte) bool { return c.Flights.Await(key, resume) }) {
			break
		}
		c.release()
		if !c.detached {
			return Parked
		}
		if !c.await(landed) {
			return Done
		}
	}
	if !c.detached && c.heavyTransaction(tx) {
		c.release()
		client.Last = c.execCommand
		return Detached
	}
	c.runTransaction(tx)
	c.release()
	return Done
}

// transactionSlots names the slots that a transaction needs: those of its keys
// and of the watched ones, or all.
func (c *Context) transactionSlots(tx *transaction) {
	c.slots = c.slots[:0]
	if tx.flags&AllSlots != 0 {
		c.allSlots()
		return
	}
	n := c.Store.Count()
	for _, keys := range [][][]byte{tx.keys, tx.channels} {
		for _, key := range keys {
			c.slots = append(c.slots, lockedSlot{slot: n.Of(key)})
		}
	}
	if w := c.Client.watch; w != nil {
		for _, k := range w.keys {
			c.slots = append(c.slots, lockedSlot{slot: k.slot})
		}
	}
	c.sortSlots()
}

// runTransaction runs a transaction whose slots are locked, and ends it.
func (c *Context) runTransaction(tx *transaction) {
	c.endTransaction()
	held := c.view()
	here := c.routeTransaction(tx, held)
	touched := c.watchedChanged(held)
	c.unwatchHeld(held)
	switch {
	case !here:
		c.stats.calls[c.execCommand.id].Rejected.Add(1)
		return
	case tx.failed:
		c.Error("EXECABORT Transaction discarded because of previous errors.")
		c.stats.calls[c.execCommand.id].Failed.Add(1)
	case touched:
		c.NullArray()
	default:
		c.runQueue(tx.queue)
	}
	c.show(c.execCommand)
	c.commands++
	c.stats.calls[c.execCommand.id].Calls.Add(1)
	c.Client.Last = c.execCommand
}

// runQueue runs the commands of a transaction.
func (c *Context) runQueue(queue []queued) {
	x := c.Inner(InTransaction, c.Client)
	x.Out, c.Out = c.Out, nil
	x.Array(len(queue))
	x.Mark()
	start := x.group.since
	for i, q := range queue {
		x.call(q.args, q.bytesIn)
		if i%GroupCommands == GroupCommands-1 {
			x.Check()
		}
	}
	x.Check()
	nanos := x.group.since - start
	c.group.since += nanos
	c.stats.calls[c.execCommand.id].Nanos.Add(nanos)
	c.Out, x.Out = x.Out, nil
	c.Absorb(x)
}

// routeTransaction says whether all keys of a transaction are here, and answers
// why not.
func (c *Context) routeTransaction(tx *transaction, held *heldSlots) bool {
	names := slices.Concat(tx.keys, tx.channels)
	if c.Router == nil || len(names) == 0 {
		return true
	}
	n := c.Store.Count()
	c.Slot = n.Of(names[0])
	route := c.Router.Route(c.Slot)
	for _, key := range names[1:] {
		if n.Of(key) != c.Slot {
			c.crossSlot(c.Slot)
			return false
		}
	}
	missing := 0
	if route.Kind == topology.Migrating || route.Kind == topology.Importing {
		t := held.table(c.Slot)
		for _, key := range tx.keys {
			if _, found := t.Peek(key); !found {
				missing++
			}
		}
	}
	answer := decide(route.Kind, tx.asking || tx.flags&Asking != 0, len(tx.keys), missing)
	if answer == runHere {
		return true
	}
	c.redirect(answer, route.Addr)
	return false
}
