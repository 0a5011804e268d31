package command

import (
	"errors"
	"math"
	"strconv"

	"slotbench/internal/listpack"
	"slotbench/internal/rdb"
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
func appendObject([]byte, store.Object) []byte {
	panic("command: an object that has no DUMP encoding")
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
		e.Value = v.Listpack(appendScore)
		return e, nil
	}
	e.Object, err = objectOf(&v)
	return e, err
}

// packs says whether a collection stays packed.
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
	if l.ListSize > 0 {
		return fits(l.ListSize, 4<<10)
	}
	return v.TextBytes()+11*v.Len() <= 2<<10<<-l.ListSize
}

func appendScore(dst []byte, f float64) []byte {
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return strconv.AppendInt(dst, int64(f), 10)
	}
	return strconv.AppendFloat(dst, f, 'g', 17, 64)
}

// objectOf is a collection that is too large to be packed.
func objectOf(*rdb.Value) (store.Object, error) {
	return nil, errors.New("the collection is too large")
}

// cloneObject is a copy of a large collection that shares nothing with it.
func cloneObject(store.Object) store.Object {
	panic("command: an object that cannot be copied")
}
