package command

// listEndCommands is what pushes and pops.
func listEndCommands() []Command {
	push := func(name, since, summary string, run func(*Context)) Command {
		return Command{Name: name, Arity: -3, Flags: Write | DenyOOM | Fast, First: 1, Last: 1, Step: 1, KeySpec: "RW INSERT", Run: run,
			Since: since, Complexity: "O(N) in the elements added", Summary: summary, Syntax: "key element [element ...]"}
	}
	pop := func(name, summary string, toHead bool) Command {
		return Command{Name: name, Arity: -2, Flags: Write | Fast, First: 1, Last: 1, Step: 1, KeySpec: "RW ACCESS DELETE",
			Run:   func(c *Context) { c.popCommand(toHead) },
			Since: "1.0.0", Complexity: "O(N) in the elements answered", Summary: summary, Syntax: "key [count]"}
	}
	return []Command{
		push("lpush", "1.0.0", "Add elements before the first one", func(c *Context) { c.pushCommand(true, false) }),
		push("rpush", "1.0.0", "Add elements behind the last one", func(c *Context) { c.pushCommand(false, false) }),
		push("lpushx", "2.2.0", "Add elements before the first one of a list that exists", func(c *Context) { c.pushCommand(true, true) }),
		push("rpushx", "2.2.0", "Add elements behind the last one of a list that exists", func(c *Context) { c.pushCommand(false, true) }),
		pop("lpop", "Take the first elements from a list", true),
		pop("rpop", "Take the last elements from a list", false),
		{Name: "lmpop", Arity: -4, Flags: Write | MovableKeys, Keys: listKeysAt1, KeySpec: "RW ACCESS DELETE", Run: lMPop,
			Since: "7.0.0", Complexity: "O(N+M) in the keys and the elements answered",
			Summary: "Take elements from the first of several lists that has any",
			Syntax:  "numkeys key [key ...] LEFT|RIGHT [COUNT count]"},
	}
}

func (c *Context) pushCommand(toHead, ifPresent bool) {
	l, ok := c.list(c.Args[1])
	if !ok {
		return
	}
	if ifPresent && l.length == 0 {
		c.Int(0)
		return
	}
	c.push(&l, c.Args[2:], toHead)
	c.Int(int64(l.length))
}

const errNotPositive = "ERR value is out of range, must be positive"

func (c *Context) popCommand(fromHead bool) {
	if len(c.Args) > 3 {
		c.Errorf("ERR wrong number of arguments for '%s' command", c.Command.full)
		return
	}
	count, several := int64(1), len(c.Args) == 3
	if several {
		var ok bool
		if count, ok = parseInt(c.Args[2]); !ok || count < 0 {
			c.Error(errNotPositive)
			return
		}
	}
	l, ok := c.list(c.Args[1])
	switch {
	case !ok:
	case l.length == 0 && several:
		c.NullArray()
	case l.length == 0:
		c.Null()
	case several && count == 0:
		c.Array(0)
	case several:
		c.popSeveral(&l, int(min(count, int64(l.length))), fromHead)
	default:
		c.popOne(&l, fromHead)
	}
}

// popOne answers an element from an end of a list that has one, and removes it.
func (c *Context) popOne(l *list, fromHead bool) {
	c.answerEnd(l, fromHead)
	l.dropEnd(fromHead)
}

// answerEnd answers an element at an end of a list that has one.
func (c *Context) answerEnd(l *list, head bool) {
	index := 0
	if !head {
		index = l.length - 1
	}
	l.each(index, 1, false, c.element)
}

// dropEnd removes an element at an end.
func (l *list) dropEnd(head bool) {
	if head {
		l.keep(1, l.length)
	} else {
		l.keep(0, l.length-1)
	}
}

// popSeveral answers count elements from an end, beginning with the outermost,
// and removes them.
func (c *Context) popSeveral(l *list, count int, fromHead bool) {
	if fromHead {
		c.elements(l, 0, count, false)
		l.keep(count, l.length)
	} else {
		c.elements(l, l.length-1, count, true)
		l.keep(0, l.length-count)
	}
}

// listKeysAt1 finds the keys behind their number.
func listKeysAt1(positions []int, args [][]byte) ([]int, bool) { return listKeys(positions, args, 1) }

// listKeys finds the keys behind their number, which stands at a position.
func listKeys(positions []int, args [][]byte, at int) ([]int, bool) {
	n, ok := parseInt(args[at])
	if !ok || n < 1 || n > int64(len(args)-at-1) {
		return positions, false
	}
	for range n {
		at++
		positions = append(positions, at)
	}
	return positions, true
}

// multiPop is what LMPOP asks for.
type multiPop struct {
	keys     [][]byte
	fromHead bool
	count    int64
}

// multiPop reads LMPOP's arguments from the number of keys on. When ok is false
// the error is already the reply.
func (c *Context) multiPop(at int) (m multiPop, ok bool) {
	n, ok := parseInt(c.Args[at])
	if !ok || n < 1 {
		c.Error("ERR numkeys should be greater than 0")
		return m, false
	}
	if n >= int64(len(c.Args)-at-1) { // the end to pop from must follow
		c.Error(errSyntax)
		return m, false
	}
	m.keys = c.Args[at+1 : at+1+int(n)]
	at += 1 + int(n)
	if m.fromHead, ok = c.listEnd(at); !ok {
		return m, false
	}
	for left := c.Args[at+1:]; len(left) > 0; left = left[2:] {
		if m.count != 0 || !isWord(left[0], "count") || len(left) < 2 {
			c.Error(errSyntax)
			return m, false
		}
		if m.count, ok = parseInt(left[1]); !ok || m.count < 1 {
			c.Error("ERR count should be greater than 0")
			return m, false
		}
	}
	m.count = max(1, m.count)
	return m, true
}

// listEnd reads LEFT or RIGHT. When ok is false the error is already the reply.
func (c *Context) listEnd(at int) (head, ok bool) {
	switch {
	case isWord(c.Args[at], "left"):
		return true, true
	case isWord(c.Args[at], "right"):
		return false, true
	}
	c.Error(errSyntax)
	return false, false
}

func lMPop(c *Context) {
	if m, ok := c.multiPop(1); ok && !c.popFirst(m) {
		c.NullArray()
	}
}

// popFirst answers elements of the first list that has any, or that a key holds
// another type. It reports false if there is nothing to answer.
func (c *Context) popFirst(m multiPop) bool {
	for _, key := range m.keys {
		l, ok := c.list(key)
		if !ok {
			return true
		}
		if l.length > 0 {
			c.Array(2)
			c.Bulk(key)
			c.popSeveral(&l, int(min(m.count, int64(l.length))), m.fromHead)
			return true
		}
	}
	return false
}
