package command

import (
	"strconv"

	"slotbench/internal/listpack"
	"slotbench/server/collection"
	"slotbench/server/store"
)

// setCommands is the set group. A small set is an intset or a listpack in its
// entry; a large one is a collection.Set.
func setCommands() []Command {
	one := []Command{
		{Name: "sadd", Arity: -3, Flags: Write | DenyOOM | Fast, KeySpec: "RW INSERT", Run: sAdd,
			Since: "1.0.0", Complexity: "O(N) in the members given", Summary: "Add members to a set", Syntax: "key member [member ...]"},
		{Name: "srem", Arity: -3, Flags: Write | Fast, KeySpec: "RW DELETE", Run: sRem,
			Since: "1.0.0", Complexity: "O(N) in the members given", Summary: "Remove members of a set, and the set with the last", Syntax: "key member [member ...]"},
		{Name: "sismember", Arity: 3, Flags: ReadOnly | Fast, KeySpec: "RO", Run: sIsMember,
			Since: "1.0.0", Complexity: "O(1)", Summary: "Whether a set has a member", Syntax: "key member"},
		{Name: "smismember", Arity: -3, Flags: ReadOnly | Fast, KeySpec: "RO ACCESS", Run: sMIsMember,
			Since: "6.2.0", Complexity: "O(N) in the members given", Summary: "Which of the members a set has", Syntax: "key member [member ...]"},
		{Name: "scard", Arity: 2, Flags: ReadOnly | Fast, KeySpec: "RO", Run: sCard,
			Since: "1.0.0", Complexity: "O(1)", Summary: "How many members a set has", Syntax: "key"},
		{Name: "smembers", Arity: 2, Flags: ReadOnly, KeySpec: "RO ACCESS", Run: sMembers,
			Since: "1.0.0", Complexity: "O(N) in the set", Summary: "All members of a set", Syntax: "key"},
		{Name: "spop", Arity: -2, Flags: Write | Fast, KeySpec: "RW ACCESS DELETE", Run: sPop,
			Since: "1.0.0", Complexity: "O(N) in the members answered", Summary: "Remove random members and answer them", Syntax: "key [count]"},
		{Name: "srandmember", Arity: -2, Flags: ReadOnly, KeySpec: "RO ACCESS", Run: sRandMember,
			Since: "1.0.0", Complexity: "O(N) in the members answered", Summary: "Random members of a set", Syntax: "key [count]"},
		{Name: "sscan", Arity: -3, Flags: ReadOnly, KeySpec: "RO ACCESS", Run: sScan,
			Since: "2.8.0", Complexity: "O(N) in COUNT", Summary: "Some members of a set, and where to go on",
			Syntax: "key cursor [MATCH pattern] [COUNT count]"},
	}
	for i := range one {
		one[i].First, one[i].Last, one[i].Step = 1, 1, 1
	}
	rows := append(one, setAlgebraCommands()...)
	for i := range rows {
		rows[i].Group, rows[i].Categories = GroupSet, "set"
	}
	return rows
}

func sAdd(c *Context) {
	key, members := c.Args[1], c.Args[2:]
	e, _, ok := c.collection(key, store.Set)
	if ok {
		c.Int(c.addMembers(key, e, members))
	}
}

// addMembers adds members to the set that a key holds or is to hold, and
// returns how many are new.
func (c *Context) addMembers(key []byte, e store.Entry, members [][]byte) (added int64) {
	if set, large := e.Object.(*collection.Set); large {
		for _, member := range members {
			if set.Add(member) {
				added++
			}
		}
		settleObject(c.TableOf(key), key, added > 0, false)
		return added
	}
	for len(members) > 0 && setHas(e, members[0]) {
		members = members[1:]
	}
	if len(members) == 0 {
		return 0
	}
	if len(members) == 1 && c.addInPlace(key, e, members[0]) {
		return 1
	}
	b := c.buildSet(e)
	if e.Type == store.None {
		b.expect(len(members), members[0])
	}
	for _, member := range members {
		if b.add(member) {
			added++
		}
	}
	c.keepSet(key, e, &b)
	return added
}

