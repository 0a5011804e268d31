package command

import "slotbench/server/store"

// listBlockCommands is what waits for an element.
func listBlockCommands() []Command {
	const pops = Write | NoScript | Blocking
	const moves, moveKeys = pops | DenyOOM, "RW ACCESS DELETE|RW INSERT"
	pop := func(name, summary string, fromHead bool) Command {
		return Command{Name: name, Arity: -3, Flags: pops, First: 1, Last: -2, Step: 1, KeySpec: "RW ACCESS DELETE",
			Run:   func(c *Context) { c.blockingPop(fromHead) },
			Since: "2.0.0", Complexity: "O(N) in the keys", Summary: summary, Syntax: "key [key ...] timeout"}
	}
	return []Command{
		pop("blpop", "Take the first element of the first list that has any, or wait for one", true),
		pop("brpop", "Take the last element of the first list that has any, or wait for one", false),
		{Name: "blmove", Arity: 6, Flags: moves, First: 1, Last: 2, Step: 1, KeySpec: moveKeys, Run: bLMove,
			Since: "6.2.0", Complexity: "O(1)", Summary: "Take an element from one list's end and add it at another's, or wait for one",
			Syntax: "source destination LEFT|RIGHT LEFT|RIGHT timeout"},
		{Name: "brpoplpush", Arity: 4, Flags: moves, First: 1, Last: 2, Step: 1, KeySpec: moveKeys,
			Run:   func(c *Context) { c.blockingMove(false, true, 3) },
			Since: "2.2.0", Complexity: "O(1)", Summary: "Take the last element of a list and add it before another's first, or wait for one",
			Syntax: "source destination timeout"},
		{Name: "blmpop", Arity: -5, Flags: Write | Blocking | MovableKeys, Keys: listKeysAt2, KeySpec: "RW ACCESS DELETE", Run: bLMPop,
			Since: "7.0.0", Complexity: "O(N+M) in the keys and the elements answered",
			Summary: "Take elements from the first of several lists that has any, or wait for one",
			Syntax:  "timeout numkeys key [key ...] LEFT|RIGHT [COUNT count]"},
	}
}

func (c *Context) blockingPop(fromHead bool) {
	timeoutMillis, ok := c.TimeoutArg(len(c.Args) - 1)
	if !ok {
		return
	}
	keys := c.Args[1 : len(c.Args)-1]
	for _, key := range c.Candidates(keys) {
		l, ok := c.list(key)
		if !ok {
			return
		}
		if l.length > 0 {
			c.Array(2)
			c.Bulk(key)
			c.popOne(&l, fromHead)
			return
		}
	}
	if !c.Block(store.List, timeoutMillis, keys) {
		c.NullArray()
	}
}

func bLMove(c *Context) {
	fromHead, ok := c.listEnd(3)
	if !ok {
		return
	}
	if toHead, ok := c.listEnd(4); ok {
		c.blockingMove(fromHead, toHead, 5)
	}
}

// blockingMove is moveElement, or a wait for as long as an argument says.
func (c *Context) blockingMove(fromHead, toHead bool, timeoutArg int) {
	timeoutMillis, ok := c.TimeoutArg(timeoutArg)
	if ok && !c.moveElement(fromHead, toHead) && !c.Block(store.List, timeoutMillis, c.Args[1:2]) {
		c.Null()
	}
}

// listKeysAt2 finds the keys behind their number, which follows the timeout.
func listKeysAt2(positions []int, args [][]byte) ([]int, bool) { return listKeys(positions, args, 2) }

func bLMPop(c *Context) {
	timeoutMillis, ok := c.TimeoutArg(1)
	if !ok {
		return
	}
	m, ok := c.multiPop(2)
	if !ok {
		return
	}
	keys := m.keys
	m.keys = c.Candidates(keys)
	if !c.popFirst(m) && !c.Block(store.List, timeoutMillis, keys) {
		c.NullArray()
	}
}
