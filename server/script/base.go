package script

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// baseFunctions is what the base library offers in the sandbox.
var baseFunctions = map[string]function{
	"assert": baseAssert, "collectgarbage": baseCollect, "error": baseError, "gcinfo": baseInfo,
	"getmetatable": baseGetMetatable, "ipairs": baseIpairs, "load": baseLoad, "loadstring": baseLoadString,
	"next": baseNext, "pairs": basePairs, "pcall": basePcall, "rawequal": baseRawEqual, "rawget": baseRawGet,
	"rawset": baseRawSet, "select": baseSelect, "setmetatable": baseSetMetatable, "tonumber": baseToNumber,
	"tostring": baseToString, "type": baseType, "unpack": baseUnpack, "xpcall": baseXpcall,
}

func baseAssert(f frame) int {
	if lua.LVAsBool(f.any(1)) {
		return f.L.GetTop()
	}
	f.fail("%s", f.optStr(2, "assertion failed!"))
	return 0
}

// baseCollect answers collectgarbage, which has no say in this server.
func baseCollect(f frame) int {
	option := f.optStr(1, "collect")
	switch option {
	case "collect", "stop", "restart", "step", "setpause", "setstepmul":
		return f.pushNumber(0)
	case "count":
		_, all := heapBytes()
		return f.pushNumber(float64(all) / 1024)
	}
	f.bad(1, "invalid option '"+option+"'")
	return 0
}

func baseInfo(f frame) int {
	_, all := heapBytes()
	return f.pushNumber(float64(all / 1024))
}

func baseError(f frame) int {
	v := f.L.Get(1)
	level := f.optInt(2, 1)
	if n, ok := v.(lua.LNumber); ok {
		v = lua.LString(appendNumber(nil, float64(n)))
	}
	if text, ok := v.(lua.LString); ok && level > 0 {
		if place := f.L.Where(level); place != "" && place != "[G]:" {
			v = lua.LString(place) + " " + text
		}
	}
	f.raise(v)
	return 0
}

func baseGetMetatable(f frame) int {
	v := f.any(1)
	if t, ok := v.(*lua.LTable); ok && f.real[t] != nil {
		return f.push(lua.LNil)
	}
	return f.push(f.L.GetMetatable(v))
}

func ipairsNext(f frame) int {
	t, i := f.shown(f.table(1)), f.integer(2)+1
	v := t.RawGetInt(i)
	if v == lua.LNil {
		return f.push(lua.LNil)
	}
	f.L.Push(number(float64(i)))
	f.L.Push(v)
	return 2
}

func baseIpairs(f frame) int {
	t := f.table(1)
	f.L.Push(f.inext)
	f.L.Push(t)
	f.L.Push(small[0])
	return 3
}

func baseNext(f frame) int {
	t := f.table(1)
	shown := f.shown(t)
	key := f.L.Get(2)
	for {
		var value lua.LValue
		if key, value = shown.Next(key); key == lua.LNil {
			return f.push(lua.LNil)
		}
		if name, ok := key.(lua.LString); ok && shown == f.globals && isHidden(string(name)) {
			continue
		}
		f.L.Push(key)
		f.L.Push(value)
		return 2
	}
}

func basePairs(f frame) int {
	t := f.table(1)
	f.L.Push(f.Runner.next)
	f.L.Push(t)
	f.L.Push(lua.LNil)
	return 3
}

func baseLoadString(f frame) int {
	source := f.str(1)
	return f.load(source, f.optStr(2, source))
}

func baseLoad(f frame) int {
	if f.L.Get(1).Type() != lua.LTFunction {
		f.wrongType(1, "function")
	}
	name := f.optStr(2, "=(load)")
	var source []byte
	for {
		f.L.Push(f.L.Get(1))
		f.call(0, 1)
		piece, ok := f.L.Get(-1).(lua.LString)
		f.L.Pop(1)
		if !ok || piece == "" {
			return f.load(string(source), name)
		}
		if len(source)+len(piece) > MaxScriptBytes {
			f.fail("not enough memory")
		}
		source = append(source, piece...)
	}
}

