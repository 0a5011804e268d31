package script

import (
	"math"
	"strconv"

	lua "github.com/yuin/gopher-lua"
)

// jsonConfig is what cjson's functions of configuration set.
type jsonConfig struct {
	sparseConvert           bool
	sparseRatio, sparseSafe int
	encodeDepth             int
	decodeDepth             int
	precision               int
	encodeInvalid           bool
	encodeNull              bool // what is no number is encoded as null
	decodeInvalid           bool
	keepBuffer              bool
}

var defaultJSON = jsonConfig{
	sparseRatio: 2, sparseSafe: 10, encodeDepth: 1000, decodeDepth: 1000, precision: 14,
	decodeInvalid: true, keepBuffer: true,
}

// jsonFunctions is cjson without what needs the library itself.
var jsonFunctions = map[string]function{
	"encode": jsonEncode, "decode": jsonDecode, "encode_sparse_array": jsonSparse,
	"encode_max_depth":        jsonInteger(func(c *jsonConfig) *int { return &c.encodeDepth }, math.MaxInt32),
	"decode_max_depth":        jsonInteger(func(c *jsonConfig) *int { return &c.decodeDepth }, math.MaxInt32),
	"encode_number_precision": jsonInteger(func(c *jsonConfig) *int { return &c.precision }, 14),
	"encode_keep_buffer":      jsonSwitch(func(c *jsonConfig) *bool { return &c.keepBuffer }),
	"decode_invalid_numbers":  jsonSwitch(func(c *jsonConfig) *bool { return &c.decodeInvalid }),
	"encode_invalid_numbers":  jsonEncodeInvalid,
}

var jsonConstants = map[string]lua.LValue{"_NAME": lua.LString("cjson"), "_VERSION": lua.LString("2.1.0")}

var jsonLibrary = library{name: "cjson", functions: func() map[string]function {
	all := map[string]function{"new": jsonNew}
	for name, f := range jsonFunctions {
		all[name] = f
	}
	return all
}(), constants: jsonConstants}

// jsonNew is a cjson with a configuration of its own.
func jsonNew(f frame) int {
	config := defaultJSON
	t := f.L.CreateTable(0, len(jsonFunctions)+3)
	for name, run := range jsonFunctions {
		t.RawSetString(name, f.builtin(name, func(f frame) int {
			shared := f.json
			f.json = config
			n := run(f)
			config, f.json = f.json, shared
			return n
		}))
	}
	for name, v := range jsonConstants {
		t.RawSetString(name, v)
	}
	t.RawSetString("null", f.null)
	return f.push(t)
}

func jsonInteger(field func(*jsonConfig) *int, most int) function {
	return func(f frame) int {
		p := field(&f.json)
		if f.L.GetTop() > 1 {
			f.bad(2, "found too many arguments")
		}
		if f.L.Get(1) != lua.LNil {
			n := f.integer(1)
			if n < 1 || n > most {
				f.bad(1, "expected integer between 1 and "+strconv.Itoa(most))
			}
			*p = n
		}
		return f.pushNumber(float64(*p))
	}
}

func jsonSwitch(field func(*jsonConfig) *bool) function {
	return func(f frame) int {
		p := field(&f.json)
		if f.L.Get(1) != lua.LNil {
			*p = f.onOff(1)
		}
		return f.push(lua.LBool(*p))
	}
}

// onOff is an argument that switches something.
func (f frame) onOff(at int) bool {
	switch v := f.L.Get(at).(type) {
	case lua.LBool:
		return bool(v)
	case lua.LString:
		if v == "on" || v == "off" {
			return v == "on"
		}
	}
	f.bad(at, "invalid option '"+f.str(at)+"'")
	return false
}

func jsonEncodeInvalid(f frame) int {
	if v := f.L.Get(1); v == lua.LString("null") {
		f.json.encodeInvalid, f.json.encodeNull = false, true
	} else if v != lua.LNil {
		f.json.encodeInvalid, f.json.encodeNull = f.onOff(1), false
	}
	if f.json.encodeNull {
		return f.push(lua.LString("null"))
	}
	return f.push(lua.LBool(f.json.encodeInvalid))
}

