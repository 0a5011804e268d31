package script

import (
	"fmt"
	"math"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// frame is one call of a library's function.
type frame struct {
	*Runner
	L    *lua.LState
	name string
}

// fail raises an error with the place in the script before it.
func (f frame) fail(format string, args ...any) { f.L.RaiseError("%s", fmt.Sprintf(format, args...)) }

// plain raises an error without a place.
func (f frame) plain(format string, args ...any) {
	f.L.Error(lua.LString(fmt.Sprintf(format, args...)), 0)
}

// raise raises a value.
func (f frame) raise(v lua.LValue) { f.L.Error(v, 0) }

// bad raises that an argument is wrong.
func (f frame) bad(at int, why string) {
	f.fail("bad argument #%d to '%s' (%s)", at, f.name, why)
}

func (f frame) wrongType(at int, want string) {
	got := "no value"
	if at <= f.L.GetTop() {
		got = f.L.Get(at).Type().String()
	}
	f.bad(at, want+" expected, got "+got)
}

func (f frame) any(at int) lua.LValue {
	if at > f.L.GetTop() {
		f.bad(at, "value expected")
	}
	return f.L.Get(at)
}

// str is an argument that must be a string; a number is printed.
func (f frame) str(at int) string {
	switch v := f.L.Get(at).(type) {
	case lua.LString:
		return string(v)
	case lua.LNumber:
		return string(appendNumber(nil, float64(v)))
	}
	f.wrongType(at, "string")
	return ""
}

func (f frame) optStr(at int, otherwise string) string {
	if f.L.Get(at) == lua.LNil {
		return otherwise
	}
	return f.str(at)
}

func (f frame) num(at int) float64 {
	switch v := f.L.Get(at).(type) {
	case lua.LNumber:
		return float64(v)
	case lua.LString:
		if n, ok := parseNumber(string(v)); ok {
			return n
		}
	}
	f.wrongType(at, "number")
	return 0
}

// integer is an argument that must be a number, cut to an integer.
func (f frame) integer(at int) int { return int(truncate(f.num(at))) }

func (f frame) optInt(at, otherwise int) int {
	if f.L.Get(at) == lua.LNil {
		return otherwise
	}
	return f.integer(at)
}

func (f frame) table(at int) *lua.LTable {
	t, ok := f.L.Get(at).(*lua.LTable)
	if !ok {
		f.wrongType(at, "table")
	}
	return t
}

// push pushes one value and returns 1.
func (f frame) push(v lua.LValue) int {
	f.L.Push(v)
	return 1
}

func (f frame) pushNumber(n float64) int { return f.push(number(n)) }

// pushText pushes a string of bytes that will be used again.
func (f frame) pushText(b []byte) int {
	f.budget.grow(len(b))
	return f.push(lua.LString(b))
}

// MaxStringBytes is the longest string that a script may make.
const MaxStringBytes = 256 << 20

// room refuses a string of n bytes that would be too long, and counts it.
func (f frame) room(n int) {
	if n < 0 || n > MaxStringBytes {
		f.fail("not enough memory")
	}
	f.budget.grow(n)
}

// text is a value as tostring prints it, without metatables.
func (f frame) text(v lua.LValue) string {
	switch v := v.(type) {
	case lua.LString:
		return string(v)
	case lua.LNumber:
		return string(appendNumber(nil, float64(v)))
	case *lua.LUserData:
		if v == f.null {
			return "userdata: (nil)"
		}
	case *lua.LFunction:
		if v.IsG {
			return fmt.Sprintf("builtin: %p", v)
		}
	}
	return v.String()
}

// call calls Lua from Go: its depth is bounded.
func (f frame) call(nargs, nret int) {
	f.deeper()
	f.L.Call(nargs, nret)
	f.native--
}

func (f frame) deeper() {
	if f.native >= maxNativeDepth {
		f.fail("C stack overflow")
	}
	f.native++
}

// faults are gopher-lua's wordings of errors beside Lua's.
var faults = []struct{ begin, want string }{
	{"attempt to call a non-function object", "attempt to call a nil value"},
	{"for statement init must be a number", "'for' initial value must be a number"},
	{"for statement limit must be a number", "'for' limit must be a number"},
	{"for statement step must be a number", "'for' step must be a number"},
	{"too many recursions in gettable", "loop in gettable"},
	{"too many recursions in settable", "loop in settable"},
	{"registry overflow", "stack overflow"},
	{"__unm undefined", "attempt to perform arithmetic on a nil value"},
	{"__len undefined", "attempt to get length of a nil value"},
	{"can not yield from outside of a coroutine", "attempt to yield across metamethod/C-call boundary"},
	{"can not resume a running thread", "cannot resume non-suspended coroutine"},
	{"can not resume a dead thread", "cannot resume dead coroutine"},
}

// reword is an error of gopher-lua's in the words of Lua.
func reword(message string) string {
	if strings.HasPrefix(message, "lua callstack overflow") {
		return "stack overflow"
	}
	place, what := "", message
	if strings.HasPrefix(message, chunkName+":") {
		if at := strings.Index(message, ": "); at > 0 {
			place, what = message[:at+2], message[at+2:]
		}
	}
	for _, f := range faults {
		if strings.HasPrefix(what, f.begin) {
			return place + f.want
		}
	}
	var kind, other string
	if n, _ := fmt.Sscanf(what, "attempt to index a non-table object(%s", &kind); n == 1 {
		kind, _, _ = strings.Cut(kind, ")")
		return place + "attempt to index a " + kind + " value"
	}
	var operation string
	if n, _ := fmt.Sscanf(what, "cannot perform %s operation between %s and %s", &operation, &kind, &other); n == 3 {
		if kind == "number" {
			kind = other
		}
		return place + "attempt to perform arithmetic on a " + kind + " value"
	}
	if n, _ := fmt.Sscanf(what, "attempt to compare %s with %s", &kind, &other); n == 2 && kind == other {
		return place + "attempt to compare two " + kind + " values"
	}
	return message
}

// clampInt is a number as an int, never out of range.
func clampInt(f float64) int {
	switch {
	case f != f:
		return 0
	case f >= math.MaxInt32:
		return math.MaxInt32
	case f <= math.MinInt32:
		return math.MinInt32
	}
	return int(f)
}