// load compiles source, and pushes the function, or nil and what is wrong.
func (f frame) load(source, name string) int {
	if strings.HasPrefix(source, "\x1b") {
		f.L.Push(lua.LNil)
		return 1 + f.push(lua.LString("binary chunks are not supported"))
	}
	given := name
	if name != "" && (name[0] == '=' || name[0] == '@') {
		name = name[1:]
	} else {
		line, _, more := strings.Cut(name, "\n")
		if more || len(line) > 40 {
			line = line[:min(len(line), 37)] + "..."
		}
		name = `[string "` + line + `"]`
	}
	f.budget.grow(16 * len(source))
	f.sources[name] = given
	proto, err := compileChunk(source, name)
	if err != nil {
		f.L.Push(lua.LNil)
		return 1 + f.push(lua.LString(err.Error()))
	}
	return f.push(f.state.NewFunctionFromProto(proto))
}

func basePcall(f frame) int {
	n := f.protected(max(0, f.L.GetTop()-1), nil)
	if n == 2 && f.L.Get(-2) == lua.LFalse {
		if t, ok := f.L.Get(-1).(*lua.LTable); ok { // the text of an error of redis.call
			if text, ok := stringField(t, "err"); ok {
				f.L.Pop(1)
				f.L.Push(lua.LString(text))
			}
		}
	}
	return n
}

func baseXpcall(f frame) int {
	handler, ok := f.L.Get(2).(*lua.LFunction)
	f.L.SetTop(1)
	if !ok {
		handler = nil
	}
	return f.protected(0, handler)
}

// protected calls the function below nargs arguments on the stack, and
// leaves whether it failed and its results or the error.
func (f frame) protected(nargs int, handler *lua.LFunction) int {
	bottom := max(0, f.L.GetTop()-nargs-1)
	if what := f.L.Get(bottom + 1); what.Type() != lua.LTFunction && f.L.GetMetaField(what, "__call") == lua.LNil {
		kind := what.Type().String()
		if f.L.GetTop() == 0 {
			kind = "boolean"
		}
		f.L.Push(lua.LFalse)
		return 1 + f.push(lua.LString("attempt to call a "+kind+" value"))
	}
	f.deeper()
	native, machines := f.native, f.machines
	err := f.L.PCall(nargs, lua.MultRet, handler)
	f.native, f.machines = native-1, machines
	if err == nil {
		f.L.Insert(lua.LTrue, bottom+1)
		return f.L.GetTop() - bottom
	}
	f.L.SetTop(bottom)
	f.L.Push(lua.LFalse)
	return 1 + f.push(thrown(err))
}

// thrown is the value that an error of gopher-lua's carries.
func thrown(err error) lua.LValue {
	failure, ok := err.(*lua.ApiError)
	if !ok {
		return lua.LString(err.Error())
	}
	if message, ok := failure.Object.(lua.LString); ok {
		return lua.LString(reword(string(message)))
	}
	return failure.Object
}

func baseRawEqual(f frame) int { return f.push(lua.LBool(f.L.RawEqual(f.any(1), f.any(2)))) }

func baseRawGet(f frame) int { return f.push(f.shown(f.table(1)).RawGet(f.any(2))) }

func baseRawSet(f frame) int {
	t := f.writable(f.table(1))
	f.L.RawSet(t, f.any(2), f.any(3))
	f.L.SetTop(1)
	return 1
}

func baseSelect(f frame) int {
	top := f.L.GetTop()
	if s, ok := f.L.Get(1).(lua.LString); ok && s != "" && s[0] == '#' {
		return f.pushNumber(float64(top - 1))
	}
	at := f.integer(1)
	if at < 0 {
		at += top
	}
	if at < 1 {
		f.bad(1, "index out of range")
	}
	return max(0, top-at)
}

