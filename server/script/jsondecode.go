package script

import (
	"strconv"
	"strings"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"
)

// tokenKind is what a piece of JSON is, by the name that errors give it.
type tokenKind string

// The kinds of token.
const (
	objectBegin tokenKind = "T_OBJ_BEGIN"
	objectEnd   tokenKind = "T_OBJ_END"
	arrayBegin  tokenKind = "T_ARR_BEGIN"
	arrayEnd    tokenKind = "T_ARR_END"
	stringToken tokenKind = "T_STRING"
	numberToken tokenKind = "T_NUMBER"
	boolToken   tokenKind = "T_BOOLEAN"
	nullToken   tokenKind = "T_NULL"
	colonToken  tokenKind = "T_COLON"
	commaToken  tokenKind = "T_COMMA"
	endToken    tokenKind = "T_END"
	faultToken  tokenKind = "T_ERROR"
)

// token is one token; text is a string's value, or what is wrong.
type token struct {
	kind  tokenKind
	at    int
	text  string
	value lua.LValue
}

// jsonParser reads JSON as cjson does.
type jsonParser struct {
	f     frame
	text  string
	at    int
	depth int
}

func jsonDecode(f frame) int {
	if f.L.GetTop() != 1 {
		f.bad(1, "expected 1 argument")
	}
	p := &jsonParser{f: f, text: f.str(1)}
	if len(p.text) >= 2 && (p.text[0] == 0 || p.text[1] == 0) {
		f.fail("JSON parser does not support UTF-16 or UTF-32")
	}
	v := p.value(p.next())
	if t := p.next(); t.kind != endToken {
		p.expected("the end", t)
	}
	return f.push(v)
}

func (p *jsonParser) expected(what string, t token) {
	found := string(t.kind)
	if t.kind == faultToken {
		found = t.text
	}
	p.f.fail("Expected %s but found %s at character %d", what, found, t.at+1)
}

func (p *jsonParser) value(t token) lua.LValue {
	p.f.budget.spend(1)
	switch t.kind {
	case stringToken:
		p.f.budget.grow(len(t.text))
		return lua.LString(t.text)
	case numberToken, boolToken:
		return t.value
	case nullToken:
		return p.f.null
	case objectBegin:
		return p.object()
	case arrayBegin:
		return p.array()
	}
	p.expected("value", t)
	return lua.LNil
}

func (p *jsonParser) descend() {
	p.depth++
	if p.depth > p.f.json.decodeDepth {
		p.f.fail("Found too many nested data structures (%d) at character %d", p.depth, p.at)
	}
}

func (p *jsonParser) object() lua.LValue {
	p.descend()
	table := p.f.L.CreateTable(0, 0)
	t := p.next()
	if t.kind == objectEnd {
		p.depth--
		return table
	}
	for {
		if t.kind != stringToken {
			p.expected("object key string", t)
		}
		key := t.text
		if t = p.next(); t.kind != colonToken {
			p.expected("colon", t)
		}
		table.RawSetString(key, p.value(p.next()))
		t = p.next()
		if t.kind == objectEnd {
			p.depth--
			return table
		}
		if t.kind != commaToken {
			p.expected("comma or object end", t)
		}
		t = p.next()
	}
}

func (p *jsonParser) array() lua.LValue {
	p.descend()
	table := p.f.L.CreateTable(4, 0)
	t := p.next()
	if t.kind == arrayEnd {
		p.depth--
		return table
	}
	for n := 1; ; n++ {
		table.RawSetInt(n, p.value(t))
		t = p.next()
		if t.kind == arrayEnd {
			p.depth--
			return table
		}
		if t.kind != commaToken {
			p.expected("comma or array end", t)
		}
		t = p.next()
	}
}

// next is the next token.
func (p *jsonParser) next() token {
	for p.at < len(p.text) && strings.IndexByte(" \t\n\r", p.text[p.at]) >= 0 {
		p.at++
	}
	t := token{at: p.at}
	if p.at >= len(p.text) {
		t.kind = endToken
		return t
	}
	c := p.text[p.at]
	marks := map[byte]tokenKind{
		'{': objectBegin, '}': objectEnd, '[': arrayBegin, ']': arrayEnd, ':': colonToken, ',': commaToken,
	}
	rest := p.text[p.at:]
	switch {
	case marks[c] != "":
		t.kind = marks[c]
		p.at++
	case c == '"':
		p.string(&t)
	case c == '-' || isDigit(c):
		if !p.f.json.decodeInvalid && isInvalidNumber(rest) {
			t.kind, t.text = faultToken, "invalid number"
			return t
		}
		p.number(&t)
	case strings.HasPrefix(rest, "true"):
		t.kind, t.value = boolToken, lua.LTrue
		p.at += len("true")
	case strings.HasPrefix(rest, "false"):
		t.kind, t.value = boolToken, lua.LFalse
		p.at += len("false")
	case strings.HasPrefix(rest, "null"):
		t.kind = nullToken
		p.at += len("null")
	case p.f.json.decodeInvalid && isInvalidNumber(rest):
		p.number(&t)
	default:
		t.kind, t.text = faultToken, "invalid token"
	}
	return t
}

