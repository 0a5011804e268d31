package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	"slotbench/internal/slot"
)

// held is what a key should hold.
type held struct {
	Entry
	objectBytes int64 // of its Object, when the table was last told
}

// model is what a Store should hold: a map, and all that follows from one.
type model map[string]held

func (m model) expire(nowMillis int64) {
	for key, e := range m {
		if e.ExpireAtMillis != 0 && e.ExpireAtMillis <= nowMillis {
			delete(m, key)
		}
	}
}

// pile is an Object.
type pile struct{ bytes int64 }

func (p *pile) Bytes() int64 { return p.bytes }

// bell is a Watcher.
type bell struct{ rings int }

func (b *bell) Touch() { b.rings++ }

// machine does the same to an Arena and to a model, and compares what comes of
// it. What it does is decided by numbers, random ones or a fuzzer's.
type machine struct {
	testing.TB
	*Arena
	model
	next   func(n int) int // 0 … n-1
	now    int64
	spread int // keys that there may be
	bells  map[string]*bell
}

func newMachine(t testing.TB, next func(int) int) *machine {
	return &machine{
		TB: t, Arena: NewArena(slot.MinCount, 2), model: make(model), next: next,
		now: 1_000_000, spread: 500, bells: make(map[string]*bell),
	}
}

// with runs do on the locked table of a key.
func with(st Store, key string, nowMillis int64, do func(Table)) {
	s := st.Count().Of([]byte(key))
	t := st.Lock(s, nowMillis)
	defer st.Unlock(s)
	do(t)
}

func (m *machine) key() string {
	key := fmt.Sprintf("{%d}%d", m.next(3), m.next(m.spread)) // few slots, so that tables grow
	if m.next(8) == 0 {
		key += string(bytes.Repeat([]byte("k"), m.next(70_000)>>m.next(17)))
	}
	return key
}

// size is small, mostly.
func (m *machine) size() int { return m.next(100_000) >> m.next(17) }

func (m *machine) value() []byte { return bytes.Repeat([]byte{byte(m.next(256))}, m.size()) }

func (m *machine) expiry() int64 {
	if m.next(3) > 0 {
		return 0
	}
	return m.now + 1 + int64(m.next(3000))
}

// step does one thing.
func (m *machine) step() {
	key := m.key()
	m.expire(m.now)
	had, present := m.model[key]
	rings := 0
	if b := m.bells[key]; b != nil {
		rings = b.rings
	}
	with(m.Arena, key, m.now, func(t Table) {
		changes := m.change(t, key, had, present)
		// A key that was not there may have been found to have expired.
		if b := m.bells[key]; b != nil && (b.rings > rings) != changes && (changes || present) {
			m.Fatalf("%.40q changed: %v; its watcher was told %d times", key, changes, b.rings-rings)
		}
	})
	switch m.next(40) {
	case 0:
		m.Tidy(m.now, 1+m.next(50))
	case 1:
		m.Prefetch([]Hint{{Slot: m.Count().Of([]byte(key)), Key: []byte(key)}})
	case 2:
		m.now += int64(m.next(200))
		if m.next(4) == 0 {
			m.Expire(m.now, 1+m.next(100))
		}
	}
}

// change does one thing to a key and reports whether that changes it.
func (m *machine) change(t Table, key string, had held, present bool) bool {
	k := []byte(key)
	switch op := m.next(20); op {
	case 0, 1, 2, 3, 4:
		e := Entry{Type: Type(1 + m.next(5)), Form: Form(m.next(MaxForm + 1)), Value: m.value(), ExpireAtMillis: m.expiry()}
		if op == 0 && len(had.Value) > 2 && had.Object == nil { // borrowed from the table, and shifted
			now, _ := t.Peek(k)
			e.Value = now.Value[1+m.next(len(had.Value)-1):]
		}
		m.model[key] = held{Entry: e}
		m.model[key] = m.cloned(key)
		t.Set(k, e)
	case 5:
		e := Entry{Type: Hash, Object: &pile{int64(m.next(1000))}, ExpireAtMillis: m.expiry()}
		t.Set(k, e)
		m.model[key] = held{e, e.Object.Bytes()}
	case 6, 7, 8:
		if had.Object != nil {
			return false
		}
		n := m.size()
		if m.next(2) == 0 {
			n = len(had.Value) + m.next(20)
		}
		form := Form(m.next(MaxForm + 1))
		grown := t.Resize(k, n, form)
		want := append(bytes.Clone(had.Value), make([]byte, n)...)[:n]
		if !bytes.Equal(grown, want) {
			m.Fatalf("Resize(%.40q, %d) is not what it was, and zeros", key, n)
		}
		for i := range grown[min(len(grown), len(had.Value)):] {
			grown[len(had.Value)+i], want[len(had.Value)+i] = 'r', 'r'
		}
		if !present {
			had.Type = String
		}
		had.Form, had.Value = form, want
		m.model[key] = had
	case 9:
		if had.Object == nil {
			return false
		}
		had.Object.(*pile).bytes = int64(m.next(100_000))
		had.objectBytes = had.Object.Bytes()
		m.model[key] = had
		t.Changed(k)
	case 10, 11:
		at := m.expiry()
		if t.SetExpiry(k, at) != present {
			m.Fatalf("SetExpiry(%.40q) is not %v", key, present)
		}
		if !present {
			return false
		}
		had.ExpireAtMillis = at
		m.model[key] = had
	case 12, 13, 14:
		if t.Delete(k) != present {
			m.Fatalf("Delete(%.40q) is not %v", key, present)
		}
		delete(m.model, key)
		return present
	case 15:
		if m.bells[key] == nil {
			m.bells[key] = new(bell)
		} else {
			t.Unwatch(k, m.bells[key])
			delete(m.bells, key)
			return false
		}
		t.Watch(k, m.bells[key])
		return false
	default:
		m.look(t, key, had, present)
		return false
	}
	return true
}

