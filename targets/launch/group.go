package launch

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall"

	"slotbench/targets"
)

// Group is the launched servers of a target, by the indices of its nodes.
type Group []*Process

// Signal stops, continues or kills a server; after Kill it has ended.
func (g Group) Signal(ctx context.Context, node int, signal targets.Signal) error {
	p, err := g.process(node)
	if err != nil {
		return err
	}
	number, err := signalNumber(signal)
	if err != nil {
		return err
	}
	return p.Signal(ctx, number)
}

// Restart starts a server that has ended.
func (g Group) Restart(ctx context.Context, node int) error {
	p, err := g.process(node)
	if err != nil {
		return err
	}
	return p.Restart(ctx)
}

func (g Group) process(node int) (*Process, error) {
	if node < 0 || node >= len(g) {
		return nil, fmt.Errorf("node %d was not launched: %w", node, targets.ErrUnsupported)
	}
	return g[node], nil
}

// Close ends all servers at the same time.
func (g Group) Close() error {
	errs := make([]error, len(g))
	var closing sync.WaitGroup
	for i, p := range g {
		closing.Go(func() { errs[i] = p.Close() })
	}
	closing.Wait()
	return errors.Join(errs...)
}

// Placement is how a target names the CPUs that its servers are pinned to.
func Placement(cpus []int) string {
	if len(cpus) == 0 {
		return ""
	}
	text := fmt.Sprint(cpus)
	return "CPUs " + text[1:len(text)-1]
}

var errSignal = errors.New("unknown signal")

func signalNumber(signal targets.Signal) (syscall.Signal, error) {
	number, ok := signals[signal]
	if !ok {
		return 0, fmt.Errorf("%w %q", errSignal, signal)
	}
	return number, nil
}
