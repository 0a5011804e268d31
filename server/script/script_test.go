package script

import (
	"strings"
	"testing"
	"time"
)

// fake is a Host that answers what it was told to.
type fake struct {
	calls   []string
	replies map[string]string // by the command's name
	wrote   bool
	onCall  func()
	logged  []string
}

func (h *fake) Call(args [][]byte, proto int, out []byte) ([]byte, bool) {
	var words []string
	for _, a := range args {
		words = append(words, string(a))
	}
	h.calls = append(h.calls, strings.Join(words, " "))
	if h.onCall != nil {
		h.onCall()
	}
	reply, ok := h.replies[words[0]]
	if !ok {
		reply = "+OK\r\n"
	}
	return append(out, reply...), h.wrote
}

func (h *fake) Allowed(args [][]byte) (allowed, known bool) { return true, string(args[0]) != "nosuch" }

func (h *fake) Log(_ LogLevel, line string) { h.logged = append(h.logged, line) }

func newTestEngine() *Engine {
	start := time.Now()
	return NewEngine(Config{
		Clock: func() int64 { return int64(time.Since(start)) }, Version: "7.0.15", VersionNumber: 0x0007000f,
	})
}

// eval runs a script to its end.
func eval(t testing.TB, e *Engine, h Host, text string, proto int, args ...string) string {
	t.Helper()
	s, err := e.Load([]byte(text), false)
	if err != nil {
		return "-" + err.Error() + "\r\n"
	}
	var argv [][]byte
	for _, a := range args {
		argv = append(argv, []byte(a))
	}
	r := e.Run()
	if !r.Start(Job{Script: s, Args: argv, Proto: proto, Host: h}) {
		r.Finish()
	}
	out, _ := r.Take()
	reply := string(out)
	r.Release()
	return reply
}

func TestReplies(t *testing.T) {
	e := newTestEngine()
	for _, c := range []struct{ text, want string }{
		{"return 1", ":1\r\n"},
		{"return 'a' .. 1.5 .. 'b'", "$5\r\na1.5b\r\n"},
		{"return {1, 'x', nil, 2}", "*2\r\n:1\r\n$1\r\nx\r\n"},
		{"return redis.call('set', 'a', 1)", "+OK\r\n"},
		{"local s = '' for i = 1, 5 do s = s .. i end return s", "$5\r\n12345\r\n"},
		{"return tostring(1e15)", "$5\r\n1e+15\r\n"},
		{"return #ARGV", ":0\r\n"},
	} {
		if got := eval(t, e, &fake{}, c.text, 2); got != c.want {
			t.Errorf("%s: %q, want %q", c.text, got, c.want)
		}
	}
}

const limiter = `
local key, now, window, limit = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', key, 0, now - window)
local n = redis.call('ZCARD', key)
if n < limit then
  redis.call('ZADD', key, now, ARGV[4])
  redis.call('EXPIRE', key, math.ceil(window / 1000))
  return {1, limit - n - 1}
end
return {0, 0}`

func BenchmarkLimiter(b *testing.B) {
	e := newTestEngine()
	h := &quick{}
	s, err := e.Load([]byte(limiter), false)
	if err != nil {
		b.Fatal(err)
	}
	keys := [][]byte{[]byte("limit:{user}")}
	args := [][]byte{[]byte("1700000000000"), []byte("60000"), []byte("100"), []byte("1700000000000-1")}
	var out []byte
	r := e.Run()
	b.ReportAllocs()
	for b.Loop() {
		if !r.Start(Job{Script: s, Keys: keys, Args: args, Proto: 2, Host: h, Out: out[:0]}) {
			b.StopTimer()
			r.Finish()
			r = e.Run()
			b.StartTimer()
			continue
		}
		out, _ = r.Take()
	}
	b.ReportMetric(float64(h.n)/float64(b.N), "calls/op")
	if string(out) != "*2\r\n:1\r\n:94\r\n" {
		b.Fatalf("%q", out)
	}
}

// quick is a Host that does nothing.
type quick struct{ n int }

func (h *quick) Call(args [][]byte, proto int, out []byte) ([]byte, bool) {
	h.n++
	return append(out, ":5\r\n"...), true
}
func (h *quick) Allowed([][]byte) (bool, bool) { return true, true }
func (h *quick) Log(LogLevel, string)          {}
