//go:build unix

package launch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// Process is a launched server with its guard. Its methods may be called from
// several goroutines.
type Process struct {
	spec   Spec
	guard  *exec.Cmd
	orders *os.File
	output tail

	asking  sync.Mutex  // one order at a time
	answers chan report // closed when the guard is gone

	mu    sync.Mutex // guards what follows
	pid   int
	ended chan struct{} // closed when the server that was started last has ended
	how   string        // how it ended
}

// Start launches a guard and, through it, the server. The server runs when
// Start returns; whether it serves is for the caller to find out.
func Start(ctx context.Context, spec Spec) (*Process, error) {
	path, err := exec.LookPath(spec.Path)
	if err != nil {
		return nil, fmt.Errorf("launch: %w", err)
	}
	spec.Path = path
	p := &Process{spec: spec, answers: make(chan report), ended: make(chan struct{})}
	if err := p.startGuard(); err != nil {
		return nil, fmt.Errorf("launch %s: start its guard: %w", path, err)
	}
	if err := p.start(ctx); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

func (p *Process) startGuard() error {
	argv := p.spec.Guard
	if argv == nil {
		self, err := os.Executable()
		if err != nil {
			return err
		}
		argv = []string{self, GuardArg}
	}
	theirOrders, orders, err := os.Pipe()
	if err != nil {
		return err
	}
	reports, theirReports, err := os.Pipe()
	if err != nil {
		theirOrders.Close()
		orders.Close()
		return err
	}
	guard := exec.Command(argv[0], argv[1:]...)
	guard.Stdout, guard.Stderr = &p.output, &p.output
	guard.ExtraFiles = []*os.File{theirOrders, theirReports} // ordersFD, reportsFD
	guard.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	guard.WaitDelay = time.Second // for the output's end, should something else hold it
	err = guard.Start()
	theirOrders.Close()
	theirReports.Close()
	if err != nil {
		orders.Close()
		reports.Close()
		return err
	}
	p.guard, p.orders = guard, orders
	go p.listen(reports)
	return nil
}

// listen takes the guard's reports until it is gone. Close waits for it.
func (p *Process) listen(reports *os.File) {
	defer close(p.answers)
	defer reports.Close()
	for decoder := json.NewDecoder(reports); ; {
		var r report
		if err := decoder.Decode(&r); err != nil {
			p.setEnded("its guard ended")
			return
		}
		if r.Ended {
			p.setEnded(r.Text)
			continue
		}
		if r.PID != 0 {
			p.setRunning(r.PID)
		}
		p.answers <- r
	}
}

// setRunning notes the server's pid, and that a new one runs.
func (p *Process) setRunning(pid int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if pid != p.pid {
		p.pid, p.how, p.ended = pid, "", make(chan struct{})
	}
}

func (p *Process) setEnded(how string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.ended:
	default:
		p.how = how
		close(p.ended)
	}
}

// ask sends the guard an order and takes its answer.
func (p *Process) ask(ctx context.Context, o order) error {
	p.asking.Lock()
	defer p.asking.Unlock()
	if err := json.NewEncoder(p.orders).Encode(o); err != nil {
		return fmt.Errorf("the guard is gone: %w", err)
	}
	// An answer that nobody waits for would be taken for that of the next
	// order, so an end of ctx is not heeded here; guards answer at once.
	select {
	case r, open := <-p.answers:
		switch {
		case !open:
			return errors.New("the guard is gone")
		case r.Error != "":
			return errors.New(r.Error)
		}
		return ctx.Err()
	case <-time.After(guardPatience):
		p.orders.Close() // which ends guard and server: nothing can be asked any more
		return fmt.Errorf("the guard gave no answer within %v", guardPatience)
	}
}

func (p *Process) start(ctx context.Context) error {
	err := p.ask(ctx, order{Path: p.spec.Path, Args: p.spec.Args, CPUs: p.spec.CPUs})
	if err != nil {
		return fmt.Errorf("launch %s: %w", p.spec.Path, err)
	}
	return nil
}

// Restart starts the server again after it has ended, with the same arguments
// in the same folder.
func (p *Process) Restart(ctx context.Context) error {
	select {
	case <-p.Ended():
		return p.start(ctx)
	default:
		return fmt.Errorf("start %s: process %d runs already", p.spec.Path, p.PID())
	}
}

// PID is the process id of the server that was started last.
func (p *Process) PID() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pid
}

// Ended is closed when the server that was started last has ended.
func (p *Process) Ended() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ended
}

// Signal sends the server a signal. After SIGKILL it waits for the end.
func (p *Process) Signal(ctx context.Context, signal syscall.Signal) error {
	ended := p.Ended()
	if err := p.ask(ctx, order{Signal: signal}); err != nil {
		return fmt.Errorf("signal %s: %w", p.spec.Path, err)
	}
	if signal != syscall.SIGKILL {
		return nil
	}
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Explain says whether the server runs or how it ended, and what it said last.
func (p *Process) Explain() string { return p.explain(p.state()) }

func (p *Process) explain(how string) string {
	return fmt.Sprintf("%s: %s; its last lines:\n%s", p.spec.Path, how, p.output.String())
}

// state is how the server ended, or that it runs.
func (p *Process) state() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.how == "" {
		return "it runs"
	}
	return p.how
}

// Close ends the server, with SIGTERM and after the grace with SIGKILL, then
// its guard, and returns when both are gone and the folder is removed.
func (p *Process) Close() error {
	p.terminate()
	// The pipe may have been closed by an order without an answer.
	_ = p.orders.Close()
	for range p.answers { // until listen has ended
	}
	if err := p.guard.Wait(); err != nil {
		return fmt.Errorf("the guard of %s: %w", p.spec.Path, err)
	}
	return nil
}

// terminate asks the server to end by itself and waits for the grace; what
// runs then is killed by the guard when its pipe closes.
func (p *Process) terminate() {
	ctx, cancel := context.WithTimeout(context.Background(), p.spec.grace())
	defer cancel()
	if p.Signal(ctx, syscall.SIGTERM) != nil {
		return
	}
	_ = p.Signal(ctx, syscall.SIGCONT) // one that is stopped would not hear it
	select {
	case <-p.Ended():
	case <-ctx.Done():
	}
}
