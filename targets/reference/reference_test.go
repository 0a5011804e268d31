package reference

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"slotbench/internal/slot"
	"slotbench/targets"
	"slotbench/targets/launch"
)

// serverBinary is the server, built once for all tests.
var serverBinary string

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == launch.GuardArg {
		os.Exit(launch.Guard())
	}
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "slotbench-test-*")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	serverBinary = filepath.Join(dir, "server")
	build := exec.Command("go", "build", "-o", serverBinary, "slotbench/cmd/server")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build the server:", err)
		return 1
	}
	return m.Run()
}

const patience = 60 * time.Second

func soon(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func start(t testing.TB, o Options) targets.Cluster {
	t.Helper()
	o.Command = []string{serverBinary}
	c, err := Launch(soon(t), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return c
}

func client(t testing.TB, c targets.Cluster) *goredis.ClusterClient {
	client := goredis.NewClusterClient(&goredis.ClusterOptions{Addrs: c.Access().Addrs, MaxRedirects: 16})
	t.Cleanup(func() { client.Close() })
	return client
}

func TestMigrateUnderWrites(t *testing.T) {
	c := start(t, Options{Nodes: 3})
	ctx := soon(t)
	d, err := c.Describe(ctx)
	if err != nil || d.Product != "slotbench" || d.Mode != "cluster" || !d.Launched || !d.Can.Migrate || !d.Can.SlotStats {
		t.Fatalf("%+v, %v", d, err)
	}
	topology, err := c.Topology(ctx)
	if err != nil {
		t.Fatal(err)
	}
	moves, err := targets.PlanMoves(topology, 30)
	if err != nil {
		t.Fatal(err)
	}
	moving := map[slot.Slot]bool{}
	for _, move := range moves {
		moving[move.Slot] = true
	}
	client := client(t, c)
	var keys []string
	for tag := 0; len(keys) < 2000; tag++ {
		if key := fmt.Sprintf("{%d}", tag); moving[slot.Of([]byte(key))] {
			for i := range 20 {
				keys = append(keys, fmt.Sprintf("%s:%d", key, i))
			}
		}
	}
	written := map[string]int64{}
	write := func() {
		for _, key := range keys {
			if err := client.Incr(ctx, key).Err(); err != nil {
				t.Errorf("INCR %s: %v", key, err)
				return
			}
			written[key]++
		}
	}
	write()
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				write()
			}
		}
	}()
	moved, err := c.Migrate(ctx, moves, targets.Migration{Batch: 5})
	close(stop)
	<-stopped
	if err != nil || len(moved) != len(moves) {
		t.Fatalf("%d moved, %v", len(moved), err)
	}
	carried := int64(0)
	for _, done := range moved {
		carried += done.Keys
		if done.Bytes < 0 || done.Keys > 0 && done.Bytes < done.Keys {
			t.Errorf("%+v", done)
		}
	}
	if carried != int64(len(keys)) {
		t.Errorf("%d keys carried, want %d", carried, len(keys))
	}
	for key, want := range written {
		if got, err := client.Get(ctx, key).Int64(); err != nil || got != want {
			t.Errorf("%s is %d after %d increments (%v)", key, got, want, err)
		}
	}
	checkAccounts(t, c, moves, int64(len(keys)))
}

// checkAccounts compares what the nodes say of their slots with what they say
// of themselves.
func checkAccounts(t testing.TB, c targets.Cluster, moves []targets.Move, keys int64) {
	t.Helper()
	ctx := soon(t)
	accounts, err := c.SlotStats(ctx)
	if err != nil {
		t.Fatal(err)
	}
	stats, err := c.Stats(ctx)
	if err != nil {
		t.Fatal(err)
	}
	slots, total := 0, int64(0)
	for node, list := range accounts {
		held := int64(0)
		for _, s := range list {
			held += s.Keys
			if s.Bytes < 0 || s.Reads < 0 || s.Writes < 0 {
				t.Errorf("%+v", s)
			}
		}
		slots += len(list)
		total += held
		if s := stats[node]; s.Keys != held || s.PID == 0 || s.RSSBytes <= 0 || s.CPU < 0 {
			t.Errorf("node %d: %d keys by slot, %+v", node, held, s)
		}
	}
	if slots != 16384 || total != keys {
		t.Errorf("%d slots with %d keys, want 16384 with %d", slots, total, keys)
	}
	counts, err := c.CountKeys(ctx, moves[0].From, []slot.Slot{moves[0].Slot})
	if err != nil || counts[0] != 0 {
		t.Errorf("%v, %v", counts, err)
	}
}

