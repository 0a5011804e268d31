package rdb

import (
	"encoding/binary"
	"strconv"

	"slotbench/internal/listpack"
)

// packing hands out the elements of a piece of packed memory, checked to the
// last byte, and says how many they are. After an error it may have handed out
// some.
type packing func(c *cursor, p []byte, v Visitor) (elements int)

// maxIntegerBytes is the text of any 64-bit integer.
const maxIntegerBytes = 20

// packed reads one string of elements of so many texts.
func packed(read packing, each int) func(*cursor, Visitor) {
	return func(c *cursor, v Visitor) {
		if p := c.string(); c.err == nil && read(c, p, v)%each != 0 {
			c.fail(ErrFormat)
		}
	}
}

// packedScored reads one string of members and scores.
func packedScored(read packing) func(*cursor, Visitor) {
	return func(c *cursor, v Visitor) {
		packed(read, 2)(c, &turns{Visitor: v, cursor: c, last: 1, do: func(text []byte) { c.score(v, c.parseDouble(text)) }})
	}
}

// packedExpiring reads one string of fields, values and the times at which the
// fields expire; headBytes before it.
func packedExpiring(headBytes int) func(*cursor, Visitor) {
	return func(c *cursor, v Visitor) {
		c.bytes(headBytes)
		packed(listpacked, 3)(c, &turns{Visitor: v, cursor: c, last: 2, do: func(text []byte) {
			if string(text) != "0" {
				c.fail(ErrFieldExpiry)
			}
		}})
	}
}

// turns is a Visitor that hands on texts but for the last of each group, which
// is another thing's text.
type turns struct {
	Visitor
	cursor   *cursor
	at, last int
	do       func(text []byte)
}

// Text is the next text of a group.
func (t *turns) Text(text []byte) {
	if t.at < t.last {
		t.at++
		t.Visitor.Text(text)
		return
	}
	t.at = 0
	if t.cursor.err == nil {
		t.do(text)
	}
}

// listpacked reads a listpack.
func listpacked(c *cursor, p []byte, v Visitor) (elements int) {
	if listpack.Validate(p) != nil {
		c.fail(ErrFormat)
		return 0
	}
	var scratch [maxIntegerBytes]byte
	for at := listpack.First; at < listpack.End(p); elements++ {
		var e listpack.Value
		e, at = listpack.Read(p, at)
		v.Text(e.Bytes(scratch[:]))
	}
	return elements
}

// An intset is the width of a member in bytes and their number, each in 4
// bytes, then the members ascending; all little-endian.
const intsetHeadBytes = 8

func intset(c *cursor, p []byte, v Visitor) (elements int) {
	if len(p) < intsetHeadBytes {
		c.fail(ErrFormat)
		return 0
	}
	width, n := binary.LittleEndian.Uint32(p), uint64(binary.LittleEndian.Uint32(p[4:]))
	members := p[intsetHeadBytes:]
	if width != 2 && width != 4 && width != 8 || n*uint64(width) != uint64(len(members)) {
		c.fail(ErrFormat)
		return 0
	}
	var scratch [maxIntegerBytes]byte
	for before := int64(0); len(members) > 0; elements++ {
		member := littleEndian(members[:width])
		if elements > 0 && member <= before {
			c.fail(ErrFormat)
			return elements
		}
		v.Text(strconv.AppendInt(scratch[:0], member, 10))
		before, members = member, members[width:]
	}
	return elements
}

// littleEndian is a signed integer of up to 8 bytes.
func littleEndian(p []byte) int64 {
	u := uint64(0)
	for i, b := range p {
		u |= uint64(b) << (8 * i)
	}
	unused := 64 - 8*len(p)
	return int64(u<<unused) >> unused
}

// ziplists reads a list of several ziplists.
func ziplists(c *cursor, v Visitor) {
	for n := c.count(1); n > 0 && c.err == nil; n-- {
		packed(ziplist, 1)(c, v)
	}
}

// What a node of TypeListNodes is.
const (
	nodePlain  = 1 // one element
	nodePacked = 2 // a listpack
)

func nodes(c *cursor, v Visitor) {
	for n := c.count(2); n > 0 && c.err == nil; n-- {
		switch container := c.length(); {
		case container == nodePacked:
			packed(listpacked, 1)(c, v)
		case container == nodePlain:
			if text := c.string(); c.err == nil {
				v.Text(text)
			}
		default:
			c.fail(ErrFormat)
		}
	}
}
