package command

import (
	"math"
	"math/big"
	"slices"

	"slotbench/server/store"
)

// Blocking commands wait for keys without a goroutine. A handler that finds
// nothing calls Block; its connection rests until a key that it waits for
// changes by whatever means. The handler is then run again, on the client's
// behalf, under the locks of whoever changed the key: before anything else can
// touch it, but after the whole transaction or script. Clients are served in
// the order in which they blocked. This is all that a handler does:
//
//	func blpop(c *Context) {
//		timeout, ok := c.TimeoutArg(len(c.Args) - 1)
//		if !ok {
//			return
//		}
//		keys := c.Args[1 : len(c.Args)-1]
//		for _, key := range c.Candidates(keys) {
//			… answer WRONGTYPE, or pop and answer, and return
//		}
//		if !c.Block(store.List, timeout, keys) {
//			c.NullArray() // in a transaction or a script nothing waits
//		}
//	}
//
// The first run sees all keys; a later one the key alone that has changed, and
// only if that holds a value of the kind waited for: a client whose key has
// become something else stays blocked. Keys that the command has beside those
// it waits for, as the destination of BLMOVE, are held at each run. The row
// has the flags Write|Blocking and the keys as any other's. When the time is
// over the framework answers the null array; CLIENT UNBLOCK, CLIENT KILL, the
// end of the connection and a slot that leaves are the framework's too.

// TimeoutArg reads the timeout of a blocking command: seconds, 0 for none. When
// ok is false the error is already the reply.
func (c *Context) TimeoutArg(at int) (millis int64, ok bool) {
	const errNegative = "ERR timeout is negative" // Redis says so of what overflows, too
	if seconds, isInt := parseInt(c.Args[at]); isInt {
		if seconds < 0 || seconds > math.MaxInt64/1000 {
			c.Error(errNegative)
			return 0, false
		}
		return seconds * 1000, true
	}
	seconds, ok := parseLongDouble(c.Args[at])
	if !ok {
		c.Error("ERR timeout is not a float or out of range")
		return 0, false
	}
	millis, accuracy := seconds.Mul(seconds, big.NewFloat(1000)).Int64() // towards zero
	if millis < 0 || seconds.IsInf() || millis == math.MaxInt64 {
		c.Error(errNegative)
		return 0, false
	}
	if accuracy == big.Below { // something was cut off
		millis++
	}
	return millis, true
}

// Candidates is the keys that a blocking command is to look at: all of them, or
// the one that has changed since it blocked.
func (c *Context) Candidates(keys [][]byte) [][]byte {
	if c.mode == Retried {
		return c.readyKey[:]
	}
	return keys
}

// Block has the client wait until one of the keys, whose slots are locked,
// holds a value of that kind, or the time is over; timeoutMillis 0: for ever.
// The handler must answer nothing then. It reports false where nothing may
// wait: the handler answers what it would when the time is over.
func (c *Context) Block(kind store.Type, timeoutMillis int64, keys [][]byte) bool {
	if c.mode == Retried {
		c.still = true
		return true
	}
	if c.mode != Direct || c.detached {
		return false
	}
	w := &Waiter{dispatcher: c.Dispatcher, kind: kind, TimeoutMillis: timeoutMillis, command: c.Command, args: CloneArgs(c.Args)}
	for _, at := range c.positions {
		key := w.args[at]
		is := func(k []byte) bool { return string(k) == string(key) }
		switch {
		case !slices.ContainsFunc(keys, is):
			w.others = append(w.others, key)
		case !slices.ContainsFunc(w.keys, func(k waitedKey) bool { return is(k.key) }):
			w.keys = append(w.keys, waitedKey{waiter: w, key: key, slot: c.Store.Count().Of(key)})
		}
	}
	c.waiter = w
	return true
}

// CloneArgs copies a command out of borrowed memory, in one piece of its own.
func CloneArgs(args [][]byte) [][]byte {
	total := 0
	for _, arg := range args {
		total += len(arg)
	}
	flat := make([]byte, 0, total)
	clones := make([][]byte, len(args))
	for i, arg := range args {
		at := len(flat)
		flat = append(flat, arg...)
		clones[i] = flat[at:len(flat):len(flat)]
	}
	return clones
}

// park puts the client that called Block in the queues of its keys.
func (c *Context) park() Outcome {
	w := c.waiter
	c.waiter = nil
	w.client, w.deliver = *c.Client, c.Client.Deliver
	c.Client.Waiter = w
	for i := range w.keys {
		key := &w.keys[i]
		c.blocked.enqueue(c.Dispatcher, key, c.TableOf(key.key))
	}
	c.blocked.add(w)
	return Blocked
}

