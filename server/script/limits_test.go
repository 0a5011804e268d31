package script

import (
	"runtime"
	"strings"
	"testing"
	"time"
)

// smallEngine is an engine whose scripts may let the heap grow little.
func smallEngine() *Engine {
	start := time.Now()
	return NewEngine(Config{Clock: func() int64 { return int64(time.Since(start)) }, MemoryBytes: 16 << 20})
}

// TestBombs runs scripts that would take all memory, all stack or for ever, and
// wants them to end with an error.
func TestBombs(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"local s = 'x' while true do s = s .. s end", "memory"},
		{"local s = string.rep('x', 1e6) while true do s = s .. s .. s end", "memory"},
		{"return string.rep('x', 1e12)", "not enough memory"},
		{"return (string.rep('x', 1e6):gsub('x', string.rep('y', 1e6)))", "memory"},
		{"local t = {} for i = 1, 1e9 do t[i] = 'a' .. i end", "too much memory"},
		{"local t = {} local n = 0 while true do n = n + 1 t['k' .. n] = {} end", "too much memory"},
		{"local t = {} while true do local u = {} u[4000000] = 1 t[#t + 1] = u end", "too much memory"},
		{"local t = {} while true do t[#t + 1] = coroutine.create(function() end) end", "too much memory"},
		{"local t = {} while true do t[#t + 1] = string.rep('x', 1e6) end", "too much memory"},
		{"local function f() return 1 + f() end return f()", "stack overflow"},
		{"local function f() return pcall(f) end local ok, e = f() error(tostring(e))", "ERR"},
		{"local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k] end return t.x", "stack overflow"},
		{"local function f() coroutine.wrap(f)() end f()", "C stack overflow"},
		{"local f, e = loadstring('return ' .. string.rep('{', 10000) .. string.rep('}', 10000)) error(e)", "too many syntax levels"},
		{"local f, e = loadstring('return ' .. string.rep('-', 1) .. string.rep('not ', 5000) .. '1') error(e)", "too many syntax levels"},
		{"local f, e = loadstring(string.rep('do ', 5000) .. string.rep('end ', 5000)) error(e)", "too many syntax levels"},
		{"local t = {} for i = 1, 30 do t = {t, t} end return t", "too much memory"},
		{"return {string.byte(string.rep('x', 1e5), 1, -1)}", "string slice too long"},
		{"return {unpack({}, 1, 1e8)}", "too many results to unpack"},
		{"return cjson.decode(string.rep('[', 1e6))", "too many nested"},
		{"return cmsgpack.unpack(string.rep('\\145', 1e6))", "stack overflow"},
		{"return table.concat({string.rep('x', 1e8), string.rep('x', 1e8), string.rep('x', 1e8)})", "memory"},
		{"return string.match(string.rep('(', 100), string.rep('(', 100))", "too many captures"},
		{"return string.match(string.rep('a', 30000), string.rep('a?', 30000) .. 'b')", "pattern too complex"},
		{"return math.random(1, 1/0) .. string.rep('x', 1/0)", "ERR"},
	} {

		runtime.GC() // what the last one left is not this one's
		got := eval(t, smallEngine(), &fake{}, c.text, 2)
		if !strings.HasPrefix(got, "-") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %.200q, want an error with %q", c.text, got, c.want)
		}
	}
}

// TestKillStopsEverything kills scripts that try to go on.
func TestKillStopsEverything(t *testing.T) {
	for _, text := range []string{
		"while true do end",
		"while true do pcall(function() while true do end end) end",
		"while true do xpcall(function() while true do end end, function() while true do end end) end",
		"while true do coroutine.resume(coroutine.create(function() while true do end end)) end",
		"while true do pcall(coroutine.wrap(function() while true do coroutine.yield() end end)) end",
		"while true do local s = string.gsub(string.rep('a', 1000), '.', function(c) return c end) end",
		"return string.find(string.rep('a', 10000), string.rep('a*', 40) .. 'b')",
		"while true do redis.pcall('x') end",
		"local t = setmetatable({}, {__index = function(t, k) while true do end end}) return t.x",
	} {
		e := newTestEngine()
		s, err := e.Load([]byte(text), false)
		if err != nil {
			t.Fatal(err)
		}
		r := e.Run()
		if r.Start(Job{Script: s, Proto: 2, Host: &quick{}}) {
			t.Errorf("%s: was done", text)
			continue
		}
		if r.Wrote() { // of the host, all commands write
			r.wrote.Store(false)
		}
		r.Kill()
		r.Finish()
		if out, failed := r.Take(); !failed || !strings.HasPrefix(string(out), "-ERR Script killed by user") {
			t.Errorf("%s: %q", text, out)
		}
		r.Release()
	}
}

// TestDetach has the host leave the loop in the middle of a call.
func TestDetach(t *testing.T) {
	e := newTestEngine()
	s, err := e.Load([]byte("redis.call('a') redis.call('b') return ARGV[1]"), false)
	if err != nil {
		t.Fatal(err)
	}
	r := e.Run()
	h := &fake{}
	h.onCall = func() {
		if len(h.calls) == 1 {
			r.Detach()
		}
	}
	arg := []byte("kept")
	out := []byte("+before\r\n")
	if r.Start(Job{Script: s, Args: [][]byte{arg}, Proto: 2, Host: h, Out: out}) || len(h.calls) != 1 {
		t.Fatalf("the script went on: %q", h.calls)
	}
	copy(arg, "XXXX")
	ended := make(chan struct{})
	go func() { defer close(ended); r.Finish() }()
	<-ended
	if got, failed := r.Take(); failed || string(got) != "$4\r\nkept\r\n" || len(h.calls) != 2 {
		t.Errorf("%q after %q", got, h.calls)
	}
}

