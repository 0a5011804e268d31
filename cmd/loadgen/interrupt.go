package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// errInterrupted is the cause of a context that a signal ended.
var errInterrupted = errors.New("interrupted")

// interruptible is a context that the first SIGINT or SIGTERM ends, or a
// terminal that is closed, so that the run drains and records. The second ends
// the program at once: the servers that it launched end with it, and what it
// owes to others is printed. A reader of its output that goes away, as head
// does, ends nothing: a run would leave its keys and open slots behind.
func (p *program) interruptible(ctx context.Context) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 2)
	done := make(chan struct{})
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		signal.Notify(signals, syscall.SIGHUP)
	}
	unread := make(chan os.Signal, 1) // writes return EPIPE instead
	signal.Notify(unread, syscall.SIGPIPE)
	go func() {
		select {
		case <-done:
			return
		case s := <-signals:
			cancel(fmt.Errorf("%w by a signal (%s)", errInterrupted, s))
		}
		for {
			select {
			case <-done:
				return
			case s := <-signals:
				if s == syscall.SIGHUP { // shells pass on what the terminal said already
					continue
				}
				for _, line := range p.debts.Lines() {
					fmt.Fprintln(p.stderr, "loadgen: left behind:", line)
				}
				os.Exit(exitFailed)
			}
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		signal.Stop(unread)
		close(done)
		cancel(nil)
	}
}
