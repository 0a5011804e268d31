package main

import (
	"cmp"
	"os"
	"runtime"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"slotbench/cmd/loadgen/driver"
	"slotbench/internal/slot"
	"slotbench/workloads"
)

// runOptions is the flags of a run.
type runOptions struct {
	*program
	targetOptions
	eventOptions
	calibrationOptions
	strategyOptions
	respOptions
	versusOptions
	phaseOptions
	replayOptions

	workload  string
	keys      int64
	valueSize string
	ratio     string
	slot      int
	seed      uint64

	rate        float64
	arrival     string
	connections int
	threads     int
	pipeline    int
	duration    time.Duration
	warmup      time.Duration
	requests    int64
	migrate     int
	migrateAt   float64
	driver      string
	spin        string
	timeout     time.Duration
	interval    time.Duration
	clientCPUs  string

	out       string
	format    string
	files     bool
	metrics   string
	quiet     bool
	allowData bool
	keep      bool
	keyPrefix string
}

func (o *runOptions) register(f *pflag.FlagSet) {
	f.SortFlags = false
	o.targetOptions.register(f)
	defer o.eventOptions.register(f)
	defer o.calibrationOptions.register(f)
	defer o.registerMetrics(f)

	f.StringVarP(&o.workload, "workload", "w", workloads.Default, "workload: a preset's `name` (see loadgen workloads) or a YAML file")
	f.Int64Var(&o.keys, "keys", 0, "how many keys (default: the workload's)")
	f.StringVar(&o.valueSize, "value-size", "", "value `bytes`: 100, 64-256, or a distribution as in workloads/FORMAT.md (default: the workload's)")
	f.StringVar(&o.ratio, "ratio", "", "`SET:GET`, as 1:9 (default: the workload's)")
	f.IntVar(&o.slot, "slot", 0, "the slot of a workload that aims at one (default: the workload's)")
	f.Uint64Var(&o.seed, "seed", 1, "the same seed sends the same keys, sizes and arrivals")

	f.Float64Var(&o.rate, "rate", 0, "requests a second in all, open loop; 0: closed loop (default: probe, then half of the capacity)")
	f.StringVar(&o.arrival, "arrival", string(workloads.Poisson), "closed, constant or poisson")
	f.IntVarP(&o.connections, "connections", "c", driver.DefaultConnections, "clients in all, each with at most one connection a node")
	f.IntVar(&o.threads, "threads", defaultThreads(), "threads that host the clients")
	f.IntVarP(&o.pipeline, "pipeline", "P", driver.DefaultPipeline, "requests in flight on a connection, at most")
	f.DurationVar(&o.duration, "duration", driver.DefaultDuration, "how long to measure")
	f.DurationVar(&o.warmup, "warmup", driver.DefaultWarmup, "how long to send the load before it is measured")
	o.phaseOptions.register(f)
	f.Int64VarP(&o.requests, "requests", "n", 0, "measure so many requests in all, instead of a time (with --duration: whichever ends first)")
	f.IntVar(&o.migrate, "migrate", driver.DefaultMigrate, "slots to migrate under load; 0: none (attached targets and runs with events: 0 unless given)")
	f.Float64Var(&o.migrateAt, "migrate-at", driver.DefaultMigrateAt, "when to migrate, as a share of the measurement")
	o.strategyOptions.register(f)
	f.StringVar(&o.driver, "driver", driver.DriverWire, "wire (own event loops) or go-redis (what an application would see)")
	o.respOptions.register(f)
	f.StringVar(&o.spin, "spin", "auto", "spin before a due time instead of sleeping: on, off, or auto (where a CPU is free)")
	f.DurationVar(&o.timeout, "timeout", driver.DefaultTimeout, "how long to wait for an answer")
	f.DurationVar(&o.interval, "interval", driver.DefaultInterval, "of the time series in the record")
	f.StringVar(&o.clientCPUs, "client-cpus", "", "`CPUs` for the threads, as 0,2-3 (default: not pinned)")

	f.StringVar(&o.out, "out", "", "`folder` of the record (default: runs/TIME-NAME)")
	f.StringVar(&o.format, "format", formatTable, formatFlag())
	f.BoolVar(&o.files, "files", true, "write report.html, Markdown with pictures, HDR and other tools' files beside the record")
	f.BoolVar(&o.quiet, "quiet", false, "no talk on stderr")
	f.BoolVar(&o.allowData, "allow-data", false, "run although the target holds keys; they are not touched")
	f.BoolVar(&o.keep, "keep", false, "leave the run's keys on an attached target")
	f.StringVar(&o.keyPrefix, "key-prefix", "", "`text` before every key on an attached target, with --keep; it may be empty (default: slotbench:SEED:, with --allow-data one that no other run has)")
	o.versusOptions.register(f)
}

