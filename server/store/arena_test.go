package store

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"slotbench/internal/slot"
)

func TestScanReturnsWhatStays(t *testing.T) {
	for _, resize := range []struct {
		name         string
		first, later int // keys beside those that stay
	}{{"growing", 0, 20_000}, {"shrinking", 20_000, 0}} {
		t.Run(resize.name, func(t *testing.T) {
			st := NewArena(slot.MinCount, 2)
			set := func(prefix string, i int) {
				key := fmt.Sprintf("%s%d", prefix, i)
				if i%2 == 0 {
					key = "{one slot}" + key
				}
				with(st, key, 1, func(table Table) { table.Set([]byte(key), Entry{Type: String}) })
			}
			remove := func(i int) {
				for _, key := range []string{fmt.Sprintf("other%d", i), fmt.Sprintf("{one slot}other%d", i)} {
					with(st, key, 1, func(table Table) { table.Delete([]byte(key)) })
				}
			}
			const stay = 1000
			for i := range stay {
				set("stays", i)
			}
			for i := range resize.first {
				set("other", i)
			}
			seen := make(map[string]bool)
			cursor, changed := uint64(0), 0
			for begun := false; cursor != 0 || !begun; begun = true {
				cursor = Scan(st, cursor, 1, 20, func(key []byte, _ Entry) { seen[string(key)] = true })
				for range 300 { // the table changes under the scan
					switch {
					case changed < resize.later:
						set("other", changed)
					case changed < resize.first:
						remove(changed)
					}
					changed++
				}
			}
			for i := range stay {
				key := fmt.Sprintf("stays%d", i)
				if i%2 == 0 {
					key = "{one slot}" + key
				}
				if !seen[key] {
					t.Fatalf("%s was there throughout and the scan did not return it", key)
				}
			}
		})
	}
}

func TestExpireIsBoundedAndComplete(t *testing.T) {
	st := NewArena(slot.MinCount, 2)
	const keys = 1000
	for i := range keys {
		key := fmt.Sprintf("{%d}%d", i%7, i)
		with(st, key, 0, func(table Table) {
			table.Set([]byte(key), Entry{Type: String, ExpireAtMillis: int64(100 + i)})
		})
	}
	if deleted, more := st.Expire(99, 10); deleted != 0 || more {
		t.Fatalf("before the first is due, Expire = %d, %v", deleted, more)
	}
	deleted, more := st.Expire(100+keys/2, 10)
	if deleted > 10+4*bucketCells || !more { // no chain here is nearly as long
		t.Fatalf("Expire with a limit of 10 = %d, %v", deleted, more)
	}
	for more {
		n := 0
		n, more = st.Expire(100+keys/2, 10)
		deleted += n
	}
	if deleted != keys/2+1 || Total(st).Keys != keys-int64(deleted) || st.Expired() != int64(deleted) {
		t.Fatalf("%d keys expired, %d are left, %d counted", deleted, Total(st).Keys, st.Expired())
	}
}

func TestExpiredIsAbsentBeforeItIsDeleted(t *testing.T) {
	st := NewArena(slot.MinCount, 2)
	key := []byte("k")
	set := func() {
		with(st, "k", 10, func(table Table) { table.Set(key, Entry{Type: String, Value: []byte("v"), ExpireAtMillis: 20}) })
	}
	for name, absent := range map[string]func(Table) bool{
		"Get":       func(table Table) bool { _, ok := table.Get(key); return !ok },
		"Peek":      func(table Table) bool { _, ok := table.Peek(key); return !ok },
		"Delete":    func(table Table) bool { return !table.Delete(key) },
		"SetExpiry": func(table Table) bool { return !table.SetExpiry(key, 0) },
		"Usage":     func(table Table) bool { _, ok := table.Usage(key); return !ok },
		"Random":    func(table Table) bool { _, ok := table.Random(5); return !ok },
		"Resize":    func(table Table) bool { return bytes.Equal(table.Resize(key, 1, Plain), []byte{0}) },
		"Scan": func(table Table) bool {
			seen := false
			table.Scan(0, 1, func([]byte, Entry) { seen = true })
			return !seen
		},
	} {
		set()
		with(st, "k", 19, func(table Table) {
			if _, ok := table.Peek(key); !ok {
				t.Fatalf("%s: the key is gone before its time", name)
			}
		})
		with(st, "k", 20, func(table Table) {
			if !absent(table) {
				t.Errorf("%s sees a key whose time has come", name)
			}
		})
		with(st, "k", 20, func(table Table) { table.Clear() })
	}
}

