package command

import (
	"math"

	"slotbench/internal/listpack"
	"slotbench/server/store"
)

// listEditCommands is what changes a list elsewhere than at an end.
func listEditCommands() []Command {
	return []Command{
		{Name: "lset", Arity: 4, Flags: Write | DenyOOM, First: 1, Last: 1, Step: 1, KeySpec: "RW UPDATE", Run: lSet,
			Since: "1.0.0", Complexity: "O(log N) in the list's nodes", Summary: "Replace the element of an index", Syntax: "key index element"},
		{Name: "linsert", Arity: 5, Flags: Write | DenyOOM, First: 1, Last: 1, Step: 1, KeySpec: "RW INSERT", Run: lInsert,
			Since: "2.2.0", Complexity: "O(N) in the elements before the pivot",
			Summary: "Add an element before or behind the first one that is a text", Syntax: "key BEFORE|AFTER pivot element"},
		{Name: "lrem", Arity: 4, Flags: Write, First: 1, Last: 1, Step: 1, KeySpec: "RW DELETE", Run: lRem,
			Since: "1.0.0", Complexity: "O(N) in the elements", Summary: "Remove elements that are a text", Syntax: "key count element"},
		{Name: "ltrim", Arity: 4, Flags: Write, First: 1, Last: 1, Step: 1, KeySpec: "RW DELETE", Run: lTrim,
			Since: "1.0.0", Complexity: "O(N) in the nodes removed", Summary: "Remove all elements but those from one index to another", Syntax: "key start stop"},
	}
}

func lSet(c *Context) {
	l, ok := c.list(c.Args[1])
	if !ok {
		return
	}
	if l.length == 0 {
		c.Error(errNoKey)
		return
	}
	n, ok := c.IntArg(2)
	if !ok {
		return
	}
	at, inside := l.index(n)
	if !inside {
		c.Error("ERR index out of range")
		return
	}
	text := c.Args[3:4]
	if l.large == nil && l.fits(text) {
		edit(l.table, l.key, l.packed, listpack.Splice(l.packed, listpack.Seek(l.packed, at), 1, text...))
	} else {
		if l.large == nil {
			l.enlarge()
		}
		l.large.Set(at, text[0])
		l.changed()
	}
	c.OK()
}

func lInsert(c *Context) {
	behind := isWord(c.Args[2], "after")
	if !behind && !isWord(c.Args[2], "before") {
		c.Error(errSyntax)
		return
	}
	l, ok := c.list(c.Args[1])
	if !ok {
		return
	}
	if l.length == 0 {
		c.Int(0)
		return
	}
	pivot := -1
	l.search(c.Args[3], false, l.length, func(index int) bool {
		pivot = index
		return false
	})
	if pivot < 0 {
		c.Int(-1)
		return
	}
	l.insert(pivot, behind, c.Args[4:5])
	c.Int(int64(l.length) + 1)
}

// insert puts a text behind or before the element of an index.
func (l *list) insert(index int, behind bool, text [][]byte) {
	if l.large == nil && l.fits(text) {
		at := listpack.Seek(l.packed, index)
		if behind {
			at = listpack.Next(l.packed, at)
		}
		edit(l.table, l.key, l.packed, listpack.Splice(l.packed, at, 0, text...))
		return
	}
	if l.large == nil {
		l.enlarge()
	}
	l.large.Insert(index, behind, text[0])
	l.table.Changed(l.key)
}

func lRem(c *Context) {
	count, ok := c.IntArg(2)
	if !ok {
		return
	}
	l, ok := c.list(c.Args[1])
	if !ok {
		return
	}
	c.Int(int64(l.remove(c.Args[3], int(count))))
}

// remove removes elements that are a text and returns how many: at most count
// from the head on; from the tail on, if count is negative; all, if it is 0.
func (l *list) remove(text []byte, count int) (removed int) {
	switch {
	case l.packed != nil:
		return l.removePacked(text, count)
	case l.large == nil:
		return 0
	}
	if removed = l.large.Remove(text, count); removed == l.length {
		l.table.Delete(l.key)
	} else if removed > 0 {
		l.changed()
	}
	return removed
}

func (l *list) removePacked(text []byte, count int) (removed int) {
	needle := listpack.NewNeedle(text)
	found, skip := needle.Count(l.packed), 0
	removed = found
	switch {
	case count > 0:
		removed = min(found, count)
	case count < 0 && count > math.MinInt:
		removed = min(found, -count)
		skip = found - removed
	}
	if removed == l.length {
		l.table.Delete(l.key)
	} else if removed > 0 {
		lp := l.table.Resize(l.key, len(l.packed), store.Plain)
		l.table.Resize(l.key, len(needle.Remove(lp, skip, removed)), store.Plain)
	}
	return removed
}

func lTrim(c *Context) {
	start, stop, ok := c.spanArgs()
	if !ok {
		return
	}
	l, ok := c.list(c.Args[1])
	if !ok {
		return
	}
	from, to := l.span(start, stop)
	switch {
	case l.length == 0:
	case to-from == l.length: // to those who watch it, that is a change
		l.touch()
	default:
		l.keep(from, to)
	}
	c.OK()
}
