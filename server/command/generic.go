package command

import (
	"math"
	"slices"

	"slotbench/server/store"
)

// genericCommands is what works on keys of any type. What they hold is the
// store's business: the handlers move entries and never look into them.
func genericCommands() []Command {
	rows := []Command{
		{Name: "del", Arity: -2, Flags: Write, First: 1, Last: -1, Step: 1, KeySpec: "RM DELETE", Run: del,
			Since: "1.0.0", Complexity: "O(N) in the keys", Summary: "Delete keys", Syntax: "key [key ...]"},
		{Name: "unlink", Arity: -2, Flags: Write | Fast, First: 1, Last: -1, Step: 1, KeySpec: "RM DELETE", Run: del,
			Since: "4.0.0", Complexity: "O(N) in the keys", Summary: "Delete keys; here the same as DEL", Syntax: "key [key ...]"},
		{Name: "exists", Arity: -2, Flags: ReadOnly | Fast, First: 1, Last: -1, Step: 1, KeySpec: "RO", Run: exists,
			Since: "1.0.0", Complexity: "O(N) in the keys", Summary: "Count which of the keys exist", Syntax: "key [key ...]"},
		{Name: "touch", Arity: -2, Flags: ReadOnly | Fast, First: 1, Last: -1, Step: 1, KeySpec: "RO", Run: touch,
			Since: "3.2.1", Complexity: "O(N) in the keys", Summary: "Count which of the keys exist, as a use of them", Syntax: "key [key ...]"},
		{Name: "type", Arity: 2, Flags: ReadOnly | Fast, First: 1, Last: 1, Step: 1, KeySpec: "RO", Run: typeOf,
			Since: "1.0.0", Complexity: "O(1)", Summary: "The type of what a key holds", Syntax: "key"},
		{Name: "rename", Arity: 3, Flags: Write, First: 1, Last: 2, Step: 1, KeySpec: "RW ACCESS DELETE|OW UPDATE", Run: rename,
			Since: "1.0.0", Complexity: "O(1)", Summary: "Give a key another name, over what has it", Syntax: "key newkey"},
		{Name: "renamenx", Arity: 3, Flags: Write | Fast, First: 1, Last: 2, Step: 1, KeySpec: "RW ACCESS DELETE|OW INSERT", Run: renameNX,
			Since: "1.0.0", Complexity: "O(1)", Summary: "Give a key another name that nothing has", Syntax: "key newkey"},
		{Name: "copy", Arity: -3, Flags: Write | DenyOOM, First: 1, Last: 2, Step: 1, KeySpec: "RO ACCESS|OW UPDATE", Run: copyKey,
			Since: "6.2.0", Complexity: "O(N) in the value", Summary: "Copy what a key holds to another", Syntax: "source destination [DB destination-db] [REPLACE]"},
		{Name: "move", Arity: 3, Flags: Write | Fast, First: 1, Last: 1, Step: 1, KeySpec: "RW ACCESS UPDATE", Run: move,
			Since: "1.0.0", Complexity: "O(1)", Summary: "Move a key to another database; there is only one", Syntax: "key db"},
		{Name: "randomkey", Arity: 1, Flags: ReadOnly | AllSlots, Run: randomKey,
			Since: "1.0.0", Complexity: "O(slots)", Summary: "A random key"},
		{Name: "wait", Arity: 3, Flags: NoScript, Categories: "connection", Run: wait,
			Since: "3.0.0", Complexity: "O(1)", Summary: "How many replicas have the last write; there are none", Syntax: "numreplicas timeout"},
	}
	for i := range rows {
		rows[i].Group = GroupGeneric
	}
	return rows
}

// del deletes keys. Freeing a value is the store's, which defers what takes
// long: so UNLINK is the same.
func del(c *Context) {
	n := int64(0)
	for _, key := range c.Args[1:] {
		if c.TableOf(key).Delete(key) {
			n++
		}
	}
	c.Int(n)
}

func exists(c *Context) {
	n := int64(0)
	for _, key := range c.Args[1:] {
		if c.seen(c.TableOf(key).Peek(key)) {
			n++
		}
	}
	c.Int(n)
}

