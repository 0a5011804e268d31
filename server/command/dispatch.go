package command

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"slotbench/internal/slot"
	"slotbench/server/store"
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
	// Commands is commands beside those of the table: a test's own.
	Commands []Command
}

// Dispatcher checks, routes and runs commands. All event loops share one.
type Dispatcher struct {
	Config

	table
	alert     atomic.Uint32 // what commands must look out for: the alert bits
	pending   atomic.Int32  // keys that have changed for who waits, and changes of the topology: 0 most of the time
	occupied  occupancy
	blocked   blocked
	paused    pause
	watchers  monitors
	slow      slowlog
	pubsub    pubsub
	rerouted  atomic.Bool // the topology has changed since settle looked
	ticking   sync.Mutex
	ticker    *Context // Tick's own
	left      left
	scripting scripting
	mu        sync.Mutex
	stats     []*Stats
	latency   latencyMonitor
	vitals    vitals
}

// The alert bits: what few commands meet, so that the others look at one word.
const (
	alertOccupied = 1 << iota // slots are held off the loops
	alertPaused               // CLIENT PAUSE
	alertMonitored
)

func (d *Dispatcher) setAlert(bit uint32, on bool) {
	if on {
		d.alert.Or(bit)
	} else {
		d.alert.And(^bit)
	}
}

// Tick does what is due by the clock and what nobody is left to do: it is to be
// called some times a second, by one goroutine.
func (d *Dispatcher) Tick(nowMillis int64) {
	d.ticking.Lock()
	defer d.ticking.Unlock()
	if d.ticker == nil {
		d.ticker = d.NewContext(d.NewStats())
		d.ticker.detached, d.ticker.Client = true, new(Client)
	}
	d.ticker.NowMillis = nowMillis
	if until := d.paused.until.Load(); until != 0 && until <= nowMillis {
		d.endPause()
	}
	if d.pending.Load() != 0 {
		d.ticker.settle()
	}
	d.forgetLeft(nowMillis)
	d.look(nowMillis)
}

// NewDispatcher is a dispatcher of every command there is.
func NewDispatcher(config Config) *Dispatcher {
	if config.Flights == nil {
		config.Flights = new(Flights)
	}
	d := &Dispatcher{Config: config, table: newTable(append(groups(), config.Commands))}
	d.SetSlowLog(DefaultSlowMicros, DefaultSlowEntries)
	d.scripting.open(d)
	if watched, ok := config.Router.(interface{ OnChange(func()) }); ok {
		watched.OnChange(d.topologyChanged)
	}
	d.vitals.startup = readMemory().used + d.footprint().Used
	return d
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
	// Blocked: the command waits for a key. Client.Waiter is what it waits by;
	// the reply will come by Client.Deliver.
	Blocked
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
	c.failed, c.pushed, c.bytesIn, c.prepared, c.replyAt = false, false, bytesIn, p, len(c.Out)
	c.asking = c.Client.Asking
	c.Client.Asking = false
	outcome := c.run()
	if c.pending.Load() != 0 {
		c.settle()
	}
	if outcome == Done {
		if c.failed {
			c.stats.countError(c.wording)
		}
		if c.Client.Reply != ReplyOn {
			c.quieten(c.replyAt)
		}
		return Done
	}
	if outcome == Parked || outcome == Detached {
		c.Client.Asking = c.asking
	}
	return outcome
}

// quieten takes back a reply that CLIENT REPLY switched off.
func (c *Context) quieten(replyAt int) {
	if c.Client.Quieten() && !c.pushed {
		c.Out = c.Out[:replyAt]
	}
}

// Quieten says whether CLIENT REPLY switched off the reply that is due now.
func (c *Client) Quieten() bool {
	switch c.Reply {
	case ReplyOn:
		return false
	case ReplySkipNext:
		c.Reply = ReplySkip
	case ReplySkip:
		c.Reply = ReplyOn
	case ReplyOff:
	}
	return true
}

