package script

import (
	"slices"

	lua "github.com/yuin/gopher-lua"
)

var tableLibrary = library{name: "table", functions: map[string]function{
	"concat": tableConcat, "foreach": tableForeach, "foreachi": tableForeachi, "getn": tableGetn,
	"insert": tableInsert, "maxn": tableMaxn, "remove": tableRemove, "setn": tableSetn, "sort": tableSort,
}}

func tableConcat(f frame) int {
	t := f.shown(f.table(1))
	separator := f.optStr(2, "")
	first, last := f.optInt(3, 1), 0
	if f.L.Get(4) == lua.LNil {
		last = t.Len()
	} else {
		last = f.integer(4)
	}
	b := f.build[:0]
	for i := first; i <= last; i++ {
		switch v := t.RawGetInt(i).(type) {
		case lua.LString:
			b = append(b, v...)
		case lua.LNumber:
			b = appendNumber(b, float64(v))
		default:
			f.fail("invalid value (%s) at index %d in table for 'concat'", v.Type(), i)
		}
		if i < last {
			b = append(b, separator...)
		}
		if len(b) > MaxStringBytes {
			f.fail("not enough memory")
		}
	}
	f.build = b
	return f.pushText(b)
}

func tableForeach(f frame) int {
	t := f.shown(f.table(1))
	visit := f.L.CheckFunction(2)
	for key, value := t.Next(lua.LNil); key != lua.LNil; key, value = t.Next(key) {
		if f.visit(visit, key, value) {
			return 1
		}
	}
	return 0
}

func tableForeachi(f frame) int {
	t := f.shown(f.table(1))
	visit := f.L.CheckFunction(2)
	for i := range t.Len() {
		if f.visit(visit, number(float64(i+1)), t.RawGetInt(i+1)) {
			return 1
		}
	}
	return 0
}

// visit calls a function with two values, and leaves what it returns on the
// stack if that is not nil.
func (f frame) visit(visit, key, value lua.LValue) (stop bool) {
	f.L.Push(visit)
	f.L.Push(key)
	f.L.Push(value)
	f.call(2, 1)
	if f.L.Get(-1) != lua.LNil {
		return true
	}
	f.L.Pop(1)
	return false
}

func tableGetn(f frame) int { return f.pushNumber(float64(f.shown(f.table(1)).Len())) }

func tableSetn(f frame) int {
	f.table(1)
	f.fail("'setn' is obsolete")
	return 0
}

func tableMaxn(f frame) int {
	most := 0.0
	f.shown(f.table(1)).ForEach(func(key, _ lua.LValue) {
		if n, ok := key.(lua.LNumber); ok {
			most = max(most, float64(n))
		}
	})
	return f.pushNumber(most)
}

func tableInsert(f frame) int {
	t := f.writable(f.table(1))
	end := t.Len() + 1
	switch f.L.GetTop() {
	case 2:
		t.RawSetInt(end, f.L.Get(2))
		return 0
	case 3:
	default:
		f.fail("wrong number of arguments to 'insert'")
	}
	at := f.integer(2)
	if at >= 1 && at < end {
		t.RawSetInt(end, lua.LNil) // so that the elements have where to go
		for i := end; i > at; i-- {
			t.RawSetInt(i, t.RawGetInt(i-1))
		}
	}
	t.RawSet(lua.LNumber(at), f.L.Get(3))
	return 0
}

func tableRemove(f frame) int {
	t := f.writable(f.table(1))
	end := t.Len()
	at := f.optInt(2, end)
	if at < 1 || at > end {
		return 0
	}
	return f.push(t.Remove(at))
}

func tableSort(f frame) int {
	t := f.writable(f.table(1))
	var before *lua.LFunction
	if f.L.Get(2) != lua.LNil {
		before = f.L.CheckFunction(2)
	}
	values := make([]lua.LValue, t.Len())
	for i := range values {
		values[i] = t.RawGetInt(i + 1)
	}
	less := func(a, b lua.LValue) bool {
		f.budget.spend(1)
		if before != nil {
			f.L.Push(before)
			f.L.Push(a)
			f.L.Push(b)
			f.call(2, 1)
			result := lua.LVAsBool(f.L.Get(-1))
			f.L.Pop(1)
			return result
		}
		return f.less(a, b)
	}
	slices.SortFunc(values, func(a, b lua.LValue) int {
		switch {
		case less(a, b):
			return -1
		case less(b, a):
			return 1
		}
		return 0
	})
	for i, v := range values {
		t.RawSetInt(i+1, v)
	}
	return 0
}

// less is a < b.
func (f frame) less(a, b lua.LValue) bool {
	if x, ok := a.(lua.LNumber); ok {
		if y, ok := b.(lua.LNumber); ok {
			return x < y
		}
	}
	if a.Type() != b.Type() {
		f.plain("attempt to compare %s with %s", a.Type(), b.Type())
	}
	if a.Type() != lua.LTString && f.L.GetMetaField(a, "__lt") == lua.LNil {
		f.plain("attempt to compare two %s values", a.Type())
	}
	return f.L.LessThan(a, b)
}
