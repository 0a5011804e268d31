package keyset

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"slotbench/internal/slot"
)

// hostileLines is text in which everything that lines can be comes up.
func hostileLines(random *rand.Rand, lines int) string {
	pieces := []string{"user:", "{", "}", "\"", "\\", "\\x", "0a", "\r", "\x00", ",", "7", "é", "\xff", strings.Repeat("k", 30), " "}
	var text strings.Builder
	for range lines {
		if random.IntN(4) == 0 {
			fmt.Fprintf(&text, "\"q\\x%02x%d\"", random.IntN(256), random.IntN(9))
		} else {
			for range random.IntN(6) {
				text.WriteString(pieces[random.IntN(len(pieces))])
			}
		}
		if random.IntN(9) == 0 {
			text.WriteByte('\r')
		}
		text.WriteString([]string{"\n", "\n", "\n", "\x00"}[random.IntN(4)])
	}
	return strings.TrimSuffix(text.String(), []string{"\n", ""}[random.IntN(2)])
}

func hostileRecords(random *rand.Rand, records int) string {
	var text strings.Builder
	text.WriteString("first,1,2\n")
	for range records {
		fmt.Fprintf(&text, []string{
			"k%d,%d,3", "a,b,{t%d},%d,5", "\"x,\"\"%d\n\",%d", "\"%d\",%d,1", "%d,%d", "p%d,x%d", "\"open%d,%d", "\"q%d\"z,%d", ",%d,%d", "a\"b%d,%d,1", "\"a%d\",\"%d\",9,9",
		}[random.IntN(11)], random.IntN(50), random.IntN(1000))
		text.WriteString([]string{"\n", "\r\n", "\n\n"}[random.IntN(3)])
	}
	return text.String()
}

// Every way an input can come (mapped, streamed, in small pieces, by one or
// many threads) gives what the naive reader gives.
func TestReadEqualsNaive(t *testing.T) {
	for seed := range uint64(16) {
		random := rand.New(rand.NewPCG(seed, 0))
		data := hostileLines(random, random.IntN(300))
		o := Options{
			Threads: 1 + random.IntN(3), BadLines: 1 + random.IntN(400),
			chunkBytes: 1 + random.IntN(200), lineBytes: 10 + random.IntN(80),
		}
		o.keyBytes = uint64(o.lineBytes + random.IntN(200))
		for _, f := range []Format{Lines, Raw, NUL} {
			t.Run(fmt.Sprintf("seed=%d/%s", seed, formatNames[f]), func(t *testing.T) {
				want := newNaive()
				want.readLines(data, f, o.lineBytes, int(o.keyBytes))
				o.Format = f
				compare(t, readString(t, data, o), want)
				compare(t, readMapped(t, data, f, o), want)
			})
		}
		t.Run(fmt.Sprintf("seed=%d/csv", seed), func(t *testing.T) {
			data := hostileRecords(random, random.IntN(200))
			o.Format = CSV
			o.lineBytes = 1 << 16 // where an open quote ends depends on nothing then
			want := newNaive()
			want.readCSV(data, o.lineBytes)
			compare(t, readString(t, data, o), want)
		})
	}
}

// Whole files, plain and packed, through Read itself.
func TestReadFiles(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	data := hostileLines(random, 5000)
	data += "\n" + strings.Repeat("tail:{x}:1\n", 200_000) // more than a chunk
	want := newNaive()
	want.readLines(data, Lines, MaxLineBytes, MaxKeyBytes)
	for name, packed := range map[string]string{
		"keys": data, "keys.gz": gzipped(t, data), "keys.zst": zstded(t, data),
		"parts.gz": gzipped(t, data[:len(data)/2]) + gzipped(t, data[len(data)/2:]),
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Read(context.Background(), []string{writeFile(t, name, packed)}, Options{})
			if err != nil || s.Partial {
				t.Fatal(err)
			}
			want.badLines = want.badLines[:min(len(want.badLines), len(s.Bad))]
			if len(s.Bad) != min(DefaultBadLines, int(s.BadLines)) {
				t.Fatalf("%d of %d bad lines are kept", len(s.Bad), s.BadLines)
			}
			compare(t, s, want)
		})
	}
}

