package null

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"slotbench/internal/slot"
	"slotbench/targets"
	"slotbench/targets/launch"
)

// Options is what to launch.
type Options struct {
	Command    []string // the command line that ends in Main
	Nodes      int
	ValueBytes int   // of the values that it answers with
	CPUs       []int // nil: any
	Guard      []string
}

// The limits of a launch.
const (
	MaxNodes      = 64
	MaxValueBytes = 1 << 20
	startLimit    = 30 * time.Second
	startPoll     = 5 * time.Millisecond
	host          = "127.0.0.1"
)

// Main is a responder process: it takes a port and the bytes of a value, and
// returns only with an exit code.
func Main(args []string, stderr io.Writer) int {
	if len(args) != 2 {
		fmt.Fprintln(stderr, "null responder: want a port and the bytes of a value")
		return 2
	}
	valueBytes, err := strconv.Atoi(args[1])
	if err == nil && (valueBytes < 0 || valueBytes > MaxValueBytes) {
		err = fmt.Errorf("a value of %d bytes: want 0 to %d", valueBytes, MaxValueBytes)
	}
	if err == nil {
		err = serve(net.JoinHostPort(host, args[0]), valueBytes)
	}
	fmt.Fprintln(stderr, "null responder:", err)
	return 1
}

// cluster is launched responders that own equal shares of the slots.
type cluster struct {
	launched []*launch.Process
	topology *slot.Topology
}

var _ targets.Cluster = (*cluster)(nil)

// Launch starts responders, each a process. They end with Close, and with this
// program however it ends.
func Launch(ctx context.Context, o Options) (targets.Cluster, error) {
	if len(o.Command) == 0 || o.Nodes < 1 || o.Nodes > MaxNodes || o.ValueBytes < 0 || o.ValueBytes > MaxValueBytes {
		return nil, fmt.Errorf("launch: %d null responders with values of %d bytes: want 1 to %d, and 0 to %d bytes", o.Nodes, o.ValueBytes, MaxNodes, MaxValueBytes)
	}
	c := &cluster{}
	var list []slot.Node
	for range o.Nodes {
		spec := func(port int) launch.Spec {
			args := append(append([]string{}, o.Command[1:]...), strconv.Itoa(port), strconv.Itoa(o.ValueBytes))
			return launch.Spec{Guard: o.Guard, Path: o.Command[0], Args: args, CPUs: o.CPUs}
		}
		p, port, err := launch.OnFreePort(ctx, host, false, spec, serves)
		if err != nil {
			return nil, errors.Join(err, c.Close(ctx))
		}
		c.launched = append(c.launched, p)
		list = append(list, slot.Node{ID: strconv.Itoa(port), Host: host, Port: port})
	}
	c.topology = slot.Even(slot.DefaultCount, list)
	return c, nil
}

// serves waits until a responder takes connections.
func serves(ctx context.Context, _ *launch.Process, port int) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		var dialer net.Dialer
		conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		if err == nil {
			return conn.Close()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", context.Cause(ctx), err)
		case <-time.After(startPoll):
		}
	}
}

// Describe says that it is none of the products.
func (c *cluster) Describe(context.Context) (targets.Description, error) {
	return targets.Description{Product: "null", Mode: "cluster", Launched: true, Settings: map[string]string{}}, nil
}

// Topology never changes.
func (c *cluster) Topology(context.Context) (*slot.Topology, error) { return c.topology.Clone(), nil }

// Stats knows the processes and nothing else.
func (c *cluster) Stats(context.Context) ([]targets.NodeStats, error) {
	stats := make([]targets.NodeStats, len(c.launched))
	for i, p := range c.launched {
		stats[i] = targets.NodeStats{
			Addr: c.topology.Nodes[i].Addr(), PID: p.PID(),
			Commands: -1, Evicted: -1, Expired: -1, CPU: -1, RSSBytes: -1, UsedBytes: -1, ForkedSaves: -1,
		}
	}
	return stats, nil
}

// Access is how a driver connects.
func (c *cluster) Access() targets.Access {
	access := targets.Access{Cluster: true}
	for _, node := range c.topology.Nodes {
		access.Addrs = append(access.Addrs, node.Addr())
	}
	return access
}

// Close ends the processes.
func (c *cluster) Close(context.Context) error {
	errs := make([]error, len(c.launched))
	for i, p := range c.launched {
		errs[i] = p.Close()
	}
	return errors.Join(errs...)
}

// unsupported is the answer to all steering.
func unsupported(what string) error {
	return fmt.Errorf("%s: a null responder keeps nothing: %w", what, targets.ErrUnsupported)
}

// SlotStats has nothing to tell.
func (c *cluster) SlotStats(context.Context) ([][]targets.SlotStats, error) {
	return nil, unsupported("slot statistics")
}

// CountKeys counts none.
func (c *cluster) CountKeys(_ context.Context, _ int, slots []slot.Slot) ([]int64, error) {
	return make([]int64, len(slots)), nil
}

// KeysInSlot lists none.
func (c *cluster) KeysInSlot(context.Context, int, slot.Slot, int) ([]string, error) { return nil, nil }

// Migrate moves nothing.
func (c *cluster) Migrate(context.Context, []targets.Move, targets.Migration) ([]targets.Moved, error) {
	return nil, unsupported("migrate")
}

// Signal is not for responders.
func (c *cluster) Signal(context.Context, int, targets.Signal) error { return unsupported("signal") }

// Start is not for responders.
func (c *cluster) Start(context.Context, int) error { return unsupported("start") }

// Failover is not for responders.
func (c *cluster) Failover(context.Context, int) error { return unsupported("failover") }

// AddNode is not for responders.
func (c *cluster) AddNode(context.Context) (int, error) { return 0, unsupported("add a node") }

// RemoveNode is not for responders.
func (c *cluster) RemoveNode(context.Context, int) error { return unsupported("remove a node") }

// Command is not for responders.
func (c *cluster) Command(context.Context, int, ...string) (string, error) {
	return "", unsupported("command")
}
