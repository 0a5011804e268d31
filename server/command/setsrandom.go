package command

import (
	"strconv"

	"slotbench/internal/listpack"
	"slotbench/server/collection"
	"slotbench/server/store"
)

func sRandMember(c *Context) {
	if len(c.Args) == 2 {
		e, found, ok := c.collection(c.Args[1], store.Set)
		switch {
		case !ok:
		case !found:
			c.Null()
		default:
			c.randomMembers(e, 1, true, func(member []byte) { c.Bulk(member) })
		}
		return
	}
	if len(c.Args) > 3 {
		c.Error(errSyntax)
		return
	}
	n, repeat, ok := c.randomCount(2)
	if !ok {
		return
	}
	e, found, ok := c.collection(c.Args[1], store.Set)
	switch {
	case !ok:
		return
	case !found:
		n = 0
	case !repeat:
		n = min(n, setLen(e))
	case n > maxRandomPicks:
		c.Error(errRange)
		return
	}
	c.Array(n)
	c.randomMembers(e, n, repeat, func(member []byte) { c.Bulk(member) })
}

// randomMembers visits n random members of a set; unless they may repeat, it
// has so many.
func (c *Context) randomMembers(e store.Entry, n int, repeat bool, visit func(member []byte)) {
	set, large := e.Object.(*collection.Set)
	switch {
	case n == 0:
	case repeat && large:
		for range n {
			visit(set.Random(c.Random()))
		}
	case repeat && e.Form == store.Intset:
		count := uint64(collection.IntsetLen(e.Value))
		for range n {
			visit(strconv.AppendInt(c.scratch[:0], collection.IntsetAt(e.Value, int(c.Random()%count)), 10))
		}
	case repeat:
		randomElements(e.Value, n, 1, c.Random, func(at int) {
			v, _ := listpack.Read(e.Value, at)
			visit(v.Bytes(c.scratch[:]))
		})
	case large && sparse(n, set.Len()):
		for drawn := make(map[string]bool, n); len(drawn) < n; {
			if member := set.Random(c.Random()); !drawn[string(member)] {
				drawn[string(member)] = true
				visit(member)
			}
		}
	default:
		chosen := sampler{n, setLen(e), c.Random}
		eachMember(e, func(member []byte) bool {
			if chosen.take() {
				visit(member)
			}
			return chosen.want > 0
		})
	}
}

func sPop(c *Context) {
	key := c.Args[1]
	count := int64(1)
	if len(c.Args) > 3 {
		c.Error(errSyntax)
		return
	}
	if len(c.Args) == 3 {
		var ok bool
		if count, ok = parseInt(c.Args[2]); !ok || count < 0 {
			c.Error("ERR value is out of range, must be positive")
			return
		}
	}
	e, found, ok := c.collection(key, store.Set)
	if !ok {
		return
	}
	n := int(min(count, int64(setLen(e))))
	switch {
	case len(c.Args) == 3 && n == setLen(e):
		c.members(e)
	case len(c.Args) == 3:
		c.Set(n)
	case !found:
		c.Null()
	}
	if n > 0 {
		c.popMembers(key, e, n)
	}
}

// popMembers removes n random members of a set, and answers them unless they
// are all there are and there was a count: then they have been.
func (c *Context) popMembers(key []byte, e store.Entry, n int) {
	if n == setLen(e) {
		if len(c.Args) == 2 {
			eachMember(e, func(member []byte) bool { c.Bulk(member); return true })
		}
		c.TableOf(key).Delete(key)
		return
	}
	if set, large := e.Object.(*collection.Set); large {
		for range n {
			member := set.Random(c.Random())
			c.Bulk(member)
			set.Remove(member)
		}
		c.TableOf(key).Changed(key)
		return
	}
	b := c.buildSet(e)
	for left := setLen(e); n > 0; left, n = left-1, n-1 {
		i := int(c.Random() % uint64(left))
		if b.form == store.Intset {
			c.Bulk(strconv.AppendInt(c.scratch[:0], collection.IntsetAt(b.pack, i), 10))
			b.pack = collection.IntsetCut(b.pack, i)
			continue
		}
		at := listpack.Seek(b.pack, i)
		v, _ := listpack.Read(b.pack, at)
		c.element(v)
		b.pack = repack(b.pack, at, 1)
	}
	c.keepSet(key, e, &b)
}
