package template

import "unicode/utf8"

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
