package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"slotbench/cmd/loadgen/driver"
	"slotbench/targets/redis"
	"slotbench/workloads"
)

// versusOptions is the flags that make several runs of a run.
type versusOptions struct {
	gateOptions
	versus      []string
	versusFlags []string
	runs        int
	primary     string
}

// defaultRuns is how many runs a side has, if --runs does not say.
const defaultRuns = 10

// maxRunsPerSide bounds --runs.
const maxRunsPerSide = 300

func (o *versusOptions) register(f *pflag.FlagSet) {
	f.StringArrayVar(&o.versus, "vs", nil, "`target` to compare with, and flags of its own if it needs some, as 'local:redis --binary /opt/redis-server'; may be repeated")
	f.StringArrayVar(&o.versusFlags, "vs-flag", nil, "`flags` of a side that has the same target, as '--pipeline 16'; may be repeated")
	f.IntVar(&o.runs, "runs", defaultRuns, "how many runs, into one folder for loadgen compare; with --vs: of each side, interleaved in random order")
	f.StringVar(&o.primary, "primary", "", "with --vs: the `metric` of the conclusion (default: p99 of an open loop, throughput of a closed one)")
	o.gateOptions.register(f)
}

// comparing says whether there is more than one side.
func (o *versusOptions) comparing() bool { return len(o.versus)+len(o.versusFlags) > 0 }

// several says whether there is more than one run.
func (o *versusOptions) several(given func(string) bool) bool { return o.comparing() || given("runs") }

func (o *versusOptions) checkVersus(given func(string) bool) error {
	switch {
	case !o.comparing() && given("primary"):
		return misusef("--primary: only with --vs or --vs-flag")
	case o.runs < 1 || o.runs > maxRunsPerSide:
		return misusef("--runs %d: want 1 to %d", o.runs, maxRunsPerSide)
	}
	return nil
}

// contender is one side of run --vs: the options of its runs.
type contender struct {
	*runOptions
	name  string
	flags *pflag.FlagSet
}

func (c *contender) given(flag string) bool { return c.flags.Changed(flag) }

// own are the flags that are of the whole comparison, not of a side.
var own = []string{"vs", "vs-flag", "runs", "primary", "gate", "cannot-tell-exit", "out", "format"}

// contenders makes the options of every side of those of the command line: the
// first is what it says, the others what --vs and --vs-flag make of it.
func (o *runOptions) contenders(f *pflag.FlagSet) ([]*contender, error) {
	sides := [][]string{nil}
	for _, text := range o.versus {
		words := strings.Fields(text)
		if len(words) == 0 || strings.HasPrefix(words[0], "-") {
			return nil, misusef("--vs %q: want a target first; to compare settings of the same target use --vs-flag", text)
		}
		sides = append(sides, append([]string{"--target", words[0]}, words[1:]...))
	}
	for _, text := range o.versusFlags {
		words := strings.Fields(text)
		if len(words) == 0 || !strings.HasPrefix(words[0], "-") {
			return nil, misusef("--vs-flag %q: want flags, as '--pipeline 16'", text)
		}
		sides = append(sides, words)
	}
	all := make([]*contender, len(sides))
	for i, words := range sides {
		c, err := o.contend(f, words)
		if err != nil {
			return nil, err
		}
		all[i] = c
	}
	if err := evenMigrations(all, f.Changed("migrate")); err != nil {
		return nil, err
	}
	nameContenders(all, o.versus, o.versusFlags)
	return all, nil
}

// contend is the command line with a side's own words added to it. Flags that
// only fit the first side's target are left out where the side has another.
func (o *runOptions) contend(f *pflag.FlagSet, words []string) (*contender, error) {
	c := &contender{runOptions: &runOptions{program: o.program}}
	c.flags = pflag.NewFlagSet("side", pflag.ContinueOnError)
	c.flags.Usage = func() {}
	c.runOptions.register(c.flags)
	side := targetOptions{target: o.target}
	if len(words) > 1 && words[0] == "--target" {
		side.target = words[1]
	}
	var fault error
	f.Visit(func(flag *pflag.Flag) {
		if slices.Contains(own, flag.Name) || side.target != o.target && !side.takes(flag.Name) || c.flags.Lookup(flag.Name) == nil {
			return
		}
		fault = errors.Join(fault, copyFlag(c.flags, flag))
	})
	if fault != nil {
		return nil, fault
	}
	seed := c.seed
	if err := c.flags.Parse(words); err != nil {
		return nil, misusef("--vs %s: %w", strings.Join(words, " "), err)
	}
	for _, name := range append(slices.Clone(own), "seed") {
		if c.given(name) && (name != "seed" || c.seed != seed) {
			return nil, misusef("--%s is of the whole comparison, not of the side %q", name, strings.Join(words, " "))
		}
	}
	if rest := c.flags.Args(); len(rest) > 0 {
		return nil, misusef("--vs: %q is no flag", rest[0])
	}
	return c, nil
}

