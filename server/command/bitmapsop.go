package command

import (
	"crypto/subtle"
	"encoding/binary"

	"slotbench/server/store"
)

// bitOps is what BITOP can do: each puts a further source into the result,
// which is as long as the longest source and began as the first.
var bitOps = []struct {
	name string
	mix  func(result, source []byte)
}{
	{"and", andBits},
	{"or", orBits},
	{"xor", func(result, source []byte) { subtle.XORBytes(result, result, source) }},
	{"not", nil},
}

func bitOp(c *Context) {
	at := 0
	for at < len(bitOps) && !isWord(c.Args[1], bitOps[at].name) {
		at++
	}
	if at == len(bitOps) {
		c.Error(errSyntax)
		return
	}
	op, sources := bitOps[at], c.Args[3:]
	if op.mix == nil && len(sources) > 1 {
		c.Error("ERR BITOP NOT must be called with a single source key.")
		return
	}
	longest := 0
	for _, key := range sources {
		value, _, ok := c.String(key)
		if !ok {
			return
		}
		longest = max(longest, len(value))
	}
	key := c.Args[2]
	if longest == 0 {
		c.TableOf(key).Delete(key)
		c.Int(0)
		return
	}
	result := make([]byte, longest) // the destination may be a source too
	for i, source := range sources {
		e, _ := c.TableOf(source).Peek(source)
		switch {
		case op.mix == nil:
			notBits(result, e.Value)
		case i == 0:
			copy(result, e.Value)
		default:
			op.mix(result, e.Value)
		}
	}
	c.TableOf(key).Set(key, store.Entry{Type: store.String, Form: store.Changed, Value: result})
	c.Int(int64(longest))
}

// andBits keeps the bits of result that source has too; what lies behind its
// end is zero.
func andBits(result, source []byte) {
	clear(result[len(source):])
	n := 0
	for ; len(source)-n >= 8; n += 8 {
		binary.LittleEndian.PutUint64(result[n:],
			binary.LittleEndian.Uint64(result[n:])&binary.LittleEndian.Uint64(source[n:]))
	}
	for ; n < len(source); n++ {
		result[n] &= source[n]
	}
}

func orBits(result, source []byte) {
	n := 0
	for ; len(source)-n >= 8; n += 8 {
		binary.LittleEndian.PutUint64(result[n:],
			binary.LittleEndian.Uint64(result[n:])|binary.LittleEndian.Uint64(source[n:]))
	}
	for ; n < len(source); n++ {
		result[n] |= source[n]
	}
}

func notBits(result, source []byte) {
	n := 0
	for ; len(source)-n >= 8; n += 8 {
		binary.LittleEndian.PutUint64(result[n:], ^binary.LittleEndian.Uint64(source[n:]))
	}
	for ; n < len(source); n++ {
		result[n] = ^source[n]
	}
}
