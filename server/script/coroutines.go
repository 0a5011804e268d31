package script

import (
	lua "github.com/yuin/gopher-lua"
)

var coroutineLibrary = library{name: "coroutine", functions: map[string]function{
	"create": coroutineCreate, "resume": coroutineResume, "wrap": coroutineWrap,
	"running": func(f frame) int { return machine.running(f.L) },
	"status":  func(f frame) int { return machine.status(f.L) },
	"yield":   func(frame) int { return -1 },
}}

// machine is gopher-lua's own functions for coroutines.
var machine = func() (m struct{ create, resume, running, status lua.LGFunction }) {
	L := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer L.Close()
	lua.OpenCoroutine(L)
	get := func(name string) lua.LGFunction {
		return L.GetField(L.GetGlobal(lua.CoroutineLibName), name).(*lua.LFunction).GFunction
	}
	m.create, m.resume, m.running, m.status = get("create"), get("resume"), get("running"), get("status")
	return m
}()

func coroutineCreate(f frame) int {
	if f.L.Get(1).Type() != lua.LTFunction {
		f.bad(1, "Lua function expected")
	}
	f.budget.grow(16 * registryValues)
	f.budget.spend(callInstructions)
	machine.create(f.L)
	f.L.Get(-1).(*lua.LState).SetContext(f.budget) // the one it has is blind
	return 1
}

func coroutineResume(f frame) int {
	if f.L.Get(1).Type() != lua.LTThread {
		f.bad(1, "coroutine expected")
	}
	if f.machines >= maxNativeDepth {
		f.fail("C stack overflow")
	}
	f.machines++
	native := f.native
	n := machine.resume(f.L)
	f.machines--
	f.native = native
	if n == 2 && f.L.Get(-2) == lua.LFalse {
		if message, ok := f.L.Get(-1).(lua.LString); ok {
			f.L.Pop(1)
			f.L.Push(lua.LString(reword(string(message))))
		}
	}
	return n
}

func coroutineWrap(f frame) int {
	coroutineCreate(f)
	thread := f.L.Get(-1)
	return f.push(f.builtin("wrap", func(f frame) int {
		f.L.Insert(thread, 1)
		n := coroutineResume(f)
		if n > 0 && f.L.Get(-n) == lua.LFalse {
			f.raise(f.L.Get(-1))
		}
		return n - 1
	}))
}
