// Package redis is Redis and Valkey as a system under test, alone or as a
// cluster: attached to where they run, or launched from a local binary. Any
// other server that speaks their commands can be attached in the same way.
//
// On an attached system it changes nothing but the slots that Migrate is told
// to move, and it never starts, stops or signals it.
package redis

import (
	"context"
	"errors"
	"fmt"

	"slotbench/targets"
	"slotbench/targets/launch"
	"slotbench/targets/nodes"
)

// cluster is an attached or launched system; a server alone is one too.
type cluster struct {
	*nodes.Nodes
	launched  launch.Group // nil: attached
	placement string
	// setsTimeout: launched nodes begin with another timeout than they serve with.
	setsTimeout bool
}

var _ targets.Cluster = (*cluster)(nil)

// Describe says what the system is.
func (c *cluster) Describe(ctx context.Context) (targets.Description, error) {
	d, err := c.Nodes.Describe(ctx)
	d.Launched = c.launched != nil
	d.Can.Signal = d.Launched
	d.Placement = c.placement
	return d, err
}

// Signal stops, continues or kills a launched server.
func (c *cluster) Signal(ctx context.Context, node int, signal targets.Signal) error {
	if c.launched == nil {
		return fmt.Errorf("signal a server that was attached, not launched: %w", targets.ErrUnsupported)
	}
	return c.launched.Signal(ctx, node, signal)
}

// Start brings a killed launched server back, on the same port and as the same
// node of its cluster, without its keys. It returns when the server answers;
// a cluster takes it back a little later.
func (c *cluster) Start(ctx context.Context, node int) error {
	if c.launched == nil {
		return fmt.Errorf("start a server that was attached, not launched: %w", targets.ErrUnsupported)
	}
	if err := c.launched.Restart(ctx, node); err != nil {
		return err
	}
	if err := c.AwaitServing(ctx, node, c.launched[node].PID()); err != nil {
		return err
	}
	return c.setTimeout(ctx, node)
}

// Close ends the connections, and the servers that were launched.
func (c *cluster) Close(context.Context) error {
	return errors.Join(c.Nodes.Close(), c.launched.Close())
}
