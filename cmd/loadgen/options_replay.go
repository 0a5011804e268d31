package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"slotbench/workloads"
	"slotbench/workloads/replay"
)

// replayOptions is which trace is replayed, and how. Without files nothing is.
type replayOptions struct {
	traces      []string
	traceFormat string
	speed       float64
	amplify     int
	limit       int64
	maxBad      int64
	fill        bool
}

func (o *replayOptions) registerReplay(f *pflag.FlagSet) {
	f.Float64Var(&o.speed, "speed", 1, "`times` as fast as recorded; 0: as fast as possible, in a closed loop")
	f.IntVar(&o.amplify, "amplify", 1, "send every operation so many times, under keys of their own: copy 2 of user:{7} is user:{2~7}, of page it is 2~page")
	f.Int64Var(&o.limit, "limit", 0, "replay the first so many operations of the trace (default: all)")
	f.BoolVar(&o.fill, "fill", false, "write a key after the first time that it is read, in the recorded size, as a cache does after a miss")
	f.StringVar(&o.traceFormat, "trace-format", replay.Auto, "auto, twitter, meta, oracle (oracleGeneral) or monitor")
	f.Int64Var(&o.maxBad, "max-bad", replay.DefaultMaxBad, "end the replay when more lines than this can't be read")
}

// runOnlyFlags are those of a run that have no meaning for a trace.
var runOnlyFlags = []string{"workload", "keys", "value-size", "ratio", "slot", "rate", "warmup", "requests", "phase"}

const replayExamples = `  # a Twitter cache trace on the embedded reference cluster, ten times as fast
  loadgen replay cluster52.sort.zst --speed 10

  # the first million operations as fast as they go, on a running cluster
  loadgen replay cluster52.sort.zst --speed 0 --limit 1000000 --target redis://127.0.0.1:6379

  # what clients really did: record it, and send three times as much of it
  redis-cli monitor > monitor.log
  loadgen replay monitor.log --amplify 3

  # an oracleGeneral trace knows only reads: fill the cache as a client would
  loadgen replay w01.oracleGeneral.zst --fill --speed 100`

func newReplay(p *program) *cobra.Command {
	o := &runOptions{program: p}
	cmd := &cobra.Command{
		Use:   "replay FILE…",
		Short: "Replay recorded traffic: cache traces, MONITOR logs",
		Long: `replay sends the operations of a trace, each at its own time (--speed times as
fast) or as fast as possible, to the node that owns its key's slot. Response
times count from when an operation was due.

Formats, told by name and content, plain, gzip or zstd; several files follow
each other; "-" is standard input:
  twitter  timestamp,key,key_size,value_size,client,op,TTL
  meta     op_time,key,key_size,op,op_count,size,cache_hits,ttl,…
  oracle   libCacheSim's oracleGeneral (every operation is a GET)
  monitor  what redis-cli monitor prints; arguments as they are

Values have the recorded sizes; up to 18 bytes they are decimal numbers, which
counters can count, above random bytes. Misses are no errors. Where the trace's
clock has only seconds, the operations of a second are spread over it at random,
or evenly with --arrival constant. Operations on one key are sent in their
order. What is not replayed (commands that block, pub/sub, transactions' frames,
administration) is counted by kind. It begins with an empty target and no
warm-up.`,
		Example: replayExamples,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return misusef("replay wants at least one trace: see loadgen replay --help")
			}
			o.traces = args
			return o.run(cmd)
		},
	}
	o.register(cmd.Flags())
	o.registerReplay(cmd.Flags())
	for _, flag := range runOnlyFlags {
		_ = cmd.Flags().MarkHidden(flag) // the flags are there
	}
	cmd.Flags().Lookup("duration").Usage = "end after so long (default: with the trace)"
	cmd.Flags().Lookup("duration").DefValue = "0s"
	cmd.Flags().Lookup("migrate").Usage = "slots to migrate in the replay; with --duration, which says when (default: none)"
	cmd.Flags().Lookup("migrate").DefValue = "0"
	return cmd
}

// loadSpec is the workload that was named. A trace that was named in its place
// is replayed; what stands for it is never sent.
func (o *runOptions) loadSpec() (*workloads.Spec, error) {
	if len(o.traces) == 0 && !slices.Contains(workloads.Names(), o.workload) && !isYAML(o.workload) && replay.Recognised(o.workload) {
		o.traces, o.replayOptions = []string{o.workload}, replayOptions{
			traces: []string{o.workload}, traceFormat: replay.Auto, speed: 1, amplify: 1, maxBad: replay.DefaultMaxBad,
		}
	}
	if len(o.traces) == 0 {
		return workloads.Load(o.workload)
	}
	name := filepath.Base(o.traces[0])
	if o.traces[0] == "-" {
		name = "stdin"
	}
	return &workloads.Spec{
		Name: "replay-" + name, Keys: 1, StartEmpty: true,
		Families:   []workloads.Family{{Name: "trace", Key: "trace:%d"}},
		Operations: []workloads.Mix{{Command: "GET"}},
	}, nil
}

func isYAML(name string) bool {
	return strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml")
}

// settleReplay makes the plan one of a replay, if a trace was named.
func (o *runOptions) settleReplay(s *setup, given func(string) bool) error {
	if len(o.traces) == 0 {
		return nil
	}
	for _, flag := range runOnlyFlags {
		if given(flag) && flag != "workload" {
			return misusef("--%s has no meaning for a trace, which says itself what is sent and when: leave it out", flag)
		}
	}
	c := &s.plan.Config
	if !given("duration") {
		c.Duration = 0
	}
	if !given("migrate") {
		o.migrate = 0
	}
	options := o.options()
	switch {
	case given("max-bad") && o.maxBad < 1:
		return misusef("--max-bad %d: want 1 or more", o.maxBad)
	case given("arrival") && o.arrival == string(workloads.Closed):
		return misusef("--arrival closed: for a trace that is --speed 0")
	case o.attached() && !o.keep && slices.ContainsFunc(o.traces, func(name string) bool { return !replay.Rereadable(name) }):
		return misusef("a trace on standard input or a pipe can't be read again to remove its keys: use a file, or --keep")
	case o.migrate > 0 && c.Duration == 0:
		return misusef("--migrate %d: how long the trace is, is not known before its end; add --duration, whose half is when slots migrate", o.migrate)
	}
	if err := options.Validate(); err != nil {
		return usageError{err}
	}
	if err := options.Check(); err != nil {
		return usageError{err}
	}
	c.Replays, c.Requests, c.Phases, c.Rate = true, 0, nil, 1
	if c.Arrival = workloads.Poisson; given("arrival") {
		c.Arrival = workloads.Arrival(o.arrival)
	}
	if o.speed == 0 {
		c.Rate, c.Arrival = 0, workloads.Closed
	}
	return nil
}

// options is how the trace is replayed.
func (o *runOptions) options() replay.Options {
	return replay.Options{
		Files: o.traces, Stdin: os.Stdin, Format: o.traceFormat, Speed: o.speed, Amplify: o.amplify, Limit: o.limit,
		MaxBad: o.maxBad, Fill: o.fill, Even: o.arrival == string(workloads.Constant), Seed: o.seed,
	}
}

// openTrace gives the plan its trace, if one was named.
func (s *setup) openTrace() {
	if len(s.traces) > 0 {
		options := s.runOptions.options()
		options.Prefix = s.plan.Prefix
		s.plan.Trace = replay.New(options)
	}
}
