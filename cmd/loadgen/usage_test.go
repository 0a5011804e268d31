package main

import (
	"bytes"
	"runtime"
	"slices"
	"strings"
	"testing"

	"slotbench/cmd/loadgen/driver"
	"slotbench/results"
	"slotbench/workloads"
)

// TestUsageErrors are command lines that are refused before anything begins.
func TestUsageErrors(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string // part of the message
	}{
		{[]string{"frobnicate"}, `"frobnicate"`},
		{[]string{"run", "extra"}, `"extra"`},
		{[]string{"--nonsense"}, "--nonsense"},
		{[]string{"run", "--connections", "many"}, "--connections"},
		{[]string{"run", "--target", "memcached://x"}, "--target"},
		{[]string{"run", "--target", "redis://h", "--nodes", "3"}, "--nodes"},
		{[]string{"run", "--target", "redis://h", "--server-cpus", "0"}, "--server-cpus"},
		{[]string{"run", "--binary", "/bin/redis"}, "--binary"},
		{[]string{"run", "--tls-ca", "x"}, "rediss://"},
		{[]string{"run", "--nodes", "0"}, "--nodes 0"},
		{[]string{"run", "--nodes", "1", "--migrate", "5"}, "no other node"},
		{[]string{"run", "--migrate", "0", "--migrate-at", "0.4"}, "--migrate-at"},
		{[]string{"run", "--migrate-at", "1.5"}, "migrate at"},
		{[]string{"run", "--migrate", "-1"}, "migrate -1"},
		{[]string{"run", "--rate", "100", "--arrival", "closed"}, "--arrival closed"},
		{[]string{"run", "--rate", "0", "--arrival", "poisson"}, "--rate 0"},
		{[]string{"run", "--rate", "-1"}, "--rate -1"},
		{[]string{"run", "--rate", "-5"}, "--rate -5"},
		{[]string{"run", "--arrival", "sometimes"}, "sometimes"},
		{[]string{"run", "--connections", "0"}, "connections 0"},
		{[]string{"run", "--threads", "0"}, "threads 0"},
		{[]string{"run", "--resp", "4"}, "--resp 4"},
		{[]string{"run", "--strategy", "magic"}, "key-by-key, atomic, pushed"},
		{[]string{"run", "--strategy", "atomic", "--migrate", "0"}, "nothing migrates"},
		{[]string{"run", "--replicas", "1"}, "local:redis"},
		{[]string{"run", "--target", "local:redis", "--replicas", "1", "--nodes", "1"}, "--nodes 2"},
		{[]string{"run", "--pipeline", "0"}, "pipeline 0"},
		{[]string{"run", "--requests", "0"}, "--requests 0"},
		{[]string{"run", "--duration", "0s"}, "--duration"},
		{[]string{"run", "--duration", "10"}, "--duration"},
		{[]string{"run", "--timeout", "0s"}, "--timeout"},
		{[]string{"run", "--interval", "1ms"}, "interval 1ms"},
		{[]string{"run", "--warmup", "-1s"}, "warmup"},
		{[]string{"run", "--phase", "steady"}, "for: is missing"},
		{[]string{"run", "--phase", "warmup,for=1s,rate=9"}, "measure nothing"},
		{[]string{"run", "--phase", "steady,for=1s,rate=9", "--rate", "5"}, "--rate with --phase"},
		{[]string{"run", "--phase", "steady,for=1s,rate=9", "--duration", "5s"}, "--duration with --phase"},
		{[]string{"run", "--phase", "steady,for=1s,rate=9", "--arrival", "closed"}, "phases have rates"},
		{[]string{"run", "--keys", "0"}, "--keys 0"},
		{[]string{"run", "--slot", "16384"}, "--slot 16384"},
		{[]string{"run", "--slot", "5"}, "slot 5"},
		{[]string{"run", "--workload", "nonsense"}, "nonsense"},
		{[]string{"run", "--ratio", "x"}, "ratio"},
		{[]string{"run", "--value-size", "x"}, "size"},
		{[]string{"run", "--format", "xml"}, "xml"},
		{[]string{"run", "--driver", "carrier-pigeon"}, "carrier-pigeon"},
		{[]string{"run", "--driver", "go-redis", "--spin", "on"}, "--spin"},
		{[]string{"run", "--driver", "go-redis", "--threads", "2"}, "goroutines"},
		{[]string{"run", "--spin", "maybe"}, "--spin"},
		{[]string{"run", "--keep"}, "--keep"},
		{[]string{"run", "--allow-data"}, "--allow-data"},
		{[]string{"run", "--server-cpus", "a"}, "--server-cpus"},
		{[]string{"run", "--client-cpus", "3-1"}, "--client-cpus"},
		{[]string{"run", "--client-cpus", "1023"}, "CPU 1023"},
		{[]string{"replay"}, "at least one trace"},
		{[]string{"replay", "no/such/trace"}, "no/such/trace"},
		{[]string{"replay", "usage_test.go"}, "nothing tells"},
		{[]string{"replay", "x", "--speed", "-1"}, "speed -1"},
		{[]string{"replay", "x", "--amplify", "9999"}, "amplify 9999"},
		{[]string{"replay", "x", "--rate", "5"}, "--rate has no meaning"},
		{[]string{"replay", "x", "--phase", "steady,for=1s,rate=5"}, "--phase has no meaning"},
		{[]string{"replay", "x", "--migrate", "5"}, "add --duration"},
		{[]string{"replay", "-", "--target", "redis://h"}, "can't be read again"},
		{[]string{"replay", "x", "--max-bad", "0"}, "--max-bad 0"},
		{[]string{"replay", "x", "--trace-format", "pcap"}, "pcap"},
		{[]string{"up", "--target", "redis://h"}, "runs already"},
		{[]string{"up", "--format", "csv"}, "csv"},
		{[]string{"workloads", "show"}, "mixed"},
		{[]string{"workloads", "show", "nonsense"}, "nonsense"},
		{[]string{"workloads", "nonsense"}, "nonsense"},
		{[]string{"report"}, "folders"},
		{[]string{"report", "no/such/run"}, "no/such/run"},
		{[]string{"version", "x"}, `"x"`},
	} {
		var stdout, stderr bytes.Buffer
		if code := execute(test.args, &stdout, &stderr); code != exitUsage {
			t.Errorf("%q: exit %d, want %d; %s", test.args, code, exitUsage, stderr.String())
		}
		if !strings.Contains(stderr.String(), test.want) || stdout.Len() > 0 {
			t.Errorf("%q: stderr %q, want %q in it; stdout %q", test.args, stderr.String(), test.want, stdout.String())
		}
	}
}

