package resp

import (
	"strings"
	"testing"
)

// The same reply in each form that it can be met in.
func TestFlatten(t *testing.T) {
	const want = "0 key-count 5 cpu-usec 7 1 key-count 0"
	for name, text := range map[string]string{
		"protocol":   "*2\r\n*2\r\n:0\r\n*4\r\n$9\r\nkey-count\r\n:5\r\n$8\r\ncpu-usec\r\n:7\r\n*2\r\n:1\r\n%1\r\n+key-count\r\n:0\r\n",
		"terminal":   "1) 1) (integer) 0\n   2) 1) \"key-count\"\n      2) (integer) 5\n      3) \"cpu-usec\"\n      4) (integer) 7\n2) 1) (integer) 1\n   2) 1) \"key-count\"\n      2) (integer) 0\n",
		"terminal 3": "   1) 1) (integer) 0\n      2) 1# \"key-count\" => (integer) 5\n         2# \"cpu-usec\" => (integer) 7\n   2) 1) (integer) 1\n      2) 1# \"key-count\" => (integer) 0\n",
		"pipe":       "0\nkey-count\n5\ncpu-usec\n7\n1\nkey-count\n0\n",
		"json":       `[[0,{"key-count":5,"cpu-usec":7}],[1,{"key-count":0}]]`,
	} {
		words, err := Flatten([]byte(text))
		if got := strings.Join(words, " "); err != nil || got != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for _, text := range []string{"*1\r\n$5\r\nab", "*1\r\n:5", "*1\r\n\r\n", "*1\r\n?\r\n", "[1 x"} {
		if words, err := Flatten([]byte(text)); err == nil {
			t.Errorf("%q: %q", text, words)
		}
	}
	if words, err := Flatten(nil); words != nil || err != nil {
		t.Errorf("nothing: %q, %v", words, err)
	}
	if words, _ := Flatten([]byte("1) \"a\\\"b\\x00\"\n")); len(words) != 1 || words[0] != "a\"b\x00" {
		t.Errorf("quotes: %q", words)
	}
}

func FuzzFlatten(f *testing.F) {
	f.Add([]byte("*2\r\n:0\r\n$1\r\na\r\n"))
	f.Add([]byte("1) \"a\"\n2) (integer) 5\n"))
	f.Add([]byte(`[1,"a"]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		words, _ := Flatten(data)
		size := 0
		for _, word := range words {
			size += len(word)
		}
		if size > 3*len(data) { // JSON puts 3 bytes for one that is no UTF-8
			t.Fatalf("%d bytes of words in %d", size, len(data))
		}
	})
}
