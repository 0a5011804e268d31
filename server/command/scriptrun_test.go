package command_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"slotbench/internal/peer"
)

// await asks until the answer is not what it is before.
func awaitOther(conn *peer.Conn, before string, args ...string) string {
	for {
		if got := string(conn.Do(args...)); !strings.HasPrefix(got, before) {
			return got
		}
	}
}

// TestKillScript ends a script that loops, while others are served.
func TestKillScript(t *testing.T) {
	for _, cluster := range []bool{false, true} {
		for _, text := range []string{
			"while true do end",
			"while true do redis.call('get', KEYS[1]) end",
			"while true do pcall(function() while true do end end) end",
			"coroutine.wrap(function() while true do end end)()",
			"local t = {} for i = 1, 1000 do t[i] = i % 7 end while true do table.sort(t, function(a, b) return a < b end) end",
			"return string.find(string.rep('a', 100000), string.rep('a*', 50) .. 'b')",
		} {
			addr := startNode(t, cluster)
			runner, other := peer.Dial(t, addr), peer.Dial(t, addr)
			if cluster {
				other.Text("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
			}
			runner.Send([]string{"EVAL", text, "1", "k"})
			if got := awaitOther(other, "-NOTBUSY", "SCRIPT", "KILL"); got != "+OK\r\n" {
				t.Errorf("SCRIPT KILL of %q answers %q", text, got)
			}
			if got := string(runner.Receive()); !strings.HasPrefix(got, "-ERR Script killed by user with SCRIPT KILL...") {
				t.Errorf("%q that was killed answers %q", text, got)
			}
			if got := other.Text("SET", "k", "v"); got != "OK" {
				t.Errorf("after the kill, SET answers %q", got)
			}
		}
	}
}

// TestBusyScript has a script hold a slot beyond busy-reply-threshold: commands
// on it are refused, those on others served. It has written: it cannot be
// killed, but ends with the server.
func TestBusyScript(t *testing.T) {
	addr := startNode(t, false)
	runner, waiting, other := peer.Dial(t, addr), peer.Dial(t, addr), peer.Dial(t, addr)
	other.Text("CONFIG", "SET", "busy-reply-threshold", "1")
	runner.Send([]string{"EVAL", "redis.call('set', KEYS[1], 'v') while true do end", "1", "k"})
	const busy = "-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.\r\n"
	if got := awaitOther(other, "-NOTBUSY", "SCRIPT", "KILL"); !strings.HasPrefix(got, "-UNKILLABLE Sorry the script already executed write commands") {
		t.Errorf("SCRIPT KILL of a script that has written answers %q", got)
	}
	if got := string(waiting.Do("GET", "k")); got != busy {
		t.Errorf("GET of the script's key answers %q", got)
	}
	if got := string(waiting.Do("EVAL", "return 1", "1", "k")); got != busy {
		t.Errorf("EVAL on the script's key answers %q", got)
	}
	if got := string(other.Do("KEYS", "*")); got != busy {
		t.Logf("KEYS answers %q", got)
	}
	if got := other.Text("SET", "elsewhere", "v"); got != "OK" {
		t.Errorf("SET on another slot answers %q", got)
	}
}

// TestScriptsAreAtomic has scripts, short and long, change two keys that must
// be equal whenever others look, and count one up that others count too.
func TestScriptsAreAtomic(t *testing.T) {
	for _, cluster := range []bool{false, true} {
		addr := startNode(t, cluster)
		if cluster {
			peer.Dial(t, addr).Text("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
		}
		const clients, rounds = 6, 60
		const text = `
local n = tonumber(redis.call('get', KEYS[1]) or 0) + 1
redis.call('set', KEYS[1], n)
for i = 1, tonumber(ARGV[1]) do end
redis.call('set', KEYS[2], n)
redis.call('incr', KEYS[3])
return n`
		var running sync.WaitGroup
		for i := range clients {
			conn := peer.Dial(t, addr)
			running.Go(func() {
				for round := range rounds {
					var got string
					switch (i + round) % 4 {
					case 0:
						got = string(conn.Do("EVAL", text, "3", "{k}a", "{k}b", "{k}n", "20000"))
					case 1:
						got = string(conn.Do("EVAL", text, "3", "{k}a", "{k}b", "{k}n", "10"))
					case 2:
						conn.Do("MULTI")
						conn.Do("EVAL", text, "3", "{k}a", "{k}b", "{k}n", "5000")
						conn.Do("INCR", "{k}n")
						got = string(conn.Do("EXEC"))
					default:
						got = string(conn.Do("INCR", "{k}n"))
					}
					if strings.Contains(got, "-") {
						t.Errorf("an update answers %q", got)
						return
					}
					pair := conn.Value("MGET", "{k}a", "{k}b")
					if len(pair.Elems) != 2 || string(pair.Elems[0].Text) != string(pair.Elems[1].Text) {
						t.Errorf("torn: %v", pair)
						return
					}
				}
			})
		}
		running.Wait()
		conn := peer.Dial(t, addr)
		total := clients * rounds
		scripts := total * 3 / 4
		if got := conn.Text("GET", "{k}a"); got != fmt.Sprint(scripts) {
			t.Errorf("%s scripts are counted, want %d", got, scripts)
		}
		if got := conn.Text("GET", "{k}n"); got != fmt.Sprint(total+total/4) {
			t.Errorf("%s increments are counted, want %d", got, total+total/4)
		}
	}
}

// TestRoamingScripts has scripts of a standalone server move between keys of
// slots that they did not declare, in both directions at once.
func TestRoamingScripts(t *testing.T) {
	addr := startNode(t, false)
	const text = `
local from, to = ARGV[1], ARGV[2]
redis.call('decrby', from, 1)
for i = 1, 3000 do end
redis.call('incrby', to, 1)
return 0`
	const all = "redis.call('incr', 'c') return redis.call('dbsize')"
	var running sync.WaitGroup
	for i := range 6 {
		conn := peer.Dial(t, addr)
		running.Go(func() {
			for round := range 50 {
				from, to, run := "a", "b", text
				if (i+round)%2 == 0 {
					from, to = to, from
				}
				if round%25 == 24 {
					run = all
				}
				if got := string(conn.Do("EVAL", run, "0", from, to)); got[0] != ':' {
					t.Errorf("a script that roams answers %q", got)
					return
				}
			}
		})
	}
	running.Wait()
	sum := peer.Dial(t, addr).Value("MGET", "a", "b")
	if a, b := string(sum.Elems[0].Text), string(sum.Elems[1].Text); a != "0" || b != "0" {
		t.Errorf("a and b are %s and %s", a, b)
	}
}

// TestScriptsAreSeen wants a script in MONITOR, before what it calls, and in
// the slow log.
func TestScriptsAreSeen(t *testing.T) {
	addr := startNode(t, false)
	runner, monitor := peer.Dial(t, addr), peer.Dial(t, addr)
	runner.Text("CONFIG", "SET", "slowlog-log-slower-than", "0")
	monitor.Text("MONITOR")
	for _, text := range []string{"return redis.call('get', KEYS[1])", "for i = 1, 100000 do end return redis.call('get', KEYS[1])"} {
		runner.Do("EVAL", text, "1", "k")
		for _, want := range []string{`"EVAL" "` + text + `" "1" "k"`, `0 lua] "get" "k"`} {
			if got := string(monitor.Receive()); !strings.Contains(got, want) {
				t.Errorf("MONITOR says %q, want %q", got, want)
			}
		}
		if got := string(runner.Do("SLOWLOG", "GET", "3")); !strings.Contains(got, text) {
			t.Errorf("the slow log has no script: %q", got)
		}
	}
}
