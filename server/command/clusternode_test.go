package command_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"slotbench/internal/peer"
	"slotbench/internal/slot"
)

// pushed is a node of ours, a, that owns slots 0-8191 beside a node b that
// nobody runs.
func pushed(t *testing.T) (c *peer.Conn, id string) {
	t.Helper()
	addr := startNode(t, true)
	c = peer.Dial(t, addr)
	id = c.Text("CLUSTER", "MYID")
	_, port, _ := strings.Cut(addr, ":")
	c.Text("DFLYCLUSTER", "CONFIG", fmt.Sprintf(`[
		{"slot_ranges":[{"start":0,"end":8191}],"master":{"id":"%s","ip":"127.0.0.1","port":%s},"replicas":[]},
		{"slot_ranges":[{"start":8192,"end":16383}],"master":{"id":"b","ip":"10.0.0.2","port":2},"replicas":[]}]`, id, port))
	return c, id
}

// say sends a line of words and compares the drawn answer.
func say(t *testing.T, c *peer.Conn, line, want string) {
	t.Helper()
	if got := draw(c.Value(strings.Fields(line)...)); got != want {
		t.Errorf("%s\n got %s\nwant %s", line, got, want)
	}
}

// foo is in slot 12182, which is b's; a in slot 15495; x and {x}y in 16287;
// bar in 5061, which is ours.
func TestRedirectsOfOpenSlots(t *testing.T) {
	c, id := pushed(t)
	say(t, c, "SET foo 1", `-"MOVED 12182 10.0.0.2:2"`)
	say(t, c, "SET bar 1", `+"OK"`)
	say(t, c, "MGET foo bar", `-"CROSSSLOT Keys in request don't hash to the same slot"`)
	say(t, c, "ASKING", `+"OK"`)
	say(t, c, "GET foo", `-"MOVED 12182 10.0.0.2:2"`)
	say(t, c, "CLUSTER SETSLOT 12182 IMPORTING b", `+"OK"`)
	say(t, c, "CLUSTER SETSLOT 5061 MIGRATING b", `+"OK"`)
	if text := c.Text("CLUSTER", "NODES"); !strings.Contains(text, " connected 0-8191 [5061->-b] [12182-<-b]\n") {
		t.Errorf("open slots in CLUSTER NODES: %s", text)
	}
	say(t, c, "GET bar", `$"1"`)
	say(t, c, "GET {bar}2", `-"ASK 5061 10.0.0.2:2"`)
	say(t, c, "SET {bar}2 x", `-"ASK 5061 10.0.0.2:2"`)
	say(t, c, "MGET bar {bar}2", `-"TRYAGAIN Multiple keys request during rehashing of slot"`)
	say(t, c, "SET foo 1", `-"MOVED 12182 10.0.0.2:2"`)
	say(t, c, "ASKING", `+"OK"`)
	say(t, c, "SET foo 1", `+"OK"`)
	say(t, c, "GET foo", `-"MOVED 12182 10.0.0.2:2"`)
	say(t, c, "ASKING", `+"OK"`)
	say(t, c, "MGET foo {foo}2", `-"TRYAGAIN Multiple keys request during rehashing of slot"`)
	if got := c.Text("RESTORE-ASKING", "{foo}2", "0", "\x00\xc0\x00\n\x00\x98@\xa7x\xf8P\x03\x08"); got != "OK" {
		t.Errorf("RESTORE-ASKING: %s", got)
	}
	say(t, c, "ASKING", `+"OK"`)
	say(t, c, "MGET foo {foo}2", `*[$"1" $"0"]`)
	say(t, c, "CLUSTER SETSLOT 5061 NODE b",
		`-"ERR Can't assign hashslot 5061 to a different node while I still hold keys for this hash slot."`)
	say(t, c, "DEL bar", `:"1"`)
	say(t, c, "CLUSTER SETSLOT 5061 NODE b", `+"OK"`)
	say(t, c, "GET bar", `-"MOVED 5061 10.0.0.2:2"`)
	say(t, c, "CLUSTER SETSLOT 12182 NODE "+id, `+"OK"`)
	say(t, c, "GET foo", `$"1"`)
	if info := c.Text("CLUSTER", "INFO"); !strings.Contains(info, "cluster_current_epoch:3\r\ncluster_my_epoch:3\r\n") {
		t.Errorf("the epoch did not rise: %s", info)
	}
}

func TestAbsentSubcommandsSayWhy(t *testing.T) {
	c, _ := pushed(t)
	say(t, c, "CLUSTER MEET 10.0.0.3 3", `-"ERR CLUSTER MEET is not supported: nodes learn of each other by DFLYCLUSTER CONFIG"`)
	say(t, c, "cluster failover", `-"ERR CLUSTER FAILOVER is not supported: this server does not replicate"`)
	say(t, c, "CLUSTER BUMPEPOCH", `-"ERR CLUSTER BUMPEPOCH is not supported: epochs rise by DFLYCLUSTER CONFIG and CLUSTER SETSLOT"`)
	say(t, c, "DFLYCLUSTER SLOT-MIGRATION-STATUS",
		`-"ERR DFLYCLUSTER SLOT-MIGRATION-STATUS is not supported: slots are migrated by CLUSTER SETSLOT and MIGRATE"`)
	say(t, c, "CLUSTER NOPE", `-"ERR unknown subcommand 'NOPE'. Try CLUSTER HELP."`)
}