// isInvalidNumber says of a text that begins as a number whether it is one
// that C knows but JSON does not.
func isInvalidNumber(text string) bool {
	if text[0] == '+' {
		return true
	}
	text = strings.TrimPrefix(text, "-")
	if text == "" {
		return false
	}
	if text[0] == '0' {
		return len(text) > 1 && (text[1]|0x20 == 'x' || isDigit(text[1]))
	}
	if text[0] <= '9' {
		return false
	}
	begin := strings.ToLower(text[:min(3, len(text))])
	return begin == "inf" || begin == "nan"
}

// number reads as much of a number as C's strtod would.
func (p *jsonParser) number(t *token) {
	end := p.at + numberPrefix(p.text[p.at:])
	n, ok := parseNumber(p.text[p.at:end])
	if end == p.at || !ok {
		t.kind, t.text = faultToken, "invalid number"
		return
	}
	t.kind, t.value = numberToken, number(n)
	p.at = end
}

// numberPrefix is how many bytes at the beginning of a text are a number.
func numberPrefix(text string) int {
	i := 0
	if i < len(text) && (text[i] == '-' || text[i] == '+') {
		i++
	}
	rest := strings.ToLower(text[i:min(len(text), i+len("infinity"))])
	for _, word := range []string{"infinity", "inf", "nan"} {
		if strings.HasPrefix(rest, word) {
			return i + len(word)
		}
	}
	isDigitOf, exponent := isDigit, byte('e')
	if strings.HasPrefix(rest, "0x") {
		i += 2
		isDigitOf, exponent = func(c byte) bool { return inClass(c, 'x') }, 'p'
	}
	digits := 0
	run := func() {
		for i < len(text) && isDigitOf(text[i]) {
			i++
			digits++
		}
	}
	run()
	if i < len(text) && text[i] == '.' {
		i++
		run()
	}
	if digits == 0 {
		return 0
	}
	if i < len(text) && text[i]|0x20 == exponent {
		j := i + 1
		if j < len(text) && (text[j] == '-' || text[j] == '+') {
			j++
		}
		if j < len(text) && isDigit(text[j]) {
			for j < len(text) && isDigit(text[j]) {
				j++
			}
			i = j
		}
	}
	return i
}

// escapes is what stands behind a backslash, and for what.
var escapes = map[byte]byte{
	'"': '"', '\\': '\\', '/': '/', 'b': '\b', 't': '\t', 'n': '\n', 'f': '\f', 'r': '\r',
}

func (p *jsonParser) string(t *token) {
	p.at++
	t.kind = stringToken
	rest := p.text[p.at:]
	if end := strings.IndexAny(rest, "\"\\\x00"); end >= 0 && rest[end] == '"' {
		t.text = rest[:end]
		p.at += end + 1
		return
	}
	var b []byte
	for ; p.at < len(p.text); p.at++ {
		c := p.text[p.at]
		switch {
		case c == '"':
			p.at++
			t.text = string(b)
			return
		case c != '\\':
			b = append(b, c)
			continue
		}
		p.at++
		if p.at >= len(p.text) {
			*t = token{kind: faultToken, at: p.at - 1, text: "invalid escape code"}
			return
		}
		c = p.text[p.at]
		if plain, ok := escapes[c]; ok {
			b = append(b, plain)
			continue
		}
		if c != 'u' {
			*t = token{kind: faultToken, at: p.at - 1, text: "invalid escape code"}
			return
		}
		code, size := unicodeEscape(p.text[p.at-1:])
		if size == 0 {
			*t = token{kind: faultToken, at: p.at - 1, text: "invalid unicode escape code"}
			return
		}
		b = utf8.AppendRune(b, code)
		p.at += size - 2
	}
	*t = token{kind: faultToken, at: len(p.text), text: "unexpected end of string"}
}

// unicodeEscape is the character that \uXXXX at the beginning of a text stands
// for, or two of them as surrogates, and how long that is; 0: it is wrong.
func unicodeEscape(text string) (code rune, size int) {
	unit := func(text string) (rune, bool) {
		if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
			return 0, false
		}
		n, err := strconv.ParseUint(text[2:6], 16, 16)
		return rune(n), err == nil
	}
	high, ok := unit(text)
	switch {
	case !ok:
		return 0, 0
	case high < 0xd800 || high >= 0xe000:
		return high, 6
	case high >= 0xdc00:
		return 0, 0
	}
	low, ok := unit(text[6:])
	if !ok || low < 0xdc00 || low >= 0xe000 {
		return 0, 0
	}
	return (high-0xd800)<<10 + (low - 0xdc00) + 0x10000, 12
}
