package command

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"slotbench/internal/slot"
	"slotbench/server/store"
	"slotbench/server/topology"
)

// Config is what a Dispatcher works on.
type Config struct {
	Store  store.Store
	Router Router // nil: a standalone server
	// Cluster is the control plane, which is the Router too; nil: a standalone
	// server.
	Cluster Cluster
	// Migrate carries out MIGRATE.
	Migrate func(Migration) (found bool, err error)
	// Flights is the keys that MIGRATE has in flight; nil: none ever.
	Flights *Flights
	Node    Node
	// Clock reads a monotonic clock in nanoseconds: what commands cost.
	Clock func() int64
	// Done is closed when the server shuts down: what waits off the loop
	// gives up then.
	Done <-chan struct{}
}

// Dispatcher checks, routes and runs commands. All event loops share one.
type Dispatcher struct {
	Config

	table
	mu    sync.Mutex
	stats []*Stats
}

// NewDispatcher is a dispatcher of every command there is.
func NewDispatcher(config Config) *Dispatcher {
	if config.Flights == nil {
		config.Flights = new(Flights)
	}
	return &Dispatcher{Config: config, table: newTable(groups())}
}

// Outcome is what became of a command.
type Outcome uint8

// The outcomes.
const (
	// Done: the reply is in Out.
	Done Outcome = iota
	// Parked: nothing was done or answered. Client.Resume will be called; then
	// the same command is to be run again.
	Parked
	// Detached: the command is to be run by RunDetached, on a goroutine.
	Detached
)

// sampleEvery is how many frequent commands one stands for whose time is taken:
// reading the clock costs about as much as they do. The others are all timed.
const sampleEvery = 16

// Prepared is what is known of a command before it runs.
type Prepared struct {
	cmd       *Command // nil: there is none of that name
	container *Command
	slot      slot.Slot // of the first key, if that is args[1]
	keyed     bool      // slot is known
}

// Prepare looks up a command and its first key's slot ahead of its run. Where
// there is such a key, it says so, with the hint for the store.
func (d *Dispatcher) Prepare(args [][]byte) (p Prepared, hint store.Hint, keyed bool) {
	p.cmd, p.container = d.find(args)
	if p.cmd == nil || p.cmd.First != 1 || len(args) < 2 || p.cmd.Flags&OffLoop != 0 {
		return p, hint, false
	}
	p.slot, p.keyed = d.Store.Count().Of(args[1]), true
	return p, store.Hint{Slot: p.slot, Key: args[1]}, true
}

// Run carries out the command in Args, which came as bytesIn bytes and which
// Prepare looked up.
func (c *Context) Run(p Prepared, bytesIn int) Outcome {
	c.failed, c.bytesIn, c.prepared = false, bytesIn, p
	replyAt := len(c.Out)
	asking := c.Client.Asking
	c.Client.Asking = false
	outcome := c.run(asking, replyAt)
	if outcome == Parked {
		c.Client.Asking = asking
		return Parked
	}
	if c.failed {
		c.stats.Errors.Add(1)
	}
	if outcome == Done {
		c.quieten(replyAt)
	}
	return outcome
}

// quieten takes back a reply that CLIENT REPLY switched off.
func (c *Context) quieten(replyAt int) {
	switch c.Client.Reply {
	case ReplyOn:
		return
	case ReplySkipNext:
		c.Client.Reply = ReplySkip
	case ReplySkip:
		c.Client.Reply = ReplyOn
	case ReplyOff:
	}
	c.Out = c.Out[:replyAt]
}

func (c *Context) run(asking bool, replyAt int) Outcome {
	cmd := c.admit()
	if cmd == nil {
		return Done
	}
	c.Command = cmd
	if cmd.First == 0 && cmd.Keys == nil {
		if cmd.Flags&OffLoop != 0 {
			c.Client.Last = cmd
			return Detached
		}
		c.execute(cmd)
		return Done
	}
	if !c.lockSlots(cmd) {
		c.reject(cmd)
		return Done
	}
	defer c.unlockSlots()
	if c.Router != nil && len(c.positions) > 0 && !c.routeHere(cmd, asking) {
		c.reject(cmd)
		return Done
	}
	if cmd.Flags&OffLoop != 0 {
		return Detached
	}
	if cmd.Flags&DenyOOM != 0 && c.full() {
		c.Error("OOM command not allowed when used memory > 'maxmemory'.")
		c.reject(cmd)
		return Done
	}
	if cmd.Flags&Write != 0 && c.awaitFlight() {
		return Parked
	}
	nanos := c.execute(cmd)
	c.charge(cmd, nanos, len(c.Out)-replyAt)
	return Done
}

// RunDetached carries out a command that Run said is Detached, off the loop.
func (c *Context) RunDetached() {
	c.Command, _ = c.find(c.Args)
	c.failed = false
	c.execute(c.Command)
	if c.failed {
		c.stats.Errors.Add(1)
	}
	c.quieten(0)
	c.Publish()
}

// admit finds the command and checks all that does not depend on keys. It
// answers the error and returns nil if the command must not run.
func (c *Context) admit() *Command {
	cmd := c.prepared.cmd
	if cmd == nil {
		c.unknown(c.prepared.container)
		return nil
	}
	switch {
	case !cmd.arityOK(len(c.Args)):
		c.Errorf("ERR wrong number of arguments for '%s' command", cmd.full)
	case !c.Client.Authenticated && cmd.Flags&NoAuth == 0:
		c.Error("NOAUTH Authentication required.")
	default:
		return cmd
	}
	c.reject(cmd)
	return nil
}

