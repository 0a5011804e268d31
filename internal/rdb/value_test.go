package rdb

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"slotbench/internal/listpack"
	"slotbench/internal/resp"
)

// sample is a line of testdata/dumps.txt.
type sample struct {
	name    string
	payload []byte
	kind    string
	holds   []string
}

func samples(t testing.TB) (all []sample) {
	t.Helper()
	file, err := os.ReadFile("testdata/dumps.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(file)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		words, ok := resp.SplitWords([]byte(line), nil)
		if !ok || len(words) < 5 {
			t.Fatalf("not a sample: %s", line)
		}
		s := sample{name: string(words[0]) + " " + string(words[1]), payload: unhex(t, string(words[2])), kind: string(words[3])}
		for _, word := range words[4:] {
			text := string(word)
			if n, repeated := strings.CutPrefix(text, "p*"); repeated {
				count, _ := strconv.Atoi(n)
				text = strings.Repeat("p", count)
			}
			s.holds = append(s.holds, text)
		}
		all = append(all, s)
	}
	return all
}

var namesOfKinds = map[Kind]string{String: "string", List: "list", Set: "set", SortedSet: "zset", Hash: "hash"}

func appendScore(dst []byte, f float64) []byte { return strconv.AppendFloat(dst, f, 'g', -1, 64) }

// holds is what a Value holds as testdata/dumps.txt tells it: a sorted set's
// scores behind its members, sets and hashes by name.
func holds(v *Value) []string {
	var texts []string
	for i := range v.ends {
		texts = append(texts, string(v.Text(i)))
		if v.Kind == SortedSet {
			texts = append(texts, string(appendScore(nil, v.Score(i))))
		}
	}
	switch v.Kind {
	case Set:
		slices.Sort(texts)
	case Hash:
		pairs := slices.Collect(slices.Chunk(texts, 2))
		slices.SortFunc(pairs, func(a, b []string) int { return cmp.Compare(a[0], b[0]) })
		texts = slices.Concat(pairs...)
	}
	return texts
}

func TestDumpsOfRealServers(t *testing.T) {
	var v Value // one for all: what one leaves behind must not show in the next
	all := samples(t)
	if len(all) < 50 {
		t.Fatalf("%d samples", len(all))
	}
	for _, s := range all {
		err := v.ReadDump(s.payload)
		if s.kind == "refused" {
			if err == nil || err.Error() != s.holds[0] {
				t.Errorf("%s: %v, want %s", s.name, err, s.holds[0])
			}
			continue
		}
		want := s.holds
		if s.kind == "zset" {
			for i := 1; i < len(want); i += 2 { // as strconv prints it
				f, _ := strconv.ParseFloat(want[i], 64)
				want[i] = string(appendScore(nil, f))
			}
		}
		if err != nil || namesOfKinds[v.Kind] != s.kind || !slices.Equal(holds(&v), want) {
			t.Errorf("%s: %s %.300q, %v\nwant %s %.300q", s.name, namesOfKinds[v.Kind], holds(&v), err, s.kind, want)
		}
		damaged := bytes.Clone(s.payload)
		damaged[len(damaged)/2] ^= 4
		if err := v.ReadDump(damaged); err != ErrChecksum {
			t.Errorf("%s, damaged: %v", s.name, err)
		}
	}
}

// rewrite dumps a Value anew, as large or packed.
func rewrite(v *Value, packed bool) []byte {
	switch v.Kind {
	case String:
		return AppendDump(nil, TypeString, v.Text(0))
	case Hash, Set:
		t := TypeSet
		if v.Kind == Hash {
			t = TypeHash
		}
		if set, ok := v.Intset(); ok && packed && t == TypeSet {
			return AppendDump(nil, TypeSetIntset, set)
		}
		if packed && t == TypeHash {
			return AppendDump(nil, TypeHashListpack, v.Listpack(appendScore))
		}
		d := BeginDump([]byte("before"), t)
		d.Count(v.Len())
		for i := range v.ends {
			d.Text(v.Text(i))
		}
		return d.End()[len("before"):]
	case SortedSet:
		if packed {
			return AppendDump(nil, TypeSortedSetListpack, v.Listpack(appendScore))
		}
		d := BeginDump(nil, TypeSortedSet)
		d.Count(v.Len())
		for i := range v.ends {
			d.Text(v.Text(i))
			d.Score(v.Score(i))
		}
		return d.End()
	case List:
		d := BeginDump(nil, TypeListNodes)
		if packed {
			d.Count(1)
			d.Node(v.Listpack(nil), false)
			return d.End()
		}
		d.Count(v.Len())
		for i := range v.ends {
			d.Node(v.Text(i), true)
		}
		return d.End()
	}
	panic("no kind")
}