func TestDflycluster(t *testing.T) {
	c, id := pushed(t)
	say(t, c, "DFLYCLUSTER MYID", fmt.Sprintf("$%q", id))
	say(t, c, "DFLYCLUSTER CONFIG []", `-"ERR Invalid cluster configuration."`)
	say(t, c, "DFLYCLUSTER CONFIG {bad", `-"ERR Invalid cluster configuration."`)
	say(t, c, "DFLYCLUSTER GETSLOTINFO SLOTS 20000", `-"ERR Invalid slot id"`)
	say(t, c, "DFLYCLUSTER GETSLOTINFO SLOTS", `-"ERR syntax error"`)
	say(t, c, "SET bar 1", `+"OK"`)
	say(t, c, "GET bar", `$"1"`)
	info := c.Value("DFLYCLUSTER", "GETSLOTINFO", "SLOTS", "5061", "0")
	fields := info.Elems[0].Elems
	if len(info.Elems) != 2 || len(fields) != 9 || fields[0].Text != "5061" || fields[2].Text != "1" || fields[4].Text != "1" ||
		fields[6].Text != "1" || fields[8].Text == "0" {
		t.Errorf("GETSLOTINFO: %s", draw(info))
	}
	say(t, peer.Dial(t, startNode(t, false)), "DFLYCLUSTER MYID", `-"ERR This instance has cluster support disabled"`)
}

// TestSlotStats expects Valkey 8's words and its order, and that the figures
// are those of what was sent.
func TestSlotStats(t *testing.T) {
	c, _ := pushed(t)
	for line, want := range map[string]string{
		"SLOTSRANGE 0":                          "ERR unknown subcommand or wrong number of arguments for 'SLOT-STATS'. Try CLUSTER HELP.",
		"SLOTSRANGE 5 1":                        "ERR Start slot number 5 is greater than end slot number 1",
		"SLOTSRANGE 5 x":                        "ERR Invalid or out of range slot",
		"SLOTSRANGE 5 16384":                    "ERR Invalid or out of range slot",
		"FOO 1 2":                               "ERR unknown subcommand or wrong number of arguments for 'SLOT-STATS'. Try CLUSTER HELP.",
		"ORDERBY nope":                          "ERR Unrecognized sort metric for ORDERBY.",
		"ORDERBY key-count LIMIT 0":             "ERR Limit has to lie in between 1 and 16384 (maximum number of slots).",
		"ORDERBY key-count LIMIT x":             "ERR Limit has to lie in between 1 and 16384 (maximum number of slots).",
		"ORDERBY key-count LIMIT 16385":         "ERR Limit has to lie in between 1 and 16384 (maximum number of slots).",
		"ORDERBY key-count ASC DESC":            "ERR Multiple filters of the same type are disallowed.",
		"ORDERBY key-count LIMIT 2 LIMIT 3":     "ERR Multiple filters of the same type are disallowed.",
		"ORDERBY key-count LIMIT":               "ERR syntax error",
		"ORDERBY":                               "ERR wrong number of arguments for 'cluster|slot-stats' command",
		"SLOTSRANGE 8192 16383":                 "",
		"ORDERBY memory-bytes LIMIT 1 ASC":      "",
		"orderby network-bytes-in desc LIMIT 1": "",
	} {
		v := c.Value(append([]string{"CLUSTER", "SLOT-STATS"}, strings.Fields(line)...)...)
		if v.Err() != nil && v.Text != want || v.Err() == nil && want != "" {
			t.Errorf("%s: %s, want %s", line, draw(v), want)
		}
	}
	for i := range 3 {
		c.Text("SET", "{bar}"+strconv.Itoa(i), "v")
	}
	c.Text("SET", "b", "v") // slot 3300
	names := func(v string) []string { return strings.Fields(v) }
	top := c.Value(names("CLUSTER SLOT-STATS ORDERBY key-count LIMIT 2")...)
	if len(top.Elems) != 2 || top.Elems[0].Elems[0].Text != "5061" || top.Elems[1].Elems[0].Text != "3300" {
		t.Errorf("the slots with most keys: %s", draw(top))
	}
	stats := top.Elems[0].Elems[1]
	in := 3 * len("*3\r\n$3\r\nSET\r\n$6\r\n{bar}0\r\n$1\r\nv\r\n")
	for field, want := range map[string]int{"key-count": 3, "network-bytes-in": in, "network-bytes-out": 3 * len("+OK\r\n")} {
		if got, ok := stats.Field(field); !ok || got.Text != strconv.Itoa(want) {
			t.Errorf("%s is %s, want %d", field, got.Text, want)
		}
	}
	for _, field := range []string{"cpu-usec", "memory-bytes"} {
		if _, ok := stats.Field(field); !ok {
			t.Errorf("no %s in %s", field, draw(stats))
		}
	}
	if own := c.Value(names("CLUSTER SLOT-STATS SLOTSRANGE 8190 8195")...); len(own.Elems) != 2 {
		t.Errorf("slots of others are told: %s", draw(own))
	}
}

