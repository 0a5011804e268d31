// Package listpack is Redis's compact list of strings and integers in one
// piece of memory: what small collections are kept and dumped as. It decides
// where bytes go and allocates none: the caller owns the memory.
//
//	total bytes (4, little endian) | elements (2) | element … | 0xFF
//	element: encoding and data | length of that, to be read backwards
//
// Format: https://github.com/antirez/listpack/blob/master/listpack.md
// A list made here is canonical: a text that is a decimal integer is stored as
// one, in the shortest encoding, so equal texts are equal bytes.
package listpack

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"
)

const (
	// First is the position of the first element.
	First = 6
	// EmptyBytes is the length of a list without elements.
	EmptyBytes = First + 1

	end          = 0xFF
	manyElements = math.MaxUint16 // the header's count: more than it can say
)

// AppendNew appends an empty list to dst.
func AppendNew(dst []byte) []byte { return append(dst, EmptyBytes, 0, 0, 0, 0, 0, end) }

// End is the position behind the last element.
func End(lp []byte) int { return len(lp) - 1 }

// Len is how many elements there are.
func Len(lp []byte) int {
	if n := int(binary.LittleEndian.Uint16(lp[4:])); n != manyElements {
		return n
	}
	n := 0
	for at := First; at < End(lp); at = Next(lp, at) {
		n++
	}
	return n
}

// Value is one element: an integer, or else a text, which is borrowed.
type Value struct {
	Text  []byte
	Int   int64
	IsInt bool
}

// maxIntDigits is the length of the longest integer's text.
const maxIntDigits = 20

// Append appends the element's text.
func (v Value) Append(dst []byte) []byte {
	if v.IsInt {
		return strconv.AppendInt(dst, v.Int, 10)
	}
	return append(dst, v.Text...)
}

// Bytes is the element's text: borrowed, or written to scratch, whose length
// should be 20 or more.
func (v Value) Bytes(scratch []byte) []byte {
	if v.IsInt {
		return strconv.AppendInt(scratch[:0], v.Int, 10)
	}
	return v.Text
}

// Len is the length of the element's text.
func (v Value) Len() int {
	if !v.IsInt {
		return len(v.Text)
	}
	var scratch [maxIntDigits]byte
	return len(strconv.AppendInt(scratch[:0], v.Int, 10))
}

// sizes is how many bytes an element at lp[at] takes: its encoding byte and
// what goes with it, and its data.
func sizes(lp []byte, at int) (head, data int) {
	switch b := lp[at]; {
	case b < 0x80:
		return 1, 0
	case b < 0xC0:
		return 1, int(b & 0x3F)
	case b < 0xE0:
		return 2, 0
	case b < 0xF0:
		return 2, int(b&0x0F)<<8 | int(lp[at+1])
	case b == 0xF0:
		return 5, int(binary.LittleEndian.Uint32(lp[at+1:]))
	case b == 0xF1:
		return 3, 0
	case b == 0xF2:
		return 4, 0
	case b == 0xF3:
		return 5, 0
	case b == 0xF4:
		return 9, 0
	}
	panic("listpack: not the position of an element")
}

// backBytes is how many bytes the length at an element's end takes.
func backBytes(n int) int {
	switch {
	case n <= 127:
		return 1
	case n < 16383: // as Redis: 16383 itself takes three
		return 2
	case n < 2097151:
		return 3
	case n < 268435455:
		return 4
	}
	return 5
}

// Next is the position behind the element at a position: another element, or
// End.
func Next(lp []byte, at int) int {
	switch b := lp[at]; {
	case b < 0x80:
		return at + 2
	case b < 0xC0: // a short text: by far the most frequent
		return at + 2 + int(b&0x3F)
	}
	return nextOther(lp, at)
}

func nextOther(lp []byte, at int) int {
	head, data := sizes(lp, at)
	return at + head + data + backBytes(head+data)
}

// Prev is the position of the element before a position, or -1 at First.
func Prev(lp []byte, at int) int {
	if at <= First {
		return -1
	}
	n, shift, back := 0, 0, at-1
	for {
		n |= int(lp[back]&0x7F) << shift
		if lp[back]&0x80 == 0 {
			return back - n
		}
		back--
		shift += 7
	}
}

// Read is the element at a position, and the position behind it.
func Read(lp []byte, at int) (v Value, next int) {
	if b := lp[at]; b >= 0x80 && b < 0xC0 { // a short text
		end := at + 1 + int(b&0x3F)
		return Value{Text: lp[at+1 : end : end]}, end + 1
	}
	return readOther(lp, at)
}

func readOther(lp []byte, at int) (v Value, next int) {
	head, data := sizes(lp, at)
	next = at + head + data + backBytes(head+data)
	switch b := lp[at]; {
	case b < 0x80:
		v = Value{Int: int64(b), IsInt: true}
	case b >= 0xC0 && b < 0xE0:
		v = Value{Int: int64(int16((uint16(b&0x1F)<<8|uint16(lp[at+1]))<<3) >> 3), IsInt: true}
	case b == 0xF1:
		v = Value{Int: int64(int16(binary.LittleEndian.Uint16(lp[at+1:]))), IsInt: true}
	case b == 0xF2:
		u := uint32(lp[at+1]) | uint32(lp[at+2])<<8 | uint32(lp[at+3])<<16
		v = Value{Int: int64(int32(u<<8) >> 8), IsInt: true}
	case b == 0xF3:
		v = Value{Int: int64(int32(binary.LittleEndian.Uint32(lp[at+1:]))), IsInt: true}
	case b == 0xF4:
		v = Value{Int: int64(binary.LittleEndian.Uint64(lp[at+1:])), IsInt: true}
	default:
		v = Value{Text: lp[at+head : at+head+data : at+head+data]}
	}
	return v, next
}

