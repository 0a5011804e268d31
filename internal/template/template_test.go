package template

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"slotbench/internal/keyset"
	"slotbench/internal/slot"
)

// planted makes keys of known families.
type planted struct {
	share int
	want  string // the template's text
	make  func(r *rand.Rand) string
}

func hex(r *rand.Rand, n int) string {
	var b strings.Builder
	for range n {
		b.WriteByte("0123456789abcdef"[r.IntN(16)])
	}
	return b.String()
}

func uuid(r *rand.Rand) string {
	return hex(r, 8) + "-" + hex(r, 4) + "-" + hex(r, 4) + "-" + hex(r, 4) + "-" + hex(r, 12)
}

func day(r *rand.Rand) string {
	return fmt.Sprintf("%04d-%02d-%02d", 2015+r.IntN(12), 1+r.IntN(12), 1+r.IntN(28))
}

func name(r *rand.Rand) string {
	var b strings.Builder
	for range 3 + r.IntN(8) {
		b.WriteByte(byte('a' + r.IntN(26)))
	}
	return b.String()
}

var families = []planted{
	{30, "user:<int>", func(r *rand.Rand) string { return fmt.Sprintf("user:%d", r.IntN(1e7)) }},
	{10, "user:<int>:profile", func(r *rand.Rand) string { return fmt.Sprintf("user:%d:profile", r.IntN(1e7)) }},
	{15, "session:<uuid>", func(r *rand.Rand) string { return "session:" + uuid(r) }},
	{10, "cart:{<uuid>}:items", func(r *rand.Rand) string { return "cart:{" + uuid(r) + "}:items" }},
	{8, "stats:<date>:page:<int>", func(r *rand.Rand) string { return fmt.Sprintf("stats:%s:page:%d", day(r), r.IntN(1000)) }},
	{8, "obj:<hex8>", func(r *rand.Rand) string { return "obj:" + hex(r, 8) }},
	{5, "cache/<hex40>", func(r *rand.Rand) string { return "cache/" + hex(r, 40) }},
	{5, "login_<word>", func(r *rand.Rand) string { return "login_" + name(r) }},
	{5, "lock:<epoch>", func(r *rand.Rand) string { return fmt.Sprintf("lock:%d", 1_700_000_000+r.IntN(1e7)) }},
	{5, "tok_<base64>", func(r *rand.Rand) string {
		var b strings.Builder
		for range 22 {
			b.WriteByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"[r.IntN(62)])
		}
		return "tok_" + b.String()
	}},
	{4, "{tenant<int>}:user:<int>", func(r *rand.Rand) string { return fmt.Sprintf("{tenant%d}:user:%d", r.IntN(500), r.IntN(1e6)) }},
}

// mine mines planted keys over several miners, and keeps which template a key
// went to by its leaf.
func mine(keys []string, miners int) []*Template {
	parts := make([]*Miner, miners)
	for i := range parts {
		parts[i] = New()
	}
	for i, key := range keys {
		parts[i*miners/len(keys)].Add(&keyset.Key{Text: []byte(key), Count: 1, Bytes: uint64(len(key))})
	}
	for _, p := range parts[1:] {
		parts[0].Join(p)
	}
	return parts[0].Templates()
}

// TestPlanted mines families in any order, by one and by several, and wants
// each of them with all its keys but 1 in 100.
func TestPlanted(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 1))
	truth := map[string]uint64{}
	var keys []string
	for _, f := range families {
		for range 400 * f.share {
			keys = append(keys, f.make(r))
			truth[f.want]++
		}
	}
	for _, order := range []string{"shuffled", "sorted"} {
		if order == "sorted" {
			slices.Sort(keys)
		} else {
			r.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		}
		for _, miners := range []int{1, 3} {
			got := map[string]uint64{}
			sum := uint64(0)
			for _, found := range mine(keys, miners) {
				got[found.Text] = found.Keys
				sum += found.Keys
			}
			if sum != uint64(len(keys)) {
				t.Errorf("%s, %d miners: %d keys in all, want %d", order, miners, sum, len(keys))
			}
			for text, want := range truth {
				if low := want - want/100; got[text] < low || got[text] > want+want/100 {
					t.Errorf("%s, %d miners: %s has %d keys, want %d: %v", order, miners, text, got[text], want, got)
				}
			}
		}
	}
}

