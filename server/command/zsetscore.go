package command

import (
	"bytes"
	"math"
	"strconv"

	"slotbench/internal/resp"
)

const (
	errNotScoreRange = "ERR min or max is not a float"
	errNotLexRange   = "ERR min or max not valid string range item"
)

// maxExactDigits is how many decimal digits an integer may have that a double
// holds for certain.
const maxExactDigits = 15

// parseScore reads a number as Redis does: what C's strtod reads, all of it,
// neither too large nor too small for a double.
func parseScore(text []byte) (float64, bool) {
	if f, ok := parseShortInt(text); ok {
		return f, true
	}
	f, outside, ok := parseDouble(text)
	return f, ok && !outside && !math.IsNaN(f)
}

// parseShortInt reads what most scores are.
func parseShortInt(text []byte) (float64, bool) {
	if len(text) == 0 || len(text) > maxExactDigits {
		return 0, false
	}
	n := int64(0)
	for _, b := range text {
		if b < '0' || b > '9' {
			return 0, false
		}
		n = n*10 + int64(b-'0')
	}
	return float64(n), true
}

// parseDouble reads a number as C's strtod does, if that reads all of text.
// Outside says that it is too large or too small for a double: then it is an
// infinity or 0.
func parseDouble(text []byte) (f float64, outside, ok bool) {
	unsigned := text
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		unsigned = text[1:]
	}
	switch {
	case isWord(unsigned, "inf") || isWord(unsigned, "infinity"):
		f = math.Inf(1)
		if text[0] == '-' {
			f = -f
		}
		return f, false, true
	case isNaN(unsigned):
		return math.NaN(), false, true
	}
	hex := len(unsigned) > 2 && unsigned[0] == '0' && unsigned[1]|0x20 == 'x'
	nonzero, exponent, ok := scanNumber(unsigned, hex)
	if !ok {
		return 0, false, false
	}
	var err error
	if hex && !exponent {
		f, err = strconv.ParseFloat(string(text)+"p0", 64)
	} else {
		f, err = strconv.ParseFloat(string(text), 64)
	}
	return f, err != nil || nonzero && f == 0, true
}

// isNaN says whether strtod reads a text as not a number.
func isNaN(text []byte) bool {
	if len(text) < 3 || !isWord(text[:3], "nan") {
		return false
	}
	text = text[3:]
	if len(text) < 2 || text[0] != '(' || text[len(text)-1] != ')' {
		return len(text) == 0
	}
	for _, b := range text[1 : len(text)-1] {
		if !(b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'z' || b == '_') {
			return false
		}
	}
	return true
}

// scanNumber checks that a text is digits with at most one point, and an
// exponent if there is one, in decimal or hexadecimal.
func scanNumber(text []byte, hex bool) (nonzero, exponent, ok bool) {
	mark := byte('e')
	if hex {
		text, mark = text[2:], 'p'
	}
	digits, points := 0, 0
	for at, b := range text {
		lower := b | 0x20
		switch {
		case b >= '0' && b <= '9' || hex && lower >= 'a' && lower <= 'f':
			digits++
			nonzero = nonzero || b != '0'
		case b == '.':
			points++
		case lower == mark:
			return nonzero, true, digits > 0 && points <= 1 && isExponent(text[at+1:])
		default:
			return false, false, false
		}
	}
	return nonzero, false, digits > 0 && points <= 1
}

func isExponent(text []byte) bool {
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		text = text[1:]
	}
	for _, b := range text {
		if b < '0' || b > '9' {
			return false
		}
	}
	return len(text) > 0
}

// maxPlainInt is from when an integer is written with an exponent.
const maxPlainInt = 1e17

// appendScoreText writes a score as Redis 7.0 does: %.17g of C.
func appendScoreText(dst []byte, f float64) []byte {
	switch {
	case f == math.Trunc(f) && math.Abs(f) < maxPlainInt && (f != 0 || !math.Signbit(f)):
		return strconv.AppendInt(dst, int64(f), 10)
	case math.IsInf(f, 1):
		return append(dst, "inf"...)
	case math.IsInf(f, -1):
		return append(dst, "-inf"...)
	}
	return strconv.AppendFloat(dst, f, 'g', 17, 64)
}

