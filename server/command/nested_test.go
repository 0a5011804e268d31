package command

import (
	"fmt"
	"strings"
	"testing"

	"slotbench/internal/resp"
	"slotbench/internal/slot"
	"slotbench/server/store"
	"slotbench/server/topology"
)

// tcall is a script of sorts, to test commands inside commands: TCALL numkeys
// key … command word … ; command word …
func tcall() Command {
	run := func(c *Context) {
		n, _ := parseInt(c.Args[1])
		client := *c.Client
		x := c.Inner(InScript, &client)
		x.Out = nil
		var args [][]byte
		for _, word := range append(c.Args[2+n:], []byte(";")) {
			if string(word) != ";" {
				args = append(args, word)
				continue
			}
			if x.Call(args) == Beyond && c.HoldAll() {
				x.Out = append(x.Out[:0], "+again "...)
				x.Call(args)
			}
			args = nil
		}
		c.Absorb(x)
		c.Out = append(c.Out, x.Out...)
	}
	keys := func(positions []int, args [][]byte) ([]int, bool) {
		n, ok := parseInt(args[1])
		for at := 2; at < 2+int(n) && at < len(args); at++ {
			positions = append(positions, at)
		}
		return positions, ok
	}
	return Command{Name: "tcall", Arity: -3, Flags: NoScript | OffLoop | Holding | MayWrite, Keys: keys, Run: run}
}

func newCaller(t *testing.T, router Router) *bench {
	t.Helper()
	b := newBench(t, router)
	d := NewDispatcher(Config{Store: store.NewArena(slot.DefaultCount, 1), Router: router, Node: quietNode{},
		Clock: func() int64 { return 0 }, Commands: append(testPops(), tcall())})
	b.Context = d.NewContext(d.NewStats())
	b.Client = &Client{Proto: 2, Authenticated: true, Resume: func() {}}
	b.NowMillis = 1_000_000
	return b
}

// call runs a command off the loop, on a context of its own: TCALL as scripts
// are run there, others when Run has said that they are Detached.
func (b *bench) call(line, want string) {
	b.t.Helper()
	x := b.NewContext(b.stats)
	x.Client, x.NowMillis = b.Client, b.NowMillis
	if strings.HasPrefix(line, "TCALL") {
		x.Args, _ = resp.SplitWords([]byte(line), nil)
		x.Command, x.detached = b.byName["tcall"], true
		x.runHolding()
		x.settle()
	} else if outcome := b.run(line); outcome != Detached {
		b.t.Errorf("%s: outcome %d, %q", line, outcome, b.Out)
		return
	} else {
		x.Args = b.Args
		x.RunDetached()
	}
	if string(x.Out) != want {
		b.t.Errorf("%s: %q, want %q", line, x.Out, want)
	}
	if b.alert.Load() != 0 || b.pending.Load() != 0 {
		b.t.Errorf("%s leaves slots occupied or keys pending", line)
	}
}

func TestCommandsInsideCommands(t *testing.T) {
	b := newCaller(t, nil)
	b.call("TCALL 1 k SET k 1 ; INCR k ; GET k", "+OK\r\n:2\r\n$1\r\n2\r\n")
	b.call("TCALL 2 k l MSET k 1 l 2 ; MGET l k", "+OK\r\n*2\r\n$1\r\n2\r\n$1\r\n1\r\n")
	b.call("TCALL 1 k NOSUCH", "-ERR Unknown Redis command called from script\r\n")
	b.call("TCALL 1 k GET", "-ERR Wrong number of args calling Redis command from script\r\n")
	b.call("TCALL 1 k MULTI", "-ERR This Redis command is not allowed from script\r\n")
	b.call("TCALL 1 none TPOP none 0", "*-1\r\n")
	b.call("TCALL 1 k GET l", "+again $1\r\n2\r\n")
	b.call("TCALL 1 k DBSIZE", "+again :2\r\n")
	b.call("TCALL 1 k MIGRATE h 1 k 0 1", "-ERR migrate cannot run together with commands that have keys, in one transaction or script\r\n")
	use := b.Store.Account(slot.Of([]byte("k"))).Use
	if use.Writes < 3 || use.Reads < 2 {
		t.Errorf("the commands are not accounted for: %+v", use)
	}
	calls := b.stats.calls[b.byName["set"].id].Calls.Load()
	if calls != 1 {
		t.Errorf("%d calls of SET are counted, want 1", calls)
	}

	b.expect("MULTI", "+OK\r\n")
	b.expect("SET k 5", "+QUEUED\r\n")
	b.expect("TCALL 1 k INCR k", "+QUEUED\r\n")
	b.expect("FLUSHALL", "+QUEUED\r\n")
	b.expect("DBSIZE", "+QUEUED\r\n")
	b.call("EXEC", "*4\r\n+OK\r\n:6\r\n+OK\r\n:0\r\n")
	if b.Client.tx != nil || b.Client.state != 0 {
		t.Error("the transaction has not ended")
	}
}

