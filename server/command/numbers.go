package command

import (
	"bytes"
	"math"
	"math/big"
	"strconv"

	"slotbench/server/store"
)

const errOverflow = "ERR increment or decrement would overflow"

// numberCommands is the string group's commands on values that are numbers.
func numberCommands() []Command {
	rows := []Command{
		{Name: "incr", Arity: 2, Flags: Write | DenyOOM | Fast, First: 1, Last: 1, Step: 1, KeySpec: "RW ACCESS UPDATE",
			Run:   func(c *Context) { c.increment(1) },
			Since: "1.0.0", Complexity: "O(1)", Summary: "Add one to an integer", Syntax: "key"},
		{Name: "decr", Arity: 2, Flags: Write | DenyOOM | Fast, First: 1, Last: 1, Step: 1, KeySpec: "RW ACCESS UPDATE",
			Run:   func(c *Context) { c.increment(-1) },
			Since: "1.0.0", Complexity: "O(1)", Summary: "Take one from an integer", Syntax: "key"},
		{Name: "incrby", Arity: 3, Flags: Write | DenyOOM | Fast, First: 1, Last: 1, Step: 1, KeySpec: "RW ACCESS UPDATE", Run: incrBy,
			Since: "1.0.0", Complexity: "O(1)", Summary: "Add to an integer", Syntax: "key increment"},
		{Name: "decrby", Arity: 3, Flags: Write | DenyOOM | Fast, First: 1, Last: 1, Step: 1, KeySpec: "RW ACCESS UPDATE", Run: decrBy,
			Since: "1.0.0", Complexity: "O(1)", Summary: "Take from an integer", Syntax: "key decrement"},
		{Name: "incrbyfloat", Arity: 3, Flags: Write | DenyOOM | Fast, First: 1, Last: 1, Step: 1, KeySpec: "RW ACCESS UPDATE", Run: incrByFloat,
			Since: "2.6.0", Complexity: "O(1)", Summary: "Add to a number", Syntax: "key increment"},
	}
	for i := range rows {
		rows[i].Group = GroupString
	}
	return rows
}

func incrBy(c *Context) {
	if by, ok := c.IntArg(2); ok {
		c.increment(by)
	}
}

func decrBy(c *Context) {
	by, ok := c.IntArg(2)
	if !ok {
		return
	}
	if by == math.MinInt64 {
		c.Error("ERR decrement would overflow")
		return
	}
	c.increment(-by)
}

// increment adds to the integer that a key holds; an absent one holds 0.
func (c *Context) increment(by int64) {
	key := c.Args[1]
	value, found, ok := c.String(key)
	if !ok {
		return
	}
	n := int64(0)
	if found {
		if n, ok = parseInt(value); !ok {
			c.Error(errNotInt)
			return
		}
	}
	if by > 0 && n > math.MaxInt64-by || by < 0 && n < math.MinInt64-by {
		c.Error(errOverflow)
		return
	}
	c.rewrite(key, strconv.AppendInt(c.scratch[:0], n+by, 10))
	c.Int(n + by)
}

// rewrite changes a String and keeps its expiry.
func (c *Context) rewrite(key, value []byte) {
	copy(c.TableOf(key).Resize(key, len(value), store.Plain), value)
}

// The arithmetic of INCRBYFLOAT is that of an 80-bit long double, which is
// what Redis computes with, so that both answer the same digits.
const (
	longDoubleBits   = 64    // of the mantissa
	longDoubleMaxExp = 16384 // of two
	longDoubleMinExp = -16445
	longDoubleDigits = 17 // behind the point, of which trailing zeros are cut
	maxNumberBytes   = 5 << 10
)

func incrByFloat(c *Context) {
	key := c.Args[1]
	value, found, ok := c.String(key)
	if !ok {
		return
	}
	sum := new(big.Float).SetPrec(longDoubleBits)
	if found {
		if sum, ok = parseLongDouble(value); !ok {
			c.Error(errNotFloat)
			return
		}
	}
	by, ok := parseLongDouble(c.Args[2])
	if !ok {
		c.Error(errNotFloat)
		return
	}
	if sum.IsInf() || by.IsInf() || sum.Add(sum, by).MantExp(nil) > longDoubleMaxExp {
		c.Error("ERR increment would produce NaN or Infinity")
		return
	}
	text := formatLongDouble(sum)
	copy(c.TableOf(key).Resize(key, len(text), store.Text), text)
	c.Bulk(text)
}

// parseLongDouble reads a decimal number or an infinity as strtold does.
func parseLongDouble(text []byte) (*big.Float, bool) {
	if len(text) == 0 || len(text) >= maxNumberBytes {
		return nil, false
	}
	unsigned := bytes.TrimLeft(text, "+-")
	if isWord(unsigned, "inf") || isWord(unsigned, "infinity") {
		return new(big.Float).SetInf(text[0] == '-'), len(text)-len(unsigned) <= 1
	}
	for _, b := range text {
		if !bytes.ContainsRune([]byte("0123456789+-.eE"), rune(b)) {
			return nil, false
		}
	}
	f, _, err := big.ParseFloat(string(text), 10, longDoubleBits, big.ToNearestEven)
	if err != nil || f.IsInf() {
		return nil, false
	}
	exp := f.MantExp(nil)
	return f, exp >= longDoubleMinExp && exp <= longDoubleMaxExp // 0 for zero
}

// formatLongDouble writes a number without exponent and without trailing
// zeros.
func formatLongDouble(f *big.Float) []byte {
	text := f.Append(nil, 'f', longDoubleDigits)
	text = bytes.TrimRight(text, "0")
	text = bytes.TrimSuffix(text, []byte("."))
	if string(text) == "-0" {
		return []byte("0")
	}
	return text
}
