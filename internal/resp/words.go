package resp

// SplitWords splits a line into words as redis-cli and inline commands do:
// white space separates, "…" takes \n \r \t \b \a \xHH and escaped characters,
// '…' takes \' only, and a closing quote must end its word. It appends the
// words to words; they alias line, which it rewrites where a word shrinks. It
// reports false on unbalanced quotes.
func SplitWords(line []byte, words [][]byte) ([][]byte, bool) {
	at := 0
	for {
		for at < len(line) && isSpace(line[at]) {
			at++
		}
		if at == len(line) {
			return words, true
		}
		word, next, ok := splitWord(line, at)
		if !ok {
			return words, false
		}
		words = append(words, word)
		at = next
	}
}

// splitWord reads one word and writes it back over its own quoted text, which
// is never shorter.
func splitWord(line []byte, at int) (word []byte, next int, ok bool) {
	start, write := at, at
	var quote byte
	for at < len(line) {
		b := line[at]
		switch {
		case quote == 0 && isSpace(b):
			return line[start:write:write], at, true
		case quote == 0 && (b == '"' || b == '\''):
			quote = b
			at++
			continue
		case quote != 0 && b == quote:
			if at+1 < len(line) && !isSpace(line[at+1]) {
				return nil, 0, false
			}
			return line[start:write:write], at + 1, true
		case quote == '"' && b == '\\' && at+1 < len(line):
			line[write], at = unescape(line, at)
			write++
			continue
		case quote == '\'' && b == '\\' && at+1 < len(line) && line[at+1] == '\'':
			b = '\''
			at++
		}
		line[write] = b
		write++
		at++
	}
	return line[start:write:write], at, quote == 0
}

// unescape reads the escape at line[at] and says where the text goes on.
func unescape(line []byte, at int) (b byte, next int) {
	if line[at+1] == 'x' && at+3 < len(line) {
		high, okHigh := hexDigit(line[at+2])
		low, okLow := hexDigit(line[at+3])
		if okHigh && okLow {
			return high<<4 | low, at + 4
		}
	}
	switch b = line[at+1]; b {
	case 'n':
		b = '\n'
	case 'r':
		b = '\r'
	case 't':
		b = '\t'
	case 'b':
		b = '\b'
	case 'a':
		b = '\a'
	}
	return b, at + 2
}

func hexDigit(b byte) (byte, bool) {
	switch {
	case b >= '0' && b <= '9':
		return b - '0', true
	case b >= 'a' && b <= 'f':
		return b - 'a' + 10, true
	case b >= 'A' && b <= 'F':
		return b - 'A' + 10, true
	}
	return 0, false
}

func isSpace(b byte) bool { return b == ' ' || b >= '\t' && b <= '\r' || b == 0 }

// AppendQuoted appends text as redis-cli shows strings on a terminal: between
// double quotes, with \" and \\, \n \r \t \a \b, and \xHH for every other byte
// that is not printable ASCII. Unquote takes it back.
func AppendQuoted(dst, text []byte) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for _, b := range text {
		switch b {
		case '"', '\\':
			dst = append(dst, '\\', b)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\t':
			dst = append(dst, `\t`...)
		case '\a':
			dst = append(dst, `\a`...)
		case '\b':
			dst = append(dst, `\b`...)
		default:
			if b < ' ' || b > '~' {
				dst = append(dst, '\\', 'x', hex[b>>4], hex[b&15])
			} else {
				dst = append(dst, b)
			}
		}
	}
	return append(dst, '"')
}

// Unquote appends the text of one double-quoted word to dst. It reports false
// where quoted is anything but one whole word between double quotes; quoted is
// left as it is.
func Unquote(dst, quoted []byte) ([]byte, bool) {
	if len(quoted) < 2 || quoted[0] != '"' || quoted[len(quoted)-1] != '"' {
		return dst, false
	}
	inner := quoted[1 : len(quoted)-1]
	for at := 0; at < len(inner); {
		b := inner[at]
		switch {
		case b == '"':
			return dst, false
		case b != '\\':
			at++
		case at+1 == len(inner): // the last quote is escaped: the word is open
			return dst, false
		default:
			b, at = unescape(inner, at)
		}
		dst = append(dst, b)
	}
	return dst, true
}
