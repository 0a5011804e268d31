package resp

import (
	"strings"
	"testing"
)

func TestElements(t *testing.T) {
	for raw, want := range map[string]string{
		"+OK\r\n":                              "+OK",
		"$-1\r\n":                              "_",
		"*0\r\n":                               "*",
		"*2\r\n$1\r\na\r\n*1\r\n:5\r\n":        "* $a * :5",
		"%1\r\n+k\r\n$1\r\nv\r\n":              "% +k $v",
		"|1\r\n+k\r\n+v\r\n:1\r\n":             "| +k +v :1",
		"*2\r\n:1\r\n":                         "* :1",
		"*3\r\n+OK\r\n-ERR no\r\n$2\r\nab\r\n": "* +OK -ERR no $ab",
		"$5\r\nab\r\n":                         "",
		"":                                     "",
		"*2\r\n$3\r\nabc\r\n$3\r\nx\r\n+OK\r\n\r": "* $abc",
	} {
		var got []string
		elements := ElementsOf([]byte(raw))
		for part, ok := elements.Next(); ok; part, ok = elements.Next() {
			got = append(got, string(part.Kind)+string(part.Text))
		}
		if text := strings.Join(got, " "); text != want {
			t.Errorf("%q: %q, want %q", raw, text, want)
		}
	}
}

func FuzzElements(f *testing.F) {
	f.Add([]byte("*2\r\n$1\r\na\r\n*1\r\n:5\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		elements := ElementsOf(raw)
		for range len(raw) + 1 {
			if _, ok := elements.Next(); !ok {
				return
			}
		}
		t.Fatal("more parts than bytes")
	})
}
