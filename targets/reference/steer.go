package reference

import (
	"context"
	"fmt"

	"slotbench/targets"
)

// noReplicas is why a reference cluster cannot fail over.
const noReplicas = "the reference cluster has no replicas"

// Failover is what a cluster without replicas cannot do.
func (c *cluster) Failover(context.Context, int) error {
	return fmt.Errorf("failover: %s: %w", noReplicas, targets.ErrUnsupported)
}

// AddNode is not there yet.
func (c *cluster) AddNode(context.Context) (int, error) {
	return 0, fmt.Errorf("add a node: %w", targets.ErrUnsupported)
}

// RemoveNode is not there yet.
func (c *cluster) RemoveNode(context.Context, int) error {
	return fmt.Errorf("remove a node: %w", targets.ErrUnsupported)
}
