package command

import (
	"runtime"
	systemdebug "runtime/debug"
	"runtime/metrics"

	"slotbench/server/store"
)

// memoryCommands is MEMORY.
func memoryCommands() []Command {
	subs := []Command{
		{Name: "usage", Arity: -3, Flags: ReadOnly, First: 2, Last: 2, Step: 1, KeySpec: "RO", Run: memoryUsage,
			Since: "4.0.0", Complexity: "O(1)", Summary: "The bytes of memory that a key is accounted for", Syntax: "key [SAMPLES count]"},
		{Name: "stats", Arity: 2, Flags: OffLoop, Run: memoryStats,
			Since: "4.0.0", Complexity: "O(slots)", Summary: "Where memory is"},
		{Name: "doctor", Arity: 2, Flags: OffLoop, Run: memoryDoctor,
			Since: "4.0.0", Complexity: "O(slots)", Summary: "What is conspicuous about memory"},
		{Name: "purge", Arity: 2, Flags: OffLoop | Alone, Run: memoryPurge,
			Since: "4.0.0", Complexity: "O(memory)", Summary: "Give memory that is free back to the system"},
		{Name: "help", Arity: 2, Flags: Loading | Stale, Run: (*Context).help,
			Since: "4.0.0", Complexity: "O(1)", Summary: "What the subcommands are"},
	}
	for i := range subs {
		subs[i].Group = GroupServer
	}
	return []Command{{Name: "memory", Arity: -2, Group: GroupServer, Subcommands: subs,
		Absent: map[string]string{"malloc-stats": "memory is not jemalloc's; see MEMORY STATS"},
		Since:  "4.0.0", Complexity: "by subcommand", Summary: "Memory"}}
}

// memoryUsage answers the same whatever SAMPLES says: nothing is estimated.
func memoryUsage(c *Context) {
	switch {
	case len(c.Args) == 3:
	case len(c.Args) == 5 && isWord(c.Args[3], "samples"):
		samples, ok := c.IntArg(4)
		if !ok {
			return
		}
		if samples < 0 {
			c.Error(errSyntax)
			return
		}
	default:
		c.Error(errSyntax)
		return
	}
	bytes, found := c.TableOf(c.Args[2]).Usage(c.Args[2])
	if !found {
		c.Null()
		return
	}
	c.Int(bytes)
}

// memoryFigures is where the process's memory is.
type memoryFigures struct {
	used      int64 // in use by keys, connections and the rest
	active    int64 // taken for that by the allocator
	resident  int64 // of the system's by the allocator, given back or not yet used taken off
	runtime   int64 // of the runtime itself: stacks, its own notes
	dataset   int64 // what keys are accounted for
	rss       int64 // of the process, as the system counts it
	startup   int64 // used at the start
	peak      int64 // the highest used that was seen
	heapGoal  int64
	keys      int64
	keysBytes int64 // dataset / keys
}

// memoryNames is the runtime's names of what is read, in this order.
var memoryNames = []string{
	"/memory/classes/heap/objects:bytes", "/memory/classes/heap/unused:bytes", "/memory/classes/heap/released:bytes",
	"/memory/classes/total:bytes", "/memory/classes/heap/free:bytes", "/gc/heap/goal:bytes",
}

// readMemory reads the runtime's figures.
func readMemory() (m memoryFigures) {
	samples := make([]metrics.Sample, len(memoryNames))
	for i, name := range memoryNames {
		samples[i].Name = name
	}
	metrics.Read(samples)
	at := func(i int) int64 { return int64(samples[i].Value.Uint64()) }
	objects, unused, released, total, free := at(0), at(1), at(2), at(3), at(4)
	m.used, m.active, m.resident = objects, objects+unused, total-released
	m.runtime = total - objects - unused - released - free
	m.heapGoal = at(5)
	return m
}

// footprint is the memory of a store that has its own.
func (d *Dispatcher) footprint() (f store.Footprint) {
	if own, ok := d.Store.(interface{ Footprint() store.Footprint }); ok {
		f = own.Footprint()
	}
	return f
}

