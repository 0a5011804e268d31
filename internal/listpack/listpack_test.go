package listpack

import (
	"bytes"
	"encoding/hex"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

var texts = []string{
	"", "0", "127", "128", "-1", "-4096", "4095", "4096", "-4097", "32767", "-32768", "32768", "8388607", "8388608",
	"-8388608", "-8388609", "2147483647", "2147483648", "-9223372036854775808", "9223372036854775807",
	"9223372036854775808", "00", "-0", "+1", "1 ", "-", "a", strings.Repeat("b", 63), strings.Repeat("c", 64),
	strings.Repeat("d", 125), strings.Repeat("d", 126), strings.Repeat("d", 127), strings.Repeat("e", 4095),
	strings.Repeat("f", 4096), strings.Repeat("g", 16377), strings.Repeat("g", 16378), strings.Repeat("g", 16379), "\x00\xff\r\n",
}

// all reads a list in both directions and compares.
func all(t *testing.T, lp []byte) []string {
	t.Helper()
	if err := Validate(lp); err != nil {
		t.Fatal(err)
	}
	var there, back []string
	for at := First; at < End(lp); {
		var v Value
		v, at = Read(lp, at)
		there = append(there, string(v.Append(nil)))
	}
	for at := Prev(lp, End(lp)); at >= 0; at = Prev(lp, at) {
		v, _ := Read(lp, at)
		back = append(back, string(v.Append(nil)))
	}
	slices.Reverse(back)
	if !slices.Equal(there, back) {
		t.Fatal("read backwards it is another list")
	}
	if Len(lp) != len(there) {
		t.Fatalf("Len %d, elements %d", Len(lp), len(there))
	}
	return there
}

func TestEveryEncoding(t *testing.T) {
	lp := AppendNew(nil)
	for _, text := range texts {
		before := len(lp)
		lp = Append(lp, []byte(text))
		if got := len(lp) - before; got != ElementBytes([]byte(text)) {
			t.Errorf("%.20q takes %d bytes, ElementBytes says %d", text, got, ElementBytes([]byte(text)))
		}
	}
	if got := all(t, lp); !slices.Equal(got, texts) {
		t.Error("not the texts that were appended")
	}
	for i, text := range texts {
		if at := Find(lp, First, []byte(text), 1); at != Seek(lp, i) || at != Seek(lp, i-len(texts)) {
			t.Errorf("%.20q: Find %d, Seek %d and %d", text, at, Seek(lp, i), Seek(lp, i-len(texts)))
		}
	}
	if Find(lp, First, []byte("nope"), 1) != -1 || Seek(lp, len(texts)) != -1 || Seek(lp, -len(texts)-1) != -1 {
		t.Error("found what is not there")
	}
}

// The bytes that redis-server 7.0 keeps for: RPUSH k hello 1024 -1 and a text
// of 70 bytes (the last 8 bytes, a version and a check sum, left out).
func TestBytesAsRedis(t *testing.T) {
	lp := AppendNew(nil)
	for _, text := range []string{"hello", "1024", "-1", "12"} {
		lp = Append(lp, []byte(text))
	}
	if got, want := hex.EncodeToString(lp), "160000000400"+"8568656c6c6f06"+"c40002"+"dfff02"+"0c01"+"ff"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Edits are compared with the same on a slice of strings.
func TestEditsAsOnASlice(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	lp, model := AppendNew(nil), []string{}
	for step := range 5000 {
		index := rnd.IntN(len(model) + 1)
		count := min(rnd.IntN(3), len(model)-index)
		var add [][]byte
		for range rnd.IntN(3) {
			add = append(add, []byte(texts[rnd.IntN(len(texts)-8)]))
		}
		at := End(lp)
		if index < len(model) {
			at = Seek(lp, index)
		}
		e := Splice(lp, at, count, add...)
		before := len(lp)
		if e.Grow() > 0 {
			lp = append(lp, make([]byte, e.Grow())...)
		}
		e.Apply(lp, before)
		lp = lp[:before+e.Grow()]
		var added []string
		for _, text := range add {
			added = append(added, string(text))
		}
		model = slices.Replace(model, index, index+count, added...)
		if step%50 == 0 && !slices.Equal(all(t, lp), model) {
			t.Fatalf("step %d: not as on a slice", step)
		}
	}
}

func TestMoreThanTheHeaderCounts(t *testing.T) {
	lp := AppendNew(nil)
	for range manyElements + 10 {
		lp = Append(lp, []byte("7"))
	}
	if n := Len(lp); n != manyElements+10 {
		t.Errorf("Len %d", n)
	}
	e := Splice(lp, First, 20)
	e.Apply(lp, len(lp))
	lp = lp[:len(lp)+e.Grow()]
	if n := Len(lp); n != manyElements-10 {
		t.Errorf("Len %d after cutting 20", n)
	}
}

func FuzzValidate(f *testing.F) {
	lp := AppendNew(nil)
	for _, text := range texts {
		lp = Append(lp, []byte(text))
	}
	f.Add(lp)
	f.Add(AppendNew(nil))
	f.Fuzz(func(t *testing.T, lp []byte) {
		if Validate(lp) != nil {
			return
		}
		n := 0
		for at := First; at < End(lp); n++ {
			var v Value
			v, at = Read(lp, at)
			if v.Len() != len(v.Append(nil)) {
				t.Fatal("Len is not the length")
			}
		}
		if n != Len(lp) {
			t.Fatalf("%d elements, Len %d", n, Len(lp))
		}
	})
}

func BenchmarkFind(b *testing.B) {
	lp := AppendNew(nil)
	for i := range 10 {
		lp = Append(lp, []byte("field"+string(rune('0'+i))))
		lp = Append(lp, []byte("some value"))
	}
	for b.Loop() {
		if Find(lp, First, []byte("field9"), 2) < 0 {
			b.Fatal("not found")
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	buf := make([]byte, 0, 1024)
	text := bytes.Repeat([]byte("x"), 20)
	for b.Loop() {
		lp := AppendNew(buf[:0])
		for range 10 {
			lp = Append(lp, text)
		}
	}
}
