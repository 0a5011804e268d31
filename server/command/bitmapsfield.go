package command

import (
	"encoding/binary"
	"math"
)

const errFieldType = "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is."

// overflowRule is what becomes of a number that its field has no room for.
type overflowRule uint8

const (
	overflowWrap overflowRule = iota
	overflowSaturate
	overflowFail
)

// fieldVerb is what is done to a field.
type fieldVerb uint8

const (
	fieldGet fieldVerb = iota
	fieldSet
	fieldIncrement
)

// fieldOp is one operation of BITFIELD.
type fieldOp struct {
	verb   fieldVerb
	signed bool
	width  int // bits
	offset int64
	number int64
	rule   overflowRule
}

// end is the bit behind the field.
func (op fieldOp) end() int64 { return op.offset + int64(op.width) }

// bitField is BITFIELD and BITFIELD_RO.
func bitField(c *Context) {
	var few [4]fieldOp // no memory for the frequent case
	ops, ok := c.fieldOps(few[:0])
	if !ok {
		return
	}
	end := int64(0) // of what is written; 0: nothing is
	for _, op := range ops {
		if op.verb != fieldGet {
			end = max(end, op.end())
		}
	}
	if end == 0 {
		value, _, ok := c.String(c.Args[1])
		if !ok {
			return
		}
		c.Array(len(ops))
		for _, op := range ops {
			c.fieldNumber(op, readField(value, op.offset, op.width))
		}
		return
	}
	if c.Command.Flags&ReadOnly != 0 {
		c.Error("ERR BITFIELD_RO only supports the GET subcommand")
		return
	}
	if end > maxBits {
		c.Error(errBitOffset)
		return
	}
	b, ok := c.openBitmap(c.Args[1], end)
	if !ok {
		return
	}
	c.Array(len(ops))
	c.changeFields(&b, ops)
}

// changeFields runs operations some of which write.
func (c *Context) changeFields(b *bitmap, ops []fieldOp) {
	value := b.value
	written := false
	if b.longer || b.embedded {
		value, written = b.write(), true
	}
	for _, op := range ops {
		old := readField(value, op.offset, op.width)
		if op.verb == fieldGet {
			c.fieldNumber(op, old)
			continue
		}
		next, overflow := op.result(old)
		if overflow && op.rule == overflowFail {
			c.Null()
			continue
		}
		if next != old {
			if !written {
				value, written = b.write(), true
			}
			writeField(value, op.offset, op.width, next)
		}
		if op.verb == fieldSet {
			next = old
		}
		c.fieldNumber(op, next)
	}
}

// fieldOps reads the operations. When ok is false the error is already the
// reply.
func (c *Context) fieldOps(ops []fieldOp) (_ []fieldOp, ok bool) {
	rule := overflowWrap
	for at := 2; at < len(c.Args); at++ {
		op := fieldOp{rule: rule}
		word, left := c.Args[at], len(c.Args)-at-1
		switch {
		case isWord(word, "get") && left >= 2:
			op.verb = fieldGet
		case isWord(word, "set") && left >= 3:
			op.verb = fieldSet
		case isWord(word, "incrby") && left >= 3:
			op.verb = fieldIncrement
		case isWord(word, "overflow") && left >= 1:
			at++
			if rule, ok = c.overflowRule(c.Args[at]); !ok {
				return nil, false
			}
			continue
		default:
			c.Error(errSyntax)
			return nil, false
		}
		if op.signed, op.width, ok = parseFieldType(c.Args[at+1]); !ok {
			c.Error(errFieldType)
			return nil, false
		}
		if op.offset, ok = c.bitOffset(at+2, op.width); !ok {
			return nil, false
		}
		at += 2
		if op.verb != fieldGet {
			at++
			if op.number, ok = c.IntArg(at); !ok {
				return nil, false
			}
		}
		ops = append(ops, op)
	}
	return ops, true
}

func (c *Context) overflowRule(word []byte) (overflowRule, bool) {
	switch {
	case isWord(word, "wrap"):
		return overflowWrap, true
	case isWord(word, "sat"):
		return overflowSaturate, true
	case isWord(word, "fail"):
		return overflowFail, true
	}
	c.Error("ERR Invalid OVERFLOW type specified")
	return 0, false
}

// parseFieldType reads i1 … i64 or u1 … u63.
func parseFieldType(text []byte) (signed bool, width int, ok bool) {
	if len(text) == 0 || text[0] != 'i' && text[0] != 'u' {
		return false, 0, false
	}
	signed = text[0] == 'i'
	most := int64(63)
	if signed {
		most = 64
	}
	n, ok := parseInt(text[1:])
	return signed, int(n), ok && n >= 1 && n <= most
}

// readField is the bits of a field as they stand; what lies behind the end of
// the value is zero. Nine bytes hold any field.
func readField(value []byte, offset int64, width int) uint64 {
	var window [9]byte
	if at := offset >> 3; at < int64(len(value)) {
		copy(window[:], value[at:])
	}
	shift := uint(offset & 7)
	x := binary.BigEndian.Uint64(window[:])<<shift | uint64(window[8])>>(8-shift)
	return x >> (64 - width)
}

// writeField writes the low bits of x to a field.
func writeField(value []byte, offset int64, width int, x uint64) {
	var window [9]byte
	part := value[offset>>3:]
	n := copy(window[:], part)
	shift := uint(offset & 7)
	ones, x := uint64(math.MaxUint64)<<(64-width), x<<(64-width)
	word := binary.BigEndian.Uint64(window[:])
	binary.BigEndian.PutUint64(window[:], word&^(ones>>shift)|x>>shift)
	window[8] = window[8]&^byte(ones<<(8-shift)) | byte(x<<(8-shift))
	copy(part[:n], window[:])
}

// extended is a field's bits as a number in 64.
func (op fieldOp) extended(x uint64) uint64 {
	if !op.signed {
		return x
	}
	unused := 64 - op.width
	return uint64(int64(x<<unused) >> unused)
}

// result is the bits that SET or INCRBY make of a field, by its rule, and
// whether the number had no room in it.
func (op fieldOp) result(old uint64) (bits uint64, overflow bool) {
	base, by := op.extended(old), op.number
	if op.verb == fieldSet {
		base, by = uint64(op.number), 0
	}
	sum := base + uint64(by)
	above, below := op.outside(base, by, sum)
	mask := uint64(math.MaxUint64) >> (64 - op.width)
	switch {
	case op.rule != overflowSaturate || !above && !below:
		return sum & mask, above || below
	case op.signed && above:
		return mask >> 1, true
	case op.signed:
		return mask>>1 + 1, true
	case above:
		return mask, true
	}
	return 0, true
}

// outside says whether base + by, which is sum modulo 2^64, is above or below
// what the field has room for.
func (op fieldOp) outside(base uint64, by int64, sum uint64) (above, below bool) {
	if op.signed {
		switch b, s := int64(base), int64(sum); {
		case by > 0 && s < b:
			return true, false
		case by < 0 && s > b:
			return false, true
		default:
			highest := int64(math.MaxInt64) >> (64 - op.width)
			if by == 0 && op.width < 64 && s < highest+math.MinInt64+1 {
				return true, false // SET in Redis, whose distance to highest overflows
			}
			return s > highest, s < -highest-1
		}
	}
	if by < 0 {
		below = base < -uint64(by)
		return !below && sum>>op.width != 0, below
	}
	return sum>>op.width != 0, false
}

func (c *Context) fieldNumber(op fieldOp, bits uint64) { c.Int(int64(op.extended(bits))) }
