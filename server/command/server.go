package command

import (
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
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
		{Name: "shutdown", Arity: -1, Flags: Admin | NoScript | Loading | Stale | NoMulti | AllowBusy, Run: shutdown,
			Since: "1.0.0", Complexity: "O(1)", Summary: "Stop the server", Syntax: "[NOSAVE|SAVE] [NOW] [FORCE] [ABORT]"},
		{Name: "memory", Arity: -2, Subcommands: memoryCommands(),
			Since: "4.0.0", Complexity: "by subcommand", Summary: "Memory"},
		{Name: "debug", Arity: -2, Flags: Admin | NoScript | Loading | Stale, Subcommands: debugCommands(),
			Since: "1.0.0", Complexity: "by subcommand", Summary: "Looks inside"},
	}
	for i := range rows {
		rows[i].Group = GroupServer
	}
	return rows
}

func memoryCommands() []Command {
	return []Command{
		{Name: "usage", Arity: -3, Flags: ReadOnly, First: 2, Last: 2, Step: 1, KeySpec: "RO", Group: GroupServer, Run: memoryUsage,
			Since: "4.0.0", Complexity: "O(1)", Summary: "The bytes of memory that a key is accounted for", Syntax: "key [SAMPLES count]"},
		{Name: "help", Arity: 2, Flags: Loading | Stale, Group: GroupServer, Run: (*Context).help,
			Since: "4.0.0", Complexity: "O(1)", Summary: "What the subcommands are"},
	}
}

func debugCommands() []Command {
	const flags = Admin | NoScript | Loading | Stale
	return []Command{
		{Name: "digest-value", Arity: -2, Flags: flags | AllSlots, Group: GroupServer, Run: debugDigestValue,
			Since: "5.0.0", Complexity: "O(N) in the keys", Summary: "A digest of what each key holds", Syntax: "[key ...]"},
		{Name: "help", Arity: 2, Flags: flags, Group: GroupServer, Run: (*Context).help,
			Since: "4.0.0", Complexity: "O(1)", Summary: "What the subcommands are"},
	}
}

func dbSize(c *Context) {
	keys := int64(0)
	for s := range int(c.Store.Count()) {
		keys += c.Store.Account(slot.Slot(s)).Keys
	}
	c.Int(keys)
}

// flush empties all slots at one moment: it holds all their locks.
func flush(c *Context) {
	if len(c.Args) > 2 || len(c.Args) == 2 && !isWord(c.Args[1], "async") && !isWord(c.Args[1], "sync") {
		c.Error(errSyntax)
		return
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

func shutdown(c *Context) {
	for _, arg := range c.Args[1:] {
		switch {
		case isWord(arg, "nosave"), isWord(arg, "now"), isWord(arg, "force"):
		case isWord(arg, "save"):
			c.Error("ERR there are no snapshots to save to; use SHUTDOWN NOSAVE")
			return
		case isWord(arg, "abort"):
			c.Error("ERR No shutdown in progress.")
			return
		default:
			c.Error(errSyntax)
			return
		}
	}
	c.Client.CloseAfterReply = true
	c.Node.Shutdown()
}

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

// debugDigestValue answers, for every key, the digest that Redis computes, so
// that redis-cli can compare what two nodes of either make hold.
func debugDigestValue(c *Context) {
	c.Array(len(c.Args) - 2)
	for _, key := range c.Args[2:] {
		s := c.Store.Count().Of(key)
		e, found := c.Store.Lock(s, c.NowMillis).Peek(key)
		var digest [sha1.Size]byte
		if found {
			digest = digestOf(e)
		}
		c.Store.Unlock(s)
		c.Simple(hex.EncodeToString(digest[:]))
	}
}

// redisTypes are the numbers that Redis gives the types.
var redisTypes = map[store.Type]uint32{
	store.String: 0, store.List: 1, store.Set: 2, store.SortedSet: 3, store.Hash: 4, store.Stream: 6,
}

// digestOf mixes the type, the value and whether there is an expiry into a
// digest. Of a value the encoded form is taken, which for a String is itself.
func digestOf(e store.Entry) (digest [sha1.Size]byte) {
	xor := func(data []byte) {
		for i, b := range sha1.Sum(data) {
			digest[i] ^= b
		}
	}
	mix := func(data []byte) {
		xor(data)
		digest = sha1.Sum(digest[:])
	}
	mix(binary.BigEndian.AppendUint32(nil, redisTypes[e.Type]))
	mix(e.Value)
	if e.ExpireAtMillis != 0 {
		xor([]byte("!!expire!!"))
	}
	return digest
}
