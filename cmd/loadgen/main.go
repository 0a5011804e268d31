// Command loadgen puts a realistic load on a slot-sharded cluster, moves slots
// in its midst, and writes down what that cost: throughput, latency
// percentiles, migration time and pause, redirects, slot and node skew.
//
// This package is flags and wiring; the engine is in driver.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"syscall"

	"slotbench/cmd/loadgen/driver"
	"slotbench/server/node"
	"slotbench/targets/launch"
	"slotbench/targets/null"
)

// The exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // the run failed, was broken off, or its verdict is ERRORS
	exitUsage  = 2 // what was asked for makes no sense; nothing was begun
	exitGate   = 3 // a --gate is broken, or it cannot be told that it holds
)

// nodeArg is the argument with which this program is run again as a node of
// the reference cluster.
const nodeArg = "run-a-reference-node"

func main() {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case launch.GuardArg:
			os.Exit(launch.Guard())
		case nodeArg:
			os.Exit(node.Main(context.Background(), os.Args[2:], os.Stdout, os.Stderr))
		case nullArg:
			os.Exit(null.Main(os.Args[2:], os.Stderr))
		}
	}
	os.Exit(execute(os.Args[1:], os.Stdout, os.Stderr))
}

// execute runs the command line and says how to exit.
func execute(args []string, stdout, stderr io.Writer) int {
	p := &program{stdout: stdout, stderr: stderr, debts: &driver.Debts{}}
	ctx, stop := p.interruptible(context.Background())
	defer stop()
	root := newRoot(p)
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	var gate gateFailed
	if errors.As(err, &gate) {
		return gate.code
	}
	if err != error(failed{}) && !errors.Is(err, syscall.EPIPE) { // nobody reads on
		fmt.Fprintln(stderr, "loadgen:", err)
	}
	var misuse usageError
	var refused driver.Refused
	if errors.As(err, &misuse) || errors.As(err, &refused) {
		return exitUsage
	}
	return exitFailed
}

// program is what all commands share.
type program struct {
	stdout io.Writer // data
	stderr io.Writer // talk
	debts  *driver.Debts
}

// usageError is a fault of the command line.
type usageError struct{ error }

func (u usageError) Unwrap() error { return u.error }

func misusef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// failed is a run whose record says what went wrong: there is nothing to add.
type failed struct{}

func (failed) Error() string { return "the run failed" }

// spareProcs is how many goroutine threads must be able to run beside the load's
// workers, which block theirs: the pause probe, and everything else.
const spareProcs = 2

// makeRoom lets so many workers block a thread each without stopping the rest
// of the program.
func makeRoom(workers int) {
	if want := workers + spareProcs; runtime.GOMAXPROCS(0) < want {
		runtime.GOMAXPROCS(want)
	}
}
