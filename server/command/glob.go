package command

// maxPatternBytes bounds the time that one comparison takes: it is at most the
// pattern's length times the text's.
const maxPatternBytes = 4 << 10

const errLongPattern = "ERR pattern is longer than 4096 bytes"

// matchGlob says whether text matches a pattern of Redis: * any bytes, ? any
// byte, [a-z] and [^a-z] a class, \ takes the next byte as it is.
func matchGlob(pattern, text []byte) bool {
	p, t := 0, 0
	starP, starT := -1, 0 // behind the last star, and how far it reaches by now
	for t < len(text) {
		if p < len(pattern) {
			if pattern[p] == '*' {
				p++
				starP, starT = p, t
				continue
			}
			if next, ok := matchByte(pattern, p, text[t]); ok {
				p, t = next, t+1
				continue
			}
		}
		if starP < 0 {
			return false
		}
		starT++ // the star takes one byte more
		p, t = starP, starT
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// matchByte compares one byte with the element of the pattern at p, and says
// where the next element is.
func matchByte(pattern []byte, p int, b byte) (next int, ok bool) {
	switch pattern[p] {
	case '?':
		return p + 1, true
	case '[':
		return matchClass(pattern, p+1, b)
	case '\\':
		if p+1 < len(pattern) {
			p++
		}
	}
	return p + 1, pattern[p] == b
}

// matchClass reads a class whose '[' is behind it. One that is not closed
// ends with the pattern.
func matchClass(pattern []byte, p int, b byte) (next int, ok bool) {
	not := p < len(pattern) && pattern[p] == '^'
	if not {
		p++
	}
	for ; p < len(pattern) && pattern[p] != ']'; p++ {
		switch {
		case pattern[p] == '\\' && p+1 < len(pattern):
			p++
			ok = ok || pattern[p] == b
		case p+2 < len(pattern) && pattern[p+1] == '-':
			low, high := min(pattern[p], pattern[p+2]), max(pattern[p], pattern[p+2])
			ok = ok || low <= b && b <= high
			p += 2
		default:
			ok = ok || pattern[p] == b
		}
	}
	return min(p+1, len(pattern)), ok != not
}
