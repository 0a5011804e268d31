package command

import (
	"bytes"
	"math"
	"math/big"
	"slices"
	"strconv"

	"slotbench/internal/listpack"
	"slotbench/server/collection"
	"slotbench/server/store"
)

func hSet(c *Context) {
	if added, ok := c.setPairs(); ok {
		c.Int(added)
	}
}

func hMSet(c *Context) {
	if _, ok := c.setPairs(); ok {
		c.OK()
	}
}

// setPairs sets the fields that HSET and HMSET name.
func (c *Context) setPairs() (added int64, ok bool) {
	if len(c.Args)%2 != 0 {
		c.Errorf("ERR wrong number of arguments for '%s' command", c.Command.full)
		return 0, false
	}
	e, _, ok := c.collection(c.Args[1], store.Hash)
	if !ok {
		return 0, false
	}
	return c.setFields(c.Args[1], e, c.Args[2:]), true
}

func hSetNX(c *Context) {
	e, _, ok := c.collection(c.Args[1], store.Hash)
	if !ok {
		return
	}
	if _, found := fieldValue(e, c.Args[2]); found {
		c.Int(0)
		return
	}
	c.Int(c.setFields(c.Args[1], e, c.Args[2:]))
}

// setFields sets fields, which stand before their values, of the hash that a
// key holds or is to hold, and returns how many are new. It becomes a
// collection.Hash when it has too many fields, or one that is too long.
func (c *Context) setFields(key []byte, e store.Entry, pairs [][]byte) (added int64) {
	table, limits := c.TableOf(key), c.Node.Limits()
	if h, large := e.Object.(*collection.Hash); large {
		added = setAll(h, pairs)
		table.Changed(key)
		return added
	}
	// Redis 7.2 and later take it that all fields given are new.
	crowded := !limits.Names70 && len(pairs) > 2*limits.HashEntries
	if crowded || anyLonger(pairs, limits.HashValueBytes) {
		return c.setLarge(key, e, e.Value, pairs)
	}
	if len(pairs) == 2 && c.overwrite(table, key, e.Value, pairs, limits) {
		return 0
	}
	lp, done := c.pack[:0], false
	switch fresh := e.Type == store.None; {
	case !fresh && listpack.Len(e.Value) <= 2*limits.HashEntries:
		lp, done = listpack.AppendUpdated(lp, e.Value, pairs)
	case fresh && len(pairs) <= 2*limits.HashEntries && distinct(pairs):
		lp, done = listpack.AppendAll(listpack.AppendNew(lp), pairs), true
		added = int64(len(pairs) / 2)
	}
	if !done {
		lp = startPack(lp[:0], e)
		for rest := pairs; len(rest) > 0; rest = rest[2:] {
			var isNew bool
			if lp, isNew = putField(lp, rest[0], rest[1]); isNew {
				added++
			}
			if listpack.Len(lp) > 2*limits.HashEntries {
				c.keepPack(lp)
				return added + c.setLarge(key, e, lp, rest[2:])
			}
		}
	}
	c.keepPack(lp)
	if e.Type == store.None {
		table.Set(key, store.Entry{Type: store.Hash, Value: lp})
	} else {
		copy(table.Resize(key, len(lp), store.Plain), lp)
	}
	return added
}

// startPack appends to dst a listpack that is the caller's: that of an entry,
// or an empty one where the entry was not found.
func startPack(dst []byte, e store.Entry) []byte {
	if e.Type == store.None {
		return listpack.AppendNew(dst)
	}
	return append(dst, e.Value...)
}

// setAll sets fields of a large hash and returns how many are new.
func setAll(h *collection.Hash, pairs [][]byte) (added int64) {
	for i := 0; i < len(pairs); i += 2 {
		if h.Set(pairs[i], pairs[i+1]) {
			added++
		}
	}
	return added
}

// setLarge has a key hold a large hash: the fields of a listpack, which may be
// empty memory, and some more. It returns how many of these are new.
func (c *Context) setLarge(key []byte, e store.Entry, lp []byte, pairs [][]byte) (added int64) {
	h := collection.NewHash()
	if len(lp) > 0 {
		eachField(store.Entry{Value: lp}, func(field, value listpack.Value) {
			var a, b [maxIntBytes]byte
			h.Set(field.Bytes(a[:]), value.Bytes(b[:]))
		})
	}
	added = setAll(h, pairs)
	c.TableOf(key).Set(key, store.Entry{Type: store.Hash, Object: h, ExpireAtMillis: e.ExpireAtMillis})
	return added
}

func anyLonger(texts [][]byte, limitBytes int) bool {
	for _, text := range texts {
		if len(text) > limitBytes {
			return true
		}
	}
	return false
}

// distinct says whether the fields of pairs all differ.
func distinct(pairs [][]byte) bool {
	for i := 2; i < len(pairs); i += 2 {
		for j := 0; j < i; j += 2 {
			if bytes.Equal(pairs[i], pairs[j]) {
				return false
			}
		}
	}
	return true
}

