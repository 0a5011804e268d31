package keyset

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"slotbench/internal/rdb"
	"slotbench/internal/slot"
)

// realServer starts one redis-server that owns every slot, or skips the test.
func realServer(t *testing.T) (client *redis.Client, port string) {
	t.Helper()
	binary := os.Getenv("REDIS_SERVER")
	if binary == "" {
		binary = "redis-server"
	}
	path, err := exec.LookPath(binary)
	if err != nil {
		t.Skipf("redis-server not found: %v", err)
	}
	port, bus := freePort(t), freePort(t)
	server := exec.Command(path, "--port", port, "--bind", "127.0.0.1", "--cluster-enabled", "yes",
		"--cluster-port", bus, "--dir", t.TempDir(), "--save", "", "--appendonly", "no")
	output, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	var said strings.Builder
	for lines := bufio.NewScanner(output); ; {
		if !lines.Scan() {
			t.Fatalf("redis-server ended:\n%s", said.String())
		}
		said.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), "Ready to accept connections") {
			break
		}
	}
	client = redis.NewClient(&redis.Options{Addr: net.JoinHostPort("127.0.0.1", port)})
	t.Cleanup(func() { client.Close() })
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := client.ClusterAddSlotsRange(ctx, 0, 16383).Err(); err != nil {
		t.Fatal(err)
	}
	// A cluster of one refuses writes for its first two seconds.
	for again := time.Tick(20 * time.Millisecond); ; <-again {
		info, err := client.ClusterInfo(ctx).Result()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(info, "cluster_state:ok") {
			return client, port
		}
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// A real server counts the same keys in the same slots, whether they are read
// as they are or as redis-cli writes them for a terminal.
func TestSlotsOfARealServer(t *testing.T) {
	client, port := realServer(t)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var keys bytes.Buffer
	pipe := client.Pipeline()
	for i := range 6000 {
		key := []string{
			fmt.Sprintf("user:%d", i), fmt.Sprintf("cart:{u%d}:%d", i%50, i), fmt.Sprintf("{}x%d", i), fmt.Sprintf("{a{b%d}}", i),
			fmt.Sprintf("}{%d", i), fmt.Sprintf("\x00\xff%d\n\r\"\\é", i), fmt.Sprintf("\"%d\"", i), fmt.Sprintf("%d{", i),
		}[i%8]
		pipe.Set(ctx, key, "v", 0)
		keys.WriteString(key)
		keys.WriteByte(0)
	}
	if _, err := pipe.Exec(ctx); err != nil {
		t.Fatal(err)
	}
	counts := make([]*redis.IntCmd, slot.DefaultCount)
	pipe = client.Pipeline()
	for s := range counts {
		counts[s] = pipe.ClusterCountKeysInSlot(ctx, s)
	}
	if _, err := pipe.Exec(ctx); err != nil {
		t.Fatal(err)
	}
	equal := func(source string, s *Summary) {
		if s.Keys != 6000 || s.BadLines != 0 {
			t.Fatalf("%s: %d keys, bad lines %+v", source, s.Keys, s.Bad)
		}
		for at, got := range s.Bins.BySlot(Keys, slot.DefaultCount) {
			if want := counts[at].Val(); int64(got) != want {
				t.Fatalf("%s: slot %d has %d keys, the server says %d", source, at, got, want)
			}
		}
	}
	equal("keys with zero bytes between", readString(t, keys.String(), Options{Format: NUL}))
	cli, err := exec.LookPath("redis-cli")
	if err != nil {
		t.Skipf("redis-cli not found: %v", err)
	}
	scan, err := exec.CommandContext(ctx, cli, "-p", port, "--no-raw", "--scan").Output()
	if err != nil {
		t.Fatal(err)
	}
	equal("redis-cli --no-raw --scan", readString(t, string(scan), Options{}))
}

// A real server's dump, append-only folder, replication and SCAN all give its
// slots as it counts them.
func TestEveryWayOutOfARealServer(t *testing.T) {
	client, port := realServer(t)
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	pipe := client.Pipeline()
	for i := range 3000 {
		key := fmt.Sprintf("k:{%d}:%d", i%300, i)
		switch i % 4 {
		case 0:
			pipe.Set(ctx, key, strings.Repeat("v", i%200), time.Duration(i%8)*time.Hour)
		case 1:
			pipe.HSet(ctx, key, "f", i, "g", i)
		case 2:
			pipe.RPush(ctx, key, 1, 2, 3)
		default:
			pipe.ZAdd(ctx, key, redis.Z{Score: 1, Member: "m"})
		}
	}
	counts := make([]*redis.IntCmd, slot.DefaultCount)
	for s := range counts {
		counts[s] = pipe.ClusterCountKeysInSlot(ctx, s)
	}
	if _, err := pipe.Exec(ctx); err != nil {
		t.Fatal(err)
	}
	folder := client.ConfigGet(ctx, "dir").Val()["dir"]
	if err := client.Save(ctx).Err(); err != nil {
		t.Fatal(err)
	}
	if err := client.ConfigSet(ctx, "appendonly", "yes").Err(); err != nil {
		t.Fatal(err)
	}
	for again := time.Tick(10 * time.Millisecond); ; <-again {
		info := client.Info(ctx, "persistence").Val()
		if strings.Contains(info, "aof_rewrite_in_progress:0") && strings.Contains(info, "aof_rewrite_scheduled:0") {
			break
		}
	}
	if err := client.ConfigSet(ctx, "repl-diskless-sync-delay", "0").Err(); err != nil { // it waits for more replicas otherwise
		t.Fatal(err)
	}
	url := "redis://127.0.0.1:" + port
	for name, o := range map[string]Options{
		folder + "/dump.rdb": {}, folder + "/appendonlydir": {}, url: {Sample: 3}, url + "/0": {Replication: true},
	} {
		s, err := Read(ctx, []string{name}, o)
		if err != nil || s.Keys != 3000 {
			t.Errorf("%s: %d keys, %v", name, s.Keys, err)
			continue
		}
		for at, got := range s.Bins.BySlot(Keys, slot.DefaultCount) {
			if want := counts[at].Val(); int64(got) != want {
				t.Fatalf("%s: slot %d has %d keys, the server says %d", name, at, got, want)
			}
		}
		for _, kind := range []rdb.Kind{rdb.String, rdb.Hash, rdb.List, rdb.SortedSet} {
			if got := s.Values.Kind(kind).Keys; o.Sample == 0 && got != 750 {
				t.Errorf("%s: %d keys are a %s", name, got, kind)
			}
		}
	}
}