func TestPasswordsAreNotShown(t *testing.T) {
	o := &targetOptions{target: "redis://user:secret@example.test:1234"}
	if got := o.shown(); strings.Contains(got, "secret") || !strings.Contains(got, "example.test:1234") {
		t.Errorf("target shown as %q", got)
	}
	o.target = "redis://user:se%cret@example.test"
	if got := o.shown(); strings.Contains(got, "cret") {
		t.Errorf("target that can't be read shown as %q", got)
	}
	line := strings.Join(hide([]string{"run", "--target", "redis://:secret@h", "--target=redis://:secret@h"}, "redis://:secret@h", "redis://h"), " ")
	if line != "run --target redis://h --target=redis://h" {
		t.Errorf("command line %q", line)
	}
}

// settled parses a command line as run does.
func settled(t *testing.T, args ...string) *setup {
	t.Helper()
	o := &runOptions{program: &program{debts: &driver.Debts{}}}
	cmd := newRun(o.program)
	cmd.ResetFlags()
	o.register(cmd.Flags())
	if err := cmd.ParseFlags(args); err != nil {
		t.Fatal(err)
	}
	s, err := o.settle(cmd.Flags().Changed)
	if err != nil {
		t.Fatalf("%q: %v", args, err)
	}
	return s
}

func TestSettledRuns(t *testing.T) {
	for _, test := range []struct {
		args  []string
		check func(c *driver.Config) bool
	}{
		{nil, func(c *driver.Config) bool {
			return c.Rate == driver.RateProbe && c.Arrival == workloads.Poisson && c.Migrate == 100 && c.Connections == 50
		}},
		{[]string{"--arrival", "constant"}, func(c *driver.Config) bool { return c.Rate == driver.RateProbe && c.Arrival == workloads.Constant }},
		{[]string{"--rate", "0"}, func(c *driver.Config) bool { return c.Closed() && c.Arrival == workloads.Closed }},
		{[]string{"--arrival", "closed"}, func(c *driver.Config) bool { return c.Closed() }},
		{[]string{"--rate", "500"}, func(c *driver.Config) bool { return c.Rate == 500 && c.Arrival == workloads.Poisson }},
		{[]string{"-n", "1000"}, func(c *driver.Config) bool { return c.Requests == 1000 && c.Duration == 0 }},
		{[]string{"-n", "1000", "--duration", "3s"}, func(c *driver.Config) bool { return c.Requests == 1000 && c.Duration.Seconds() == 3 }},
		{[]string{"-c", "7", "-P", "9"}, func(c *driver.Config) bool { return c.Connections == 7 && c.Pipeline == 9 }},
		{[]string{"--nodes", "1"}, func(c *driver.Config) bool { return c.Migrate == 0 }},
		{[]string{"--target", "redis://h"}, func(c *driver.Config) bool { return c.Migrate == 0 }},
		{[]string{"--target", "redis://h", "--migrate", "5"}, func(c *driver.Config) bool { return c.Migrate == 5 }},
		{[]string{"-w", "seed-write"}, func(c *driver.Config) bool {
			return c.Closed() && c.Requests == 1_000_000 && c.Duration == 0 && c.Connections == 50
		}},
		{[]string{"--phase", "ramp,for=3s,from=1,to=2", "--phase", "steady,for=4s,rate=50%"}, func(c *driver.Config) bool {
			return c.Rate == driver.RateProbe && c.Duration.Seconds() == 7 && c.Phases[1].Name == "steady"
		}},
		{[]string{"-w", "seed-write", "--phase", "ramp,for=3s,from=1,to=2"}, func(c *driver.Config) bool {
			return c.Rate > 0 && c.Requests == 0 && c.Arrival == workloads.Poisson
		}},
		{[]string{"-w", "seed-write", "--duration", "5s"}, func(c *driver.Config) bool { return c.Requests == 0 && c.Duration.Seconds() == 5 }},
		{[]string{"-w", "seed-write", "--rate", "100"}, func(c *driver.Config) bool { return c.Rate == 100 && c.Arrival == workloads.Poisson }},
		{[]string{"-w", "seed-write", "-n", "10", "-c", "2"}, func(c *driver.Config) bool { return c.Requests == 10 && c.Connections == 2 }},
	} {
		if s := settled(t, test.args...); !test.check(&s.plan.Config) {
			t.Errorf("%q: %+v", test.args, s.plan.Config)
		}
	}
}

