package script

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

var stringLibrary = library{name: "string", functions: map[string]function{
	"byte": stringByte, "char": stringChar, "dump": stringDump, "find": stringFind, "format": stringFormat,
	"gfind": stringGmatch, "gmatch": stringGmatch, "gsub": stringGsub, "len": stringLen, "lower": stringLower,
	"match": stringMatch, "rep": stringRep, "reverse": stringReverse, "sub": stringSub, "upper": stringUpper,
}}

// span is the positions i to j of a string of n bytes as a Go range; negative
// positions count from the end.
func span(i, j, n int) (from, to int) {
	if i < 0 {
		i = max(i+n+1, 1)
	} else if i == 0 {
		i = 1
	}
	if j < 0 {
		j += n + 1
	} else if j > n {
		j = n
	}
	if i > j {
		return 0, 0
	}
	return i - 1, j
}

func stringByte(f frame) int {
	s := f.str(1)
	first := f.optInt(2, 1)
	from, to := span(first, f.optInt(3, first), len(s))
	if to-from > maxResults {
		f.fail("string slice too long")
	}
	for i := from; i < to; i++ {
		f.L.Push(small[s[i]])
	}
	return to - from
}

func stringChar(f frame) int {
	b := f.build[:0]
	for i := 1; i <= f.L.GetTop(); i++ {
		c := f.integer(i)
		if c < 0 || c > 255 {
			f.bad(i, "invalid value")
		}
		b = append(b, byte(c))
	}
	f.build = b
	return f.pushText(b)
}

func stringDump(f frame) int {
	f.fail("unable to dump given function")
	return 0
}

func stringLen(f frame) int { return f.pushNumber(float64(len(f.str(1)))) }

func stringLower(f frame) int { return f.mapped(func(c byte) byte { return c + 'a' - 'A' }, isUpper) }
func stringUpper(f frame) int { return f.mapped(func(c byte) byte { return c + 'A' - 'a' }, isLower) }

func (f frame) mapped(change func(byte) byte, applies func(byte) bool) int {
	s := f.str(1)
	b := append(f.build[:0], s...)
	for i, c := range b {
		if applies(c) {
			b[i] = change(c)
		}
	}
	f.build = b
	return f.pushText(b)
}

func stringRep(f frame) int {
	s, n := f.str(1), f.integer(2)
	if n <= 0 || s == "" {
		return f.push(lua.LString(""))
	}
	if n > MaxStringBytes/len(s) {
		f.fail("not enough memory")
	}
	f.room(n * len(s))
	return f.push(lua.LString(strings.Repeat(s, n)))
}

func stringReverse(f frame) int {
	s := f.str(1)
	b := make([]byte, len(s))
	for i := range b {
		b[i] = s[len(s)-1-i]
	}
	return f.pushText(b)
}

func stringSub(f frame) int {
	s := f.str(1)
	from, to := span(clampInt(f.num(2)), f.optInt(3, -1), len(s))
	return f.push(lua.LString(s[from:to]))
}

func stringFind(f frame) int  { return f.search(true) }
func stringMatch(f frame) int { return f.search(false) }

// search is string.find, and string.match, which leaves out the positions.
func (f frame) search(find bool) int {
	s, p := f.str(1), f.str(2)
	from := f.optInt(3, 1)
	if from < 0 {
		from = max(0, from+len(s))
	} else {
		from = min(max(from-1, 0), len(s))
	}
	if find && (lua.LVAsBool(f.L.Get(4)) || !strings.ContainsAny(p, "^$*+?.([%-")) {
		at := strings.Index(s[from:], p)
		if at < 0 {
			return f.push(lua.LNil)
		}
		f.L.Push(number(float64(from + at + 1)))
		f.L.Push(number(float64(from + at + len(p))))
		return 2
	}
	anchored := strings.HasPrefix(p, "^")
	m := matcher{f: f, text: s, pattern: strings.TrimPrefix(p, "^")}
	if !anchored {
		m.pattern = p
	}
	for at := from; ; at++ {
		if end := m.at(at); end >= 0 {
			if !find {
				return m.push(at, end)
			}
			f.L.Push(number(float64(at + 1)))
			f.L.Push(number(float64(end)))
			return 2 + m.pushCaptures()
		}
		if at >= len(s) || anchored {
			return f.push(lua.LNil)
		}
	}
}

