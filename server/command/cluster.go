package command

import (
	"cmp"
	"slices"

	"slotbench/internal/slot"
	"slotbench/server/store"
	"slotbench/server/topology"
)

// Cluster is what cluster commands need of the control plane. The text of an
// error is what is answered behind "-ERR ".
type Cluster interface {
	Router
	// Map is the topology as this node knows it.
	Map() *topology.Map
	// AddSlots gives unbound slots to this node, all or none.
	AddSlots(slots []slot.Slot) error
	// DeleteSlots takes slots from their owners, all or none.
	DeleteSlots(slots []slot.Slot) error
	// Migrating opens a slot of this node towards another.
	Migrating(s slot.Slot, to string) error
	// Importing opens a slot of another node towards this one.
	Importing(s slot.Slot, from string) error
	// Stable closes a slot.
	Stable(s slot.Slot) error
	// Assign gives a slot to a node. It is refused while this node owns the
	// slot and holds keys of it.
	Assign(s slot.Slot, id string) error
}

// Configurable is a Cluster whose topology is pushed from outside as a whole.
type Configurable interface {
	// Configure replaces the topology by one in Dragonfly's JSON.
	Configure(config []byte) error
}

// clusterCommands is the node's place among others.
func clusterCommands() []Command {
	const (
		ask    = Stale
		change = Admin | Stale | NoAsyncLoading | Alone
	)
	row := func(name string, arity int, flags Flags, syntax, summary string, run func(*Context)) Command {
		return Command{Name: name, Arity: arity, Flags: flags, Group: GroupCluster, Since: cmp.Or(clusterSince[name], "3.0.0"),
			Complexity: "O(slots)", Summary: summary, Syntax: syntax, Run: inCluster(run)}
	}
	return []Command{
		{Name: "cluster", Arity: -2, Group: GroupCluster, Since: "3.0.0", Complexity: "by subcommand",
			Summary: "The node's place among others", Absent: absentCluster, Subcommands: []Command{
				row("addslots", -3, change, "<slot> [<slot> ...]", "Assign slots to the current node", addSlots),
				row("addslotsrange", -4, change, "<start slot> <end slot> [<start slot> <end slot> ...]",
					"Assign slots between start and end, both included, to the current node", addSlotsRange),
				row("count-failure-reports", 3, Admin|Stale, "<node-id>",
					"Return the number of failure reports for a node: always 0, nodes do not watch each other", countFailureReports),
				row("countkeysinslot", 3, ask|AllSlots, "<slot>", "Return the number of keys in a slot", countKeysInSlot),
				row("delslots", -3, change, "<slot> [<slot> ...]", "Take slots from their owner, as this node sees it", delSlots),
				row("delslotsrange", -4, change, "<start slot> <end slot> [<start slot> <end slot> ...]",
					"Take slots between start and end, both included, from their owner, as this node sees it", delSlotsRange),
				row("getkeysinslot", 4, ask|OffLoop|AllSlots, "<slot> <count>", "Return keys of a slot that are on this node", getKeysInSlot),
				row("help", 2, Loading|Stale, "", "The subcommands", (*Context).help),
				row("info", 2, ask, "", "Return the state of the cluster", clusterInfo),
				row("keyslot", 3, ask, "<key>", "Return the slot of a key", keySlot),
				row("links", 2, ask, "", "Return the links to other nodes: none, nodes do not talk to each other", clusterLinks),
				row("myid", 2, ask, "", "Return the id of the current node", clusterMyID),
				row("nodes", 2, ask, "", "Return the nodes and their slots, a line each", clusterNodes),
				row("setslot", -4, change, "<slot> (IMPORTING <node-id>|MIGRATING <node-id>|STABLE|NODE <node-id>)",
					"Open a slot, close it, or assign it", setSlot),
				row("shards", 2, ask, "", "Return the nodes with their slots", clusterShards),
				row("slot-stats", -4, ask|OffLoop, "(SLOTSRANGE <start slot> <end slot>|ORDERBY <metric> [LIMIT <n>] [ASC|DESC])",
					"Return what slots hold and cost", slotStats),
				row("slots", 2, ask, "", "Return the ranges of slots with their nodes", clusterSlots),
			}},
	}
}

// clusterSince is the subcommands that came later than the cluster.
var clusterSince = map[string]string{
	"addslotsrange": "7.0.0", "delslotsrange": "7.0.0", "help": "5.0.0", "links": "7.0.0", "shards": "7.0.0", "slot-stats": "8.2.0",
}

// Why subcommands of Redis are absent.
const (
	whyPushed  = "nodes learn of each other by DFLYCLUSTER CONFIG"
	whyEpoch   = "epochs rise by DFLYCLUSTER CONFIG and CLUSTER SETSLOT"
	whyReplica = "this server does not replicate"
)

var absentCluster = map[string]string{
	"meet": whyPushed, "forget": whyPushed, "reset": whyPushed, "saveconfig": whyPushed, "flushslots": whyPushed,
	"bumpepoch": whyEpoch, "set-config-epoch": whyEpoch,
	"replicate": whyReplica, "replicas": whyReplica, "slaves": whyReplica, "failover": whyReplica,
}

