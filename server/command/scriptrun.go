package command

import (
	"bytes"
	"regexp"
	"runtime"
	"slices"
	"sync"
	"time"

	"slotbench/internal/slot"
	"slotbench/server/script"
	"slotbench/server/store"
)

// scripting is what the dispatcher knows of scripts.
type scripting struct {
	engine *script.Engine
	wide   *regexp.Regexp // commands for which a script needs all slots

	// roaming is held by who waits for a slot while holding others, out of
	// order: a script that touches keys which it did not declare; and, while
	// they lock, by those off the loops that lock many. It is taken before any
	// slot, or not waited for.
	roaming sync.Mutex

	mu   sync.Mutex
	long map[*scriptRun]bool // runs off the loops; true: for so long that others are told BUSY
}

// The versions that scripts are told.
const (
	scriptVersion       = "7.0.15"
	scriptVersionNumber = 0x0007000f
)

func (s *scripting) open(d *Dispatcher) {
	s.engine = script.NewEngine(script.Config{
		Clock: d.Clock, Done: d.Done, Version: scriptVersion, VersionNumber: scriptVersionNumber,
	})
	s.wide = wideCommands(d.all)
	s.long = make(map[*scriptRun]bool)
}

// scriptRun is one run of a script, and memory that the next uses again. It
// begins on the loop; if it takes long it leaves that, with its slots:
//
//	startScript -> done
//	      \-> off the loop: finishScript -> done
//
// or it runs off the loop from the beginning, in evalHere.
type scriptRun struct {
	owner  *Context // holds the slots
	inner  *Context // runs the commands
	own    *Context // owner of a run that began on the loop
	runner *script.Runner
	script *script.Script
	client Client
	begun  int64       // nanoseconds
	timer  *time.Timer // until it is busy
	roams  bool        // it took roaming
	lent   bool        // roaming is held for it
	all    bool        // all slots are held
	wider  bool        // a command needs slots that are not held, and nothing is written
}

var _ script.Host = (*scriptRun)(nil)

// startScript runs a script as far as it goes on the loop.
func (c *Context) startScript(cmd *Command) Outcome {
	job, ready, ok := c.scriptJob()
	if ready && !ok {
		c.showAny(cmd)
		c.stats.calls[cmd.id].Failed.Add(1)
		return Done
	}
	if !ready || c.Bound || job.Script.Wide.Load() {
		c.Client.Last = cmd
		return Detached
	}
	roams := c.roams(job)
	if roams && !c.scripting.roaming.TryLock() {
		c.Client.Last = cmd
		return Detached
	}
	r, o := c.prepareRun(cmd)
	if r == nil {
		if roams {
			c.scripting.roaming.Unlock()
		}
		return o
	}
	r.roams = roams
	return c.startRun(r, job)
}

// roams says whether a script is known to touch keys that it does not declare,
// or must be taken for one that does.
func (c *Context) roams(job script.Job) bool {
	return job.Script.Roams.Load() || c.Router == nil && len(job.Keys) == 0
}

// prepareRun locks the slots of a script on the loop and makes its run. Where
// that is not to be, r is nil and o says what becomes of the command.
func (c *Context) prepareRun(cmd *Command) (r *scriptRun, o Outcome) {
	if !c.lockSlots(cmd) {
		return nil, c.notHeld(cmd)
	}
	if c.Router != nil && len(c.positions) > 0 && !c.routeHere(cmd, c.asking) {
		c.reject(cmd)
		c.release()
		return nil, Done
	}
	if cmd.Flags&MayWrite != 0 && c.awaitFlight() {
		c.release()
		return nil, Parked
	}
	if r = c.scripts; r == nil {
		r = &scriptRun{own: c.NewContext(c.stats)}
	}
	c.scripts = nil
	x := r.own
	x.stats, x.NowMillis, x.Random, x.asking, x.detached = c.stats, c.NowMillis, c.Random, c.asking, false
	x.Client, x.Command, x.slots = c.Client, cmd, append(x.slots[:0], c.slots...)
	return r, Done
}

