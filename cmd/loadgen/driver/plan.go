// Package driver is the engine of loadgen: it takes a workload, a target and
// a plan, runs the phases of a benchmark in order — check, preload, probe,
// warm-up, the measurement with its migration, drain, read-back — and makes
// the run record and its verdict.
//
// It writes no file and prints nothing, never flushes a database, and changes
// no setting of a target. On a target that it did not launch it puts back
// what it changed, whichever way a run ends.
package driver

import (
	"context"
	"errors"
	"fmt"
	"time"

	"slotbench/internal/request"
	"slotbench/internal/slot"
	"slotbench/internal/timeline"
	"slotbench/results"
	"slotbench/targets"
	"slotbench/targets/receive"
	"slotbench/workloads"
	"slotbench/workloads/replay"
)

// RateProbe as a Config's Rate asks for a probe of the capacity, and a load at
// half of it.
const RateProbe = -1

// The defaults of a Config, and the limits of its fields.
const (
	DefaultNodes       = 3
	DefaultConnections = 50
	DefaultPipeline    = 1
	DefaultDuration    = 10 * time.Second
	DefaultWarmup      = 2 * time.Second
	DefaultProbe       = 3 * time.Second
	DefaultDrain       = 5 * time.Second
	DefaultTimeout     = targets.DefaultTimeout
	DefaultInterval    = 250 * time.Millisecond
	DefaultMigrate     = 100
	DefaultMigrateAt   = 0.5
	ProbeShare         = 0.5 // of the probed capacity is offered

	MaxConnections = 100_000
	MaxPipeline    = 10_000
	MaxThreads     = 256
	MaxRate        = 1e9

	// OpenStreams is how many logical streams an open loop has, whatever hosts
	// them: the same seed then sends the same on any number of threads.
	OpenStreams = 64
)

// The names of the load drivers, as flags and records have them.
const (
	DriverWire    = "wire"     // own event loops
	DriverGoRedis = "go-redis" // the client library
)

// Config is what a run is asked to do. Connections, Requests and Rate are
// totals of the run. There are no hidden defaults: DefaultConfig fills them.
type Config struct {
	Rate        float64           // requests a second; RateProbe: half of the capacity; 0: closed loop
	Arrival     workloads.Arrival // closed exactly where Rate is 0
	Connections int               // logical clients, each with at most one connection a node
	Threads     int               // that host them
	Pipeline    int               // requests in flight on one connection, at most
	Requests    int64             // end after so many; 0: no such limit
	Duration    time.Duration     // end after so long; 0: no such limit
	Warmup      time.Duration     // 0: none
	Replays     bool              // the load is a Plan's Trace, which ends by itself
	Phases      []workloads.Phase // named; none: one steady measurement. Duration is then theirs
	Probe       time.Duration     // how long the probe takes
	Drain       time.Duration     // how long to wait for answers at the end
	Interval    time.Duration     // of the time series
	Migrate     int               // slots to move in the run; 0: none
	MigrateAt   float64           // when, as a share of the run, above 0 and below 1
	Events      []timeline.Event  // further events
	UntilEvents bool              // end a while after the last event, Duration at the latest
	Strategy    targets.Strategy  // how; "": the target's first
	Seed        uint64
	AllowData   bool // run although the target holds keys
	Keep        bool // leave the run's keys on an attached target
	ServerCPUs  string
	ClientCPUs  string
}

// DefaultConfig is a run with nothing asked for. threads should leave CPUs to
// the servers where they share the machine.
func DefaultConfig(threads int) Config {
	return Config{
		Rate:        RateProbe,
		Arrival:     workloads.Poisson,
		Connections: DefaultConnections,
		Threads:     threads,
		Pipeline:    DefaultPipeline,
		Duration:    DefaultDuration,
		Warmup:      DefaultWarmup,
		Probe:       DefaultProbe,
		Drain:       DefaultDrain,
		Interval:    DefaultInterval,
		MigrateAt:   DefaultMigrateAt,
	}
}

// Closed says whether the run is a closed loop.
func (c *Config) Closed() bool { return c.Rate == 0 }

// Streams is how many logical streams the measurement has, which a workload
// that deals out keys to its streams is compiled for.
func (c *Config) Streams() int {
	if c.Closed() {
		return c.Connections
	}
	return OpenStreams
}

