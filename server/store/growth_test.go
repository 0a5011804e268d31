package store

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"slotbench/internal/slot"
)

// TestOneSlotGrowsAndShrinks takes a table through all that its buckets can
// be: one object, segments, and back.
func TestOneSlotGrowsAndShrinks(t *testing.T) {
	a := NewArena(slot.MinCount, 1)
	const keys = flatBuckets * bucketCells * 4
	key := func(i int) string { return fmt.Sprintf("{slot}%d", i) }
	check := func(n int) {
		t.Helper()
		a.check(t)
		with(a, key(0), 0, func(table Table) {
			for i := range keys {
				if e, ok := table.Peek([]byte(key(i))); ok != (i < n) || ok && string(e.Value) != key(i) {
					t.Fatalf("with %d keys, %s holds %q (%v)", n, key(i), e.Value, ok)
				}
			}
		})
	}
	next := rand.New(rand.NewPCG(1, 1)).IntN(keys / 8)
	for i := range keys {
		with(a, key(i), 0, func(table Table) { table.Set([]byte(key(i)), Entry{Type: String, Value: []byte(key(i))}) })
		if i == next {
			check(i + 1)
			next += keys / 8
		}
	}
	check(keys)
	for i := keys - 1; i >= 0; i-- {
		with(a, key(i), 0, func(table Table) { table.Delete([]byte(key(i))) })
		if i%(keys/8) == 0 {
			a.settle()
			check(i)
		}
	}
}

// TestClearOfALargeSlotIsLeftToTidy clears a slot: the keys are gone at once,
// their memory in steps.
func TestClearOfALargeSlotIsLeftToTidy(t *testing.T) {
	a := NewArena(slot.MinCount, 1)
	const keys = 5000
	for i := range keys {
		key := fmt.Sprintf("{slot}%d", i)
		with(a, key, 0, func(table Table) { table.Set([]byte(key), Entry{Type: String, Value: make([]byte, i)}) })
	}
	with(a, "{slot}", 0, func(table Table) { table.Clear() })
	if got := a.Account(a.Count().Of([]byte("{slot}"))); got != (Account{}) {
		t.Fatalf("a slot that was cleared holds %+v", got)
	}
	steps := 0
	for a.Tidy(0, 100) {
		if steps++; steps%10 == 0 {
			a.check(t)
		}
	}
	if steps < keys/200 {
		t.Errorf("%d keys were freed in %d steps of 100", keys, steps)
	}
	a.check(t)
	if s := &a.shards[0]; s.used != 0 || len(s.chunks) > 2 {
		t.Errorf("%d units and %d chunks are left", s.used, len(s.chunks))
	}
}

// TestTogether has several goroutines use the same slots while others tidy,
// expire and prefetch: the race detector sees what is not ordered, and each
// goroutine's own keys must hold what it wrote last.
func TestTogether(t *testing.T) {
	a := NewArena(slot.MinCount, 4)
	const writers, steps, keys = 4, 20_000, 200
	var done atomic.Bool
	var work, chores sync.WaitGroup
	for w := range writers {
		work.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(w)))
			last := make(map[string]int)
			for step := range steps {
				key := fmt.Sprintf("{%d}%d-%d", random.IntN(5), w, random.IntN(keys))
				with(a, key, int64(step), func(table Table) {
					e, ok := table.Get([]byte(key))
					n, there := last[key]
					if ok != there || len(e.Value) != n {
						t.Errorf("%s holds %d bytes (%v), want %d (%v)", key, len(e.Value), ok, n, there)
					}
					switch n := random.IntN(2000) >> random.IntN(10); random.IntN(5) {
					case 0:
						table.Delete([]byte(key))
						delete(last, key)
					case 1:
						clear(table.Resize([]byte(key), n, Plain))
						last[key] = n
					default:
						table.Set([]byte(key), Entry{Type: String, Value: make([]byte, n), ExpireAtMillis: never - 1})
						last[key] = n
					}
				})
				a.Prefetch([]Hint{{Slot: a.Count().Of([]byte(key)), Key: []byte(key)}, {Slot: 7, Key: []byte(key)}})
			}
		})
	}
	for _, chore := range []func(){
		func() { a.Tidy(0, 10) },
		func() { a.Expire(1, 10) },
		func() { Scan(a, 0, 0, 10, func([]byte, Entry) {}); Total(a) },
	} {
		chores.Go(func() {
			for !done.Load() {
				chore()
			}
		})
	}
	work.Wait()
	done.Store(true)
	chores.Wait()
	a.settle()
	a.check(t)
}