// startRun starts a run whose own context holds what c holds.
func (c *Context) startRun(r *scriptRun, job script.Job) Outcome {
	c.showAny(r.own.Command)
	done := r.start(r.own, job, c.Out)
	if !done {
		c.slots, c.Table = c.slots[:0], nil // they are the script's now
		r.own.Client, r.own.detached, r.inner.detached = &r.client, true, true
		c.occupy(r.own.own.slots)
		c.Client.script, c.Client.Last = r, c.Command
		return Detached
	}
	c.slots = append(c.slots[:0], r.own.own.slots...) // it may have taken more
	wider := r.end(c)
	c.scripts = r
	c.release()
	if wider {
		c.Client.Last = c.Command
		return Detached
	}
	return Done
}

// finishScript goes on with a script that has left its loop.
func (c *Context) finishScript() {
	r := c.Client.script
	c.Client.script = nil
	c.scripting.register(r, c.busyAfter(), c.Dispatcher)
	r.runner.Finish()
	c.scripting.deregister(r)
	c.slots = append(c.slots[:0], r.own.own.slots...)
	wider := r.end(c)
	r.drop()
	c.release()
	if wider {
		c.runScript()
	}
}

// runScript runs a script off the loop from its beginning, and again from
// there when more is known of it.
func (c *Context) runScript() {
	for {
		job, _, ok := c.scriptJob()
		if !ok {
			c.showAny(c.Command)
			c.stats.calls[c.Command.id].Failed.Add(1)
			return
		}
		roams := c.roams(job) || job.Script.Wide.Load()
		if roams {
			c.scripting.roaming.Lock()
		}
		c.again, c.lent = false, roams
		c.runHolding()
		if roams {
			c.scripting.roaming.Unlock()
		}
		if !c.again {
			return
		}
	}
}

// eval runs a script from its beginning where its slots are held and time
// matters to nobody: off the loop, or in a transaction.
func eval(c *Context) {
	job, _, ok := c.scriptJob()
	if !ok {
		c.showAny(c.Command)
		return
	}
	all := job.Script.Wide.Load() && c.mode == Direct
	if all && !c.HoldAll() {
		return
	}
	c.showAny(c.Command)
	r := &scriptRun{all: all, lent: c.lent}
	if !r.start(c, job, c.Out) {
		r.inner.detached = c.detached
		c.scripting.register(r, c.busyAfter(), c.Dispatcher)
		r.runner.Finish()
		c.scripting.deregister(r)
	}
	if c.mode == Direct {
		c.slots = append(c.slots[:0], c.own.slots...) // it may have taken more
		if len(c.slots) == 1 {
			c.Table = c.slots[0].table
		}
	}
	c.again = r.end(c)
	r.drop()
}

// start begins a run on what owner holds.
func (r *scriptRun) start(owner *Context, job script.Job, out []byte) (done bool) {
	mode := InScript
	if job.ReadOnly {
		mode = InReadOnlyScript
	}
	if r.runner != nil && r.runner.Stale() {
		r.drop()
	}
	if r.runner == nil {
		r.runner = owner.scripting.engine.Run()
	}
	r.owner, r.script, r.client, r.wider = owner, job.Script, *owner.Client, false
	r.client.script, r.client.tx, r.client.Reply = nil, nil, ReplyOn
	r.inner = owner.Inner(mode, &r.client)
	r.inner.script, r.inner.nested = r, 0
	r.begun = owner.Clock()
	job.Host, job.Out = r, out
	return r.runner.Start(job)
}

// end takes a run's reply and figures. It reports whether the script is to
// begin anew with all slots; then there is no reply.
func (r *scriptRun) end(c *Context) (wider bool) {
	out, failed := r.runner.Take()
	if r.roams {
		c.scripting.roaming.Unlock()
		r.roams = false
	}
	if r.wider && !r.runner.Wrote() {
		c.Out = c.Out[:c.replyAt]
		return true
	}
	if r.runner.Detached() {
		out = append(c.Out, out...)
	}
	c.Out = out
	if failed {
		line, _, _ := bytes.Cut(out[c.replyAt+1:], []byte("\r"))
		c.failed, c.wording = true, string(line)
	}
	c.Absorb(r.inner)
	if r.owner == c { // execute counts it
		return false
	}
	nanos := c.Clock() - r.begun
	calls := &c.stats.calls[c.Command.id]
	calls.Calls.Add(1)
	calls.took(nanos, 1)
	c.group.since += nanos
	c.note(c.Command, c.Client, c.Args, nanos)
	c.noteLatency(c.Command, nanos)
	if failed {
		calls.Failed.Add(1)
	}
	c.commands++
	c.Client.Last = c.Command
	c.chargeScript(max(0, nanos-r.inner.nested))
	return false
}