// memory is the figures of now.
func (c *Context) memory(node NodeInfo, account store.Account) memoryFigures {
	m := readMemory()
	m.rss, m.dataset, m.keys = node.RSSBytes, account.Bytes, account.Keys
	f := c.footprint()
	m.used, m.active, m.resident = m.used+f.Used, m.active+f.Taken, m.resident+f.Taken
	m.startup, m.peak = c.vitals.startup, c.vitals.saw(m.used)
	if m.keys > 0 {
		m.keysBytes = m.dataset / m.keys
	}
	return m
}

// overhead is what is in use beside the dataset.
func (m memoryFigures) overhead() int64 { return max(0, m.used-m.dataset) }

// share is a part in the whole: 0 of nothing.
func share(part, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

func memoryStats(c *Context) {
	node := c.Node.Info()
	m := c.memory(node, store.Total(c.Store))
	type field struct {
		name  string
		value any
	}
	fields := []field{
		{"peak.allocated", m.peak}, {"total.allocated", m.used}, {"startup.allocated", m.startup},
		{"replication.backlog", int64(0)}, {"clients.slaves", int64(0)}, {"aof.buffer", int64(0)},
		{"overhead.total", m.overhead()}, {"keys.count", m.keys}, {"keys.bytes-per-key", m.keysBytes},
		{"dataset.bytes", m.dataset}, {"dataset.percentage", 100 * share(m.dataset, m.used-m.startup)},
		{"peak.percentage", 100 * share(m.used, m.peak)},
		{"allocator.allocated", m.used}, {"allocator.active", m.active}, {"allocator.resident", m.resident},
		{"runtime.overhead", m.runtime},
		{"allocator-fragmentation.ratio", share(m.active, m.used)}, {"allocator-fragmentation.bytes", m.active - m.used},
		{"allocator-rss.ratio", share(m.resident, m.active)}, {"allocator-rss.bytes", m.resident - m.active},
		{"rss-overhead.ratio", share(m.rss, m.resident)}, {"rss-overhead.bytes", m.rss - m.resident},
		{"fragmentation", share(m.rss, m.used)}, {"fragmentation.bytes", m.rss - m.used},
	}
	c.Map(len(fields))
	for _, f := range fields {
		c.BulkString(f.name)
		switch v := f.value.(type) {
		case int64:
			c.Int(v)
		case float64:
			c.Double(v)
		}
	}
}

// The bounds of what MEMORY DOCTOR finds in order.
const (
	doctorMinBytes      = 5 << 20 // less is not worth a word
	doctorPeakRatio     = 1.5     // peak to used
	doctorResidentRatio = 2.0     // resident memory to used
)

func memoryDoctor(c *Context) {
	m := c.memory(c.Node.Info(), store.Total(c.Store))
	switch {
	case m.used < doctorMinBytes:
		c.Verbatim("Next to no memory is in use: there is nothing to judge.\n")
	case share(m.peak, m.used) > doctorPeakRatio:
		c.Verbatim("Much more memory was in use before than is now, and part of it may not have been given back. MEMORY PURGE gives it back.\n")
	case share(m.rss, m.used) > doctorResidentRatio:
		c.Verbatim("The process has much more memory than is in use: garbage that is not yet collected, and holes. MEMORY PURGE gives back what is free.\n")
	default:
		c.Verbatim("Nothing is conspicuous about memory.\n")
	}
}

// maxPurgeSteps bounds how long MEMORY PURGE tidies, keysStep keys at a time:
// while others write there may be more to do for ever.
const maxPurgeSteps = 1 << 16

func memoryPurge(c *Context) {
	runtime.GC()
	systemdebug.FreeOSMemory()
	for step := 0; step < maxPurgeSteps && c.Store.Tidy(c.NowMillis, keysStep); step++ {
		select {
		case <-c.Done:
			return
		default:
		}
	}
	c.OK()
}
