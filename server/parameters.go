package server

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
)

// logLevels are what loglevel may be.
var logLevels = []string{"debug", "verbose", "notice", "warning"}

// parameter is one name of redis.conf and how it stands in Config.
type parameter struct {
	name    string
	mutable bool // CONFIG SET may change it
	get     func(*Config) string
	set     func(*Config, string) error
	help    string
}

// parameters is every parameter there is, by name.
var parameters = sorted([]parameter{
	{"appendonly", true, constant("no"), only("no", "there is no append-only file"), "no: nothing is kept on disk"},
	{"bind", false,
		func(c *Config) string { return strings.Join(c.Bind, " ") },
		setBind, "addresses to listen on, with spaces between them; - before one that may be absent"},
	number("busy-reply-threshold", true, func(c *Config) *int { return &c.BusyMillis }, "milliseconds of a script after which commands on its slots are refused; 0: never"),
	{"client-output-buffer-limit", true, getOutput, setOutput, "CLASS HARD SOFT SECONDS for each class, normal or pubsub: replies that may wait for a client"},
	size("client-query-buffer-limit", true, func(c *Config) *int64 { return &c.QueryLimitBytes }, "bytes of commands that may wait to be run"),
	text("cluster-announce-ip", false, func(c *Config) *string { return &c.AnnounceIP }, "the address that the cluster tells clients"),
	flag("cluster-enabled", false, func(c *Config) *bool { return &c.ClusterEnabled }, "be a node of a cluster"),
	{"databases", false, constant("1"), only("1", "there is database 0 alone"), "1: there is database 0 alone"},
	{"dir", false, func(c *Config) string { return c.Dir }, setDir, "working directory"},
	{"enable-debug-command", false, func(c *Config) string { return c.Debug }, setDebug, "who may use DEBUG: yes, local (clients of this machine) or no"},
	number("hash-max-listpack-entries", true, func(c *Config) *int { return &c.Limits.HashEntries }, "fields of a hash that stays packed"),
	number("hash-max-listpack-value", true, func(c *Config) *int { return &c.Limits.HashValueBytes }, "bytes of a field or value of a hash that stays packed"),
	number("latency-monitor-threshold", true, func(c *Config) *int { return &c.LatencyMillis }, "milliseconds from which a command is a spike to LATENCY; 0: none is"),
	number("list-max-listpack-size", true, func(c *Config) *int { return &c.Limits.ListSize }, "elements of a list's node; -1 to -5: 4 to 64 KiB"),
	{"object-encoding-names", true,
		func(c *Config) string {
			if c.Limits.Names70 {
				return "7.0"
			}
			return "7.2"
		},
		func(c *Config, v string) error {
			if v != "7.0" && v != "7.2" {
				return errors.New("argument must be 7.0 or 7.2")
			}
			c.Limits.Names70 = v == "7.0"
			return nil
		}, "the Redis whose names OBJECT ENCODING tells: 7.0, or 7.2 and later"},
	number("set-max-intset-entries", true, func(c *Config) *int { return &c.Limits.SetIntsetEntries }, "members of a set of integers that stays packed"),
	number("set-max-listpack-entries", true, func(c *Config) *int { return &c.Limits.SetEntries }, "members of a set that stays packed"),
	number("set-max-listpack-value", true, func(c *Config) *int { return &c.Limits.SetValueBytes }, "bytes of a member of a set that stays packed"),
	number("zset-max-listpack-entries", true, func(c *Config) *int { return &c.Limits.SortedSetEntries }, "members of a sorted set that stays packed"),
	number("zset-max-listpack-value", true, func(c *Config) *int { return &c.Limits.SortedSetValueBytes }, "bytes of a member of a sorted set that stays packed"),
	number("lua-time-limit", true, func(c *Config) *int { return &c.BusyMillis }, "the old name of busy-reply-threshold"),
	number("hz", true, func(c *Config) *int { return &c.Hz }, "how often a second expired keys are looked for"),
	text(engineParameter, false, func(c *Config) *string { return &c.Engine }, "how connections are read and written: "+strings.Join(engineNames, ", ")),
	number("io-threads", false, func(c *Config) *int { return &c.Loops }, "event loops that there may be; one runs until that is not enough"),
	text("logfile", false, func(c *Config) *string { return &c.LogFile }, "file for the log; empty: standard error"),
	text("loglevel", false, func(c *Config) *string { return &c.LogLevel }, "debug, verbose, notice or warning"),
	number("maxclients", true, func(c *Config) *int { return &c.MaxClients }, "connections that there may be"),
	{"maxmemory", true, constant("0"), only("0", "there is no limit of memory"), "0: memory is not limited"},
	{"maxmemory-policy", true, constant("noeviction"), only("noeviction", "no key is evicted"), "noeviction: no key is evicted"},
	{"notify-keyspace-events", true, constant(""), only("", "there are no keyspace events"), "empty: changes of keys are not published"},
	number("port", false, func(c *Config) *int { return &c.Port }, "port to listen on; 0: a free one"),
	flag("protected-mode", true, func(c *Config) *bool { return &c.ProtectedMode }, "without a password, serve this machine only"),
	size("proto-max-bulk-len", true, func(c *Config) *int64 { return &c.MaxBulkBytes }, "bytes of one argument"),
	text("requirepass", true, func(c *Config) *string { return &c.Password }, "password for AUTH; empty: none"),
	{"save", true, constant(""), only("", "there are no snapshots"), "empty: nothing is kept on disk"},
	number("slowlog-log-slower-than", true, func(c *Config) *int { return &c.SlowMicros }, "microseconds from which a command is in the slow log; 0: each is; -1: none is"),
	number("slowlog-max-len", true, func(c *Config) *int { return &c.SlowEntries }, "commands that the slow log keeps"),
	number("tcp-backlog", false, func(c *Config) *int { return &c.Backlog }, "connections that may wait to be accepted"),
	number("tcp-keepalive", true, func(c *Config) *int { return &c.KeepAliveSeconds }, "seconds until a silent peer is probed; 0: never"),
	number("timeout", true, func(c *Config) *int { return &c.TimeoutSeconds }, "seconds until an idle client is closed; 0: never"),
})

