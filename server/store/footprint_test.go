package store

import (
	"fmt"
	"testing"

	"slotbench/internal/slot"
)

func TestFootprint(t *testing.T) {
	a := NewArena(slot.DefaultCount, 2)
	empty := a.Footprint()
	const keys, valueBytes = 1000, 10_000
	fill := func(change func(table Table, key []byte)) {
		for i := range keys {
			key := fmt.Appendf(nil, "key%d", i)
			s := a.Count().Of(key)
			change(a.Lock(s, 1), key)
			a.Unlock(s)
		}
	}
	value := make([]byte, valueBytes)
	fill(func(table Table, key []byte) { table.Set(key, Entry{Type: String, Value: value}) })
	full := a.Footprint()
	if used := full.Used - empty.Used; used < keys*valueBytes || used > keys*valueBytes*3/2 {
		t.Errorf("%d bytes of values use %d", keys*valueBytes, used)
	}
	if full.Taken < full.Used {
		t.Errorf("%d bytes are used of %d taken", full.Used, full.Taken)
	}
	fill(func(table Table, key []byte) { table.Delete(key) })
	if after := a.Footprint(); after.Used > empty.Used+keys*valueBytes/100 {
		t.Errorf("without keys %d bytes are used, at first %d", after.Used, empty.Used)
	}
}
