package command

import (
	"bytes"

	"slotbench/server/store"
)

// The errors of the bitmap group, as Redis words them.
const (
	errBitOffset = "ERR bit offset is not an integer or out of range"
	errBit       = "ERR bit is not an integer or out of range"
)

// maxBits is how many bits a value has room for.
const maxBits = store.MaxValueBytes * 8

// bitmapCommands is the bitmap group: a String as a row of bits, of which the
// first is the highest of the first byte.
func bitmapCommands() []Command {
	rows := []Command{
		{Name: "setbit", Arity: 4, Flags: Write | DenyOOM, First: 1, Last: 1, Step: 1, KeySpec: "RW ACCESS UPDATE", Run: setBit,
			Since: "2.2.0", Complexity: "O(1)", Summary: "Set a bit and answer what it was", Syntax: "key offset value"},
		{Name: "getbit", Arity: 3, Flags: ReadOnly | Fast, First: 1, Last: 1, Step: 1, KeySpec: "RO ACCESS", Run: getBit,
			Since: "2.2.0", Complexity: "O(1)", Summary: "A bit of a value", Syntax: "key offset"},
		{Name: "bitcount", Arity: -2, Flags: ReadOnly, First: 1, Last: 1, Step: 1, KeySpec: "RO ACCESS", Run: bitCount,
			Since: "2.6.0", Complexity: "O(N) in the bytes", Summary: "How many bits are set", Syntax: "key [start end [BYTE|BIT]]"},
		{Name: "bitpos", Arity: -3, Flags: ReadOnly, First: 1, Last: 1, Step: 1, KeySpec: "RO ACCESS", Run: bitPos,
			Since: "2.8.7", Complexity: "O(N) in the bytes", Summary: "The first bit that is set, or clear", Syntax: "key bit [start [end [BYTE|BIT]]]"},
		{Name: "bitop", Arity: -4, Flags: Write | DenyOOM, First: 2, Last: -1, Step: 1, KeySpec: "OW UPDATE|RO ACCESS", Run: bitOp,
			Since: "2.6.0", Complexity: "O(N) in the bytes", Summary: "Combine values bit by bit and store what comes out",
			Syntax: "AND|OR|XOR|NOT destkey key [key ...]"},
		{Name: "bitfield", Arity: -2, Flags: Write | DenyOOM, First: 1, Last: 1, Step: 1, KeySpec: "RW ACCESS UPDATE VARIABLE_FLAGS", Run: bitField,
			Since: "3.2.0", Complexity: "O(1) an operation", Summary: "Read and change integers of any width in a value",
			Syntax: "key [GET encoding offset | [OVERFLOW WRAP|SAT|FAIL] SET encoding offset value | INCRBY encoding offset increment ...]"},
		{Name: "bitfield_ro", Arity: -2, Flags: ReadOnly | Fast, First: 1, Last: 1, Step: 1, KeySpec: "RO ACCESS", Run: bitField,
			Since: "6.0.0", Complexity: "O(1) an operation", Summary: "Read integers of any width in a value",
			Syntax: "key [GET encoding offset [GET encoding offset ...]]"},
	}
	for i := range rows {
		rows[i].Group = GroupBitmap
	}
	return rows
}

// bitOffset reads the position of a bit. Where there are fields of width bits,
// #N is that of the N-th field.
func (c *Context) bitOffset(at, width int) (offset int64, ok bool) {
	text := c.Args[at]
	unit := int64(1)
	if width > 0 {
		if rest, counted := bytes.CutPrefix(text, []byte("#")); counted {
			text, unit = rest, int64(width)
		}
	}
	n, ok := parseInt(text)
	if !ok || n < 0 || n >= (maxBits+unit-1)/unit {
		c.Error(errBitOffset)
		return 0, false
	}
	return n * unit, true
}

// mask is a bit in its byte.
func mask(offset int64) byte { return 0x80 >> (offset & 7) }

func setBit(c *Context) {
	offset, ok := c.bitOffset(2, 0)
	if !ok {
		return
	}
	on, ok := parseInt(c.Args[3])
	if !ok || on&^1 != 0 {
		c.Error(errBit)
		return
	}
	bitmap, ok := c.openBitmap(c.Args[1], offset+1)
	if !ok {
		return
	}
	old := int64(0)
	if at := offset >> 3; bitmap.at(at)&mask(offset) != 0 {
		old = 1
	}
	if bitmap.longer || bitmap.embedded || old != on {
		if value := bitmap.write(); on == 1 {
			value[offset>>3] |= mask(offset)
		} else {
			value[offset>>3] &^= mask(offset)
		}
	}
	c.Int(old)
}

// bitmap is a String that is about to be changed in place, up to a bit.
type bitmap struct {
	table    store.Table
	key      []byte
	value    []byte // as it was: borrowed
	bytes    int    // its length afterwards
	longer   bool   // than before
	embedded bool   // it becomes raw, even if no bit changes
}

// openBitmap looks up a String that must have room for so many bits. When ok
// is false the error is already the reply.
func (c *Context) openBitmap(key []byte, bits int64) (b bitmap, ok bool) {
	e, found := c.Lookup(key)
	if found && e.Type != store.String {
		c.WrongType()
		return b, false
	}
	b = bitmap{table: c.TableOf(key), key: key, value: e.Value, bytes: max(len(e.Value), int((bits+7)>>3))}
	b.longer = !found || b.bytes > len(e.Value)
	b.embedded = found && e.Form != store.Changed && len(e.Value) <= maxEmbedded
	return b, true
}

// at is a byte of the value: 0 behind its end.
func (b *bitmap) at(i int64) byte {
	if i >= int64(len(b.value)) {
		return 0
	}
	return b.value[i]
}

// write is the value to be written to.
func (b *bitmap) write() []byte { return b.table.Resize(b.key, b.bytes, store.Changed) }

func getBit(c *Context) {
	offset, ok := c.bitOffset(2, 0)
	if !ok {
		return
	}
	value, _, ok := c.String(c.Args[1])
	if !ok {
		return
	}
	if at := offset >> 3; at < int64(len(value)) && value[at]&mask(offset) != 0 {
		c.Int(1)
		return
	}
	c.Int(0)
}
