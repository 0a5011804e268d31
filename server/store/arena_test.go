package store

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"slotbench/internal/slot"
)

// model is what a Store should hold.
type model map[string]Entry

func (m model) expire(nowMillis int64) {
	for key, e := range m {
		if e.ExpireAtMillis != 0 && e.ExpireAtMillis <= nowMillis {
			delete(m, key)
		}
	}
}

// with runs do on the locked table of a key.
func with(st Store, key string, nowMillis int64, do func(Table)) {
	s := st.Count().Of([]byte(key))
	t := st.Lock(s, nowMillis)
	defer st.Unlock(s)
	do(t)
}

// compare fails if a Store does not hold exactly what the model does, or if an
// account is wrong.
func compare(t *testing.T, st Store, m model, nowMillis int64) {
	t.Helper()
	seen := make(model)
	for cursor, begun := uint64(0), false; cursor != 0 || !begun; begun = true {
		cursor = Scan(st, cursor, nowMillis, 7, func(key []byte, e Entry) {
			e.Value = bytes.Clone(e.Value)
			seen[string(key)] = e
		})
	}
	if len(seen) != len(m) {
		t.Fatalf("a scan found %d keys, want %d", len(seen), len(m))
	}
	usage, expiring := int64(0), int64(0)
	for key, want := range m {
		with(st, key, nowMillis, func(table Table) {
			got, ok := table.Peek([]byte(key))
			if !ok || !bytes.Equal(got.Value, want.Value) || got.Type != want.Type || got.ExpireAtMillis != want.ExpireAtMillis {
				t.Fatalf("%q holds %+v (%v), want %+v", key, got, ok, want)
			}
			if !bytes.Equal(seen[key].Value, want.Value) {
				t.Fatalf("the scan saw %q as %q, want %q", key, seen[key].Value, want.Value)
			}
			n, _ := table.Usage([]byte(key))
			usage += n
		})
		if want.ExpireAtMillis != 0 {
			expiring++
		}
	}
	for expired := true; expired; {
		_, expired = st.Expire(nowMillis, 10)
	}
	total := Total(st)
	if total.Keys != int64(len(m)) || total.Bytes != usage || total.Expiring != expiring {
		t.Fatalf("accounts say %+v, want %d keys, %d bytes, %d expiring", total, len(m), usage, expiring)
	}
}

func TestAgainstModel(t *testing.T) {
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 1))
	t.Logf("seed %d", seed)
	st, m := NewArena(slot.MinCount, 2), make(model)
	now := int64(1_000_000)
	value := func() []byte { return bytes.Repeat([]byte{byte(random.Uint32())}, random.IntN(300)) }
	for step := range 20_000 {
		// Few slots, so that tables grow and shrink.
		key := fmt.Sprintf("{%d}%d", random.IntN(3), random.IntN(1+step%500))
		m.expire(now)
		held, present := m[key]
		with(st, key, now, func(table Table) {
			switch op := random.IntN(12); {
			case op < 4:
				e := Entry{Type: String, Value: value()}
				if op == 0 {
					e.ExpireAtMillis = now + 1 + random.Int64N(2000)
				}
				table.Set([]byte(key), e)
				m[key] = e
			case op < 6:
				n := random.IntN(300)
				grown := table.Resize([]byte(key), n, Plain)
				want := append(bytes.Clone(held.Value), make([]byte, n)...)[:n]
				if !bytes.Equal(grown, want) {
					t.Fatalf("Resize(%q, %d) = %q, want %q", key, n, grown, want)
				}
				m[key] = Entry{Type: String, Value: want, ExpireAtMillis: held.ExpireAtMillis}
			case op < 9:
				if table.Delete([]byte(key)) != present {
					t.Fatalf("Delete(%q) is not %v", key, present)
				}
				delete(m, key)
			case op < 10:
				at := now + random.Int64N(2000)
				if table.SetExpiry([]byte(key), at) != present {
					t.Fatalf("SetExpiry(%q) is not %v", key, present)
				}
				if present {
					held.ExpireAtMillis = at
					m[key] = held
				}
			default:
				if _, ok := table.Get([]byte(key)); ok != present {
					t.Fatalf("Get(%q) is not %v", key, present)
				}
			}
		})
		now += random.Int64N(10)
		if step%1000 == 999 {
			m.expire(now)
			compare(t, st, m, now)
		}
		if step%9000 == 8999 { // down to nothing
			for key := range m {
				with(st, key, now, func(table Table) { table.Delete([]byte(key)) })
				delete(m, key)
			}
			compare(t, st, m, now)
		}
	}
}

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
	if deleted > 10 || !more {
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

func benchmarkKeys() [][]byte {
	keys := make([][]byte, 1<<17)
	for i := range keys {
		keys[i] = fmt.Appendf(nil, "key:%012d", i)
	}
	return keys
}

func BenchmarkStoreGet(b *testing.B) {
	st, keys := NewArena(slot.DefaultCount, 2), benchmarkKeys()
	value := bytes.Repeat([]byte("v"), 100)
	for _, key := range keys {
		with(st, string(key), 0, func(table Table) { table.Set(key, Entry{Type: String, Value: value}) })
	}
	for i := 0; b.Loop(); i++ {
		key := keys[i*7919%len(keys)]
		s := slot.Of(key)
		if e, ok := st.Lock(s, 0).Get(key); !ok || len(e.Value) != 100 {
			b.Fatal("the value is not there")
		}
		st.Unlock(s)
	}
}

func BenchmarkGoMapGet(b *testing.B) {
	m, keys := make(map[string][]byte), benchmarkKeys()
	for _, key := range keys {
		m[string(key)] = bytes.Repeat([]byte("v"), 100)
	}
	for i := 0; b.Loop(); i++ {
		if len(m[string(keys[i*7919%len(keys)])]) != 100 {
			b.Fatal("the value is not there")
		}
	}
}