// TestScanSeesEveryKey scans while other keys come and go: what is there
// throughout is seen.
func TestScanSeesEveryKey(t *testing.T) {
	const stay = 3000
	c := peer.Dial(t, startNode(t, false))
	for i := range stay {
		c.Text("SET", "stay:"+strconv.Itoa(i), "v")
	}
	seen := make(map[string]bool)
	for cursor, round := "0", 0; round == 0 || cursor != "0"; round++ {
		v := c.Value("SCAN", cursor, "MATCH", "stay:*", "COUNT", "50")
		cursor = v.Elems[0].Text
		for _, key := range v.Elems[1].Elems {
			seen[key.Text] = true
		}
		for i := range 20 { // the tables grow and shrink meanwhile
			name := fmt.Sprintf("go:%d:%d", round, i)
			c.Text("SET", name, "v")
			if i%2 == 0 {
				c.Text("DEL", name)
			}
		}
	}
	if len(seen) != stay {
		t.Errorf("SCAN saw %d of %d keys", len(seen), stay)
	}
}

// TestKeysOfSlot compares COUNTKEYSINSLOT and GETKEYSINSLOT with a count by
// hand, KEYS too.
func TestKeysOfSlot(t *testing.T) {
	c, _ := pushed(t)
	bySlot := make(map[slot.Slot]int)
	all := 0
	for i := range 3000 {
		key := fmt.Sprintf("{%d}%d", i%7, i)
		if s := slot.Of([]byte(key)); s < 8192 {
			c.Text("SET", key, "v")
			bySlot[s]++
			all++
		}
	}
	if n := len(c.Value("KEYS", "*").Elems); n != all {
		t.Errorf("KEYS tells %d of %d", n, all)
	}
	for s, want := range bySlot {
		at := strconv.Itoa(int(s))
		if got := c.Text("CLUSTER", "COUNTKEYSINSLOT", at); got != strconv.Itoa(want) {
			t.Errorf("slot %d has %s keys, want %d", s, got, want)
		}
		for _, count := range []int{1, want - 1, want, want + 100} {
			keys := make(map[string]bool)
			for _, key := range c.Value("CLUSTER", "GETKEYSINSLOT", at, strconv.Itoa(count)).Elems {
				if slot.Of([]byte(key.Text)) != s {
					t.Errorf("%q is not of slot %d", key.Text, s)
				}
				keys[key.Text] = true
			}
			if len(keys) != min(count, want) {
				t.Errorf("GETKEYSINSLOT %d %d tells %d keys", s, count, len(keys))
			}
		}
	}
}

// TestSlotsThatLeaveTakeTheirWaitersAlong blocks a client, subscribes another
// and watches a key in slots that a pushed configuration gives away.
func TestSlotsThatLeaveTakeTheirWaitersAlong(t *testing.T) {
	addr := startNode(t, true)
	s := newScene(t, addr)
	id := s.stats.Text("CLUSTER", "MYID")
	_, port, _ := strings.Cut(addr, ":")
	push := func(last int) {
		s.stats.Text("DFLYCLUSTER", "CONFIG", fmt.Sprintf(`[
			{"slot_ranges":[{"start":0,"end":%d}],"master":{"id":"%s","ip":"127.0.0.1","port":%s},"replicas":[]},
			{"slot_ranges":[{"start":%d,"end":16383}],"master":{"id":"b","ip":"10.0.0.2","port":2},"replicas":[]}]`, last, id, port, last+1))
	}
	play := func(line, want string) {
		t.Helper()
		if got := s.play(line); got != want {
			t.Errorf("%s\n got %s\nwant %s", line, got, want)
		}
	}
	push(8191)
	play("a! BLPOP bar 0", "")
	play("b: SSUBSCRIBE bar", `*[$"ssubscribe" $"bar" :"1"]`)
	play("c: WATCH bar", `+"OK"`)
	play("c: MULTI", `+"OK"`)
	play("c: SET {a}other 1", `-"MOVED 15495 10.0.0.2:2"`)
	play("c: DISCARD", `+"OK"`)
	play("c: WATCH bar", `+"OK"`)
	play("c: MULTI", `+"OK"`)
	play("c: PING", `+"QUEUED"`)
	push(5000)
	play("a<", `-"MOVED 5061 10.0.0.2:2"`)
	play("b<", `*[$"sunsubscribe" $"bar" :"0"]`)
	play("b: GET bar", `-"MOVED 5061 10.0.0.2:2"`)
	play("c: EXEC", `_""`)
	play("a: SPUBLISH bar x", `-"MOVED 5061 10.0.0.2:2"`)
	push(8191)
	play("a! BLPOP bar 0", "")
	s.stats.Text("CLUSTER", "SETSLOT", "5061", "NODE", "b")
	play("a<", `-"MOVED 5061 10.0.0.2:2"`)
}
