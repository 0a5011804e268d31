package redis

import (
	"context"
	"fmt"

	"slotbench/targets"
)

// Failover is not there yet: launched clusters have no replicas.
func (c *cluster) Failover(context.Context, int) error {
	return fmt.Errorf("failover: the cluster's nodes have no replicas: %w", targets.ErrUnsupported)
}

// AddNode is not there yet.
func (c *cluster) AddNode(context.Context) (int, error) {
	return 0, fmt.Errorf("add a node: %w", targets.ErrUnsupported)
}

// RemoveNode is not there yet.
func (c *cluster) RemoveNode(context.Context, int) error {
	return fmt.Errorf("remove a node: %w", targets.ErrUnsupported)
}
