package command_test

import (
	"context"
	"strings"
	"testing"

	"slotbench/internal/peer"
	"slotbench/server"
	"slotbench/server/node"
)

func TestDebugAsRedis(t *testing.T) {
	t.Parallel()
	oracle(t, false, `
		FLUSHALL
		DEBUG DIGEST
		SET s hello
		SET n 12345
		SET x 1.5 EX 1000
		RPUSH l a b c 1 2 3
		RPUSH {l}2 "a long text that is no integer at all, and more than a listpack likes to have in one of its elements" a a
		DEBUG DIGEST-VALUE s n x l {l}2 nope
		DEBUG DIGEST-VALUE
		DEBUG DIGEST
		DEL l
		DEBUG DIGEST
		DEBUG SLEEP 0
		DEBUG SLEEP x
		DEBUG SLEEP
		DEBUG SLEEP 0 0
		DEBUG SET-ACTIVE-EXPIRE 0
		DEBUG SET-ACTIVE-EXPIRE 1
		DEBUG SET-ACTIVE-EXPIRE
		DEBUG ERROR "FOO bar"
		DEBUG OBJECT nope
		DEBUG OBJECT
		DEBUG FOO
		DEBUG
		# other server commands
		MEMORY USAGE nope
		MEMORY USAGE s SAMPLES
		MEMORY USAGE s SAMPLES -1
		MEMORY USAGE s SAMPLES x
		MEMORY USAGE s FOO 1
		MEMORY USAGE
		MEMORY PURGE
		MEMORY PURGE x
		MEMORY FOO
		MEMORY
		LATENCY LATEST
		LATENCY HISTORY command
		LATENCY HISTORY
		LATENCY RESET
		LATENCY RESET a b
		LATENCY FOO
		LATENCY
		LATENCY HISTOGRAM nope
		CONFIG GET latency-monitor-threshold
		CONFIG SET latency-monitor-threshold -1
		CONFIG SET latency-monitor-threshold 0
		INFO foo
	`)
}

// TestDebugObject: the address and the clock differ.
func TestDebugObject(t *testing.T) {
	t.Parallel()
	theirs, ours := peer.Dial(t, peer.Start(t, "--enable-debug-command", "yes")), peer.Dial(t, startNode(t, false))
	for _, c := range []*peer.Conn{theirs, ours} {
		c.Text("SET", "n", "100000")
		c.Text("SET", "s", "hello")
		c.Text("APPEND", "s", " world")
		c.Text("RPUSH", "l", "a", "b", "1000")
	}
	for _, key := range []string{"n", "s", "l"} {
		a, b := strings.Fields(theirs.Text("DEBUG", "OBJECT", key)), strings.Fields(ours.Text("DEBUG", "OBJECT", key))
		for i := range b {
			name, _, _ := strings.Cut(a[i], ":")
			switch {
			case b[i] != name && !strings.HasPrefix(b[i], name+":"):
				t.Errorf("%s: field %d is %s, want %s", key, i, b[i], a[i])
			case name == "at", name == "refcount", name == "lru", name == "lru_seconds_idle", name == "serializedlength" && key == "l":
			case a[i] != b[i]:
				t.Errorf("%s: %s, want %s", key, b[i], a[i])
			}
		}
	}
}