func TestScriptsInACluster(t *testing.T) {
	router := make(scriptedRouter)
	b := newCaller(t, router)
	b.call("TCALL 1 k SET k 1 ; GET {k}2", "+OK\r\n$-1\r\n")
	b.call("TCALL 2 k l GET k", "-CROSSSLOT Keys in request don't hash to the same slot\r\n")
	router[slot.Of([]byte("k"))] = Route{Kind: topology.Moved, Addr: "10.0.0.1:1"}
	b.call("TCALL 1 k GET k", fmt.Sprintf("-MOVED %d 10.0.0.1:1\r\n", slot.Of([]byte("k"))))
	router[slot.Of([]byte("k"))] = Route{Kind: topology.Migrating, Addr: "10.0.0.1:1"}
	b.call("TCALL 1 k GET k ; GET {k}2", "$1\r\n1\r\n-ERR Script attempted to access a non local key in a cluster node\r\n")
}

func TestOccupiedSlotsParkCommands(t *testing.T) {
	b := newCaller(t, nil)
	resumed := 0
	b.Client.Resume = func() { resumed++ }
	script := b.NewContext(b.stats)
	script.detached = true
	script.slots = append(script.slots, lockedSlot{slot: slot.Of([]byte("k"))})
	script.holdSlots()
	for _, line := range []string{"GET k", "MGET other k", "SCAN 0"} {
		if outcome := b.run(line); outcome != Parked || len(b.Out) > 0 {
			t.Errorf("%s: outcome %d, reply %q, want it parked", line, outcome, b.Out)
		}
	}
	b.expect("GET other", "$-1\r\n")
	b.expect("GET k l", "-ERR wrong number of arguments for 'get' command\r\n")
	b.expect("MULTI", "+OK\r\n")
	b.expect("GET k", "+QUEUED\r\n")
	if b.run("EXEC") != Parked {
		t.Errorf("EXEC: %q", b.Out)
	}
	script.release()
	if resumed != 4 {
		t.Errorf("%d were resumed, want 4", resumed)
	}
	b.expect("EXEC", "*1\r\n$-1\r\n")
}

func TestTransactionsOfOpenSlots(t *testing.T) {
	router := make(scriptedRouter)
	b := newCaller(t, router)
	k := slot.Of([]byte("k"))
	moved, ask := fmt.Sprintf("-MOVED %d 10.0.0.1:1\r\n", k), fmt.Sprintf("-ASK %d 10.0.0.1:1\r\n", k)
	const ok, queued, aborted = "+OK\r\n", "+QUEUED\r\n", "-EXECABORT Transaction discarded because of previous errors.\r\n"

	b.expect("SET {k}1 1", ok)
	router[k] = Route{Kind: topology.Migrating, Addr: "10.0.0.1:1"}
	b.expect("MULTI", ok)
	b.expect("GET {k}1", queued)
	b.expect("GET {k}2", ask)
	b.expect("EXEC", aborted)
	b.expect("MULTI", ok)
	b.expect("MGET {k}1 {k}2", "-TRYAGAIN Multiple keys request during rehashing of slot\r\n")
	b.expect("EXEC", aborted)
	router[k] = Route{}
	b.expect("MULTI", ok)
	b.expect("GET {k}1", queued)
	b.expect("GET {k}2", queued)
	router[k] = Route{Kind: topology.Migrating, Addr: "10.0.0.1:1"}
	b.expect("EXEC", "-TRYAGAIN Multiple keys request during rehashing of slot\r\n")
	b.expect("EXEC", "-ERR EXEC without MULTI\r\n")

	router[k] = Route{}
	b.expect("WATCH {k}1", ok)
	b.expect("MULTI", ok)
	b.expect("SET {k}1 2", queued)
	router[k] = Route{Kind: topology.Moved, Addr: "10.0.0.1:1"} // between queue and EXEC
	b.expect("EXEC", moved)
	b.expect("MULTI", ok)
	b.expect("SET {k}1 2", moved)
	b.expect("EXEC", aborted)

	router[k] = Route{Kind: topology.Importing, Addr: "10.0.0.1:1"}
	b.expect("ASKING", ok)
	b.expect("MULTI", ok)
	b.expect("SET {k}1 2", queued)
	b.expect("GET {k}1", queued)
	b.expect("EXEC", "*2\r\n+OK\r\n$1\r\n2\r\n")
	b.expect("MULTI", ok)
	b.expect("SET {k}1 3", moved)
	b.expect("DISCARD", ok)

	// A watched key whose slot has left fails a transaction of other slots.
	router[k] = Route{}
	b.expect("WATCH {k}1", ok)
	router[k] = Route{Kind: topology.Moved, Addr: "10.0.0.1:1"}
	b.expect("MULTI", ok)
	b.expect("SET other 1", queued)
	b.expect("EXEC", "*-1\r\n")
}