// capture is what a capture holds.
func (m *matcher) capture(at int) lua.LValue {
	c := m.captures[at]
	switch c.size {
	case capturePosition:
		return number(float64(c.start + 1))
	case captureOpen:
		m.f.fail("unfinished capture")
	}
	return lua.LString(m.text[c.start : c.start+c.size])
}

func (m *matcher) pushCaptures() int {
	for i := range m.level {
		m.f.L.Push(m.capture(i))
	}
	return m.level
}

// push pushes the captures, or the whole match if the pattern has none.
func (m *matcher) push(from, to int) int {
	if m.level == 0 {
		return m.f.push(lua.LString(m.text[from:to]))
	}
	return m.pushCaptures()
}

func stringGmatch(f frame) int {
	s, p := f.str(1), f.str(2)
	at := 0
	return f.push(f.builtin("gmatch", func(f frame) int {
		m := matcher{f: f, text: s, pattern: p}
		for ; at <= len(s); at++ {
			if end := m.at(at); end >= 0 {
				from := at
				at = end
				if end == from {
					at++
				}
				return m.push(from, end)
			}
		}
		return f.push(lua.LNil)
	}))
}

func stringGsub(f frame) int {
	s, p := f.str(1), f.str(2)
	with := f.L.Get(3)
	switch with.Type() {
	case lua.LTString, lua.LTNumber, lua.LTTable, lua.LTFunction:
	default:
		f.bad(3, "string/function/table expected")
	}
	limit := f.optInt(4, len(s)+1)
	anchored := strings.HasPrefix(p, "^")
	m := matcher{f: f, text: s, pattern: p}
	if anchored {
		m.pattern = p[1:]
	}
	var b []byte
	n, at := 0, 0
	for n < limit {
		end := m.at(at)
		before := len(b)
		if end >= 0 {
			n++
			b = m.replace(b, with, at, end)
		}
		switch {
		case end > at:
			at = end
		case at < len(s):
			b = append(b, s[at])
			at++
		default:
			at = len(s) + 1
		}
		f.room(len(b))
		f.budget.grown -= len(b) - (len(b) - before)
		if at > len(s) || anchored {
			break
		}
	}
	if at < len(s) {
		b = append(b, s[at:]...)
	}
	f.L.Push(lua.LString(b))
	return 1 + f.pushNumber(float64(n))
}

// replace appends what gsub puts in place of a match.
func (m *matcher) replace(b []byte, with lua.LValue, from, to int) []byte {
	f := m.f
	var value lua.LValue
	switch with := with.(type) {
	case *lua.LFunction:
		level := m.level
		captures := m.captures
		f.L.Push(with)
		f.call(m.push(from, to), 1)
		value = f.L.Get(-1)
		f.L.Pop(1)
		m.level, m.captures = level, captures
	case *lua.LTable:
		key := lua.LValue(lua.LString(m.text[from:to]))
		if m.level > 0 {
			key = m.capture(0)
		}
		value = f.L.GetTable(with, key)
	default:
		return m.expand(b, f.text(with), from, to)
	}
	switch v := value.(type) {
	case lua.LString:
		return append(b, v...)
	case lua.LNumber:
		return appendNumber(b, float64(v))
	}
	if lua.LVAsBool(value) {
		f.fail("invalid replacement value (a %s)", value.Type())
	}
	return append(b, m.text[from:to]...)
}

// expand appends a replacement whose %0 to %9 stand for captures.
func (m *matcher) expand(b []byte, with string, from, to int) []byte {
	for i := 0; i < len(with); i++ {
		if with[i] != '%' {
			b = append(b, with[i])
			continue
		}
		i++
		switch {
		case i >= len(with):
			return append(b, 0)
		case !isDigit(with[i]):
			b = append(b, with[i])
		case with[i] == '0' || with[i] == '1' && m.level == 0:
			b = append(b, m.text[from:to]...)
		case int(with[i]-'0') > m.level:
			m.f.fail("invalid capture index")
		default:
			b = append(b, m.f.text(m.capture(int(with[i]-'1')))...)
		}
	}
	return b
}
