package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"slotbench/cmd/loadgen/driver"
	"slotbench/internal/timeline"
	"slotbench/results"
)

const runExamples = `  # the main job: a reference cluster, a load, a migration, a report
  loadgen

  # a Redis that runs already, alone or as a cluster; it must be empty, its
  # settings stay as they are, the run's keys are removed at the end
  loadgen run --target redis://127.0.0.1:6379

  # three redis-server processes from PATH, 500 slots migrated, JSON to a file
  loadgen run --target local:redis --nodes 3 --migrate 500 --format json > run.json

  # 20,000 requests a second, evenly spaced, 16 in flight on a connection
  loadgen run --rate 20000 --arrival constant --pipeline 16 --duration 30s

  # an offered load that changes: half of the capacity, a ramp, bursts
  loadgen run --phase steady,for=20s,rate=50% --phase ramp,for=30s,from=10%,to=90% \
    --phase burst,for=30s,rate=20%,peak=80%,every=10s,length=1s

  # as fast as it goes: 200 clients in all, a million requests in all
  loadgen run --rate 0 --connections 200 --requests 1000000

  # a node killed at 3 s and back at 5 s, then 100 slots moved
  loadgen run --event 'at=3s kill node=1 for=2s' --event 'at=7s migrate slots=100'

  # two systems, ten interleaved runs of each; the same system with other settings
  loadgen run --target local:redis --vs local:valkey --runs 10 --rate 20000
  loadgen run --vs-flag '--pipeline 16' --runs 10 --rate 0

  # exit code 3 if a limit is broken
  loadgen run --rate 20000 --gate 'p99 < 2ms' --gate 'errors < 0.1%'

  # which workloads there are
  loadgen workloads`

func newRun(p *program) *cobra.Command {
	o := &runOptions{program: p}
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run a benchmark and report it (also the default command)",
		Long: `run checks the target, preloads the workload's keys, probes the capacity in a
short closed loop, warms up, and measures an open loop at half of that capacity
while slots migrate at half-time. Then it reads the migrated keys back.

--connections and --requests are totals of the whole run, not of a thread or a
client.

With --vs TARGET or --vs-flag FLAGS it makes --runs runs of each side, in blocks
of a random order, and compares them as "loadgen compare" does. Without --rate a
short closed loop on each side finds one rate for all. With --runs alone it makes
runs to be compared later.

The exit code is 0 for a whole run whatever its verdict, 1 for a run that was
broken off or whose verdict is ERRORS, 2 for a command line that makes no sense,
3 for a --gate that is broken, or of which it cannot be told that it holds. The
first Ctrl-C ends the run early and keeps what was measured; the second ends it
at once.

Events happen to the target while the load runs, by --event or by the workload
file's list "events:". What the target cannot do is refused before the run; the
report tells what the load was like before, during and after each.

` + timeline.Help() + "\n" + gateHelp,
		Example: runExamples,
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	o.register(cmd.Flags())
	return cmd
}

// run carries a benchmark out and reports it.
func (o *runOptions) run(cmd *cobra.Command) error {
	ctx := cmd.Context()
	given := cmd.Flags().Changed
	if err := o.checkVersus(given); err != nil {
		return err
	}
	if o.several(given) {
		return o.runVersus(cmd)
	}
	if _, err := o.parseGates(given, false); err != nil {
		return err
	}
	started := time.Now()
	setup, err := o.prepare(given, started)
	if err != nil {
		return err
	}
	out := o.out
	if out == "" {
		out = filepath.Join("runs", started.Format("20060102-150405")+"-"+fileName(setup.spec.Name))
	}
	talk := newTalk(o.stderr, o.quiet)
	defer talk.end()
	record, err := o.measure(ctx, setup, talk)
	if record == nil {
		return err
	}
	talk.end()
	delivered := o.deliver(record, out)
	if err == nil {
		return delivered
	}
	return errors.Join(err, delivered)
}

