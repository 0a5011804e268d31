package command

import (
	"cmp"
	"runtime"
	"slices"
	"sync"
	"time"

	"slotbench/internal/slot"
	"slotbench/server/store"
	"slotbench/server/topology"
)

// lockSlots finds the command's keys and locks their slots. It answers the
// error and holds nothing if they cannot be found or must share a slot and do
// not.
func (c *Context) lockSlots(cmd *Command) bool {
	if c.prepared.keyed && cmd.Last == 1 && cmd.Keys == nil && !c.detached { // one key: what most commands have
		c.Slot = c.prepared.slot
		t, ok := c.Store.TryLock(c.Slot, c.NowMillis)
		if !ok {
			if t = c.lockSoon(c.Slot); t == nil {
				c.waits = true
				return false
			}
		}
		c.Table = t
		c.slots = append(c.slots[:0], lockedSlot{c.Slot, c.Table})
		c.positions = append(c.positions[:0], 1)
		return true
	}
	if !c.findSlots(cmd) {
		return false
	}
	return c.holdSlots()
}

// notHeld is what becomes of a command for which lockSlots reported false.
func (c *Context) notHeld(cmd *Command) Outcome {
	if c.waits {
		c.waits = false
		return Parked
	}
	c.reject(cmd)
	return Done
}

// findSlots finds the command's keys and their slots, ascending, without their
// tables. It answers the error if they cannot be found or must share a slot
// and do not.
func (c *Context) findSlots(cmd *Command) bool {
	c.slots = c.slots[:0]
	var ok bool
	if c.positions, ok = cmd.appendKeys(c.positions[:0], c.Args); !ok {
		if cmd.Keys != nil { // the handler words what is wrong with its arguments
			c.positions = c.positions[:0]
			return true
		}
		c.Errorf("ERR wrong number of arguments for '%s' command", cmd.full)
		return false
	}
	if len(c.positions) == 0 {
		return true
	}
	n := c.Store.Count()
	first := c.prepared.slot
	if !c.prepared.keyed {
		first = n.Of(c.Args[c.positions[0]])
	}
	c.Slot = first
	several := false
	for _, at := range c.positions[1:] {
		if n.Of(c.Args[at]) != first {
			several = true
			break
		}
	}
	switch {
	case !several:
		c.slots = append(c.slots, lockedSlot{slot: first})
	case c.Router == nil:
		for _, at := range c.positions {
			c.slots = append(c.slots, lockedSlot{slot: n.Of(c.Args[at])})
		}
		c.sortSlots()
	default:
		c.crossSlot(first)
		return false
	}
	return true
}

// crossSlot answers that keys do not share a slot.
func (c *Context) crossSlot(first slot.Slot) {
	if c.Router.Route(first).Kind == topology.Unbound {
		c.redirect(answerUnbound, "")
		return
	}
	c.Error("CROSSSLOT Keys in request don't hash to the same slot")
}

// sortSlots puts the slots in ascending order, each once.
func (c *Context) sortSlots() {
	slices.SortFunc(c.slots, func(a, b lockedSlot) int { return cmp.Compare(a.slot, b.slot) })
	c.slots = slices.CompactFunc(c.slots, func(a, b lockedSlot) bool { return a.slot == b.slot })
}

// allSlots names every slot.
func (c *Context) allSlots() {
	c.slots = slices.Grow(c.slots[:0], int(c.Store.Count()))
	for s := range int(c.Store.Count()) {
		c.slots = append(c.slots, lockedSlot{slot: slot.Slot(s)})
	}
}

// holdSlots locks the slots that findSlots found. On a loop it reports false,
// with waits set and nothing locked, if one of them is held off the loops: the
// client will be resumed.
func (c *Context) holdSlots() bool {
	if c.detached {
		c.occupy(c.slots)
		if len(c.slots) > 1 && !c.lent {
			c.scripting.roaming.Lock()
			defer c.scripting.roaming.Unlock()
		}
	}
	for i := range c.slots {
		s := c.slots[i].slot
		if c.detached {
			c.slots[i].table = c.Store.Lock(s, c.NowMillis)
			continue
		}
		t, ok := c.Store.TryLock(s, c.NowMillis)
		if !ok {
			t = c.lockSoon(s)
		}
		if t == nil {
			for _, held := range c.slots[:i] {
				c.Store.Unlock(held.slot)
			}
			c.slots, c.waits = c.slots[:0], true
			return false
		}
		c.slots[i].table = t
	}
	if len(c.slots) == 1 {
		c.Table = c.slots[0].table
	}
	return true
}

// How a loop waits for a slot's lock: it must not sleep in the lock, since a
// script that holds it on another loop may leave that and go on for long.
const (
	lockYields     = 100                   // tries with others having their turn between them
	lockPauseNanos = 20 * time.Microsecond // between the tries that follow
)

// lockSoon locks a slot that another has locked, as soon as that is over; nil:
// it is held off the loops, and the client will be resumed.
func (c *Context) lockSoon(s slot.Slot) store.Table {
	one := [1]lockedSlot{{slot: s}}
	for tries := 0; ; tries++ {
		if c.alert.Load()&alertOccupied != 0 && c.occupied.awaitVacant(one[:], c.resume()) {
			return nil
		}
		if tries < lockYields {
			runtime.Gosched()
		} else {
			time.Sleep(lockPauseNanos)
		}
		if t, ok := c.Store.TryLock(s, c.NowMillis); ok {
			return t
		}
	}
}

