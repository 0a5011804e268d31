package node

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"slotbench/internal/peer"
	"slotbench/server"
)

// tool runs a program of Redis to its end and returns what it prints.
func tool(t *testing.T, input, binary string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s %s: %v", filepath.Base(binary), strings.Join(args, " "), err)
	}
	return string(out)
}

// portOf is an address's port.
func portOf(t *testing.T, addr string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// TestRedisCLI has redis-cli do what people do with it, on a node that has a
// key of each type.
func TestRedisCLI(t *testing.T) {
	cli, addr := peer.CLI(t), startNode(t, func(c *server.Config) { c.Debug = "yes" })
	c := dial(t, "tcp", addr)
	for _, line := range []string{"SET string 12345", "RPUSH list a b c", "SADD set a b", "ZADD zset 1 a 2.5 b", "HSET hash f v"} {
		c.do(line)
	}
	script := filepath.Join(t.TempDir(), "script.lua")
	if err := os.WriteFile(script, []byte("return {KEYS[1], ARGV[1], redis.call('LLEN', KEYS[1])}"), 0o600); err != nil {
		t.Fatal(err)
	}
	var pipe []byte
	for i := range 5000 {
		pipe = append(pipe, raw("SET", fmt.Sprintf("piped%d", i), "x")...)
	}
	for _, use := range []struct {
		args  string
		input string
		want  []string
	}{
		{"--bigkeys", "", []string{"Sampled 5 keys", `Biggest   list found '"list"' has 3 items`, `Biggest   zset found '"zset"' has 2 members`}},
		{"--memkeys", "", []string{"Sampled 5 keys", `Biggest   hash found '"hash"' has `}},
		{"--memkeys-samples 2", "", []string{"Sampled 5 keys"}},
		{"--scan --pattern *set", "", []string{"zset"}},
		{"--eval " + script + " list , value", "", []string{"list\nvalue\n3\n"}},
		{"--pipe", string(pipe), []string{"errors: 0, replies: 5000"}},
		{"-3 --no-raw HGETALL hash", "", []string{`1# "f" => "v"`}},
		{"-3 --no-raw ZRANGE zset 0 -1 WITHSCORES", "", []string{"1) 1) \"a\"\n   2) (double) 1\n2) 1) \"b\"\n   2) (double) 2.5\n"}},
		{"--no-raw ZRANGE zset 0 -1 WITHSCORES", "", []string{"1) \"a\"\n2) \"1\"\n"}},
		{"--json HGETALL hash", "", []string{`{"f":"v"}`}},
		{"--csv LRANGE list 0 -1", "", []string{`"a","b","c"`}},
		{"-r 3 INCR counter", "", []string{"1\n2\n3\n"}},
		{"-x SET read", "from standard input", []string{"OK"}},
		{"", "MULTI\nINCR a\nINCR a\nEXEC\nDISCARD\n", []string{"OK\nQUEUED\nQUEUED\n1\n2\n", "ERR DISCARD without MULTI"}},
		{"", "help set\n", []string{"Set a key to a value"}},
		{"--ldb --eval " + script + " list , value", "", []string{"list\nvalue\n3\n"}}, // there is no debugger: it runs through
		{"SCRIPT DEBUG YES", "", []string{"ERR SCRIPT DEBUG is not supported"}},
	} {
		args := append([]string{"-p", portOf(t, addr)}, strings.Fields(use.args)...)
		got := tool(t, use.input, cli, args...)
		for _, want := range use.want {
			if !strings.Contains(got, want) {
				t.Errorf("redis-cli %s: no %q in\n%s", use.args, want, got)
			}
		}
	}
	c.expect("GET read", bulk("from standard input"))
}

// follow starts a redis-cli that goes on until it is stopped, and returns what
// waits for a line of its output that contains the text.
func follow(t *testing.T, cli string, args ...string) (await func(text string)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	cmd := exec.CommandContext(ctx, cli, args...)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // it was killed
	})
	lines := bufio.NewScanner(out)
	return func(text string) {
		t.Helper()
		var seen []string
		for lines.Scan() {
			if strings.Contains(lines.Text(), text) {
				return
			}
			seen = append(seen, lines.Text())
		}
		t.Fatalf("redis-cli %s: no %q in %q", strings.Join(args, " "), text, seen)
	}
}

