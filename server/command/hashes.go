package command

import (
	"slices"

	"slotbench/internal/listpack"
	"slotbench/server/collection"
	"slotbench/server/store"
)

// hashCommands is the hash group. A small hash is a listpack in its entry, a
// field and its value after the other; a large one is a collection.Hash.
func hashCommands() []Command {
	rows := []Command{
		{Name: "hset", Arity: -4, Flags: Write | DenyOOM | Fast, KeySpec: "RW UPDATE", Run: hSet,
			Since: "2.0.0", Complexity: "O(N) in the fields", Summary: "Set fields of a hash", Syntax: "key field value [field value ...]"},
		{Name: "hmset", Arity: -4, Flags: Write | DenyOOM | Fast, KeySpec: "RW UPDATE", Run: hMSet,
			Since: "2.0.0", Complexity: "O(N) in the fields", Summary: "Set fields of a hash; the old name of HSET", Syntax: "key field value [field value ...]"},
		{Name: "hsetnx", Arity: 4, Flags: Write | DenyOOM | Fast, KeySpec: "RW INSERT", Run: hSetNX,
			Since: "2.0.0", Complexity: "O(1)", Summary: "Set a field that a hash does not have", Syntax: "key field value"},
		{Name: "hincrby", Arity: 4, Flags: Write | DenyOOM | Fast, KeySpec: "RW ACCESS UPDATE", Run: hIncrBy,
			Since: "2.0.0", Complexity: "O(1)", Summary: "Add to the integer in a field", Syntax: "key field increment"},
		{Name: "hincrbyfloat", Arity: 4, Flags: Write | DenyOOM | Fast, KeySpec: "RW ACCESS UPDATE", Run: hIncrByFloat,
			Since: "2.6.0", Complexity: "O(1)", Summary: "Add to the number in a field", Syntax: "key field increment"},
		{Name: "hdel", Arity: -3, Flags: Write | Fast, KeySpec: "RW DELETE", Run: hDel,
			Since: "2.0.0", Complexity: "O(N) in the fields", Summary: "Remove fields of a hash, and the hash with the last", Syntax: "key field [field ...]"},
		{Name: "hget", Arity: 3, Flags: ReadOnly | Fast, KeySpec: "RO ACCESS", Run: hGet,
			Since: "2.0.0", Complexity: "O(1)", Summary: "The value of a field", Syntax: "key field"},
		{Name: "hmget", Arity: -3, Flags: ReadOnly | Fast, KeySpec: "RO ACCESS", Run: hMGet,
			Since: "2.0.0", Complexity: "O(N) in the fields asked for", Summary: "The values of fields", Syntax: "key field [field ...]"},
		{Name: "hgetall", Arity: 2, Flags: ReadOnly, KeySpec: "RO ACCESS", Run: hGetAll,
			Since: "2.0.0", Complexity: "O(N) in the hash", Summary: "All fields of a hash with their values", Syntax: "key"},
		{Name: "hkeys", Arity: 2, Flags: ReadOnly, KeySpec: "RO ACCESS", Run: hKeys,
			Since: "2.0.0", Complexity: "O(N) in the hash", Summary: "All fields of a hash", Syntax: "key"},
		{Name: "hvals", Arity: 2, Flags: ReadOnly, KeySpec: "RO ACCESS", Run: hVals,
			Since: "2.0.0", Complexity: "O(N) in the hash", Summary: "All values of a hash", Syntax: "key"},
		{Name: "hlen", Arity: 2, Flags: ReadOnly | Fast, KeySpec: "RO", Run: hLen,
			Since: "2.0.0", Complexity: "O(1)", Summary: "How many fields a hash has", Syntax: "key"},
		{Name: "hstrlen", Arity: 3, Flags: ReadOnly | Fast, KeySpec: "RO", Run: hStrLen,
			Since: "3.2.0", Complexity: "O(1)", Summary: "The length of a field's value in bytes", Syntax: "key field"},
		{Name: "hexists", Arity: 3, Flags: ReadOnly | Fast, KeySpec: "RO", Run: hExists,
			Since: "2.0.0", Complexity: "O(1)", Summary: "Whether a hash has a field", Syntax: "key field"},
		{Name: "hrandfield", Arity: -2, Flags: ReadOnly, KeySpec: "RO ACCESS", Run: hRandField,
			Since: "6.2.0", Complexity: "O(N) in the fields answered", Summary: "Random fields of a hash", Syntax: "key [count [WITHVALUES]]"},
		{Name: "hscan", Arity: -3, Flags: ReadOnly, KeySpec: "RO ACCESS", Run: hScan,
			Since: "2.8.0", Complexity: "O(N) in COUNT", Summary: "Some fields of a hash with their values, and where to go on",
			Syntax: "key cursor [MATCH pattern] [COUNT count]"},
	}
	for i := range rows {
		rows[i].Group, rows[i].Categories = GroupHash, "hash"
		rows[i].First, rows[i].Last, rows[i].Step = 1, 1, 1
	}
	return rows
}

