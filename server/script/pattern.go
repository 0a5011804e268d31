package script

import "strings"

// The limits of patterns.
const (
	maxCaptures     = 32
	maxPatternDepth = 10_000 // of the matcher's calls of itself
	stepsALook      = 256    // of the matcher that count as one command
)

// What a capture's length says while it is not a length.
const (
	captureOpen     = -1
	capturePosition = -2
)

// matcher matches one of Lua's patterns at one place of a text. It backtracks
// as Lua does, and lets the script be stopped meanwhile.
type matcher struct {
	f             frame
	text, pattern string
	level         int // captures so far
	captures      [maxCaptures]struct{ start, size int }
	depth, steps  int
}

// at matches the whole pattern from p on with the text from s on, and returns
// where the match ends, or -1.
func (m *matcher) at(s int) int {
	m.level = 0
	return m.match(s, 0)
}

func (m *matcher) match(s, p int) int {
	m.depth++
	if m.depth > maxPatternDepth {
		m.f.fail("pattern too complex")
	}
	defer func() { m.depth-- }()
	for p < len(m.pattern) {
		m.step()
		switch c := m.pattern[p]; {
		case c == '(':
			if p+1 < len(m.pattern) && m.pattern[p+1] == ')' {
				return m.open(s, p+2, capturePosition)
			}
			return m.open(s, p+1, captureOpen)
		case c == ')':
			return m.close(s, p+1)
		case c == '$' && p+1 == len(m.pattern):
			if s == len(m.text) {
				return s
			}
			return -1
		case c == '%' && p+1 < len(m.pattern) && m.pattern[p+1] == 'b':
			if s = m.balanced(s, p+2); s < 0 {
				return -1
			}
			p += 4
			continue
		case c == '%' && p+1 < len(m.pattern) && m.pattern[p+1] == 'f':
			next, ok := m.frontier(s, p+2)
			if !ok {
				return -1
			}
			p = next
			continue
		case c == '%' && p+1 < len(m.pattern) && isDigit(m.pattern[p+1]):
			if s = m.back(s, m.pattern[p+1]); s < 0 {
				return -1
			}
			p += 2
			continue
		}
		end := m.classEnd(p)
		one := s < len(m.text) && m.single(m.text[s], p, end)
		repeat := byte(0)
		if end < len(m.pattern) {
			repeat = m.pattern[end]
		}
		switch repeat {
		case '?':
			if one {
				if e := m.match(s+1, end+1); e >= 0 {
					return e
				}
			}
			p = end + 1
		case '*':
			return m.most(s, p, end)
		case '+':
			if !one {
				return -1
			}
			return m.most(s+1, p, end)
		case '-':
			return m.least(s, p, end)
		default:
			if !one {
				return -1
			}
			s, p = s+1, end
		}
	}
	return s
}

// step counts the matcher's work as the script's.
func (m *matcher) step() {
	if m.steps++; m.steps%stepsALook == 0 {
		m.f.budget.spend(callInstructions)
		if why := m.f.budget.err; why != nil {
			m.f.fail("%s", why)
		}
	}
}

// most matches as many as there are, then fewer.
func (m *matcher) most(s, p, end int) int {
	n := 0
	for s+n < len(m.text) && m.single(m.text[s+n], p, end) {
		n++
		m.step()
	}
	for ; n >= 0; n-- {
		if e := m.match(s+n, end+1); e >= 0 {
			return e
		}
	}
	return -1
}

// least matches as few as suffice.
func (m *matcher) least(s, p, end int) int {
	for {
		if e := m.match(s, end+1); e >= 0 {
			return e
		}
		if s >= len(m.text) || !m.single(m.text[s], p, end) {
			return -1
		}
		s++
		m.step()
	}
}

func (m *matcher) open(s, p, kind int) int {
	if m.level >= maxCaptures {
		m.f.fail("too many captures")
	}
	m.captures[m.level].start, m.captures[m.level].size = s, kind
	m.level++
	e := m.match(s, p)
	if e < 0 {
		m.level--
	}
	return e
}

func (m *matcher) close(s, p int) int {
	at := m.level - 1
	for at >= 0 && m.captures[at].size != captureOpen {
		at--
	}
	if at < 0 {
		m.f.fail("invalid pattern capture")
	}
	m.captures[at].size = s - m.captures[at].start
	e := m.match(s, p)
	if e < 0 {
		m.captures[at].size = captureOpen
	}
	return e
}

