package rdb

import (
	"encoding/binary"
	"strconv"
)

// A ziplist, which Redis kept small collections in until 7.0:
//
//	total bytes (4, little-endian) | position of the last entry (4) | entries (2) | entry … | 0xFF
//	entry: bytes of the entry before it (1; or 254 and 4) | encoding | data
//
// The encoding is one of
//
//	00xxxxxx                  a string of up to 63 bytes
//	01xxxxxx yyyyyyyy         of up to 16383
//	10------ + 4 bytes        of any length, big-endian
//	11000000, 11010000, 11100000, 11110000, 11111110
//	                          an integer of 2, 4, 8, 3 or 1 bytes, little-endian
//	1111xxxx                  0 to 12 as xxxx - 1
const (
	zipHeadBytes   = 10
	zipMark        = 0xFF
	zipManyEntries = 0xFFFF // the header's number of entries: more than it can say
	zipLongBefore  = 254
	zipString14    = 0x40
	zipString32    = 0x80
	zipNoString    = 0xC0
	zipSmallest    = 0xF1 // 0
	zipLargest     = 0xFD // 12
)

// zipIntegers is how many bytes integers have by their encoding.
var zipIntegers = map[byte]int{0xC0: 2, 0xD0: 4, 0xE0: 8, 0xF0: 3, 0xFE: 1}

func ziplist(c *cursor, p []byte, v Visitor) (entries int) {
	if len(p) < zipHeadBytes+1 || binary.LittleEndian.Uint32(p) != uint32(len(p)) || p[len(p)-1] != zipMark {
		c.fail(ErrFormat)
		return 0
	}
	last, said := binary.LittleEndian.Uint32(p[4:]), int(binary.LittleEndian.Uint16(p[8:]))
	body := p[:len(p)-1]
	at, start := zipHeadBytes, zipHeadBytes // start is that of the entry before
	for ; at < len(body); entries++ {
		e := cursor{rest: body[at:]}
		if e.zipBefore() != at-start {
			c.fail(ErrFormat)
			return entries
		}
		e.zipEntry(v)
		if e.err != nil {
			c.fail(e.err)
			return entries
		}
		start, at = at, len(body)-len(e.rest)
	}
	if said != entries && said != zipManyEntries || last != uint32(start) {
		c.fail(ErrFormat)
	}
	return entries
}

// zipBefore reads the length of the entry before.
func (c *cursor) zipBefore() int {
	head := c.bytes(1)
	switch {
	case head == nil:
		return -1
	case head[0] < zipLongBefore:
		return int(head[0])
	case head[0] > zipLongBefore:
		return -1
	}
	if n := c.bytes(4); n != nil {
		return int(binary.LittleEndian.Uint32(n))
	}
	return -1
}

// zipEntry reads an encoding and its data.
func (c *cursor) zipEntry(v Visitor) {
	head := c.bytes(1)
	if head == nil {
		return
	}
	if head[0] < zipNoString {
		if text := c.bytes(c.zipLength(head[0])); c.err == nil {
			v.Text(text)
		}
		return
	}
	var n int64
	if size, ok := zipIntegers[head[0]]; ok {
		n = littleEndian(c.bytes(size))
	} else if head[0] >= zipSmallest && head[0] <= zipLargest {
		n = int64(head[0] - zipSmallest)
	} else {
		c.fail(ErrFormat)
	}
	var scratch [maxIntegerBytes]byte
	if c.err == nil {
		v.Text(strconv.AppendInt(scratch[:0], n, 10))
	}
}

// zipLength reads the rest of a string's length.
func (c *cursor) zipLength(head byte) int {
	switch {
	case head < zipString14:
		return int(head)
	case head < zipString32:
		if more := c.bytes(1); more != nil {
			return int(head&0x3F)<<8 | int(more[0])
		}
	default:
		if n := c.bytes(4); n != nil {
			return int(binary.BigEndian.Uint32(n))
		}
	}
	return 0
}

// A zipmap, which Redis kept small hashes in until 2.6:
//
//	pairs (1; 254: more than it can say) | length, field, length, unused bytes (1), value, unused … | 0xFF
//
// A length is one byte, or 254 and 4 bytes, little-endian.
const zipmapMany = 254

func zipmap(c *cursor, p []byte, v Visitor) (texts int) {
	if len(p) < 2 || p[len(p)-1] != zipMark {
		c.fail(ErrFormat)
		return 0
	}
	e := cursor{rest: p[1 : len(p)-1]}
	for ; len(e.rest) > 0; texts += 2 {
		field := e.bytes(e.zipmapLength())
		n := e.zipmapLength()
		unused := e.bytes(1)
		value := e.bytes(n)
		if unused != nil {
			e.bytes(int(unused[0]))
		}
		if e.err != nil {
			break
		}
		v.Text(field)
		v.Text(value)
	}
	if e.err != nil || p[0] < zipmapMany && int(p[0]) != texts/2 {
		c.fail(ErrFormat)
	}
	return texts
}

func (c *cursor) zipmapLength() int {
	head := c.bytes(1)
	switch {
	case head == nil:
		return 0
	case head[0] < zipLongBefore:
		return int(head[0])
	case head[0] > zipLongBefore:
		c.fail(ErrFormat)
		return 0
	}
	if n := c.bytes(4); n != nil {
		return int(binary.LittleEndian.Uint32(n))
	}
	return 0
}
