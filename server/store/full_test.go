package store

import (
	"bytes"
	"fmt"
	"testing"

	"slotbench/internal/slot"
)

// TestFull fills a shard until it says that it is full. What must go on does,
// the other shard is not concerned, and there is room again when keys go.
func TestFull(t *testing.T) {
	a := NewArena(slot.MinCount, 2)
	s := &a.shards[0]
	s.reach = 24 << 20
	s.bottom = uint32(s.reach / unitBytes)
	s.runs = s.runs[:s.bottom]
	s.settleRoom()
	value := make([]byte, 10_000)
	here, there := slot.Slot(0), slot.Slot(1)
	keys := 0
	for ; !a.Full(here, int64(len(value))); keys++ {
		a.Lock(here, 0).Set(fmt.Append(nil, keys), Entry{Type: String, Value: value[:keys%len(value)]})
		a.Unlock(here)
	}
	if keys < 100 || a.Full(there, int64(len(value))) {
		t.Fatalf("full after %d keys; the other shard: %v", keys, a.Full(there, 0))
	}
	table := a.Lock(here, 0)
	for i := range keys {
		if !table.SetExpiry(fmt.Append(nil, i), 1000) {
			t.Fatal("no expiry where there was room for it")
		}
	}
	for i := range keys {
		if e, ok := table.Get(fmt.Append(nil, i)); !ok || !bytes.Equal(e.Value, value[:i%len(value)]) {
			t.Fatalf("key %d holds %d bytes (%v)", i, len(e.Value), ok)
		}
	}
	table.Clear()
	a.Unlock(here)
	a.settle()
	a.check(t)
	if a.Full(here, int64(len(value))) {
		t.Error("full without a key")
	}
}

// TestUsedUpIsNoPanic has a shard without any room: an expiry is refused, and
// reclaim gives up.
func TestUsedUpIsNoPanic(t *testing.T) {
	a := NewArena(slot.MinCount, 1)
	s := &a.shards[0]
	s.bottom = uint32(s.topBytes() / unitBytes)
	s.runs = s.runs[:s.bottom]
	table := a.Lock(0, 0)
	n := 0
	for ; s.freeCount > 1; n++ {
		table.Set(fmt.Append(nil, n), Entry{Type: String, Value: make([]byte, 100)})
	}
	kept := 0
	for i := range n {
		if table.SetExpiry(fmt.Append(nil, i), 1000) {
			kept++
		}
	}
	if e, ok := table.Get(fmt.Append(nil, n-1)); !ok || len(e.Value) != 100 || kept == 0 {
		t.Fatalf("the last key holds %d bytes (%v), %d of %d got an expiry", len(e.Value), ok, kept, n)
	}
	a.Unlock(0)
	a.settle()
	a.check(t)
}
