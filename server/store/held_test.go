package store

import (
	"fmt"
	"testing"

	"slotbench/internal/slot"
)

// TestExpireAndTidyPassHeldSlotsBy holds a slot, as a command with much to do
// does: whoever looks for expired keys and for holes does not wait for it, and
// comes back to it.
func TestExpireAndTidyPassHeldSlotsBy(t *testing.T) {
	const begin, due, keys = 1_000_000, 1_000_100, 20_000
	a := NewArena(slot.DefaultCount, 1)
	for i := range keys {
		key := fmt.Appendf(nil, "key:%d", i)
		s := slot.DefaultCount.Of(key)
		e := Entry{Type: String, Value: make([]byte, 100)}
		if i%2 == 0 {
			e.ExpireAtMillis = due
		}
		a.Lock(s, begin).Set(key, e)
		a.Unlock(s)
	}
	held := slot.DefaultCount.Of([]byte("key:0"))
	left := a.Account(held).Expiring
	a.Lock(held, begin)
	deleted, _ := a.Expire(due, 10*keys)
	for range 1000 {
		a.Tidy(due, keys)
	}
	a.Unlock(held)
	if want := keys/2 - int(left); deleted != want {
		t.Errorf("%d keys are deleted beside a held slot, want %d", deleted, want)
	}
	if deleted, _ := a.Expire(due, 10*keys); deleted != int(left) {
		t.Errorf("%d keys are deleted when it is free, want %d", deleted, left)
	}
}
