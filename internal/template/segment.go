package template

import (
	"bytes"
	"unicode/utf8"
)

// segmentEnd is where the next delimiter is.
func segmentEnd(key []byte, from int) int {
	for from < len(key) && !isDelimiter[key[from]] {
		from++
	}
	return from
}

// lastOfBytes is where the last byte is that is no text, if the first segment of
// a text has any: what is between them are delimiters by chance. 0: none.
func lastOfBytes(text []byte, segment int) int {
	if !holdsBytes(text[:segment]) {
		return 0
	}
	last := segment - 1
	for from := segment; from < len(text); {
		from++
		end := segmentEnd(text, from)
		if holdsBytes(text[from:end]) {
			last = end - 1
		}
		from = end
	}
	return last
}

// holdsBytes says that something is no text.
func holdsBytes(text []byte) bool {
	high := false
	for _, c := range text {
		if c < ' ' || c == 0x7f {
			return true
		}
		high = high || c >= utf8.RuneSelf
	}
	return high && !utf8.Valid(text)
}

// emailBytes is how long the email address is that a text begins with, whose
// first segment is so long; 0: it begins with none.
func emailBytes(text []byte, segment int) int {
	at := segment
	for at < len(text) && text[at] != '@' {
		if c := text[at]; isDelimiter[c] && c != '.' && c != '+' {
			return 0
		}
		at++
	}
	if at == len(text) {
		return 0
	}
	dots, end := 0, at+1
	for ; end < len(text); end++ {
		c := text[end]
		if c == '.' {
			if text[end-1] == '.' || text[end-1] == '@' {
				return 0
			}
			dots++
			continue
		}
		if !(c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '-') {
			break
		}
	}
	if text[end-1] == '.' {
		end, dots = end-1, dots-1
	}
	if dots < 1 {
		return 0
	}
	return end
}

// paddedBytes is how long the base64 text is that begins at a place, if it is of
// the kind with + and / and closed by =; 0: there is none. It begins behind another
// delimiter: what stands behind / may be a part of a path.
func paddedBytes(key []byte, at int) int {
	if at > 0 && (!isDelimiter[key[at-1]] || isBase64[key[at-1]]) {
		return 0
	}
	end := at
	for end < len(key) && isBase64[key[end]] {
		end++
	}
	text := key[at:end]
	for end < len(key) && key[end] == '=' && end-at-len(text) < 2 {
		end++
	}
	size := end - at
	if size == len(text) || size%4 != 0 || size < minURLSafe || end < len(key) && !isDelimiter[key[end]] {
		return 0
	}
	if at == 0 && bytes.IndexByte(text, '/') >= 0 || !mixesCases(text) {
		return 0
	}
	return size
}

// mixesCases says that a text has capitals, small letters and other signs in it.
func mixesCases(text []byte) bool {
	upper, lower := 0, 0
	for _, c := range text {
		switch {
		case c >= 'A' && c <= 'Z':
			upper++
		case c >= 'a' && c <= 'z':
			lower++
		}
	}
	return upper > 0 && lower > 0 && upper+lower < len(text)
}

// isBase64 says which bytes base64 is written with, padding aside.
var isBase64 = func() (signs [256]bool) {
	for c := range signs {
		signs[c] = c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '+' || c == '/'
	}
	return signs
}()
