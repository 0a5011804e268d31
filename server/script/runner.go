package script

import (
	"iter"
	"sync/atomic"

	lua "github.com/yuin/gopher-lua"
)

// The sizes of a Lua state.
const (
	registryValues     = 1 << 10
	maxRegistryValues  = 1 << 20
	registryGrowValues = 4 << 10
	maxCallDepth       = 20_000 // of Lua functions, as LUAI_MAXCALLS
	maxNativeDepth     = 200    // of Go functions that call Lua, as LUAI_MAXCCALLS
	keepBufferBytes    = 64 << 10
	wornLooks          = 1000 // of a budget, after which its state is not used again
)

// maxArrayIndex is how long the array part of a table may be: one assignment
// far behind its end fills it up to there.
const maxArrayIndex = 4 << 20

func init() { lua.MaxArrayIndex = maxArrayIndex }

// Job is one run of a script.
type Job struct {
	Script     *Script
	Keys, Args [][]byte // borrowed until the script has begun
	// ReadOnly forbids commands that write; it is the host that keeps to it.
	ReadOnly bool
	Proto    int // of the client that is answered
	Host     Host
	// Out is where the reply is appended.
	Out []byte
}

// Runner is a prepared Lua state that runs one script at a time, on a coroutine
// of its own. A script begins on the goroutine that calls Start. One that takes
// long leaves it, and goes on where Finish is called:
//
//	idle -> Start -> done -> Release
//	          \-> not done -> Finish (another goroutine) -> Release
type Runner struct {
	engine *Engine
	state  *lua.LState
	budget *budget
	resume func() (struct{}, bool)
	end    func()
	yield  func(struct{}) bool

	job      Job
	failed   bool
	fault    any  // what the host panicked with
	detached bool // runs where Finish was called
	running  bool
	worn     bool
	uses     int
	flushes  int64
	proto    int // that redis.setresp chose
	native   int // depth of Go functions that call Lua
	killed   atomic.Bool
	wrote    atomic.Bool

	keys, args *lua.LTable
	functions  map[*Script]*lua.LFunction
	handler    *lua.LFunction
	errorLine  int
	errorChunk string
	sources    map[string]string // what loadstring was given as a chunk's name, by the name in errors
	libraries
	scratch
}

// scratch is memory that calls use again.
type scratch struct {
	packed []byte   // of the arguments of a command
	ends   []int    // where each ends in packed
	argv   [][]byte // the arguments
	reply  []byte   // of a command
	build  []byte   // of a string
	answer []byte   // the script's reply
}

func newRunner(e *Engine) *Runner {
	r := &Runner{engine: e, flushes: e.flushes.Load(), functions: map[*Script]*lua.LFunction{}, sources: map[string]string{}}
	r.state = lua.NewState(lua.Options{
		SkipOpenLibs: true, CallStackSize: maxCallDepth, MinimizeStackMemory: true,
		RegistrySize: registryValues, RegistryMaxSize: maxRegistryValues, RegistryGrowStep: registryGrowValues,
	})
	r.budget = &budget{runner: r}
	r.openLibraries()
	r.handler = r.state.NewFunction(r.locate)
	r.state.SetContext(r.budget)
	r.resume, r.end = iter.Pull(func(yield func(struct{}) bool) {
		r.yield = yield
		for {
			r.run()
			r.running = false
			if !yield(struct{}{}) {
				return
			}
		}
	})
	return r
}

func (r *Runner) close() { r.end() }

// Run is a state that is ready for one script.
func (e *Engine) Run() *Runner { return e.take() }

// Start runs a script, and reports whether it is done. If not, Finish must be
// called, on a goroutine that may take its time.
func (r *Runner) Start(job Job) (done bool) {
	r.job, r.failed, r.detached, r.running = job, false, false, true
	r.uses++
	r.killed.Store(false)
	r.wrote.Store(false)
	r.budget.begin(r.engine.config.Clock())
	r.resume()
	if r.running {
		r.job.Out = nil // it is the caller's again
	}
	return !r.running
}

// Finish runs what is left of a script that Start began.
func (r *Runner) Finish() {
	for r.running {
		r.resume()
	}
	r.worn = r.worn || r.budget.looks > wornLooks // it may have left much behind
}

// Detach makes Start return now, if the script has not left it yet: what
// follows may take long. Host.Call may call it.
func (r *Runner) Detach() {
	if !r.detached {
		r.detach()
	}
}

