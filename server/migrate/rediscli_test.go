package migrate_test

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"slotbench/internal/peer"
)

// cliLimit is how long one call of redis-cli may take, on a busy machine.
const cliLimit = 60 * time.Second

// cli runs redis-cli and returns what it printed.
func cli(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), cliLimit)
	defer cancel()
	output, err := exec.CommandContext(ctx, peer.CLI(t), args...).CombinedOutput()
	if err != nil {
		t.Fatalf("redis-cli %s: %v\n%s", strings.Join(args, " "), err, output)
	}
	return string(output)
}

// check has redis-cli look at the whole cluster: it must find nothing wrong.
func check(t *testing.T, m *member, keys int) {
	t.Helper()
	output := cli(t, "--cluster", "check", m.addr)
	for _, want := range []string{
		fmt.Sprintf("[OK] %d keys in 3 masters.", keys),
		"[OK] All nodes agree about slots configuration.",
		"[OK] All 16384 slots covered.",
	} {
		if !strings.Contains(output, want) {
			t.Errorf("redis-cli --cluster check does not say %q:\n%s", want, output)
		}
	}
	if strings.Contains(output, "[WARNING]") || strings.Contains(output, "[ERR]") {
		t.Errorf("redis-cli --cluster check:\n%s", output)
	}
}

// TestRedisCLI checks and reshards a cluster of three with redis-cli, fills and
// reads it by go-redis.
func TestRedisCLI(t *testing.T) {
	peer.CLI(t)
	const keys = 2000
	members := startCluster(t, 3)
	check(t, members[0], 0)
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{members[1].addr}})
	defer client.Close()
	ctx := t.Context()
	pipe := client.Pipeline()
	for i := range keys {
		pipe.Set(ctx, "key:"+strconv.Itoa(i), strings.Repeat("v", i), 0)
	}
	if _, err := pipe.Exec(ctx); err != nil {
		t.Fatal(err)
	}
	check(t, members[1], keys)
	before, _ := strconv.Atoi(members[0].conn.Text("DBSIZE"))
	cli(t, "--cluster", "reshard", members[2].addr, "--cluster-from", members[0].id, "--cluster-to", members[1].id,
		"--cluster-slots", "500", "--cluster-pipeline", "3", "--cluster-yes")
	check(t, members[2], keys)
	if after, _ := strconv.Atoi(members[0].conn.Text("DBSIZE")); after >= before {
		t.Errorf("the source has %d keys, before it had %d", after, before)
	}
	if got := members[0].conn.Text("CLUSTER", "NODES"); !strings.Contains(got, "connected 500-5460\n") {
		t.Errorf("the source owns other slots than 500-5460:\n%s", got)
	}
	for i := range keys {
		key := "key:" + strconv.Itoa(i)
		if got, err := client.Get(ctx, key).Result(); err != nil || got != strings.Repeat("v", i) {
			t.Fatalf("%s: %.40q, %v", key, got, err)
		}
	}
}

// TestWritersOfFlyingKeysWait stops the target in the middle of a MIGRATE: a
// read of a key in flight is answered, a write waits, and is carried out when
// the migration has failed.
func TestWritersOfFlyingKeysWait(t *testing.T) {
	ours := startNode(t, false)
	target := newSilent(t)
	ours.conn.Text("SET", "k", "old")
	ours.conn.Text("SET", "other", "o")
	failed := make(chan string, 1)
	idle := blocked(ours.conn)
	migrating, writing, reading := peer.Dial(t, ours.addr), peer.Dial(t, ours.addr), peer.Dial(t, ours.addr)
	go func() { failed <- string(migrating.Do("MIGRATE", target.host, target.port, "k", "0", "60000")) }()
	<-target.asked
	written := make(chan string, 1)
	go func() { written <- string(writing.Do("APPEND", "k", "+new")) }()
	for blocked(reading) == idle {
		runtime.Gosched()
	}
	if got := reading.Text("GET", "k"); got != "old" {
		t.Errorf("a read of a key in flight: %q", got)
	}
	if got := reading.Text("APPEND", "other", "+"); got != "2" {
		t.Errorf("a write to another key: %q", got)
	}
	select {
	case reply := <-written:
		t.Errorf("a write to a key in flight was answered %q", reply)
	default:
	}
	target.hangUp()
	if got := <-failed; got != "-IOERR error or timeout reading to target instance\r\n" {
		t.Errorf("MIGRATE: %q", got)
	}
	if got := <-written; got != ":7\r\n" {
		t.Errorf("the write afterwards: %q", got)
	}
	if got := reading.Text("GET", "k"); got != "old+new" {
		t.Errorf("in the end: %q", got)
	}
}

// blocked is how many clients wait for a key to land.
func blocked(c *peer.Conn) (clients int) {
	_, text, _ := strings.Cut(c.Text("INFO", "clients"), "blocked_clients:")
	number, _, _ := strings.Cut(text, "\r\n")
	clients, _ = strconv.Atoi(number)
	return clients
}
