package nodes

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"slotbench/targets"
)

// Info is what INFO told: its fields by name.
type Info map[string]string

// ParseInfo reads the text of INFO. Lines that are no fields are left out.
func ParseInfo(text string) Info {
	info := Info{}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if name, value, ok := strings.Cut(line, ":"); ok && !strings.HasPrefix(line, "#") {
			info[name] = value
		}
	}
	return info
}

// Int is a field as an integer, -1 where it is not told.
func (f Info) Int(name string) int64 {
	n, err := strconv.ParseInt(f[name], 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// Keys is how many keys all databases hold.
func (f Info) Keys() int64 {
	keys := int64(0)
	for name, value := range f {
		number, isDB := strings.CutPrefix(name, "db")
		if _, err := strconv.ParseUint(number, 10, 16); !isDB || err != nil {
			continue
		}
		for field := range strings.SplitSeq(value, ",") {
			if count, ok := strings.CutPrefix(field, "keys="); ok {
				n, _ := strconv.ParseInt(count, 10, 64)
				keys += n
			}
		}
	}
	return keys
}

// CPU is the user and system time of the server's process, negative where it
// is not told.
func (f Info) CPU() time.Duration {
	user, errUser := strconv.ParseFloat(f["used_cpu_user"], 64)
	system, errSystem := strconv.ParseFloat(f["used_cpu_sys"], 64)
	if errUser != nil || errSystem != nil {
		return -1
	}
	return time.Duration((user + system) * float64(time.Second))
}

// Product is what the server is, and its version in its own numbering. Each of
// the others also tells a Redis version, that of the Redis it resembles.
func (f Info) Product() (product, version string) {
	for _, other := range []string{"slotbench", "valkey", "dragonfly"} {
		if version, ok := f[other+"_version"]; ok {
			return other, version
		}
	}
	if name := f["server_name"]; name != "" && name != "redis" {
		return name, f["redis_version"]
	}
	return "redis", f["redis_version"]
}

// Info asks a node for INFO.
func (n *Nodes) Info(ctx context.Context, i int) (Info, error) {
	node, err := n.node(i)
	if err != nil {
		return nil, err
	}
	return node.info(ctx)
}

func (n node) info(ctx context.Context) (Info, error) {
	answer, err := n.do(ctx, "INFO")
	if err != nil {
		return nil, err
	}
	text, ok := answer.(string)
	if !ok {
		return nil, fmt.Errorf("node %s: INFO: the answer is no text", n.Addr())
	}
	return ParseInfo(text), nil
}

// settings are the ones that may explain a result.
var settings = []string{
	"activedefrag", "appendfsync", "appendonly", "cluster-allow-replica-migration", "cluster-node-timeout",
	"cluster-slot-stats-enabled", "hz", "io-threads", "io-threads-do-reads", "lazyfree-lazy-expire", "maxclients",
	"maxmemory", "maxmemory-policy", "proactor_threads", "repl-diskless-sync-delay", "save", "tls-port",
}

// Settings are those of the first node that may explain a result. A server may
// forbid CONFIG; then there is one entry that says so.
func (n *Nodes) Settings(ctx context.Context) (map[string]string, error) {
	node, err := n.node(0)
	if err != nil {
		return nil, err
	}
	commands := make([][]any, len(settings))
	for i, name := range settings {
		commands[i] = []any{"CONFIG", "GET", name}
	}
	answers, err := node.pipeline(ctx, CallTimeout, commands)
	if err != nil {
		return nil, err
	}
	values := map[string]string{}
	for i, answer := range answers {
		if err := answer.Err(); err != nil {
			values["CONFIG GET"] = err.Error()
			break
		}
		if pair, err := answer.StringSlice(); err == nil && len(pair) == 2 {
			values[settings[i]] = pair[1]
		}
	}
	return values, nil
}

// Describe says what the nodes are. The caller adds how they came to be.
func (n *Nodes) Describe(ctx context.Context) (targets.Description, error) {
	info, err := n.Info(ctx, 0)
	if err != nil {
		return targets.Description{}, err
	}
	d := targets.Description{Mode: "standalone"}
	d.Product, d.Version = info.Product()
	if d.Settings, err = n.Settings(ctx); err != nil {
		return targets.Description{}, err
	}
	if n.options.Cluster {
		d.Mode = "cluster"
		if d.Can.Migrate = len(n.all()) > 1; d.Can.Migrate {
			if d.Can.Strategies, _, err = n.strategies(ctx, targets.Atomic); err != nil {
				return d, err
			}
		}
		d.Can.SlotStats, err = n.hasSlotStats(ctx)
	}
	return d, err
}
