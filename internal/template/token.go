package template

import (
	"bytes"
	"unicode/utf8"
)

// Class is what a token looks like.
type Class uint8

// The classes.
const (
	Word   Class = iota // a literal, until there are too many of them at one place
	Int                 // decimal digits
	Hex                 // hexadecimal digits of both kinds, 8 or more
	UUID                // 8-4-4-4-12 hexadecimal digits
	Date                // 2026-01-31
	Base64              // letters and digits that change too often for a word, or are too many
	Bytes               // what is no text
	Rest                // all that is behind the last token that is told apart
	Email               // name@host
)

// maxTokens is how many tokens of a key are told apart; what is behind them is
// one more.
const maxTokens = 24

// Lengths, in bytes, from which on a token is taken for more than a word.
const (
	minHexBytes    = 8
	minBase64Bytes = 12
	minURLSafe     = 20 // base64 with - and _ in it
)

// The lengths of texts that IsUUID, IsDate and isNamedDate look at.
const (
	UUIDBytes      = 36
	DateBytes      = 10
	namedDateBytes = 11
)

// token is a piece of a key between delimiters.
type token struct {
	text  []byte
	class Class
}

// tokens takes keys apart. It keeps its buffers from key to key.
type tokens struct {
	list  []token
	shape []byte // what stands between the tokens, each closed by shapeEnd
}

// shapeEnd parts the delimiters in a shape; it is none itself.
const shapeEnd = 'T'

// isDelimiter says which bytes part a key; parts - and _ only where the whole
// between others is no date, UUID or the like.
var isDelimiter, isMinor = func() (major, minor [256]bool) {
	for _, c := range []byte(":/.|,{}#@;=&?$%!~[]()<>\"'*\\^`+ \t\r\n") {
		major[c] = true
	}
	minor['-'], minor['_'] = true, true
	return major, minor
}()

// split takes a key apart. The tokens alias it.
func (t *tokens) split(key []byte) {
	t.list, t.shape = t.list[:0], t.shape[:0]
	for at := 0; at < len(key); {
		if size := paddedBytes(key, at); size > 0 && len(t.list) < maxTokens {
			t.add(key[at:at+size], Base64)
			at += size
			continue
		}
		if isDelimiter[key[at]] {
			t.shape = append(t.shape, key[at])
			at++
			continue
		}
		end := segmentEnd(key, at)
		if len(t.list) >= maxTokens {
			t.add(key[at:], Rest)
			return
		}
		if size := emailBytes(key[at:], end-at); size > 0 {
			end = at + size
			t.add(key[at:end], Email)
		} else if last := lastOfBytes(key[at:], end-at); last > 0 {
			end = segmentEnd(key, at+last)
			t.add(key[at:end], Bytes)
		} else {
			t.segment(key[at:end])
		}
		at = end
	}
}

func (t *tokens) add(text []byte, class Class) {
	t.list = append(t.list, token{text, class})
	t.shape = append(t.shape, shapeEnd)
}

// segment takes apart what stands between major delimiters.
func (t *tokens) segment(text []byte) {
	switch {
	case len(text) == UUIDBytes && IsUUID(text):
		t.add(text, UUID)
		return
	case len(text) == DateBytes && IsDate(text), len(text) == namedDateBytes && isNamedDate(text):
		t.add(text, Date)
		return
	case len(text) >= minURLSafe && bytes.ContainsAny(text, "-_") && LooksRandom(text):
		if word := wordBefore(text); word > 0 && len(t.list)+1 < maxTokens && len(text)-word > minURLSafe {
			t.atom(text[:word])
			t.shape = append(t.shape, text[word])
			t.segment(text[word+1:])
			return
		}
		t.add(text, Base64)
		return
	}
	for at := 0; at < len(text); {
		if isMinor[text[at]] {
			t.shape = append(t.shape, text[at])
			at++
			continue
		}
		end := at
		for end < len(text) && !isMinor[text[end]] {
			end++
		}
		if len(t.list) >= maxTokens {
			t.add(text[at:], Rest)
			return
		}
		t.atom(text[at:end])
		at = end
	}
}

// atom classes a piece without delimiters.
func (t *tokens) atom(text []byte) {
	n := countKinds(text)
	switch {
	case n.other > 0 && !utf8.Valid(text) || n.control > 0:
		t.add(text, Bytes)
	case n.digits == len(text):
		t.add(text, Int)
	case n.digits+n.hexLetters == len(text) && n.digits > 0 && len(text) >= minHexBytes:
		t.add(text, Hex)
	case n.other == 0 && n.digits > 0 && n.tailDigits == n.digits && n.hexLetters < n.letters && len(t.list)+1 < maxTokens:
		t.add(text[:len(text)-n.digits], Word) // user17
		t.add(text[len(text)-n.digits:], Int)
	case len(text) >= minBase64Bytes && n.digits > 0 && LooksRandom(text), len(text) >= minURLSafe && LooksRandom(text):
		t.add(text, Base64)
	default:
		t.add(text, Word)
	}
}