func TestTransactionsWaitForKeysInFlight(t *testing.T) {
	b := newCaller(t, nil)
	resumed := 0
	b.Client.Resume = func() { resumed++ }
	b.expect("MULTI", "+OK\r\n")
	b.expect("GET k", "+QUEUED\r\n")
	b.expect("SET {k}2 1", "+QUEUED\r\n")
	flying := [][]byte{[]byte("k"), []byte("{k}2")}
	b.Flights.Begin(flying)
	if b.run("EXEC") != Parked || len(b.Out) > 0 {
		t.Errorf("EXEC of a key in flight: %q", b.Out)
	}
	b.Flights.End(flying[1:])
	if resumed != 1 {
		t.Errorf("resumed %d times", resumed)
	}
	b.expect("EXEC", "*2\r\n$-1\r\n+OK\r\n") // k flies, and is only read
}

func TestWatchSeesExpiry(t *testing.T) {
	b := newCaller(t, nil)
	b.expect("SET k 1 PX 10", "+OK\r\n")
	b.expect("WATCH k", "+OK\r\n")
	b.expect("MULTI", "+OK\r\n")
	b.expect("PING", "+QUEUED\r\n")
	b.NowMillis += 10
	b.expect("EXEC", "*-1\r\n")
	b.expect("SET k 1 PX 10", "+OK\r\n")
	b.NowMillis += 10
	b.expect("WATCH k", "+OK\r\n") // gone already
	b.expect("MULTI", "+OK\r\n")
	b.expect("PING", "+QUEUED\r\n")
	b.expect("EXEC", "*1\r\n+PONG\r\n")
	b.expect("WATCH k", "+OK\r\n")
	b.Leave(b.Client, b.NowMillis)
	if b.Client.watch != nil {
		t.Error("a client that has left watches")
	}
}

func TestSlowCommandsAreFoundInGroups(t *testing.T) {
	now := int64(0)
	slow := Command{Name: "tslow", Arity: 2, Flags: ReadOnly, First: 1, Last: 1, Step: 1, KeySpec: "RO", Complexity: "O(N)",
		Run: func(c *Context) { now += DefaultSlowMicros * 1000; c.OK() }}
	d := NewDispatcher(Config{Store: store.NewArena(slot.DefaultCount, 1), Node: quietNode{},
		Clock: func() int64 { return now }, Commands: []Command{slow}})
	b := &bench{t, d.NewContext(d.NewStats())}
	b.Client = &Client{Proto: 2, Authenticated: true, Resume: func() {}}
	for round := range DefaultSlowEntries {
		b.Mark()
		for i := range GroupCommands {
			b.run(fmt.Sprintf("SET k%d value", i))
			if i == round%GroupCommands {
				b.run("TSLOW k")
			}
		}
		b.Check()
		if n := len(b.slow.entries); n != round+1 {
			t.Fatalf("%d entries after %d slow commands", n, round+1)
		}
	}
	for _, e := range b.slow.entries {
		if strings.Join(e.args, " ") != "TSLOW k" || e.micros != DefaultSlowMicros {
			t.Fatalf("%q is said to be slow, %d us", e.args, e.micros)
		}
	}
}
