package command

import (
	"strconv"

	"slotbench/internal/slot"
	"slotbench/server/store"
)

// serverCommands is the server group but for COMMAND.
func serverCommands() []Command {
	rows := []Command{
		{Name: "info", Arity: -1, Flags: Loading | Stale | OffLoop | Dangerous, Run: info,
			Since: "1.0.0", Complexity: "O(slots)", Summary: "Figures of the server", Syntax: "[section [section ...]]"},
		{Name: "config", Arity: -2, Subcommands: configCommands(),
			Since: "2.0.0", Complexity: "by subcommand", Summary: "Configuration"},
		{Name: "dbsize", Arity: 1, Flags: ReadOnly | Fast | AllSlots, Run: dbSize, Categories: "keyspace",
			Since: "1.0.0", Complexity: "O(slots)", Summary: "How many keys there are"},
		{Name: "flushall", Arity: -1, Flags: Write | OffLoop | Dangerous | AllSlots, Run: flush, Categories: "keyspace",
			Since: "1.0.0", Complexity: "O(N) in the keys", Summary: "Delete all keys", Syntax: "[ASYNC|SYNC]"},
		{Name: "flushdb", Arity: -1, Flags: Write | OffLoop | Dangerous | AllSlots, Run: flush, Categories: "keyspace",
			Since: "1.0.0", Complexity: "O(N) in the keys", Summary: "Delete all keys of the database", Syntax: "[ASYNC|SYNC]"},
		{Name: "time", Arity: 1, Flags: Loading | Stale | Fast, Run: timeNow,
			Since: "2.6.0", Complexity: "O(1)", Summary: "The server's time in seconds and microseconds"},
		{Name: "role", Arity: 1, Flags: NoScript | Loading | Stale | Fast, Run: role, Categories: "admin dangerous",
			Since: "2.8.12", Complexity: "O(1)", Summary: "What the server is in replication: a primary without replicas"},
		{Name: "lolwut", Arity: -1, Flags: ReadOnly | Fast, Run: func(c *Context) { c.Verbatim("slotbench, as Redis ver. " + Version + "\n") },
			Since: "5.0.0", Complexity: "O(1)", Summary: "The version, without a picture", Syntax: "[VERSION version]"},
		{Name: "shutdown", Arity: -1, Flags: Admin | NoScript | Loading | Stale | NoMulti | AllowBusy, Run: shutdown,
			Since: "1.0.0", Complexity: "O(1)", Summary: "Stop the server", Syntax: "[NOSAVE|SAVE] [NOW] [FORCE] [ABORT]"},
		{Name: "monitor", Arity: 1, Flags: Admin | NoScript | Loading | Stale, Run: monitor,
			Since: "1.0.0", Complexity: "O(1)", Summary: "Show every command that the server runs"},
		{Name: "slowlog", Arity: -2, Subcommands: slowlogCommands(),
			Since: "2.2.12", Complexity: "by subcommand", Summary: "The commands that took long"},
	}
	for i := range rows {
		rows[i].Group = GroupServer
	}
	return rows
}

func dbSize(c *Context) { c.Int(store.Keys(c.Store)) }

// flush empties all slots at one moment: it holds all their locks.
func flush(c *Context) {
	if len(c.Args) > 2 || len(c.Args) == 2 && !isWord(c.Args[1], "async") && !isWord(c.Args[1], "sync") {
		c.Error(errSyntax)
		return
	}
	if c.mode == Direct {
		c.scripting.roaming.Lock()
		defer c.scripting.roaming.Unlock()
	}
	tables := make([]store.Table, c.Store.Count())
	for s := range tables {
		tables[s] = c.Store.Lock(slot.Slot(s), c.NowMillis)
	}
	for s, table := range tables {
		table.Clear()
		c.Store.Unlock(slot.Slot(s))
	}
	c.OK()
}

func timeNow(c *Context) {
	c.Array(2)
	c.BulkString(strconv.FormatInt(c.NowMillis/1000, 10))
	c.BulkString(strconv.FormatInt(c.NowMillis%1000*1000, 10))
}

// role answers "master", an offset, and the replicas, of which there are none.
func role(c *Context) {
	c.Array(3)
	c.BulkString("master")
	c.Int(0)
	c.Array(0)
}

func shutdown(c *Context) {
	save, noSave, abort := false, false, false
	for _, arg := range c.Args[1:] {
		switch {
		case isWord(arg, "now"), isWord(arg, "force"): // there is nothing to wait for and nothing to save
		case isWord(arg, "nosave"):
			noSave = true
		case isWord(arg, "save"):
			save = true
		case isWord(arg, "abort"):
			abort = true
		default:
			c.Error(errSyntax)
			return
		}
	}
	switch {
	case abort && len(c.Args) > 2, save && noSave:
		c.Error(errSyntax)
		return
	case abort:
		c.Error("ERR No shutdown in progress.")
		return
	case save:
		c.Error("ERR there are no snapshots to save to; use SHUTDOWN NOSAVE")
		return
	}
	c.Client.CloseAfterReply = true
	c.Node.Shutdown()
}