// addInPlace adds a member that a small set does not have, if it stays as it
// is.
func (c *Context) addInPlace(key []byte, e store.Entry, member []byte) bool {
	limits := c.Node.Limits()
	switch {
	case e.Type == store.None:
		return false
	case e.Form == store.Intset:
		n, isInt := parseInt(member)
		if !isInt || collection.IntsetLen(e.Value) >= limits.SetIntsetEntries {
			return false
		}
		grown := collection.IntsetGrown(e.Value, n)
		collection.IntsetInsert(c.TableOf(key).Resize(key, grown, store.Intset), n)
	case len(member) > limits.SetValueBytes || listpack.Len(e.Value) >= limits.SetEntries:
		return false
	default:
		before := len(e.Value)
		edit := listpack.Splice(e.Value, listpack.End(e.Value), 0, member)
		edit.Apply(c.TableOf(key).Resize(key, before+edit.Grow(), store.Plain), before)
	}
	return true
}

func sRem(c *Context) {
	key := c.Args[1]
	if e, _, ok := c.collection(key, store.Set); ok {
		c.Int(c.removeMembers(key, e, c.Args[2:]))
	}
}

// removeMembers removes members of the set that a key holds, and the key with
// the last of them. It returns how many there were.
func (c *Context) removeMembers(key []byte, e store.Entry, members [][]byte) (removed int64) {
	if set, large := e.Object.(*collection.Set); large {
		for _, member := range members {
			if set.Remove(member) {
				removed++
			}
		}
		settleObject(c.TableOf(key), key, removed > 0, set.Len() == 0)
		return removed
	}
	for len(members) > 0 && !setHas(e, members[0]) {
		members = members[1:]
	}
	if len(members) == 0 {
		return 0
	}
	b := c.buildSet(e)
	for _, member := range members {
		if b.remove(member) {
			removed++
		}
	}
	c.keepSet(key, e, &b)
	return removed
}

func sIsMember(c *Context) {
	if e, _, ok := c.collection(c.Args[1], store.Set); ok {
		c.truth(setHas(e, c.Args[2]))
	}
}

func sMIsMember(c *Context) {
	e, _, ok := c.collection(c.Args[1], store.Set)
	if !ok {
		return
	}
	c.Array(len(c.Args) - 2)
	for _, member := range c.Args[2:] {
		c.truth(setHas(e, member))
	}
}

func sCard(c *Context) {
	if e, _, ok := c.collection(c.Args[1], store.Set); ok {
		c.Int(int64(setLen(e)))
	}
}

func sMembers(c *Context) {
	if e, _, ok := c.collection(c.Args[1], store.Set); ok {
		c.members(e)
	}
}

// members answers a set.
func (c *Context) members(e store.Entry) {
	c.Set(setLen(e))
	switch {
	case e.Object != nil:
		e.Object.(*collection.Set).Each(func(member []byte) bool {
			c.Bulk(member)
			return true
		})
	case len(e.Value) == 0:
	case e.Form == store.Intset:
		for i := range collection.IntsetLen(e.Value) {
			c.Bulk(strconv.AppendInt(c.scratch[:0], collection.IntsetAt(e.Value, i), 10))
		}
	default:
		for at := listpack.First; at < listpack.End(e.Value); {
			var v listpack.Value
			v, at = listpack.Read(e.Value, at)
			c.element(v)
		}
	}
}

func sScan(c *Context) {
	s, e, ok := c.openScan(store.Set)
	if !ok {
		return
	}
	next := uint64(0)
	if set, large := e.Object.(*collection.Set); large {
		next = set.Scan(s.cursor, s.count, func(member []byte) { s.see(member) })
	} else {
		eachMember(e, func(member []byte) bool {
			s.see(member)
			return true
		})
	}
	c.closeScan(&s, next)
}
