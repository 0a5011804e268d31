package command

import (
	"fmt"
	"testing"

	"slotbench/internal/slot"
	"slotbench/server/store"
	"slotbench/server/topology"
)

// testPops is two blocking commands on strings, to test the framework alone:
// TPOP takes a key away, TMOVE gives it another name.
func testPops() []Command {
	tpop := func(c *Context) {
		timeout, ok := c.TimeoutArg(len(c.Args) - 1)
		if !ok {
			return
		}
		keys := c.Args[1 : len(c.Args)-1]
		for _, key := range c.Candidates(keys) {
			value, found, ok := c.String(key)
			if !ok {
				return
			}
			if found {
				c.Array(2)
				c.Bulk(key)
				c.Bulk(value)
				c.TableOf(key).Delete(key)
				return
			}
		}
		if !c.Block(store.String, timeout, keys) {
			c.NullArray()
		}
	}
	tmove := func(c *Context) {
		timeout, ok := c.TimeoutArg(3)
		if !ok {
			return
		}
		value, found, ok := c.String(c.Args[1])
		switch {
		case !ok:
		case found:
			c.Bulk(value)
			e, _ := c.TableOf(c.Args[1]).Peek(c.Args[1])
			c.moveEntry(c.Args[1], c.Args[2], e)
		case !c.Block(store.String, timeout, c.Args[1:2]):
			c.Null()
		}
	}
	return []Command{
		{Name: "tpop", Arity: -3, Flags: Write | Blocking, First: 1, Last: -2, Step: 1, KeySpec: "RW", Run: tpop},
		{Name: "tmove", Arity: 4, Flags: Write | Blocking, First: 1, Last: 2, Step: 1, KeySpec: "RW", Run: tmove},
	}
}

// crowd is several clients of one dispatcher, whose commands run one after the
// other on one context.
type crowd struct {
	*bench
	clients map[string]*Client
	heard   map[string]string // what came by Deliver and Push
}

func newCrowd(t *testing.T, router Router) *crowd {
	t.Helper()
	w := &crowd{newBench(t, router), map[string]*Client{}, map[string]string{}}
	nanos := int64(0)
	d := NewDispatcher(Config{
		Store: store.NewArena(slot.DefaultCount, 1), Router: router, Node: quietNode{}, Commands: testPops(),
		Clock: func() int64 { nanos += 100; return nanos },
	})
	w.Context = d.NewContext(d.NewStats())
	w.NowMillis = 1_000_000
	return w
}

func (w *crowd) client(name string) *Client {
	client := w.clients[name]
	if client == nil {
		client = &Client{ID: int64(len(w.clients) + 1), Proto: 2, Authenticated: true, Resume: func() {}}
		client.Deliver = func(reply []byte) {
			client.Waiter = nil
			w.heard[name] += string(reply)
		}
		client.Push = func(frame []byte) { w.heard[name] += string(frame) }
		w.clients[name] = client
	}
	return client
}

// say has a client run a command that answers want; "": it blocks.
func (w *crowd) say(name, line, want string) {
	w.t.Helper()
	w.Client = w.client(name)
	outcome := w.run(line)
	if want == "" && outcome == Blocked && len(w.Out) == 0 {
		return
	}
	if want == "" || outcome != Done || string(w.Out) != want {
		w.t.Errorf("%s: %s: outcome %d, %q, want %q", name, line, outcome, w.Out, want)
	}
}

// hears says what a client was handed since the last look.
func (w *crowd) hears(name, want string) {
	w.t.Helper()
	if got := w.heard[name]; got != want {
		w.t.Errorf("%s hears %q, want %q", name, got, want)
	}
	w.heard[name] = ""
}

func (w *crowd) quiet() {
	w.t.Helper()
	if n := w.pending.Load(); n != 0 || len(w.blocked.queues) != 0 || w.blocked.count() != 0 {
		w.t.Errorf("%d keys are pending, %d queues and %d clients are left", n, len(w.blocked.queues), w.blocked.count())
	}
}

func popped(key, value string) string {
	return fmt.Sprintf("*2\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n", len(key), key, len(value), value)
}

func TestBlockedClientsAreServedInOrder(t *testing.T) {
	for name, router := range map[string]Router{"standalone": nil, "cluster": scriptedRouter{}} {
		t.Run(name, func(t *testing.T) {
			w := newCrowd(t, router)
			w.say("a", "TPOP k 0", "")
			w.say("b", "TPOP k {k}2 0", "")
			w.say("c", "TPOP {k}2 k 0", "")
			w.say("p", "SET k 1", "+OK\r\n")
			w.hears("a", popped("k", "1"))
			w.say("p", "GET k", "$-1\r\n")
			w.say("p", "SET {k}2 2", "+OK\r\n")
			w.hears("b", popped("{k}2", "2"))
			w.say("p", "SET {k}2 3", "+OK\r\n")
			w.hears("c", popped("{k}2", "3"))
			w.say("p", "SET k 4", "+OK\r\n")
			w.say("a", "TPOP {k}2 k 0", popped("k", "4"))
			w.quiet()
		})
	}
}

