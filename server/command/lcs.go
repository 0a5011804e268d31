package command

import "slotbench/server/store"

// maxLCSCells bounds the table of LCS, and so the time that its slot is held.
const maxLCSCells = 16 << 20

// lcsOptions is what LCS was asked for.
type lcsOptions struct {
	length, indexes, matchLengths bool
	minMatch                      int64
}

func lcs(c *Context) {
	o, ok := c.lcsOptions()
	if !ok {
		return
	}
	var texts [2][]byte
	for i := range texts {
		e, found := c.Lookup(c.Args[1+i])
		if found && e.Type != store.String {
			c.Error("ERR The specified keys must contain string values")
			return
		}
		texts[i] = e.Value
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
	cells := lcsTable(a, b)
	total := cells[len(cells)-1]
	switch {
	case o.indexes:
		c.answerMatches(lcsMatches(a, b, cells), o, int64(total))
	case o.length:
		c.Int(int64(total))
	default:
		c.Bulk(lcsText(a, b, cells))
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

// lcsTable is row by row the length of the longest common subsequence of the
// first i bytes of a and the first j of b.
func lcsTable(a, b []byte) []uint32 {
	width := len(b) + 1
	cells := make([]uint32, (len(a)+1)*width)
	for i := range a {
		above, row := cells[i*width:(i+1)*width], cells[(i+1)*width:(i+2)*width]
		for j := range b {
			if a[i] == b[j] {
				row[j+1] = above[j] + 1
			} else {
				row[j+1] = max(above[j+1], row[j])
			}
		}
	}
	return cells
}

// lcsText reads the subsequence out of the table, from its end.
func lcsText(a, b []byte, cells []uint32) []byte {
	width := len(b) + 1
	text := make([]byte, cells[len(cells)-1])
	at := len(text)
	for i, j := len(a), len(b); i > 0 && j > 0; {
		switch {
		case a[i-1] == b[j-1]:
			at--
			i, j = i-1, j-1
			text[at] = a[i]
		case cells[(i-1)*width+j] > cells[i*width+j-1]:
			i--
		default:
			j--
		}
	}
	return text
}

// lcsMatch is a run that both texts share: where it begins in each.
type lcsMatch struct{ a, b, length int }

// lcsMatches is the runs of the subsequence, the last first.
func lcsMatches(a, b []byte, cells []uint32) []lcsMatch {
	width := len(b) + 1
	var matches []lcsMatch
	for i, j := len(a), len(b); i > 0 && j > 0; {
		switch {
		case a[i-1] == b[j-1]:
			i, j = i-1, j-1
			if n := len(matches); n > 0 && matches[n-1].a == i+1 && matches[n-1].b == j+1 {
				matches[n-1].a, matches[n-1].b = i, j
				matches[n-1].length++
				continue
			}
			matches = append(matches, lcsMatch{i, j, 1})
		case cells[(i-1)*width+j] > cells[i*width+j-1]:
			i--
		default:
			j--
		}
	}
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
