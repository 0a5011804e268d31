package command

import (
	"slices"
	"sync/atomic"

	"slotbench/internal/slot"
	"slotbench/server/store"
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

// watching is the keys that a client watches.
type watching struct {
	dirty atomic.Bool // one of them has changed
	keys  []watchedKey
}

type watchedKey struct {
	key  string
	slot slot.Slot
}

var _ store.Watcher = (*watching)(nil)

// Touch notes a change of a watched key.
func (w *watching) Touch() { w.dirty.Store(true) }

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

// exec runs the client's transaction.
func (c *Context) exec() Outcome {
	tx, client := c.Client.tx, c.Client
	if tx.flags&OffLoop != 0 && !c.detached && !tx.failed {
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

// watch has EXEC look whether keys have changed. Their slots are locked.
func watch(c *Context) {
	client := c.Client
	if client.tx != nil {
		c.Error("ERR WATCH inside MULTI is not allowed")
		return
	}
	if client.watch == nil {
		client.watch = new(watching)
	}
	w := client.watch
	for _, key := range c.Args[1:] {
		if slices.ContainsFunc(w.keys, func(k watchedKey) bool { return k.key == string(key) }) {
			continue
		}
		t := c.TableOf(key)
		t.Peek(key) // a key whose time has come is gone before it is watched
		t.Watch(key, w)
		w.keys = append(w.keys, watchedKey{string(key), c.Store.Count().Of(key)})
	}
	c.OK()
}

// watchedChanged says whether a watched key has changed, has expired or is not
// here any more. Its slots are locked.
func (c *Context) watchedChanged(held *heldSlots) bool {
	w := c.Client.watch
	if w == nil {
		return false
	}
	for _, k := range w.keys {
		held.table(k.slot).Peek([]byte(k.key)) // one whose time has come is touched by it
		if c.Router != nil {
			if kind := c.Router.Route(k.slot).Kind; kind == topology.Moved || kind == topology.Unbound {
				return true
			}
		}
	}
	return w.dirty.Load()
}

// unwatchHeld forgets the watched keys, whose slots are held.
func (c *Context) unwatchHeld(held *heldSlots) {
	if w := c.Client.watch; w != nil {
		for _, k := range w.keys {
			held.table(k.slot).Unwatch([]byte(k.key), w)
		}
		c.Client.watch = nil
	}
}

// unwatch forgets the watched keys. No slot is held, or all theirs are.
func (c *Context) unwatch() {
	if c.Client.watch != nil {
		c.Client.watch.forget(c.Dispatcher, c.Store, c.NowMillis)
		c.Client.watch = nil
	}
}

// forget takes the keys' watches back, as soon as their slots are free.
func (w *watching) forget(d *Dispatcher, st store.Store, nowMillis int64) {
	for _, k := range w.keys {
		d.whenVacant(k.slot, func() {
			st.Lock(k.slot, nowMillis).Unwatch([]byte(k.key), w)
			st.Unlock(k.slot)
		})
	}
}

// whenVacant does something with a slot when nothing off the loops holds it.
func (d *Dispatcher) whenVacant(s slot.Slot, do func()) {
	slots := [1]lockedSlot{{slot: s}}
	if d.alert.Load()&alertOccupied == 0 ||
		!d.occupied.awaitVacant(slots[:], func() { d.whenVacant(s, do) }) {
		do()
	}
}

// Leave takes back all that a client has asked for that outlasts a command: it
// is to be called when its connection ends.
func (d *Dispatcher) Leave(client *Client, nowMillis int64) {
	if w := client.Waiter; w != nil {
		client.Waiter = nil
		w.cancel(nil)
	}
	if client.watch != nil {
		client.watch.forget(d, d.Store, nowMillis)
		client.watch = nil
	}
	client.tx = nil
	d.endMonitor(client)
	if client.sub != nil {
		d.pubsub.leave(client.sub)
	}
}