// Seek is the position of the element of an index, which counts from the end
// when negative, or -1 if there is none.
func Seek(lp []byte, index int) int {
	if n := Len(lp); index < 0 {
		index += n
		if index < 0 {
			return -1
		}
	} else if index >= n {
		return -1
	}
	if n := Len(lp); index > n/2 {
		at := End(lp)
		for ; index < n; index++ {
			at = Prev(lp, at)
		}
		return at
	}
	at := First
	for ; index > 0; index-- {
		at = Next(lp, at)
	}
	return at
}

// Find is the position of the first element that is text among every step-th
// one from the position at, or -1. The list must be canonical.
func Find(lp []byte, at int, text []byte, step int) int {
	var scratch [64]byte
	needle := appendHead(scratch[:0], text)
	body := text
	if isIntHead(needle[0]) {
		body = nil
	}
	for last := End(lp); at < last; {
		if lp[at] == needle[0] && bytes.HasPrefix(lp[at:], needle) && bytes.HasPrefix(lp[at+len(needle):], body) {
			return at
		}
		for range step {
			if at >= last {
				break
			}
			at = Next(lp, at)
		}
	}
	return -1
}

func isIntHead(b byte) bool { return b < 0x80 || b >= 0xC0 && b < 0xE0 || b > 0xF0 }

// parseInt reads a text that is exactly the decimal form of an integer. By
// hand: strconv allocates an error for each text that merely begins as one.
func parseInt(text []byte) (int64, bool) {
	digits := text
	negative := len(text) > 0 && text[0] == '-'
	if negative {
		digits = text[1:]
	}
	if len(digits) == 0 || len(digits) >= maxIntDigits || digits[0] == '0' && len(text) > 1 {
		return 0, false
	}
	var magnitude uint64
	for _, d := range digits {
		if d < '0' || d > '9' {
			return 0, false
		}
		magnitude = magnitude*10 + uint64(d-'0') // 19 digits fit
	}
	if negative {
		return -int64(magnitude), magnitude <= -math.MinInt64
	}
	return int64(magnitude), magnitude <= math.MaxInt64
}

// appendHead appends what stands before a text's own bytes; of an integer, all
// of it.
func appendHead(dst, text []byte) []byte {
	if n, ok := parseInt(text); ok {
		return appendInt(dst, n)
	}
	switch n := len(text); {
	case n < 64:
		return append(dst, 0x80|byte(n))
	case n < 4096:
		return append(dst, 0xE0|byte(n>>8), byte(n))
	default:
		return binary.LittleEndian.AppendUint32(append(dst, 0xF0), uint32(n))
	}
}

func appendInt(dst []byte, n int64) []byte {
	switch {
	case n >= 0 && n <= 127:
		return append(dst, byte(n))
	case n >= -4096 && n <= 4095:
		u := uint16(n) & 0x1FFF
		return append(dst, 0xC0|byte(u>>8), byte(u))
	case n >= math.MinInt16 && n <= math.MaxInt16:
		return binary.LittleEndian.AppendUint16(append(dst, 0xF1), uint16(n))
	case n >= -1<<23 && n < 1<<23:
		return append(dst, 0xF2, byte(n), byte(n>>8), byte(n>>16))
	case n >= math.MinInt32 && n <= math.MaxInt32:
		return binary.LittleEndian.AppendUint32(append(dst, 0xF3), uint32(n))
	default:
		return binary.LittleEndian.AppendUint64(append(dst, 0xF4), uint64(n))
	}
}

// appendElement appends a text as an element, its length at the end included.
func appendElement(dst, text []byte) []byte {
	at := len(dst)
	dst = appendHead(dst, text)
	if !isIntHead(dst[at]) {
		dst = append(dst, text...)
	}
	return appendBack(dst, len(dst)-at)
}

func appendBack(dst []byte, n int) []byte {
	for shift := 7 * (backBytes(n) - 1); shift >= 0; shift -= 7 {
		b := byte(n>>shift) & 0x7F
		if shift < 7*(backBytes(n)-1) {
			b |= 0x80
		}
		dst = append(dst, b)
	}
	return dst
}

// ElementBytes is how many bytes a text takes as an element.
func ElementBytes(text []byte) int {
	var scratch [9]byte
	head := appendHead(scratch[:0], text)
	n := len(head)
	if !isIntHead(head[0]) {
		n += len(text)
	}
	return n + backBytes(n)
}

// Append adds a text at the end of a list that is the caller's to grow.
func Append(lp, text []byte) []byte {
	n := binary.LittleEndian.Uint16(lp[4:])
	lp = append(appendElement(lp[:End(lp)], text), end)
	if n != manyElements {
		n++
	}
	setHeader(lp, n)
	return lp
}

func setHeader(lp []byte, elements uint16) {
	binary.LittleEndian.PutUint32(lp, uint32(len(lp)))
	binary.LittleEndian.PutUint16(lp[4:], elements)
}
