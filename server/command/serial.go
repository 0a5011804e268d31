package command

import (
	"fmt"

	"slotbench/internal/listpack"
	"slotbench/internal/rdb"
	"slotbench/server/collection"
	"slotbench/server/store"
)

// AppendDump appends what DUMP answers for an entry.
func AppendDump(dst []byte, e store.Entry) []byte {
	if e.Object != nil {
		return appendObject(dst, e.Object)
	}
	switch e.Type {
	case store.String:
		return rdb.AppendDump(dst, rdb.TypeString, e.Value)
	case store.Hash:
		return rdb.AppendDump(dst, rdb.TypeHashListpack, e.Value)
	case store.SortedSet:
		return rdb.AppendDump(dst, rdb.TypeSortedSetListpack, e.Value)
	case store.List:
		d := rdb.BeginDump(dst, rdb.TypeListNodes)
		d.Count(1)
		d.Node(e.Value, false)
		return d.End()
	case store.Set:
		if e.Form == store.Intset {
			return rdb.AppendDump(dst, rdb.TypeSetIntset, e.Value)
		}
		return appendPackedSet(dst, e.Value)
	}
	panic("command: a value whose type has no DUMP encoding: " + e.Type.String())
}

// appendPackedSet writes member by member: Redis 7.0 knows no packed sets.
func appendPackedSet(dst, lp []byte) []byte {
	var scratch [20]byte
	d := rdb.BeginDump(dst, rdb.TypeSet)
	d.Count(listpack.Len(lp))
	for at := listpack.First; at < listpack.End(lp); {
		var member listpack.Value
		member, at = listpack.Read(lp, at)
		d.Text(member.Bytes(scratch[:]))
	}
	return d.End()
}

// appendObject writes a large collection.
func appendObject(dst []byte, o store.Object) []byte {
	switch o := o.(type) {
	case *collection.List:
		return appendList(dst, o)
	case *collection.Set:
		d := rdb.BeginDump(dst, rdb.TypeSet)
		d.Count(o.Len())
		o.Each(func(member []byte) bool { d.Text(member); return true })
		return d.End()
	case *collection.SortedSet:
		d := rdb.BeginDump(dst, rdb.TypeSortedSet)
		d.Count(o.Len())
		o.EachFrom(o.Len()-1, true, func(member []byte, score float64) bool { d.Text(member); d.Score(score); return true })
		return d.End()
	case *collection.Hash:
		d := rdb.BeginDump(dst, rdb.TypeHash)
		d.Count(o.Len())
		o.Each(func(field, value []byte) bool { d.Text(field); d.Text(value); return true })
		return d.End()
	}
	panic(fmt.Sprintf("command: a %T has no DUMP encoding", o))
}

func appendList(dst []byte, l *collection.List) []byte {
	nodes := 0
	l.EachNode(func([]byte, bool) bool { nodes++; return true })
	d := rdb.BeginDump(dst, rdb.TypeListNodes)
	d.Count(nodes)
	l.EachNode(func(text []byte, plain bool) bool { d.Node(text, plain); return true })
	return d.End()
}

// kinds is the types of what can be restored.
var kinds = map[rdb.Kind]store.Type{
	rdb.String: store.String, rdb.List: store.List, rdb.Set: store.Set, rdb.SortedSet: store.SortedSet, rdb.Hash: store.Hash,
}

// readDump is the entry that a DUMP payload holds: packed as far as the limits
// go, whatever it was where it came from. The text of an error is what RESTORE
// answers behind "ERR ".
func readDump(payload []byte, l *Limits) (e store.Entry, err error) {
	var v rdb.Value
	if err := v.ReadDump(payload); err != nil {
		return e, err
	}
	e.Type = kinds[v.Kind]
	switch v.Kind {
	case rdb.String:
		e.Value = v.Text(0)
		return e, nil
	case rdb.Set:
		if v.Len() <= l.SetIntsetEntries {
			if set, ok := v.Intset(); ok {
				e.Form, e.Value = store.Intset, set
				return e, nil
			}
		}
	}
	if l.packs(&v) {
		lp := v.Listpack(appendPackedScore)
		if v.Kind != rdb.List || len(lp) <= packedListBytes && !collection.ListFill(l.ListSize).Exceeded(len(lp), v.Len()) {
			e.Value = lp
			return e, nil
		}
	}
	e.Object = objectOf(&v, l)
	return e, nil
}

// packs says whether a collection stays packed; of a list, whether it may.
func (l *Limits) packs(v *rdb.Value) bool {
	fits := func(entries, valueBytes int) bool { return v.Len() <= entries && v.LongestBytes() <= valueBytes }
	switch v.Kind {
	case rdb.Hash:
		return fits(l.HashEntries, l.HashValueBytes)
	case rdb.Set:
		return fits(l.SetEntries, l.SetValueBytes)
	case rdb.SortedSet:
		return fits(l.SortedSetEntries, l.SortedSetValueBytes)
	}
	return v.TextBytes() <= packedListBytes
}

// objectOf is a collection that is not packed.
func objectOf(v *rdb.Value, l *Limits) store.Object {
	switch v.Kind {
	case rdb.List:
		list := collection.NewList(collection.ListFill(l.ListSize))
		for i := range v.Len() {
			list.PushTail(v.Text(i))
		}
		return list
	case rdb.Set:
		set := collection.NewSet()
		for i := range v.Len() {
			set.Add(v.Text(i))
		}
		return set
	case rdb.SortedSet:
		set := collection.NewSortedSet()
		for i := range v.Len() {
			set.Put(v.Text(i), v.Score(i))
		}
		return set
	case rdb.Hash:
		hash := collection.NewHash()
		for i := range v.Len() {
			hash.Set(v.Text(2*i), v.Text(2*i+1))
		}
		return hash
	}
	panic("command: not a collection")
}

// cloneObject is a copy of a large collection that shares nothing with it.
func cloneObject(o store.Object) store.Object {
	switch o := o.(type) {
	case *collection.List:
		return o.Clone()
	case *collection.Set:
		return o.Clone()
	case *collection.SortedSet:
		return o.Clone()
	case *collection.Hash:
		return o.Clone()
	}
	panic(fmt.Sprintf("command: a %T cannot be copied", o))
}
