package redis

import (
	"context"
	"fmt"

	"slotbench/internal/slot"
)

// addReplicas starts the replicas of a new cluster and joins them to their
// primaries.
func (c *cluster) addReplicas(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, formLimit)
	defer cancel()
	for _, primary := range c.List() {
		for range c.launched.Replicas {
			if err := c.addReplica(ctx, primary); err != nil {
				return fmt.Errorf("a replica of %s: %w", primary.Addr(), err)
			}
		}
	}
	want := len(c.List()) * c.launched.Replicas
	return until(ctx, "the replicas did not join", func(ctx context.Context) error {
		for i, node := range c.List() {
			view, err := c.View(ctx, i)
			if err != nil {
				return err
			}
			joined := 0
			for _, replica := range view.Replicas {
				if knows(view, replica.Of) {
					joined++
				}
			}
			if joined != want {
				return fmt.Errorf("node %s knows %d of %d replicas", node.Addr(), joined, want)
			}
		}
		return nil
	})
}

// addReplica starts one server, and returns when it copies its primary.
func (c *cluster) addReplica(ctx context.Context, primary slot.Node) error {
	node, _, err := c.start(ctx)
	if err != nil {
		return err
	}
	replica := c.Beside(node)
	defer replica.Close()
	if _, err := replica.Do(ctx, 0, "CLUSTER", "MEET", primary.Host, primary.Port); err != nil {
		return err
	}
	if err := until(ctx, "it does not learn of its primary", func(ctx context.Context) error {
		_, err := replica.Do(ctx, 0, "CLUSTER", "REPLICATE", primary.ID)
		return err
	}); err != nil {
		return err
	}
	if err := until(ctx, "it does not copy its primary", func(ctx context.Context) error {
		info, err := replica.Info(ctx, 0)
		if err == nil && info["master_link_status"] != "up" {
			err = fmt.Errorf("master_link_status:%s", info["master_link_status"])
		}
		return err
	}); err != nil {
		return err
	}
	return c.setServing(ctx, replica, 0)
}
