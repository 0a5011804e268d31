package command

import (
	"cmp"
	"slices"

	"slotbench/internal/slot"
	"slotbench/server/store"
)

// held is where a slot stands among those that the command holds.
func (c *Context) held(s slot.Slot) (at int, ok bool) {
	return slices.BinarySearchFunc(c.slots, s, func(locked lockedSlot, s slot.Slot) int { return cmp.Compare(locked.slot, s) })
}

// reaches says whether a command touches keys that args do not name.
func (c *Command) reaches(args [][]byte) bool {
	return c.Flags&AllSlots != 0 || c.Reaches != nil && c.Reaches(args)
}

// holds says whether the command holds a slot's lock, or whoever runs it does.
func (c *Context) holds(s slot.Slot) bool {
	if outer, nested := c.Store.(*heldSlots); nested {
		return outer.table(s) != nil
	}
	_, ok := c.held(s)
	return ok
}

// lockMore takes the locks of further slots beside those that are held. As
// locks are taken in ascending order, it lets go of all before: whatever was
// looked up must be looked up again. Only a command that runs by itself may
// call it; who runs several at one moment holds, for a command that Reaches,
// every slot from the start.
func (c *Context) lockMore(more []slot.Slot) {
	for _, locked := range c.slots {
		c.Store.Unlock(locked.slot)
	}
	if c.detached {
		c.vacate(c.slots)
	}
	for _, s := range more {
		c.slots = append(c.slots, lockedSlot{slot: s})
	}
	slices.SortFunc(c.slots, func(a, b lockedSlot) int { return cmp.Compare(a.slot, b.slot) })
	if c.detached {
		c.holdSlots()
	} else {
		for i := range c.slots {
			c.slots[i].table = c.Store.Lock(c.slots[i].slot, c.NowMillis)
		}
	}
	if c.Table != nil { // of the one slot that was held
		c.Table = c.tableOf(c.Slot)
	}
}

// tableOf is the table of a slot that the command holds.
func (c *Context) tableOf(s slot.Slot) store.Table {
	if outer, nested := c.Store.(*heldSlots); nested {
		return outer.table(s)
	}
	at, ok := c.held(s)
	if !ok {
		panic("command: a handler asks for a table that it does not hold")
	}
	return c.slots[at].table
}
