package server

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"slotbench/server/command"
)

// The defaults, which are Redis's where it has the parameter, and the bounds
// that are not configured.
const (
	DefaultPort             = 6379
	DefaultMaxClients       = 10000
	DefaultKeepAliveSeconds = 300
	DefaultBacklog          = 511
	DefaultMaxBulkBytes     = 512 << 20
	DefaultQueryLimitBytes  = 1 << 30
	DefaultOutputHardBytes  = 256 << 20 // Redis: none; a client that does not read must not fill the memory
	DefaultHz               = 10
	DefaultBusyMillis       = 5000
	minMaxBulkBytes         = 1 << 20
	minQueryLimitBytes      = 1 << 20
	maxQueryLimitBytes      = 1 << 40
	maxLoops                = 128
	maxHz                   = 500
	minListSize             = -5
	maxConfiguredClients    = 1 << 20
)

// Config is a node's configuration: the parameters of redis.conf that exist
// here. DefaultConfig gives the defaults.
type Config struct {
	Bind              []string // addresses; "*" and "-::*" as in Redis
	Port              int      // 0: any free port
	Engine            string   // how connections are read and written: EngineAuto, or one of Engines
	ClusterEnabled    bool
	AnnounceIP        string // what the cluster tells clients; "": the first bound address
	Password          string // "": none
	ProtectedMode     bool
	MaxClients        int
	TimeoutSeconds    int // an idle client is closed after; 0: never
	KeepAliveSeconds  int
	Backlog           int
	MaxBulkBytes      int64
	QueryLimitBytes   int64
	Output            OutputLimit
	BusyMillis        int         // a script that runs longer has commands on its slots refused; 0: never
	PubsubOutput      OutputLimit // of clients that listen to channels
	SlowMicros        int         // from how long on a command is in the slow log; 0: each is; less: none is
	SlowEntries       int         // that the slow log keeps
	Loops             int         // event loops that there may be; one is active until that is not enough
	Hz                int         // how often a second expired keys are looked for
	LogLevel, LogFile string
	Dir               string
	LatencyMillis     int            // commands that take as long are spikes to LATENCY; 0: none is
	Debug             string         // who may use DEBUG: yes, local or no
	Limits            command.Limits // until when collections stay packed
}

// DefaultConfig is the configuration without any option, on a machine with
// this many processors to use.
func DefaultConfig(processors int) Config {
	return Config{
		Bind:             []string{"*", "-::*"},
		Port:             DefaultPort,
		Engine:           EngineAuto,
		ProtectedMode:    true,
		MaxClients:       DefaultMaxClients,
		KeepAliveSeconds: DefaultKeepAliveSeconds,
		Backlog:          DefaultBacklog,
		MaxBulkBytes:     DefaultMaxBulkBytes,
		QueryLimitBytes:  DefaultQueryLimitBytes,
		Output:           OutputLimit{HardBytes: DefaultOutputHardBytes},
		PubsubOutput:     OutputLimit{HardBytes: 32 << 20, SoftBytes: 8 << 20, SoftSeconds: 60},
		Loops:            max(1, processors-1),
		SlowMicros:       command.DefaultSlowMicros,
		SlowEntries:      command.DefaultSlowEntries,
		Hz:               DefaultHz,
		BusyMillis:       DefaultBusyMillis,
		LogLevel:         "notice",
		Dir:              ".",
		Debug:            "local",
		Limits: command.Limits{
			HashEntries: 512, HashValueBytes: 64,
			ListSize:         -2,
			SetIntsetEntries: 512, SetEntries: 128, SetValueBytes: 64,
			SortedSetEntries: 128, SortedSetValueBytes: 64,
			Names70: true,
		},
	}
}

// Fault is what is wrong with one parameter.
type Fault struct {
	Parameter string
	Why       string
}

// Error names the parameter.
func (f Fault) Error() string { return f.Parameter + ": " + f.Why }

// Validate names every fault of the configuration: an error that joins Faults.
func (c Config) Validate() error {
	var faults []error
	for _, f := range c.faults() {
		faults = append(faults, f)
	}
	return errors.Join(faults...)
}

func (c Config) faults() (faults []Fault) {
	between := func(name string, n, low, high int64) {
		if n < low || n > high {
			faults = append(faults, Fault{name, fmt.Sprintf("argument must be between %d and %d inclusive", low, high)})
		}
	}
	between("port", int64(c.Port), 0, 65535)
	between("maxclients", int64(c.MaxClients), 1, maxConfiguredClients)
	between("timeout", int64(c.TimeoutSeconds), 0, math.MaxInt32)
	between("tcp-keepalive", int64(c.KeepAliveSeconds), 0, math.MaxInt32)
	between("tcp-backlog", int64(c.Backlog), 0, math.MaxInt32)
	between("proto-max-bulk-len", c.MaxBulkBytes, minMaxBulkBytes, DefaultMaxBulkBytes)
	between("client-query-buffer-limit", c.QueryLimitBytes, minQueryLimitBytes, maxQueryLimitBytes)
	between("io-threads", int64(c.Loops), 1, maxLoops)
	between("slowlog-log-slower-than", int64(c.SlowMicros), -1, math.MaxInt64)
	between("slowlog-max-len", int64(c.SlowEntries), 0, math.MaxInt32)
	between("hz", int64(c.Hz), 1, maxHz)
	between("latency-monitor-threshold", int64(c.LatencyMillis), 0, math.MaxInt64)
	between("list-max-listpack-size", int64(c.Limits.ListSize), minListSize, math.MaxInt32)
	for _, limit := range []struct {
		name string
		n    int
	}{
		{"hash-max-listpack-entries", c.Limits.HashEntries},
		{"hash-max-listpack-value", c.Limits.HashValueBytes},
		{"set-max-intset-entries", c.Limits.SetIntsetEntries},
		{"set-max-listpack-entries", c.Limits.SetEntries},
		{"set-max-listpack-value", c.Limits.SetValueBytes},
		{"zset-max-listpack-entries", c.Limits.SortedSetEntries},
		{"zset-max-listpack-value", c.Limits.SortedSetValueBytes},
	} {
		between(limit.name, int64(limit.n), 0, math.MaxInt32)
	}
	if len(c.Bind) == 0 {
		faults = append(faults, Fault{"bind", "no address"})
	}
	if !slices.Contains(engineNames, c.Engine) {
		faults = append(faults, Fault{engineParameter, "argument must be one of " + strings.Join(engineNames, ", ")})
	}
	if !slices.Contains(logLevels, c.LogLevel) {
		faults = append(faults, Fault{"loglevel", "argument must be one of " + strings.Join(logLevels, ", ")})
	}
	return faults
}

// clone is a copy that shares nothing.
func (c Config) clone() Config {
	c.Bind = slices.Clone(c.Bind)
	return c
}
