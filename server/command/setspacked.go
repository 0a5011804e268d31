package command

import (
	"strconv"

	"slotbench/internal/listpack"
	"slotbench/internal/resp"
	"slotbench/server/collection"
	"slotbench/server/store"
)

// setEncoding is the name that OBJECT ENCODING tells of a set. Redis 7.0 knew
// no sets in listpacks.
func setEncoding(e store.Entry, limits *Limits) string {
	switch {
	case e.Object == nil && e.Form == store.Intset:
		return "intset"
	case e.Object == nil && !limits.Names70:
		return "listpack"
	}
	return "hashtable"
}

// setLen is how many members there are; 0 in an entry that was not found.
func setLen(e store.Entry) int {
	switch {
	case e.Object != nil:
		return e.Object.(*collection.Set).Len()
	case len(e.Value) == 0:
		return 0
	case e.Form == store.Intset:
		return collection.IntsetLen(e.Value)
	}
	return listpack.Len(e.Value)
}

// setHas says whether a set, or an entry that was not found, has a member.
func setHas(e store.Entry, member []byte) bool {
	switch {
	case e.Object != nil:
		return e.Object.(*collection.Set).Has(member)
	case len(e.Value) == 0:
		return false
	case e.Form == store.Intset:
		n, isInt := parseInt(member)
		return isInt && collection.IntsetHas(e.Value, n)
	}
	return listpack.Find(e.Value, listpack.First, member, 1) >= 0
}

// eachMember visits the members of a set until visit reports false. What it is
// given is valid until it returns.
func eachMember(e store.Entry, visit func(member []byte) bool) {
	var scratch [maxIntBytes]byte
	switch {
	case e.Object != nil:
		e.Object.(*collection.Set).Each(visit)
	case len(e.Value) == 0:
	case e.Form == store.Intset:
		for i := range collection.IntsetLen(e.Value) {
			if !visit(strconv.AppendInt(scratch[:0], collection.IntsetAt(e.Value, i), 10)) {
				return
			}
		}
	default:
		for at := listpack.First; at < listpack.End(e.Value); {
			var v listpack.Value
			v, at = listpack.Read(e.Value, at)
			if !visit(v.Bytes(scratch[:])) {
				return
			}
		}
	}
}

// setBuild is a set that is being made or changed, outside the store. It takes
// the form that Redis would give it: an intset while it can be one, a listpack
// while it is small, and then an object; and never goes back.
type setBuild struct {
	limits *Limits
	form   store.Form
	pack   []byte // an intset or a listpack; no bytes at all: nothing decides its form yet
	object *collection.Set

	reply   bool // no set, but the members of a reply in pack
	replied int  // how many
}

// buildSet begins with what a small set holds.
func (c *Context) buildSet(e store.Entry) setBuild {
	return setBuild{limits: c.Node.Limits(), form: e.Form, pack: append(c.pack[:0], e.Value...)}
}

// expect chooses the form of a new set as Redis 7.2 and later do, by how many
// members are coming and what the first one is.
func (b *setBuild) expect(count int, first []byte) {
	if b.limits.Names70 {
		return
	}
	_, isInt := parseInt(first)
	switch {
	case isInt && count <= b.limits.SetIntsetEntries:
	case count <= b.limits.SetEntries:
		b.form, b.pack = store.Plain, listpack.AppendNew(b.pack)
	default:
		b.object = collection.NewSet()
	}
}

// entry is the set as an entry would hold it.
func (b *setBuild) entry() store.Entry {
	if b.object != nil {
		return store.Entry{Type: store.Set, Object: b.object}
	}
	return store.Entry{Type: store.Set, Form: b.form, Value: b.pack}
}

// add puts a member in and reports whether it is new.
func (b *setBuild) add(member []byte) bool {
	if b.object != nil {
		return b.object.Add(member)
	}
	if b.reply {
		b.pack = resp.AppendBulk(b.pack, member)
		b.replied++
		return true
	}
	n, isInt := int64(0), false
	if len(b.pack) == 0 || b.form == store.Intset {
		n, isInt = parseInt(member)
	}
	switch {
	case len(b.pack) == 0 && isInt:
		b.form, b.pack = store.Intset, collection.IntsetNew(b.pack)
	case len(b.pack) == 0:
		b.form, b.pack = store.Plain, listpack.AppendNew(b.pack)
	}
	if b.form == store.Intset && isInt {
		return b.addInt(n)
	}
	if b.form == store.Intset {
		b.unpackInts(member)
	} else if listpack.Find(b.pack, listpack.First, member, 1) >= 0 {
		return false
	} else if listpack.Len(b.pack) >= b.limits.SetEntries || len(member) > b.limits.SetValueBytes {
		b.enlarge()
	}
	if b.object != nil {
		return b.object.Add(member)
	}
	b.pack = listpack.Append(b.pack, member)
	return true
}

func (b *setBuild) addInt(n int64) (added bool) {
	if b.pack, added = collection.IntsetAdd(b.pack, n); added && collection.IntsetLen(b.pack) > b.limits.SetIntsetEntries {
		b.enlarge()
	}
	return added
}

// unpackInts makes a listpack of an intset that is to get another member, or
// an object where that would be too large.
func (b *setBuild) unpackInts(member []byte) {
	var scratch [maxIntBytes]byte
	last := collection.IntsetLen(b.pack) - 1
	if last+1 >= b.limits.SetEntries || len(member) > b.limits.SetValueBytes {
		b.enlarge()
		return
	}
	lp := listpack.AppendNew(nil)
	for i := range last + 1 {
		text := strconv.AppendInt(scratch[:0], collection.IntsetAt(b.pack, i), 10)
		if len(text) > b.limits.SetValueBytes {
			b.enlarge()
			return
		}
		lp = listpack.Append(lp, text)
	}
	b.form, b.pack = store.Plain, lp
}

// enlarge makes an object of it.
func (b *setBuild) enlarge() {
	object := collection.NewSet()
	eachMember(b.entry(), object.Add)
	b.object = object
}

// remove takes a member out and reports whether it was there.
func (b *setBuild) remove(member []byte) (removed bool) {
	switch {
	case b.object != nil:
		return b.object.Remove(member)
	case len(b.pack) == 0:
		return false
	case b.form == store.Intset:
		n, isInt := parseInt(member)
		if isInt {
			b.pack, removed = collection.IntsetRemove(b.pack, n)
		}
		return removed
	}
	at := listpack.Find(b.pack, listpack.First, member, 1)
	if at >= 0 {
		b.pack = repack(b.pack, at, 1)
	}
	return at >= 0
}

// keepSet has a key hold what was built. The key held e; it keeps its expiry,
// and is deleted where the set is empty.
func (c *Context) keepSet(key []byte, e store.Entry, b *setBuild) {
	c.keepPack(b.pack)
	table, now := c.TableOf(key), b.entry()
	switch {
	case setLen(now) == 0:
		table.Delete(key)
	case now.Object != nil || e.Type == store.None:
		now.ExpireAtMillis = e.ExpireAtMillis
		table.Set(key, now)
	default:
		copy(table.Resize(key, len(b.pack), b.form), b.pack)
	}
}
