package anonymize

import (
	"bytes"

	"slotbench/internal/template"
)

// unit is a piece of a key that is replaced as one: signs, each by one of its
// alphabet. What the pattern calls fixed stays.
type unit struct {
	from, to int
	pattern  string // an alphabet for each byte, or fixed
	kind     Kind
}

// fixed in a pattern is a sign that stays.
const fixed = '.'

// Kind is what a piece of a key is told as.
type Kind int

// The kinds.
const (
	Numbers Kind = iota
	Names
	Identifiers // hexadecimal numbers, UUIDs, what looks random, and bytes that are no ASCII
	Dates       // stay as they are
	Kinds       // how many there are
)

// units takes a key apart into what is replaced; all else is delimiters.
func units(key []byte, into []unit) []unit {
	for at := 0; at < len(key); {
		if !isSign(key[at]) {
			at++
			continue
		}
		end := at
		for end < len(key) && isSign(key[end]) && (key[end] >= 0x80) == (key[at] >= 0x80) {
			end++
		}
		if long := template.UUIDBytes; len(key)-at >= long && template.IsUUID(key[at:at+long]) && (at+long == len(key) || !isSign(key[at+long])) {
			end = at + long
			into = append(into, unit{at, end, uuidPattern(key[at:end]), Identifiers})
		} else if long := template.DateBytes; len(key)-at >= long && template.IsDate(key[at:at+long]) && (at+long == len(key) || !isSign(key[at+long])) {
			end = at + long
			into = append(into, unit{at, end, "", Dates})
		} else {
			into = run(key, at, end, into)
		}
		at = end
	}
	return into
}

func isSign(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80
}

func uuidPattern(text []byte) string {
	pattern := bytes.Repeat([]byte{hexName(text)}, len(text))
	for i, c := range text {
		if c == '-' {
			pattern[i] = fixed
		}
	}
	return string(pattern)
}

func hexName(text []byte) byte {
	if bytes.ContainsAny(text, "ABCDEF") {
		return 'H'
	}
	return 'h'
}

// run classes letters and digits without a delimiter.
func run(key []byte, from, to int, into []unit) []unit {
	text := key[from:to]
	digits, tail, lower, upper, hex := 0, 0, 0, 0, 0
	for _, c := range text {
		tail++
		switch {
		case c >= '0' && c <= '9':
			digits++
			continue
		case c >= 'a' && c <= 'z':
			lower++
		default:
			upper++
		}
		tail = 0
		if c|0x20 <= 'f' {
			hex++
		}
	}
	whole := func(name byte) []unit {
		return append(into, unit{from, to, string(bytes.Repeat([]byte{name}, len(text))), Identifiers})
	}
	switch {
	case text[0] >= 0x80:
		return whole('b')
	case digits == len(text):
		return append(into, numberUnit(key, from, to))
	case digits > 0 && digits+hex == len(text) && len(text) >= 8 && (lower == 0 || upper == 0):
		return whole(hexName(text))
	case digits > 0 && tail == digits && hex < lower+upper:
		into = append(into, unit{from, to - digits, wordPattern(text[:len(text)-digits]), Names}) // user17
		return append(into, numberUnit(key, to-digits, to))
	case template.LooksRandom(text) && len(text) >= 12 && lower > 0 && upper > 0:
		return whole('m')
	case template.LooksRandom(text) && len(text) >= 12 && lower > 0:
		return whole('n')
	case template.LooksRandom(text) && len(text) >= 12:
		return whole('N')
	}
	return append(into, unit{from, to, wordPattern(text), Names})
}

// wordPattern keeps capitals and digits where they are.
func wordPattern(text []byte) string {
	pattern := make([]byte, len(text))
	for i, c := range text {
		switch {
		case c >= '0' && c <= '9':
			pattern[i] = 'd'
		case c >= 'a':
			pattern[i] = 'l'
		default:
			pattern[i] = 'u'
		}
	}
	return string(pattern)
}

// epochSigns is how many signs of a time stay, so that it remains one.
const epochSigns = 2

// numberUnit keeps a leading zero, and its absence.
func numberUnit(key []byte, from, to int) unit {
	text := key[from:to]
	pattern := bytes.Repeat([]byte{'d'}, len(text))
	switch {
	case template.IsCompactDate(text):
		return unit{from, to, "", Dates}
	case template.IsEpoch(text):
		for i := range epochSigns {
			pattern[i] = fixed
		}
	case len(text) == 1:
	case text[0] == '0':
		pattern[0] = fixed
	default:
		pattern[0] = 'D'
	}
	return unit{from, to, string(pattern), Numbers}
}
