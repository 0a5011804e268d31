package command

import (
	"math"
	"sync"
	"sync/atomic"
)

// slowlog is the commands that took long, newest last.
type slowlog struct {
	slowNanos atomic.Int64 // from which a command is slow; math.MaxInt64: none is

	mu      sync.Mutex
	max     int
	nextID  int64
	entries []slowEntry
}

type slowEntry struct {
	id, unixSeconds, micros int64
	args                    []string
	addr, name              string
}

// The slow log's defaults, which are Redis's.
const (
	DefaultSlowMicros  = 10_000
	DefaultSlowEntries = 128
)

// exactBelowNanos is the threshold below which every command is timed by
// itself. Above it, commands that are not of the sample are timed in groups of
// a few: a group that took as long holds the slow one.
const exactBelowNanos = 1_000_000

// SetSlowLog says from how many microseconds on a command is slow (0: all,
// less: none), and how many the log keeps.
func (d *Dispatcher) SetSlowLog(slowerThanMicros int64, maxEntries int) {
	nanos := int64(math.MaxInt64)
	if slowerThanMicros >= 0 && slowerThanMicros < math.MaxInt64/1000 {
		nanos = slowerThanMicros * 1000
	}
	l := &d.slow
	l.slowNanos.Store(nanos)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.max = maxEntries
}

// note writes a command to the slow log if it took long enough.
func (c *Context) note(cmd *Command, client *Client, args [][]byte, nanos int64) {
	l := &c.slow
	if nanos < l.slowNanos.Load() || cmd.Flags&SkipSlowlog != 0 {
		return
	}
	entry := slowEntry{unixSeconds: c.NowMillis / 1000, micros: nanos / 1000, args: trimmed(cmd, args), addr: client.Addr, name: client.Name}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.max == 0 {
		return
	}
	entry.id = l.nextID
	l.nextID++
	l.entries = append(l.entries, entry)
	if over := len(l.entries) - l.max; over > 0 {
		l.entries = append(l.entries[:0:0], l.entries[over:]...)
	}
}

// group is the commands since the last look at the clock. Reading the clock for
// each would cost as much as a short command; so the context remembers which of
// them had most to do, and looks at the clock every few commands. If that took
// longer than a command may, the one that had most to do is the slow one: the
// others of a group are short by their nature, and would have to be slow all at
// once to mislead.
type group struct {
	since   int64 // Context.Clock; moved on by what was timed by itself
	exact   bool  // every command is timed by itself
	work    int64 // of the one that had most to do; -1: none has run
	command *Command
	client  *Client
	args    [][]byte // borrowed: Check comes before they go
}

// GroupCommands is about how many commands are timed together.
const GroupCommands = 8

// unboundedWork ranks a command that may take long whatever its arguments' size
// before all that cannot.
const unboundedWork = 1 << 40

// Mark begins a group of commands. Between Mark and Check the arguments of all
// that ran must stay as they are.
func (c *Context) Mark() {
	c.group.since = c.Clock()
	c.group.work = -1
	c.group.exact = c.slow.slowNanos.Load() < exactBelowNanos
}

// Check ends a group of commands, and begins another.
func (c *Context) Check() {
	now := c.Clock()
	g := &c.group
	if g.work >= 0 {
		if now-g.since >= c.slow.slowNanos.Load() {
			c.note(g.command, g.client, g.args, now-g.since)
		}
		g.work, g.args, g.client = -1, nil, nil
	}
	g.since = now
}

// slowlogCommands is the subcommands of SLOWLOG.
func slowlogCommands() []Command {
	const flags = Admin | Loading | Stale
	rows := []Command{
		{Name: "get", Arity: -2, Flags: flags, Run: slowlogGet,
			Since: "2.2.12", Complexity: "O(N) in the entries", Summary: "The commands that took long, the latest first", Syntax: "[count]"},
		{Name: "len", Arity: 2, Flags: flags, Run: slowlogLen,
			Since: "2.2.12", Complexity: "O(1)", Summary: "How many entries there are"},
		{Name: "reset", Arity: 2, Flags: flags, Run: slowlogReset,
			Since: "2.2.12", Complexity: "O(1)", Summary: "Forget the entries"},
		{Name: "help", Arity: 2, Flags: Loading | Stale, Run: (*Context).help,
			Since: "6.2.0", Complexity: "O(1)", Summary: "What the subcommands are"},
	}
	for i := range rows {
		rows[i].Group = GroupServer
	}
	return rows
}

func slowlogGet(c *Context) {
	count := int64(slowDefaultCount)
	switch len(c.Args) {
	case 2:
	case 3:
		var ok bool
		if count, ok = parseInt(c.Args[2]); !ok || count < -1 {
			c.Error("ERR count should be greater than or equal to -1")
			return
		}
	default:
		c.Errorf("ERR unknown subcommand or wrong number of arguments for '%s'. Try SLOWLOG HELP.", quoted(c.Args[1], maxQuotedBytes))
		return
	}
	l := &c.slow
	l.mu.Lock()
	defer l.mu.Unlock()
	if count < 0 || count > int64(len(l.entries)) {
		count = int64(len(l.entries))
	}
	c.Array(int(count))
	for i := range int(count) {
		e := &l.entries[len(l.entries)-1-i]
		c.Array(6)
		c.Int(e.id)
		c.Int(e.unixSeconds)
		c.Int(e.micros)
		c.Array(len(e.args))
		for _, arg := range e.args {
			c.BulkString(arg)
		}
		c.BulkString(e.addr)
		c.BulkString(e.name)
	}
}

func slowlogLen(c *Context) {
	c.slow.mu.Lock()
	defer c.slow.mu.Unlock()
	c.Int(int64(len(c.slow.entries)))
}

func slowlogReset(c *Context) {
	c.slow.mu.Lock()
	defer c.slow.mu.Unlock()
	c.slow.entries = nil
	c.OK()
}
