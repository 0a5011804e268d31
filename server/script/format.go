package script

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

func appendInteger(dst []byte, n int64) []byte { return strconv.AppendInt(dst, n, 10) }

// directive is one "%…" of string.format.
type directive struct {
	flags     string
	width     int
	precision int // -1: none
	verb      byte
}

// stringFormat is string.format, whose directives are those of C's printf.
func stringFormat(f frame) int {
	format := f.str(1)
	b := f.build[:0]
	arg := 1
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			b = append(b, format[i])
			continue
		}
		i++
		if i < len(format) && format[i] == '%' {
			b = append(b, '%')
			continue
		}
		arg++
		if arg > f.L.GetTop() {
			f.bad(arg, "no value")
		}
		var d directive
		d, i = f.directive(format, i)
		b = f.appendFormatted(b, d, arg)
		if len(b) > MaxStringBytes {
			f.fail("not enough memory")
		}
	}
	f.build = b
	return f.pushText(b)
}

// directive reads what stands behind a '%', and returns where its verb is.
func (f frame) directive(format string, i int) (d directive, at int) {
	begin := i
	for i < len(format) && strings.IndexByte("-+ #0", format[i]) >= 0 {
		i++
	}
	if i-begin > 5 {
		f.fail("invalid format (repeated flags)")
	}
	d.flags, d.precision = format[begin:i], -1
	digits := func() (n int) {
		for count := 0; count < 2 && i < len(format) && isDigit(format[i]); count++ {
			n = 10*n + int(format[i]-'0')
			i++
		}
		return n
	}
	d.width = digits()
	if i < len(format) && format[i] == '.' {
		i++
		d.precision = digits()
	}
	if i < len(format) && isDigit(format[i]) {
		f.fail("invalid format (width or precision too long)")
	}
	if i < len(format) {
		d.verb = format[i]
	}
	return d, i
}

func (f frame) appendFormatted(b []byte, d directive, arg int) []byte {
	switch d.verb {
	case 'c':
		if c := byte(truncate(f.num(arg))); c != 0 {
			return d.pad(b, string([]byte{c}))
		}
		return d.pad(b, "")
	case 'd', 'i':
		return append(b, fmt.Sprintf(d.verbAs('d', ""), truncate(f.num(arg)))...)
	case 'u':
		return append(b, fmt.Sprintf(d.verbAs('d', "+ #"), uint64(unsigned(f.num(arg))))...)
	case 'o', 'x', 'X':
		return append(b, fmt.Sprintf(d.verbAs(d.verb, "+ "), uint64(unsigned(f.num(arg))))...)
	case 'e', 'E', 'f', 'g', 'G':
		return d.appendFloat(b, f.num(arg))
	case 'q':
		return appendLuaQuoted(b, f.str(arg))
	case 's':
		s := f.str(arg)
		if d.precision < 0 && len(s) >= 100 {
			return append(b, s...)
		}
		if zero := strings.IndexByte(s, 0); zero >= 0 { // C's string ends there
			s = s[:zero]
		}
		if d.precision >= 0 && len(s) > d.precision {
			s = s[:d.precision]
		}
		return d.pad(b, s)
	}
	verb := ""
	if d.verb != 0 {
		verb = string([]byte{d.verb})
	}
	f.fail("invalid option '%%%s' to 'format'", verb)
	return b
}

// unsigned is a number as C's cast to an unsigned long makes it.
func unsigned(n float64) int64 {
	if n >= math.MaxInt64 && n < math.MaxUint64 {
		return int64(uint64(n))
	}
	return truncate(n)
}

// verbAs is the directive for Go's fmt, without some flags.
func (d directive) verbAs(verb byte, without string) string {
	s := "%"
	for _, flag := range d.flags {
		if !strings.ContainsRune(without, flag) && !strings.ContainsRune(s, flag) {
			s += string(flag)
		}
	}
	if d.width > 0 {
		s += strconv.Itoa(d.width)
	}
	if d.precision >= 0 {
		s += "." + strconv.Itoa(d.precision)
	}
	return s + string(verb)
}

func (d directive) appendFloat(b []byte, n float64) []byte {
	if math.IsNaN(n) || math.IsInf(n, 0) {
		text := string(appendNumber(nil, n))
		if !strings.HasPrefix(text, "-") {
			switch {
			case strings.Contains(d.flags, "+"):
				text = "+" + text
			case strings.Contains(d.flags, " "):
				text = " " + text
			}
		}
		if isUpper(d.verb) {
			text = strings.ToUpper(text)
		}
		d.flags = strings.ReplaceAll(d.flags, "0", "")
		return d.pad(b, text)
	}
	if d.precision < 0 {
		d.precision = 6
	}
	if d.precision == 0 && d.verb|0x20 == 'g' {
		d.precision = 1
	}
	return append(b, fmt.Sprintf(d.verbAs(d.verb, ""), n)...)
}

// pad appends a text in the directive's width.
func (d directive) pad(b []byte, text string) []byte {
	fill := strings.Repeat(" ", max(0, d.width-len(text)))
	if strings.Contains(d.flags, "-") {
		return append(append(b, text...), fill...)
	}
	return append(append(b, fill...), text...)
}

// appendLuaQuoted appends a string as Lua source has it.
func appendLuaQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '"', '\\', '\n':
			b = append(b, '\\', c)
		case '\r':
			b = append(b, `\r`...)
		case 0:
			b = append(b, `\000`...)
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

var osLibrary = library{name: "os", functions: map[string]function{
	"clock": func(f frame) int {
		return f.push(lua.LNumber(float64(f.engine.config.Clock()-f.budget.start) / 1e9))
	},
}}
