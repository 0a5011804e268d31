package command

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"slotbench/internal/resp"
	"slotbench/internal/slot"
	"slotbench/server/store"
	"slotbench/server/topology"
)

// scriptedRouter routes slots as a test says; the others are here.
type scriptedRouter map[slot.Slot]Route

func (r scriptedRouter) Route(s slot.Slot) Route { return r[s] }

// quietNode is a node without clients.
type quietNode struct {
	Node
	password string
}

func (n quietNode) Password() string { return n.password }

// defaultLimits is redis.conf's.
var defaultLimits = Limits{HashEntries: 512, HashValueBytes: 64, ListSize: -2, SetIntsetEntries: 512, SetEntries: 128, SetValueBytes: 64,
	SortedSetEntries: 128, SortedSetValueBytes: 64, Names70: true}

func (quietNode) Limits() *Limits { return &defaultLimits }

// bench is a dispatcher without connections.
type bench struct {
	t *testing.T
	*Context
}

func newBench(t *testing.T, router Router) *bench {
	t.Helper()
	nanos := int64(0)
	d := NewDispatcher(Config{
		Store: store.NewArena(slot.DefaultCount, 1), Router: router, Node: quietNode{},
		Clock: func() int64 { nanos += 100; return nanos },
	})
	x := d.NewContext(d.NewStats())
	x.Client = &Client{Proto: 2, Authenticated: true, Resume: func() {}}
	x.NowMillis = 1_000_000
	return &bench{t, x}
}

// run runs a command and returns what became of it; the reply is in Out.
func (b *bench) run(line string) Outcome {
	b.t.Helper()
	args, ok := resp.SplitWords([]byte(line), nil)
	if !ok {
		b.t.Fatalf("unbalanced quotes: %s", line)
	}
	b.Args, b.Out = args, b.Out[:0]
	prepared, _, _ := b.Prepare(args)
	return b.Run(prepared, len(line))
}

func (b *bench) expect(line, want string) {
	b.t.Helper()
	if outcome := b.run(line); outcome != Done || string(b.Out) != want {
		b.t.Errorf("%s: outcome %d, %q, want %q", line, outcome, b.Out, want)
	}
}

func TestDecide(t *testing.T) {
	const none, some, all = 0, 1, 2 // keys missing of two
	for _, test := range []struct {
		kind    topology.RouteKind
		asking  bool
		keys    int
		missing int
		want    answer
	}{
		{topology.Mine, false, 2, all, runHere},
		{topology.Moved, false, 2, none, answerMoved},
		{topology.Moved, true, 2, none, answerMoved},
		{topology.Migrating, false, 2, none, runHere},
		{topology.Migrating, false, 2, some, answerTryAgain},
		{topology.Migrating, false, 2, all, answerAsk},
		{topology.Migrating, false, 1, 1, answerAsk},
		{topology.Importing, false, 2, none, answerMoved},
		{topology.Importing, true, 2, none, runHere},
		{topology.Importing, true, 2, some, answerTryAgain},
		{topology.Importing, true, 2, all, answerTryAgain},
		{topology.Importing, true, 1, 1, runHere},
		{topology.Unbound, true, 1, 0, answerUnbound},
		{topology.Down, true, 1, 0, answerDown},
	} {
		if got := decide(test.kind, test.asking, test.keys, test.missing); got != test.want {
			t.Errorf("%+v: got %d", test, got)
		}
	}
}

func TestRoutedCommands(t *testing.T) {
	router := make(scriptedRouter)
	b := newBench(t, router)
	key := func(tag string) slot.Slot { return slot.Of([]byte(tag)) }
	router[key("moved")] = Route{Kind: topology.Moved, Addr: "10.0.0.1:7001"}
	router[key("unbound")] = Route{Kind: topology.Unbound}
	router[key("down")] = Route{Kind: topology.Down}

	b.expect("SET here 1", "+OK\r\n")
	b.expect("GET {moved}k", fmt.Sprintf("-MOVED %d 10.0.0.1:7001\r\n", key("moved")))
	b.expect("GET unbound", "-CLUSTERDOWN Hash slot not served\r\n")
	b.expect("GET down", "-CLUSTERDOWN The cluster is down\r\n")
	b.expect("MGET here there", "-CROSSSLOT Keys in request don't hash to the same slot\r\n")
	b.expect("MGET moved here", "-CROSSSLOT Keys in request don't hash to the same slot\r\n")
	b.expect("MGET {here}a {here}b", "*2\r\n$-1\r\n$-1\r\n")

	b.expect("SET {m}a 1", "+OK\r\n")
	b.expect("SET {m}gone 1 PX 10", "+OK\r\n")
	router[key("m")] = Route{Kind: topology.Migrating, Addr: "10.0.0.2:7002"}
	ask := fmt.Sprintf("-ASK %d 10.0.0.2:7002\r\n", key("m"))
	b.expect("GET {m}a", "$1\r\n1\r\n")
	b.expect("GET {m}b", ask)
	b.expect("SET {m}b 1", ask)
	b.expect("MGET {m}a {m}b", "-TRYAGAIN Multiple keys request during rehashing of slot\r\n")
	b.expect("MGET {m}b {m}c", ask)
	b.NowMillis += 10
	b.expect("GET {m}gone", ask) // a key whose time has come is not here

	router[key("i")] = Route{Kind: topology.Importing, Addr: "10.0.0.3:7003"}
	moved := fmt.Sprintf("-MOVED %d 10.0.0.3:7003\r\n", key("i"))
	b.expect("GET {i}a", moved)
	b.expect("ASKING", "+OK\r\n")
	b.expect("SET {i}a 1", "+OK\r\n")
	b.expect("GET {i}a", moved) // ASKING is for one command
	b.expect("ASKING", "+OK\r\n")
	b.expect("NOSUCH", "-ERR unknown command 'NOSUCH', with args beginning with: \r\n")
	b.expect("GET {i}a", moved) // whatever became of that command
	b.expect("ASKING", "+OK\r\n")
	b.expect("MGET {i}a {i}b", "-TRYAGAIN Multiple keys request during rehashing of slot\r\n")
	b.expect("ASKING", "+OK\r\n")
	b.expect("MGET {i}a {i}a", "*2\r\n$1\r\n1\r\n$1\r\n1\r\n")
	b.expect("PING", "+PONG\r\n")
}

