package store

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"slotbench/internal/slot"
)

// pages is how much memory an Arena may hold, in pages.
func (a *Arena) heldPages() (n uint32) {
	for i := range a.shards {
		held, _ := a.shards[i].held()
		n += held + (a.shards[i].used+a.shards[i].dirty)/(pageBytes/unitBytes)
	}
	return n
}

// fill sets keys to values of the sizes that size gives.
func fill(a *Arena, keys int, size func(i int) int) {
	value := make([]byte, 1<<20)
	for i := range keys {
		key := fmt.Appendf(nil, "key:%012d", i)
		s := a.Count().Of(key)
		a.Lock(s, 0).Set(key, Entry{Type: String, Value: value[:size(i)]})
		a.Unlock(s)
	}
}

// TestReclaim compares what an Arena holds after deletes and changes of size
// with what a new one holds that was given the same keys.
func TestReclaim(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct {
		name    string
		keys    int
		changes int
		size    func() int
	}{
		{"small", 150_000, 300_000, func() int { return random.IntN(200) }},
		{"mixed", 30_000, 100_000, func() int { return random.IntN(20_000) >> random.IntN(12) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			if raceEnabled { // it is slow, and a shard has little memory
				c.keys, c.changes = c.keys/8, c.changes/8
			}
			sizes := make([]int, c.keys)
			for i := range sizes {
				sizes[i] = c.size()
			}
			a := NewArena(slot.DefaultCount, 1)
			fill(a, c.keys, func(i int) int { return sizes[i] })
			compare := func(when string) {
				t.Helper()
				a.settle()
				a.check(t)
				fresh := NewArena(slot.DefaultCount, 1)
				fill(fresh, c.keys, func(i int) int { return sizes[i] })
				for i, n := range sizes {
					if n == 0 {
						key := fmt.Sprintf("key:%012d", i)
						with(fresh, key, 0, func(table Table) { table.Delete([]byte(key)) })
					}
				}
				fresh.settle()
				got, want := a.heldPages(), fresh.heldPages()
				t.Logf("%s: %d pages, afresh %d: %.3f", when, got, want, float64(got)/float64(want))
				if float64(got) > 1.15*float64(want) {
					t.Errorf("%s: %d pages, afresh %d", when, got, want)
				}
			}
			for range c.changes {
				i := random.IntN(c.keys)
				sizes[i] = 1 + c.size()
				key := fmt.Appendf(nil, "key:%012d", i)
				s := a.Count().Of(key)
				a.Lock(s, 0).Set(key, Entry{Type: String, Value: make([]byte, sizes[i])})
				a.Unlock(s)
			}
			compare("after changes of size")
			for i := range sizes {
				if random.IntN(2) == 0 {
					key := fmt.Sprintf("key:%012d", i)
					with(a, key, 0, func(table Table) { table.Delete([]byte(key)) })
					sizes[i] = 0
				}
			}
			compare("after half were deleted")
		})
	}
}