func baseSetMetatable(f frame) int {
	t := f.table(1)
	meta := f.L.Get(2)
	if meta != lua.LNil && meta.Type() != lua.LTTable || f.L.GetTop() < 2 {
		f.bad(2, "nil or table expected")
	}
	f.writable(t)
	if old, ok := t.Metatable.(*lua.LTable); ok && old.RawGetString("__metatable") != lua.LNil {
		f.fail("cannot change a protected metatable")
	}
	t.Metatable = meta
	f.L.SetTop(1)
	return 1
}

func baseToNumber(f frame) int {
	base := f.optInt(2, 10)
	if base == 10 {
		switch v := f.any(1).(type) {
		case lua.LNumber:
			return f.push(v)
		case lua.LString:
			if n, ok := parseNumber(string(v)); ok {
				return f.pushNumber(n)
			}
		}
		return f.push(lua.LNil)
	}
	text := f.str(1)
	if base < 2 || base > 36 {
		f.bad(2, "base out of range")
	}
	if n, ok := parseBase(text, base); ok {
		return f.pushNumber(n)
	}
	return f.push(lua.LNil)
}

func baseToString(f frame) int {
	v := f.any(1)
	if _, is := v.(lua.LString); is {
		return f.push(v)
	}
	if t, ok := v.(*lua.LTable); ok && f.real[t] != nil {
		return f.push(lua.LString(v.String()))
	}
	if meta := f.L.GetMetaField(v, "__tostring"); meta != lua.LNil {
		f.L.Push(meta)
		f.L.Push(v)
		f.call(1, 1)
		return 1
	}
	return f.push(lua.LString(f.text(v)))
}

// typeNames is the names of types as values.
var typeNames = func() (names [lua.LTChannel + 1]lua.LValue) {
	for i := range names {
		names[i] = lua.LString(lua.LValueType(i).String())
	}
	return names
}()

func baseType(f frame) int { return f.push(typeNames[f.any(1).Type()]) }

// maxResults is how many values a call may return, as LUAI_MAXCSTACK bounds it.
const maxResults = 7990

func baseUnpack(f frame) int {
	t := f.table(1)
	first, last := f.optInt(2, 1), 0
	if f.L.Get(3) == lua.LNil {
		last = f.shown(t).Len()
	} else {
		last = f.integer(3)
	}
	if first > last {
		return 0
	}
	n := last - first + 1
	if n <= 0 || n > maxResults {
		f.fail("too many results to unpack")
	}
	t = f.shown(t)
	for i := first; i <= last; i++ {
		f.L.Push(t.RawGetInt(i))
	}
	return n
}

// concat is what a..b..c became. It joins from the right, as Lua does.
func concat(f frame) int {
	top := f.L.GetTop()
	total, plain := 0, true
	for i := 1; i <= top && plain; i++ {
		switch v := f.L.Get(i).(type) {
		case lua.LString:
			total += len(v)
		case lua.LNumber:
			total += 24
		default:
			plain = false
		}
	}
	if !plain {
		return concatSlowly(f, top)
	}
	f.room(total)
	b := f.build[:0]
	for i := 1; i <= top; i++ {
		switch v := f.L.Get(i).(type) {
		case lua.LString:
			b = append(b, v...)
		case lua.LNumber:
			b = appendNumber(b, float64(v))
		}
	}
	f.build = b
	return f.push(lua.LString(b))
}

func concatSlowly(f frame, top int) int {
	right := f.L.Get(top)
	for i := top - 1; i > 0; i-- {
		left := f.L.Get(i)
		if lua.LVCanConvToString(left) && lua.LVCanConvToString(right) {
			a, b := f.text(left), f.text(right)
			f.room(len(a) + len(b))
			right = lua.LString(a + b)
			continue
		}
		op := f.L.GetMetaField(left, "__concat")
		if op == lua.LNil {
			op = f.L.GetMetaField(right, "__concat")
		}
		if op == lua.LNil {
			wrong := left
			if lua.LVCanConvToString(left) {
				wrong = right
			}
			f.fail("attempt to concatenate a %s value", wrong.Type())
		}
		f.L.Push(op)
		f.L.Push(left)
		f.L.Push(right)
		f.call(2, 1)
		right = f.L.Get(-1)
		f.L.Pop(1)
	}
	return f.push(right)
}
