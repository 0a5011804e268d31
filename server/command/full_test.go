package command

import (
	"testing"

	"slotbench/internal/slot"
	"slotbench/server/store"
)

// fullStore is a Store of which one slot has no room.
type fullStore struct {
	store.Store
	full slot.Slot
}

func (s fullStore) Full(of slot.Slot, _ int64) bool { return of == s.full }

func TestFullSlotRefusesWhatNeedsMemory(t *testing.T) {
	b := newBench(t, nil)
	b.expect("SET full 1", "+OK\r\n")
	b.Store = fullStore{b.Store, slot.Of([]byte("full"))}
	const refused = "-OOM command not allowed when used memory > 'maxmemory'.\r\n"
	b.expect("SET full 2", refused)
	b.expect("APPEND full 2", refused)
	b.expect("MSET other 1 full 2", refused)
	b.expect("SET other 1", "+OK\r\n")
	b.expect("GET full", "$1\r\n1\r\n")
	b.expect("EXPIRE full 10", ":1\r\n")
	b.expect("DEL full", ":1\r\n")
}