func (c *Context) reject(cmd *Command) { c.stats.calls[cmd.id].Rejected.Add(1) }

// maxQuotedBytes is how much of a client's own words an error repeats.
const maxQuotedBytes = 128

// unknown answers that there is no such command, or subcommand of container.
func (c *Context) unknown(container *Command) {
	if container != nil {
		if why, absent := container.Absent[strings.ToLower(string(quoted(c.Args[1], maxNameBytes)))]; absent {
			c.Errorf("ERR %s %s is not supported: %s", strings.ToUpper(container.Name), strings.ToUpper(string(c.Args[1])), why)
			return
		}
		c.Errorf("ERR unknown subcommand '%s'. Try %s HELP.",
			quoted(c.Args[1], maxQuotedBytes), strings.ToUpper(container.Name))
		return
	}
	var begin []byte
	for _, arg := range c.Args[1:] {
		if len(begin) >= maxQuotedBytes {
			break
		}
		room := maxQuotedBytes - len(begin)
		begin = append(begin, '\'')
		begin = append(begin, quoted(arg, room)...)
		begin = append(begin, "' "...)
	}
	c.Errorf("ERR unknown command '%s', with args beginning with: %s", quoted(c.Args[0], maxQuotedBytes), begin)
}

// quoted is a client's text up to its first zero byte and no longer than
// limit, as C prints it.
func quoted(text []byte, limit int) []byte {
	text = text[:min(len(text), limit)]
	if zero := slices.Index(text, 0); zero >= 0 {
		return text[:zero]
	}
	return text
}

// lockSlots finds the command's keys and locks their slots. It answers the
// error and holds nothing if they cannot be found or must share a slot and do
// not.
func (c *Context) lockSlots(cmd *Command) bool {
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
	several := false
	for _, at := range c.positions[1:] {
		if n.Of(c.Args[at]) != first {
			several = true
			break
		}
	}
	if several && c.Router != nil && c.Router.Route(first).Kind == topology.Unbound {
		c.redirect(answerUnbound, "")
		return false
	}
	if several && c.Router != nil {
		c.Error("CROSSSLOT Keys in request don't hash to the same slot")
		return false
	}
	if several {
		c.lockSeveral(n)
		return true
	}
	c.Slot, c.Table = first, c.Store.Lock(first, c.NowMillis)
	c.slots = append(c.slots, lockedSlot{first, c.Table})
	return true
}

// lockSeveral locks the slots of all keys in ascending order.
func (c *Context) lockSeveral(n slot.Count) {
	for _, at := range c.positions {
		c.slots = append(c.slots, lockedSlot{slot: n.Of(c.Args[at])})
	}
	slices.SortFunc(c.slots, func(a, b lockedSlot) int { return cmp.Compare(a.slot, b.slot) })
	c.slots = slices.CompactFunc(c.slots, func(a, b lockedSlot) bool { return a.slot == b.slot })
	for i := range c.slots {
		c.slots[i].table = c.Store.Lock(c.slots[i].slot, c.NowMillis)
	}
}

func (c *Context) unlockSlots() {
	for _, locked := range c.slots {
		c.Store.Unlock(locked.slot)
	}
	c.slots, c.Table = c.slots[:0], nil
}

// routeHere says whether the command runs on this node, and answers the
// redirection if it does not. The slot is locked.
func (c *Context) routeHere(cmd *Command, asking bool) bool {
	route := c.Router.Route(c.Slot)
	if route.Kind == topology.Mine {
		return true
	}
	missing := 0
	if route.Kind == topology.Migrating || route.Kind == topology.Importing {
		if cmd.Flags&AnyPlace != 0 {
			return true
		}
		for _, at := range c.positions {
			if _, found := c.Table.Peek(c.Args[at]); !found {
				missing++
			}
		}
	}
	answer := decide(route.Kind, asking || cmd.Flags&Asking != 0, len(c.positions), missing)
	if answer == runHere {
		return true
	}
	c.redirect(answer, route.Addr)
	return false
}

// full says whether a slot of the command has no room for what it brings.
func (c *Context) full() bool {
	for _, locked := range c.slots {
		if c.Store.Full(locked.slot, int64(c.bytesIn)) {
			return true
		}
	}
	return false
}

// awaitFlight says whether the command must wait for one of its keys to land,
// and has the client resumed then.
func (c *Context) awaitFlight() bool {
	if c.Flights.active.Load() == 0 {
		return false
	}
	for _, at := range c.positions {
		if c.Flights.Await(c.Args[at], c.Client.Resume) {
			return true
		}
	}
	return false
}

// execute runs the handler and returns the nanoseconds it is estimated to have
// taken: 0 where it is not of the sample.
func (c *Context) execute(cmd *Command) (nanos int64) {
	calls := &c.stats.calls[cmd.id]
	c.commands++
	weight := int64(1) // commands that this one stands for; 0: it is not timed
	if cmd.First != 0 || cmd.Flags&Fast != 0 {
		c.sample = c.sample*6364136223846793005 + 1442695040888963407
		weight = 0
		if c.sample>>60 == 0 { // one in sampleEvery
			weight = sampleEvery
		}
	}
	if weight > 0 {
		start := c.Clock()
		cmd.Run(c)
		nanos = (c.Clock() - start) * weight
		calls.Nanos.Add(nanos)
	} else {
		cmd.Run(c)
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
	if cmd.Flags&Write != 0 {
		use.Writes = int64(len(c.positions))
	} else {
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
