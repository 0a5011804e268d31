//go:build !unix

package launch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
)

var errSystem = errors.New("launching servers needs a Unix system; attach to one that runs instead")

// Guard says that there are no guards on this system.
func Guard() int {
	fmt.Fprintln(os.Stderr, errSystem)
	return 1
}

// Process is a launched server; there is none on this system.
type Process struct{ output tail }

// Start says that nothing can be launched on this system.
func Start(context.Context, Spec) (*Process, error) { return nil, errSystem }

// Restart fails, as Start does.
func (p *Process) Restart(context.Context) error { return errSystem }

// PID is 0.
func (p *Process) PID() int { return 0 }

// Ended is never closed.
func (p *Process) Ended() <-chan struct{} { return nil }

// Signal fails, as Start does.
func (p *Process) Signal(context.Context, syscall.Signal) error { return errSystem }

// Explain says why there is no process.
func (p *Process) Explain() string { return errSystem.Error() }

func (p *Process) explain(string) string { return p.Explain() }

func (p *Process) state() string { return "" }

// Close has nothing to end.
func (p *Process) Close() error { return nil }
