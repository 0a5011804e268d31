package rdb

import (
	"encoding/binary"
	"math"
	"strconv"
)

// Visitor is handed a value's elements in their order.
type Visitor interface {
	// Text is a string itself, an element of a list, a member of a set or of a
	// sorted set, or a hash's fields and values by turns. It is borrowed until
	// Text returns.
	Text(text []byte)
	// Score is that of the member before it.
	Score(score float64)
}

// Walk reads the value of a type at the start of p, which a server of a
// version wrote, and hands out its elements. size is how many bytes of p it
// took. An error may come when elements were handed out already. Walk does not
// ask whether they are all different or in the order that the kind wants, nor
// whether there are any.
func Walk(v Visitor, t Type, version uint16, p []byte) (kind Kind, size int, err error) {
	return new(cursor).walk(v, t, version, p)
}

func (c *cursor) walk(v Visitor, t Type, version uint16, p []byte) (kind Kind, size int, err error) {
	l := layoutOf(t, version)
	if l.walk == nil {
		if l.why == nil {
			return None, 0, ErrFormat
		}
		return l.kind, 0, l.why
	}
	c.rest, c.err = p, nil
	l.walk(c, v)
	if c.err != nil {
		return l.kind, 0, c.err
	}
	size = len(p) - len(c.rest)
	c.rest = nil
	return l.kind, size, nil
}

// layout is how a type is read.
type layout struct {
	kind Kind
	walk func(*cursor, Visitor)
	why  error // it is not read
}

var layouts = [...]layout{
	TypeString:                {kind: String, walk: func(c *cursor, v Visitor) { v.Text(c.string()) }},
	TypeList:                  {kind: List, walk: texts(1)},
	TypeSet:                   {kind: Set, walk: texts(1)},
	TypeSortedSetText:         {kind: SortedSet, walk: scored((*cursor).textDouble)},
	TypeHash:                  {kind: Hash, walk: texts(2)},
	TypeSortedSet:             {kind: SortedSet, walk: scored((*cursor).double)},
	typeModule:                {kind: Module, why: ErrModule},
	typeModule2:               {kind: Module, why: ErrModule},
	TypeHashZipmap:            {kind: Hash, walk: packed(zipmap, 2)},
	TypeListZiplist:           {kind: List, walk: packed(ziplist, 1)},
	TypeSetIntset:             {kind: Set, walk: packed(intset, 1)},
	TypeSortedSetZiplist:      {kind: SortedSet, walk: packedScored(ziplist)},
	TypeHashZiplist:           {kind: Hash, walk: packed(ziplist, 2)},
	TypeListZiplists:          {kind: List, walk: ziplists},
	typeStream:                {kind: Stream, why: ErrStream},
	TypeHashListpack:          {kind: Hash, walk: packed(listpacked, 2)},
	TypeSortedSetListpack:     {kind: SortedSet, walk: packedScored(listpacked)},
	TypeListNodes:             {kind: List, walk: nodes},
	typeStream2:               {kind: Stream, why: ErrStream},
	TypeSetListpack:           {kind: Set, walk: packed(listpacked, 1)},
	typeStream3:               {kind: Stream, why: ErrStream},
	typeHashExpiring0:         {kind: Hash, walk: expiring(0)},
	typeHashListpackExpiring0: {kind: Hash, walk: packedExpiring(0)},
	typeHashExpiring:          {kind: Hash, walk: expiring(millisBytes)},
	typeHashListpackExpiring:  {kind: Hash, walk: packedExpiring(millisBytes)},
	typeStream4:               {kind: Stream, why: ErrStream},
}

func layoutOf(t Type, version uint16) layout {
	switch {
	case t == typeHashExpiring0 && version >= valkeyVersion:
		return layout{kind: Hash, walk: valkeyExpiring}
	case int(t) < len(layouts):
		return layouts[t]
	}
	return layout{}
}

// cursor reads a value from front to back. After an error it holds nothing
// more, and what it reads is empty.
type cursor struct {
	rest []byte
	err  error
	text []byte // the last string that does not stand in rest as it is
}

