package replay

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// monitorTrace reads what MONITOR prints:
//
//	1700000000.123456 [0 127.0.0.1:60866] "SET" "key" "a\x00b"
//
// The arguments are replayed as they are.
type monitorTrace struct {
	lines
	text []byte // the arguments, unquoted, one behind the other
	ends []int
	name []byte
	keys []int
}

func (m *monitorTrace) tickNanos() int64 { return 1e3 }

// next reads a line.
func (m *monitorTrace) next(e *entry) error {
	for {
		line, err := m.lines.next()
		if err != nil {
			return err
		}
		if len(bytes.TrimSpace(line)) == 0 || m.number == 1 && bytes.Equal(bytes.TrimPrefix(line, []byte("+")), []byte("OK")) {
			continue
		}
		return m.parse(line, e)
	}
}

func (m *monitorTrace) parse(line []byte, e *entry) error {
	line = bytes.TrimPrefix(line, []byte("+")) // as the protocol has it
	stamp, rest, ok := bytes.Cut(line, []byte(" ["))
	client, rest, closed := bytes.Cut(rest, []byte("] "))
	if !ok || !closed {
		return faultf("want SECONDS.MICROSECONDS [DB CLIENT] \"COMMAND\" …: %s", snippet(line))
	}
	seconds, billionths, err := decimal(stamp)
	if err != nil || seconds > maxSeconds {
		return faultf("%s is no time in seconds", snippet(stamp))
	}
	e.nanos, e.repeat, e.value, e.valueBytes = seconds*1e9+billionths, 1, 0, 0
	if err := m.unquote(rest); err != nil {
		return err
	}
	e.args = e.args[:0]
	from := 0
	for _, end := range m.ends {
		e.args = append(e.args, m.text[from:end:end])
		from = end
	}
	return m.decide(client, e)
}

// decide says whether the command is replayed.
func (m *monitorTrace) decide(client []byte, e *entry) error {
	db, from, _ := bytes.Cut(client, []byte{' '})
	if bytes.Equal(from, []byte("lua")) {
		return skip("called by a script, which is replayed itself")
	}
	if !bytes.Equal(db, []byte("0")) {
		return skip("in another database than 0")
	}
	m.name = append(m.name[:0], e.args[0]...)
	e.args[0] = m.name
	for i, c := range m.name {
		if c >= 'a' && c <= 'z' {
			m.name[i] = c - ('a' - 'A')
		}
	}
	c := commands[string(m.name)]
	switch {
	case c == nil:
		return skip("unknown command")
	case c.refused != "":
		return skip(c.refused)
	}
	keys, err := c.keys(e.args, m.keys[:0])
	if err != nil {
		return err
	}
	m.keys = keys
	e.command, e.name, e.keys = c, c.name, keys
	return nil
}

var errQuote = errors.New("want arguments in double quotes, with a space between")

// unquote reads the arguments into text and ends.
func (m *monitorTrace) unquote(rest []byte) error {
	m.text, m.ends = m.text[:0], m.ends[:0]
	for {
		if len(rest) == 0 || rest[0] != '"' {
			return faultf("%v: %s", errQuote, snippet(rest))
		}
		length, err := m.argument(rest[1:])
		if err != nil {
			return faultf("%v: %s", err, snippet(rest))
		}
		m.ends = append(m.ends, len(m.text))
		if rest = rest[1+length:]; len(rest) == 0 {
			return nil
		}
		if rest[0] != ' ' {
			return faultf("%v: %s", errQuote, snippet(rest))
		}
		if rest = rest[1:]; len(m.ends) == MaxArguments {
			return faultf("more than %d arguments", MaxArguments)
		}
	}
}

// argument appends one to text, as Redis's sdscatrepr quotes, and says how
// long it was with its closing quote.
func (m *monitorTrace) argument(rest []byte) (length int, err error) {
	for i := 0; i < len(rest); i++ {
		switch b := rest[i]; b {
		case '"':
			return i + 1, nil
		case '\\':
			if i++; i == len(rest) {
				return 0, errors.New("a backslash ends the line")
			}
			switch rest[i] {
			case 'n':
				b = '\n'
			case 'r':
				b = '\r'
			case 't':
				b = '\t'
			case 'a':
				b = '\a'
			case 'b':
				b = '\b'
			case 'x':
				if i+2 >= len(rest) {
					return 0, errors.New(`\x wants two hexadecimal digits`)
				}
				n, err := strconv.ParseUint(string(rest[i+1:i+3]), 16, 8)
				if err != nil {
					return 0, errors.New(`\x wants two hexadecimal digits`)
				}
				b, i = byte(n), i+2
			case '"', '\\':
				b = rest[i]
			default:
				return 0, fmt.Errorf(`\%c is no escape`, rest[i])
			}
			m.text = append(m.text, b)
		default:
			m.text = append(m.text, b)
		}
	}
	return 0, errors.New("a quote is not closed")
}
