// Command analyze reads keysets and says how they lie on hash slots, nodes and
// hash tags, what to move for balance, and what a workload of their shape is.
//
// This package is flags, wiring and print; reading is in internal/keyset, and
// the arithmetic in internal/skew, internal/rebalance and internal/template.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// The exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // an input could not be read to its end, held bad lines, or reading was broken off
	exitUsage  = 2 // what was asked for makes no sense; nothing was read
)

func main() {
	os.Exit(execute(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// program is what all commands share.
type program struct {
	stdin  *os.File
	stdout io.Writer // data
	stderr io.Writer // talk
}

// usageError is a fault of the command line.
type usageError struct{ error }

func (u usageError) Unwrap() error { return u.error }

func misusef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// execute runs the command line and says how to exit.
func execute(args []string, stdin *os.File, stdout, stderr io.Writer) int {
	p := &program{stdin, stdout, stderr}
	ctx, stop := interruptible(context.Background())
	defer stop()
	root := newRoot(p)
	root.SetArgs(append([]string{}, args...)) // nil would mean the arguments of the process
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		fmt.Fprintln(stderr, "analyze:", line)
	}
	var misuse usageError
	if errors.As(err, &misuse) {
		return exitUsage
	}
	return exitFailed
}

const rootExamples = keysExamples + `

  # which slots to move for balance by bytes, and the script that does it
  analyze plan dump.rdb --topology redis://127.0.0.1:7000 --by bytes
  analyze plan dump.rdb --topology redis://127.0.0.1:7000 --by bytes --emit redis-cli > plan.sh

  # how keys are named; a workload for loadgen with the same shape
  analyze templates dump.rdb
  analyze fit dump.rdb > like-ours.yaml`

func newRoot(p *program) *cobra.Command {
	root := &cobra.Command{
		Use:   "analyze",
		Short: "Say how a keyset lies on hash slots, nodes and hash tags",
		Long: `analyze reads keysets, dumped or of running servers, and says how they lie on the
hash slots and nodes of a cluster and why, which slots to move for balance, how
keys are named, and what a workload of the same shape is.`,
		Example:       rootExamples,
		Version:       version(),
		SilenceUsage:  true,
		SilenceErrors: true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return misusef("unknown command %q: see analyze --help", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return misusef("%w (see %s --help)", err, cmd.CommandPath())
	})
	root.AddCommand(newKeys(p), newPlan(p), newTemplates(p), newAnonymize(p), newFit(p), newSchemes(p), newClaims(p))
	root.CompletionOptions.HiddenDefaultCmd = true
	return root
}

// version is the module's version as the build knows it.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}

// errInterrupted is the cause of a context that a signal ended.
var errInterrupted = errors.New("interrupted")

// interruptible is a context that the first SIGINT or SIGTERM ends, so that
// what was read is still printed. The second ends the program as it always
// does.
func interruptible(ctx context.Context) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		select {
		case s := <-signals:
			signal.Stop(signals)
			cancel(fmt.Errorf("%w (%s): the report covers what was read until then", errInterrupted, s))
		case <-done:
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(done)
		cancel(nil)
	}
}
