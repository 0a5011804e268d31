package command

import "slotbench/internal/slot"

// dflyclusterCommands is Dragonfly's way to configure a cluster from outside.
func dflyclusterCommands() []Command {
	row := func(name string, arity int, flags Flags, syntax, summary string, run func(*Context)) Command {
		return Command{Name: name, Arity: arity, Flags: flags, Group: GroupCluster, Since: "1.11.0 of Dragonfly",
			Complexity: "O(slots)", Summary: summary, Syntax: syntax, Run: inCluster(run)}
	}
	return []Command{
		{Name: "dflycluster", Arity: -2, Group: GroupCluster, Since: "1.11.0 of Dragonfly", Complexity: "by subcommand",
			Summary: "The topology, pushed from outside", Absent: absentDflycluster, Subcommands: []Command{
				row("config", 3, Admin|OffLoop|Alone, "<json>", "Replace the topology as a whole, and delete keys that are no longer owned", dflyConfig),
				row("getslotinfo", -3, Admin, "SLOTS <slot> [<slot> ...]", "Return what slots hold and cost", dflySlotInfo),
				row("help", 2, Loading|Stale, "", "The subcommands", (*Context).help),
				row("myid", 2, Admin, "", "Return the id of the current node", clusterMyID),
			}},
	}
}

var absentDflycluster = map[string]string{
	"flushslots":            "keys go when a pushed configuration takes their slot",
	"slot-migration-status": "slots are migrated by CLUSTER SETSLOT and MIGRATE",
}

func dflyConfig(c *Context) {
	plane, ok := c.Cluster.(Configurable)
	if !ok {
		c.Error("ERR This node's topology is not pushed from outside")
		return
	}
	c.done(plane.Configure(c.Args[2]))
}

func dflySlotInfo(c *Context) {
	if !isWord(c.Args[2], "slots") || len(c.Args) == 3 {
		c.Error(errSyntax)
		return
	}
	slots := make([]slot.Slot, 0, len(c.Args)-3)
	for at := 3; at < len(c.Args); at++ {
		n, ok := c.IntArg(at)
		if !ok {
			return
		}
		if n < 0 || n >= int64(c.Store.Count()) {
			c.Error("ERR Invalid slot id")
			return
		}
		slots = append(slots, slot.Slot(n))
	}
	c.Array(len(slots))
	for _, s := range slots {
		account := c.Store.Account(s)
		c.Array(9)
		c.Int(int64(s))
		c.BulkString("key_count")
		c.Int(account.Keys)
		c.BulkString("total_reads")
		c.Int(account.Reads)
		c.BulkString("total_writes")
		c.Int(account.Writes)
		c.BulkString("memory_bytes")
		c.Int(account.Bytes)
	}
}