// collection is what a key holds, which must be of a type. Found is false for an
// absent key. When ok is false the key holds another type and the error is
// already the reply.
func (c *Context) collection(key []byte, want store.Type) (e store.Entry, found, ok bool) {
	e, found = c.Lookup(key)
	if found && e.Type != want {
		c.WrongType()
		return e, true, false
	}
	return e, found, true
}

// hashEncoding is the name that OBJECT ENCODING tells of a hash.
func hashEncoding(e store.Entry, _ *Limits) string {
	if e.Object != nil {
		return "hashtable"
	}
	return "listpack"
}

// hashLen is how many fields there are; 0 in an entry that was not found.
func hashLen(e store.Entry) int {
	switch {
	case e.Object != nil:
		return e.Object.(*collection.Hash).Len()
	case len(e.Value) == 0:
		return 0
	}
	return listpack.Len(e.Value) / 2
}

// fieldValue is a field's value in a hash, or in an entry that was not found.
func fieldValue(e store.Entry, field []byte) (v listpack.Value, ok bool) {
	if e.Object != nil {
		v.Text, ok = e.Object.(*collection.Hash).Get(field)
		return v, ok
	}
	if len(e.Value) == 0 {
		return v, false
	}
	at := listpack.Find(e.Value, listpack.First, field, 2)
	if at < 0 {
		return v, false
	}
	v, _ = listpack.Read(e.Value, listpack.Next(e.Value, at))
	return v, true
}

// maxIntBytes is the length of the longest integer's text.
const maxIntBytes = 20

// eachField visits the fields of a hash in any order.
func eachField(e store.Entry, visit func(field, value listpack.Value)) {
	if e.Object != nil {
		e.Object.(*collection.Hash).Each(func(field, value []byte) bool {
			visit(listpack.Value{Text: field}, listpack.Value{Text: value})
			return true
		})
		return
	}
	for at := listpack.First; at < listpack.End(e.Value); {
		var field, value listpack.Value
		field, at = listpack.Read(e.Value, at)
		value, at = listpack.Read(e.Value, at)
		visit(field, value)
	}
}

func hGet(c *Context) {
	e, _, ok := c.collection(c.Args[1], store.Hash)
	if ok {
		c.field(e, c.Args[2])
	}
}

// field answers the value of a field, or null.
func (c *Context) field(e store.Entry, field []byte) {
	if v, found := fieldValue(e, field); found {
		c.element(v)
	} else {
		c.Null()
	}
}

func hMGet(c *Context) {
	e, _, ok := c.collection(c.Args[1], store.Hash)
	if !ok {
		return
	}
	c.Array(len(c.Args) - 2)
	for _, field := range c.Args[2:] {
		c.field(e, field)
	}
}

// replyHeadBytes is about what a short element of a reply takes beyond its
// text.
const replyHeadBytes = 8

func hGetAll(c *Context) {
	e, found, ok := c.collection(c.Args[1], store.Hash)
	if !ok {
		return
	}
	n := hashLen(e)
	c.Map(n)
	if !found {
		return
	}
	if e.Object != nil {
		eachField(e, func(field, value listpack.Value) {
			c.Bulk(field.Text)
			c.Bulk(value.Text)
		})
		return
	}
	c.Out = slices.Grow(c.Out, len(e.Value)+2*n*replyHeadBytes)
	for at := listpack.First; at < listpack.End(e.Value); {
		var v listpack.Value
		v, at = listpack.Read(e.Value, at)
		c.element(v)
	}
}

func hKeys(c *Context) { c.half(func(field, _ listpack.Value) listpack.Value { return field }) }
func hVals(c *Context) { c.half(func(_, value listpack.Value) listpack.Value { return value }) }

// half answers the fields or the values of a hash.
func (c *Context) half(which func(field, value listpack.Value) listpack.Value) {
	e, found, ok := c.collection(c.Args[1], store.Hash)
	if !ok {
		return
	}
	c.Array(hashLen(e))
	if found {
		eachField(e, func(field, value listpack.Value) { c.element(which(field, value)) })
	}
}

func hLen(c *Context) {
	if e, _, ok := c.collection(c.Args[1], store.Hash); ok {
		c.Int(int64(hashLen(e)))
	}
}

func hStrLen(c *Context) {
	if e, _, ok := c.collection(c.Args[1], store.Hash); ok {
		v, _ := fieldValue(e, c.Args[2])
		c.Int(int64(v.Len()))
	}
}

func hExists(c *Context) {
	if e, _, ok := c.collection(c.Args[1], store.Hash); ok {
		_, found := fieldValue(e, c.Args[2])
		c.truth(found)
	}
}

// truth answers 1 or 0.
func (c *Context) truth(yes bool) {
	if yes {
		c.Int(1)
	} else {
		c.Int(0)
	}
}
