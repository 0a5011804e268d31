package driver

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"slotbench/internal/slot"
	"slotbench/targets"
)

// Signal stops, continues or kills a node; the requests of a dead one fail.
func (c *fakeCluster) Signal(_ context.Context, node int, signal targets.Signal) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.note("%s node %d", signal, node)
	if signal == targets.Kill {
		c.dead[node] = true
		c.data[node] = map[string]string{}
	}
	return nil
}

// Start brings a killed node back, empty.
func (c *fakeCluster) Start(_ context.Context, node int) error {
	time.Sleep(c.startTook)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.note("start node %d", node)
	delete(c.dead, node)
	return nil
}

// Failover notes that it was asked for.
func (c *fakeCluster) Failover(_ context.Context, node int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.note("failover of node %d", node)
	return nil
}

// AddNode adds an empty node.
func (c *fakeCluster) AddNode(context.Context) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	grown := slot.NewTopology(slot.DefaultCount, append(slices.Clone(c.topology.Nodes), slot.Node{ID: "new", Host: "127.0.0.1", Port: 7100}))
	for s := range slot.DefaultCount {
		grown.SetOwner(slot.Slot(s), c.topology.Owner(slot.Slot(s)))
	}
	c.topology, c.data = grown, append(c.data, map[string]string{})
	return len(c.data) - 1, nil
}

// RemoveNode ends a node without slots.
func (c *fakeCluster) RemoveNode(_ context.Context, node int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := c.topology.Slots(node); n > 0 {
		return fmt.Errorf("it owns %d slots", n)
	}
	c.note("remove node %d", node)
	c.dead[node] = true
	return nil
}

// Command notes a command.
func (c *fakeCluster) Command(_ context.Context, node int, args ...string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dead[node] {
		return "", errDead
	}
	if text := strings.Join(args, " "); text != "CLUSTER INFO" {
		c.note("node %d: %s", node, text)
		return "OK", nil
	}
	return "cluster_state:ok", nil
}
