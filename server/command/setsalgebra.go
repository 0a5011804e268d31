package command

import (
	"cmp"
	"slices"

	"slotbench/server/store"
)

// setAlgebraCommands is the set group's commands on several sets.
func setAlgebraCommands() []Command {
	reads := func(name, summary string, run func(*Context)) Command {
		return Command{Name: name, Arity: -2, Flags: ReadOnly, First: 1, Last: -1, Step: 1, KeySpec: "RO ACCESS", Run: run,
			Since: "1.0.0", Complexity: "O(N) in the members of all sets", Summary: summary, Syntax: "key [key ...]"}
	}
	stores := func(name, spec, summary string, run func(*Context)) Command {
		return Command{Name: name, Arity: -3, Flags: Write | DenyOOM, First: 1, Last: -1, Step: 1, KeySpec: spec + "|RO ACCESS", Run: run,
			Since: "1.0.0", Complexity: "O(N) in the members of all sets", Summary: summary, Syntax: "destination key [key ...]"}
	}
	return []Command{
		{Name: "smove", Arity: 4, Flags: Write | Fast, First: 1, Last: 2, Step: 1, KeySpec: "RW ACCESS DELETE|RW INSERT", Run: sMove,
			Since: "1.0.0", Complexity: "O(1)", Summary: "Move a member from one set to another", Syntax: "source destination member"},
		reads("sinter", "The members that all of the sets have", func(c *Context) { c.answerSets(intersection, true) }),
		reads("sunion", "The members that any of the sets has", func(c *Context) { c.answerSets(union, false) }),
		reads("sdiff", "The members of the first set that no other has", func(c *Context) { c.answerSets(difference, true) }),
		stores("sinterstore", "RW UPDATE", "Keep the members that all of the sets have", func(c *Context) { c.storeSets(intersection) }),
		stores("sunionstore", "OW UPDATE", "Keep the members that any of the sets has", func(c *Context) { c.storeSets(union) }),
		stores("sdiffstore", "OW UPDATE", "Keep the members of the first set that no other has", func(c *Context) { c.storeSets(difference) }),
		{Name: "sintercard", Arity: -3, Flags: ReadOnly | MovableKeys, Keys: countedKeys, KeySpec: "RO ACCESS", Run: sInterCard,
			Since: "7.0.0", Complexity: "O(N) in the members of all sets", Summary: "How many members all of the sets have",
			Syntax: "numkeys key [key ...] [LIMIT limit]"},
	}
}

// countedKeys finds keys whose number stands before them, as the first
// argument.
func countedKeys(positions []int, args [][]byte) ([]int, bool) {
	n, ok := parseInt(args[1])
	if !ok || n < 1 || n > int64(len(args)-2) {
		return positions, false
	}
	for at := range int(n) {
		positions = append(positions, 2+at)
	}
	return positions, true
}

func sMove(c *Context) {
	from, to, member := c.Args[1], c.Args[2], c.Args[3:]
	_, found, ok := c.collection(from, store.Set)
	if !ok {
		return
	}
	if !found {
		c.Int(0)
		return
	}
	if _, _, ok := c.collection(to, store.Set); !ok {
		return
	}
	// Anew: the look-up of the second key may have changed what the first lent.
	source, _ := c.TableOf(from).Peek(from)
	if string(from) == string(to) {
		c.truth(setHas(source, member[0]))
		return
	}
	moved := c.removeMembers(from, source, member)
	if moved > 0 {
		destination, _ := c.TableOf(to).Peek(to)
		c.addMembers(to, destination, member)
	}
	c.Int(moved)
}

// sets looks up sets, of which absent ones are of type None. When ok is false
// one key holds another type and the error is already the reply.
func (c *Context) sets(keys [][]byte) (sets []store.Entry, ok bool) {
	sets = make([]store.Entry, len(keys))
	expired := false
	for i, key := range keys {
		before := c.TableOf(key).Len()
		if sets[i], _, ok = c.collection(key, store.Set); !ok {
			return nil, false
		}
		expired = expired || c.TableOf(key).Len() != before
	}
	for i, key := range keys {
		if expired { // a table has changed, and what it lent is no longer valid
			sets[i], _ = c.TableOf(key).Peek(key)
		}
	}
	return sets, true
}