// takes says whether another side's flag has a meaning for this target.
func (o *targetOptions) takes(flag string) bool {
	switch flag {
	case "nodes", "server-cpus":
		return !o.attached()
	case "binary":
		return false
	case "replicas":
		return o.target == targetRedis || o.target == targetValkey
	case "allow-data", "keep", "key-prefix":
		return o.attached()
	}
	return !strings.HasPrefix(flag, "tls-") || redis.IsTLS(o.target)
}

// copyFlag gives a flag the value that it has elsewhere.
func copyFlag(to *pflag.FlagSet, flag *pflag.Flag) error {
	if list, ok := flag.Value.(pflag.SliceValue); ok {
		for _, value := range list.GetSlice() {
			if err := to.Set(flag.Name, value); err != nil {
				return misusef("--%s: %w", flag.Name, err)
			}
		}
		return nil
	}
	if err := to.Set(flag.Name, flag.Value.String()); err != nil {
		return misusef("--%s: %w", flag.Name, err)
	}
	return nil
}

// evenMigrations lets no side migrate by default where another does not: an
// attached target, or a single node.
func evenMigrations(all []*contender, given bool) error {
	still := slices.ContainsFunc(all, func(c *contender) bool { return c.attached() || c.nodes == 1 })
	if given || !still {
		return nil
	}
	for _, c := range all {
		if c.given("migrate") {
			return nil
		}
	}
	for _, c := range all {
		if c.given("migrate-at") {
			continue // settle says what is wrong with that
		}
		if err := c.flags.Set("migrate", "0"); err != nil {
			return misusef("--migrate: %w", err)
		}
	}
	return nil
}

// nameContenders calls the sides by their targets, or by their flags.
func nameContenders(all []*contender, versus, flags []string) {
	seen := map[string]int{}
	for i, c := range all {
		c.name = c.shown()
		switch {
		case i > len(versus):
			c.name = strings.Join(strings.Fields(flags[i-1-len(versus)]), " ")
		case i > 0:
			if words := strings.Fields(versus[i-1]); len(words) > 1 {
				c.name += " " + strings.Join(words[1:], " ")
			}
		}
		seen[c.name]++
		if n := seen[c.name]; n > 1 {
			c.name = fmt.Sprintf("%s (%d)", c.name, n)
		}
	}
}

// needsRate says whether a side would probe a rate of its own, so that no two
// runs had the same.
func (c *contender) needsRate() (bool, error) {
	s, err := c.settle(c.given)
	if err != nil {
		return false, err
	}
	// Phases say themselves what their rates are; where those are shares of a
	// capacity, each side is meant to be measured at its own.
	return s.plan.Rate == driver.RateProbe && len(s.plan.Phases) == 0, nil
}

// pilot is a side's options for a short closed loop that looks for its
// capacity.
func (c *contender) pilot() (*contender, error) {
	p := &contender{runOptions: &runOptions{program: c.program}, name: c.name}
	p.flags = pflag.NewFlagSet("pilot", pflag.ContinueOnError)
	p.runOptions.register(p.flags)
	var fault error
	c.flags.Visit(func(flag *pflag.Flag) {
		if !slices.Contains(notPiloted, flag.Name) {
			fault = errors.Join(fault, copyFlag(p.flags, flag))
		}
	})
	for _, set := range [][2]string{
		{"arrival", string(workloads.Closed)}, {"duration", pilotDuration}, {"warmup", pilotWarmup}, {"migrate", "0"},
	} {
		fault = errors.Join(fault, p.flags.Set(set[0], set[1]))
	}
	return p, fault
}

// notPiloted are flags of a run that its pilot goes without.
var notPiloted = []string{"rate", "arrival", "requests", "duration", "warmup", "phase", "migrate", "migrate-at", "strategy", "event", "events"}

// How long a pilot is.
const (
	pilotDuration = "2s"
	pilotWarmup   = "500ms"
)
