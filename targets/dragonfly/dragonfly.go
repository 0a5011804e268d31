// Package dragonfly is Dragonfly as a system under test: attached to where it
// runs, or launched from a local binary, as a cluster that is configured from
// outside or emulated by one node.
//
// It was written after Dragonfly's documentation and the recorded replies of
// v1.40.1, and tried against nodes that repeat them; not against the real
// product.
package dragonfly

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"slotbench/internal/slot"
	"slotbench/targets"
	"slotbench/targets/launch"
	"slotbench/targets/nodes"
	"slotbench/targets/pushed"
)

// Options is what to launch.
type Options struct {
	Nodes    int
	Emulated bool     // one node that has all slots, and behaves as a cluster
	Binary   string   // "": dragonfly, looked up in PATH
	CPUs     []int    // the CPUs that all servers share; nil: any
	Args     []string // further options of the server, behind ours
	Guard    []string // see launch.Spec
}

// Validate says what is wrong with the options.
func (o Options) Validate() error {
	switch {
	case o.Nodes < 1 || o.Nodes > pushed.MaxNodes:
		return fmt.Errorf("launch: %d nodes: want 1 to %d", o.Nodes, pushed.MaxNodes)
	case o.Emulated && o.Nodes != 1:
		return errors.New("launch: an emulated cluster has one node")
	}
	return nil
}

// Launch starts servers on this machine, without persistence and with one
// thread each, on free ports of the loopback interface. They end with Close,
// and with this program however it ends.
func Launch(ctx context.Context, o Options) (targets.Cluster, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	c, err := pushed.Launch(ctx, pushed.Options{
		Nodes: o.Nodes, Spec: o.spec, AdminPorts: true, Whole: o.Emulated, CPUs: o.CPUs,
	})
	if err != nil {
		return nil, err
	}
	return &cluster{Cluster: c, emulated: o.Emulated, adminPort: pushed.AdminPort}, nil
}

// spec is the command line of a server on a port.
func (o Options) spec(port int) launch.Spec {
	binary := o.Binary
	if binary == "" {
		binary = "dragonfly"
	}
	mode := "yes"
	if o.Emulated {
		mode = "emulated"
	}
	args := []string{
		"--bind=" + pushed.Host, "--port=" + strconv.Itoa(port),
		"--admin_bind=" + pushed.Host, "--admin_port=" + strconv.Itoa(pushed.AdminPort(port)),
		"--cluster_mode=" + mode, "--proactor_threads=1", "--dbfilename=", "--noversion_check",
	}
	return launch.Spec{Guard: o.Guard, Path: binary, Args: append(args, o.Args...), CPUs: o.CPUs}
}

// Over is Dragonfly behind nodes that were attached; Close closes them.
// adminOffset is how far above its clients' port a node's admin port is, which
// a migration goes to; 0: not known, and slots can't be migrated.
func Over(ctx context.Context, n *nodes.Nodes, adminOffset int) (targets.Cluster, error) {
	c := &cluster{Cluster: pushed.Over(n)}
	if adminOffset != 0 {
		c.adminPort = func(port int) int { return port + adminOffset }
	}
	_, err := c.SlotInfo(ctx, 0, []slot.Slot{0})
	c.emulated = err != nil // "Cluster is disabled"
	return c, nil
}

// cluster is a launched or attached Dragonfly. One that is emulated tells
// nothing of slots.
type cluster struct {
	*pushed.Cluster
	emulated  bool
	adminPort func(port int) int // nil: not known
}

var _ targets.Cluster = (*cluster)(nil)

// noAdmin is why an attached cluster's slots do not move.
const noAdmin = "a migration goes to a node's admin port, which is not known: give --admin-port-offset"

// Describe says what the system is.
func (c *cluster) Describe(ctx context.Context) (targets.Description, error) {
	d, err := c.Cluster.Describe(ctx)
	if err != nil {
		return d, err
	}
	d.Can.Strategies = nil
	switch {
	case c.emulated:
		const why = "an emulated cluster has one node"
		d.Mode, d.Can.SlotStats, d.Can.Resize, d.Can.Migrate = "cluster", false, false, false
		d.Can.Cannot["resize"], d.Can.Cannot["migrate"] = why, why
	case c.adminPort == nil:
		d.Can.Migrate, d.Can.Cannot["migrate"] = false, noAdmin
	case d.Can.Migrate:
		d.Can.Strategies = []targets.Strategy{targets.Pushed}
	}
	return d, nil
}

// SlotStats is what each node says of the slots it owns, by DFLYCLUSTER
// GETSLOTINFO.
func (c *cluster) SlotStats(ctx context.Context) ([][]targets.SlotStats, error) {
	if c.emulated {
		return nil, fmt.Errorf("accounts of slots: the cluster is emulated: %w", targets.ErrUnsupported)
	}
	return c.Cluster.SlotStats(ctx)
}

// CountKeys is how many keys a node holds in each of the slots.
func (c *cluster) CountKeys(ctx context.Context, node int, slots []slot.Slot) ([]int64, error) {
	if c.emulated {
		return nil, fmt.Errorf("count the keys of slots: the cluster is emulated: %w", targets.ErrUnsupported)
	}
	stats, err := c.SlotInfo(ctx, node, slots)
	if err != nil {
		return nil, err
	}
	if len(stats) != len(slots) {
		return nil, fmt.Errorf("node %s: DFLYCLUSTER GETSLOTINFO: %d answers for %d slots", c.List()[node].Addr(), len(stats), len(slots))
	}
	counts := make([]int64, len(slots))
	for i, s := range stats {
		counts[i] = s.Keys
	}
	return counts, nil
}

// scanCount is how many keys a step of SCAN looks at.
const scanCount = 10_000

// KeysInSlot lists at most limit of the keys that a node holds in a slot.
// Dragonfly has no command for it: all keys are scanned, until as many are
// found as the node counts.
func (c *cluster) KeysInSlot(ctx context.Context, node int, s slot.Slot, limit int) ([]string, error) {
	counts, err := c.CountKeys(ctx, node, []slot.Slot{s})
	if err != nil {
		return nil, err
	}
	wanted := min(limit, int(counts[0]))
	found := map[string]bool{}
	var keys []string
	for cursor := "0"; len(keys) < wanted; {
		answer, err := c.Do(ctx, node, "SCAN", cursor, "COUNT", scanCount)
		if err != nil {
			return nil, err
		}
		pair, _ := answer.([]any)
		if len(pair) != 2 {
			return nil, fmt.Errorf("node %s: SCAN: the answer is not cursor and keys", c.List()[node].Addr())
		}
		page, _ := pair[1].([]any)
		for _, key := range page {
			name, _ := key.(string)
			if slot.Of([]byte(name)) == s && !found[name] && len(keys) < limit {
				found[name] = true
				keys = append(keys, name)
			}
		}
		if cursor = fmt.Sprint(pair[0]); cursor == "0" {
			break
		}
	}
	return keys, nil
}
