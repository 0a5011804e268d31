package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"slotbench/cmd/loadgen/driver"
	"slotbench/results"
	"slotbench/results/report"
)

// duringMigrate is the value of --during.
const duringMigrate = "migrate"

// capacityOptions is the flags of capacity, beside those of run.
type capacityOptions struct {
	runOptions
	slo        string
	during     string
	searches   int
	resolution float64
	trial      time.Duration
}

// notOfSearches are flags of run that a search decides by itself.
var notOfSearches = []string{"rate", "requests", "duration", "migrate-at", "event", "interval"}

func newCapacity(p *program) *cobra.Command {
	o := &capacityOptions{runOptions: runOptions{program: p}}
	cmd := &cobra.Command{
		Use:   "capacity",
		Short: "Find the highest rate that meets a latency objective, and what migrating slots takes of it",
		Long: `capacity fills the target and looks for the highest rate of an open loop that
meets the objective: bisection over short trials, each judged by its response
time, by errors, and by whether all that was due was sent and answered. Several
searches give the median and an interval for it.

With --during migrate each search is followed by one while slots migrate to and
fro all the time; the difference is what resharding costs: the reshard tax.

Objectives are mean, p50, p90, p95, p99, p99.9, p99.99 or max, as p99<2ms;
several with commas.`,
		Example: `  # of the reference cluster
  loadgen capacity --slo 'p99<2ms'

  # the reshard tax of three redis-server processes, by ten searches each
  loadgen capacity --target local:redis --slo 'p99<5ms' --during migrate --searches 10`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.slo, "slo", "p99<2ms", "`objective` that a rate must meet")
	f.StringVar(&o.during, "during", "", "what goes on in a second series of searches: migrate")
	f.IntVar(&o.searches, "searches", driver.DefaultSearches, "how many searches give the interval")
	f.Float64Var(&o.resolution, "resolution", driver.DefaultResolution, "a search ends when the rates that passed and failed are so close")
	f.DurationVar(&o.trial, "trial", driver.DefaultTrial, "how long one load is measured")
	o.runOptions.register(f)
	for _, name := range notOfSearches {
		_ = f.MarkHidden(name)
	}
	return cmd
}

// plan settles the flags.
func (o *capacityOptions) plan(given func(string) bool) (*setup, driver.CapacityPlan, error) {
	var plan driver.CapacityPlan
	for _, name := range notOfSearches {
		if given(name) {
			return nil, plan, misusef("--%s: a search decides that by itself", name)
		}
	}
	if o.during != "" && o.during != duringMigrate {
		return nil, plan, misusef("--during %q: want %s", o.during, duringMigrate)
	}
	if o.format != formatTable && o.format != formatJSON {
		return nil, plan, misusef("--format %q: want table or json", o.format)
	}
	objectives, err := driver.ParseObjectives(o.slo)
	if err != nil {
		return nil, plan, misusef("--slo %w", err)
	}
	if o.during == "" && given("migrate") {
		return nil, plan, misusef("--migrate %d: nothing migrates; add --during migrate", o.migrate)
	}
	if o.during != "" && o.migrate < 1 {
		return nil, plan, misusef("--migrate %d with --during migrate: want 1 or more slots", o.migrate)
	}
	setup, err := o.prepare(func(name string) bool { return given(name) && name != "migrate" || name == "migrate" && o.during != "" }, time.Now())
	if err != nil {
		return nil, plan, err
	}
	if len(o.events) > 0 {
		return nil, plan, misusef("workload %s has events: a search cannot repeat them", o.workload)
	}
	plan = driver.CapacityPlan{
		Objectives: objectives, Resolution: o.resolution, Searches: o.searches, Trial: o.trial,
		Warmup: driver.DefaultTrialWarmup, Strategy: setup.plan.Strategy,
	}
	if o.during != "" {
		plan.Migrate = o.migrate
	}
	if given("warmup") {
		plan.Warmup = o.warmup
	}
	return setup, plan, plan.Validate()
}

func (o *capacityOptions) run(cmd *cobra.Command) error {
	setup, plan, err := o.plan(cmd.Flags().Changed)
	if err != nil {
		return err
	}
	out := o.out
	if out == "" {
		out = filepath.Join("runs", time.Now().Format("20060102-150405")+"-capacity-"+fileName(setup.spec.Name))
	}
	talk := newTalk(o.stderr, o.quiet)
	defer talk.end()
	found, err := o.search(cmd.Context(), setup, plan, talk)
	talk.end()
	if found == nil {
		return err
	}
	path := filepath.Join(out, results.CapacityFile)
	err = errors.Join(err, writeJSON(path, found), o.print(found, path))
	for _, line := range o.debts.Lines() {
		fmt.Fprintln(o.stderr, "loadgen: left behind:", line)
	}
	if err == nil && found.Partial != "" {
		fmt.Fprintln(o.stderr, "loadgen: the search is partial:", found.Partial)
		return failed{}
	}
	return err
}

// search opens the target and closes it again.
func (o *capacityOptions) search(ctx context.Context, setup *setup, plan driver.CapacityPlan, talk *talk) (found *results.Capacity, err error) {
	plan.Tell = func(t results.CapacityTrial) {
		verdict, what := "meets it", "idle"
		if !t.Passed {
			verdict = "does not: " + t.Why
		}
		if t.During {
			what = "migrating"
		}
		talk.say("%-9s  %8.0f/s  p99 %s  %s", what, t.RatePerSec, time.Duration(t.Response.P99*1e3).Round(time.Microsecond), verdict)
	}
	err = o.withSession(ctx, setup, talk, func(s *driver.Session) (err error) {
		found, err = driver.Capacity(ctx, s, plan)
		return err
	})
	return found, err
}

// withSession opens the target, fills it, and puts everything back.
func (o *runOptions) withSession(ctx context.Context, setup *setup, talk *talk, use func(*driver.Session) error) (err error) {
	talk.say("target: %s", o.shown())
	cluster, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cluster.Close(context.WithoutCancel(ctx))) }()
	makeRoom(setup.plan.Threads)
	setup.connect(cluster)
	setup.plan.Watch = talk.show
	session, err := driver.Open(ctx, setup.plan, true)
	if err != nil {
		return err
	}
	err = use(session)
	if left := session.Close(ctx); left != nil {
		talk.say("warning: %v", left)
	}
	return err
}

func (o *capacityOptions) print(c *results.Capacity, path string) error {
	if o.format == formatJSON {
		return json.NewEncoder(o.stdout).Encode(c)
	}
	return report.Capacity(o.stdout, c, driver.TaxSentence(c), report.Options{Path: path, Width: widthOf(o.stdout)})
}

// widthOf is a terminal's width, 0 of what is none.
func widthOf(w io.Writer) int {
	if !isTerminal(w) {
		return 0
	}
	return terminalWidth(w)
}

// writeJSON writes a file that is not the record of a run.
func writeJSON(path string, value any) error {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	return results.WriteFile(path, append(text, '\n'))
}
