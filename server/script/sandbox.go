package script

import (
	lua "github.com/yuin/gopher-lua"
)

// errReadOnly is what a script hears that changes a global or a library.
const errReadOnly = "Attempt to modify a readonly table"

// libraries is what a state offers to its scripts.
type libraries struct {
	globals  *lua.LTable                 // what functions find their globals in
	real     map[*lua.LTable]*lua.LTable // read-only tables -> what they show
	locked   *lua.LTable                 // _G as scripts see it
	null     *lua.LUserData              // cjson.null
	next     *lua.LFunction
	inext    *lua.LFunction
	json     jsonConfig
	machines int // coroutines that run inside each other

	randomState uint64
	seeded      bool // by the script that runs
}

// function is a library's function. It returns how many values it has pushed.
type function func(f frame) int

// library is the functions and constants of one library; name "" is the base
// library, whose functions are globals.
type library struct {
	name      string
	functions map[string]function
	constants map[string]lua.LValue
}

// all is every library. It is a function since the libraries use the compiler,
// and the compiler the libraries' names.
func all() []library {
	return []library{
		{"", baseFunctions, map[string]lua.LValue{"_VERSION": lua.LString("Lua 5.1")}},
		stringLibrary, tableLibrary, mathLibrary, bitLibrary, structLibrary,
		jsonLibrary, msgpackLibrary, coroutineLibrary, osLibrary, redisLibrary,
	}
}

// isFlat is the functions and constants that scripts reach by one lookup.
var isFlat = map[string]bool{}

func init() {
	for _, lib := range all() {
		if lib.name == "" {
			continue
		}
		for name := range lib.functions {
			isFlat[lib.name+"."+name] = true
		}
		for name := range lib.constants {
			isFlat[lib.name+"."+name] = true
		}
	}
}

// openLibraries fills a new state.
func (r *Runner) openLibraries() {
	L := r.state
	r.globals = L.Get(lua.GlobalsIndex).(*lua.LTable)
	r.real = map[*lua.LTable]*lua.LTable{}
	r.null = L.NewUserData()
	r.json = defaultJSON
	r.randomState = (firstRandomState + randomStep*uint64(r.engine.states.Add(1))) & randomMask
	r.keys, r.args = L.CreateTable(0, 0), L.CreateTable(0, 0)
	r.globals.RawSetString("KEYS", r.keys)
	r.globals.RawSetString("ARGV", r.args)
	for _, lib := range all() {
		r.open(lib)
	}
	r.next = r.builtin("next", baseNext)
	r.inext = r.builtin("ipairs", ipairsNext)
	r.globals.RawSetString(concatName, r.builtin("concat", concat))
	r.globals.RawSetString("redis.call"+quietSuffix, r.builtin("call", redisCallQuiet))
	r.globals.RawSetString("__redis__err__handler", r.builtin("handler", func(f frame) int { return 1 }))
	r.locked = r.readOnly(r.globals)
	r.globals.RawSetString("_G", r.locked)
	meta := L.CreateTable(0, 2)
	meta.RawSetString("__index", r.builtin("index", missingGlobal))
	meta.RawSetString("__newindex", r.builtin("newindex", refuse))
	r.globals.Metatable = meta
}

func (r *Runner) open(lib library) {
	table, prefix := r.globals, ""
	if lib.name != "" {
		table, prefix = r.state.CreateTable(0, len(lib.functions)), lib.name+"."
	}
	set := func(name string, v lua.LValue) {
		table.RawSetString(name, v)
		r.globals.RawSetString(prefix+name, v)
	}
	for name, f := range lib.functions {
		set(name, r.builtin(name, f))
	}
	for name, v := range lib.constants {
		set(name, v)
	}
	if lib.name == "" {
		return
	}
	switch lib.name {
	case "cjson":
		set("null", r.null)
	case "redis":
		set("REDIS_VERSION", lua.LString(r.engine.config.Version))
		set("REDIS_VERSION_NUM", lua.LNumber(r.engine.config.VersionNumber))
	}
	shown := r.readOnly(table)
	r.globals.RawSetString(lib.name, shown)
	if lib.name == "string" {
		meta := r.state.CreateTable(0, 2)
		meta.RawSetString("__index", shown)
		meta.RawSetString("__metatable", r.readOnly(meta))
		r.state.SetMetatable(lua.LString(""), meta)
	}
}

// builtin is a library's function as a value.
func (r *Runner) builtin(name string, f function) *lua.LFunction {
	return r.state.NewFunction(func(L *lua.LState) int { return f(frame{r, L, name}) })
}

// readOnly is a table that shows another and cannot be changed: an empty one,
// so that every access goes by its metatable.
func (r *Runner) readOnly(table *lua.LTable) *lua.LTable {
	shown := r.state.CreateTable(0, 0)
	meta := r.state.CreateTable(0, 2)
	if table == r.globals {
		meta.RawSetString("__index", r.builtin("index", globalIndex))
	} else {
		meta.RawSetString("__index", table)
	}
	meta.RawSetString("__newindex", r.builtin("newindex", refuse))
	shown.Metatable = meta
	r.real[shown] = table
	return shown
}

// shown is the table behind a read-only one, or the table itself.
func (r *Runner) shown(t *lua.LTable) *lua.LTable {
	if t.Metatable != lua.LNil {
		if real, ok := r.real[t]; ok {
			return real
		}
	}
	return t
}

// writable refuses to change a read-only table.
func (f frame) writable(t *lua.LTable) *lua.LTable {
	if t.Metatable != lua.LNil && f.real[t] != nil {
		f.plain(errReadOnly)
	}
	return t
}

func missingGlobal(f frame) int {
	f.fail("Script attempted to access nonexistent global variable '%s'", f.text(f.L.Get(2)))
	return 0
}

func globalIndex(f frame) int {
	key := f.L.Get(2)
	if name, ok := key.(lua.LString); ok && isHidden(string(name)) {
		return missingGlobal(f)
	}
	value := f.globals.RawGet(key)
	if value == lua.LNil {
		return missingGlobal(f)
	}
	f.L.Push(value)
	return 1
}

// isHidden says of a global that it is there for rewritten source alone.
func isHidden(name string) bool {
	for i := range len(name) {
		if name[i] == '.' || name[i] == 0 {
			return true
		}
	}
	return false
}

func refuse(f frame) int {
	f.fail(errReadOnly)
	return 0
}
