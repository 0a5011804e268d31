package launch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"syscall"

	"slotbench/targets"
)

// Fleet is the launched servers of a target, by the addresses at which they
// serve: an address stays a server's, whatever it is in its cluster. The zero
// Fleet has none. Its methods may be called from several goroutines.
type Fleet struct {
	mu     sync.Mutex
	berths []berth
}

type berth struct {
	addr    string
	process *Process
}

// Add takes a server in.
func (f *Fleet) Add(addr string, p *Process) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.berths = append(f.berths, berth{addr, p})
}

// Process is the server at an address.
func (f *Fleet) Process(addr string) (*Process, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.berths {
		if s.addr == addr {
			return s.process, nil
		}
	}
	return nil, fmt.Errorf("node %s was not launched: %w", addr, targets.ErrUnsupported)
}

// First is the server that was taken in first.
func (f *Fleet) First() *Process {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.berths[0].process
}

// Signal stops, continues or kills a server; after Kill it has ended.
func (f *Fleet) Signal(ctx context.Context, addr string, signal targets.Signal) error {
	p, err := f.Process(addr)
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
func (f *Fleet) Restart(ctx context.Context, addr string) error {
	p, err := f.Process(addr)
	if err != nil {
		return err
	}
	return p.Restart(ctx)
}

// Remove ends a server and forgets it.
func (f *Fleet) Remove(addr string) error {
	p, err := f.Process(addr)
	if err != nil {
		return err
	}
	f.mu.Lock()
	f.berths = slices.DeleteFunc(f.berths, func(s berth) bool { return s.addr == addr })
	f.mu.Unlock()
	return p.Close()
}

// Close ends all servers at the same time.
func (f *Fleet) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	errs := make([]error, len(f.berths))
	var closing sync.WaitGroup
	for i, s := range f.berths {
		closing.Go(func() { errs[i] = s.process.Close() })
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
