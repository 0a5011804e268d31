package command

import (
	"testing"
	"time"

	"slotbench/internal/slot"
	"slotbench/server/store"
)

// slidingWindow is the rate limiter that scripts are measured by.
const slidingWindow = `
local key, now, window, limit = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', key, 0, now - window)
local n = redis.call('ZCARD', key)
if n < limit then
  redis.call('ZADD', key, now, ARGV[4])
  redis.call('EXPIRE', key, math.ceil(window / 1000))
  return {1, limit - n - 1}
end
return {0, 0}`

// packingNode is a Node with limits and without parameters.
type packingNode struct{ quietNode }

func (packingNode) Limits() *Limits    { return &packing }
func (packingNode) Settings() Settings { return noSettings{} }

var packing = Limits{SortedSetEntries: 128, SortedSetValueBytes: 64}

type noSettings struct{ Settings }

func (noSettings) Get(string) (string, bool) { return "", false }

// limited is a dispatcher's context and the rate limiter as one EVALSHA and as
// the four commands that it runs.
func limited(tb testing.TB) (x *Context, script [][]byte, plain [][][]byte) {
	start := time.Now()
	d := NewDispatcher(Config{
		Store: store.NewArena(slot.DefaultCount, 1), Router: scriptedRouter(nil), Node: packingNode{},
		Clock: func() int64 { return int64(time.Since(start)) },
	})
	x = d.NewContext(d.NewStats())
	x.Client, x.NowMillis = &Client{Proto: 2, Authenticated: true}, 1_700_000_000_000
	s, err := d.scripting.engine.Load([]byte(slidingWindow), true)
	if err != nil {
		tb.Fatal(err)
	}
	words := func(line ...string) (args [][]byte) {
		for _, w := range line {
			args = append(args, []byte(w))
		}
		return args
	}
	const key, now, member = "limit:{user}", "1700000000000", "1700000000000-1"
	return x, words("EVALSHA", s.Hash, "1", key, now, "60000", "100", member), [][][]byte{
		words("ZREMRANGEBYSCORE", key, "0", "1699999940000"), words("ZCARD", key),
		words("ZADD", key, now, member), words("EXPIRE", key, "60"),
	}
}

// runDetached runs a command to its end, on the loop or off it.
func (c *Context) runToEnd(args [][]byte, out []byte) []byte {
	c.Args, c.Out = args, out
	p, _, _ := c.Prepare(args)
	if c.Run(p, 150) == Done {
		return c.Out
	}
	x := c.NewContext(c.stats)
	x.Client, x.Args, x.NowMillis = c.Client, args, c.NowMillis
	x.RunDetached()
	return x.Out
}

// BenchmarkScript is the rate limiter as a script, beside its commands alone.
func BenchmarkScript(b *testing.B) {
	x, script, plain := limited(b)
	out := make([]byte, 0, 1024)
	b.Run("script", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			if reply := x.runToEnd(script, out); string(reply) != "*2\r\n:1\r\n:99\r\n" && string(reply) != "*2\r\n:1\r\n:98\r\n" {
				b.Fatalf("%q", reply)
			}
		}
	})
	b.Run("commands", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			for _, args := range plain {
				if reply := x.runToEnd(args, out); reply[0] != ':' {
					b.Fatalf("%q", reply)
				}
			}
		}
	})
}

// TestScriptAllocations bounds what a short script leaves for the garbage
// collector.
func TestScriptAllocations(t *testing.T) {
	x, script, _ := limited(t)
	out := make([]byte, 0, 1024)
	const most = 40
	if n := testing.AllocsPerRun(200, func() { x.runToEnd(script, out) }); n > most {
		t.Errorf("the rate limiter allocates %v times a run, want at most %d", n, most)
	}
}