func jsonSparse(f frame) int {
	if f.L.Get(1) != lua.LNil {
		f.json.sparseConvert = f.onOff(1)
	}
	for at, p := range []*int{&f.json.sparseRatio, &f.json.sparseSafe} {
		if f.L.Get(at+2) == lua.LNil {
			continue
		}
		n := f.integer(at + 2)
		if n < 0 || n > math.MaxInt32 {
			f.bad(at+2, "expected integer between 0 and 2147483647")
		}
		*p = n
	}
	f.L.Push(lua.LBool(f.json.sparseConvert))
	f.L.Push(number(float64(f.json.sparseRatio)))
	f.L.Push(number(float64(f.json.sparseSafe)))
	return 3
}

func jsonEncode(f frame) int {
	if f.L.GetTop() != 1 {
		f.bad(1, "expected 1 argument")
	}
	b := f.appendJSON(f.build[:0], f.L.Get(1), 0)
	f.build = b
	return f.pushText(b)
}

func (f frame) appendJSON(b []byte, v lua.LValue, depth int) []byte {
	f.budget.spend(1)
	if len(b) > MaxStringBytes {
		f.fail("not enough memory")
	}
	switch v := v.(type) {
	case lua.LString:
		return appendJSONString(b, string(v))
	case lua.LNumber:
		return f.appendJSONNumber(b, float64(v))
	case lua.LBool:
		return strconv.AppendBool(b, bool(v))
	case *lua.LTable:
		return f.appendJSONTable(b, f.shown(v), depth+1)
	case *lua.LNilType:
		return append(b, "null"...)
	case *lua.LUserData:
		if v == f.null {
			return append(b, "null"...)
		}
	}
	f.fail("Cannot serialise %s: type not supported", v.Type())
	return b
}

func (f frame) appendJSONNumber(b []byte, n float64) []byte {
	if math.IsNaN(n) || math.IsInf(n, 0) {
		switch {
		case f.json.encodeNull:
			return append(b, "null"...)
		case !f.json.encodeInvalid:
			f.fail("Cannot serialise number: must not be NaN or Inf")
		case math.IsNaN(n):
			return append(b, "nan"...)
		}
	}
	if f.json.precision == 14 {
		return appendNumber(b, n)
	}
	return strconv.AppendFloat(b, n, 'g', f.json.precision, 64)
}

func (f frame) appendJSONTable(b []byte, t *lua.LTable, depth int) []byte {
	if depth > f.json.encodeDepth {
		f.fail("Cannot serialise, excessive nesting (%d)", depth)
	}
	if n := f.arrayLength(t); n > 0 {
		b = append(b, '[')
		for i := range n {
			if i > 0 {
				b = append(b, ',')
			}
			b = f.appendJSON(b, t.RawGet(lua.LNumber(i+1)), depth)
		}
		return append(b, ']')
	}
	b = append(b, '{')
	first := true
	for key, value := t.Next(lua.LNil); key != lua.LNil; key, value = t.Next(key) {
		if !first {
			b = append(b, ',')
		}
		first = false
		switch key := key.(type) {
		case lua.LNumber:
			b = append(f.appendJSONNumber(append(b, '"'), float64(key)), '"')
		case lua.LString:
			b = appendJSONString(b, string(key))
		default:
			f.fail("Cannot serialise %s: table key must be a number or string", key.Type())
		}
		b = f.appendJSON(append(b, ':'), value, depth)
	}
	return append(b, '}')
}

// arrayLength is how long the array is that a table makes, 0 if it makes an
// object.
func (f frame) arrayLength(t *lua.LTable) int {
	items, most, list := shapeOf(t)
	if !list || items == 0 {
		return 0
	}
	if f.json.sparseRatio > 0 && most > items*f.json.sparseRatio && most > f.json.sparseSafe {
		if !f.json.sparseConvert {
			f.fail("Cannot serialise table: excessively sparse array")
		}
		return 0
	}
	return most
}

const hexDigits = "0123456789abcdef"

func appendJSONString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\' || c == '/':
			b = append(b, '\\', c)
		case c >= 0x20 && c != 0x7f:
			b = append(b, c)
		case c == '\b':
			b = append(b, `\b`...)
		case c == '\t':
			b = append(b, `\t`...)
		case c == '\n':
			b = append(b, `\n`...)
		case c == '\f':
			b = append(b, `\f`...)
		case c == '\r':
			b = append(b, `\r`...)
		default:
			b = append(b, `\u00`...)
			b = append(b, hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(b, '"')
}
