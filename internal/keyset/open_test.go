package keyset

import (
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
)

func TestForeignInputs(t *testing.T) {
	for data, want := range map[string]string{
		"\x04\x22\x4d\x18xxxx":                "lz4: ",
		"\xfd7zXZ\x00xxxx":                    "xz",
		"REDIS0011\xfa\x09redis-ver":          "RDB at offset 9 (read to 20): the file ends early",
		"VALKEY080\xfa":                       "the file ends early",
		"\xff\xfea\x00\n\x00":                 "UTF-16",
		"\x1f\x8bnot gzip at all, whatever":   "gzip: ",
		"\x28\xb5\x2f\xfdnot zstd, whatever.": "zstd: ",
	} {
		s, err := Read(context.Background(), []string{writeFile(t, "in", data)}, Options{})
		if err == nil || !strings.Contains(err.Error(), want) || s.Keys != 0 || !s.Partial {
			t.Errorf("%q: %d keys, error %v, want %q", data, s.Keys, err, want)
		}
	}
}

// A packed file that ends early gives the keys before its end, and an error.
func TestTruncatedArchives(t *testing.T) {
	var text strings.Builder
	for i := range 300_000 {
		text.WriteString("user:")
		text.WriteString(strings.Repeat(string(rune('a'+i%26)), i%7+1))
		text.WriteByte('\n')
	}
	for name, packed := range map[string]string{"gzip": gzipped(t, text.String()), "zstd": zstded(t, text.String())} {
		s, err := Read(context.Background(), []string{writeFile(t, "in", packed[:len(packed)/2])}, Options{})
		if err == nil || !strings.Contains(err.Error(), name) || strings.Count(err.Error(), name+":") != 1 {
			t.Errorf("%s: error %v", name, err)
		}
		if s.Keys == 0 || s.Keys >= 300_000 || !s.Partial || s.BadLines != 0 {
			t.Errorf("%s: %d keys, %d bad lines", name, s.Keys, s.BadLines)
		}
	}
}

