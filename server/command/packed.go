package command

import (
	"slotbench/internal/listpack"
	"slotbench/server/store"
)

// Limits is until when a collection stays packed, by the names of redis.conf.
type Limits struct {
	HashEntries, HashValueBytes           int
	ListSize                              int // -1 … -5: 4 … 64 KiB a node; above 0: elements a node
	SetIntsetEntries                      int
	SetEntries, SetValueBytes             int
	SortedSetEntries, SortedSetValueBytes int
	// Names70 has OBJECT ENCODING tell the names of Redis 7.0, which packs no
	// sets and calls every list a quicklist; else those of 7.2 and later.
	Names70 bool
}

// edit changes the listpack that a key holds as its Value, and returns what it
// has become. The edit was planned on lp, which is borrowed from the table.
func edit(t store.Table, key, lp []byte, e listpack.Edit) []byte {
	before := len(lp)
	after := before + e.Grow()
	room := t.Resize(key, max(before, after), store.Plain)
	e.Apply(room, before)
	if after < len(room) {
		return t.Resize(key, after, store.Plain)
	}
	return room
}