// inCluster refuses a command to a standalone server.
func inCluster(run func(*Context)) func(*Context) {
	return func(c *Context) {
		if c.Cluster == nil {
			c.Error("ERR This instance has cluster support disabled")
			return
		}
		run(c)
	}
}

// done answers how a change of the topology went.
func (c *Context) done(err error) {
	if err != nil {
		c.Error("ERR " + err.Error())
		return
	}
	c.OK()
}

const errSlot = "ERR Invalid or out of range slot"

// slotArg reads an argument that must be a slot. When ok is false the error is
// already the reply.
func (c *Context) slotArg(at int) (s slot.Slot, ok bool) {
	n, ok := parseInt(c.Args[at])
	if !ok || n < 0 || n >= int64(c.Store.Count()) {
		c.Error(errSlot)
		return 0, false
	}
	return slot.Slot(n), true
}

func addSlots(c *Context) {
	if slots, ok := c.slotArgs(); ok {
		c.done(c.Cluster.AddSlots(slots))
	}
}

func delSlots(c *Context) {
	if slots, ok := c.slotArgs(); ok {
		c.done(c.Cluster.DeleteSlots(slots))
	}
}

func (c *Context) slotArgs() (slots []slot.Slot, ok bool) {
	for at := 2; at < len(c.Args); at++ {
		s, ok := c.slotArg(at)
		if !ok {
			return nil, false
		}
		slots = append(slots, s)
	}
	return slots, true
}

func addSlotsRange(c *Context) {
	if slots, ok := c.slotRangeArgs(); ok {
		c.done(c.Cluster.AddSlots(slots))
	}
}

func delSlotsRange(c *Context) {
	if slots, ok := c.slotRangeArgs(); ok {
		c.done(c.Cluster.DeleteSlots(slots))
	}
}

// slotRangeArgs is the slots of all ranges. It stops where one must stand
// twice, which is refused in any case.
func (c *Context) slotRangeArgs() (slots []slot.Slot, ok bool) {
	if len(c.Args)%2 != 0 {
		c.Errorf("ERR wrong number of arguments for '%s' command", c.Command.FullName())
		return nil, false
	}
	for at := 2; at < len(c.Args) && len(slots) <= int(c.Store.Count()); at += 2 {
		first, ok := c.slotArg(at)
		if !ok {
			return nil, false
		}
		last, ok := c.slotArg(at + 1)
		if !ok {
			return nil, false
		}
		if first > last {
			c.Errorf("ERR start slot number %d is greater than end slot number %d", first, last)
			return nil, false
		}
		for s := int(first); s <= int(last); s++ {
			slots = append(slots, slot.Slot(s))
		}
	}
	return slots, true
}

func setSlot(c *Context) {
	s, ok := c.slotArg(2)
	if !ok {
		return
	}
	switch action := c.Args[3]; {
	case isWord(action, "stable") && len(c.Args) == 4:
		c.done(c.Cluster.Stable(s))
	case isWord(action, "migrating") && len(c.Args) == 5:
		c.done(c.Cluster.Migrating(s, string(c.Args[4])))
	case isWord(action, "importing") && len(c.Args) == 5:
		c.done(c.Cluster.Importing(s, string(c.Args[4])))
	case isWord(action, "node") && len(c.Args) == 5:
		c.done(c.Cluster.Assign(s, string(c.Args[4])))
	default:
		c.Error("ERR Invalid CLUSTER SETSLOT action or number of arguments. Try CLUSTER HELP")
	}
}

func keySlot(c *Context) { c.Int(int64(c.Store.Count().Of(c.Args[2]))) }

func countKeysInSlot(c *Context) {
	n, ok := c.IntArg(2)
	switch {
	case !ok:
	case n < 0 || n >= int64(c.Store.Count()):
		c.Error("ERR Invalid slot")
	default:
		c.Int(c.keysIn(slot.Slot(n)))
	}
}

// countedAtMost is how many keys of a slot are counted one by one.
const countedAtMost = 1000

// keysIn is how many keys a slot holds. Where they are few, those whose time
// has come are left out, as GETKEYSINSLOT leaves them out: who migrates a slot
// is to see it empty when nothing is left to fetch.
func (c *Context) keysIn(s slot.Slot) int64 {
	a := c.Store.Account(s)
	if a.Expiring == 0 || a.Keys > countedAtMost {
		return a.Keys
	}
	t, n := c.Store.Lock(s, c.NowMillis), int64(0)
	for at := uint64(0); ; {
		if at = t.Scan(at, countedAtMost, func([]byte, store.Entry) { n++ }); at == 0 {
			break
		}
	}
	c.Store.Unlock(s)
	return n
}

func getKeysInSlot(c *Context) {
	s, ok := c.IntArg(2)
	if !ok {
		return
	}
	count, ok := c.IntArg(3)
	if !ok {
		return
	}
	if s < 0 || s >= int64(c.Store.Count()) || count < 0 {
		c.Error("ERR Invalid slot or number of keys")
		return
	}
	var keys [][]byte
	if count > 0 {
		c.slotKeys(slot.Slot(s), int(min(count, keysStep)), func(key []byte) bool {
			keys = append(keys, slices.Clone(key))
			return int64(len(keys)) < count
		})
	}
	c.Array(len(keys))
	for _, key := range keys {
		c.Bulk(key)
	}
}