func (m *machine) cloned(key string) held {
	h := m.model[key]
	h.Value = bytes.Clone(h.Value)
	return h
}

// look compares what a key holds with what it should.
func (m *machine) look(t Table, key string, want held, present bool) {
	m.Helper()
	got, ok := t.Peek([]byte(key))
	if ok != present || got.Type != want.Type || got.Form != want.Form || got.Object != want.Object ||
		got.ExpireAtMillis != want.ExpireAtMillis || !bytes.Equal(got.Value, want.Value) {
		m.Fatalf("%.40q holds %.200v (%v), want %.200v (%v)", key, got, ok, want.Entry, present)
	}
}

// compare fails if the Arena does not hold exactly what the model does, or if
// an account is wrong.
func (m *machine) compare(t *testing.T) {
	m.expire(m.now)
	seen := make(map[string]int)
	for cursor, begun := uint64(0), false; cursor != 0 || !begun; begun = true {
		cursor = Scan(m, cursor, m.now, 7, func(key []byte, e Entry) {
			seen[string(key)]++
			if want := m.model[string(key)]; !bytes.Equal(e.Value, want.Value) || e.Object != want.Object {
				m.Fatalf("the scan saw %.40q with %.100v, want %.100v", key, e, want)
			}
		})
	}
	if len(seen) != len(m.model) {
		m.Fatalf("a scan found %d keys, want %d", len(seen), len(m.model))
	}
	usage, expiring := int64(0), int64(0)
	for key, want := range m.model {
		with(m, key, m.now, func(table Table) {
			m.look(table, key, want, true)
			n, _ := table.Usage([]byte(key))
			usage += n
			if least := int64(len(key)+len(want.Value)) + want.objectBytes; n < least || n > least+least/2+64 {
				m.Fatalf("%.40q is accounted for with %d bytes, its key, value and object are %d", key, n, least)
			}
		})
		if want.ExpireAtMillis != 0 {
			expiring++
		}
	}
	for expired := true; expired; {
		_, expired = m.Expire(m.now, 10)
	}
	total := Total(m)
	if total.Keys != int64(len(m.model)) || total.Bytes != usage || total.Expiring != expiring || Keys(m) != total.Keys {
		m.Fatalf("accounts say %+v, want %d keys, %d bytes, %d expiring", total, len(m.model), usage, expiring)
	}
	m.check(t)
}

// empty removes every key, one by one or by slot.
func (m *machine) empty() {
	byKey := m.next(2) == 0
	for key := range m.model {
		with(m, key, m.now, func(table Table) {
			if byKey {
				table.Delete([]byte(key))
			} else {
				table.Clear()
			}
		})
		delete(m.model, key)
	}
}

func TestAgainstModel(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	m := newMachine(t, rand.New(rand.NewPCG(seed, 1)).IntN)
	for step := range 20_000 {
		m.spread = 1 + step%700
		m.step()
		if step%1000 == 999 {
			m.compare(t)
		}
		if step%9000 == 8999 {
			m.empty()
			m.compare(t)
		}
	}
	m.empty()
	m.settle()
	m.compare(t)
	for i := range m.shards {
		if s := &m.shards[i]; len(s.chunks) > 2 || s.bottom != uint32(len(s.runs)) && s.dirty > keptUnits {
			t.Errorf("without keys, shard %d keeps %d chunks and %d units", i, len(s.chunks), s.dirty)
		}
	}
}

// settle tidies until there is nothing left to do.
func (a *Arena) settle() {
	for a.Tidy(0, 1000) {
	}
}

func FuzzStore(f *testing.F) {
	f.Add([]byte("0123456789abcdefghijklmnopqrstuvwxyz"))
	f.Fuzz(func(t *testing.T, ops []byte) {
		at := 0
		m := newMachine(t, func(n int) int { // two bytes decide
			var number [4]byte
			at += copy(number[:2], ops[min(at, len(ops)):])
			return int(binary.LittleEndian.Uint32(number[:])) * n >> 16
		})
		for at < len(ops) {
			m.step()
		}
		m.compare(t)
	})
}
