//go:build unix

package redis_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"slotbench/internal/peer"
	"slotbench/internal/slot"
	"slotbench/targets"
	"slotbench/targets/nodes"
	"slotbench/targets/redis"
	"slotbench/targets/redis/redistest"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "be-a-launcher" {
		beLauncher(os.Args[2])
	}
	redistest.Main(m)
}

// patience is how long something that must happen may take.
const patience = 2 * time.Minute

func soon(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func TestAttachAloneWithPassword(t *testing.T) {
	t.Parallel()
	answers := nodes.Options{Password: "s3cret:@/"}
	node := redistest.Start(t, answers, "--port", "--requirepass", "s3cret:@/")
	ctx := soon(t)
	if _, err := redis.Attach(ctx, "redis://"+node.Addr(), redis.AttachOptions{}); err == nil || !strings.Contains(err.Error(), "redis://user:password@") {
		t.Errorf("attached without the password: %v", err)
	}
	c, err := redis.Attach(ctx, "redis://:s3cret%3A%40%2F@"+node.Addr(), redis.AttachOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	d, err := c.Describe(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if d.Product != "redis" && d.Product != "valkey" || d.Version == "" || d.Mode != "standalone" || d.Launched ||
		d.Can.Migrate || d.Can.SlotStats || d.Can.Signal || len(d.Can.Strategies) > 0 {
		t.Errorf("described as %+v", d)
	}
	if d.Settings["appendonly"] != "no" || d.Settings["maxmemory-policy"] == "" {
		t.Errorf("settings %v", d.Settings)
	}
	topology, err := c.Topology(ctx)
	if err != nil || len(topology.Nodes) != 1 || topology.Slots(0) != 16384 {
		t.Errorf("topology %v, %v", topology, err)
	}
	stats, err := c.Stats(ctx)
	if err != nil || len(stats) != 1 {
		t.Fatal(stats, err)
	}
	if s := stats[0]; s.Addr != node.Addr() || s.PID == 0 || s.CPU < 0 || s.RSSBytes <= 0 || s.Keys != 0 || s.Commands <= 0 {
		t.Errorf("stats %+v", s)
	}
	for what, err := range map[string]error{
		"signal":     c.Signal(ctx, 0, targets.Kill),
		"start":      c.Start(ctx, 0),
		"migrate":    errorOf(c.Migrate(ctx, nil, targets.Migration{})),
		"count keys": errorOf(c.CountKeys(ctx, 0, []slot.Slot{1})),
		"slot stats": errorOf(c.SlotStats(ctx)),
	} {
		if !errors.Is(err, targets.ErrUnsupported) {
			t.Errorf("%s: %v, want ErrUnsupported", what, err)
		}
	}
	if a := c.Access(); a.Cluster || a.Password != answers.Password || a.Addrs[0] != node.Addr() {
		t.Errorf("access %+v", a)
	}
}

func errorOf[T any](_ T, err error) error { return err }

// TestAttachSaysThatThereIsNoTLS asks a server without TLS in TLS: it says
// nothing at all, with a password and without.
func TestAttachSaysThatThereIsNoTLS(t *testing.T) {
	t.Parallel()
	for password, args := range map[string][]string{"": nil, "s3cret": {"--requirepass", "s3cret"}} {
		node := redistest.Start(t, nodes.Options{Password: password}, "--port", args...)
		for _, url := range []string{"rediss://:s3cret@" + node.Addr(), "rediss+sentinel://" + node.Addr() + "/main"} {
			t.Run(url[:10]+password, func(t *testing.T) {
				t.Parallel()
				_, err := redis.Attach(soon(t), url, redis.AttachOptions{})
				if err == nil || !strings.Contains(err.Error(), node.Addr()+" speaks no TLS") {
					t.Errorf("%s: %v", url, err)
				}
			})
		}
	}
}

func TestAttachRefuses(t *testing.T) {
	ctx := soon(t)
	for url, want := range map[string]string{
		"http://x":                   "scheme",
		"redis://":                   "no host",
		"redis://h:70000":            "port",
		"redis://h:0":                "port",
		"redis://h/3":                "database 0",
		"redis://h?x=1":              "parameters",
		"redis://u:se%zzcret@h":      "want redis://",
		"redis://127.0.0.1:1/":       "refused",
		"redis://someone@127.0.0.1:": "refused",
	} {
		_, err := redis.Attach(ctx, url, redis.AttachOptions{})
		if url == "redis://someone@127.0.0.1:" {
			if err != nil && strings.Contains(err.Error(), "someone") {
				t.Errorf("%s: tells the password: %v", url, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "cret") {
			t.Errorf("%s: %v, want %q", url, err, want)
		}
	}
}

func TestLaunchRefuses(t *testing.T) {
	for _, o := range []redis.LaunchOptions{{Product: "mysql", Nodes: 1}, {Product: "redis"}, {Product: "valkey", Nodes: 1000}} {
		if _, err := redis.Launch(soon(t), o); err == nil {
			t.Errorf("%+v was launched", o)
		}
	}
	o := redis.LaunchOptions{Product: "redis", Nodes: 1, Binary: peer.Binary(t), Args: []string{"--no-such-option", "1"}}
	if _, err := redis.Launch(soon(t), o); err == nil || !strings.Contains(err.Error(), "no-such-option") {
		t.Errorf("a failed start does not say why: %v", err)
	}
}

// clusterClient is an ordinary client of a target.
func clusterClient(t testing.TB, c targets.Cluster) *goredis.ClusterClient {
	client := goredis.NewClusterClient(&goredis.ClusterOptions{Addrs: c.Access().Addrs, MaxRedirects: 16})
	t.Cleanup(func() { client.Close() })
	return client
}

// fill writes n keys into each of the slots and returns them by slot.
func fill(t testing.TB, client *goredis.ClusterClient, slots []slot.Slot, n int) map[slot.Slot][]string {
	t.Helper()
	wanted := map[slot.Slot]bool{}
	for _, s := range slots {
		wanted[s] = true
	}
	keys := map[slot.Slot][]string{}
	for tag := 0; len(keys) < len(slots); tag++ {
		s := slot.Of(fmt.Appendf(nil, "{%d}", tag))
		if !wanted[s] || keys[s] != nil {
			continue
		}
		pipe := client.Pipeline()
		for i := range n {
			key := fmt.Sprintf("{%d}:%d", tag, i)
			keys[s] = append(keys[s], key)
			pipe.Set(soon(t), key, "0", 0)
		}
		if _, err := pipe.Exec(soon(t)); err != nil {
			t.Fatal(err)
		}
	}
	return keys
}

// writeOn increments all keys until stop closes, and returns how often each
// was, acknowledged.
func writeOn(t testing.TB, client *goredis.ClusterClient, keys []string, stop <-chan struct{}) <-chan map[string]int64 {
	result := make(chan map[string]int64, 1)
	go func() {
		counts := map[string]int64{}
		defer func() { result <- counts }()
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			key := keys[i%len(keys)]
			if err := client.Incr(context.Background(), key).Err(); err != nil {
				t.Errorf("INCR %s: %v", key, err)
				return
			}
			counts[key]++
		}
	}()
	return result
}

func plan(t testing.TB, c targets.Cluster, n int) ([]targets.Move, []slot.Slot) {
	t.Helper()
	topology, err := c.Topology(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	moves, err := targets.PlanMoves(topology, n)
	if err != nil {
		t.Fatal(err)
	}
	slots := make([]slot.Slot, len(moves))
	for i, move := range moves {
		slots[i] = move.Slot
	}
	return moves, slots
}

func TestMigrateUnderWrites(t *testing.T) {
	t.Parallel()
	c := redistest.Launch(t, 3)
	ctx := soon(t)
	d, err := c.Describe(ctx)
	if err != nil || d.Mode != "cluster" || !d.Launched || !d.Can.Migrate || !d.Can.Signal {
		t.Fatalf("%+v, %v", d, err)
	}
	const slotCount, keysEach = 50, 30
	moves, slots := plan(t, c, slotCount)
	client := clusterClient(t, c)
	keys := fill(t, client, slots, keysEach)
	var all []string
	for _, s := range slots {
		all = append(all, keys[s]...)
	}
	stop := make(chan struct{})
	counts := writeOn(t, client, all, stop)
	var mu sync.Mutex
	begun, ended := 0, 0
	moved, err := c.Migrate(ctx, moves, targets.Migration{
		Batch: 7,
		Begin: func(targets.Move) { mu.Lock(); begun++; mu.Unlock() },
		End:   func(targets.Moved) { mu.Lock(); ended++; mu.Unlock() },
	})
	close(stop)
	written := <-counts
	if err != nil {
		t.Fatal(err)
	}
	if len(moved) != slotCount || begun != slotCount || ended != slotCount {
		t.Errorf("%d moved, %d begun, %d ended, want %d", len(moved), begun, ended, slotCount)
	}
	for _, done := range moved {
		if done.Keys != keysEach || done.Bytes < keysEach*5 || done.Took <= 0 || done.Started.IsZero() {
			t.Errorf("%+v", done)
		}
	}
	topology, err := c.Topology(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, move := range moves {
		if owner := topology.Owner(move.Slot); owner != move.To {
			t.Errorf("slot %d is node %d's", move.Slot, owner)
		}
	}
	checkCounts(t, c, moves[0].From, slots, 0)
	checkCounts(t, c, moves[0].To, slots, keysEach)
	for key, want := range written {
		if got, err := client.Get(ctx, key).Int64(); err != nil || got != want {
			t.Errorf("%s is %d after %d increments (%v)", key, got, want, err)
		}
	}
}

func checkCounts(t testing.TB, c targets.Cluster, node int, slots []slot.Slot, want int64) {
	t.Helper()
	counts, err := c.CountKeys(soon(t), node, slots)
	if err != nil {
		t.Fatal(err)
	}
	for i, count := range counts {
		if count != want {
			t.Errorf("node %d holds %d keys of slot %d, want %d", node, count, slots[i], want)
		}
	}
}

// A migration that is broken off leaves no slot open and loses nothing.
func TestMigrateBrokenOff(t *testing.T) {
	t.Parallel()
	c := redistest.Launch(t, 3)
	moves, slots := plan(t, c, 3)
	client := clusterClient(t, c)
	const keysEach = 40
	keys := fill(t, client, slots, keysEach)
	ctx, cancel := context.WithCancel(soon(t))
	defer cancel()
	begun := 0
	moved, err := c.Migrate(ctx, moves, targets.Migration{Batch: 1, Begin: func(targets.Move) {
		if begun++; begun == 2 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("broken off with %v", err)
	}
	t.Log(len(moved), err)
	checkNothingOpen(t, c)
	for s, list := range keys {
		for _, key := range list {
			if n, err := client.Exists(soon(t), key).Result(); err != nil || n != 1 {
				t.Errorf("slot %d: %s: %d, %v", s, key, n, err)
			}
		}
	}
	checkCounts(t, c, moves[0].To, slots[:1], keysEach)
	checkCounts(t, c, moves[0].From, slots[2:], keysEach)
}

// One that is broken off when keys have arrived is carried through, since a
// destination that serves writes cannot be told to forget them.
func TestMigrateBrokenOffInTheMiddle(t *testing.T) {
	t.Parallel()
	c := redistest.Launch(t, 3)
	moves, slots := plan(t, c, 2)
	client := clusterClient(t, c)
	const keysEach = 3000
	fill(t, client, slots, keysEach)
	ctx, cancel := context.WithCancel(soon(t))
	defer cancel()
	arrived := make(chan error, 1)
	moved, err := c.Migrate(ctx, moves, targets.Migration{Batch: 1, Begin: func(move targets.Move) {
		go func() {
			for {
				counts, err := c.CountKeys(ctx, move.To, slots[:1])
				if err != nil || counts[0] > 0 {
					cancel()
					arrived <- err
					return
				}
			}
		}()
	}})
	if err := <-arrived; err != nil {
		t.Fatal(err)
	}
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "carried through") || len(moved) != 1 {
		t.Errorf("%d moved, %v", len(moved), err)
	}
	checkNothingOpen(t, c)
	checkCounts(t, c, moves[0].To, slots[:1], keysEach)
	checkCounts(t, c, moves[0].From, slots[:1], 0)
	checkCounts(t, c, moves[0].From, slots[1:], keysEach)
}

// Keys that another migration left at the destination are not touched.
func TestMigrateRefusesLeftovers(t *testing.T) {
	t.Parallel()
	c := redistest.Launch(t, 3)
	moves, slots := plan(t, c, 1)
	key := fill(t, clusterClient(t, c), slots, 1)[slots[0]][0]
	ctx := soon(t)
	topology, err := c.Topology(ctx)
	if err != nil {
		t.Fatal(err)
	}
	to := goredis.NewClient(&goredis.Options{Addr: c.Access().Addrs[moves[0].To]})
	defer to.Close()
	if err := to.Do(ctx, "CLUSTER", "SETSLOT", int(slots[0]), "IMPORTING", topology.Nodes[moves[0].From].ID).Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := to.Pipelined(ctx, func(pipe goredis.Pipeliner) error {
		pipe.Do(ctx, "ASKING")
		pipe.Set(ctx, key, "leftover", 0)
		pipe.Do(ctx, "CLUSTER", "SETSLOT", int(slots[0]), "STABLE")
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	begun := false
	_, err = c.Migrate(ctx, moves, targets.Migration{Begin: func(targets.Move) { begun = true }})
	if err == nil || !strings.Contains(err.Error(), "already holds 1 keys") || begun {
		t.Errorf("%v, begun %v", err, begun)
	}
	checkNothingOpen(t, c)
	checkCounts(t, c, moves[0].To, slots, 1)
	checkCounts(t, c, moves[0].From, slots, 1)
}

func checkNothingOpen(t testing.TB, c targets.Cluster) {
	t.Helper()
	for _, addr := range c.Access().Addrs {
		client := goredis.NewClient(&goredis.Options{Addr: addr})
		defer client.Close()
		text, err := client.ClusterNodes(soon(t)).Result()
		if err != nil {
			t.Fatal(err)
		}
		view, err := nodes.ParseView(text, "127.0.0.1")
		if err != nil || len(view.Open) != 0 {
			t.Errorf("%s has open slots %v, %v", addr, view.Open, err)
		}
	}
}

// A destination that does not answer leaves the slot open, and the error says
// what closes it.
func TestMigrateToAStoppedNode(t *testing.T) {
	t.Parallel()
	c := redistest.Launch(t, 3)
	moves, slots := plan(t, c, 1)
	client := clusterClient(t, c)
	fill(t, client, slots, 20)
	ctx := soon(t)
	killed := make(chan error, 1)
	_, err := c.Migrate(ctx, moves, targets.Migration{Batch: 1, Timeout: 100 * time.Millisecond, Begin: func(m targets.Move) {
		killed <- c.Signal(ctx, m.To, targets.Kill)
	}})
	if err := <-killed; err != nil {
		t.Fatal(err)
	}
	if err == nil || !strings.Contains(err.Error(), "redis-cli --cluster fix") ||
		!strings.Contains(err.Error(), fmt.Sprintf("CLUSTER SETSLOT %d NODE", slots[0])) {
		t.Errorf("the error does not say what closes the slot: %v", err)
	}
	if err := c.Start(ctx, moves[0].To); err != nil {
		t.Fatal(err)
	}
	stats, err := c.Stats(ctx)
	if err != nil || stats[moves[0].To].PID == 0 {
		t.Errorf("after the restart: %+v, %v", stats, err)
	}
	checkCounts(t, c, moves[0].From, slots, 20)
	d, err := c.Describe(ctx)
	if err != nil || d.Settings["cluster-node-timeout"] != "15000" {
		t.Errorf("settings after the restart: %v, %v", d.Settings, err)
	}
}

func TestMigrateRefuses(t *testing.T) {
	t.Parallel()
	c := redistest.Launch(t, 3)
	moves, slots := plan(t, c, 2)
	ctx := soon(t)
	from := goredis.NewClient(&goredis.Options{Addr: c.Access().Addrs[moves[0].From]})
	defer from.Close()
	topology, err := c.Topology(ctx)
	if err != nil {
		t.Fatal(err)
	}
	toID := topology.Nodes[moves[0].To].ID
	if err := from.Do(ctx, "CLUSTER", "SETSLOT", int(slots[1]), "MIGRATING", toID).Err(); err != nil {
		t.Fatal(err)
	}
	back := targets.Move{Slot: slots[0], From: moves[0].To, To: moves[0].From}
	for want, wrong := range map[string][]targets.Move{
		"is open already": moves,
		"not node":        {back},
		"no such move":    {{Slot: 1, From: 0, To: 7}},
	} {
		moved, err := c.Migrate(ctx, wrong, targets.Migration{})
		if err == nil || !strings.Contains(err.Error(), want) || len(moved) != 0 {
			t.Errorf("want %q: %v, %v", want, moved, err)
		}
	}
	text, err := from.ClusterNodes(ctx).Result()
	if err != nil || !strings.Contains(text, fmt.Sprintf("[%d->-%s]", slots[1], toID)) {
		t.Errorf("the slot that another opened was touched: %v\n%s", err, text)
	}
}

func TestAttachToCluster(t *testing.T) {
	t.Parallel()
	launched := redistest.Launch(t, 3)
	ctx := soon(t)
	addrs := launched.Access().Addrs
	c, err := redis.Attach(ctx, "redis://"+addrs[2], redis.AttachOptions{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := c.Describe(ctx)
	if err != nil || d.Mode != "cluster" || d.Launched || d.Can.Signal || !d.Can.Migrate {
		t.Errorf("%+v, %v", d, err)
	}
	if got := c.Access(); !got.Cluster || strings.Join(got.Addrs, " ") != strings.Join(addrs, " ") {
		t.Errorf("attached to %v, want %v", got.Addrs, addrs)
	}
	moves, slots := plan(t, c, 2)
	fill(t, clusterClient(t, c), slots, 3)
	if moved, err := c.Migrate(ctx, moves, targets.Migration{}); err != nil || len(moved) != 2 {
		t.Errorf("%v, %v", moved, err)
	}
	keys, err := c.KeysInSlot(ctx, moves[0].To, slots[0], 2)
	if err != nil || len(keys) != 2 || slot.Of([]byte(keys[0])) != slots[0] {
		t.Errorf("keys %q, %v", keys, err)
	}
	if err := c.Close(ctx); err != nil {
		t.Error(err)
	}
	if _, err := launched.Stats(ctx); err != nil {
		t.Errorf("closing what was attached harmed it: %v", err)
	}
}

func TestStopAndContinue(t *testing.T) {
	t.Parallel()
	c := redistest.Launch(t, 1)
	ctx := soon(t)
	if err := c.Signal(ctx, 0, targets.Pause); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	if _, err := c.Stats(short); err == nil {
		t.Error("a stopped server answered")
	}
	if err := c.Signal(ctx, 0, targets.Resume); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Stats(ctx); err != nil {
		t.Errorf("does not answer again: %v", err)
	}
}

// beLauncher launches servers, tells their pids, and hangs.
func beLauncher(binary string) {
	c, err := redis.Launch(context.Background(), redis.LaunchOptions{Product: "redis", Nodes: 2, Binary: binary})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	stats, err := c.Stats(context.Background())
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(stats[0].PID, stats[1].PID)
	select {}
}

func TestServersEndWithAKilledLauncher(t *testing.T) {
	t.Parallel()
	binary := peer.Binary(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	launcher := exec.Command(self, "be-a-launcher", binary)
	out, err := launcher.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := launcher.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	killErr := launcher.Process.Kill()
	_ = launcher.Wait()
	var pids [2]int
	if _, err := fmt.Sscan(line, &pids[0], &pids[1]); err != nil || killErr != nil {
		t.Fatal(line, err, killErr)
	}
	for _, pid := range pids {
		for start := time.Now(); ; time.Sleep(time.Millisecond) {
			stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
			if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) || strings.Contains(string(stat), ") Z ") {
				break
			}
			if time.Since(start) > patience {
				t.Fatalf("redis-server %d outlived its launcher", pid)
			}
		}
	}
}