func (c *Context) run() Outcome {
	cmd := c.admit()
	if cmd == nil {
		return Done
	}
	c.Command = cmd
	if c.Client.state != 0 || c.alert.Load() != 0 {
		if outcome, diverted := c.divert(cmd); diverted {
			return outcome
		}
	}
	if cmd.First == 0 && cmd.Keys == nil {
		if cmd.Flags&OffLoop != 0 {
			c.Client.Last = cmd
			return Detached
		}
		c.execute(cmd)
		return Done
	}
	if c.bytesIn > lightBytes && c.laden(cmd) {
		c.Client.Last = cmd
		return Detached
	}
	if cmd.Flags&Holding != 0 {
		return c.startScript(cmd)
	}
	if !c.lockSlots(cmd) {
		return c.notHeld(cmd)
	}
	outcome := c.runLocked(cmd)
	c.release()
	return outcome
}

// runLocked runs a command whose slots are locked.
func (c *Context) runLocked(cmd *Command) Outcome {
	if c.Router != nil && len(c.positions) > 0 && !c.routeHere(cmd, c.asking) {
		c.reject(cmd)
		return Done
	}
	if cmd.Flags&(OffLoop|weighs) != 0 && (cmd.Flags&OffLoop != 0 || c.heavy(cmd)) {
		c.Client.Last = cmd
		return Detached
	}
	if cmd.Flags&Write != 0 {
		if cmd.Flags&DenyOOM != 0 && c.full() {
			c.reject(cmd)
			return Done
		}
		if c.awaitFlight() {
			return Parked
		}
	}
	nanos := c.execute(cmd)
	if c.waiter != nil {
		return c.park()
	}
	c.charge(cmd, nanos, len(c.Out)-c.replyAt)
	return Done
}

// CameAs says, before RunDetached, as how many bytes the command came.
func (c *Context) CameAs(bytesIn int) { c.bytesIn = bytesIn }

// RunDetached carries out a command that Run said is Detached, off the loop.
func (c *Context) RunDetached() {
	c.Command, _ = c.find(c.Args)
	c.failed, c.detached, c.replyAt, c.group.exact = false, true, len(c.Out), true
	c.asking = c.Client.Asking
	c.Client.Asking = false
	switch {
	case c.Client.tx != nil && c.Command == c.execCommand:
		c.exec()
	case c.Client.script != nil:
		c.finishScript()
	case c.Command.Flags&Holding != 0:
		c.runScript()
	case c.Command.Flags&OffLoop == 0:
		c.runHolding()
	default:
		c.execute(c.Command)
	}
	if c.failed {
		c.stats.countError(c.wording)
	}
	c.settle()
	c.quieten(c.replyAt)
	c.Publish()
}

// runHolding runs a command off the loop with its keys' slots locked.
func (c *Context) runHolding() {
	cmd := c.Command
	for {
		if !c.lockSlots(cmd) {
			c.reject(cmd)
			return
		}
		if c.Router != nil && len(c.positions) > 0 && !c.routeHere(cmd, c.asking) {
			c.reject(cmd)
			break
		}
		if cmd.Flags&DenyOOM != 0 && c.full() {
			c.reject(cmd)
			break
		}
		landed := make(chan struct{})
		if cmd.Flags&(Write|MayWrite) != 0 && c.awaitKeys(c.positions, c.Args, func() { close(landed) }) {
			c.release()
			if !c.await(landed) {
				return
			}
			continue
		}
		if cmd.Flags&Holding != 0 {
			c.show(cmd) // before what it calls
		}
		nanos := c.execute(cmd)
		c.charge(cmd, nanos, len(c.Out)-c.replyAt)
		break
	}
	c.release()
}

// await waits off the loop. It reports false, and answers an error, if the
// server shuts down meanwhile.
func (c *Context) await(landed <-chan struct{}) bool {
	select {
	case <-landed:
		return true
	case <-c.Done:
		c.Error("ERR The server is shutting down")
		return false
	}
}

// admit finds the command and checks all that does not depend on keys. It
// answers the error and returns nil if the command must not run.
func (c *Context) admit() *Command {
	cmd := c.prepared.cmd
	if cmd == nil {
		c.unknown(c.prepared.container)
		if c.Client.tx != nil && c.mode == Direct {
			c.spoil(nil)
		}
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

// reject notes that a command does not run; the error is the reply.
func (c *Context) reject(cmd *Command) {
	c.stats.calls[cmd.id].Rejected.Add(1)
	if c.Client.tx != nil && c.mode == Direct {
		c.spoil(cmd)
	}
}

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
