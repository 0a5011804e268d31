package command

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// latencyCommands is LATENCY.
func latencyCommands() []Command {
	const flags = Admin | NoScript | Loading | Stale
	subs := []Command{
		{Name: "latest", Arity: 2, Flags: flags, Run: latencyLatest,
			Since: "2.8.13", Complexity: "O(1)", Summary: "The last spike of each kind of event"},
		{Name: "history", Arity: 3, Flags: flags, Run: latencyHistory,
			Since: "2.8.13", Complexity: "O(1)", Summary: "The spikes of a kind of event", Syntax: "event"},
		{Name: "reset", Arity: -2, Flags: flags, Run: latencyReset,
			Since: "2.8.13", Complexity: "O(1)", Summary: "Forget spikes", Syntax: "[event [event ...]]"},
		{Name: "histogram", Arity: -2, Flags: flags, Run: latencyHistogram,
			Since: "7.0.0", Complexity: "O(N) in the commands", Summary: "How many calls of commands took how long at most", Syntax: "[command [command ...]]"},
		{Name: "doctor", Arity: 2, Flags: flags, Run: latencyDoctor,
			Since: "2.8.13", Complexity: "O(1)", Summary: "The spikes in words"},
		{Name: "help", Arity: 2, Flags: Loading | Stale, Run: (*Context).help,
			Since: "2.8.13", Complexity: "O(1)", Summary: "What the subcommands are"},
	}
	for i := range subs {
		subs[i].Group = GroupServer
	}
	return []Command{{Name: "latency", Arity: -2, Group: GroupServer, Subcommands: subs,
		Absent: map[string]string{"graph": "LATENCY HISTORY has the figures"},
		Since:  "2.8.13", Complexity: "by subcommand", Summary: "Spikes of latency"}}
}

// latencySpikes is how many spikes of a kind of event are kept.
const latencySpikes = 160

// The kinds of event that are watched.
const (
	eventCommand     = "command"
	eventFastCommand = "fast-command"
)

// latencyMonitor keeps what took at least as long as latency-monitor-threshold.
type latencyMonitor struct {
	thresholdNanos atomic.Int64 // 0: nothing is kept

	mu     sync.Mutex
	events map[string]*latencyEvent
}

type latencyEvent struct {
	spikes    []spike // the oldest first, no two of one second
	maxMillis int64   // of all there ever were
}

type spike struct{ atSeconds, millis int64 }

// SetLatencyThreshold is latency-monitor-threshold, in milliseconds; 0: off.
func (d *Dispatcher) SetLatencyThreshold(millis int) {
	d.latency.thresholdNanos.Store(min(int64(millis), math.MaxInt64/int64(time.Millisecond)) * int64(time.Millisecond))
}

// add keeps a spike. Of one second only the highest is kept.
func (m *latencyMonitor) add(event string, nowMillis, nanos int64) {
	s := spike{nowMillis / 1000, nanos / int64(time.Millisecond)}
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.events[event]
	if e == nil {
		if m.events == nil {
			m.events = make(map[string]*latencyEvent)
		}
		e = new(latencyEvent)
		m.events[event] = e
	}
	e.maxMillis = max(e.maxMillis, s.millis)
	if n := len(e.spikes); n > 0 && e.spikes[n-1].atSeconds == s.atSeconds {
		e.spikes[n-1].millis = max(e.spikes[n-1].millis, s.millis)
		return
	}
	if len(e.spikes) == latencySpikes {
		e.spikes = append(e.spikes[:0], e.spikes[1:]...)
	}
	e.spikes = append(e.spikes, s)
}

// noteLatency keeps the command that ran if it is a spike.
func (c *Context) noteLatency(cmd *Command, nanos int64) {
	if limit := c.latency.thresholdNanos.Load(); limit == 0 || nanos < limit {
		return
	}
	event := eventCommand
	if cmd.Flags&Fast != 0 {
		event = eventFastCommand
	}
	c.latency.add(event, c.NowMillis, nanos)
}

// names is the kinds of event of which there are spikes, sorted.
func (m *latencyMonitor) names() []string { return slices.Sorted(maps.Keys(m.events)) }

func latencyLatest(c *Context) {
	m := &c.latency
	m.mu.Lock()
	defer m.mu.Unlock()
	c.Array(len(m.events))
	for _, name := range m.names() {
		e := m.events[name]
		last := e.spikes[len(e.spikes)-1]
		c.Array(4)
		c.BulkString(name)
		c.Int(last.atSeconds)
		c.Int(last.millis)
		c.Int(e.maxMillis)
	}
}

func latencyHistory(c *Context) {
	m := &c.latency
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.events[string(c.Args[2])]
	if e == nil {
		c.Array(0)
		return
	}
	c.Array(len(e.spikes))
	for _, s := range e.spikes {
		c.Array(2)
		c.Int(s.atSeconds)
		c.Int(s.millis)
	}
}

func latencyReset(c *Context) {
	m := &c.latency
	m.mu.Lock()
	defer m.mu.Unlock()
	before := len(m.events)
	if len(c.Args) == 2 {
		clear(m.events)
	}
	for _, name := range c.Args[2:] {
		delete(m.events, string(name))
	}
	c.Int(int64(before - len(m.events)))
}

// latencyDoctor says in words what LATENCY LATEST says in figures.
func latencyDoctor(c *Context) {
	m := &c.latency
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.thresholdNanos.Load() == 0:
		c.Verbatim("Spikes are not watched for. CONFIG SET latency-monitor-threshold <milliseconds> has commands watched that take as long.\n")
		return
	case len(m.events) == 0:
		c.Verbatim("No spikes of latency were seen.\n")
		return
	}
	var text strings.Builder
	for _, name := range m.names() {
		e := m.events[name]
		sum := int64(0)
		for _, s := range e.spikes {
			sum += s.millis
		}
		highest := slices.MaxFunc(e.spikes, func(a, b spike) int { return cmp.Compare(a.millis, b.millis) })
		fmt.Fprintf(&text, "%s: %d spikes, %d ms on average, the highest %d ms at %d, %d ms ever.\n",
			name, len(e.spikes), sum/int64(len(e.spikes)), highest.millis, highest.atSeconds, e.maxMillis)
	}
	text.WriteString("SLOWLOG GET tells which commands were slow; work on large collections and many keys at once is.\n")
	c.Verbatim(text.String())
}
