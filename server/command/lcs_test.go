package command

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

// lengthsOfLCS is the plain table: row by row the length of the longest common
// subsequence of the first i bytes of a and the first j of b.
func lengthsOfLCS(a, b []byte) [][]int {
	cells := [][]int{make([]int, len(b)+1)}
	for i := range a {
		above, row := cells[i], make([]int, len(b)+1)
		for j := range b {
			if a[i] == b[j] {
				row[j+1] = above[j] + 1
			} else {
				row[j+1] = max(above[j+1], row[j])
			}
		}
		cells = append(cells, row)
	}
	return cells
}

// textOfLCS reads the plain table as Redis does.
func textOfLCS(a, b []byte) []byte {
	cells := lengthsOfLCS(a, b)
	var text []byte
	for i, j := len(a), len(b); i > 0 && j > 0; {
		switch {
		case a[i-1] == b[j-1]:
			i, j = i-1, j-1
			text = append(text, a[i])
		case cells[i-1][j] > cells[i][j-1]:
			i--
		default:
			j--
		}
	}
	slices.Reverse(text)
	return text
}

func TestLCSEqualsPlainTable(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 0))
	for range 1000 {
		letters := 1 + random.IntN(5)
		texts := [2][]byte{}
		for i := range texts {
			texts[i] = make([]byte, random.IntN(200))
			for at := range texts[i] {
				texts[i][at] = 'a' + byte(random.IntN(letters))
			}
		}
		a, b := texts[0], texts[1]
		want := textOfLCS(a, b)
		if got := newLCSSteps(a, b, true).text(a, b); !bytes.Equal(got, want) {
			t.Fatalf("%s and %s: %s, want %s", a, b, got, want)
		}
		if got := newLCSSteps(a, b, false).length; got != len(want) {
			t.Fatalf("%s and %s: length %d, want %d", a, b, got, len(want))
		}
		n := 0
		for _, m := range newLCSSteps(a, b, true).matches(a, b) {
			n += m.length
			if !bytes.Equal(a[m.a:m.a+m.length], b[m.b:m.b+m.length]) {
				t.Fatalf("%s and %s: %+v is no match", a, b, m)
			}
		}
		if n != len(want) {
			t.Fatalf("%s and %s: matches of %d bytes, want %d", a, b, n, len(want))
		}
	}
}

// TestLCSOfLongTexts has more cells than a table of words could hold.
func TestLCSOfLongTexts(t *testing.T) {
	b := newBench(t, nil)
	long := bytes.Repeat([]byte("abcdefgh"), 1000)
	for _, key := range []string{"x", "y"} {
		b.Args, b.Out = [][]byte{[]byte("SET"), []byte(key), long}, nil
		prepared, _, _ := b.Prepare(b.Args)
		b.Run(prepared, 0)
	}
	b.expect("LCS x y LEN", ":8000\r\n")
	if b.run("LCS x y"); !bytes.HasSuffix(b.Out, append(long, "\r\n"...)) {
		t.Error("two equal texts have another subsequence")
	}
}