func TestRandomReachesEveryKey(t *testing.T) {
	st := NewArena(slot.MinCount, 2)
	random := rand.New(rand.NewPCG(1, 2))
	const keys, picks = 20, 8_000
	for i := range keys {
		key := fmt.Sprintf("key%d", i)
		with(st, key, 0, func(table Table) { table.Set([]byte(key), Entry{Type: String}) })
	}
	seen := make(map[string]int)
	for range picks {
		if !Random(st, 0, random.Uint64, func(key []byte) { seen[string(key)]++ }) {
			t.Fatal("no key in a store that has some")
		}
	}
	for key, n := range seen { // 400 expected, standard deviation 19
		if n < 280 || n > 520 {
			t.Errorf("%s was picked %d times of %d", key, n, picks)
		}
	}
	if len(seen) != keys {
		t.Errorf("%d of %d keys were picked", len(seen), keys)
	}
	if Random(NewArena(slot.MinCount, 2), 0, random.Uint64, func([]byte) {}) {
		t.Error("a key in a store that has none")
	}
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	st := NewArena(slot.DefaultCount, 2)
	key, value := []byte("some key"), bytes.Repeat([]byte("v"), 100)
	s := st.Count().Of(key)
	hints := []Hint{{Slot: s, Key: key}, {Slot: s, Key: key}}
	if n := testing.AllocsPerRun(100, func() {
		st.Prefetch(hints)
		table := st.Lock(s, 1)
		table.Set(key, Entry{Type: String, Value: value})
		if e, ok := table.Get(key); !ok || len(e.Value) != len(value) {
			t.Fatal("the value is not there")
		}
		table.Charge(Use{Reads: 1, Writes: 1, BytesIn: 1, BytesOut: 1})
		st.Unlock(s)
	}); n != 0 {
		t.Errorf("%v allocations a Set and Get", n)
	}
}

func TestResetUse(t *testing.T) {
	st := NewArena(slot.MinCount, 2)
	with(st, "k", 0, func(table Table) {
		table.Set([]byte("k"), Entry{Type: String})
		table.Charge(Use{1, 2, 3, 4, 5})
	})
	s := st.Count().Of([]byte("k"))
	if got := st.Account(s).Use; got != (Use{1, 2, 3, 4, 5}) {
		t.Fatalf("account after Charge: %+v", got)
	}
	st.ResetUse()
	if got := st.Account(s); got.Use != (Use{}) || got.Keys != 1 {
		t.Fatalf("account after ResetUse: %+v", got)
	}
}

func FuzzScanCursor(f *testing.F) {
	st := NewArena(slot.MinCount, 2)
	for i := range 200 {
		key := fmt.Sprintf("{%d}%d", i%3, i)
		with(st, key, 0, func(table Table) { table.Set([]byte(key), Entry{Type: String}) })
	}
	f.Add(uint64(0), 10)
	f.Add(^uint64(0), 1)
	f.Add(uint64(1)<<40, -5)
	f.Fuzz(func(t *testing.T, cursor uint64, want int) {
		for range 10_000 { // any cursor must come to an end
			if cursor = Scan(st, cursor, 0, min(want, 1000), func([]byte, Entry) {}); cursor == 0 {
				return
			}
		}
		t.Fatal("the scan does not end")
	})
}
