package anonymize

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"slotbench/internal/slot"
)

func keys() []string {
	r := rand.New(rand.NewPCG(9, 1))
	hex := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteByte("0123456789abcdef"[r.IntN(16)])
		}
		return b.String()
	}
	var all []string
	for i := range 3000 {
		all = append(all,
			fmt.Sprintf("customer:%d:profile", 1_000_000+i*37),
			fmt.Sprintf("cart:{shopper%d}:items", 100_000+i%300),
			fmt.Sprintf("session:%s-%s-%s-%s-%s", hex(8), hex(4), hex(4), hex(4), hex(12)),
			"object:"+hex(32), fmt.Sprintf("view:%012d", i), fmt.Sprintf("Ключи:%d", 2_000_000+i))
	}
	return append(all, "", "{}", "{}x", "{a}{b}", "a{", "}{abcdefgh}", "2026-01-31", "x\x00\xff\xfe\xfd\xfc",
		"00000000000000000000000000000000000000000000000001", "Eu_West_ShoppingCartNumber")
}

// TestShapeStays keeps CRCs, lengths and delimiters, and keys that differ apart.
func TestShapeStays(t *testing.T) {
	k, again := New("secret"), New("secret")
	from := map[string]string{}
	seen := map[string]bool{}
	for _, key := range keys() {
		got := string(k.Append(nil, []byte(key)))
		if !seen[key] && from[got] != "" {
			t.Fatalf("%q and %q both become %q", key, from[got], got)
		}
		seen[key], from[got] = true, key
		if slot.CRC16(slot.Hashed([]byte(got))) != slot.CRC16(slot.Hashed([]byte(key))) || len(got) != len(key) {
			t.Fatalf("%q has become %q", key, got)
		}
		for i := range len(key) {
			if !isSign(key[i]) && key[i] != got[i] {
				t.Fatalf("%q has become %q: other delimiters", key, got)
			}
		}
		if repeated := string(again.Append([]byte("-"), []byte(key))); repeated != "-"+got {
			t.Fatalf("%q becomes %q, and again %q", key, got, repeated)
		}
	}
	if other := New("other").Append(nil, []byte("session:0af3b6c2-1d2e-4f5a-8b6c-7d8e9f0a1b2c")); from[string(other)] != "" {
		t.Errorf("another secret gives the same: %s", other)
	}
}

// TestNothingLeft searches the new text for the pieces of the old.
func TestNothingLeft(t *testing.T) {
	k := New("secret")
	var text bytes.Buffer
	for _, key := range keys() {
		text.Write(k.Append(nil, []byte(key)))
		text.WriteByte('\n')
	}
	out := text.String()
	for _, word := range []string{"customer", "profile", "cart", "shopper", "items", "session", "object", "view", "Ключи", "West", "Shopping", "Cart"} {
		if strings.Contains(out, word) {
			t.Errorf("%q is still there", word)
		}
	}
	for _, key := range keys() {
		if at := strings.IndexByte(key, ':'); strings.HasPrefix(key, "object:") || strings.HasPrefix(key, "session:") {
			if strings.Contains(out, key[at+1:]) {
				t.Fatalf("%q is still there", key[at+1:])
			}
		}
	}
	if k.Leaks.Left[Names] > 10 || k.Leaks.Left[Identifiers] > 1 || k.Leaks.Left[Dates] != 1 {
		t.Errorf("left: %+v", k.Leaks)
	}
}

// TestPermutation takes all numbers of five and six digits: each bijective.
func TestPermutation(t *testing.T) {
	k := New("secret")
	for _, digits := range []int{3, 6} {
		seen := map[string]bool{}
		low := 1
		for range digits - 1 {
			low *= 10
		}
		for n := low; n < 10*low; n += 1 + low/20_000 {
			got := string(k.Append(nil, fmt.Appendf(nil, "{%d}", n)))
			if seen[got] {
				t.Fatalf("%d becomes %s, as another does", n, got)
			}
			seen[got] = true
		}
	}
}

func FuzzAppend(f *testing.F) {
	f.Add([]byte("user:{17}:a-b"), "s")
	f.Add([]byte("0123456789abcdef0123456789ABCDEF_2026-02-03\xff\xff"), "")
	k := New("fuzz")
	f.Fuzz(func(t *testing.T, key []byte, _ string) {
		got := k.Append(nil, key)
		if slot.CRC16(slot.Hashed(got)) != slot.CRC16(slot.Hashed(key)) || len(got) != len(key) {
			t.Fatalf("%q has become %q", key, got)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	k := New("secret")
	all := keys()
	var into []byte
	for i := 0; b.Loop(); i++ {
		into = k.Append(into[:0], []byte(all[i%len(all)]))
	}
}