func gzipped(t testing.TB, data string) string {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write([]byte(data)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.String()
}

func zstded(t testing.TB, data string) string {
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	return string(w.EncodeAll([]byte(data), nil))
}

// bitwiseSlot is the slot of a key, straight from the definitions.
func bitwiseSlot(key string, n slot.Count) int {
	if _, rest, found := strings.Cut(key, "{"); found {
		if tag, _, closed := strings.Cut(rest, "}"); closed && tag != "" {
			key = tag
		}
	}
	crc := 0
	for i := range len(key) {
		crc ^= int(key[i]) << 8
		for range 8 {
			crc <<= 1
			if crc > 0xFFFF {
				crc ^= 0x11021
			}
		}
	}
	if n == slot.MaxCount {
		return crc % 32768
	}
	return crc % 16384 * int(n) / 16384
}

// One pass answers every slot count as counting the keys for it alone does.
func TestEverySlotCountEqualsBruteForce(t *testing.T) {
	const keys = 20_000
	var data strings.Builder
	want := map[slot.Count][3][]uint64{}
	for n := slot.MinCount; n <= slot.MaxCount; n *= 2 {
		want[n] = [3][]uint64{make([]uint64, n), make([]uint64, n), make([]uint64, n)}
	}
	random := rand.New(rand.NewPCG(9, 9))
	data.WriteString("key,bytes,ops\n")
	for i := range keys {
		key := []string{fmt.Sprintf("user:%d", i), fmt.Sprintf("cart:{u%d}:x", i%77), fmt.Sprintf("\xff\x00%d", i), fmt.Sprintf("{}%d", i)}[i%4]
		bytes, ops := random.Uint64N(5000), random.Uint64N(9)
		fmt.Fprintf(&data, "%s,%d,%d\n", key, bytes, ops)
		for n, hist := range want {
			s := bitwiseSlot(key, n)
			hist[Keys][s]++
			hist[Bytes][s] += bytes
			hist[Ops][s] += ops
		}
	}
	s := readString(t, data.String(), Options{})
	if s.Keys != keys || !s.HasBytes || !s.HasOps {
		t.Fatalf("%d keys, bytes %v, ops %v", s.Keys, s.HasBytes, s.HasOps)
	}
	for n, hist := range want {
		for _, m := range []Measure{Keys, Bytes, Ops} {
			for at, got := range s.Bins.BySlot(m, n) {
				if got != hist[m][at] {
					t.Fatalf("%d slots: slot %d has %d %s, want %d", n, at, got, m, hist[m][at])
				}
			}
		}
	}
}

func FuzzRead(f *testing.F) {
	for i, seed := range []string{"a\n\"b\\x00\"\r\n\n{t}c", "\"a\n\"\"", "\x00\x00{a}\x00", "a,1,2\n\"x\"\"y\",3\n,,\n\"open,1"} {
		f.Add([]byte(seed), uint8(i), uint8(3), uint8(9))
	}
	f.Fuzz(func(t *testing.T, data []byte, format, chunk, limit uint8) {
		if foreign(data) != nil || bytes.HasPrefix(data, []byte{0x1f, 0x8b}) || bytes.HasPrefix(data, []byte{0x28, 0xb5, 0x2f, 0xfd}) {
			return
		}
		text, want := string(data), newNaive()
		o := Options{Threads: 1, BadLines: 1000, chunkBytes: 1 + int(chunk), lineBytes: 1 + int(limit)}
		if o.Format = []Format{Lines, Raw, NUL, CSV}[format%4]; o.Format == CSV {
			o.lineBytes = 1 << 12 // where an open quote ends depends on nothing then
			text = "first,1,2\n" + text
			if len(text) > o.lineBytes {
				return
			}
			want.readCSV(text, o.lineBytes)
			compare(t, readString(t, text, o), want)
			return
		}
		o.keyBytes = uint64(3 * o.lineBytes / 2)
		want.readLines(text, o.Format, o.lineBytes, int(o.keyBytes))
		compare(t, readString(t, text, o), want)
		if text != "" {
			compare(t, readMapped(t, text, o.Format, o), want)
		}
	})
}

// However small the pieces and whatever comes, reading ends and is the same.
func FuzzReadCSVAnyLimit(f *testing.F) {
	f.Add([]byte("\"open\nkey,5\nmore,7\n\"\"\"\n"), uint8(3), uint8(5))
	f.Fuzz(func(t *testing.T, data []byte, chunk, limit uint8) {
		o := Options{Format: CSV, BadLines: 5, chunkBytes: 1 + int(chunk), lineBytes: 1 + int(limit)}
		var first *Summary
		for threads := 1; threads <= 3; threads += 2 {
			o.Threads, o.Stdin = threads, bytes.NewReader(data)
			s, err := Read(context.Background(), []string{"-"}, o)
			if err != nil {
				return // not CSV at all
			}
			s.Tags = nil
			if first == nil {
				first = s
			} else if fmt.Sprint(s.Keys, s.Bytes, s.Lines, s.BadLines, s.Bad) != fmt.Sprint(first.Keys, first.Bytes, first.Lines, first.BadLines, first.Bad) {
				t.Fatalf("3 threads: %d lines, %d keys, bad %v\n1 thread: %d lines, %d keys, bad %v", s.Lines, s.Keys, s.Bad, first.Lines, first.Keys, first.Bad)
			}
			if lines := int64(bytes.Count(data, []byte{'\n'})); s.Lines != lines && s.Lines != lines+1 {
				t.Fatalf("%d lines of %d", s.Lines, lines)
			}
		}
	})
}

func TestReadManyInputs(t *testing.T) {
	good := writeFile(t, "a.txt", "one\ntwo\n\"bad\n")
	sheet := writeFile(t, "b.csv", "key,bytes,ops\nthree,10,2\nfour,20,x\n")
	missing := filepath.Join(t.TempDir(), "missing")
	s, err := Read(context.Background(), []string{good, missing, t.TempDir(), sheet, "-"}, Options{Stdin: strings.NewReader("five")})
	if err == nil || !strings.Contains(err.Error(), missing+": no such file") || !strings.Contains(err.Error(), "a directory") {
		t.Fatalf("error %v", err)
	}
	if s.Keys != 4 || s.Bytes != 3+3+10+4 || s.Ops != 2 || s.BadLines != 2 || !s.Partial {
		t.Fatalf("%d keys, %d bytes, %d ops, %d bad lines", s.Keys, s.Bytes, s.Ops, s.BadLines)
	}
	if s.Bad[0].Input != good || s.Bad[0].Line != 3 || s.Bad[1].Input != sheet || s.Bad[1].Line != 3 || s.Bad[1].Text != `"four,20,x"` {
		t.Fatalf("bad lines %+v", s.Bad)
	}
	if _, err := os.Stat(good); err != nil {
		t.Fatal(err)
	}
}

func TestPlainLinesAllocateNothing(t *testing.T) {
	o := Options{}
	o.setDefaults()
	w := newWorker(&o)
	data := []byte(strings.Repeat("user:1234567890\nitem:{a}:7\n", 1000))
	w.lines(data, '\n', false)
	if n := testing.AllocsPerRun(20, func() { w.lines(data, '\n', false) }); n != 0 {
		t.Fatalf("lines allocates %v times", n)
	}
}

// Packed accounts are emptied before they overflow.
func TestUnpackInTime(t *testing.T) {
	o := Options{}
	o.setDefaults()
	w := newWorker(&o)
	line := strings.Repeat("k", maxPackedBytes) + "\n"
	const lines = 2*maxPackedKeys + 10
	for _, before := range []string{"", "{"} { // as plain lines, and as any
		w.lines([]byte(before+"\n"+strings.Repeat(line, lines)), '\n', true)
	}
	s := &Summary{Tags: newTags(&o)}
	s.join([]*worker{w})
	crc := slot.CRC16([]byte(line[:maxPackedBytes]))
	if s.Bins.Keys[crc] != 2*lines || s.Bins.Bytes[crc] != 2*lines*maxPackedBytes {
		t.Fatalf("%d keys, %d bytes", s.Bins.Keys[crc], s.Bins.Bytes[crc])
	}
}
