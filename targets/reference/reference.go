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

	"slotbench/targets"
	"slotbench/targets/launch"
	"slotbench/targets/pushed"
)

// Options is what to launch.
type Options struct {
	Command []string // the command line of a node, without its options
	Nodes   int
	CPUs    []int    // the CPUs that all nodes share; nil: any
	Args    []string // further options of a node, behind ours
	Guard   []string // see launch.Spec
}

// Validate says what is wrong with the options.
func (o Options) Validate() error {
	switch {
	case len(o.Command) == 0:
		return errors.New("launch: the reference cluster needs the command of a node")
	case o.Nodes < 1 || o.Nodes > pushed.MaxNodes:
		return fmt.Errorf("launch: %d nodes: want 1 to %d", o.Nodes, pushed.MaxNodes)
	}
	return nil
}

// Launch starts a cluster whose nodes own equal shares of the slots. It ends
// with Close, and with this program however it ends.
func Launch(ctx context.Context, o Options) (targets.Cluster, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	return pushed.Launch(ctx, pushed.Options{Nodes: o.Nodes, Spec: o.spec, CPUs: o.CPUs})
}

// spec is the command line of a node on a port.
func (o Options) spec(port int) launch.Spec {
	args := append([]string{}, o.Command[1:]...)
	args = append(args, "--port", strconv.Itoa(port), "--bind", pushed.Host, "--cluster-enabled", "yes")
	return launch.Spec{Guard: o.Guard, Path: o.Command[0], Args: append(args, o.Args...), CPUs: o.CPUs}
}