func touch(c *Context) {
	n := int64(0)
	for _, key := range c.Args[1:] {
		if _, found := c.Lookup(key); found {
			n++
		}
	}
	c.Int(n)
}

// seen counts a key that was looked at without a use of it as a hit or miss.
func (c *Context) seen(_ store.Entry, found bool) bool {
	if found {
		c.hits++
	} else {
		c.misses++
	}
	return found
}

func typeOf(c *Context) {
	e, found := c.TableOf(c.Args[1]).Peek(c.Args[1])
	c.seen(e, found)
	c.Simple(e.Type.String())
}

func rename(c *Context) {
	from, to := c.Args[1], c.Args[2]
	e, found := c.TableOf(from).Peek(from)
	switch {
	case !found:
		c.Error(errNoKey)
	case string(from) == string(to):
		c.OK()
	default:
		c.moveEntry(from, to, e)
		c.OK()
	}
}

func renameNX(c *Context) {
	from, to := c.Args[1], c.Args[2]
	e, found := c.TableOf(from).Peek(from)
	if !found {
		c.Error(errNoKey)
		return
	}
	if _, taken := c.TableOf(to).Peek(to); taken {
		c.Int(0)
		return
	}
	c.moveEntry(from, to, e)
	c.Int(1)
}

// moveEntry stores e, which is borrowed from the key `from`, under another
// name, and deletes the old one. A large collection changes hands and is not
// copied.
func (c *Context) moveEntry(from, to []byte, e store.Entry) {
	e.Value = slices.Clone(e.Value)
	c.TableOf(from).Delete(from)
	c.TableOf(to).Set(to, e)
}

const (
	errSameObjects = "ERR source and destination objects are the same"
	errDBIndex     = "ERR DB index is out of range"
)

func copyKey(c *Context) {
	from, to := c.Args[1], c.Args[2]
	db, replace := int64(0), false
	for at := 3; at < len(c.Args); at++ {
		switch {
		case isWord(c.Args[at], "replace"):
			replace = true
		case isWord(c.Args[at], "db") && at+1 < len(c.Args):
			at++
			var ok bool
			if db, ok = c.dbArg(at); !ok {
				return
			}
			if db != 0 && c.Router == nil {
				c.Error(errDBIndex)
				return
			}
		default:
			c.Error(errSyntax)
			return
		}
	}
	if db != 0 {
		c.Error("ERR Copying to another database is not allowed in cluster mode")
		return
	}
	if string(from) == string(to) {
		c.Error(errSameObjects)
		return
	}
	e, found := c.TableOf(from).Get(from)
	if !found {
		c.Int(0)
		return
	}
	if _, taken := c.TableOf(to).Peek(to); taken && !replace {
		c.Int(0)
		return
	}
	if e.Object != nil {
		e.Object = cloneObject(e.Object)
	}
	e.Value = slices.Clone(e.Value)
	c.TableOf(to).Set(to, e)
	c.Int(1)
}

// dbArg reads an argument that is the number of a database.
func (c *Context) dbArg(at int) (n int64, ok bool) {
	if n, ok = c.IntArg(at); ok && n != int64(int32(n)) {
		c.Errorf("ERR value is out of range, value must between %d and %d", math.MinInt32, math.MaxInt32)
		return n, false
	}
	return n, ok
}

func move(c *Context) {
	if c.Router != nil {
		c.Error("ERR MOVE is not allowed in cluster mode")
		return
	}
	db, ok := c.dbArg(2)
	switch {
	case !ok:
	case db != 0:
		c.Error(errDBIndex)
	default:
		c.Error(errSameObjects)
	}
}

func randomKey(c *Context) {
	if !store.Random(c.Store, c.NowMillis, c.Random, func(key []byte) { c.Bulk(key) }) {
		c.Null()
	}
}

// wait answers at once: no replica can have a write, however long one waits.
func wait(c *Context) {
	if _, ok := c.IntArg(1); !ok {
		return
	}
	timeout, ok := parseInt(c.Args[2])
	switch {
	case !ok:
		c.Error("ERR timeout is not an integer or out of range")
	case timeout < 0:
		c.Error("ERR timeout is negative")
	default:
		c.Int(0)
	}
}