func (r *Runner) detach() {
	r.detached = true
	if !r.yield(struct{}{}) {
		panic("script: a running script was closed")
	}
}

// Take is the script's reply, and whether it is an error: behind what Job.Out
// held, if the script was done when Start returned, else by itself. The runner
// can then start another script.
func (r *Runner) Take() (out []byte, failed bool) {
	out = r.job.Out
	r.job = Job{}
	if cap(r.packed)+cap(r.reply)+cap(r.build)+cap(r.answer) > keepBufferBytes {
		r.scratch = scratch{}
	}
	return out, r.failed
}

// Release gives the state back to the engine.
func (r *Runner) Release() { r.engine.give(r) }

// Kill ends a script that has left Start and has not written. It may be called
// from any goroutine.
func (r *Runner) Kill() (ok bool) {
	if r.wrote.Load() {
		return false
	}
	r.killed.Store(true)
	return true
}

// GiveUp ends the script that calls the host: it runs nothing more, and its
// reply says nothing.
func (r *Runner) GiveUp() { r.budget.stop(errGiven) }

// Detached says whether the script has left Start.
func (r *Runner) Detached() bool { return r.detached }

// Stale says that the state is not worth keeping for another script.
func (r *Runner) Stale() bool {
	return r.worn || r.uses > maxReuses || r.flushes != r.engine.flushes.Load()
}

// Wrote says whether the script has run a command that may have written.
func (r *Runner) Wrote() bool { return r.wrote.Load() }

// run carries out the job, on the coroutine.
func (r *Runner) run() {
	L := r.state
	r.proto, r.native, r.machines = 2, 0, 0
	random := r.randomState
	r.fill(r.keys, r.job.Keys, "KEYS")
	r.fill(r.args, r.job.Args, "ARGV")
	L.Push(r.function(r.job.Script))
	r.errorChunk, r.errorLine = "", 0
	err := L.PCall(0, 1, r.handler)
	if r.fault != nil {
		panic(r.fault)
	}
	if err != nil {
		r.failed = true
		r.answer = r.appendFailure(r.answer[:0], err)
		L.SetTop(0)
	} else {
		value := L.Get(-1)
		L.SetTop(0)
		r.answer = r.appendReply(r.answer[:0], value, 0)
		if r.budget.err != nil { // it was ended while the reply was made
			r.failed = true
			r.answer = r.appendFailure(r.answer[:0], r.budget.err)
		}
	}
	r.job.Out = append(r.job.Out, r.answer...)
	if L.G.CurrentThread != nil && L.G.CurrentThread != L {
		r.worn = true
	}
	if r.seeded {
		r.seeded, r.randomState = false, random
	}
	r.json = defaultJSON
	clear(r.sources)
}

// function is the script as a function of this state.
func (r *Runner) function(s *Script) *lua.LFunction {
	f := r.functions[s]
	if f == nil {
		if len(r.functions) >= MaxCachedScripts/maxIdleStates {
			clear(r.functions)
		}
		f = r.state.NewFunctionFromProto(s.proto)
		r.functions[s] = f
	}
	return f
}

// fill makes KEYS or ARGV anew. The table of the last script serves again
// while that has left nothing else in it.
func (r *Runner) fill(t *lua.LTable, values [][]byte, name string) {
	for range t.MaxN() {
		t.Remove(t.MaxN())
	}
	if key, _ := t.Next(lua.LNil); key != lua.LNil || t.Metatable != lua.LNil || t.MaxN() != 0 || t.Len() != 0 {
		t = r.state.CreateTable(len(values), 0)
		if name == "KEYS" {
			r.keys = t
		} else {
			r.args = t
		}
		r.globals.RawSetString(name, t)
	}
	for i, v := range values {
		t.RawSetInt(i+1, lua.LString(v))
	}
}

// locate is the error handler: it notes where the error was raised, and leaves
// the error as it is.
func (r *Runner) locate(L *lua.LState) int {
	for level := 1; level < 3; level++ {
		at, ok := L.GetStack(level)
		if !ok {
			break
		}
		if _, err := L.GetInfo("Sl", at, lua.LNil); err != nil {
			break
		}
		if at.What != "G" {
			r.errorChunk, r.errorLine = at.Source, at.CurrentLine
			break
		}
	}
	return 1
}
