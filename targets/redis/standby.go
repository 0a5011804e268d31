package redis

import (
	"context"
	"errors"

	"slotbench/internal/slot"
	"slotbench/targets"
)

// Standby is what the replicas of the primaries say of themselves: those that
// may become primaries. Who does not answer is left out, with an error.
func (c *cluster) Standby(ctx context.Context) ([]targets.NodeStats, error) {
	replicas, err := c.replicas(ctx)
	if err != nil {
		return nil, err
	}
	var all []targets.NodeStats
	var errs []error
	for _, replica := range replicas {
		one := c.Beside(replica)
		if p, err := c.fleet.Process(replica.Addr()); err == nil {
			one.SetPID(0, p.PID())
		}
		stats, err := one.Stats(ctx)
		errs = append(errs, err, one.Close())
		if err == nil {
			all = append(all, stats...)
		}
	}
	return all, errors.Join(errs...)
}

// replicas is where the replicas are: by the cluster's word, or of a server
// alone by its own.
func (c *cluster) replicas(ctx context.Context) ([]slot.Node, error) {
	var found []slot.Node
	if c.Nodes.Access().Cluster {
		view, err := c.view(ctx)
		for _, replica := range view.Replicas {
			found = append(found, replica.Node)
		}
		return found, err
	}
	info, err := c.Info(ctx, c.Alone())
	if err != nil {
		return nil, err
	}
	return info.Replicas(), nil
}