// defaultThreads leaves three of four CPUs to servers on the same machine.
func defaultThreads() int { return max(1, min(8, runtime.NumCPU()/4)) }

// settle makes a setup of the flags, the workload's suggestions and the
// defaults, in this order, and refuses what contradicts itself.
func (o *runOptions) settle(given func(string) bool) (*setup, error) {
	if err := o.targetOptions.check(given); err != nil {
		return nil, err
	}
	if err := checkFormat(o.format); err != nil {
		return nil, err
	}
	if err := o.respOptions.check(); err != nil {
		return nil, err
	}
	spec, err := o.loadSpec()
	if err != nil {
		return nil, usageError{err}
	}
	s := &setup{runOptions: o, spec: spec}
	if err := o.shape(s, given); err != nil {
		return nil, err
	}
	if err := o.pin(s); err != nil {
		return nil, err
	}
	s.plan.Config = driver.DefaultConfig(o.threads)
	if err := o.pace(&s.plan.Config, spec.Run, given); err != nil {
		return nil, err
	}
	if err := o.extent(&s.plan.Config, spec.Run, given); err != nil {
		return nil, err
	}
	events, err := spec.Timeline()
	if err != nil {
		return nil, usageError{err}
	}
	if err := o.eventOptions.settle(events); err != nil {
		return nil, err
	}
	if err := o.settlePhases(&s.plan.Config, spec, given); err != nil {
		return nil, err
	}
	if err := o.settleReplay(s, given); err != nil {
		return nil, err
	}
	if err := o.steer(&s.plan.Config, given); err != nil {
		return nil, err
	}
	if err := o.checkDriver(given); err != nil {
		return nil, err
	}
	c := &s.plan.Config
	c.Warmup, c.Interval, c.Seed = o.warmup, o.interval, o.seed
	if c.Replays {
		c.Warmup = 0
	}
	c.AllowData, c.Keep, c.ServerCPUs, c.ClientCPUs = o.allowData, o.keep, o.serverCPUs, o.clientCPUs
	s.plan.Name, s.plan.Command = spec.Name, hide(os.Args, o.target, o.shown())
	s.plan.Target, s.plan.Driver, s.plan.Debts = o.shown(), o.driver, o.debts
	if err := o.calibrationOptions.attach(&s.plan); err != nil {
		return nil, err
	}
	return s, c.Validate()
}

// shape settles what the flags change of the workload.
func (o *runOptions) shape(s *setup, given func(string) bool) error {
	s.options = workloads.Options{Seed: o.seed, Keys: o.keys, ValueSize: o.valueSize, Ratio: o.ratio}
	if given("keys") && o.keys < 1 {
		return misusef("--keys %d: want 1 or more", o.keys)
	}
	if !given("slot") {
		return nil
	}
	if o.slot < 0 || o.slot >= int(slot.DefaultCount) {
		return misusef("--slot %d: want 0 to %d", o.slot, slot.DefaultCount-1)
	}
	aimed := slot.Slot(o.slot)
	s.options.Slot = &aimed
	return nil
}

// pin settles the CPUs of the client.
func (o *runOptions) pin(s *setup) (err error) {
	if s.clientCPUs, err = parseCPUs("--client-cpus", o.clientCPUs); err != nil {
		return err
	}
	allowed := driver.Affinity()
	for _, c := range s.clientCPUs {
		if allowed != nil && !slices.Contains(allowed, c) {
			return misusef("--client-cpus %s: CPU %d is not among those that this program may use: %v", o.clientCPUs, c, allowed)
		}
	}
	return nil
}

// pace settles rate and arrivals.
func (o *runOptions) pace(c *driver.Config, suggested workloads.Suggestions, given func(string) bool) error {
	arrival, err := workloads.ParseArrival(o.arrival)
	if err != nil {
		return misusef("--%w", err)
	}
	switch {
	case given("rate"):
		c.Rate = o.rate
	case given("arrival") && arrival == workloads.Closed:
		c.Rate = 0
	case given("arrival"):
	case suggested.Rate != nil:
		c.Rate = *suggested.Rate
	}
	if !given("arrival") {
		arrival = cmp.Or(suggested.Arrival, workloads.Poisson)
		if c.Rate == 0 {
			arrival = workloads.Closed
		} else if arrival == workloads.Closed {
			arrival = workloads.Poisson
		}
	}
	switch {
	case c.Rate < 0 && c.Rate != driver.RateProbe, given("rate") && o.rate < 0:
		return misusef("--rate %g: want 0 (closed loop) or more", o.rate)
	case c.Rate == 0 && arrival != workloads.Closed:
		return misusef("--rate 0 is a closed loop, --arrival %s an open one: leave one of them out", arrival)
	case c.Rate != 0 && arrival == workloads.Closed:
		return misusef("--arrival closed has no rate: leave out --rate %g, or use --arrival constant or poisson", o.rate)
	}
	c.Arrival = arrival
	return nil
}

