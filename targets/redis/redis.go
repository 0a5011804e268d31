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
	"sync"

	"slotbench/targets"
	"slotbench/targets/launch"
	"slotbench/targets/nodes"
)

// cluster is an attached or launched system; a server alone is one too.
//
// An index names a server, not its part in the cluster: after a failover the
// promoted replica has an index of its own, at the end, and the old primary
// keeps its one, without slots, as a replica.
type cluster struct {
	*nodes.Nodes
	fleet     launch.Fleet
	launched  *LaunchOptions // nil: attached
	placement string
	// setsTimeout: launched nodes begin with another timeout than they serve with.
	setsTimeout bool
	watch       *watch // of the Sentinels that know the server; nil: none do

	mu     sync.Mutex
	failed []handover // failovers of an attached cluster, to be taken back
}

var _ targets.Cluster = (*cluster)(nil)

// Describe says what the system is.
func (c *cluster) Describe(ctx context.Context) (targets.Description, error) {
	d, err := c.Nodes.Describe(ctx)
	if err != nil {
		return d, err
	}
	d.Launched = c.launched != nil
	d.Can.Signal = d.Launched
	d.Placement = c.placement
	d.Can.Resize = d.Launched && d.Mode == "cluster"
	d.Can.Cannot = map[string]string{}
	if !d.Launched {
		d.Can.Cannot["signal"], d.Can.Cannot["resize"] = attachedOnly, attachedOnly
	}
	if c.watch != nil {
		info, err := c.Info(ctx, 0)
		if err != nil {
			return d, err
		}
		if d.Can.Failover = info.Int("connected_slaves") > 0; !d.Can.Failover {
			d.Can.Cannot["failover"] = "the server has no replicas"
		}
		d.Can.Cannot["migrate"] = noCluster
		return d, nil
	}
	if d.Mode != "cluster" {
		d.Can.Cannot["failover"], d.Can.Cannot["resize"], d.Can.Cannot["migrate"] = noCluster, noCluster, noCluster
		return d, nil
	}
	view, err := c.view(ctx)
	if err != nil {
		return d, err
	}
	if d.Can.Failover = len(view.Replicas) > 0; !d.Can.Failover {
		d.Can.Cannot["failover"] = "the cluster has no replicas (launch it with --replicas 1)"
	}
	return d, nil
}

// Why some abilities are missing.
const (
	attachedOnly = "the servers were attached, not launched"
	noCluster    = "the server is not part of a cluster"
)

// view is the cluster as the first node that answers sees it.
func (c *cluster) view(ctx context.Context) (nodes.View, error) {
	var errs []error
	for i := range c.List() {
		view, err := c.View(ctx, i)
		if err == nil {
			return view, nil
		}
		errs = append(errs, err)
	}
	return nodes.View{}, errors.Join(errs...)
}

// Stats is what each node says of itself; of a launched one the process is
// known, also of a replica that was promoted.
func (c *cluster) Stats(ctx context.Context) ([]targets.NodeStats, error) {
	for i, node := range c.List() {
		if p, err := c.fleet.Process(node.Addr()); err == nil {
			c.SetPID(i, p.PID())
		}
	}
	return c.Nodes.Stats(ctx)
}

// Signal stops, continues or kills a launched server.
func (c *cluster) Signal(ctx context.Context, node int, signal targets.Signal) error {
	if c.launched == nil {
		return fmt.Errorf("signal a server: %s: %w", attachedOnly, targets.ErrUnsupported)
	}
	addr, err := c.Addr(node)
	if err != nil {
		return err
	}
	return c.fleet.Signal(ctx, addr, signal)
}

// Start brings a killed launched server back, on the same port and as the same
// node of its cluster, without its keys. It returns when the server answers; a
// cluster takes it back a little later. A primary that comes back before its
// replica was promoted is still the primary, and its replica loses its keys
// too.
func (c *cluster) Start(ctx context.Context, node int) error {
	if c.launched == nil {
		return fmt.Errorf("start a server: %s: %w", attachedOnly, targets.ErrUnsupported)
	}
	addr, err := c.Addr(node)
	if err != nil {
		return err
	}
	if err := c.fleet.Restart(ctx, addr); err != nil {
		return err
	}
	p, err := c.fleet.Process(addr)
	if err != nil {
		return err
	}
	if err := c.AwaitServing(ctx, node, p.PID()); err != nil {
		return err
	}
	return c.setServing(ctx, c.Nodes, node)
}

// Close ends the connections, and the servers that were launched. Of an
// attached cluster it takes the failovers back that it made.
func (c *cluster) Close(ctx context.Context) error {
	var watching error
	if c.watch != nil {
		watching = c.watch.close()
	}
	return errors.Join(watching, c.failBack(ctx), c.Nodes.Close(), c.fleet.Close())
}
