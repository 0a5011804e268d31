// Package reference is the reference cluster as a system under test: processes
// of this suite's own server on this machine, configured from outside. How a
// node is run is handed in; this package does not know the server's code.
//
// The nodes never talk to each other except to migrate, and keep nothing when
// they end.
package reference

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"slotbench/internal/slot"
	"slotbench/targets"
	"slotbench/targets/launch"
	"slotbench/targets/nodes"
)

// Options is what to launch.
type Options struct {
	Command []string // the command line of a node, without its options
	Nodes   int
	CPUs    []int    // the CPUs that all nodes share; nil: any
	Args    []string // further options of a node, behind ours
	Guard   []string // see launch.Spec
}

// The limits of a launch.
const (
	maxNodes   = 64
	startLimit = 30 * time.Second // until a node answers
)

// host is where nodes are launched: nobody else can reach it.
const host = "127.0.0.1"

// Validate says what is wrong with the options.
func (o Options) Validate() error {
	switch {
	case len(o.Command) == 0:
		return errors.New("launch: the reference cluster needs the command of a node")
	case o.Nodes < 1 || o.Nodes > maxNodes:
		return fmt.Errorf("launch: %d nodes: want 1 to %d", o.Nodes, maxNodes)
	}
	return nil
}

// cluster is a launched reference cluster.
type cluster struct {
	*nodes.Nodes
	fleet     launch.Fleet
	options   Options
	placement string
}

var _ targets.Cluster = (*cluster)(nil)

// Launch starts a cluster whose nodes own equal shares of the slots. It ends
// with Close, and with this program however it ends.
func Launch(ctx context.Context, o Options) (targets.Cluster, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	c := &cluster{placement: launch.Placement(o.CPUs), options: o, Nodes: nodes.New(nodes.Options{Cluster: true}, nil)}
	for range o.Nodes {
		if _, err := c.start(ctx); err != nil {
			return nil, errors.Join(err, c.Close(ctx))
		}
	}
	if err := c.push(ctx, slot.Even(slot.DefaultCount, c.List())); err != nil {
		return nil, errors.Join(fmt.Errorf("launch: %w\n%s", err, c.fleet.First().Explain()), c.Close(ctx))
	}
	return c, nil
}

// start starts one more node, which has no topology yet.
func (c *cluster) start(ctx context.Context) (node int, err error) {
	p, port, err := launch.OnFreePort(ctx, host, false, c.options.spec, serves)
	if err != nil {
		return 0, err
	}
	added := slot.Node{Host: host, Port: port}
	c.fleet.Add(added.Addr(), p)
	node = c.Add(added)
	c.SetPID(node, p.PID())
	return node, c.learnID(ctx, node)
}

// spec is the command line of a node on a port.
func (o Options) spec(port int) launch.Spec {
	args := append([]string{}, o.Command[1:]...)
	args = append(args, "--port", strconv.Itoa(port), "--bind", host, "--cluster-enabled", "yes")
	return launch.Spec{Guard: o.Guard, Path: o.Command[0], Args: append(args, o.Args...), CPUs: o.CPUs}
}

// serves waits until a launched node answers.
func serves(ctx context.Context, p *launch.Process, port int) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	one := nodes.New(nodes.Options{}, []slot.Node{{Host: host, Port: port}})
	defer one.Close()
	return one.AwaitServing(ctx, 0, p.PID())
}

func (c *cluster) learnID(ctx context.Context, i int) error {
	id, err := c.Do(ctx, i, "CLUSTER", "MYID")
	if err != nil {
		return err
	}
	c.SetID(i, fmt.Sprint(id))
	return nil
}

// push tells every node the whole topology.
func (c *cluster) push(ctx context.Context, t *slot.Topology) error {
	text, err := nodes.PushedConfig(t, nil)
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
func (c *cluster) Describe(ctx context.Context) (targets.Description, error) {
	d, err := c.Nodes.Describe(ctx)
	d.Launched, d.Placement = true, c.placement
	d.Can.Signal, d.Can.SlotStats, d.Can.Resize = true, true, true
	d.Can.Cannot = map[string]string{"failover": noReplicas}
	return d, err
}

// addr is where a node serves.
func (c *cluster) addr(node int) (string, error) {
	list := c.List()
	if node < 0 || node >= len(list) {
		return "", fmt.Errorf("there is no node %d among %d", node, len(list))
	}
	return list[node].Addr(), nil
}

// Signal stops, continues or kills a node.
func (c *cluster) Signal(ctx context.Context, node int, signal targets.Signal) error {
	addr, err := c.addr(node)
	if err != nil {
		return err
	}
	return c.fleet.Signal(ctx, addr, signal)
}

// Start brings a killed node back on the same port, without its keys, and
// gives it the slots that the first other node that answers says it owns.
func (c *cluster) Start(ctx context.Context, node int) error {
	addr, err := c.addr(node)
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
	known.Nodes = c.List()
	return c.push(ctx, known)
}

// topologyBeside is the topology as another node than this one sees it; one
// alone owned everything.
func (c *cluster) topologyBeside(ctx context.Context, node int) (*slot.Topology, error) {
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
func (c *cluster) Close(context.Context) error {
	return errors.Join(c.Nodes.Close(), c.fleet.Close())
}
