package command

import (
	"strings"
	"testing"
	"time"
)

// slowGlob is matchGlob as its definition reads: a star tries every rest.
func slowGlob(pattern, text []byte) bool {
	if len(pattern) == 0 {
		return len(text) == 0
	}
	if pattern[0] == '*' {
		for skip := range len(text) + 1 {
			if slowGlob(pattern[1:], text[skip:]) {
				return true
			}
		}
		return false
	}
	if len(text) == 0 {
		return false
	}
	next, ok := matchByte(pattern, 0, text[0])
	return ok && slowGlob(pattern[next:], text[1:])
}

func TestGlob(t *testing.T) {
	cases := []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true}, {"", "a", false}, {"*", "", true}, {"*", "abc", true}, {"?", "", false}, {"?", "a", true},
		{"a*c", "abbc", true}, {"a*c", "abbd", false}, {"*a*b*", "xxaxxbxx", true}, {"**", "a", true},
		{"[abc]", "b", true}, {"[abc]", "d", false}, {"[^abc]", "d", true}, {"[^abc]", "a", false},
		{"[a-c]x", "bx", true}, {"[c-a]x", "bx", true}, {"[a-]", "-", false}, {"[a-]", "`", true}, {"[]", "]", false}, {"[^]", "x", true},
		{"[\\]]", "]", true}, {"[\\^a]", "^", true}, {"[a", "a", true}, {"[", "[", false}, {"\\*", "*", true}, {"\\*", "a", false},
		{"\\", "\\", true}, {"a\\", "a\\", true}, {"*.txt", "a.txt", true}, {"*[0-9]", "key:7", true}, {"h?llo", "hllo", false},
		{"\x00*", "\x00\xff", true},
	}
	for _, c := range cases {
		if got := matchGlob([]byte(c.pattern), []byte(c.text)); got != c.want {
			t.Errorf("%q on %q: %v", c.pattern, c.text, got)
		}
	}
}

// TestGlobIsNotExponential: naive matchers need longer than a test may take.
func TestGlobIsNotExponential(t *testing.T) {
	done := make(chan bool, 1)
	go func() { done <- matchGlob([]byte(strings.Repeat("a*", 100)+"b"), []byte(strings.Repeat("a", 10_000))) }()
	select {
	case matched := <-done:
		if matched {
			t.Error("matched")
		}
	case <-time.After(time.Minute):
		t.Fatal("still matching")
	}
}

func FuzzGlob(f *testing.F) {
	f.Add("a*[b-c]?\\*", "axxb!*")
	f.Add("[^", "a")
	f.Add("*a*b*c", "aabbcc")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if strings.Count(pattern, "*") > 4 || len(text) > 64 {
			return
		}
		if got, want := matchGlob([]byte(pattern), []byte(text)), slowGlob([]byte(pattern), []byte(text)); got != want {
			t.Fatalf("%q on %q: %v, want %v", pattern, text, got, want)
		}
	})
}
