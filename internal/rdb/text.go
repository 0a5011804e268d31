package rdb

import (
	"encoding/binary"
	"strconv"
)

// The first byte of a length says how it goes on:
//
//	00xxxxxx              6 bits
//	01xxxxxx yyyyyyyy     14 bits
//	10000000 + 4 bytes    32 bits, big-endian
//	10000001 + 8 bytes    64 bits, big-endian
//	11eeeeee              no length: a string in the encoding e
const (
	length14 = 0x40
	length32 = 0x80
	length64 = 0x81
	encoded  = 0xC0

	encodedInt8  = encoded
	encodedInt16 = encoded | 1
	encodedInt32 = encoded | 2
	encodedLZF   = encoded | 3
)

// maxIntegerText is the longest text that is tried as an integer:
// "-2147483648".
const maxIntegerText = 11

// AppendLength appends a length.
func AppendLength(dst []byte, n uint64) []byte {
	switch {
	case n < 1<<6:
		return append(dst, byte(n))
	case n < 1<<14:
		return append(dst, length14|byte(n>>8), byte(n))
	case n < 1<<32:
		return binary.BigEndian.AppendUint32(append(dst, length32), uint32(n))
	default:
		return binary.BigEndian.AppendUint64(append(dst, length64), n)
	}
}

// ReadLength reads a length at the start of p. size is how many bytes it
// took; 0 means that p ends early or holds an encoded string instead.
func ReadLength(p []byte) (n uint64, size int) {
	if len(p) == 0 {
		return 0, 0
	}
	switch head := p[0]; {
	case head < length14:
		return uint64(head), 1
	case head < length32:
		if len(p) < 2 {
			return 0, 0
		}
		return uint64(head&0x3F)<<8 | uint64(p[1]), 2
	case head == length32 && len(p) >= 5:
		return uint64(binary.BigEndian.Uint32(p[1:])), 5
	case head == length64 && len(p) >= 9:
		return binary.BigEndian.Uint64(p[1:]), 9
	}
	return 0, 0
}

// AppendString appends a string: as an integer where it is the text of one
// that fits 32 bits, else as it is. It does not compress.
func AppendString(dst, text []byte) []byte {
	n, ok := integer(text)
	switch {
	case !ok:
		return append(AppendLength(dst, uint64(len(text))), text...)
	case n == int64(int8(n)):
		return append(dst, encodedInt8, byte(n))
	case n == int64(int16(n)):
		return binary.LittleEndian.AppendUint16(append(dst, encodedInt16), uint16(n))
	default:
		return binary.LittleEndian.AppendUint32(append(dst, encodedInt32), uint32(n))
	}
}

// stringSize is how many bytes AppendString appends.
func stringSize(text []byte) int {
	n, ok := integer(text)
	switch size := len(text); {
	case ok && n == int64(int8(n)):
		return 2
	case ok && n == int64(int16(n)):
		return 3
	case ok:
		return 5
	case size < 1<<6:
		return 1 + size
	case size < 1<<14:
		return 2 + size
	case size < 1<<32:
		return 5 + size
	default:
		return 9 + size
	}
}

// integer reads text that is exactly how a 32-bit integer is printed.
func integer(text []byte) (int64, bool) {
	if len(text) == 0 || len(text) > maxIntegerText || text[0] != '-' && (text[0] < '0' || text[0] > '9') {
		return 0, false
	}
	n, err := strconv.ParseInt(string(text), 10, 32)
	if err != nil {
		return 0, false
	}
	var printed [maxIntegerText]byte
	return n, string(strconv.AppendInt(printed[:0], n, 10)) == string(text)
}

// ReadString appends the string at the start of p to dst. size is how many
// bytes of p it took. What it allocates is bounded by what p can hold:
// a declared length that p cannot fill is refused first.
func ReadString(dst, p []byte) (_ []byte, size int, err error) {
	if len(p) == 0 {
		return dst, 0, ErrFormat
	}
	if p[0] < encoded {
		n, size := ReadLength(p)
		if size == 0 || n > MaxString || n > uint64(len(p)-size) {
			return dst, 0, ErrFormat
		}
		return append(dst, p[size:size+int(n)]...), size + int(n), nil
	}
	switch {
	case p[0] == encodedInt8 && len(p) >= 2:
		return strconv.AppendInt(dst, int64(int8(p[1])), 10), 2, nil
	case p[0] == encodedInt16 && len(p) >= 3:
		return strconv.AppendInt(dst, int64(int16(binary.LittleEndian.Uint16(p[1:]))), 10), 3, nil
	case p[0] == encodedInt32 && len(p) >= 5:
		return strconv.AppendInt(dst, int64(int32(binary.LittleEndian.Uint32(p[1:]))), 10), 5, nil
	case p[0] == encodedLZF:
		return readCompressed(dst, p)
	}
	return dst, 0, ErrFormat
}

// readCompressed reads a string in LZF: its compressed length, its length,
// its compressed bytes.
func readCompressed(dst, p []byte) (_ []byte, size int, err error) {
	at := 1
	compressed, size := ReadLength(p[at:])
	if size == 0 {
		return dst, 0, ErrFormat
	}
	at += size
	length, size := ReadLength(p[at:])
	if size == 0 {
		return dst, 0, ErrFormat
	}
	at += size
	if compressed > uint64(len(p)-at) || length > MaxString || length > compressed*maxLZFGrowth {
		return dst, 0, ErrFormat
	}
	end := at + int(compressed)
	dst, err = appendLZF(dst, p[at:end], int(length))
	return dst, end, err
}
