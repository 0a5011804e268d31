package redis_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"slotbench/internal/slot"
	"slotbench/targets"
	"slotbench/targets/redis"
	"slotbench/targets/redis/redistest"
)

// slotsOf is how many slots each node owns.
func slotsOf(t testing.TB, c targets.Cluster) []int {
	t.Helper()
	topology, err := c.Topology(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	owned := make([]int, len(topology.Nodes))
	for i := range owned {
		owned[i] = topology.Slots(i)
	}
	return owned
}

// A replica takes over under writes, and back; nothing acknowledged is lost,
// and slots migrate between the nodes that are left.
func TestFailover(t *testing.T) {
	t.Parallel()
	c := redistest.LaunchWith(t, redis.LaunchOptions{Nodes: 3, Replicas: 1})
	ctx := soon(t)
	d, err := c.Describe(ctx)
	if err != nil || !d.Can.Failover || !d.Can.Resize || len(d.Can.Cannot) != 0 {
		t.Fatalf("%+v, %v", d.Can, err)
	}
	before := slotsOf(t, c)
	client := clusterClient(t, c)
	keys := fill(t, client, []slot.Slot{0, 1, 2, 10000}, 10)
	if err := c.Failover(ctx, 0); err != nil {
		t.Fatal(err)
	}
	after := slotsOf(t, c)
	if len(after) != 4 || after[0] != 0 || after[1] != before[1] || after[3] != before[0] {
		t.Errorf("slots %v before, %v after", before, after)
	}
	stats, err := c.Stats(ctx)
	if err != nil || len(stats) != 4 || !stats[0].Replica || stats[3].Replica || stats[3].PID == 0 || stats[3].Keys != 30 {
		t.Errorf("%+v, %v", stats, err)
	}
	for _, list := range keys {
		for _, key := range list {
			if got, err := client.Get(ctx, key).Result(); err != nil || got != "0" {
				t.Errorf("%s: %q, %v", key, got, err)
			}
		}
	}
	moves, slots := plan(t, c, 3)
	for _, move := range moves {
		if move.From == 0 || move.To == 0 {
			t.Fatalf("planned to move a slot by way of a replica: %+v", move)
		}
	}
	if moved, err := c.Migrate(ctx, moves, targets.Migration{}); err != nil || len(moved) != len(slots) {
		t.Errorf("%v, %v", moved, err)
	}
	if err := c.Failover(ctx, 0); !errors.Is(err, targets.ErrUnsupported) {
		t.Errorf("failover of a replica: %v", err)
	}
	if err := c.Failover(ctx, 3); err != nil {
		t.Fatal(err)
	}
	if back := slotsOf(t, c); len(back) != 4 || back[0] == 0 || back[3] != 0 {
		t.Errorf("slots %v after going back", back)
	}
}

// The replica of a primary that was killed is forced, and the primary comes
// back as a replica.
func TestFailoverOfAKilledNode(t *testing.T) {
	t.Parallel()
	c := redistest.LaunchWith(t, redis.LaunchOptions{Nodes: 3, Replicas: 1})
	ctx := soon(t)
	before := slotsOf(t, c)
	if err := c.Signal(ctx, 1, targets.Kill); err != nil {
		t.Fatal(err)
	}
	if err := c.Failover(ctx, 1); err != nil {
		t.Fatal(err)
	}
	if err := c.Start(ctx, 1); err != nil {
		t.Fatal(err)
	}
	if after := slotsOf(t, c); len(after) != 4 || after[3] != before[1] || after[1] != 0 {
		t.Errorf("slots %v before, %v after", before, after)
	}
}

// An attached cluster is left as it was found.
func TestFailoverOfAnAttachedCluster(t *testing.T) {
	t.Parallel()
	launched := redistest.LaunchWith(t, redis.LaunchOptions{Nodes: 3, Replicas: 1})
	ctx := soon(t)
	before := slotsOf(t, launched)
	c, err := redis.Attach(ctx, "redis://"+launched.Access().Addrs[0], redis.AttachOptions{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := c.Describe(ctx)
	if err != nil || !d.Can.Failover || d.Can.Resize || d.Can.Cannot["resize"] == "" {
		t.Errorf("%+v, %v", d.Can, err)
	}
	if err := c.Failover(ctx, 2); err != nil {
		t.Fatal(err)
	}
	if after := slotsOf(t, launched); after[2] != 0 {
		t.Errorf("slots %v after the failover", after)
	}
	if err := c.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if after := slotsOf(t, launched); after[2] != before[2] {
		t.Errorf("slots %v before, %v after Close", before, after)
	}
}

func TestAddAndRemoveNode(t *testing.T) {
	t.Parallel()
	c := redistest.LaunchWith(t, redis.LaunchOptions{Nodes: 3, Replicas: 1})
	ctx := soon(t)
	node, err := c.AddNode(ctx)
	if err != nil || node != 3 {
		t.Fatalf("node %d, %v", node, err)
	}
	moves, slots := plan(t, c, 4)
	if moves[0].To != node {
		t.Fatalf("planned to %d, want the new node", moves[0].To)
	}
	fill(t, clusterClient(t, c), slots, 5)
	if _, err := c.Migrate(ctx, moves, targets.Migration{}); err != nil {
		t.Fatal(err)
	}
	checkCounts(t, c, node, slots, 5)
	if err := c.RemoveNode(ctx, node); err == nil || !strings.Contains(err.Error(), "owns 4 slots") {
		t.Errorf("removed with its slots: %v", err)
	}
	back := make([]targets.Move, len(moves))
	for i, move := range moves {
		back[i] = targets.Move{Slot: move.Slot, From: move.To, To: move.From}
	}
	if _, err := c.Migrate(ctx, back, targets.Migration{}); err != nil {
		t.Fatal(err)
	}
	if err := c.RemoveNode(ctx, node); err != nil {
		t.Fatal(err)
	}
	if owned := slotsOf(t, c); len(owned) != 4 || owned[3] != 0 {
		t.Errorf("slots %v", owned)
	}
	for i := range 3 {
		text, err := c.Command(ctx, i, "CLUSTER", "NODES")
		if err != nil || strings.Count(text, "\n") != 6 && strings.Count(text, "\n") != 5 {
			t.Errorf("node %d still knows others: %v\n%s", i, err, text)
		}
	}
	stats, err := c.Stats(ctx)
	if err != nil || len(stats) != 4 || stats[3].Keys != -1 || stats[3].PID != 0 || stats[3].Addr == "" {
		t.Errorf("%+v, %v", stats, err)
	}
	if _, err := c.Migrate(ctx, moves, targets.Migration{}); err == nil {
		t.Error("migrated to a node that was removed")
	}
	if next, err := c.AddNode(ctx); err != nil || next != 4 {
		t.Errorf("another node: %d, %v", next, err)
	}
}

func TestSteeringRefused(t *testing.T) {
	t.Parallel()
	alone := redistest.Launch(t, 1)
	ctx := soon(t)
	d, err := alone.Describe(ctx)
	if err != nil || d.Can.Cannot["failover"] == "" || d.Can.Cannot["resize"] == "" {
		t.Errorf("%+v, %v", d.Can, err)
	}
	for name, err := range map[string]error{
		"failover": alone.Failover(ctx, 0), "add": errorOf(alone.AddNode(ctx)), "remove": alone.RemoveNode(ctx, 0),
	} {
		if !errors.Is(err, targets.ErrUnsupported) {
			t.Errorf("%s: %v", name, err)
		}
	}
	text, err := alone.Command(ctx, 0, "CONFIG", "GET", "port")
	if err != nil || !strings.HasPrefix(text, "port\n") {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := alone.Command(ctx, 0, "NOSUCH"); err == nil || !strings.Contains(err.Error(), "unknown command") {
		t.Errorf("an error is not one: %v", err)
	}
	for _, o := range []redis.LaunchOptions{
		{Product: "redis", Nodes: 1, Replicas: 1}, {Product: "redis", Nodes: 3, Replicas: -1}, {Product: "redis", Nodes: 30, Replicas: 2},
	} {
		if err := o.Validate(); err == nil {
			t.Error(fmt.Sprintf("%+v", o), "is valid")
		}
	}
}
