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
	Product  string   // "redis" or "valkey"
	Nodes    int      // 1: a server alone; more: a cluster of so many primaries
	Replicas int      // of each primary of a cluster
	Binary   string   // "": redis-server or valkey-server, looked up in PATH
	CPUs     []int    // the CPUs that all servers share; nil: any
	Args     []string // further options of the server, behind ours
	Guard    []string // see launch.Spec
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
	case o.Replicas < 0 || o.Nodes*(1+o.Replicas) > maxNodes:
		return fmt.Errorf("launch: %d nodes with %d replicas each: want 0 replicas or more, and %d servers at most", o.Nodes, o.Replicas, maxNodes)
	case o.Replicas > 0 && o.Nodes == 1:
		return errors.New("launch: replicas belong to a cluster: want 2 nodes or more, 3 for failovers")
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
	c := &cluster{launched: &o, placement: launch.Placement(o.CPUs)}
	c.setsTimeout = o.Nodes > 1 && !slices.Contains(o.Args, "--"+timeoutOption)
	c.Nodes = nodes.New(nodes.Options{Cluster: o.Nodes > 1}, nil)
	for range o.Nodes {
		node, pid, err := c.start(ctx)
		if err != nil {
			return nil, errors.Join(err, c.Close(ctx))
		}
		c.SetPID(c.Add(node), pid)
	}
	if o.Nodes == 1 {
		return c, nil
	}
	if err := c.form(ctx); err != nil {
		err = fmt.Errorf("launch: %w\n%s", err, c.fleet.First().Explain())
		return nil, errors.Join(err, c.Close(ctx))
	}
	return c, nil
}

// start starts one more server, which belongs to nothing yet.
func (c *cluster) start(ctx context.Context) (node slot.Node, pid int, err error) {
	p, port, err := launch.OnFreePort(ctx, host, c.launched.Nodes > 1, c.launched.spec, serves)
	if err != nil {
		return node, 0, err
	}
	node = slot.Node{Host: host, Port: port}
	c.fleet.Add(node.Addr(), p)
	return node, p.PID(), nil
}

// form makes a cluster of the servers, with their replicas, and sets it to
// what it shall serve with.
func (c *cluster) form(ctx context.Context) error {
	if err := form(ctx, c.Nodes); err != nil {
		return err
	}
	if err := c.addReplicas(ctx); err != nil {
		return err
	}
	for i := range c.List() {
		if err := c.setServing(ctx, c.Nodes, i); err != nil {
			return err
		}
	}
	return nil
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
	if o.Replicas > 0 { // which shall not wait for others to come
		args = append(args, "--repl-diskless-sync-delay", "0")
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

// setServing gives a node of a cluster the settings that it shall serve with:
// its timeout, and that it stays a primary when it has given its last slot away.
// Servers before Redis 7 do not know the latter.
func (c *cluster) setServing(ctx context.Context, n *nodes.Nodes, node int) error {
	if c.launched.Nodes == 1 {
		return nil
	}
	_, _ = n.Do(ctx, node, "CONFIG", "SET", "cluster-allow-replica-migration", "no")
	if !c.setsTimeout {
		return nil
	}
	_, err := n.Do(ctx, node, "CONFIG", "SET", timeoutOption, servingTimeoutMillis)
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