// maxPackedInt is until when a packed set has whole scores as integers.
const maxPackedInt = 1 << 62

// appendPackedScore writes a score as a packed set has it.
func appendPackedScore(dst []byte, f float64) []byte {
	if f == math.Trunc(f) && math.Abs(f) <= maxPackedInt { // -0 too: it becomes 0
		return strconv.AppendInt(dst, int64(f), 10)
	}
	return appendScoreText(dst, f)
}

// Score answers a score: a double.
func (c *Context) Score(f float64) {
	text := appendScoreText(c.scratch[:0], f)
	if c.Client.Proto < 3 {
		c.Out = resp.AppendBulk(c.Out, text)
		return
	}
	c.Out = append(c.Out, ',')
	c.Out = append(c.Out, text...)
	c.Out = append(c.Out, '\r', '\n')
}

// scoreRange is the scores from min to max.
type scoreRange struct {
	min, max         float64
	minOpen, maxOpen bool // the bound itself is not in the range
}

func (r *scoreRange) below(f float64) bool { return f < r.min || r.minOpen && f == r.min }
func (r *scoreRange) above(f float64) bool { return f > r.max || r.maxOpen && f == r.max }
func (r *scoreRange) empty() bool {
	return r.min > r.max || r.min == r.max && (r.minOpen || r.maxOpen)
}

// parseScoreRange reads the bounds of a range of scores.
func parseScoreRange(lower, upper []byte) (r scoreRange, ok bool) {
	var okMax bool
	r.min, r.minOpen, ok = parseScoreBound(lower)
	r.max, r.maxOpen, okMax = parseScoreBound(upper)
	return r, ok && okMax
}

// parseScoreBound reads a bound as Redis does: unlike a score it may begin with
// spaces, be empty, end at a zero byte, or lie outside of a double.
func parseScoreBound(text []byte) (f float64, open, ok bool) {
	if len(text) > 0 && text[0] == '(' {
		text, open = text[1:], true
	}
	if f, ok = parseShortInt(text); ok {
		return f, open, true
	}
	if zero := bytes.IndexByte(text, 0); zero >= 0 {
		text = text[:zero]
	}
	if len(text) == 0 {
		return 0, open, true
	}
	f, _, ok = parseDouble(bytes.TrimLeft(text, " \t\n\v\f\r"))
	return f, open, ok && !math.IsNaN(f)
}

// lexBound is an end of a range of members.
type lexBound struct {
	text     []byte
	infinite int // -1: before every member, 1: behind every one, 0: text
	open     bool
}

func parseLexBound(text []byte) (b lexBound, ok bool) {
	switch {
	case len(text) == 0:
		return b, false
	case text[0] == '-':
		return lexBound{infinite: -1}, len(text) == 1 || text[1] == 0
	case text[0] == '+':
		return lexBound{infinite: 1}, len(text) == 1 || text[1] == 0
	case text[0] == '(' || text[0] == '[':
		return lexBound{text: text[1:], open: text[0] == '('}, true
	}
	return b, false
}

// lexRange is the members from min to max by their bytes.
type lexRange struct{ min, max lexBound }

func parseLexRange(lower, upper []byte) (r lexRange, ok bool) {
	var okMax bool
	r.min, ok = parseLexBound(lower)
	r.max, okMax = parseLexBound(upper)
	return r, ok && okMax
}

func (r *lexRange) below(member []byte) bool {
	if r.min.infinite != 0 {
		return r.min.infinite > 0
	}
	order := bytes.Compare(member, r.min.text)
	return order < 0 || order == 0 && r.min.open
}

func (r *lexRange) above(member []byte) bool {
	if r.max.infinite != 0 {
		return r.max.infinite < 0
	}
	order := bytes.Compare(member, r.max.text)
	return order > 0 || order == 0 && r.max.open
}

func (r *lexRange) empty() bool {
	if r.min.infinite != 0 || r.max.infinite != 0 {
		return r.min.infinite > 0 || r.max.infinite < 0
	}
	order := bytes.Compare(r.min.text, r.max.text)
	return order > 0 || order == 0 && (r.min.open || r.max.open)
}
