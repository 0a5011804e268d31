package command

import (
	"math"
	"math/bits"

	"slotbench/server/store"
)

// maxLCSCells bounds the table of LCS, a bit a cell, and so the time that its
// slot is held: 64 cells are one step.
const maxLCSCells = 4 << 30

// lcsOptions is what LCS was asked for.
type lcsOptions struct {
	length, indexes, matchLengths bool
	minMatch                      int64
}

func lcs(c *Context) {
	var texts [2][]byte
	for i := range texts {
		e, found := c.Lookup(c.Args[1+i])
		if found && e.Type != store.String {
			c.Error("ERR The specified keys must contain string values")
			return
		}
		texts[i] = e.Value
	}
	o, ok := c.lcsOptions()
	if !ok {
		return
	}
	if o.length && o.indexes {
		c.Error("ERR If you want both the length and indexes, please just use IDX.")
		return
	}
	a, b := texts[0], texts[1]
	if int64(len(a)+1)*int64(len(b)+1) > maxLCSCells {
		c.Error("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len")
		return
	}
	steps := newLCSSteps(a, b, !o.length)
	switch {
	case o.indexes:
		c.answerMatches(steps.matches(a, b), o, int64(steps.length))
	case o.length:
		c.Int(int64(steps.length))
	default:
		c.Bulk(steps.text(a, b))
	}
}

func (c *Context) lcsOptions() (o lcsOptions, ok bool) {
	for at := 3; at < len(c.Args); at++ {
		switch word := c.Args[at]; {
		case isWord(word, "len"):
			o.length = true
		case isWord(word, "idx"):
			o.indexes = true
		case isWord(word, "withmatchlen"):
			o.matchLengths = true
		case isWord(word, "minmatchlen") && at+1 < len(c.Args):
			at++
			if o.minMatch, ok = c.IntArg(at); !ok {
				return o, false
			}
		default:
			c.Error(errSyntax)
			return o, false
		}
	}
	return o, true
}

// lcsSteps is the table of LCS: row i, column j stands for the longest common
// subsequence of the first i+1 bytes of a and the first j+1 of b, and has the
// bit 0 where it is longer by one than that of the column before. Where the
// two bytes differ, such a length comes from the row above, any other from the
// column before: that is all that reading the subsequence out needs.
type lcsSteps struct {
	rows   []uint64 // of all rows if they are kept, else the last one
	words  int      // a row
	length int      // of the longest common subsequence
}

// newLCSSteps makes the table 64 columns at a time, by the algorithm of Hyyrö,
// "Bit-parallel LCS-length computation revisited" (2004).
func newLCSSteps(a, b []byte, keep bool) lcsSteps {
	s := lcsSteps{words: (len(b) + 63) / 64}
	var where [256][]uint64 // the places in b of the bytes that a has
	for _, x := range a {
		if where[x] == nil {
			where[x] = make([]uint64, s.words)
		}
	}
	for j, x := range b {
		if where[x] != nil {
			where[x][j/64] |= 1 << (j % 64)
		}
	}
	above := make([]uint64, s.words)
	for w := range above {
		above[w] = math.MaxUint64
	}
	row := above
	if keep {
		s.rows = make([]uint64, len(a)*s.words)
	}
	for i, x := range a {
		if keep {
			row = s.rows[i*s.words : (i+1)*s.words]
		}
		carry := uint64(0)
		for w, places := range where[x] {
			v := above[w]
			sum, out := bits.Add64(v, v&places, carry)
			row[w], carry = sum|v&^places, out
		}
		above = row
	}
	for w, v := range above {
		if left := len(b) - w*64; left < 64 {
			v |= math.MaxUint64 << left
		}
		s.length += 64 - bits.OnesCount64(v)
	}
	return s
}

// up says whether the way back leads from a row and column to the row above,
// where their bytes differ.
func (s lcsSteps) up(row, column int) bool {
	return s.rows[row*s.words+column/64]>>(column%64)&1 == 0
}

// walk visits the pairs of bytes of the subsequence, the last first.
func (s lcsSteps) walk(a, b []byte, visit func(i, j int)) {
	for i, j := len(a)-1, len(b)-1; i >= 0 && j >= 0; {
		switch {
		case a[i] == b[j]:
			visit(i, j)
			i, j = i-1, j-1
		case s.up(i, j):
			i--
		default:
			j--
		}
	}
}

// text is the subsequence.
func (s lcsSteps) text(a, b []byte) []byte {
	text := make([]byte, s.length)
	at := len(text)
	s.walk(a, b, func(i, _ int) {
		at--
		text[at] = a[i]
	})
	return text
}

// lcsMatch is a run that both texts share: where it begins in each.
type lcsMatch struct{ a, b, length int }

// matches is the runs of the subsequence, the last first.
func (s lcsSteps) matches(a, b []byte) []lcsMatch {
	var matches []lcsMatch
	s.walk(a, b, func(i, j int) {
		if n := len(matches); n > 0 && matches[n-1].a == i+1 && matches[n-1].b == j+1 {
			matches[n-1] = lcsMatch{i, j, matches[n-1].length + 1}
			return
		}
		matches = append(matches, lcsMatch{i, j, 1})
	})
	return matches
}

func (c *Context) answerMatches(matches []lcsMatch, o lcsOptions, total int64) {
	shown := 0
	for _, m := range matches {
		if int64(m.length) >= o.minMatch {
			shown++
		}
	}
	c.Map(2)
	c.BulkString("matches")
	c.Array(shown)
	for _, m := range matches {
		if int64(m.length) < o.minMatch {
			continue
		}
		elements := 2
		if o.matchLengths {
			elements = 3
		}
		c.Array(elements)
		for _, start := range []int{m.a, m.b} {
			c.Array(2)
			c.Int(int64(start))
			c.Int(int64(start + m.length - 1))
		}
		if o.matchLengths {
			c.Int(int64(m.length))
		}
	}
	c.BulkString("len")
	c.Int(total)
}
