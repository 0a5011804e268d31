package pushed

import (
	"context"
	"errors"
	"fmt"

	"slotbench/targets"
)

// Failover is what a cluster without replicas cannot do.
func (c *Cluster) Failover(context.Context, int) error {
	return fmt.Errorf("failover: %s: %w", noReplicas, targets.ErrUnsupported)
}

// AddNode launches one more node and pushes a topology in which it owns
// nothing. No migration may be under way: a push closes open slots.
func (c *Cluster) AddNode(ctx context.Context) (int, error) {
	if err := c.resizable(); err != nil {
		return 0, fmt.Errorf("add a node: %w", err)
	}
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
	return node, c.Push(ctx, topology, nil)
}

// RemoveNode pushes a topology without a node that owns nothing, and ends it.
func (c *Cluster) RemoveNode(ctx context.Context, node int) error {
	if err := c.resizable(); err != nil {
		return fmt.Errorf("remove a node: %w", err)
	}
	addr, err := c.Addr(node)
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
	return errors.Join(c.Push(ctx, topology, nil), c.Forget(node), c.fleet.Remove(addr))
}

// nothingOpen is an error while a slot is on its way: a topology that is
// pushed would close it.
func (c *Cluster) nothingOpen(ctx context.Context) error {
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

// resizable says why nodes can't come and go, nil if they can.
func (c *Cluster) resizable() error {
	switch {
	case !c.Launched():
		return fmt.Errorf("%s: %w", attachedOnly, targets.ErrUnsupported)
	case c.options.Whole:
		return fmt.Errorf("its one node has all slots: %w", targets.ErrUnsupported)
	}
	return nil
}