func TestEveryPresetCompiles(t *testing.T) {
	for _, name := range workloads.Names() {
		if s := settled(t, "-w", name); s.compile() != nil {
			t.Errorf("%s: %v", name, s.compile())
		}
	}
}

func TestSpins(t *testing.T) {
	o := &runOptions{threads: 1, spin: "on"}
	if !o.spins(true, 99, 0) {
		t.Error("--spin on does not spin")
	}
	o.spin = "off"
	if o.spins(false, 0, 4) {
		t.Error("--spin off spins")
	}
	o.spin = "auto"
	if o.spins(true, runtime.NumCPU(), 0) {
		t.Error("spins although servers on this machine need every CPU")
	}
	if !o.spins(false, 3, 1) {
		t.Error("does not spin although its thread has a CPU of its own")
	}
}

func TestParseCPUs(t *testing.T) {
	for text, want := range map[string][]int{"": nil, "0": {0}, "0,2-4": {0, 2, 3, 4}} {
		if got, err := parseCPUs("--x", text); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{",", "-1", "1-", "2-1", "9999", "a", "1,,2"} {
		if got, err := parseCPUs("--x", text); err == nil {
			t.Errorf("%q: %v, want an error", text, got)
		}
	}
}

func TestHelpTeaches(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if code := execute([]string{"--help"}, &stdout, &stderr); code != exitOK {
		t.Fatalf("exit %d: %s", code, stderr.String())
	}
	for _, want := range []string{"totals", "--target redis://127.0.0.1:6379", "--rate 0", "workloads", "report", "up "} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("--help without %q:\n%s", want, stdout.String())
		}
	}
}

func TestListings(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"version"}, "loadgen "},
		{[]string{"workloads"}, "ycsb-a-strings"},
		{[]string{"workloads", "list"}, "seed-slot"},
		{[]string{"workloads", "show", "mixed"}, "product:{"},
	} {
		var stdout, stderr bytes.Buffer
		if code := execute(test.args, &stdout, &stderr); code != exitOK || !strings.Contains(stdout.String(), test.want) {
			t.Errorf("%q: exit %d, %q, %q", test.args, code, stdout.String(), stderr.String())
		}
	}
}

func TestProgressLine(t *testing.T) {
	line := progressLine(driver.State{Phase: "measuring", Share: 0.5, Requests: 1000, Errors: 3, OpsPerSec: 250, P50US: 100, P99US: 2000, Response: &results.LiveResponse{}})
	for _, want := range []string{"measuring", "50 %", "1000 requests", "250/s", "p50 0.10 ms", "p99 2.00 ms", "3 errors", "ERRORS so far"} {
		if !strings.Contains(line, want) {
			t.Errorf("%q without %q", line, want)
		}
	}
	if line := progressLine(driver.State{Phase: "checking", Share: -1}); strings.TrimSpace(line) != "checking" {
		t.Errorf("%q", line)
	}
}
