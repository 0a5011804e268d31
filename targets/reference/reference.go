// Package reference is the reference cluster as a system under test: processes
// of this suite's own server on this machine, configured from outside. How a
// node is run is handed in; this package does not know the server's code.
//
// The nodes never talk to each other except to migrate, and keep nothing when
// they end.
package reference

import (
	"context"
	"encoding/json"
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
	launched  launch.Group
	placement string
}

var _ targets.Cluster = (*cluster)(nil)

// Launch starts a cluster whose nodes own equal shares of the slots. It ends
// with Close, and with this program however it ends.
func Launch(ctx context.Context, o Options) (targets.Cluster, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	c := &cluster{placement: launch.Placement(o.CPUs)}
	var list []slot.Node
	for range o.Nodes {
		p, port, err := launch.OnFreePort(ctx, host, false, o.spec, serves)
		if err != nil {
			return nil, errors.Join(err, c.launched.Close())
		}
		c.launched = append(c.launched, p)
		list = append(list, slot.Node{Host: host, Port: port})
	}
	c.Nodes = nodes.New(nodes.Options{Cluster: true}, list)
	if err := c.configure(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("launch: %w\n%s", err, c.launched[0].Explain()), c.Close(ctx))
	}
	return c, nil
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

// configure gives new nodes their first topology.
func (c *cluster) configure(ctx context.Context) error {
	for i, p := range c.launched {
		c.SetPID(i, p.PID())
		if err := c.learnID(ctx, i); err != nil {
			return err
		}
	}
	return c.push(ctx, slot.Even(slot.DefaultCount, c.List()))
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
	text, err := config(t)
	if err != nil {
		return err
	}
	for i := range t.Nodes {
		if _, err := c.Do(ctx, i, "DFLYCLUSTER", "CONFIG", text); err != nil {
			return err
		}
	}
	return nil
}

// config is a topology as DFLYCLUSTER CONFIG takes it.
func config(t *slot.Topology) (string, error) {
	type slotRange struct {
		Start slot.Slot `json:"start"`
		End   slot.Slot `json:"end"`
	}
	type node struct {
		ID   string `json:"id"`
		IP   string `json:"ip"`
		Port int    `json:"port"`
	}
	type shard struct {
		Ranges   []slotRange `json:"slot_ranges"`
		Master   node        `json:"master"`
		Replicas []node      `json:"replicas"`
	}
	shards := make([]shard, len(t.Nodes))
	for i, n := range t.Nodes {
		shards[i] = shard{
			Ranges: []slotRange{}, Master: node{n.ID, n.Host, n.Port}, Replicas: []node{},
		}
		for _, r := range t.Owned(i) {
			shards[i].Ranges = append(shards[i].Ranges, slotRange{r.First, r.Last})
		}
	}
	text, err := json.Marshal(shards)
	return string(text), err
}

// Describe says what the cluster is.
func (c *cluster) Describe(ctx context.Context) (targets.Description, error) {
	d, err := c.Nodes.Describe(ctx)
	d.Launched, d.Placement = true, c.placement
	d.Can.Signal, d.Can.SlotStats = true, true
	d.Can.Cannot = map[string]string{"failover": noReplicas}
	return d, err
}

// Signal stops, continues or kills a node.
func (c *cluster) Signal(ctx context.Context, node int, signal targets.Signal) error {
	return c.launched.Signal(ctx, node, signal)
}

// Start brings a killed node back on the same port, without its keys, and
// gives it the slots that the first other node that answers says it owns.
func (c *cluster) Start(ctx context.Context, node int) error {
	if err := c.launched.Restart(ctx, node); err != nil {
		return err
	}
	// Before it is asked anything: it knows no topology.
	known, err := c.topologyBeside(ctx, node)
	if err != nil {
		return err
	}
	ready, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	if err := c.AwaitServing(ready, node, c.launched[node].PID()); err != nil {
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
	for i := range c.launched {
		if i == node {
			continue
		}
		t, err := c.TopologyOf(ctx, i)
		if err == nil {
			return t, nil
		}
		errs = append(errs, err)
	}
	if len(c.launched) == 1 {
		return slot.Even(slot.DefaultCount, c.List()), nil
	}
	return nil, fmt.Errorf("no other node says who owns what: %w", errors.Join(errs...))
}

// Close ends the connections and the nodes.
func (c *cluster) Close(context.Context) error {
	return errors.Join(c.Nodes.Close(), c.launched.Close())
}
