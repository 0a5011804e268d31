package workloads

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"slotbench/internal/slot"
)

// compiled is a template as a family of so many keys.
func compiled(template string, keys int64, tags *tagging) (*family, error) {
	parts, err := parseTemplate(template)
	if err != nil {
		return nil, err
	}
	for i := range parts {
		parts[i].div, parts[i].mod = 1, keys
	}
	f := &family{keys: keys, tags: tags}
	f.parts, f.hashFrom, f.hashTo = layOut(parts)
	return f, nil
}

func TestTemplates(t *testing.T) {
	tags := newTagging(1000, 10, 0)
	for _, test := range []struct{ template, want string }{ // key 987
		{"k:%d", "k:987"}, {"%08d", "00000987"}, {"%x.%04x", "3db.03db"}, {"{user:%d}:cart", "{user:987}:cart"},
		{"%[tag]d:%[member]02d", "98:07"}, {"%d%%", "987%"}, {"%%%d", "%987"}, {"100%%%%:%d:%%", "100%%:987:%"},
		{"a{}b%d", "a{}b987"}, {"{%d", "{987"}, {"}{%d}", "}{987}"}, {"{{%d}}", "{{987}}"}, {"x{a}{%d}", "x{a}{987}"},
		{"{a%d}b", "{a987}b"}, {"{%db}", "{987b}"}, {"é\x01%d", "é\x01987"},
	} {
		f, err := compiled(test.template, 1000, tags)
		if err != nil {
			t.Errorf("%s: %v", test.template, err)
			continue
		}
		key, s := f.appendKey([]byte("before"), 987)
		if got := string(key[6:]); got != test.want || s != slot.Of(key[6:]) {
			t.Errorf("%s: %q in slot %d; want %q in slot %d", test.template, got, s, test.want, slot.Of([]byte(test.want)))
		}
	}
	for _, template := range []string{"%", "%s", "%5d", "%021d", "%00d", "%[", "%[]d", "%[tag]s", "%[slot]d", "%[slot]04s", "%d%d", "%d0", "%xa", "%d%[tag]d", strings.Repeat("x", MaxTemplateBytes+1)} {
		if _, err := parseTemplate(template); err == nil {
			t.Errorf("%q is accepted", template)
		}
	}
}

// TestStencilsFillAsPartsWrite compares keys that are filled in with the same
// keys written part by part.
func TestStencilsFillAsPartsWrite(t *testing.T) {
	for _, template := range []string{"k:%d", "%d", "%08d", "%020d", "user:{%d}:cart", "{a%d}b", "{%d", "}{%d}x", "{x}%d", "%d{tag}", "é%03d"} {
		f, err := compiled(template, 1000, nil)
		if err != nil {
			t.Fatal(err)
		}
		if f.stencils = newStencils(f, ""); f.stencils == nil {
			t.Fatalf("%s has no stencils", template)
		}
		for _, n := range []int64{0, 1, 9, 10, 11, 99, 100, 101, 999, 1000, 99_999_999, 100_000_000, 1 << 40} {
			m := writer{frame: []byte("before")}
			at, s := m.key(f, n, 0, 0)
			key, wantSlot := f.appendKey(nil, n)
			if want := fmt.Sprintf("before$%d\r\n%s\r\n", len(key), key); string(m.frame) != want || s != wantSlot || at != len(want)-2-len(key) {
				t.Errorf("%s, key %d: %q at %d in slot %d; want %q in slot %d", template, n, m.frame, at, s, want, wantSlot)
			}
		}
	}
	for _, template := range []string{"%x", "fixed", "%[tag]d:%[member]d"} {
		f, err := compiled(template, 1000, newTagging(1000, 10, 0))
		if err != nil {
			t.Fatal(err)
		}
		if newStencils(f, "") != nil {
			t.Errorf("%s has stencils", template)
		}
	}
}

func TestAppendNumber(t *testing.T) {
	for _, n := range []uint64{0, 1, 9, 10, 15, 16, 99, 100, 101, 999, 1000, 12345678, 1 << 40, math.MaxUint64} {
		for _, width := range []int{0, 1, 2, 8, 20} {
			if got, want := string(appendNumber(nil, n, false, width)), fmt.Sprintf("%0*d", width, n); got != want {
				t.Errorf("%d: %s, want %s", n, got, want)
			}
			if got, want := string(appendNumber(nil, n, true, width)), fmt.Sprintf("%0*x", width, n); got != want {
				t.Errorf("%d: %s, want %s", n, got, want)
			}
		}
	}
}