// overwrite sets a field that is there to a value of the same size, in place.
func (c *Context) overwrite(table store.Table, key, lp []byte, pair [][]byte, limits *Limits) bool {
	if len(lp) == 0 || listpack.Len(lp) > 2*limits.HashEntries {
		return false
	}
	at := listpack.Find(lp, listpack.First, pair[0], 2)
	if at < 0 {
		return false
	}
	edit := listpack.Splice(lp, listpack.Next(lp, at), 1, pair[1])
	if edit.Grow() != 0 {
		return false
	}
	edit.Apply(table.Resize(key, len(lp), store.Plain), len(lp))
	return true
}

// putField sets a field of a listpack that is the caller's.
func putField(lp, field, value []byte) (_ []byte, isNew bool) {
	if at := listpack.Find(lp, listpack.First, field, 2); at >= 0 {
		return repack(lp, listpack.Next(lp, at), 1, value), false
	}
	return listpack.Append(listpack.Append(lp, field), value), true
}

// repack carries out an edit of a listpack that is the caller's to grow.
func repack(lp []byte, at, count int, add ...[]byte) []byte {
	edit, before := listpack.Splice(lp, at, count, add...), len(lp)
	if grow := edit.Grow(); grow > 0 {
		lp = slices.Grow(lp, grow)[:before+grow]
	}
	edit.Apply(lp, before)
	return lp[:before+edit.Grow()]
}

// maxPackBytes is the largest scratch memory for packing that a Context keeps.
const maxPackBytes = 64 << 10

// keepPack keeps memory in which a collection was packed, for the next one.
func (c *Context) keepPack(pack []byte) {
	if cap(pack) <= maxPackBytes {
		c.pack = pack
	}
}

func hDel(c *Context) {
	key := c.Args[1]
	e, found, ok := c.collection(key, store.Hash)
	if !ok {
		return
	}
	if !found {
		c.Int(0)
		return
	}
	table, removed := c.TableOf(key), int64(0)
	if h, large := e.Object.(*collection.Hash); large {
		for _, field := range c.Args[2:] {
			if h.Delete(field) {
				removed++
			}
		}
		settleObject(table, key, removed > 0, h.Len() == 0)
		c.Int(removed)
		return
	}
	lp := append(c.pack[:0], e.Value...)
	for _, field := range c.Args[2:] {
		if at := listpack.Find(lp, listpack.First, field, 2); at >= 0 {
			lp = repack(lp, at, 2)
			removed++
		}
	}
	c.keepPack(lp)
	switch {
	case len(lp) == listpack.EmptyBytes:
		table.Delete(key)
	case removed > 0:
		copy(table.Resize(key, len(lp), store.Plain), lp)
	}
	c.Int(removed)
}

// settleObject ends a change in place of the large collection that a key holds.
func settleObject(table store.Table, key []byte, changed, empty bool) {
	switch {
	case empty:
		table.Delete(key)
	case changed:
		table.Changed(key)
	}
}

func hIncrBy(c *Context) {
	by, ok := c.IntArg(3)
	if !ok {
		return
	}
	key, field := c.Args[1], c.Args[2]
	e, _, ok := c.collection(key, store.Hash)
	if !ok {
		return
	}
	n := int64(0)
	if v, found := fieldValue(e, field); found {
		if n = v.Int; !v.IsInt {
			if n, ok = parseInt(v.Text); !ok {
				c.Error("ERR hash value is not an integer")
				return
			}
		}
	}
	if by > 0 && n > math.MaxInt64-by || by < 0 && n < math.MinInt64-by {
		c.Error(errOverflow)
		return
	}
	pair := [...][]byte{field, strconv.AppendInt(c.scratch[:0], n+by, 10)}
	c.setFields(key, e, pair[:])
	c.Int(n + by)
}

func hIncrByFloat(c *Context) {
	by, ok := parseLongDouble(c.Args[3])
	switch {
	case !ok:
		c.Error(errNotFloat)
		return
	case by.IsInf():
		c.Error("ERR value is NaN or Infinity")
		return
	}
	key, field := c.Args[1], c.Args[2]
	e, _, ok := c.collection(key, store.Hash)
	if !ok {
		return
	}
	sum := new(big.Float).SetPrec(longDoubleBits)
	if v, found := fieldValue(e, field); found {
		if sum, ok = parseLongDouble(v.Bytes(c.scratch[:])); !ok {
			c.Error("ERR hash value is not a float")
			return
		}
	}
	if sum.IsInf() || sum.Add(sum, by).MantExp(nil) > longDoubleMaxExp {
		c.Error("ERR increment would produce NaN or Infinity")
		return
	}
	text := formatLongDouble(sum)
	c.setFields(key, e, [][]byte{field, text})
	c.Bulk(text)
}
