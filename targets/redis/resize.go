package redis

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"slotbench/internal/slot"
	"slotbench/targets"
	"slotbench/targets/nodes"
)

// resizable says why nodes can't come and go, nil if they can.
func (c *cluster) resizable() error {
	switch {
	case c.launched == nil:
		return fmt.Errorf("%s: %w", attachedOnly, targets.ErrUnsupported)
	case c.launched.Nodes == 1:
		return fmt.Errorf("%s: %w", noCluster, targets.ErrUnsupported)
	}
	return nil
}

// AddNode launches one more primary, without slots and without a replica, and
// returns when all nodes know it.
func (c *cluster) AddNode(ctx context.Context) (int, error) {
	if err := c.resizable(); err != nil {
		return 0, fmt.Errorf("add a node: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, joinLimit)
	defer cancel()
	node, pid, err := c.start(ctx)
	if err != nil {
		return 0, err
	}
	joining := c.Beside(node)
	defer joining.Close()
	id, err := joining.Do(ctx, 0, "CLUSTER", "MYID")
	if err != nil {
		return 0, errors.Join(err, c.fleet.Remove(node.Addr()))
	}
	node.ID = fmt.Sprint(id)
	err = until(ctx, fmt.Sprintf("add node %s", node.Addr()), func(ctx context.Context) error { return c.join(ctx, joining, node) })
	if err == nil {
		err = c.setServing(ctx, joining, 0)
	}
	if err != nil {
		return 0, errors.Join(err, c.fleet.Remove(node.Addr()))
	}
	index := c.Add(node)
	c.SetPID(index, pid)
	return index, nil
}

// join lets a node meet those that do not know it, and is an error until all
// do and it serves.
func (c *cluster) join(ctx context.Context, joining *nodes.Nodes, node slot.Node) error {
	strangers := 0
	for i, known := range c.List() {
		view, err := c.View(ctx, i)
		if err != nil {
			continue // it is down: it will learn by gossip
		}
		if !knows(view, node.ID) {
			strangers++
			if _, err := joining.Do(ctx, 0, "CLUSTER", "MEET", known.Host, known.Port); err != nil {
				return err
			}
		}
	}
	if strangers > 0 {
		return fmt.Errorf("%d nodes do not know it yet", strangers)
	}
	return checkServes(ctx, joining)
}

func knows(view nodes.View, id string) bool {
	for _, p := range view.Primaries {
		if p.ID == id {
			return true
		}
	}
	return false
}

// RemoveNode makes all others forget a launched node, and its replicas, and
// ends them. A node that owns slots is refused.
func (c *cluster) RemoveNode(ctx context.Context, node int) error {
	if err := c.resizable(); err != nil {
		return fmt.Errorf("remove a node: %w", err)
	}
	topology, err := c.Topology(ctx)
	if err != nil {
		return err
	}
	if node < 0 || node >= len(topology.Nodes) {
		return fmt.Errorf("remove a node: there is no node %d among %d", node, len(topology.Nodes))
	}
	removed := topology.Nodes[node]
	if owned := topology.Slots(node); owned > 0 {
		return fmt.Errorf("remove node %s: it owns %d slots: migrate them first", removed.Addr(), owned)
	}
	view, err := c.view(ctx)
	if err != nil {
		return err
	}
	leaving := []slot.Node{removed}
	for _, replica := range view.Replicas {
		if replica.Of == removed.ID {
			leaving = append(leaving, replica.Node)
		}
	}
	errs := []error{c.Forget(node)}
	for _, leaver := range leaving {
		errs = append(errs, c.dismiss(ctx, view, leaver, leaving))
	}
	return errors.Join(errs...)
}

// dismiss makes every node that stays forget one that leaves, and ends it.
func (c *cluster) dismiss(ctx context.Context, view nodes.View, leaver slot.Node, leaving []slot.Node) error {
	var stay []slot.Node
	for _, p := range view.Primaries {
		stay = append(stay, p.Node)
	}
	for _, r := range view.Replicas {
		stay = append(stay, r.Node)
	}
	err := c.fleet.Remove(leaver.Addr()) // first: it would introduce itself again
	for _, node := range stay {
		if isAmong(leaving, node) {
			continue
		}
		one := c.Beside(node)
		_, forgetErr := one.Do(ctx, 0, "CLUSTER", "FORGET", leaver.ID)
		if forgetErr != nil && !strings.Contains(forgetErr.Error(), "Unknown node") {
			err = errors.Join(err, forgetErr)
		}
		err = errors.Join(err, one.Close())
	}
	return err
}

func isAmong(list []slot.Node, node slot.Node) bool {
	for _, n := range list {
		if n.ID == node.ID {
			return true
		}
	}
	return false
}