func (c *cursor) fail(err error) {
	if c.err == nil {
		c.rest, c.err = nil, err
	}
}

func (c *cursor) length() uint64 {
	n, size := ReadLength(c.rest)
	if size == 0 {
		c.fail(ErrFormat)
		return 0
	}
	c.rest = c.rest[size:]
	return n
}

// count reads how many elements follow, of so many bytes at least.
func (c *cursor) count(elementBytes int) int {
	n := c.length()
	if n > uint64(len(c.rest)/elementBytes) {
		c.fail(ErrFormat)
		return 0
	}
	return int(n)
}

// bytes reads n bytes; where there are fewer, none.
func (c *cursor) bytes(n int) []byte {
	if n > len(c.rest) {
		c.fail(ErrFormat)
		return nil
	}
	p := c.rest[:n:n]
	c.rest = c.rest[n:]
	return p
}

// string reads a string, which is borrowed until the next is read.
func (c *cursor) string() []byte {
	if len(c.rest) > 0 && c.rest[0] < encoded {
		n := c.length()
		if n > MaxString {
			c.fail(ErrFormat)
			return nil
		}
		return c.bytes(int(n))
	}
	text, size, err := ReadString(c.text[:0], c.rest)
	if err != nil {
		c.fail(err)
		return nil
	}
	c.text, c.rest = text, c.rest[size:]
	return text
}

const (
	doubleBytes = 8
	millisBytes = 8 // of a time
)

// double reads a score.
func (c *cursor) double() float64 {
	p := c.bytes(doubleBytes)
	if p == nil {
		return 0
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(p))
}

// A score as text begins with its length, or with what it is.
const (
	textNaN         = 253
	textInfinity    = 254
	textNegInfinity = 255
)

func (c *cursor) textDouble() float64 {
	p := c.bytes(1)
	switch {
	case p == nil:
		return 0
	case p[0] == textNaN:
		return math.NaN()
	case p[0] == textInfinity:
		return math.Inf(1)
	case p[0] == textNegInfinity:
		return math.Inf(-1)
	}
	return c.parseDouble(c.bytes(int(p[0])))
}

func (c *cursor) parseDouble(text []byte) float64 {
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		c.fail(ErrFormat)
	}
	return f
}

// score hands out a score that is a number.
func (c *cursor) score(v Visitor, f float64) {
	if math.IsNaN(f) {
		c.fail(ErrFormat)
	}
	if c.err == nil {
		v.Score(f)
	}
}

// texts reads elements of so many strings.
func texts(each int) func(*cursor, Visitor) {
	return func(c *cursor, v Visitor) {
		for n := c.count(each) * each; n > 0 && c.err == nil; n-- {
			if text := c.string(); c.err == nil {
				v.Text(text)
			}
		}
	}
}

// scored reads members and scores.
func scored(score func(*cursor) float64) func(*cursor, Visitor) {
	return func(c *cursor, v Visitor) {
		for n := c.count(2); n > 0 && c.err == nil; n-- {
			v.Text(c.string())
			c.score(v, score(c))
		}
	}
}

// expiring reads fields and values with the time before each at which the
// field expires, 0 for never; headBytes before them all.
func expiring(headBytes int) func(*cursor, Visitor) {
	return func(c *cursor, v Visitor) {
		c.bytes(headBytes)
		for n := c.count(3); n > 0 && c.err == nil; n-- {
			if c.length() != 0 {
				c.fail(ErrFieldExpiry)
			}
			v.Text(c.string())
			v.Text(c.string())
		}
	}
}

// valkeyExpiring reads fields and values with the time behind each at which
// the field expires, -1 for never.
func valkeyExpiring(c *cursor, v Visitor) {
	for n := c.count(2 + millisBytes); n > 0 && c.err == nil; n-- {
		v.Text(c.string())
		v.Text(c.string())
		if at := c.bytes(millisBytes); at != nil && binary.LittleEndian.Uint64(at) != math.MaxUint64 {
			c.fail(ErrFieldExpiry)
		}
	}
}