// A line of any length costs no more memory than the limit, wherever it comes
// from, and counts if it can be a key.
func TestEndlessLine(t *testing.T) {
	const length = 32 << 20
	read := func(keyBytes uint64) *Summary {
		s, err := Read(context.Background(), []string{"-"}, Options{Threads: 2, keyBytes: keyBytes,
			Stdin: io.MultiReader(strings.NewReader("a\n"), io.LimitReader(xs{}, length), strings.NewReader("\nb\n"))})
		if err != nil || s.Lines != 3 {
			t.Fatalf("%d lines, %v", s.Lines, err)
		}
		return s
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if s := read(0); s.Keys != 3 || s.Bytes != length+2 || s.BadLines != 0 {
		t.Fatalf("%d keys of %d bytes, %d bad", s.Keys, s.Bytes, s.BadLines)
	}
	runtime.ReadMemStats(&after)
	s := read(length - 1)
	if s.Keys != 2 || s.BadLines != 1 || s.Bad[0].Line != 2 || s.Bad[0].Offset != 2 ||
		!strings.Contains(s.Bad[0].Reason, "longer than 33554431 bytes") || len(s.Bad[0].Text) > 2*snippetBytes {
		t.Fatalf("%+v", s.Bad)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > length/2 {
		t.Fatalf("%d bytes were allocated for a line of %d", used, length)
	}
}

type xs struct{}

func (xs) Read(p []byte) (int, error) {
	return copy(p, manyXs), nil
}

var manyXs = strings.Repeat("x", 1<<16)

// As many distinct tags as there are keys cost the sketch, and no more.
func TestTagsAreBounded(t *testing.T) {
	var data strings.Builder
	for i := range 100_000 {
		data.WriteString("{tag:")
		data.WriteString(strings.Repeat("y", i%300))
		data.WriteByte(byte('0' + i%10))
		data.WriteString(strings.Repeat("z", i%7))
		data.WriteString("}\n")
		data.WriteString("{hot}\n")
	}
	s := readString(t, data.String(), Options{TagCounters: 100, Threads: 2})
	top := s.Tags.Top(1)
	if s.Tags.Len() > 100+2<<16 || s.TaggedKeys != 200_000 || s.LongTags == 0 {
		t.Fatalf("%d tags, %d tagged keys, %d long tags", s.Tags.Len(), s.TaggedKeys, s.LongTags)
	}
	if top[0].Text != "hot" || top[0].Keys > 100_000 || top[0].Keys+s.Tags.Error() < 100_000 {
		t.Fatalf("%+v, error %d", top[0], s.Tags.Error())
	}
}

// Tags are ranked by what is asked for; the other measures go along.
func TestRankTags(t *testing.T) {
	data := "key,bytes,ops\n{a}1,5,100\n{a}2,5,1\n{b}1,500,2\n"
	for m, want := range map[Measure]string{Keys: "a", Bytes: "b", Ops: "a"} {
		top := readString(t, data, Options{RankTags: m}).Tags.Top(5)
		if len(top) != 2 || top[0].Text != want {
			t.Fatalf("by %s: %+v", m, top)
		}
		for _, tag := range top {
			if tag.Text == "a" && tag != (Tag{"a", 2, 10, 101}) || tag.Text == "b" && tag != (Tag{"b", 1, 500, 2}) {
				t.Fatalf("by %s: %+v", m, tag)
			}
		}
	}
}

// A file that is cut while it is mapped fails as a file, not as a program.
func TestFileShrinksWhileMapped(t *testing.T) {
	path := writeFile(t, "keys", strings.Repeat("key\n", 1<<20))
	o := Options{}
	o.setDefaults()
	in, err := open(context.Background(), part{name: path}, &o)
	if err != nil {
		t.Fatal(err)
	}
	defer in.close()
	if !in.mapped {
		t.Skip("files are not mapped here")
	}
	if err := os.Truncate(path, 100); err != nil {
		t.Fatal(err)
	}
	err = newWorker(&o).empty(context.Background(), in, &ledger{}, o.Progress)
	if err == nil || !strings.Contains(err.Error(), "shrank") {
		t.Fatalf("error %v", err)
	}
}

// What was read before the end of ctx is in the summary: whole lines from the
// beginning.
func TestCancelKeepsWhatWasRead(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cause := errors.New("interrupted")
	stdin := readerFunc(func(p []byte) (int, error) {
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		cancel()
		return copy(p, "a\nb\nhalf"), nil
	})
	s, err := Read(ctx, []string{"-", "never opened"}, Options{Stdin: stdin, chunkBytes: 1 << 16})
	if !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "never") || !s.Partial {
		t.Fatalf("error %v", err)
	}
	if s.Keys != 2 || s.Lines != 2 {
		t.Fatalf("%d keys, %d lines", s.Keys, s.Lines)
	}
	ctx2, cancel2 := context.WithCancelCause(context.Background())
	cancel2(cause)
	if _, err := Read(ctx2, []string{"x"}, Options{}); !errors.Is(err, cause) {
		t.Fatalf("error %v", err)
	}
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestReadersThatFail(t *testing.T) {
	broken := errors.New("the cable is out")
	s, err := Read(context.Background(), []string{"-"}, Options{Stdin: io.MultiReader(strings.NewReader("a\nb\nhal"), readerFunc(func([]byte) (int, error) { return 0, broken }))})
	if !errors.Is(err, broken) || s.Keys != 2 {
		t.Fatalf("%d keys, error %v", s.Keys, err)
	}
	if _, err = Read(context.Background(), []string{"-"}, Options{}); err == nil {
		t.Fatal("no standard input is no failure")
	}
	first := true
	idle := readerFunc(func(p []byte) (int, error) {
		if first {
			first = false
			return copy(p, strings.Repeat("k\n", sniffBytes/2)), nil
		}
		return 0, nil
	})
	if _, err = Read(context.Background(), []string{"-"}, Options{Stdin: idle}); !errors.Is(err, io.ErrNoProgress) {
		t.Fatalf("error %v", err)
	}
}

func TestProgressEndsAtTheSize(t *testing.T) {
	data := strings.Repeat("user:1\n", 300_000)
	packed := gzipped(t, data)
	for name, content := range map[string]string{"keys": data, "keys.gz": packed, "small": "a\n"} {
		var progress atomic.Int64
		if _, err := Read(context.Background(), []string{writeFile(t, name, content)}, Options{Progress: &progress}); err != nil {
			t.Fatal(err)
		}
		if progress.Load() != int64(len(content)) {
			t.Errorf("%s: progress %d of %d", name, progress.Load(), len(content))
		}
	}
}

func TestParseNames(t *testing.T) {
	for i, name := range FormatNames() {
		if f, err := ParseFormat(name); err != nil || f != Format(i) {
			t.Errorf("%s: %v, %v", name, f, err)
		}
	}
	if _, err := ParseFormat("live"); err == nil {
		t.Error("live is accepted")
	}
	for _, m := range []Measure{Keys, Bytes, Ops} {
		if got, err := ParseMeasure(m.String()); err != nil || got != m {
			t.Errorf("%s: %v, %v", m, got, err)
		}
	}
	if _, err := ParseMeasure("heat"); err == nil {
		t.Error("heat is accepted")
	}
}