func sorted(rows []parameter) []parameter {
	slices.SortFunc(rows, func(a, b parameter) int { return cmp.Compare(a.name, b.name) })
	return rows
}

func findParameter(name string) (parameter, bool) {
	at, ok := slices.BinarySearchFunc(parameters, strings.ToLower(name),
		func(p parameter, name string) int { return cmp.Compare(p.name, name) })
	if !ok {
		return parameter{}, false
	}
	return parameters[at], true
}

// SetParameter sets a parameter by its name in redis.conf.
func (c *Config) SetParameter(name, value string) error {
	p, ok := findParameter(name)
	if !ok {
		return fmt.Errorf("unknown option --%s", name)
	}
	if err := p.set(c, value); err != nil {
		return fmt.Errorf("--%s %q: %w", name, value, err)
	}
	return nil
}

// IsParameter says whether redis.conf's name exists here.
func IsParameter(name string) bool {
	_, ok := findParameter(name)
	return ok
}

// ParameterHelp is a line for each parameter: its name, what it is, and its
// default.
func ParameterHelp(defaults Config) string {
	var b strings.Builder
	for _, p := range parameters {
		fmt.Fprintf(&b, "  --%-28s %s (%q)\n", p.name, p.help, p.get(&defaults))
	}
	return b.String()
}

func constant(value string) func(*Config) string {
	return func(*Config) string { return value }
}

// only accepts one value, which says that something is not there.
func only(value, why string) func(*Config, string) error {
	return func(_ *Config, v string) error {
		if v != value {
			return errors.New(why)
		}
		return nil
	}
}

func flag(name string, mutable bool, field func(*Config) *bool, help string) parameter {
	return parameter{name, mutable,
		func(c *Config) string {
			if *field(c) {
				return "yes"
			}
			return "no"
		},
		func(c *Config, v string) error {
			switch strings.ToLower(v) {
			case "yes":
				*field(c) = true
			case "no":
				*field(c) = false
			default:
				return errors.New("argument must be 'yes' or 'no'")
			}
			return nil
		}, help}
}

func number(name string, mutable bool, field func(*Config) *int, help string) parameter {
	return parameter{name, mutable,
		func(c *Config) string { return strconv.Itoa(*field(c)) },
		func(c *Config, v string) error {
			n, err := strconv.Atoi(v)
			if err != nil {
				return errors.New("argument couldn't be parsed into an integer")
			}
			*field(c) = n
			return nil
		}, help}
}

func size(name string, mutable bool, field func(*Config) *int64, help string) parameter {
	return parameter{name, mutable,
		func(c *Config) string { return strconv.FormatInt(*field(c), 10) },
		func(c *Config, v string) (err error) {
			*field(c), err = parseBytes(v)
			return err
		}, help}
}

func text(name string, mutable bool, field func(*Config) *string, help string) parameter {
	return parameter{name, mutable,
		func(c *Config) string { return *field(c) },
		func(c *Config, v string) error { *field(c) = v; return nil }, help}
}

// parseBytes reads a size as redis.conf has it: 1k is 1000, 1kb is 1024.
func parseBytes(v string) (int64, error) {
	units := map[string]int64{
		"": 1, "b": 1, "k": 1000, "kb": 1 << 10, "m": 1000_000, "mb": 1 << 20, "g": 1000_000_000, "gb": 1 << 30,
	}
	digits := len(v) - len(strings.TrimLeft(v, "0123456789"))
	n, err := strconv.ParseInt(v[:digits], 10, 64)
	unit, ok := units[strings.ToLower(v[digits:])]
	if err != nil || !ok || n > (1<<62)/unit {
		return 0, errors.New("argument must be a memory value")
	}
	return n * unit, nil
}

func setBind(c *Config, v string) error {
	addresses := strings.Fields(v)
	if len(addresses) == 0 {
		return errors.New("no address")
	}
	for _, a := range addresses {
		host := strings.TrimPrefix(a, "-")
		if host != "*" && host != "::*" && net.ParseIP(host) == nil && host != "localhost" {
			return fmt.Errorf("%s is not an IP address", host)
		}
	}
	c.Bind = addresses
	return nil
}

func setDebug(c *Config, v string) error {
	v = strings.ToLower(v)
	if v != "yes" && v != "local" && v != "no" {
		return errors.New("argument must be one of yes, local, no")
	}
	c.Debug = v
	return nil
}

func setDir(c *Config, v string) error {
	if info, err := os.Stat(v); err != nil || !info.IsDir() {
		return errors.New("no such directory")
	}
	c.Dir = v
	return nil
}