// TestStatesDoNotLeak runs scripts one after the other on the same state: what
// one leaves the next must not see.
func TestStatesDoNotLeak(t *testing.T) {
	e := newTestEngine()
	for _, c := range []struct{ text, want string }{
		{"KEYS.x = 1 ARGV[5] = 'y' setmetatable(ARGV, {__index = function() return 'z' end}) return 1", ":1\r\n"},
		{"return {tostring(KEYS.x), tostring(ARGV[5]), tostring(ARGV[9]), #ARGV}", "*4\r\n$3\r\nnil\r\n$3\r\nnil\r\n$3\r\nnil\r\n:0\r\n"},
		{"redis.setresp(3) math.randomseed(5) cjson.encode_number_precision(3) error('x')", "-"},
		{"return {true, cjson.encode(1/3)}", "*2\r\n:1\r\n$16\r\n0.33333333333333\r\n"},
		{"local co = coroutine.create(function() coroutine.yield() end) coroutine.resume(co) return 2", ":2\r\n"},
		{"return tostring(coroutine.running())", "$3\r\nnil\r\n"},
		{"local t = {} for i = 1, 100 do ARGV[i] = i end return #ARGV", ":100\r\n"},
		{"return #ARGV", ":0\r\n"},
	} {
		if got := eval(t, e, &fake{}, c.text, 2); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %q, want %q", c.text, got, c.want)
		}
	}
}

func TestCacheIsBounded(t *testing.T) {
	e := newTestEngine()
	load := func(n int, keep bool) *Script {
		s, err := e.Load([]byte("return "+strings.Repeat(" ", n%100)+string(appendInteger(nil, int64(n)))), keep)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	kept, first := load(0, true), load(1, false)
	for n := range MaxCachedScripts {
		load(n+2, false)
	}
	if scripts, _ := e.Cached(); scripts > MaxCachedScripts {
		t.Errorf("%d scripts are cached", scripts)
	}
	if e.Lookup([]byte(first.Hash)) != nil || e.Lookup([]byte(kept.Hash)) == nil {
		t.Error("the oldest script of EVAL is kept, or one of SCRIPT LOAD is not")
	}
	if e.Flush(); e.Lookup([]byte(kept.Hash)) != nil {
		t.Error("a script outlives SCRIPT FLUSH")
	}
}

// TestHostPanics wants a fault of the host's to be no error of the script's.
func TestHostPanics(t *testing.T) {
	defer func() {
		if p := recover(); p != "broken" {
			t.Errorf("the host's panic became %v", p)
		}
	}()
	eval(t, newTestEngine(), &fake{onCall: func() { panic("broken") }}, "return redis.pcall('x')", 2)
}

// libraryFuzz runs a library's function on fuzzed text: it may fail, but not
// panic, and not run for ever.
func libraryFuzz(f *testing.F, text string, seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	e := smallEngine()
	s, err := e.Load([]byte(text), true)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r := e.Run()
		if !r.Start(Job{Script: s, Args: [][]byte{data}, Proto: 2, Host: &quick{}}) {
			r.Kill() // after its share of the loop it has had enough
			r.Finish()
		}
		if out, _ := r.Take(); len(out) == 0 || strings.Contains(string(out), "runtime error") {
			t.Errorf("%q answers %q", data, out)
		}
		r.Release()
	})
}

func FuzzJSONDecode(f *testing.F) {
	libraryFuzz(f, "return cjson.encode(cjson.decode(ARGV[1]))", `{"a":[1,2.5e3,null,true,"\u00e9\ud83d\ude00\n"]}`, `[[[`, `-`, `"\`, `0x`, "inf", "-nan")
}

func FuzzMsgpackUnpack(f *testing.F) {
	libraryFuzz(f, "return cmsgpack.pack(cmsgpack.unpack(ARGV[1]))", "\x93\x01\xa1a\xc0", "\xdd\xff\xff\xff\xff", "\x81\xc0\x01", "\xcb\x00")
}

func FuzzStructUnpack(f *testing.F) {
	libraryFuzz(f, "return {struct.size(ARGV[1]), struct.unpack(ARGV[1], string.rep(ARGV[1], 10))}", ">I2hl", "!8bIc0s", "i32", "!3", "c99999999999")
}

func FuzzPattern(f *testing.F) {
	libraryFuzz(f, "return {string.gsub('hello (world) 123 ' .. ARGV[1], ARGV[1], '<%0>')}", "(%w+)", "%b()", "%f[%a]", "[^]]", "[a-", "%", "(()", "%1")
}

func FuzzFormat(f *testing.F) {
	libraryFuzz(f, "return string.format(ARGV[1], 1, 'x', 2.5, -3)", "%d %s %g %x", "%5.2f", "%q", "%", "%-+ #05.3d")
}

func FuzzScript(f *testing.F) {
	libraryFuzz(f, "local g, e = loadstring(ARGV[1]) if g then return {pcall(g)} end return e", "return 1 .. 2", "for k, v in pairs(_G) do end", "local function f(...) return ... end return f(1)", "goto x ::x::", "return {[1]=2;3,}", "a.b:c'd'")
}