func TestKillAndStart(t *testing.T) {
	c := start(t, Options{Nodes: 2})
	ctx := soon(t)
	before, err := c.Topology(ctx)
	if err != nil {
		t.Fatal(err)
	}
	moves := []targets.Move{{Slot: 0, From: 0, To: 1}}
	if _, err := c.Migrate(ctx, moves, targets.Migration{}); err != nil {
		t.Fatal(err)
	}
	if err := c.Signal(ctx, 0, targets.Kill); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Stats(ctx); err == nil {
		t.Error("a killed node told of itself")
	}
	if err := c.Start(ctx, 0); err != nil {
		t.Fatal(err)
	}
	after, err := c.Topology(ctx)
	if err != nil || after.Owner(0) != 1 || after.Owner(1) != 0 || after.Nodes[0].Addr() != before.Nodes[0].Addr() {
		t.Errorf("after the restart %v, %v", after, err)
	}
	client := client(t, c)
	for i := range 200 {
		if err := client.Set(ctx, fmt.Sprint(i), i, 0).Err(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOneNode(t *testing.T) {
	c := start(t, Options{Nodes: 1})
	ctx := soon(t)
	if err := c.Signal(ctx, 0, targets.Kill); err != nil {
		t.Fatal(err)
	}
	if err := c.Start(ctx, 0); err != nil {
		t.Fatal(err)
	}
	topology, err := c.Topology(ctx)
	if err != nil || topology.Slots(0) != 16384 {
		t.Errorf("%v, %v", topology, err)
	}
	d, err := c.Describe(ctx)
	if err != nil || d.Can.Migrate {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestLaunchRefuses(t *testing.T) {
	for _, o := range []Options{{Nodes: 3}, {Command: []string{serverBinary}}, {Command: []string{serverBinary}, Nodes: 1000}} {
		if _, err := Launch(soon(t), o); err == nil {
			t.Errorf("%+v was launched", o)
		}
	}
	_, err := Launch(soon(t), Options{Command: []string{serverBinary}, Nodes: 1, Args: []string{"--no-such-option", "1"}})
	if err == nil || !strings.Contains(err.Error(), "no-such-option") {
		t.Errorf("a failed start does not say why: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Launch(ctx, Options{Command: []string{serverBinary}, Nodes: 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("launched in an ended context: %v", err)
	}
}

func TestAddAndRemoveNode(t *testing.T) {
	c := start(t, Options{Nodes: 2})
	ctx := soon(t)
	if d, err := c.Describe(ctx); err != nil || !d.Can.Resize || d.Can.Failover || d.Can.Cannot["failover"] == "" {
		t.Errorf("%+v, %v", d.Can, err)
	}
	if err := c.Failover(ctx, 0); !errors.Is(err, targets.ErrUnsupported) {
		t.Errorf("failover: %v", err)
	}
	node, err := c.AddNode(ctx)
	if err != nil || node != 2 {
		t.Fatal(node, err)
	}
	key := "{user}:1"
	s := slot.Of([]byte(key))
	if err := client(t, c).Set(ctx, key, "v", 0).Err(); err != nil {
		t.Fatal(err)
	}
	topology, err := c.Topology(ctx)
	if err != nil {
		t.Fatal(err)
	}
	owner := topology.Owner(s)
	there, back := targets.Move{Slot: s, From: owner, To: node}, targets.Move{Slot: s, From: node, To: owner}
	if _, err := c.Migrate(ctx, []targets.Move{there}, targets.Migration{}); err != nil {
		t.Fatal(err)
	}
	if err := c.RemoveNode(ctx, node); err == nil || !strings.Contains(err.Error(), "owns 1 slots") {
		t.Errorf("removed with its slot: %v", err)
	}
	if _, err := c.Migrate(ctx, []targets.Move{back}, targets.Migration{}); err != nil {
		t.Fatal(err)
	}
	if err := c.RemoveNode(ctx, node); err != nil {
		t.Fatal(err)
	}
	if topology, err = c.Topology(ctx); err != nil || len(topology.Nodes) != 3 || !topology.Nodes[2].Away || topology.Slots(2) != 0 {
		t.Errorf("%+v, %v", topology, err)
	}
	if value, err := client(t, c).Get(ctx, key).Result(); err != nil || value != "v" {
		t.Errorf("%q, %v", value, err)
	}
	if err := c.Signal(ctx, 0, targets.Kill); err != nil {
		t.Fatal(err)
	}
	if err := c.Start(ctx, 0); err != nil {
		t.Errorf("start after a removal: %v", err)
	}
}
