package command

import "slotbench/server/store"

// objectCommands is OBJECT, which looks at how a key is stored.
func objectCommands() []Command {
	row := func(name, since, summary string, run func(*Context)) Command {
		return Command{Name: name, Arity: 3, Flags: ReadOnly, First: 2, Last: 2, Step: 1, KeySpec: "RO", Run: run,
			Group: GroupGeneric, Since: since, Complexity: "O(1)", Summary: summary, Syntax: "key"}
	}
	subs := []Command{
		row("encoding", "2.2.3", "How a value is encoded", objectEncoding),
		row("freq", "4.0.0", "How often a key is used", objectFreq),
		row("idletime", "2.2.3", "Seconds since the last use of a key", objectIdleTime),
		row("refcount", "2.2.3", "How many references a value has", objectRefCount),
		{Name: "help", Arity: 2, Flags: Loading | Stale, Run: objectHelp, Group: GroupGeneric,
			Since: "6.2.0", Complexity: "O(1)", Summary: "The subcommands"},
	}
	return []Command{{Name: "object", Arity: -2, Subcommands: subs, Group: GroupGeneric,
		Since: "2.2.3", Complexity: "by subcommand", Summary: "How a key is stored"}}
}

// encodings says how what a key holds is encoded, by its type.
var encodings = map[store.Type]func(e store.Entry, limits *Limits) string{
	store.String:    stringEncoding,
	store.List:      listEncoding,
	store.Hash:      hashEncoding,
	store.Set:       setEncoding,
	store.SortedSet: sortedSetEncoding,
}

// maxEmbedded is the longest string that Redis calls embstr.
const maxEmbedded = 44

// stringEncoding says how Redis holds a String of that content and history.
func stringEncoding(e store.Entry, _ *Limits) string {
	_, isInt := parseInt(e.Value)
	switch {
	case e.Form == store.Changed || len(e.Value) > maxEmbedded:
		return "raw"
	case isInt && e.Form != store.Text:
		return "int"
	}
	return "embstr"
}

// peek looks at the key of an OBJECT subcommand; it answers null without one.
func (c *Context) peek() (e store.Entry, found bool) {
	e, found = c.TableOf(c.Args[2]).Peek(c.Args[2])
	if !found {
		c.Null()
	}
	return e, found
}

func objectEncoding(c *Context) {
	if e, found := c.peek(); found {
		c.BulkString(encodings[e.Type](e, c.Node.Limits()))
	}
}

// objectFreq answers as Redis does without an LFU policy: there is no
// eviction, so no frequency is kept.
func objectFreq(c *Context) {
	if _, found := c.peek(); found {
		c.Error("ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when " +
			"switching between policies at runtime LRU and LFU data will take some time to adjust.")
	}
}

func objectIdleTime(c *Context) {
	if _, found := c.peek(); found {
		usedAtMillis, _ := c.TableOf(c.Args[2]).UsedAtMillis(c.Args[2])
		c.Int(max(0, c.NowMillis-usedAtMillis) / 1000)
	}
}

// objectRefCount is 1: no two keys share a value.
func objectRefCount(c *Context) {
	if _, found := c.peek(); found {
		c.Int(1)
	}
}

func objectHelp(c *Context) { c.help() }