func TestWritesToKeysInFlightPark(t *testing.T) {
	b := newBench(t, nil)
	b.expect("SET k 1", "+OK\r\n")
	resumed := 0
	b.Client.Resume = func() { resumed++ }
	if !b.Flights.Begin([][]byte{[]byte("k")}) || b.Flights.Begin([][]byte{[]byte("x"), []byte("k")}) {
		t.Fatal("a key must fly once at a time")
	}
	b.expect("GET k", "$1\r\n1\r\n")
	b.expect("SET x 1", "+OK\r\n")
	b.Client.Asking = true
	for _, line := range []string{"SET k 2", "DEL a k", "INCR k"} {
		if outcome := b.run(line); outcome != Parked || len(b.Out) > 0 {
			t.Errorf("%s: outcome %d, reply %q, want it parked", line, outcome, b.Out)
		}
	}
	if !b.Client.Asking {
		t.Error("parking used ASKING up")
	}
	b.Flights.End([][]byte{[]byte("k")})
	if resumed != 3 {
		t.Errorf("%d connections were resumed, want 3", resumed)
	}
	b.expect("INCR k", ":2\r\n")
}

func TestStandaloneCommandsHoldSeveralSlots(t *testing.T) {
	b := newBench(t, nil)
	var set, get []string
	for i := range 50 {
		set = append(set, fmt.Sprintf("key%d %d", i, i))
		get = append(get, fmt.Sprintf("key%d", 49-i))
	}
	b.expect("MSET "+strings.Join(set, " "), "+OK\r\n")
	b.run("MGET " + strings.Join(get, " "))
	reply, err := resp.Decode(b.Out)
	if err != nil || len(reply.Elems) != 50 || reply.Elems[0].Text != "49" || reply.Elems[49].Text != "0" {
		t.Errorf("MGET over many slots: %q (%v)", b.Out, err)
	}
	total := store.Total(b.Store)
	if total.Writes != 50 || total.Reads != 50 {
		t.Errorf("accounts count %d writes and %d reads, want 50 and 50", total.Writes, total.Reads)
	}
}

func TestAccounts(t *testing.T) {
	b := newBench(t, nil)
	b.expect("SET k hello", "+OK\r\n")
	b.expect("GET k", "$5\r\nhello\r\n")
	use := b.Store.Account(slot.Of([]byte("k"))).Use
	use.CPUNanos = 0 // sampled
	want := store.Use{Reads: 1, Writes: 1, BytesIn: int64(len("SET k hello") + len("GET k")), BytesOut: int64(len("+OK\r\n") + len("$5\r\nhello\r\n"))}
	if use != want {
		t.Errorf("the slot's account is %+v, want %+v", use, want)
	}
	// One in sampleEvery is timed and stands for the others: on average the
	// time that the clock shows, 100 ns a command.
	const commands = 20_000
	for range commands {
		b.run("GET k")
	}
	perCommand := float64(b.Store.Account(slot.Of([]byte("k"))).CPUNanos) / commands
	if perCommand < 80 || perCommand > 120 {
		t.Errorf("%.1f ns a command, want about 100", perCommand)
	}
}