// serveHeld serves, in the order in which keys became ready, those who wait for
// keys of the slots that are held and need no other slot. The slots are locked.
func (c *Context) serveHeld() {
	held := c.view()
	for {
		q := c.nextReady(held)
		if q == nil {
			return
		}
		c.serveQueue(q)
	}
}

// settle does what changes of keys and of the topology have left to do. No slot
// is held.
func (c *Context) settle() {
	if c.rerouted.Swap(false) {
		c.pending.Add(-1)
		c.followTopology()
	}
	for q := c.nextReady(nil); q != nil; q = c.nextReady(nil) {
		c.settleQueue(q)
	}
}

// settleQueue locks what the clients in a queue need, and serves them.
func (c *Context) settleQueue(q *waitQueue) {
	c.slots = append(c.slots[:0], lockedSlot{slot: q.slot})
	for _, key := range c.blocked.othersOf(q) {
		c.slots = append(c.slots, lockedSlot{slot: c.Store.Count().Of(key)})
	}
	c.sortSlots()
	if !c.detached && c.alert.Load()&alertOccupied != 0 && c.occupied.awaitVacant(c.slots, q.Touch) {
		c.slots = c.slots[:0]
		return
	}
	c.vacant = q.Touch
	held := c.holdSlots()
	c.vacant = nil
	if !held { // whoever has the slots serves the queue behind them
		c.waits = false
		return
	}
	c.serveQueue(q)
	c.release()
}

// serveQueue tries again, on the locked slots, those who wait for one key.
func (c *Context) serveQueue(q *waitQueue) {
	held := c.view()
	t := held.table(q.slot)
	for tried := (*Waiter)(nil); ; {
		w := c.blocked.next(q, tried, t)
		if w == nil {
			return
		}
		e, found := t.Peek(q.key)
		switch {
		case !found:
			return
		case e.Type != w.kind:
			tried = w
			continue
		case slices.ContainsFunc(w.others, func(key []byte) bool { return held.table(held.Count().Of(key)) == nil }):
			q.postpone()
			return
		case c.Flights.active.Load() != 0 && c.awaitFlights(w, q):
			return
		case !w.claim():
			tried = w
			continue
		}
		reply, served := c.retry(w, q, held)
		if !served {
			w.unclaim()
			tried = w
			continue
		}
		w.end(reply)
	}
}

// awaitFlights says whether a key that the waiter would write is on its way to
// another node; the queue gets ready again when it has landed.
func (c *Context) awaitFlights(w *Waiter, q *waitQueue) bool {
	return c.Flights.Await(q.key, q.Touch) ||
		slices.ContainsFunc(w.others, func(key []byte) bool { return c.Flights.Await(key, q.Touch) })
}

// retry runs a blocked command again. Served is false if it goes on waiting.
func (c *Context) retry(w *Waiter, q *waitQueue, held *heldSlots) (reply []byte, served bool) {
	x := c.Inner(Retried, &w.client)
	x.Command, x.Args, x.Out = w.command, w.args, nil
	x.failed, x.still, x.readyKey[0] = false, false, q.key
	x.bytesIn, x.replyAt = 0, 0
	x.slots = append(x.slots[:0], lockedSlot{q.slot, held.table(q.slot)})
	x.positions = append(x.positions[:0], 0) // their number is what is charged
	for _, key := range w.others {
		s := held.Count().Of(key)
		x.positions = append(x.positions, 0)
		if !slices.ContainsFunc(x.slots, func(l lockedSlot) bool { return l.slot == s }) {
			x.slots = append(x.slots, lockedSlot{s, held.table(s)})
		}
	}
	x.Slot, x.Table = q.slot, nil
	if len(x.slots) == 1 {
		x.Table = x.slots[0].table
	}
	start := c.Clock()
	w.command.Run(x)
	nanos := c.Clock() - start
	c.group.since += nanos
	if !x.still {
		c.note(w.command, &w.client, w.args, nanos)
		calls := &c.stats.calls[w.command.id]
		calls.Nanos.Add(nanos)
		if x.failed {
			calls.Failed.Add(1)
			c.stats.countError(x.wording)
		}
		x.charge(w.command, nanos, len(x.Out))
	}
	reply, x.Out = x.Out, nil
	x.slots, x.Table = x.slots[:0], nil
	c.Absorb(x)
	return reply, !x.still
}
