package command

import (
	"slices"

	"slotbench/internal/listpack"
	"slotbench/server/collection"
	"slotbench/server/store"
)

// A list is packed up to packedListBytes, which is less than
// list-max-listpack-size allows by default: a push at its head moves all of it.
// A large one is packed again at repackedListBytes: few bytes should not keep a
// node's memory, and one that goes up and down should not be moved each time.
const (
	packedListBytes   = 2 << 10
	repackedListBytes = 512
)

// listCommands is the list group.
func listCommands() []Command {
	rows := slices.Concat(listEndCommands(), listReadCommands(), listEditCommands(), listMoveCommands(), listBlockCommands())
	for i := range rows {
		rows[i].Group, rows[i].Categories = GroupList, "list"
	}
	return rows
}

// list is what a key holds: a packed list, or a large one, or nothing.
type list struct {
	key    []byte
	table  store.Table
	length int
	packed []byte           // borrowed; nil: absent or large
	large  *collection.List // nil: absent or packed

	expireAtMillis int64
	fill           collection.ListFill
}

// list looks up a list; an absent one has no elements. When ok is false the key
// holds another type and the error is already the reply.
func (c *Context) list(key []byte) (l list, ok bool) {
	e, found := c.Lookup(key)
	if found && e.Type != store.List {
		c.WrongType()
		return l, false
	}
	return c.listOf(key, e, found), true
}

// listOf is the list that a key was found to hold.
func (c *Context) listOf(key []byte, e store.Entry, found bool) list {
	l := list{key: key, table: c.TableOf(key), expireAtMillis: e.ExpireAtMillis, fill: collection.ListFill(c.Node.Limits().ListSize)}
	switch {
	case !found:
	case e.Object != nil:
		l.large = e.Object.(*collection.List)
		l.large.SetFill(l.fill)
		l.length = l.large.Len()
	default:
		l.packed, l.length = e.Value, listpack.Len(e.Value)
	}
	return l
}

// listEncoding is the name of a list's encoding. Redis 7.0 has only one; later
// ones pack a list that is one node, whatever it is here.
func listEncoding(e store.Entry, limits *Limits) string {
	large, isLarge := e.Object.(*collection.List)
	if limits.Names70 || isLarge && large.Split() {
		return "quicklist"
	}
	return "listpack"
}

// fits says whether a list stays packed with texts added to it.
func (l *list) fits(texts [][]byte) bool {
	had := max(len(l.packed), listpack.EmptyBytes)
	if had+listpack.BytesOf(texts) > packedListBytes {
		return false
	}
	bytes := had
	for _, text := range texts {
		bytes += len(text)
	}
	return !l.fill.Exceeded(bytes, l.length+len(texts))
}

// enlarge makes a large list of one that was packed or absent. The table holds
// it from here on.
func (l *list) enlarge() {
	l.large = collection.NewList(l.fill)
	if l.packed != nil {
		l.large = collection.NewListFrom(l.fill, l.packed)
	}
	l.packed = nil
	l.table.Set(l.key, store.Entry{Type: store.List, Object: l.large, ExpireAtMillis: l.expireAtMillis})
}

// changed ends a change of a large list.
func (l *list) changed() {
	if lp, ok := l.large.Packed(); ok && len(lp) <= repackedListBytes {
		l.table.Set(l.key, store.Entry{Type: store.List, Value: lp, ExpireAtMillis: l.expireAtMillis})
		return
	}
	l.table.Changed(l.key)
}

// touch counts as a change where Redis has one although nothing is changed.
func (l *list) touch() {
	if l.large != nil {
		l.table.Changed(l.key)
	} else {
		l.table.Resize(l.key, len(l.packed), store.Plain)
	}
}

// push adds texts, one after the other, at an end. The list is not to be used
// after it but for its length.
func (c *Context) push(l *list, texts [][]byte, toHead bool) {
	small := l.large == nil && l.fits(texts)
	switch {
	case small && l.packed == nil:
		c.makePacked(l, texts, toHead)
	case small:
		before := len(l.packed)
		put(l.table.Resize(l.key, before+listpack.BytesOf(texts), store.Plain), before, texts, toHead)
	default:
		if l.large == nil {
			l.enlarge()
		}
		if toHead {
			l.large.PushHead(texts...)
		} else {
			l.large.PushTail(texts...)
		}
		l.table.Changed(l.key)
	}
	l.length += len(texts)
}

// put is push on a listpack of `before` bytes that has been made longer.
func put(lp []byte, before int, texts [][]byte, toHead bool) {
	if toHead {
		listpack.PutFirst(lp, before, texts)
	} else {
		listpack.PutLast(lp, before, texts)
	}
}

// makePacked makes a list of a key that is absent.
func (c *Context) makePacked(l *list, texts [][]byte, toHead bool) {
	n := listpack.EmptyBytes + listpack.BytesOf(texts)
	c.pack = slices.Grow(c.pack[:0], n)
	lp := c.pack[:n]
	listpack.AppendNew(lp[:0])
	put(lp, listpack.EmptyBytes, texts, toHead)
	l.table.Set(l.key, store.Entry{Type: store.List, Value: lp})
}

// keep removes all elements but those from one index up to another; the key, if
// there are none. The list is not to be used after it.
func (l *list) keep(from, to int) {
	switch {
	case from >= to:
		l.table.Delete(l.key)
	case l.large == nil:
		l.keepPacked(from, to)
	case to-from == l.length-1 && from == 1:
		l.large.PopHead()
		l.changed()
	case to-from == l.length-1:
		l.large.PopTail()
		l.changed()
	default:
		l.large.Trim(from, to)
		l.changed()
	}
}

func (l *list) keepPacked(from, to int) {
	lp := l.packed
	if to < l.length {
		end := listpack.Seek(lp, to)
		lp = listpack.CutLast(l.table.Resize(l.key, end+1, store.Plain), end, l.length-to)
	}
	if from == 0 {
		return
	}
	at := listpack.Seek(lp, from)
	lp = l.table.Resize(l.key, len(lp), store.Plain)
	after := copy(lp, listpack.CutFirst(lp, at, from))
	l.table.Resize(l.key, after, store.Plain)
}

// each visits count elements from an index on, which must be there, towards the
// tail or the head.
func (l *list) each(index, count int, toHead bool, visit func(listpack.Value) bool) {
	if l.large != nil {
		l.large.Range(index, count, toHead, visit)
	} else if count > 0 {
		collection.RangePacked(l.packed, index, count, toHead, visit)
	}
}

// search visits the indexes of elements that are a text, among the `most` first
// from an end on, until visit returns false.
func (l *list) search(text []byte, toHead bool, most int, visit func(index int) bool) {
	if l.large != nil {
		l.large.Search(text, toHead, most, visit)
	} else if l.packed != nil {
		collection.SearchPacked(l.packed, text, toHead, most, visit)
	}
}

// element answers an element; it is always true, as a visitor that goes on.
func (c *Context) element(v listpack.Value) bool {
	c.Bulk(v.Bytes(c.scratch[:]))
	return true
}

// elements answers count elements from an index on.
func (c *Context) elements(l *list, index, count int, toHead bool) {
	c.Array(count)
	l.each(index, count, toHead, c.element)
}
