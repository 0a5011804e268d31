package command

import (
	"math/rand/v2"

	"slotbench/internal/slot"
	"slotbench/server/store"
)

// Context is one run of a command. An event loop has one and uses it again and
// again; a command off the loop gets one of its own.
type Context struct {
	*Dispatcher // what all commands share

	Client    *Client
	Command   *Command
	Args      [][]byte // the name first; borrowed until the handler returns
	Out       []byte   // the reply, appended to
	NowMillis int64    // Unix time

	// Bound says that the goroutine is bound to its thread. Scripts do not begin
	// there: Go lets no coroutine change between such goroutines and others.
	Bound bool

	// Store is the node's store; inside a transaction or script, a view of it
	// in which Lock and Unlock of the slots that are held do nothing.
	Store store.Store

	// Table is the locked table of the command's keys while they share a slot:
	// always in cluster mode. Use TableOf where a standalone server may see
	// keys of several slots. It is nil in commands without keys and off the
	// loop.
	Table store.Table
	Slot  slot.Slot // of Table

	// Random returns random 64 bits.
	Random func() uint64

	stats     *Stats
	prepared  Prepared
	positions []int        // of the keys among Args
	slots     []lockedSlot // held, ascending
	sample    uint64       // state of the choice of commands to time
	hits      int64        // not yet published to stats
	misses    int64
	commands  int64
	failed    bool   // the command answered an error
	wording   string // of the error
	bytesIn   int    // of the command as it came
	scratch   [32]byte

	group    group // of commands that are timed together
	mode     Mode
	detached bool      // runs off the loop
	asking   bool      // the client said ASKING before this command
	replyAt  int       // where the command's reply begins in Out
	inner    *Context  // for commands inside this one's, once there were any
	own      heldSlots // the view that inner contexts see
	vacant   func()    // to be called in place of Client.Resume when a slot is free; nil: none
	waiter   *Waiter   // of a command that blocks, or is tried again
	readyKey [1][]byte // the key for which a blocked command is tried again
	pushed   bool      // what the command answers is a push, which CLIENT REPLY leaves alone
	still    bool      // the command that is tried again goes on waiting
	pack     []byte    // scratch memory in which collections are packed

	scripts *scriptRun // for the next script that begins here
	script  *scriptRun // whose commands this context runs
	lent    bool       // roaming is held for the script that runs
	again   bool       // the script is to begin anew, now that more is known of it
	nested  int64      // nanoseconds of the commands that ran inside
	waits   bool       // a slot is not to be had: the client will be resumed
}

// NewContext is a context whose figures go to stats.
func (d *Dispatcher) NewContext(stats *Stats) *Context {
	return &Context{Dispatcher: d, Store: d.Config.Store, Random: rand.Uint64, stats: stats, sample: 1}
}

// lockedSlot is one of the slots that a command holds.
type lockedSlot struct {
	slot  slot.Slot
	table store.Table
}

// TableOf is the locked table of one of the command's keys.
func (c *Context) TableOf(key []byte) store.Table {
	if c.Table != nil {
		return c.Table
	}
	return c.tableOf(c.Store.Count().Of(key))
}

// Lookup is what one of the command's keys holds. For a read-only command it
// counts as a hit or a miss.
func (c *Context) Lookup(key []byte) (store.Entry, bool) {
	var e store.Entry
	var found bool
	if table := c.TableOf(key); c.Client.NoTouch {
		e, found = table.Peek(key)
	} else {
		e, found = table.Get(key)
	}
	c.count(found)
	return e, found
}

// count notes a hit or a miss of a read-only command.
func (c *Context) count(found bool) {
	switch {
	case c.Command.Flags&ReadOnly == 0:
	case found:
		c.hits++
	default:
		c.misses++
	}
}

// String is the value of a key that must be a String. Found is false for an
// absent key. When ok is false the key holds another type and the error is
// already the reply.
func (c *Context) String(key []byte) (value []byte, found, ok bool) {
	if c.Client.NoTouch {
		e, found := c.Lookup(key)
		return c.onlyString(e.Value, e.Type, found)
	}
	value, kind, found := c.TableOf(key).GetString(key)
	c.count(found)
	return c.onlyString(value, kind, found)
}

func (c *Context) onlyString(value []byte, kind store.Type, found bool) (_ []byte, _, ok bool) {
	if found && kind != store.String {
		c.WrongType()
		return nil, true, false
	}
	return value, found, true
}