func TestRewrittenDumpsHoldTheSame(t *testing.T) {
	for _, s := range samples(t) {
		var v, again Value
		if v.ReadDump(s.payload) != nil {
			continue
		}
		for _, packed := range []bool{false, true} {
			payload := rewrite(&v, packed)
			if err := again.ReadDump(payload); err != nil || again.Kind != v.Kind || !slices.Equal(holds(&again), holds(&v)) {
				t.Errorf("%s, packed %v: %.300q, %v; was %.300q", s.name, packed, holds(&again), err, holds(&v))
			}
		}
	}
}

func TestPackedFormsAreCanonical(t *testing.T) {
	// As a foreign server might have it: 5 in 16 bits, a text that is a number.
	lp := []byte{0, 0, 0, 0, 2, 0, 0xF1, 5, 0, 3, 0x81, '7', 2, 0xFF}
	lp[0] = byte(len(lp))
	var v Value
	if err := v.ReadDump(AppendDump(nil, TypeHashListpack, lp)); err != nil {
		t.Fatal(err)
	}
	want := listpack.Append(listpack.Append(listpack.AppendNew(nil), []byte("5")), []byte("7"))
	if got := v.Listpack(nil); !bytes.Equal(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
	for _, c := range []struct {
		members string
		want    string
	}{
		{"3 -1 300", "0200000003000000ffff03002c01"},
		{"32768", "040000000100000000800000"},
		{"-2147483649 1", "0800000002000000ffffff7fffffffff0100000000000000"},
		{"1 a", ""}, {"01", ""}, {"9223372036854775808", ""}, {"", ""},
	} {
		d := BeginDump(nil, TypeSet)
		members := strings.Split(c.members, " ")
		d.Count(len(members))
		for _, m := range members {
			d.Text([]byte(m))
		}
		if err := v.ReadDump(d.End()); err != nil {
			t.Fatal(c.members, err)
		}
		if set, ok := v.Intset(); fmt.Sprintf("%x", set) != c.want || ok != (c.want != "") {
			t.Errorf("%q: %x, want %s", c.members, set, c.want)
		}
	}
}

func TestSortedSetsComeInOrder(t *testing.T) {
	d := BeginDump(nil, TypeSortedSet)
	d.Count(5)
	for _, m := range []string{"b 2", "a 2", "z -inf", "c 0", "d -0"} {
		member, score, _ := strings.Cut(m, " ")
		f, _ := strconv.ParseFloat(score, 64)
		d.Text([]byte(member))
		d.Score(f)
	}
	var v Value
	if err := v.ReadDump(d.End()); err != nil || fmt.Sprint(holds(&v)) != "[z -Inf c 0 d -0 a 2 b 2]" {
		t.Errorf("%v, %v", holds(&v), err)
	}
	if v.LongestBytes() != 1 || v.TextBytes() != 5 || v.Len() != 5 {
		t.Errorf("longest %d, together %d, members %d", v.LongestBytes(), v.TextBytes(), v.Len())
	}
}

func TestReadDumpRefusesCollections(t *testing.T) {
	text := func(s string) []byte { return append(AppendLength(nil, uint64(len(s))), s...) }
	join := func(t Type, parts ...string) []byte { return []byte(string([]byte{byte(t)}) + strings.Join(parts, "")) }
	lp := func(texts ...string) string {
		p := listpack.AppendNew(nil)
		for _, s := range texts {
			p = listpack.Append(p, []byte(s))
		}
		return string(p)
	}
	packed := func(p string) string { return string(text(p)) }
	nan := string(binary.LittleEndian.AppendUint64(nil, math.Float64bits(math.NaN())))
	one := string(binary.LittleEndian.AppendUint64(nil, math.Float64bits(1)))
	intset := func(width, count byte, members string) string {
		return packed(string([]byte{width, 0, 0, 0, count, 0, 0, 0}) + members)
	}
	cases := map[string][]byte{
		"an empty list":                   join(TypeList, "\x00"),
		"no nodes":                        join(TypeListNodes, "\x00"),
		"an empty node":                   join(TypeListNodes, "\x01\x02", packed(lp())),
		"a node of another kind":          join(TypeListNodes, "\x01\x03", packed(lp("a"))),
		"fewer nodes than said":           join(TypeListNodes, "\x02\x02", packed(lp("a"))),
		"no members":                      join(TypeSet, "\x00"),
		"a member twice":                  join(TypeSet, "\x03\x01a\x01b\x01a"),
		"a member twice, once as integer": join(TypeSet, "\x02\x011\xc0\x01"),
		"a huge number of members":        join(TypeSet, "\x81\xff\xff\xff\xff\xff\xff\xff\xff\x01a"),
		"an empty intset":                 join(TypeSetIntset, intset(2, 0, "")),
		"an intset out of order":          join(TypeSetIntset, intset(2, 2, "\x02\x00\x01\x00")),
		"an intset with a member twice":   join(TypeSetIntset, intset(2, 2, "\x02\x00\x02\x00")),
		"an intset of width 3":            join(TypeSetIntset, intset(3, 1, "\x02\x00\x00")),
		"an intset that is too short":     join(TypeSetIntset, intset(4, 2, "\x02\x00\x00\x00")),
		"an intset without its head":      join(TypeSetIntset, packed("\x02\x00\x00\x00")),
		"an intset of 2^32 members":       join(TypeSetIntset, packed("\x08\x00\x00\x00\xff\xff\xff\xff")),
		"a packed member twice":           join(TypeSetListpack, packed(lp("a", "b", "a"))),
		"no fields":                       join(TypeHash, "\x00"),
		"a field twice":                   join(TypeHash, "\x02\x01a\x01b\x01a\x01c"),
		"a field without its value":       join(TypeHash, "\x01\x01a"),
		"a packed field without a value":  join(TypeHashListpack, packed(lp("a", "b", "c"))),
		"a packed field twice":            join(TypeHashListpack, packed(lp("a", "b", "a", "b"))),
		"a score that is no number":       join(TypeSortedSet, "\x01\x01a", nan),
		"a text score that is no number":  join(TypeSortedSetText, "\x01\x01a\xfd"),
		"a text score that is a word":     join(TypeSortedSetText, "\x01\x01a\x03one"),
		"a packed score that is a word":   join(TypeSortedSetListpack, packed(lp("a", "one"))),
		"a packed score that is nan":      join(TypeSortedSetListpack, packed(lp("a", "nan"))),
		"a member without a score":        join(TypeSortedSetListpack, packed(lp("a", "1", "b"))),
		"a sorted member twice":           join(TypeSortedSet, "\x02\x01a", one, "\x01a", nan[:7]+"\x00"),
		"a damaged listpack":              join(TypeHashListpack, packed(strings.Replace(lp("a", "b"), "a\x02", "a\x03", 1))),
		"type 8":                          join(8, "\x00"),
		"type 200":                        join(200, "\x00"),
		"bytes behind a list":             join(TypeList, "\x01\x01a\x00"),
	}
	for name, body := range cases {
		var v Value
		if err := v.ReadDump(seal(body, Version)); err != ErrFormat {
			t.Errorf("%s: %v, holds %q", name, err, holds(&v))
		}
	}
	for name, c := range map[string]struct {
		body    []byte
		version uint16
		want    error
	}{
		"a stream":                              {join(typeStream, "\x00"), 9, ErrStream},
		"a module's value":                      {join(typeModule2, "\x00"), 9, ErrModule},
		"a field that expires, before 7.4":      {join(typeHashExpiring0, "\x01\x05\x01a\x01b"), 12, ErrFieldExpiry},
		"fields that never do, before 7.4":      {join(typeHashExpiring0, "\x01\x00\x01a\x01b"), 12, nil},
		"packed, before 7.4":                    {join(typeHashListpackExpiring0, packed(lp("a", "b", "0"))), 12, nil},
		"packed, without the time":              {join(typeHashListpackExpiring0, packed(lp("a", "b"))), 12, ErrFormat},
		"fields that never do, with their head": {join(typeHashExpiring, "12345678\x01\x00\x01a\x01b"), 12, nil},
	} {
		var v Value
		if err := v.ReadDump(seal(c.body, c.version)); err != c.want {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func FuzzReadDump(f *testing.F) {
	for _, s := range samples(f) {
		f.Add(s.payload[:len(s.payload)-footerBytes], s.payload[len(s.payload)-footerBytes])
	}
	for _, s := range oldSamples {
		f.Add(append([]byte{byte(s.of)}, s.body...), byte(oldestVersion))
	}
	f.Add([]byte("\x00\xc3\x03\x80\x20\x00\x00\x00\x01aa"), byte(10))
	f.Fuzz(func(t *testing.T, body []byte, version byte) {
		var v, again Value
		err := v.ReadDump(seal(body, uint16(version)))
		if len(v.texts) > (len(body)+1)*maxLZFGrowth*maxIntegerBytes || len(v.ends) > (len(body)+1)*maxLZFGrowth {
			t.Fatalf("%d bytes became %d texts of %d", len(body), len(v.ends), len(v.texts))
		}
		if err != nil {
			if err != ErrChecksum && !strings.HasPrefix(err.Error(), ErrFormat.Error()) {
				t.Fatalf("a sealed payload gives %v", err)
			}
			return
		}
		for _, packed := range []bool{false, true} {
			if err := again.ReadDump(rewrite(&v, packed)); err != nil || again.Kind != v.Kind || !slices.Equal(holds(&again), holds(&v)) {
				t.Fatalf("%.300q came back as %.300q, %v", holds(&v), holds(&again), err)
			}
		}
	})
}
