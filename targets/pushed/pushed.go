// Package pushed is clusters that are configured from outside, by DFLYCLUSTER
// CONFIG: the reference cluster and Dragonfly. The nodes never talk to each
// other except to migrate, and keep nothing when they end.
package pushed

import (
	"context"
	"errors"
	"fmt"
	"time"

	"slotbench/internal/slot"
	"slotbench/targets"
	"slotbench/targets/launch"
	"slotbench/targets/nodes"
)

// Options is what to launch.
type Options struct {
	Nodes      int
	Spec       func(port int) launch.Spec // the command line of a node on a port
	AdminPorts bool                       // each node also needs the port that AdminPort tells
	Whole      bool                       // there is one node, which has all slots without being told
	CPUs       []int                      // that Spec pins to, for the description
}

// The limits of a launch.
const (
	MaxNodes   = 64
	startLimit = 30 * time.Second // until a node answers
)

// Host is where nodes are launched: nobody else can reach it.
const Host = "127.0.0.1"

// AdminPort is a launched node's second port, where its first is port.
func AdminPort(port int) int { return port + launch.BusOffset }

// Why some abilities are missing.
const (
	attachedOnly = "the servers were attached, not launched"
	noReplicas   = "the cluster has no replicas"
)

// Cluster is a launched or attached cluster.
type Cluster struct {
	*nodes.Nodes
	fleet   launch.Fleet
	options Options // the zero Options: attached
}

var _ targets.Cluster = (*Cluster)(nil)

// Launch starts the nodes, which own equal shares of the slots. They end with
// Close, and with this program however it ends.
func Launch(ctx context.Context, o Options) (*Cluster, error) {
	c := &Cluster{options: o, Nodes: nodes.New(nodes.Options{Cluster: true}, nil)}
	for range o.Nodes {
		if _, err := c.start(ctx); err != nil {
			return nil, errors.Join(err, c.Close(ctx))
		}
	}
	if o.Whole {
		return c, nil
	}
	if err := c.Push(ctx, slot.Even(slot.DefaultCount, c.List()), nil); err != nil {
		return nil, errors.Join(fmt.Errorf("launch: %w\n%s", err, c.fleet.First().Explain()), c.Close(ctx))
	}
	return c, nil
}

// Over is a cluster of nodes that were attached. Its processes are not ours,
// and its topology is only pushed to migrate slots.
func Over(n *nodes.Nodes) *Cluster { return &Cluster{Nodes: n} }

// Launched says whether the nodes are ours.
func (c *Cluster) Launched() bool { return c.options.Spec != nil }

// start starts one more node, which has no topology yet.
func (c *Cluster) start(ctx context.Context) (node int, err error) {
	p, port, err := launch.OnFreePort(ctx, Host, c.options.AdminPorts, c.options.Spec, serves)
	if err != nil {
		return 0, err
	}
	added := slot.Node{Host: Host, Port: port}
	c.fleet.Add(added.Addr(), p)
	node = c.Add(added)
	c.SetPID(node, p.PID())
	return node, c.learnID(ctx, node)
}

// serves waits until a launched node answers.
func serves(ctx context.Context, p *launch.Process, port int) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	one := nodes.New(nodes.Options{}, []slot.Node{{Host: Host, Port: port}})
	defer one.Close()
	return one.AwaitServing(ctx, 0, p.PID())
}

func (c *Cluster) learnID(ctx context.Context, i int) error {
	id, err := c.Do(ctx, i, "CLUSTER", "MYID")
	if err != nil { // which older Dragonflies do not have
		var older error
		if id, older = c.Do(ctx, i, "DFLYCLUSTER", "MYID"); older != nil {
			return err
		}
	}
	c.SetID(i, fmt.Sprint(id))
	return nil
}

// Push tells every node the whole topology, and the migrations that it orders.
func (c *Cluster) Push(ctx context.Context, t *slot.Topology, migrations []nodes.PushedMigration) error {
	text, err := nodes.PushedConfig(t, migrations)
	if err != nil {
		return err
	}
	for i, node := range t.Nodes {
		if node.Away {
			continue
		}
		if _, err := c.Do(ctx, i, "DFLYCLUSTER", "CONFIG", text); err != nil {
			return err
		}
	}
	return nil
}

// Describe says what the cluster is.
func (c *Cluster) Describe(ctx context.Context) (targets.Description, error) {
	d, err := c.Nodes.Describe(ctx)
	d.Launched, d.Placement = c.Launched(), launch.Placement(c.options.CPUs)
	d.Can.Signal, d.Can.SlotStats, d.Can.Resize = c.Launched(), true, c.Launched()
	d.Can.Cannot = map[string]string{"failover": noReplicas}
	if !c.Launched() {
		d.Can.Cannot["signal"], d.Can.Cannot["resize"] = attachedOnly, attachedOnly
	}
	return d, err
}

// Signal stops, continues or kills a node.
func (c *Cluster) Signal(ctx context.Context, node int, signal targets.Signal) error {
	if !c.Launched() {
		return fmt.Errorf("signal a server: %s: %w", attachedOnly, targets.ErrUnsupported)
	}
	addr, err := c.Addr(node)
	if err != nil {
		return err
	}
	return c.fleet.Signal(ctx, addr, signal)
}

// Start brings a killed node back on the same port, without its keys, and
// gives it the slots that the first other node that answers says it owns.
func (c *Cluster) Start(ctx context.Context, node int) error {
	if !c.Launched() {
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
	// Before it is asked anything: it knows no topology.
	known, err := c.topologyBeside(ctx, node)
	if err != nil {
		return err
	}
	ready, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	if err := c.AwaitServing(ready, node, p.PID()); err != nil {
		return err
	}
	if err := c.learnID(ctx, node); err != nil {
		return err
	}
	if c.options.Whole {
		return nil
	}
	known.Nodes = c.List()
	return c.Push(ctx, known, nil)
}

// topologyBeside is the topology as another node than this one sees it; one
// alone owned everything.
func (c *Cluster) topologyBeside(ctx context.Context, node int) (*slot.Topology, error) {
	var errs []error
	for i := range c.List() {
		if i == node || c.Gone(i) {
			continue
		}
		t, err := c.TopologyOf(ctx, i)
		if err == nil {
			return t, nil
		}
		errs = append(errs, err)
	}
	if len(c.List()) == 1 {
		return slot.Even(slot.DefaultCount, c.List()), nil
	}
	return nil, fmt.Errorf("no other node says who owns what: %w", errors.Join(errs...))
}

// Close ends the connections and the nodes.
func (c *Cluster) Close(context.Context) error {
	return errors.Join(c.Nodes.Close(), c.fleet.Close())
}