// balanced matches %bxy, whose x stands at p.
func (m *matcher) balanced(s, p int) int {
	if p+1 >= len(m.pattern) {
		m.f.fail("unbalanced pattern")
	}
	if s >= len(m.text) || m.text[s] != m.pattern[p] {
		return -1
	}
	opens := 1
	for i := s + 1; i < len(m.text); i++ {
		switch m.text[i] {
		case m.pattern[p+1]:
			if opens--; opens == 0 {
				return i + 1
			}
		case m.pattern[p]:
			opens++
		}
	}
	return -1
}

// frontier matches %f[set], whose set stands at p, and returns where the
// pattern goes on.
func (m *matcher) frontier(s, p int) (next int, ok bool) {
	if p >= len(m.pattern) || m.pattern[p] != '[' {
		m.f.fail("missing '[' after '%%f' in pattern")
	}
	end := m.classEnd(p)
	before, here := byte(0), byte(0)
	if s > 0 {
		before = m.text[s-1]
	}
	if s < len(m.text) {
		here = m.text[s]
	}
	return end, !m.set(before, p, end-1) && m.set(here, p, end-1)
}

// back matches what a capture has matched.
func (m *matcher) back(s int, digit byte) int {
	at := int(digit) - '1'
	if at < 0 || at >= m.level || m.captures[at].size == captureOpen {
		m.f.fail("invalid capture index")
	}
	c := m.captures[at]
	if size := max(0, c.size); strings.HasPrefix(m.text[s:], m.text[c.start:c.start+size]) {
		return s + size
	}
	return -1
}

// classEnd is where the single character, class or set at p ends.
func (m *matcher) classEnd(p int) int {
	c := m.pattern[p]
	p++
	switch c {
	case '%':
		if p >= len(m.pattern) {
			m.f.fail("malformed pattern (ends with '%%')")
		}
		return p + 1
	case '[':
		if p < len(m.pattern) && m.pattern[p] == '^' {
			p++
		}
		for first := true; first || p >= len(m.pattern) || m.pattern[p] != ']'; first = false {
			if p >= len(m.pattern) {
				m.f.fail("malformed pattern (missing ']')")
			}
			if m.pattern[p] == '%' && p+1 < len(m.pattern) {
				p++
			}
			p++
		}
		return p + 1
	}
	return p
}

// single says whether a character matches what stands from p to end.
func (m *matcher) single(c byte, p, end int) bool {
	switch m.pattern[p] {
	case '.':
		return true
	case '%':
		return inClass(c, m.pattern[p+1])
	case '[':
		return m.set(c, p, end-1)
	}
	return m.pattern[p] == c
}

// set says whether a character is in the set from '[' at p to ']' at last.
func (m *matcher) set(c byte, p, last int) bool {
	in := true
	p++
	if m.pattern[p] == '^' {
		in = false
		p++
	}
	for ; p < last; p++ {
		switch {
		case m.pattern[p] == '%':
			p++
			if inClass(c, m.pattern[p]) {
				return in
			}
		case p+2 < last && m.pattern[p+1] == '-':
			if m.pattern[p] <= c && c <= m.pattern[p+2] {
				return in
			}
			p += 2
		case m.pattern[p] == c:
			return in
		}
	}
	return !in
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isLower(c byte) bool { return c >= 'a' && c <= 'z' }
func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }
func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// inClass says whether a character is of the class that a letter behind '%'
// names.
func inClass(c, class byte) bool {
	var in bool
	switch class | 0x20 {
	case 'a':
		in = isLower(c) || isUpper(c)
	case 'c':
		in = c < 0x20 || c == 0x7f
	case 'd':
		in = isDigit(c)
	case 'l':
		in = isLower(c)
	case 'p':
		in = c > 0x20 && c < 0x7f && !isDigit(c) && !isLower(c) && !isUpper(c)
	case 's':
		in = isSpace(c)
	case 'u':
		in = isUpper(c)
	case 'w':
		in = isDigit(c) || isLower(c) || isUpper(c)
	case 'x':
		in = isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f'
	case 'z':
		in = c == 0
	default:
		return class == c
	}
	if !isLower(class) && !isUpper(class) {
		return class == c
	}
	return in != isUpper(class)
}
