package resp

import (
	"bytes"
	"fmt"
	"testing"
)

func TestSplitWords(t *testing.T) {
	for _, test := range []struct {
		line string
		want []string
		ok   bool
	}{
		{"", nil, true},
		{" \t ", nil, true},
		{"get foo", []string{"get", "foo"}, true},
		{"  set\tk  v \r", []string{"set", "k", "v"}, true},
		{`set "a b" 'c d'`, []string{"set", "a b", "c d"}, true},
		{`""`, []string{""}, true},
		{`'' x`, []string{"", "x"}, true},
		{`"\x00\xfF\n\r\t\b\a\"\\\q"`, []string{"\x00\xff\n\r\t\b\a\"\\q"}, true},
		{`"\x0g" "\x1"`, []string{"x0g", "x1"}, true},
		{`'\'' '\n'`, []string{"'", `\n`}, true},
		{`foo"bar baz"`, []string{"foobar baz"}, true},
		{`a\nb`, []string{`a\nb`}, true},
		{`"open`, nil, false},
		{`'open`, nil, false},
		{`"end\"`, nil, false},
		{`"a"b`, nil, false},
		{`'a'"b"`, nil, false},
	} {
		words, ok := SplitWords([]byte(test.line), nil)
		if ok != test.ok {
			t.Errorf("SplitWords(%q) reports %v, want %v", test.line, ok, test.ok)
			continue
		}
		if got := fmt.Sprintf("%q", words); ok && got != fmt.Sprintf("%q", test.want) {
			t.Errorf("SplitWords(%q) = %s, want %q", test.line, got, test.want)
		}
	}
}

// The text between the quotes is what redis-cli 7.0 prints for these strings.
func TestAppendQuoted(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", `""`},
		{"user:1", `"user:1"`},
		{`a"b\c`, `"a\"b\\c"`},
		{"\n\r\t\a\b", `"\n\r\t\a\b"`},
		{"\x00\x1f\x7f\xff é", `"\x00\x1f\x7f\xff \xc3\xa9"`},
	} {
		if got := string(AppendQuoted(nil, []byte(test.text))); got != test.want {
			t.Errorf("AppendQuoted(%q) = %s, want %s", test.text, got, test.want)
		}
	}
}

func TestUnquoteRejects(t *testing.T) {
	for _, bad := range []string{``, `"`, `a`, `a"`, `"a`, `"a\"`, `"a"b"`, `"a" "b"`, `"\`, `""" `, `"""`} {
		if got, ok := Unquote(nil, []byte(bad)); ok {
			t.Errorf("Unquote(%q) = %q", bad, got)
		}
	}
}

// What is quoted comes back through both readers of quoted text.
func FuzzQuotedRoundTrip(f *testing.F) {
	f.Add([]byte("user:1"))
	f.Add([]byte("\x00\"\\ \n'é"))
	f.Fuzz(func(t *testing.T, text []byte) {
		quoted := AppendQuoted([]byte("kept"), text)[len("kept"):]
		got, ok := Unquote([]byte("kept"), quoted)
		if !ok || !bytes.Equal(got, append([]byte("kept"), text...)) {
			t.Fatalf("%s is unquoted as %q, %v", quoted, got, ok)
		}
		words, ok := SplitWords(bytes.Clone(quoted), nil)
		if !ok || len(words) != 1 || !bytes.Equal(words[0], text) {
			t.Fatalf("%s is split into %q, %v", quoted, words, ok)
		}
	})
}

// Unquote takes exactly the lines that are one word of SplitWords and begin
// and end with the same pair of double quotes.
func FuzzUnquote(f *testing.F) {
	for _, seed := range []string{`"a"`, `"\x41"`, `"a"b"`, `"\"`, `"a" "b"`, `""`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		before := bytes.Clone(line)
		got, ok := Unquote(nil, line)
		if !bytes.Equal(line, before) {
			t.Fatalf("Unquote changed %q into %q", before, line)
		}
		words, split := SplitWords(bytes.Clone(line), nil)
		word := split && len(words) == 1 && len(line) > 1 && line[0] == '"' && line[len(line)-1] == '"'
		if ok != word {
			t.Fatalf("Unquote(%q) reports %v; SplitWords gives %q, %v", line, ok, words, split)
		}
		if ok && !bytes.Equal(got, words[0]) {
			t.Fatalf("Unquote(%q) = %q, SplitWords gives %q", line, got, words[0])
		}
	})
}

func FuzzSplitWords(f *testing.F) {
	for _, seed := range []string{`set k "v w"`, `'\''`, `"\x`, "\x00"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		words, ok := SplitWords(bytes.Clone(line), nil)
		if !ok {
			return
		}
		var quoted []byte
		for _, word := range words {
			quoted = append(AppendQuoted(quoted, word), ' ')
		}
		again, ok := SplitWords(quoted, nil)
		if !ok || fmt.Sprintf("%q", again) != fmt.Sprintf("%q", words) {
			t.Fatalf("%q: words %q, quoted and split again %q, %v", line, words, again, ok)
		}
	})
}