// TestBounded throws words at every place, and delimiters in every order.
func TestBounded(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 2))
	m := New()
	const keys = 100_000
	for range keys {
		var b strings.Builder
		for range 1 + r.IntN(12) {
			b.WriteString(name(r)[:1+r.IntN(3)])
			b.WriteByte(":/.-_|"[r.IntN(6)])
		}
		m.Add(&keyset.Key{Text: []byte(b.String()), Count: 1})
		if m.nodes > hardFactor*MaxNodes {
			t.Fatalf("%d nodes", m.nodes)
		}
	}
	sum := uint64(0)
	for _, found := range m.Templates() {
		sum += found.Keys
	}
	if sum != keys {
		t.Errorf("%d keys counted, want %d", sum, keys)
	}
}

// TestSpan compares the rank with the slots that are reached.
func TestSpan(t *testing.T) {
	var few, all Span
	reached := map[slot.Slot]bool{}
	for i := range 64 { // 6 bits of octal digits of even parity in two places
		key := []byte(fmt.Sprintf("a%d%d", i&7, i>>3))
		few.Add(slot.CRC16(key))
		reached[slot.Of(key)] = true
	}
	for i := range 1000 {
		all.Add(slot.CRC16([]byte(fmt.Sprintf("%09d", i*7919*7919))))
	}
	if few.SlotBits() != 6 || len(reached) != 64 {
		t.Errorf("two octal digits: rank %d, %d slots; want 6 and 64", few.SlotBits(), len(reached))
	}
	if all.SlotBits() != 14 {
		t.Errorf("nine digits: rank %d, want 14", all.SlotBits())
	}
}

func TestSizeClasses(t *testing.T) {
	for _, bytes := range []uint64{0, 1, 15, 16, 17, 31, 32, 100, 1 << 20, 1<<40 + 12345, 1<<63 + 1} {
		least, most := SizesOf(SizeClass(bytes))
		if bytes < least || bytes > most || most-least > bytes/8 {
			t.Errorf("%d is in the class %d to %d", bytes, least, most)
		}
	}
}

func TestDistinct(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 3))
	var d Distinct
	for range 50_000 {
		h := r.Uint64()
		d.note(h)
		d.note(h)
	}
	if e := d.Estimate(); e < 40_000 || e > 60_000 {
		t.Errorf("%g of 50,000", e)
	}
}

func FuzzAdd(f *testing.F) {
	f.Add("user:1\nuser:{2}:x\ncart-3f2a\n\xff\x00", uint8(2))
	f.Fuzz(func(t *testing.T, text string, miners uint8) {
		keys := strings.Split(text, "\n")
		sum := uint64(0)
		for _, found := range mine(keys, 1+int(miners%4)) {
			sum += found.Keys
			joined := ""
			for _, p := range found.Pieces {
				joined += p.Text
			}
			if found.Text != Other && joined != found.Text {
				t.Fatalf("%q is made of %q", found.Text, joined)
			}
		}
		if sum != uint64(len(keys)) {
			t.Fatalf("%d keys counted, want %d", sum, len(keys))
		}
	})
}

func BenchmarkAdd(b *testing.B) {
	r := rand.New(rand.NewPCG(5, 4))
	keys := make([]keyset.Key, 1<<16)
	for i := range keys {
		keys[i] = keyset.Key{Text: []byte(families[i%len(families)].make(r)), Count: 1}
	}
	m := New()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		m.Add(&keys[i&(1<<16-1)])
	}
}
