package command

import (
	"slotbench/internal/listpack"
	"slotbench/server/collection"
	"slotbench/server/store"
)

// sortedSetCommands is the sorted set group: members, each with a score, by
// ascending score, those of equal score by their bytes. Its files: zsetadd
// (members come and go), zsetread (single members), zsetrange (parts of the
// order), zsetpop (its ends), zsetmerge (several sets), zsetanswer (replies),
// zsetscore (numbers and bounds), zsetpacked (small sets).
func sortedSetCommands() []Command {
	rows := append(append(sortedSetMemberRows(), sortedSetRangeRows()...), sortedSetSeveralRows()...)
	for i := range rows {
		rows[i].Group, rows[i].Categories = GroupSortedSet, "sortedset"
	}
	return rows
}

func sortedSetMemberRows() []Command {
	row := func(name string, arity int, flags Flags, spec, since, complexity, summary, syntax string, run func(*Context)) Command {
		return Command{Name: name, Arity: arity, Flags: flags, First: 1, Last: 1, Step: 1, KeySpec: spec, Run: run,
			Since: since, Complexity: complexity, Summary: summary, Syntax: syntax}
	}
	return []Command{
		row("zadd", -4, Write|DenyOOM|Fast, "RW UPDATE", "1.2.0", "O(log N) a member", "Add members, or change their scores",
			"key [NX|XX] [GT|LT] [CH] [INCR] score member [score member ...]", zAdd),
		row("zincrby", 4, Write|DenyOOM|Fast, "RW ACCESS UPDATE", "1.2.0", "O(log N)", "Add to a member's score", "key increment member", zIncrBy),
		row("zrem", -3, Write|Fast, "RW DELETE", "1.2.0", "O(log N) a member", "Remove members", "key member [member ...]", zRem),
		row("zcard", 2, ReadOnly|Fast, "RO", "1.2.0", "O(1)", "How many members there are", "key", zCard),
		row("zscore", 3, ReadOnly|Fast, "RO ACCESS", "1.2.0", "O(1)", "A member's score", "key member", zScore),
		row("zmscore", -3, ReadOnly|Fast, "RO ACCESS", "6.2.0", "O(1) a member", "Members' scores", "key member [member ...]", zMScore),
		row("zrank", 3, ReadOnly|Fast, "RO ACCESS", "2.0.0", "O(log N)", "How many members stand before one", "key member",
			func(c *Context) { c.zRank(false) }),
		row("zrevrank", 3, ReadOnly|Fast, "RO ACCESS", "2.0.0", "O(log N)", "How many members stand behind one", "key member",
			func(c *Context) { c.zRank(true) }),
		row("zrandmember", -2, ReadOnly, "RO ACCESS", "6.2.0", "O(N) in the members answered", "Random members", "key [count [WITHSCORES]]", zRandMember),
		row("zscan", -3, ReadOnly, "RO ACCESS", "2.8.0", "O(1) a call, O(N) for all", "Some of the members, and where to go on",
			"key cursor [MATCH pattern] [COUNT count]", zScan),
		row("zpopmin", -2, Write|Fast, "RW ACCESS DELETE", "5.0.0", "O(log N) a member", "Remove and answer the first members", "key [count]",
			func(c *Context) { c.zPop(false) }),
		row("zpopmax", -2, Write|Fast, "RW ACCESS DELETE", "5.0.0", "O(log N) a member", "Remove and answer the last members", "key [count]",
			func(c *Context) { c.zPop(true) }),
	}
}

// zset is the sorted set that a key holds: packed, large, or none.
type zset struct {
	table          store.Table
	key            []byte
	packed         []byte // borrowed from the table
	large          *collection.SortedSet
	expireAtMillis int64
}

// zset is the sorted set of one of the command's keys. When ok is false the key
// holds another type and the error is already the reply.
func (c *Context) zset(key []byte) (z zset, ok bool) {
	e, found := c.Lookup(key)
	z = zset{table: c.TableOf(key), key: key}
	if !found {
		return z, true
	}
	if e.Type != store.SortedSet {
		c.WrongType()
		return z, false
	}
	z.hold(e)
	return z, true
}

func (z *zset) hold(e store.Entry) {
	z.packed, z.large, z.expireAtMillis = e.Value, nil, e.ExpireAtMillis
	if e.Object != nil {
		z.packed, z.large = nil, e.Object.(*collection.SortedSet)
	}
}

// exists says whether there is a set. One that exists has members.
func (z *zset) exists() bool { return z.packed != nil || z.large != nil }

// size is how many members there are.
func (z *zset) size() int {
	switch {
	case z.large != nil:
		return z.large.Len()
	case z.packed != nil:
		return listpack.Len(z.packed) / 2
	}
	return 0
}

// score is a member's score.
func (z *zset) score(member []byte) (float64, bool) {
	if z.large != nil {
		return z.large.Score(member)
	}
	if z.packed == nil {
		return 0, false
	}
	at := listpack.Find(z.packed, listpack.First, member, 2)
	if at < 0 {
		return 0, false
	}
	score, _ := packedScore(z.packed, listpack.Next(z.packed, at))
	return score, true
}

// enlarge makes a packed set a large one.
func (z *zset) enlarge() {
	z.large = unpackSortedSet(z.packed)
	z.packed = nil
	z.table.Set(z.key, store.Entry{Type: store.SortedSet, Object: z.large, ExpireAtMillis: z.expireAtMillis})
}

// sortedSetEncoding is what OBJECT ENCODING tells of a sorted set.
func sortedSetEncoding(e store.Entry, _ *Limits) string {
	if e.Object != nil {
		return "skiplist"
	}
	return "listpack"
}

// storeSortedSet puts the members of a result in a key's place, or deletes it
// where there are none, and answers how many.
func (c *Context) storeSortedSet(key []byte, result *collection.SortedSet) {
	table := c.TableOf(key)
	c.Int(int64(result.Len()))
	if result.Len() == 0 {
		table.Delete(key)
		return
	}
	if limits := c.Node.Limits(); result.Len() <= limits.SortedSetEntries {
		if lp := packSortedSet(result, limits.SortedSetValueBytes); lp != nil {
			table.Set(key, store.Entry{Type: store.SortedSet, Value: lp})
			return
		}
	}
	table.Set(key, store.Entry{Type: store.SortedSet, Object: result})
}