func TestDebugCanBeForbidden(t *testing.T) {
	config := server.DefaultConfig(2)
	config.Bind, config.Port, config.Debug = []string{"127.0.0.1"}, 0, "no"
	n, err := node.New(node.Config{Server: config})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- n.Run(ctx) }()
	reply := peer.Dial(t, n.Addr()).Value("DEBUG", "SLEEP", "0")
	if !strings.HasPrefix(reply.Text, "ERR DEBUG command not allowed.") {
		t.Errorf("DEBUG answers %q", reply.Text)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestLatencyMonitor(t *testing.T) {
	t.Parallel()
	c := peer.Dial(t, startNode(t, false))
	c.Text("DEBUG", "SLEEP", "0.002")
	if got := c.Value("LATENCY", "LATEST"); len(got.Elems) != 0 {
		t.Errorf("a spike although nothing is watched: %v", got)
	}
	c.Text("CONFIG", "SET", "latency-monitor-threshold", "1")
	c.Text("DEBUG", "SLEEP", "0.002")
	latest := c.Value("LATENCY", "LATEST")
	var event []string
	for _, e := range latest.Elems {
		if e.Elems[0].Text == "command" {
			event = []string{e.Elems[2].Text, e.Elems[3].Text}
		}
	}
	if event == nil || event[0] == "0" || event[1] == "0" {
		t.Errorf("LATENCY LATEST after a spike: %v", latest)
	}
	if got := c.Value("LATENCY", "HISTORY", "command"); len(got.Elems) == 0 {
		t.Error("no history of a spike")
	}
	if text := c.Text("LATENCY", "DOCTOR"); !strings.HasPrefix(text, "command: ") {
		t.Errorf("LATENCY DOCTOR: %q", text)
	}
	if got := c.Text("LATENCY", "RESET", "command", "nope"); got != "1" {
		t.Errorf("LATENCY RESET forgot %s events, want 1", got)
	}
}

func TestLatencyHistogram(t *testing.T) {
	t.Parallel()
	c := peer.Dial(t, startNode(t, false))
	c.Value("HELLO", "3")
	for range 5 {
		c.Text("DEBUG", "SLEEP", "0")
	}
	v := c.Value("LATENCY", "HISTOGRAM", "debug", "nope", "client")
	if v.Kind != '%' || len(v.Elems) != 2 || v.Elems[0].Text != "debug" {
		t.Fatalf("LATENCY HISTOGRAM: %v", v)
	}
	figures := v.Elems[1].Elems
	steps := figures[3].Elems
	if figures[1].Text != "5" || len(steps) == 0 || steps[len(steps)-1].Text != "5" {
		t.Errorf("LATENCY HISTOGRAM: %v, want 5 calls at the last step", v)
	}
}

// monitored is what monitors read out of INFO.
var monitored = map[string][]string{
	"server":      {"redis_version", "redis_mode", "process_id", "uptime_in_seconds", "hz", "tcp_port", "run_id"},
	"clients":     {"connected_clients", "maxclients", "blocked_clients"},
	"memory":      {"used_memory", "used_memory_human", "used_memory_rss", "used_memory_peak", "used_memory_peak_perc", "used_memory_dataset", "used_memory_overhead", "used_memory_startup", "allocator_allocated", "allocator_active", "allocator_resident", "total_system_memory", "maxmemory", "maxmemory_policy", "mem_fragmentation_ratio", "mem_allocator"},
	"persistence": {"loading", "rdb_bgsave_in_progress", "aof_enabled"},
	"stats":       {"total_connections_received", "total_commands_processed", "instantaneous_ops_per_sec", "instantaneous_input_kbps", "expired_keys", "evicted_keys", "keyspace_hits", "keyspace_misses", "total_error_replies"},
	"replication": {"role", "connected_slaves", "master_repl_offset"},
	"cpu":         {"used_cpu_sys", "used_cpu_user"},
	"errorstats":  {"errorstat_ERR"},
	"keyspace":    {"db0"},
	"cluster":     {"cluster_enabled"},
}

func TestInfoForMonitors(t *testing.T) {
	t.Parallel()
	theirs, ours := peer.Dial(t, peer.Start(t)), peer.Dial(t, startNode(t, false))
	for section, fields := range monitored {
		for _, c := range []*peer.Conn{theirs, ours} {
			c.Value("NOSUCH")
			c.Text("SET", "k", "v", "EX", "995")
			text := c.Text("INFO", section)
			for _, field := range fields {
				if !strings.Contains(text, "\r\n"+field+":") {
					t.Errorf("INFO %s of %v has no %s:\n%s", section, c == theirs, field, text)
				}
			}
		}
	}
	if text := ours.Text("INFO", "keyspace"); !strings.Contains(text, "db0:keys=1,expires=1,avg_ttl=99") {
		t.Errorf("INFO keyspace: %q, want a time to live of about 995 s", text)
	}
	if text := ours.Text("INFO", "everything"); !strings.Contains(text, "# Latencystats\r\n") || !strings.Contains(text, "latency_percentiles_usec_info:p50=") {
		t.Errorf("INFO everything has no latencystats:\n%s", text)
	}
	if text := ours.Text("INFO"); strings.Contains(text, "# Commandstats") || !strings.Contains(text, "# Errorstats") {
		t.Errorf("INFO tells other sections than Redis does:\n%s", text)
	}
}

func TestMemoryStats(t *testing.T) {
	t.Parallel()
	c := peer.Dial(t, startNode(t, false))
	c.Text("SET", "k", "v")
	stats := make(map[string]string)
	v := c.Value("MEMORY", "STATS")
	for i := 0; i+1 < len(v.Elems); i += 2 {
		stats[v.Elems[i].Text] = v.Elems[i+1].Text
	}
	if stats["keys.count"] != "1" || stats["dataset.bytes"] != c.Text("MEMORY", "USAGE", "k") || stats["keys.bytes-per-key"] != stats["dataset.bytes"] {
		t.Errorf("MEMORY STATS of one key: %v", stats)
	}
	if c.Text("MEMORY", "DOCTOR") == "" {
		t.Error("MEMORY DOCTOR says nothing")
	}
}