// Validate names every fault at once.
func (c *Config) Validate() error {
	var faults []error
	within := func(what string, value, low, high float64) {
		if !(value >= low && value <= high) {
			faults = append(faults, fmt.Errorf("%s %g: want %g to %g", what, value, low, high))
		}
	}
	within("connections", float64(c.Connections), 1, MaxConnections)
	within("threads", float64(c.Threads), 1, MaxThreads)
	within("pipeline", float64(c.Pipeline), 1, MaxPipeline)
	if c.Rate != RateProbe {
		within("rate", c.Rate, 0, MaxRate)
	}
	if c.Closed() != (c.Arrival == workloads.Closed) {
		faults = append(faults, fmt.Errorf("rate %g with arrival %s: a closed loop has no rate, an open loop needs one", c.Rate, c.Arrival))
	}
	if c.Requests < 0 {
		faults = append(faults, fmt.Errorf("requests %d: want 0 (no limit) or more", c.Requests))
	}
	for _, d := range []struct {
		what  string
		value time.Duration
	}{{"duration", c.Duration}, {"warmup", c.Warmup}, {"probe", c.Probe}, {"drain", c.Drain}} {
		if d.value < 0 {
			faults = append(faults, fmt.Errorf("%s %s: want 0 or more", d.what, d.value))
		}
	}
	if c.Duration == 0 && c.Requests == 0 && !c.Replays {
		faults = append(faults, errors.New("duration and requests are both 0: the run would never end"))
	}
	if c.Rate == RateProbe && c.Probe == 0 {
		faults = append(faults, errors.New("a probe of 0 s finds no capacity: give a rate"))
	}
	for _, err := range []error{c.validatePhases(), c.validateReplay()} {
		if err != nil {
			faults = append(faults, err)
		}
	}
	if c.Interval < minInterval {
		faults = append(faults, fmt.Errorf("interval %s: want at least %s", c.Interval, minInterval))
	}
	if c.Migrate < 0 || c.Migrate > int(slot.MaxCount) {
		faults = append(faults, fmt.Errorf("migrate %d slots: want 0 to %d", c.Migrate, slot.MaxCount))
	}
	if !(c.MigrateAt > 0 && c.MigrateAt < 1) {
		faults = append(faults, fmt.Errorf("migrate at %g of the run: want above 0 and below 1", c.MigrateAt))
	}
	if len(c.Events) > timeline.MaxEvents {
		faults = append(faults, fmt.Errorf("%d events: at most %d", len(c.Events), timeline.MaxEvents))
	}
	if len(faults) > 0 {
		return Refused{errors.Join(faults...)}
	}
	return nil
}

// minInterval is the shortest piece of the time series.
const minInterval = 10 * time.Millisecond

// Refused is an error of what was asked for: nothing was begun.
type Refused struct{ Err error }

// Error is what was wrong, and what to do.
func (r Refused) Error() string { return r.Err.Error() }

// Unwrap is the cause.
func (r Refused) Unwrap() error { return r.Err }

func refusef(format string, args ...any) error { return Refused{fmt.Errorf(format, args...)} }

// Values reads what a node holds. An error means that the node could not be
// asked; the answers are in the keys' order.
type Values interface {
	Get(ctx context.Context, node int, keys []string) ([]Value, error)
	Close() error
}

// Value is a node's answer to a GET.
type Value struct {
	Bytes   []byte
	Present bool
	Err     error // the node answered with an error
}

// Role is what a driver is for.
type Role uint8

// The roles.
const (
	RoleLoad  Role = iota // every phase's load, on Config.Threads
	RolePause             // the pause probe beside the load: one thread, never spinning
)

// Plan is a run with everything that it works on. The caller closes the
// cluster when Run has returned.
type Plan struct {
	Config
	Name     string   // of the run
	Command  []string // the command line, for the record
	Target   string   // as given, without passwords
	Driver   string   // the load driver's name
	Prefix   string   // before every key of the run, "" on a target of our own
	Workload *workloads.Workload
	Trace    *replay.Trace // what is replayed in the Workload's place; nil: nothing is
	Cluster  targets.Cluster
	// NewDriver opens a driver for one of its roles in a run. HidesRedirects
	// says that the driver does not tell of redirects.
	NewDriver      func(t *slot.Topology, role Role) (request.Driver, error)
	HidesRedirects bool
	// NewValues opens a reader for the read-back.
	NewValues func(t *slot.Topology) (Values, error)
	// Ready, where not nil, makes the target ready for the workload, or says why
	// it can't be: Refused where the target lacks what it needs.
	Ready func(ctx context.Context, t *slot.Topology) error
	// Listen, where not nil, lets a workload's receivers listen.
	Listen func(ctx context.Context, t *slot.Topology, all []request.Reception, sink request.Receipts) (*receive.Receivers, error)
	// Watch, where not nil, is told of the run's state for a progress line. It
	// may be called from one goroutine at a time.
	Watch func(State)
	// Warn, where not nil, is told before the run of what it will not show.
	Warn func(text string)
	// Calibration, where not nil, finds the calibration for what the run is,
	// and where it was kept; nil: there is none.
	Calibration func(own *results.CalibrationFile) (c *results.CalibrationFile, path string)
	// Debts keeps what must be undone if the program ends at once.
	Debts *Debts
}