// resume has the context's client resumed, where there is one that can be, or
// what waits in its place.
func (c *Context) resume() func() {
	if c.vacant != nil {
		return c.vacant
	}
	if c.Client == nil || c.Client.Resume == nil {
		return func() {}
	}
	return c.Client.Resume
}

// holdAll locks every slot.
func (c *Context) holdAll() {
	c.allSlots()
	c.holdSlots()
	c.own.slots = c.slots
}

// release serves who waits for keys of the held slots and gives the slots back.
func (c *Context) release() {
	if len(c.slots) == 0 {
		return
	}
	if c.pending.Load() != 0 {
		c.serveHeld()
	}
	if len(c.slots) == 1 {
		c.Store.Unlock(c.slots[0].slot)
	} else {
		for _, locked := range c.slots {
			c.Store.Unlock(locked.slot)
		}
	}
	if c.detached {
		c.vacate(c.slots)
	}
	c.slots, c.Table = c.slots[:0], nil
}

// full says whether a command that may need memory has no room, and answers so.
func (c *Context) full() bool {
	for _, locked := range c.slots {
		if c.Store.Full(locked.slot, int64(c.bytesIn)) {
			c.Error("OOM command not allowed when used memory > 'maxmemory'.")
			return true
		}
	}
	return false
}

// routeHere says whether the command runs on this node, and answers the
// redirection if it does not. The slot is locked.
func (c *Context) routeHere(cmd *Command, asking bool) bool {
	route := c.Router.Route(c.Slot)
	if route.Kind == topology.Mine {
		return true
	}
	answer := c.decideHere(cmd, route, asking)
	if answer == runHere {
		return true
	}
	c.redirect(answer, route.Addr)
	return false
}

// decideHere looks whether the keys are here, where that matters.
func (c *Context) decideHere(cmd *Command, route Route, asking bool) answer {
	missing := 0
	if route.Kind == topology.Migrating || route.Kind == topology.Importing {
		if cmd.Flags&AnyPlace != 0 {
			return runHere
		}
		for _, at := range c.positions {
			if cmd.Flags&Pubsub != 0 { // a channel is here as long as its slot
				break
			}
			if _, found := c.Table.Peek(c.Args[at]); !found {
				missing++
			}
		}
	}
	return decide(route.Kind, asking || cmd.Flags&Asking != 0, len(c.positions), missing)
}

// awaitFlight says whether the command must wait for one of its keys to land,
// and has the client resumed then.
func (c *Context) awaitFlight() bool {
	return c.Flights.active.Load() != 0 && c.awaitKeys(c.positions, c.Args, c.Client.Resume)
}

// awaitKeys has landed called when one of the keys lands, if one is in flight.
func (c *Context) awaitKeys(positions []int, args [][]byte, landed func()) bool {
	for _, at := range positions {
		if c.Flights.Await(args[at], landed) {
			return true
		}
	}
	return false
}

// occupancy is the slots that commands off the loops hold or are about to. A
// loop does not wait for such a slot's lock: the connection is parked until the
// slot is free.
type occupancy struct {
	mu      sync.Mutex
	slots   map[slot.Slot]int // by how many
	all     int               // by how many all slots are
	waiting []func()          // to be called when any is free
}

// occupy notes slots before they are locked off the loop.
func (d *Dispatcher) occupy(slots []lockedSlot) {
	if len(slots) == 0 {
		return
	}
	o := &d.occupied
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(slots) == int(d.Store.Count()) {
		o.all++
	} else {
		if o.slots == nil {
			o.slots = make(map[slot.Slot]int)
		}
		for _, l := range slots {
			o.slots[l.slot]++
		}
	}
	d.setAlert(alertOccupied, true)
}

// vacate takes occupy back and has those go on who wait.
func (d *Dispatcher) vacate(slots []lockedSlot) {
	o := &d.occupied
	o.mu.Lock()
	if len(slots) == int(d.Store.Count()) {
		o.all--
	} else {
		for _, l := range slots {
			if o.slots[l.slot]--; o.slots[l.slot] == 0 {
				delete(o.slots, l.slot)
			}
		}
	}
	if o.all == 0 && len(o.slots) == 0 {
		d.setAlert(alertOccupied, false)
	}
	wake := o.waiting
	o.waiting = nil
	o.mu.Unlock()
	for _, resume := range wake {
		resume()
	}
}

// awaitVacant has resume called once some slot is vacated, if one of slots is
// occupied; else it reports false.
func (o *occupancy) awaitVacant(slots []lockedSlot, resume func()) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	occupied := o.all > 0 && len(slots) > 0
	for i := 0; !occupied && i < len(slots); i++ {
		occupied = o.slots[slots[i].slot] > 0
	}
	if occupied {
		o.waiting = append(o.waiting, resume)
	}
	return occupied
}

// anyOccupied is awaitVacant of all slots.
func (o *occupancy) anyOccupied(resume func()) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	occupied := o.all > 0 || len(o.slots) > 0
	if occupied {
		o.waiting = append(o.waiting, resume)
	}
	return occupied
}