// chargeScript adds what a script itself has cost to its slots' accounts: its
// commands have charged theirs.
func (c *Context) chargeScript(nanos int64) {
	for i, locked := range c.slots {
		use := store.Use{CPUNanos: nanos / int64(len(c.slots))}
		if i == 0 {
			use.BytesIn, use.BytesOut = int64(c.bytesIn), int64(len(c.Out)-c.replyAt)
		}
		locked.table.Charge(use)
	}
}

// drop gives the Lua state back.
func (r *scriptRun) drop() {
	r.runner.Release()
	r.runner = nil
}

// Call runs a command of the script.
func (r *scriptRun) Call(args [][]byte, proto int, out []byte) (reply []byte, wrote bool) {
	x := r.inner
	r.client.Proto = proto
	x.Out = out
	called := x.Call(args)
	reply = x.Out
	x.Out = nil
	if called == Beyond {
		r.beyond(x.Command)
	}
	return reply, called == Ran && x.Command.Flags&(Write|MayWrite) != 0
}

// beyond has the script begin anew where that helps it to slots that a command
// needs: with all of them, or as one that roams.
func (r *scriptRun) beyond(cmd *Command) {
	helps := !r.roams && !r.lent
	if cmd.Flags&AllSlots != 0 || cmd.Reaches != nil {
		r.script.Wide.Store(true)
		helps = !r.all
	}
	if helps && !r.runner.Wrote() && r.owner.mode == Direct {
		r.wider = true
		r.runner.GiveUp()
	}
}

// Allowed says whether the client may run a command: as there is one user, it
// may run all.
func (r *scriptRun) Allowed(args [][]byte) (allowed, known bool) {
	cmd, _ := r.owner.find(args)
	return cmd != nil, cmd != nil && cmd.arityOK(len(args))
}

// scriptLogger is a Node that has a log for scripts.
type scriptLogger interface {
	LogScript(level script.LogLevel, line string)
}

// Log writes to the node's log.
func (r *scriptRun) Log(level script.LogLevel, line string) {
	if logger, ok := r.owner.Node.(scriptLogger); ok {
		logger.LogScript(level, line)
	}
}

// reachTries is how often a script tries to lock a slot of a key that it did
// not declare: some seconds. Who has locked the slot lets go of it in time, or
// waits for one of this script's.
const reachTries = 100_000

// reach locks one more slot for a key that the script did not declare; nil: it
// is not to be had. A lock that is out of order is never waited for.
func (r *scriptRun) reach(s slot.Slot, key []byte) store.Table {
	o := r.owner
	if o.mode != Direct {
		return nil
	}
	if o.Router != nil && len(o.own.slots) > 0 && r.script.Flags&(script.Compatible|script.AllowCrossSlot) == 0 {
		r.inner.Error("ERR Script attempted to access keys that do not hash to the same slot")
		return nil
	}
	if o.Flights.active.Load() != 0 && o.Flights.Await(key, func() {}) {
		return nil // who moves the key waits for its slot
	}
	if waits := len(o.own.slots) > 0 || o.Router == nil; waits && !r.roams && !r.lent {
		r.script.Roams.Store(true)
		if r.roams = o.scripting.roaming.TryLock(); !r.roams {
			return nil
		}
	}
	t, ok := o.Store.TryLock(s, o.NowMillis)
	for tries := 0; !ok; tries++ {
		if tries == lockYields {
			r.runner.Detach() // a loop does not wait
		}
		if tries == reachTries {
			return nil
		}
		if tries < lockYields {
			runtime.Gosched()
		} else {
			time.Sleep(lockPauseNanos)
		}
		t, ok = o.Store.TryLock(s, o.NowMillis)
	}
	more := lockedSlot{s, t}
	if r.inner.detached {
		o.occupy([]lockedSlot{more})
	}
	o.scripting.mu.Lock()
	held := o.own.slots
	at, _ := slices.BinarySearchFunc(held, s, func(l lockedSlot, s slot.Slot) int { return int(l.slot) - int(s) })
	o.own.slots = slices.Insert(slices.Clone(held), at, more)
	o.scripting.mu.Unlock()
	return t
}