// setOperation makes one set of several.
type setOperation func(sets []store.Entry, out *setBuild)

// answerSets answers what an operation makes of the sets that all arguments
// name; distinct: it comes upon no member twice.
func (c *Context) answerSets(operation setOperation, distinct bool) {
	sets, ok := c.sets(c.Args[1:])
	if !ok {
		return
	}
	if len(sets) == 1 {
		c.members(sets[0])
		return
	}
	b := c.buildSet(store.Entry{})
	b.reply = distinct
	operation(sets, &b)
	c.keepPack(b.pack)
	if distinct {
		c.Set(b.replied)
		c.Out = append(c.Out, b.pack...)
		return
	}
	c.members(b.entry())
}

// storeSets has the first key hold what an operation makes of the sets that
// the others name, without an expiry.
func (c *Context) storeSets(operation setOperation) {
	sets, ok := c.sets(c.Args[2:])
	if !ok {
		return
	}
	b := c.buildSet(store.Entry{})
	operation(sets, &b)
	c.Int(int64(setLen(b.entry())))
	c.keepSet(c.Args[1], store.Entry{}, &b)
}

// eachCommon visits the members that all sets have, until visit reports false.
func eachCommon(sets []store.Entry, visit func(member []byte) bool) {
	slices.SortStableFunc(sets, func(a, b store.Entry) int { return cmp.Compare(setLen(a), setLen(b)) })
	eachMember(sets[0], func(member []byte) bool {
		for _, other := range sets[1:] {
			if !setHas(other, member) {
				return true
			}
		}
		return visit(member)
	})
}

func intersection(sets []store.Entry, out *setBuild) {
	eachCommon(sets, func(member []byte) bool {
		out.add(member)
		return true
	})
}

func union(sets []store.Entry, out *setBuild) {
	for _, set := range sets {
		eachMember(set, func(member []byte) bool {
			out.add(member)
			return true
		})
	}
}

// difference looks each member of the first set up in the others; or, if that
// is less work, takes their members out of a copy. Which one it is shows in
// the encoding of what is kept: so the choice is Redis's.
func difference(sets []store.Entry, out *setBuild) {
	lookups, removals := 0, 0
	for _, set := range sets {
		if set.Type != store.None {
			lookups += setLen(sets[0])
			removals += setLen(set)
		}
	}
	if lookups/2 > removals && !out.reply {
		union(sets[:1], out)
		for _, set := range sets[1:] {
			eachMember(set, func(member []byte) bool {
				out.remove(member)
				return true
			})
		}
		return
	}
	eachMember(sets[0], func(member []byte) bool {
		if !slices.ContainsFunc(sets[1:], func(set store.Entry) bool { return setHas(set, member) }) {
			out.add(member)
		}
		return true
	})
}

func sInterCard(c *Context) {
	n, ok := parseInt(c.Args[1])
	switch {
	case !ok || n < 1:
		c.Error("ERR numkeys should be greater than 0")
		return
	case n > int64(len(c.Args)-2):
		c.Error("ERR Number of keys can't be greater than number of args")
		return
	}
	limit := int64(0)
	for at := 2 + int(n); at < len(c.Args); at += 2 {
		if !isWord(c.Args[at], "limit") || at+1 == len(c.Args) {
			c.Error(errSyntax)
			return
		}
		if limit, ok = parseInt(c.Args[at+1]); !ok || limit < 0 {
			c.Error("ERR LIMIT can't be negative")
			return
		}
	}
	sets, ok := c.sets(c.Args[2 : 2+n])
	if !ok {
		return
	}
	common := int64(0)
	eachCommon(sets, func([]byte) bool {
		common++
		return common != limit
	})
	c.Int(common)
}
