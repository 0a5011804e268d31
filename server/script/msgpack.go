package script

import (
	"encoding/binary"
	"math"

	lua "github.com/yuin/gopher-lua"
)

var msgpackLibrary = library{
	name: "cmsgpack",
	functions: map[string]function{
		"pack": msgpackPack, "unpack": msgpackUnpack, "unpack_one": msgpackUnpackOne, "unpack_limit": msgpackUnpackLimit,
	},
	constants: map[string]lua.LValue{
		"_NAME": lua.LString("cmsgpack"), "_VERSION": lua.LString("lua-cmsgpack 0.4.0"),
		"_COPYRIGHT": lua.LString(""), "_DESCRIPTION": lua.LString("MessagePack for Lua"),
	},
}

// The limits of MessagePack.
const (
	maxPackDepth   = 16   // what nests deeper is packed as nil
	maxUnpackDepth = 7900 // about where Lua's stack ends in Redis
)

func msgpackPack(f frame) int {
	top := f.L.GetTop()
	if top == 0 {
		f.bad(0, "MessagePack pack needs input.")
	}
	b := f.build[:0]
	for i := 1; i <= top; i++ {
		b = f.appendPacked(b, f.L.Get(i), 0)
	}
	f.build = b
	return f.pushText(b)
}

func (f frame) appendPacked(b []byte, v lua.LValue, depth int) []byte {
	if len(b) > MaxStringBytes {
		f.fail("not enough memory")
	}
	switch v := v.(type) {
	case lua.LString:
		return append(appendPackedLength(b, len(v), 0xa0, 31, 0xd9, 0xda, 0xdb), v...)
	case lua.LNumber:
		return appendPackedNumber(b, float64(v))
	case lua.LBool:
		if v {
			return append(b, 0xc3)
		}
		return append(b, 0xc2)
	case *lua.LTable:
		if depth < maxPackDepth {
			return f.appendPackedTable(b, f.shown(v), depth)
		}
	}
	return append(b, 0xc0)
}

func (f frame) appendPackedTable(b []byte, t *lua.LTable, depth int) []byte {
	items, most, list := shapeOf(t)
	if list && items == most {
		b = appendPackedLength(b, items, 0x90, 15, 0, 0xdc, 0xdd)
		for i := range items {
			b = f.appendPacked(b, t.RawGetInt(i+1), depth+1)
		}
		return b
	}
	b = appendPackedLength(b, items, 0x80, 15, 0, 0xde, 0xdf)
	for key, value := t.Next(lua.LNil); key != lua.LNil; key, value = t.Next(key) {
		b = f.appendPacked(b, key, depth+1)
		b = f.appendPacked(b, value, depth+1)
	}
	return b
}

// shapeOf is how many items a table has and, if all keys are whole numbers
// from 1 up, the largest.
func shapeOf(t *lua.LTable) (items, most int, list bool) {
	list = true
	for key, _ := t.Next(lua.LNil); key != lua.LNil; key, _ = t.Next(key) {
		items++
		n, ok := key.(lua.LNumber)
		if !ok || n < 1 || n != lua.LNumber(math.Floor(float64(n))) || n > math.MaxInt32 {
			list = false
			continue
		}
		most = max(most, int(n))
	}
	return items, most, list
}

// appendPackedLength appends the head of a string, array or map: one byte for
// short ones, then 8 (if there is such a code), 16 and 32 bits.
func appendPackedLength(b []byte, n int, short byte, most int, code8, code16, code32 byte) []byte {
	switch {
	case n <= most:
		return append(b, short|byte(n))
	case n <= math.MaxUint8 && code8 != 0:
		return append(b, code8, byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(b, code16), uint16(n))
	}
	return binary.BigEndian.AppendUint32(append(b, code32), uint32(n))
}

func appendPackedNumber(b []byte, f float64) []byte {
	n := truncate(f)
	if float64(n) != f || f >= math.MaxInt64 {
		if single := float32(f); float64(single) == f {
			return binary.BigEndian.AppendUint32(append(b, 0xca), math.Float32bits(single))
		}
		return binary.BigEndian.AppendUint64(append(b, 0xcb), math.Float64bits(f))
	}
	switch {
	case n >= 0 && n <= 127, n < 0 && n >= -32:
		return append(b, byte(n))
	case n >= 0 && n <= math.MaxUint8:
		return append(b, 0xcc, byte(n))
	case n >= 0 && n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(b, 0xcd), uint16(n))
	case n >= 0 && n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(b, 0xce), uint32(n))
	case n >= 0:
		return binary.BigEndian.AppendUint64(append(b, 0xcf), uint64(n))
	case n >= math.MinInt8:
		return append(b, 0xd0, byte(n))
	case n >= math.MinInt16:
		return binary.BigEndian.AppendUint16(append(b, 0xd1), uint16(n))
	case n >= math.MinInt32:
		return binary.BigEndian.AppendUint32(append(b, 0xd2), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(b, 0xd3), uint64(n))
}