func TestBlockedClientsWakeAfterTheTransaction(t *testing.T) {
	w := newCrowd(t, nil)
	w.say("a", "TPOP k 0", "")
	w.say("p", "MULTI", "+OK\r\n")
	w.say("p", "SET k 1", "+QUEUED\r\n")
	w.say("p", "DEL k", "+QUEUED\r\n")
	w.say("p", "TPOP k 0", "+QUEUED\r\n")
	w.say("p", "EXEC", "*3\r\n+OK\r\n:1\r\n*-1\r\n")
	w.hears("a", "")
	w.say("p", "MULTI", "+OK\r\n")
	w.say("p", "SET other 1", "+QUEUED\r\n")
	w.say("p", "SET k 1", "+QUEUED\r\n")
	w.say("p", "GET k", "+QUEUED\r\n")
	w.say("p", "SET k 2", "+QUEUED\r\n")
	w.say("p", "EXEC", "*4\r\n+OK\r\n+OK\r\n$1\r\n1\r\n+OK\r\n")
	w.hears("a", popped("k", "2"))
	w.quiet()
}

func TestChainedWakes(t *testing.T) {
	w := newCrowd(t, nil)
	w.say("a", "TMOVE x y 0", "")
	w.say("b", "TMOVE y z 0", "")
	w.say("c", "TPOP z 0", "")
	w.say("d", "TMOVE z x 0", "")
	w.say("p", "SET x v", "+OK\r\n")
	w.hears("a", "$1\r\nv\r\n")
	w.hears("b", "$1\r\nv\r\n")
	w.hears("c", popped("z", "v"))
	w.hears("d", "")
	w.say("p", "RENAME x z", "-ERR no such key\r\n")
	w.say("p", "SET x v", "+OK\r\n")
	w.say("p", "RENAME x z", "+OK\r\n")
	w.hears("d", "$1\r\nv\r\n")
	w.say("p", "GET x", "$1\r\nv\r\n")
	w.quiet()
}

func TestBlockedClientsStayWhereThereIsAnotherType(t *testing.T) {
	w := newCrowd(t, nil)
	w.say("a", "TPOP k {k}2 0", "")
	t1 := w.Store.Lock(w.Store.Count().Of([]byte("k")), w.NowMillis)
	t1.Set([]byte("k"), store.Entry{Type: store.List, Value: []byte("x")})
	w.Store.Unlock(w.Store.Count().Of([]byte("k")))
	w.say("p", "PING", "+PONG\r\n")
	w.hears("a", "")
	w.say("p", "SET {k}2 v", "+OK\r\n")
	w.hears("a", popped("{k}2", "v"))
	w.quiet()
}

func TestWaitsEnd(t *testing.T) {
	router := make(scriptedRouter)
	w := newCrowd(t, router)
	w.say("a", "TPOP k 1.5", "")
	if millis := w.client("a").Waiter.TimeoutMillis; millis != 1500 {
		t.Errorf("it waits %d ms", millis)
	}
	w.client("a").Waiter.TimeOut()
	w.hears("a", "*-1\r\n")
	w.client("a").Proto = 3
	w.say("a", "TPOP k 0", "")
	w.client("a").Waiter.TimeOut()
	w.hears("a", "_\r\n")
	w.say("p", "PING", "+PONG\r\n")
	w.quiet()

	w.say("a", "TPOP k {k}2 0", "")
	w.say("b", "TPOP k 0", "")
	w.Leave(w.client("a"), w.NowMillis)
	w.say("p", "SET k 1", "+OK\r\n")
	w.hears("b", popped("k", "1"))
	w.quiet()

	w.say("a", "TPOP k 0", "")
	w.say("b", "TPOP other 0", "")
	router[slot.Of([]byte("k"))] = Route{Kind: topology.Moved, Addr: "10.0.0.1:1"}
	w.topologyChanged()
	w.say("p", "PING", "+PONG\r\n")
	w.hears("a", fmt.Sprintf("-MOVED %d 10.0.0.1:1\r\n", slot.Of([]byte("k"))))
	w.hears("b", "")
	w.say("p", "SET other 1", "+OK\r\n")
	w.hears("b", popped("other", "1"))
	w.quiet()
}

func TestTimeouts(t *testing.T) {
	w := newCrowd(t, nil)
	const notFloat, negative = "-ERR timeout is not a float or out of range\r\n", "-ERR timeout is negative\r\n"
	for text, want := range map[string]string{
		"x": notFloat, "": notFloat, "1x": notFloat, "nan": notFloat, "1e5000": notFloat,
		"-1": negative, "-0.5": negative, "-inf": negative, "inf": negative, "1e300": negative, "9223372036854776": negative,
	} {
		w.say("a", fmt.Sprintf("TPOP k %q", text), want)
	}
	for text, want := range map[string]int64{"0": 0, "-0.0001": 0, "0.0001": 1, ".5": 500, "1.5": 1500, "2": 2000, "9223372036854775": 9223372036854775000} {
		w.say("a", "TPOP k "+text, "")
		if got := w.client("a").Waiter.TimeoutMillis; got != want {
			t.Errorf("%s is %d ms, want %d", text, got, want)
		}
		w.client("a").Waiter.TimeOut()
	}
}