func TestRedisCLIFollows(t *testing.T) {
	cli, addr := peer.CLI(t), startNode(t, nil)
	c := dial(t, "tcp", addr)
	monitor := follow(t, cli, "-p", portOf(t, addr), "MONITOR")
	monitor("OK")
	c.do("SET key \"two words\"")
	monitor(`"SET" "key" "two words"`)
	c.do(`EVAL "return redis.call('GET', KEYS[1])" 1 key`)
	monitor(`"EVAL" "return redis.call('GET', KEYS[1])" "1" "key"`)
	monitor(`[0 lua] "GET" "key"`)

	channel := follow(t, cli, "-p", portOf(t, addr), "SUBSCRIBE", "news")
	pattern := follow(t, cli, "-3", "-p", portOf(t, addr), "PSUBSCRIBE", "n?ws")
	channel("1")
	pattern("1")
	c.expect("PUBLISH news hello", ":2\r\n")
	channel("hello")
	pattern("n?ws")
	pattern("hello")
}

// TestRedisCLICluster has redis-cli look at a cluster, move slots that have
// keys, and find them again.
func TestRedisCLICluster(t *testing.T) {
	cli, addrs := peer.CLI(t), startCluster(t, 3)
	port := portOf(t, addrs[0])
	cluster := func(args ...string) string {
		t.Helper()
		return tool(t, "", cli, append([]string{"--cluster", args[0], addrs[0]}, args[1:]...)...)
	}
	const keys = 100
	for i := range keys {
		if got := tool(t, "", cli, "-c", "-p", port, "SET", fmt.Sprint("key", i), "x"); !strings.Contains(got, "OK") {
			t.Fatal(got)
		}
	}
	var ids []string
	for _, addr := range addrs {
		id := dial(t, "tcp", addr).do("CLUSTER MYID")
		ids = append(ids, id[5:45])
	}
	for _, step := range []struct {
		args []string
		want string
	}{
		{[]string{"check"}, "All 16384 slots covered"},
		{[]string{"info"}, fmt.Sprint(keys, " keys in 3 masters")},
		{[]string{"call", "DBSIZE"}, addrs[2] + ": "},
		{[]string{"reshard", "--cluster-from", ids[0], "--cluster-to", ids[1], "--cluster-slots", "300", "--cluster-yes"}, "Moving slot 299 from " + addrs[0]},
		{[]string{"check"}, "slots:[0-299],[5461-10921] (5761 slots) master"},
		{[]string{"rebalance", "--cluster-threshold", "1"}, "Moving "},
		{[]string{"fix"}, "All 16384 slots covered"},
		{[]string{"info"}, fmt.Sprint(keys, " keys in 3 masters")},
	} {
		if got := cluster(step.args...); !strings.Contains(got, step.want) {
			t.Errorf("redis-cli --cluster %s: no %q in\n%s", strings.Join(step.args, " "), step.want, got)
		}
	}
}

// TestRedisBenchmark has redis-benchmark run every test that it has.
func TestRedisBenchmark(t *testing.T) {
	benchmark := filepath.Join(filepath.Dir(peer.CLI(t)), "redis-benchmark")
	if _, err := os.Stat(benchmark); err != nil {
		t.Skipf("redis-benchmark not found: %v; install it with scripts/peers", err)
	}
	node, addrs := startNode(t, nil), startCluster(t, 3)
	common := []string{"-n", "200", "-c", "5", "-P", "4", "-r", "100", "--csv"}
	for name, args := range map[string][]string{
		"node":          {"-p", portOf(t, node)},
		"node in RESP3": {"-p", portOf(t, node), "-3"},
		"cluster":       {"-p", portOf(t, addrs[1]), "--cluster"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // each test of redis-benchmark takes a tenth of a second, however short
			got := tool(t, "", benchmark, append(args, common...)...)
			if n := strings.Count(got, "\n"); n < 20 || strings.Contains(strings.ToLower(got), "err") || !strings.Contains(got, "MSET (10 keys)") {
				t.Errorf("redis-benchmark prints\n%s", got)
			}
		})
	}
}