// kinds is how many bytes of which kind a text holds.
type kinds struct{ digits, tailDigits, letters, hexLetters, other, control int }

func countKinds(text []byte) (n kinds) {
	for _, c := range text {
		n.tailDigits++
		switch {
		case c >= '0' && c <= '9':
			n.digits++
			continue
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			n.hexLetters++
			n.letters++
		case c|0x20 >= 'g' && c|0x20 <= 'z':
			n.letters++
		default:
			n.other++
			if c < ' ' || c == 0x7f {
				n.control++
			}
		}
		n.tailDigits = 0
	}
	return n
}

// changesOfRandom is the least part of neighbours of different kinds (upper
// case, lower case, digit) that is taken for random: of 64 signs drawn evenly
// it is 0.6, of words in camel case 0.3.
const changesOfRandom = 0.37

// turnsOfRandom is the same of digits beside letters, for texts that are as long
// as minURLSafe: of 32 signs drawn evenly it is 0.43, of words with numbers in
// them 0.1.
const turnsOfRandom = 0.2

// LooksRandom says that letters and digits change too often for words.
func LooksRandom(text []byte) bool {
	changes, turns, last, digits := 0, 0, byte(0), 0
	for i, c := range text {
		kind := byte(0)
		switch {
		case c >= '0' && c <= '9':
			kind = 1
			digits++
		case c >= 'a' && c <= 'z':
			kind = 2
		case c >= 'A' && c <= 'Z':
			kind = 3
		case c == '-' || c == '_':
			kind = last // neither for nor against
		default:
			return false
		}
		if i > 0 && kind != last {
			changes++
			if kind == 1 || last == 1 {
				turns++
			}
		}
		last = kind
	}
	if digits == 0 || digits == len(text) {
		return false
	}
	n := float64(len(text) - 1)
	return float64(changes) >= changesOfRandom*n || len(text) >= minURLSafe && float64(turns) >= turnsOfRandom*n
}

// wordBefore is how long the letters of one case are that a text begins with and
// that - or _ ends, as in tok_X; 0: it does not.
func wordBefore(text []byte) int {
	for i, c := range text {
		if isMinor[c] {
			if i > 1 {
				return i
			}
			return 0
		}
		if c|0x20 < 'a' || c|0x20 > 'z' || c&0x20 != text[0]&0x20 {
			return 0
		}
	}
	return 0
}

func isHexDigit(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' }

// IsUUID says that a text of UUIDBytes is a UUID.
func IsUUID(text []byte) bool {
	for i, c := range text {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				return false
			}
		} else if !isHexDigit(c) {
			return false
		}
	}
	return true
}

// IsDate says that a text is a day, year first, with - or _ between.
func IsDate(text []byte) bool {
	if text[4] != text[7] || !isMinor[text[4]] {
		return false
	}
	return isDay(text[:4], text[5:7], text[8:])
}

// isNamedDate says that a text is a day with its month's English name, such as
// 31-Jan-2026.
func isNamedDate(text []byte) bool {
	if text[2] != text[6] || !isMinor[text[2]] {
		return false
	}
	month := bytes.Index([]byte("janfebmaraprmayjunjulaugsepoctnovdec"), bytes.ToLower(text[3:6]))
	return month >= 0 && month%3 == 0 && isDay(text[7:], []byte("01"), text[:2])
}

// isDay says whether year, month and day are ones.
func isDay(year, month, day []byte) bool {
	y, m, d := number(year), number(month), number(day)
	return y >= 1900 && y < 2200 && m >= 1 && m <= 12 && d >= 1 && d <= 31
}

// number is a short decimal, -1 for anything else.
func number(digits []byte) int {
	n := 0
	for _, c := range digits {
		if c < '0' || c > '9' {
			return -1
		}
		n = 10*n + int(c-'0')
	}
	return n
}

// Bounds of what is taken for seconds and milliseconds since 1970: 2001 to
// 2036.
const (
	firstEpoch = 1_000_000_000
	lastEpoch  = 2_100_000_000
)

// IsEpoch says that digits may be a time in Unix seconds or milliseconds.
func IsEpoch(digits []byte) bool {
	if len(digits) != 10 && len(digits) != 13 {
		return false
	}
	seconds := number(digits[:10])
	return seconds >= firstEpoch && seconds < lastEpoch
}

// IsCompactDate says that digits may be a day: 20260131.
func IsCompactDate(digits []byte) bool {
	return len(digits) == 8 && isDay(digits[:4], digits[4:6], digits[6:])
}