func TestMayCollide(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"user:%d", "cart:%d", false}, {"k:%d", "k:%08d", true}, {"k:%d", "k:%x", true}, {"k:%d:a", "k:%d", false},
		{"k:1%d", "k:%d", true}, {"k:%d", "k:7", true}, {"k:%d", "k:a", false}, {"%xg%d", "%d", false},
		{"%x:%d", "%d:%x", true}, {"12:%d", "%d:4", true}, {"%d", "%dx", false}, {"k", "k", true}, {"", "k", false},
		{"%x:b", "a%%:b", false}, {"%dx%d", "1x%dy", false},
	} {
		a, errA := parseTemplate(test.a)
		b, errB := parseTemplate(test.b)
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		if mayCollide(a, b) != test.want || mayCollide(b, a) != test.want {
			t.Errorf("%q and %q: want %v", test.a, test.b, test.want)
		}
	}
}

// FuzzTemplate checks that every accepted template tells its keys apart and
// knows its slots, and that templates said to be apart are.
func FuzzTemplate(f *testing.F) {
	f.Add("{user:%d}:cart", "k:%08x")
	f.Add("%[tag]d:%[member]d", "%%{}%d{")
	f.Add("a{%d}b}", "%[x]d")
	f.Fuzz(func(t *testing.T, one, two string) {
		const keys = 300
		a, errA := compiled(one, keys, newTagging(keys, 7, 0.8))
		if errA != nil {
			return
		}
		shown := map[fieldKind]bool{}
		for _, p := range a.parts {
			shown[p.kind] = true
		}
		seen := map[string]bool{}
		for n := range int64(keys) {
			key, s := a.appendKey(nil, n)
			if s != slot.Of(key) {
				t.Fatalf("%q: %q is in slot %d, said %d", one, key, slot.Of(key), s)
			}
			if seen[string(key)] && shown[idField] {
				t.Fatalf("%q: %q twice", one, key)
			}
			seen[string(key)] = true
		}
		b, errB := compiled(two, keys, newTagging(keys, 7, 0))
		if errB != nil || mayCollide(a.parts, b.parts) {
			return
		}
		for n := range int64(keys) {
			if key, _ := b.appendKey(nil, n); seen[string(key)] {
				t.Fatalf("%q and %q both make %q", one, two, key)
			}
		}
	})
}

// TestTagSizes compares with the stated law, and the search with a scan.
func TestTagSizes(t *testing.T) {
	for _, test := range []struct {
		keys, perTag int64
		exponent     float64
	}{{1, 1, 1}, {10, 100, 0}, {1000, 7, 0}, {1000, 4, 0.8}, {50_000, 4, 0.8}, {1000, 1, 2}, {100_000, 50, 3}, {1000, 1000, 1}, {9_000_001, 30, 1}} {
		g := newTagging(test.keys, test.perTag, test.exponent)
		sum := 0.0
		for tag := range g.tags {
			sum += math.Pow(float64(tag+1), -test.exponent)
		}
		key := int64(0)
		for tag := range g.tags {
			first, size := g.size(tag)
			if first != key || size < 1 {
				t.Fatalf("%+v: tag %d has %d keys from %d, want from %d", test, tag, size, first, key)
			}
			if want := 1 + float64(test.keys-g.tags)*math.Pow(float64(tag+1), -test.exponent)/sum; test.exponent > 0 && math.Abs(float64(size)-want) > 1.001 {
				t.Fatalf("%+v: tag %d has %d keys, want %.2f", test, tag, size, want)
			}
			for _, member := range []int64{0, size / 2, size - 1} {
				if gotTag, gotMember := g.tagOf(first + member); gotTag != tag || gotMember != member {
					t.Fatalf("%+v: key %d is %d of tag %d, want %d of %d", test, first+member, gotMember, gotTag, member, tag)
				}
			}
			key += size
		}
		if key != test.keys {
			t.Errorf("%+v: the tags hold %d keys", test, key)
		}
	}
}

func TestApportion(t *testing.T) {
	for _, test := range []struct {
		keys    int64
		weights []float64
		want    string
	}{
		{100_000, []float64{20, 10, 20, 50}, "[20000 10000 20000 50000]"}, {4, []float64{1, 1000, 1, 1}, "[1 1 1 1]"}, {7, []float64{1, 1000, 1, 1}, "[1 4 1 1]"}, {10, []float64{1}, "[10]"},
		{12, []float64{1, 1, 1}, "[4 4 4]"}, {MaxKeys, []float64{1e-9, 1e12, 3}, ""},
	} {
		counts, sum := apportion(test.keys, test.weights), int64(0)
		for _, count := range counts {
			sum += count
			if count < 1 {
				t.Errorf("%+v: %v", test, counts)
			}
		}
		if sum != test.keys || test.want != "" && fmt.Sprint(counts) != test.want {
			t.Errorf("%+v: %v", test, counts)
		}
	}
}