func TestAuthentication(t *testing.T) {
	b := newBench(t, nil)
	b.Node = quietNode{password: "secret"}
	b.Client.Authenticated = false
	b.expect("GET k", "-NOAUTH Authentication required.\r\n")
	b.expect("PING", "-NOAUTH Authentication required.\r\n")
	b.expect("NOSUCH", "-ERR unknown command 'NOSUCH', with args beginning with: \r\n")
	b.expect("AUTH wrong", "-WRONGPASS invalid username-password pair or user is disabled.\r\n")
	b.expect("AUTH nobody secret", "-WRONGPASS invalid username-password pair or user is disabled.\r\n")
	b.expect("HELLO 3 AUTH default wrong", "-WRONGPASS invalid username-password pair or user is disabled.\r\n")
	b.run("HELLO 3")
	if !bytes.HasPrefix(b.Out, []byte("-NOAUTH HELLO must be called")) {
		t.Errorf("HELLO before AUTH: %q", b.Out)
	}
	b.expect("GET k", "-NOAUTH Authentication required.\r\n")
	b.expect("AUTH default secret", "+OK\r\n")
	b.expect("GET k", "$-1\r\n")
	b.expect("RESET", "+RESET\r\n")
	b.expect("GET k", "-NOAUTH Authentication required.\r\n")
}

func TestReplyModes(t *testing.T) {
	b := newBench(t, nil)
	b.expect("CLIENT REPLY SKIP", "")
	b.expect("PING", "")
	b.expect("PING", "+PONG\r\n")
	b.expect("CLIENT REPLY OFF", "")
	b.expect("PING", "")
	b.expect("NOSUCH", "")
	b.expect("CLIENT REPLY ON", "+OK\r\n")
	b.expect("PING", "+PONG\r\n")
}

func TestGetAndSetAllocateNothing(t *testing.T) {
	for name, router := range map[string]Router{"standalone": nil, "cluster": scriptedRouter{}} {
		b := newBench(t, router)
		set := [][]byte{[]byte("SET"), []byte("some key"), bytes.Repeat([]byte("v"), 100)}
		get := set[:2:2]
		get = [][]byte{[]byte("get"), get[1]}
		out := make([]byte, 0, 1024)
		if n := testing.AllocsPerRun(200, func() {
			for _, args := range [][][]byte{set, get} {
				b.Args, b.Out = args, out
				prepared, _, _ := b.Prepare(args)
				if b.Run(prepared, 150) != Done || b.Out[0] == '-' {
					t.Fatalf("%q", b.Out)
				}
			}
			b.Publish()
		}); n != 0 {
			t.Errorf("%s: %v allocations for a SET and a GET", name, n)
		}
	}
}

func TestEveryRowIsWhole(t *testing.T) {
	table := newTable(groups()) // panics on a fault that would stop the server
	for _, cmd := range table.all {
		if cmd.Summary == "" || cmd.Since == "" || cmd.Complexity == "" || cmd.Group == "" {
			t.Errorf("%s: something is missing in its row", cmd.full)
		}
		if strings.HasSuffix(cmd.Summary, ".") {
			t.Errorf("%s: the summary ends in a full stop, which HELP adds", cmd.full)
		}
		if cmd.First != 0 && cmd.KeySpec == "" {
			t.Errorf("%s: has keys and does not say what it does to them", cmd.full)
		}
		if cmd.Flags&(Write|ReadOnly) == Write|ReadOnly {
			t.Errorf("%s: both writes and does not", cmd.full)
		}
	}
}

// notFuzzed is what needs a node, or half a gigabyte.
var notFuzzed = []string{"shutdown", "debug", "setrange", "setbit", "bitfield"}

func FuzzDispatch(f *testing.F) {
	for _, line := range []string{"SET k v EX 10", "GETEX k PERSIST", "INCRBYFLOAT k 1e10", "LCS a b IDX", "SETRANGE k 5 x",
		"HSET k f v f 1", "HRANDFIELD k -5 WITHVALUES", "SINTERCARD 1 k LIMIT 1", "SSCAN k 0 MATCH a*", "SPOP k 3",
		"COMMAND GETKEYS MSET a b", "COMMAND DOCS sort", "BITFIELD_RO k GET i5 #3", "BITPOS k 1 2 3 BIT", "BITOP NOT a b",
		"SORT l BY w*->f GET # LIMIT 0 5 DESC ALPHA STORE x", "LATENCY HISTOGRAM get", "HELLO 3 SETNAME x", "CLIENT REPLY SKIP", "MSET a", "GETRANGE k -1 -5"} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		args, ok := resp.SplitWords(line, nil)
		if !ok || len(args) == 0 {
			return
		}
		b := newBench(t, nil)
		for _, proto := range []int{2, 3} {
			b.Client.Proto, b.Client.Reply = proto, ReplyOn
			b.Args, b.Out = args, b.Out[:0]
			prepared, _, _ := b.Prepare(args)
			if prepared.cmd != nil && (prepared.cmd.Group == GroupCluster || slices.Contains(notFuzzed, prepared.cmd.Name)) {
				return
			}
			if strings.HasPrefix(strings.ToLower(string(args[0])), "config") {
				return
			}
			if prepared.cmd != nil && prepared.cmd.Flags&Pubsub != 0 {
				return // may answer several times
			}
			if b.Run(prepared, len(line)) != Done || b.Client.Reply != ReplyOn || len(b.Out) == 0 {
				continue
			}
			if _, err := resp.Decode(b.Out); err != nil {
				t.Fatalf("%q answers %q: %v", args, b.Out, err)
			}
		}
	})
}