// extent settles how much is sent, by how many.
func (o *runOptions) extent(c *driver.Config, suggested workloads.Suggestions, given func(string) bool) error {
	c.Connections, c.Pipeline, c.Requests, c.Duration = o.connections, o.pipeline, o.requests, o.duration
	if !given("connections") && suggested.Connections > 0 {
		c.Connections = suggested.Connections
	}
	if !given("pipeline") && suggested.Pipeline > 0 {
		c.Pipeline = suggested.Pipeline
	}
	if given("requests") && o.requests < 1 {
		return misusef("--requests %d: want 1 or more", o.requests)
	}
	if given("duration") && o.duration <= 0 {
		return misusef("--duration %s: want more than 0, as 30s", o.duration)
	}
	if !given("requests") && !given("duration") {
		c.Requests = suggested.Requests
		if suggested.Duration != "" {
			d, err := time.ParseDuration(suggested.Duration)
			if err != nil {
				return misusef("workload %s: run.duration: %w", o.workload, err)
			}
			c.Duration = d
		}
	}
	if c.Requests > 0 && !given("duration") && suggested.Duration == "" {
		c.Duration = 0
	}
	if given("timeout") && o.timeout <= 0 {
		return misusef("--timeout %s: want more than 0, as 5s", o.timeout)
	}
	return nil
}

// steer settles the migration.
func (o *runOptions) steer(c *driver.Config, given func(string) bool) error {
	c.Migrate, c.MigrateAt, c.Events = o.migrate, o.migrateAt, o.events
	if !given("migrate") && (o.attached() || o.nodes == 1 || o.emulated || len(o.events) > 0) {
		c.Migrate = 0
	}
	switch {
	case o.attached() && o.ofProcesses() != "":
		return misusef("event %q: the servers were attached, not launched; only launched nodes can be stopped, killed, added and removed", o.ofProcesses())
	case c.Migrate > 0 && o.emulated:
		return misusef("--migrate %d with --emulated: there is no other node to migrate to", c.Migrate)
	case c.Migrate > 0 && !o.attached() && o.nodes == 1:
		return misusef("--migrate %d with --nodes 1: there is no other node to migrate to", c.Migrate)
	case given("migrate-at") && c.Migrate == 0:
		return misusef("--migrate-at %g: nothing migrates; add --migrate SLOTS", o.migrateAt)
	case given("key-prefix") && (!o.attached() || !o.keep):
		return misusef("--key-prefix: only for an attached target, and with --keep: at its end the run could not tell its keys from those that were there")
	case o.keep && !o.attached():
		return misusef("--keep: the servers of %s end with the run, and their keys with them", o.shown())
	case o.allowData && !o.attached():
		return misusef("--allow-data: the servers of %s are new and empty", o.shown())
	}
	var err error
	c.Strategy, err = o.strategyOptions.check(given, c.Migrate > 0 || o.migrates())
	return err
}

func (o *runOptions) checkDriver(given func(string) bool) error {
	switch {
	case !slices.Contains([]string{driver.DriverWire, driver.DriverGoRedis}, o.driver):
		return misusef("--driver %q: want wire or go-redis", o.driver)
	case !slices.Contains([]string{"auto", "on", "off"}, o.spin):
		return misusef("--spin %q: want auto, on or off", o.spin)
	case o.driver == driver.DriverGoRedis && o.spin == "on":
		return misusef("--spin on: only the wire driver spins")
	case o.driver == driver.DriverGoRedis && (given("threads") || given("client-cpus")):
		return misusef("--threads and --client-cpus: the go-redis driver has goroutines, not threads of its own")
	}
	return nil
}

// spins says whether the load's threads spin before due times. In doubt they
// do not: spinning takes a whole CPU a thread, which must be free.
func (o *runOptions) spins(local bool, servers, clientCPUs int) bool {
	if o.spin != "auto" {
		return o.spin == "on"
	}
	if clientCPUs > 0 && (!local || o.serverCPUs != "") {
		return clientCPUs >= o.threads
	}
	needed := o.threads + 1
	if local {
		needed += servers
	}
	return runtime.NumCPU() >= needed
}
