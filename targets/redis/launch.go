package redis

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"slotbench/internal/slot"
	"slotbench/targets"
	"slotbench/targets/launch"
	"slotbench/targets/nodes"
)

// LaunchOptions is what to launch.
type LaunchOptions struct {
	Product string   // "redis" or "valkey"
	Nodes   int      // 1: a server alone; more: a cluster of so many primaries
	Binary  string   // "": redis-server or valkey-server, looked up in PATH
	CPUs    []int    // the CPUs that all servers share; nil: any
	Args    []string // further options of the server, behind ours
	Guard   []string // see launch.Spec
}

// The limits of a launch.
const (
	maxNodes   = 64
	startLimit = 30 * time.Second // until a server answers
	formLimit  = 60 * time.Second // until a cluster serves
	formPoll   = 50 * time.Millisecond
)

// Nodes ping each other as seldom as their timeout allows, and learn of each
// other's slots by that. So a cluster is formed with a short one, and then set
// to what Redis has by default.
const (
	timeoutOption        = "cluster-node-timeout"
	formingTimeoutMillis = "1000"
	servingTimeoutMillis = "15000"
)

// host is where servers are launched: nobody else can reach it.
const host = "127.0.0.1"

// Validate says what is wrong with the options.
func (o LaunchOptions) Validate() error {
	switch {
	case o.Product != "redis" && o.Product != "valkey":
		return fmt.Errorf("launch: product %q: want redis or valkey", o.Product)
	case o.Nodes < 1 || o.Nodes > maxNodes:
		return fmt.Errorf("launch: %d nodes: want 1 to %d", o.Nodes, maxNodes)
	}
	return nil
}

// Launch starts servers on this machine, without persistence, on free ports of
// the loopback interface. They end with Close, and with this program however
// it ends.
func Launch(ctx context.Context, o LaunchOptions) (targets.Cluster, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	c := &cluster{launched: launch.Group{}, placement: launch.Placement(o.CPUs)}
	c.setsTimeout = o.Nodes > 1 && !slices.Contains(o.Args, "--"+timeoutOption)
	var list []slot.Node
	for range o.Nodes {
		p, port, err := launch.OnFreePort(ctx, host, o.Nodes > 1, o.spec, serves)
		if err != nil {
			return nil, errors.Join(err, c.launched.Close())
		}
		c.launched = append(c.launched, p)
		list = append(list, slot.Node{Host: host, Port: port})
	}
	c.Nodes = nodes.New(nodes.Options{Cluster: o.Nodes > 1}, list)
	for i, p := range c.launched {
		c.SetPID(i, p.PID())
	}
	if o.Nodes > 1 {
		err := form(ctx, c.Nodes)
		for i := 0; err == nil && i < o.Nodes; i++ {
			err = c.setTimeout(ctx, i)
		}
		if err != nil {
			err = fmt.Errorf("launch: %w\n%s", err, c.launched[0].Explain())
			return nil, errors.Join(err, c.Close(ctx))
		}
	}
	return c, nil
}

// spec is the command line of a server on a port.
func (o LaunchOptions) spec(port int) launch.Spec {
	binary := o.Binary
	if binary == "" {
		binary = o.Product + "-server"
	}
	args := []string{
		"--port", strconv.Itoa(port), "--bind", host, "--daemonize", "no",
		"--save", "", "--appendonly", "no",
	}
	if o.Nodes > 1 {
		args = append(args, "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf",
			"--"+timeoutOption, formingTimeoutMillis)
	}
	return launch.Spec{Guard: o.Guard, Path: binary, Args: append(args, o.Args...), CPUs: o.CPUs}
}

// serves waits until a launched server answers.
func serves(ctx context.Context, p *launch.Process, port int) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	one := nodes.New(nodes.Options{}, []slot.Node{{Host: host, Port: port}})
	defer one.Close()
	return one.AwaitServing(ctx, 0, p.PID())
}

// setTimeout gives a node the timeout that it shall serve with.
func (c *cluster) setTimeout(ctx context.Context, node int) error {
	if !c.setsTimeout {
		return nil
	}
	_, err := c.Do(ctx, node, "CONFIG", "SET", timeoutOption, servingTimeoutMillis)
	return err
}

// form makes a cluster of empty nodes: each owns an equal share of the slots,
// and its own epoch so that none collides; then each meets the others.
func form(ctx context.Context, n *nodes.Nodes) error {
	ctx, cancel := context.WithTimeout(ctx, formLimit)
	defer cancel()
	list := n.List()
	topology := slot.Even(slot.DefaultCount, list)
	for i := range list {
		id, err := n.Do(ctx, i, "CLUSTER", "MYID")
		if err != nil {
			return err
		}
		n.SetID(i, fmt.Sprint(id))
		if _, err := n.Do(ctx, i, "CLUSTER", "SET-CONFIG-EPOCH", i+1); err != nil {
			return err
		}
		add := []any{"CLUSTER", "ADDSLOTS"}
		for _, r := range topology.Owned(i) {
			for s := int(r.First); s <= int(r.Last); s++ {
				add = append(add, s)
			}
		}
		if _, err := n.Do(ctx, i, add...); err != nil {
			return err
		}
		for _, earlier := range list[:i] {
			if _, err := n.Do(ctx, i, "CLUSTER", "MEET", earlier.Host, earlier.Port); err != nil {
				return err
			}
		}
	}
	return awaitFormed(ctx, n, topology)
}

// awaitFormed waits until every node serves and sees all slots where they are.
func awaitFormed(ctx context.Context, n *nodes.Nodes, want *slot.Topology) error {
	for {
		err := formed(ctx, n, want)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the cluster did not form: %w", err)
		case <-time.After(formPoll):
		}
	}
}

func formed(ctx context.Context, n *nodes.Nodes, want *slot.Topology) error {
	if err := checkServes(ctx, n); err != nil {
		return err
	}
	list := n.List()
	for i, node := range list {
		view, err := n.View(ctx, i)
		if err != nil {
			return err
		}
		if len(view.Primaries) != len(list) {
			return fmt.Errorf("node %s knows %d of %d nodes", node.Addr(), len(view.Primaries), len(list))
		}
		for j := range list {
			first := want.Owned(j)[0].First
			if owner := view.Owner(first); owner != list[j].ID {
				return fmt.Errorf("node %s sees slot %d at %q, not at %q", node.Addr(), first, owner, list[j].ID)
			}
		}
	}
	return nil
}
