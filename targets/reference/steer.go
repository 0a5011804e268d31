package reference

import (
	"context"
	"errors"
	"fmt"

	"slotbench/targets"
)

// noReplicas is why a reference cluster cannot fail over.
const noReplicas = "the reference cluster has no replicas"

// Failover is what a cluster without replicas cannot do.
func (c *cluster) Failover(context.Context, int) error {
	return fmt.Errorf("failover: %s: %w", noReplicas, targets.ErrUnsupported)
}

// AddNode launches one more node and pushes a topology in which it owns
// nothing. No migration may be under way: a push closes open slots.
func (c *cluster) AddNode(ctx context.Context) (int, error) {
	topology, err := c.Topology(ctx)
	if err != nil {
		return 0, err
	}
	if err := c.nothingOpen(ctx); err != nil {
		return 0, fmt.Errorf("add a node: %w", err)
	}
	node, err := c.start(ctx)
	if err != nil {
		return 0, err
	}
	topology.Nodes = c.List()
	return node, c.push(ctx, topology)
}

// RemoveNode pushes a topology without a node that owns nothing, and ends it.
func (c *cluster) RemoveNode(ctx context.Context, node int) error {
	addr, err := c.addr(node)
	if err != nil {
		return fmt.Errorf("remove a node: %w", err)
	}
	topology, err := c.Topology(ctx)
	if err != nil {
		return err
	}
	if owned := topology.Slots(node); owned > 0 {
		return fmt.Errorf("remove node %s: it owns %d slots: migrate them first", addr, owned)
	}
	if err := c.nothingOpen(ctx); err != nil {
		return fmt.Errorf("remove node %s: %w", addr, err)
	}
	topology.Nodes[node].Away = true
	return errors.Join(c.push(ctx, topology), c.Forget(node), c.fleet.Remove(addr))
}

// nothingOpen is an error while a slot is on its way: a topology that is
// pushed would close it.
func (c *cluster) nothingOpen(ctx context.Context) error {
	for i := range c.List() {
		if c.Gone(i) {
			continue
		}
		view, err := c.View(ctx, i)
		if err != nil {
			return err
		}
		if len(view.Open) > 0 {
			return errors.New("slots are migrating: wait until they have arrived")
		}
	}
	return nil
}