func msgpackUnpack(f frame) int {
	n, _ := f.unpack(f.str(1), 0, 0)
	return n
}

func msgpackUnpackOne(f frame) int { return f.unpackSome(f.str(1), 1, f.optInt(2, 0)) }

func msgpackUnpackLimit(f frame) int {
	return f.unpackSome(f.str(1), f.integer(2), f.optInt(3, 0))
}

// unpackSome unpacks from an offset and says before the values where to go on,
// -1 at the end.
func (f frame) unpackSome(data string, limit, offset int) int {
	switch {
	case offset < 0 || limit < 0:
		f.fail("Invalid request to unpack with offset of %d and limit of %d.", offset, len(data))
	case offset > len(data):
		f.fail("Start offset %d greater than input length %d.", offset, len(data))
	}
	base := f.L.GetTop()
	n, at := f.unpack(data, limit, offset)
	if at >= len(data) {
		at = -1
	}
	if limit > 0 {
		f.L.Insert(number(float64(at)), base+1)
		return n + 1
	}
	return n
}

// unpack pushes up to limit values (0: all) and returns their number, and
// where it stopped.
func (f frame) unpack(data string, limit, offset int) (n, at int) {
	u := unpacker{f: f, data: data, at: offset}
	for u.at < len(data) && (limit == 0 || n < limit) {
		if n >= maxResults {
			f.fail("too many results to unpack")
		}
		f.L.Push(u.value(0))
		n++
	}
	return n, u.at
}

// unpacker reads MessagePack.
type unpacker struct {
	f    frame
	data string
	at   int
}

// take is the next n bytes.
func (u *unpacker) take(n int) string {
	if n > len(u.data)-u.at {
		u.f.fail("Missing bytes in input.")
	}
	u.at += n
	return u.data[u.at-n : u.at]
}

func (u *unpacker) uint(size int) uint64 { return wordOf(u.take(size), true) }

func (u *unpacker) value(depth int) lua.LValue {
	u.f.budget.spend(1)
	if depth > maxUnpackDepth {
		u.f.fail("stack overflow (in function mp_decode_to_lua_type)")
	}
	c := u.take(1)[0]
	switch {
	case c < 0x80:
		return small[c]
	case c >= 0xe0:
		return number(float64(int8(c)))
	case c < 0x90:
		return u.mapOf(int(c&15), depth)
	case c < 0xa0:
		return u.array(int(c&15), depth)
	case c < 0xc0:
		return lua.LString(u.take(int(c & 31)))
	}
	switch c {
	case 0xc0:
		return lua.LNil
	case 0xc2:
		return lua.LFalse
	case 0xc3:
		return lua.LTrue
	case 0xd9:
		return lua.LString(u.take(int(u.uint(1))))
	case 0xda:
		return lua.LString(u.take(int(u.uint(2))))
	case 0xdb:
		return lua.LString(u.take(int(u.uint(4))))
	case 0xca:
		return number(float64(math.Float32frombits(uint32(u.uint(4)))))
	case 0xcb:
		return number(math.Float64frombits(u.uint(8)))
	case 0xcc, 0xcd, 0xce:
		return number(float64(u.uint(1 << (c - 0xcc))))
	case 0xcf: // Redis takes it for signed
		return number(float64(int64(u.uint(8))))
	case 0xd0, 0xd1, 0xd2, 0xd3:
		return number(integerOf(u.take(1<<(c-0xd0)), true, true))
	case 0xdc:
		return u.array(int(u.uint(2)), depth)
	case 0xdd:
		return u.array(int(u.uint(4)), depth)
	case 0xde:
		return u.mapOf(int(u.uint(2)), depth)
	case 0xdf:
		return u.mapOf(int(u.uint(4)), depth)
	}
	u.f.fail("Bad data format in input.")
	return lua.LNil
}

func (u *unpacker) array(n, depth int) lua.LValue {
	t := u.f.L.CreateTable(min(n, len(u.data)-u.at), 0)
	for i := range n {
		t.RawSetInt(i+1, u.value(depth+1))
	}
	return t
}

func (u *unpacker) mapOf(n, depth int) lua.LValue {
	t := u.f.L.CreateTable(0, min(n, len(u.data)-u.at))
	for range n {
		key := u.value(depth + 1)
		u.f.L.RawSet(t, key, u.value(depth+1))
	}
	return t
}