// prepare settles a run and compiles its workload.
func (o *runOptions) prepare(given func(string) bool, started time.Time) (*setup, error) {
	setup, err := o.settle(given)
	if err != nil {
		return nil, err
	}
	setup.plan.Prefix = o.keyPrefix
	if o.attached() && !given("key-prefix") {
		if setup.plan.Prefix, err = ownPrefix(setup.plan.Seed, o.allowData, started); err != nil {
			return nil, err
		}
	}
	return setup, setup.compile()
}

// ownPrefix stands before the keys of a run on an attached target. On an empty
// one it is the seed's, so that the same seed sends the same bytes; beside the
// data of others, among which there may be another run's, no other run has it.
func ownPrefix(seed uint64, besideOthers bool, started time.Time) (string, error) {
	if !besideOthers {
		return fmt.Sprintf("slotbench:%d:", seed), nil
	}
	runID, err := newRunID(started)
	return "slotbench:" + runID + ":", err
}

// deliver writes the record down, prints its report, and says how the run
// went.
func (o *runOptions) deliver(record *results.Record, out string) error {
	path := filepath.Join(out, results.RunFile)
	if err := results.WriteRun(out, record); err != nil {
		return errors.Join(err, writeReport(o.stdout, o.format, record, ""))
	}
	var unwritten error
	if o.files {
		unwritten = writeFiles(out, record)
	}
	if err := writeReport(o.stdout, o.format, record, path); err != nil {
		return errors.Join(unwritten, err)
	}
	if unwritten != nil {
		fmt.Fprintf(o.stderr, "loadgen: %v\nloadgen: the record is whole; to write the files again: loadgen report --files %s\n", unwritten, out)
	}
	for _, line := range o.debts.Lines() {
		fmt.Fprintln(o.stderr, "loadgen: left behind:", line)
	}
	if record.Partial != "" {
		fmt.Fprintln(o.stderr, "loadgen: the run is partial:", record.Partial)
	}
	gates := o.enforceRun(o.program, record)
	if record.Partial != "" || record.Verdict.Status == results.Errors || unwritten != nil && gates == nil {
		return failed{}
	}
	return gates
}

// measure opens the target, runs the plan and closes the target again. There
// is a record, whatever the error, if the run was begun.
func (o *runOptions) measure(ctx context.Context, setup *setup, talk *talk) (record *results.Record, err error) {
	stop, err := o.watch(setup, talk)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	if talk.heading == "" {
		talk.say("target: %s", o.shown())
	}
	cluster, err := o.open(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, err
	}
	defer func() { err = errors.Join(err, cluster.Close(context.WithoutCancel(ctx))) }()
	makeRoom(setup.plan.Threads + len(setup.plan.Events))
	setup.connect(cluster)
	return driver.Run(ctx, setup.plan)
}

// newRunID names a run: when it began, and four random digits.
func newRunID(started time.Time) (string, error) {
	var random [2]byte
	if _, err := rand.Read(random[:]); err != nil {
		return "", fmt.Errorf("random number: %w", err)
	}
	return started.Format("20060102-150405") + "-" + hex.EncodeToString(random[:]), nil
}

// fileName is a workload's name as part of a folder's name.
func fileName(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
			return r
		}
		return '-'
	}, name)
}

// hide is a command line with a target's password left out.
func hide(words []string, target, shown string) []string {
	hidden := make([]string, len(words))
	for i, word := range words {
		hidden[i] = strings.ReplaceAll(word, target, shown)
	}
	return hidden
}

// compile makes the workload for the number of streams that the plan has.
func (s *setup) compile() error {
	options := s.options
	options.Prefix, options.Streams = s.plan.Prefix, s.plan.Streams()
	var err error
	if s.plan.Workload, err = s.spec.Compile(options); err != nil {
		return usageError{err}
	}
	s.openTrace()
	return nil
}
