package script

import (
	"encoding/binary"
	"math"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

var structLibrary = library{name: "struct", functions: map[string]function{
	"pack": structPack, "unpack": structUnpack, "size": structSize,
}}

// The limits of struct's formats.
const (
	maxIntegerBytes = 32
	maxAlignBytes   = 8
)

// layout reads a format of struct, option by option.
type layout struct {
	f      frame
	format string
	at     int
	big    bool // numbers begin with their high byte
	align  int
}

// option is one thing to pack: its letter and how many bytes it takes.
type option struct {
	letter byte
	size   int
}

// number reads the decimal at the place, if there is one.
func (l *layout) number(otherwise int) int {
	if l.at >= len(l.format) || !isDigit(l.format[l.at]) {
		return otherwise
	}
	n := 0
	for l.at < len(l.format) && isDigit(l.format[l.at]) {
		digit := int(l.format[l.at] - '0')
		if n > (math.MaxInt32-digit)/10 {
			l.f.fail("integral size overflow")
		}
		n = 10*n + digit
		l.at++
	}
	return n
}

// next is the next option. Options that only set the layout have no size.
func (l *layout) next() option {
	letter := l.format[l.at]
	l.at++
	switch letter {
	case 'b', 'B', 'x':
		return option{letter, 1}
	case 'h', 'H':
		return option{letter, 2}
	case 'f':
		return option{letter, 4}
	case 'l', 'L', 'T', 'd':
		return option{letter, 8}
	case 'c':
		return option{letter, l.number(1)}
	case 'i', 'I':
		size := l.number(4)
		if size > maxIntegerBytes {
			l.f.fail("integral size %d is larger than limit of %d", size, maxIntegerBytes)
		}
		return option{letter, size}
	case '>', '<', ' ', '!', 's':
	default:
		l.f.bad(1, "invalid format option '"+string([]byte{letter})+"'")
	}
	switch letter {
	case '>':
		l.big = true
	case '<':
		l.big = false
	case '!':
		align := l.number(maxAlignBytes)
		if align <= 0 || align&(align-1) != 0 {
			l.f.fail("alignment %d is not a power of 2", align)
		}
		l.align = align
	}
	return option{letter: letter}
}

// padding is how many bytes stand before an option at total.
func (l *layout) padding(o option, total int) int {
	size := min(o.size, l.align)
	if o.letter == 'c' || size <= 1 {
		return 0
	}
	return (size - total&(size-1)) & (size - 1)
}

func structPack(f frame) int {
	l := &layout{f: f, format: f.str(1), align: 1}
	f.L.Push(lua.LNil) // what is missing is nil
	b := f.build[:0]
	arg := 1
	for l.at < len(l.format) {
		o := l.next()
		for range l.padding(o, len(b)) {
			b = append(b, 0)
		}
		switch o.letter {
		case 'b', 'B', 'h', 'H', 'l', 'L', 'T', 'i', 'I':
			arg++
			b = appendBytes(b, uint64(unsigned(f.num(arg))), o.size, l.big)
		case 'f':
			arg++
			b = appendBytes(b, uint64(math.Float32bits(float32(f.num(arg)))), 4, l.big)
		case 'd':
			arg++
			b = appendBytes(b, math.Float64bits(f.num(arg)), 8, l.big)
		case 'x':
			b = append(b, 0)
		case 'c', 's':
			arg++
			s := f.str(arg)
			size := o.size
			if size == 0 {
				size = len(s)
			}
			if len(s) < size {
				f.bad(arg+1, "string too short")
			}
			b = append(b, s[:size]...)
			if o.letter == 's' {
				b = append(b, 0)
			}
		}
		if len(b) > MaxStringBytes {
			f.fail("not enough memory")
		}
	}
	f.build = b
	return f.pushText(b)
}

// appendBytes appends the low bytes of a number.
func appendBytes(b []byte, n uint64, size int, big bool) []byte {
	for i := range size {
		at := i
		if big {
			at = size - 1 - i
		}
		if at < 8 {
			b = append(b, byte(n>>(8*at)))
		} else {
			b = append(b, 0)
		}
	}
	return b
}

func structSize(f frame) int {
	l := &layout{f: f, format: f.str(1), align: 1}
	total := 0
	for l.at < len(l.format) {
		o := l.next()
		if o.letter == 's' || o.letter == 'c' && o.size == 0 {
			name := string([]byte{o.letter})
			if o.letter == 'c' {
				name = "c0"
			}
			f.bad(1, "option '"+name+"' has no fixed size")
		}
		total += l.padding(o, total)
		if total > math.MaxInt32-o.size {
			f.fail("integral size overflow")
		}
		total += o.size
	}
	return f.pushNumber(float64(total))
}

func structUnpack(f frame) int {
	l := &layout{f: f, format: f.str(1), align: 1}
	data := f.str(2)
	at := f.optInt(3, 1) - 1
	if at < 0 {
		f.bad(3, "offset must be 1 or greater")
	}
	n := 0
	for l.at < len(l.format) {
		o := l.next()
		at += l.padding(o, at)
		if at > len(data) || o.size > len(data)-at {
			f.bad(2, "data string too short")
		}
		if n >= maxResults {
			f.fail("too many results")
		}
		piece := data[at : at+o.size]
		size := o.size
		switch o.letter {
		case 'b', 'B', 'h', 'H', 'l', 'L', 'T', 'i', 'I':
			f.L.Push(number(integerOf(piece, l.big, isLower(o.letter))))
			n++
		case 'f':
			f.L.Push(number(float64(math.Float32frombits(uint32(wordOf(piece, l.big))))))
			n++
		case 'd':
			f.L.Push(number(math.Float64frombits(wordOf(piece, l.big))))
			n++
		case 'c':
			if size == 0 {
				size, n = f.previousSize(n), n-1
				if size > len(data)-at {
					f.bad(2, "data string too short")
				}
			}
			f.L.Push(lua.LString(data[at : at+size]))
			n++
		case 's':
			size = strings.IndexByte(data[at:], 0)
			if size < 0 {
				f.fail("unfinished string in data")
			}
			f.L.Push(lua.LString(data[at : at+size]))
			size++
			n++
		}
		at += size
	}
	f.L.Push(number(float64(at + 1)))
	return n + 1
}

// previousSize takes the number that was read last off the stack: the length
// of the string that follows.
func (f frame) previousSize(n int) int {
	size, ok := f.L.Get(-1).(lua.LNumber)
	if n == 0 || !ok {
		f.fail("format 'c0' needs a previous size")
	}
	f.L.Pop(1)
	if size < 0 || size > MaxStringBytes {
		f.bad(2, "data string too short")
	}
	return int(size)
}

// wordOf is up to 8 bytes as a number.
func wordOf(b string, big bool) uint64 {
	var word [8]byte
	for i := range min(len(b), 8) {
		if big {
			word[i] = b[len(b)-1-i]
		} else {
			word[i] = b[i]
		}
	}
	return binary.LittleEndian.Uint64(word[:])
}

func integerOf(b string, big, signed bool) float64 {
	n := wordOf(b, big)
	if !signed {
		return float64(n)
	}
	if len(b) > 0 && len(b) < 8 {
		unused := 64 - 8*len(b)
		return float64(int64(n<<unused) >> unused)
	}
	return float64(int64(n))
}
