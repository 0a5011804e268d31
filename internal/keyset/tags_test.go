package keyset

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"slotbench/internal/linecrc"
	"slotbench/internal/slot"
)

// Whatever there are too many of, a tag's sum is a floor, and lacks no more than
// the error says, also where the tag is not known at all.
func TestTagsAreFloors(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 0))
	zipf := rand.NewZipf(random, 1.1, 5, 200_000)
	for _, shape := range []struct {
		name string
		tag  func(i int) string
	}{
		{"skewed", func(int) string { return fmt.Sprintf("user:%06d", zipf.Uint64()) }},
		{"even", func(int) string { return fmt.Sprintf("user:%06d", random.IntN(100_000)) }},
		{"each its own", func(i int) string { return fmt.Sprint(i) }},
		{"late and heavy", func(i int) string { return fmt.Sprint(max(0, 100_000-i)) }},
		{"of every length", func(i int) string { return strings.Repeat("x", i%40) + fmt.Sprint(random.IntN(9_000)) }},
	} {
		var data strings.Builder
		sums := map[string][2]uint64{}
		for i := range 200_000 {
			tag := shape.tag(i)
			key := fmt.Sprintf("a{%s}%d", tag, i%1000)
			fmt.Fprintln(&data, key)
			sums[tag] = [2]uint64{sums[tag][Keys] + 1, sums[tag][Bytes] + uint64(len(key))}
		}
		for _, rank := range []Measure{Keys, Bytes} {
			t.Run(shape.name+" by "+rank.String(), func(t *testing.T) {
				s := readString(t, data.String(), Options{TagCounters: 64, Threads: 2, RankTags: rank})
				checkTags(t, s, sums, rank)
			})
		}
	}
}

func checkTags(t *testing.T, s *Summary, sums map[string][2]uint64, rank Measure) {
	t.Helper()
	var bins Bins
	for tag, sum := range sums {
		crc := slot.CRC16([]byte(tag))
		bins.Keys[crc] += sum[Keys]
		bins.Bytes[crc] += sum[Bytes]
	}
	if s.Bins != bins || s.TaggedKeys != s.Keys {
		t.Fatal("the bins differ")
	}
	told := map[string][2]uint64{}
	for _, tag := range s.Tags.Top(s.Tags.Len()) {
		told[tag.Text] = [2]uint64{tag.Keys, tag.Bytes}
	}
	for tag, sum := range sums {
		got := told[tag]
		if got[Keys] > sum[Keys] || got[Bytes] > sum[Bytes] || got[rank]+s.Tags.Error() < sum[rank] {
			t.Fatalf("tag %q: %v of %v, error %d", tag, got, sum, s.Tags.Error())
		}
		delete(told, tag)
	}
	if len(told) > 0 {
		t.Fatalf("tags that there are not: %v", told)
	}
	total := [2]uint64{s.Keys, s.Bytes}[rank]
	if s.Tags.Error() == 0 || s.Tags.Error() > total/16 {
		t.Errorf("error %d of %d", s.Tags.Error(), total)
	}
}

// braceText is lines of braces and little else.
func braceText(random *rand.Rand, size int) []byte {
	data := make([]byte, size)
	for i := range data {
		data[i] = "{}{}ab\nc"[random.IntN(8)]
	}
	return data
}

func checkBraces(t *testing.T, data []byte) {
	t.Helper()
	data = data[:min(len(data), stretchBytes)]
	w := newWorker(&Options{TagCounters: 2, lineBytes: MaxLineBytes})
	ends := linecrc.Ends(data, '\n', w.ends[:])
	b := w.tagsOf(data, ends)
	from := 0
	for i, end := range ends {
		line := data[from:end]
		if got := data[b.starts[i]:b.ends[i]]; len(line) <= w.shortBytes && !bytes.Equal(got, slot.Hashed(line)) {
			t.Fatalf("of %q, %q is hashed", line, got)
		}
		if _, tagged := slot.Tag(line); len(line) <= w.shortBytes && tagged == (b.ends[i] == end) {
			t.Fatalf("%q has a tag: %v", line, tagged)
		}
		from = int(end) + 1
	}
}

func TestBraces(t *testing.T) {
	random := rand.New(rand.NewPCG(6, 0))
	for _, size := range []int{0, 1, 2, 3, 5, 40, 63, 64, 65, 1000, stretchBytes} {
		for range 50 {
			checkBraces(t, braceText(random, size))
		}
	}
	checkBraces(t, []byte(strings.Repeat("{", stretchBytes-1)+"\n"))
	// Braces to the last byte of a stretch and on, before what is hashed.
	long := strings.Repeat("}", maxPackedBytes-10) + "{tag}\n"
	data := strings.Repeat("}\n", stretchBytes/2-1) + long
	s := readString(t, data, Options{})
	if crc := slot.CRC16([]byte("tag")); s.Bins.Keys[crc] != 1 || s.TaggedKeys != 1 {
		t.Errorf("%d keys there, %d with tags", s.Bins.Keys[crc], s.TaggedKeys)
	}
}

func FuzzBraces(f *testing.F) {
	f.Add([]byte("{a}\n{}b{c}\na}{b\n{\n}\n\n{{x}}y\n"))
	f.Fuzz(func(t *testing.T, data []byte) { checkBraces(t, data) })
}
