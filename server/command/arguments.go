package command

import "math"

// parseInt reads a decimal as Redis's string2ll does: digits with at most a
// minus sign before them, no leading zero, within 64 bits.
func parseInt(text []byte) (n int64, ok bool) {
	digits := text
	negative := len(text) > 0 && text[0] == '-'
	if negative {
		digits = text[1:]
	}
	if len(digits) == 0 || len(digits) > 19 || digits[0] == '0' && len(text) > 1 {
		return 0, false
	}
	var magnitude uint64
	for _, d := range digits {
		if d < '0' || d > '9' {
			return 0, false
		}
		magnitude = magnitude*10 + uint64(d-'0') // 19 digits fit
	}
	switch {
	case negative && magnitude <= -math.MinInt64:
		return -int64(magnitude), true
	case !negative && magnitude <= math.MaxInt64:
		return int64(magnitude), true
	}
	return 0, false
}

// IntArg reads an argument that must be an integer. When ok is false the error
// is already the reply.
func (c *Context) IntArg(at int) (n int64, ok bool) {
	n, ok = parseInt(c.Args[at])
	if !ok {
		c.Error(errNotInt)
	}
	return n, ok
}

// isWord says whether an argument is a word, given in lower case, in any case.
func isWord(arg []byte, word string) bool {
	if len(arg) != len(word) {
		return false
	}
	for i, b := range arg {
		if b >= 'A' && b <= 'Z' {
			b += 'a' - 'A'
		}
		if b != word[i] {
			return false
		}
	}
	return true
}
