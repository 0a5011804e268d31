//go:build linux

// Command sidebyside measures the reference server and the measuring client
// beside the real ones that it finds: the same load, on the same cores, in
// interleaved rounds, and prints medians and ratios. It counts CPU seconds,
// because on a shared machine wall time is mostly the neighbours'. And it
// stops a server under load and compares the latency that loadgen tells with
// the arithmetic.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/term"
)

const usage = `Measures the reference server and loadgen beside real servers and redis-benchmark.

  scripts/bench                        all of it; scripts/bench-server: what concerns the server
  scripts/bench -only plain,types      operations per server CPU second, and latency at one rate for all
  scripts/bench -only memory           resident bytes a key, and after churn
  scripts/bench -only tail             p99.9 with 2M keys at half load
  scripts/bench -only client           requests per client CPU second
  scripts/bench -only stall            a server stopped for a second: p99 against arithmetic
  scripts/bench -quick -rounds 3       the most telling loads only
  scripts/bench -only plain -engine io_uring
  scripts/bench -only plain -match '^GET 100 B, 50 .*pipeline 1$'

Peers are redis-server and valkey-server from PATH, or from REDIS_SERVER,
REDIS8_SERVER and VALKEY_SERVER (a command line: "chroot DIR
/usr/bin/valkey-server" works); and redis-benchmark, valkey-benchmark and
memtier_benchmark likewise, from REDIS_BENCHMARK and so on.

`

// parts is what can be measured.
var parts = []string{"plain", "types", "memory", "tail", "client", "stall"}

// options is what the command line says.
type options struct {
	rounds    int
	only      []string
	quick     bool
	match     *regexp.Regexp
	serverCPU string
	clientCPU string
	engine    string
	seconds   float64
}

// matching is the loads that are wanted.
func (o options) matching(loads []load) []load {
	return slices.DeleteFunc(loads, func(l load) bool { return !o.match.MatchString(l.String()) })
}

func (o options) clientCore() int {
	core, _ := strconv.Atoi(o.clientCPU) // checked when it was read
	return core
}

func main() {
	var o options
	var only, match string
	flag.IntVar(&o.rounds, "rounds", 5, "interleaved rounds; medians are printed")
	flag.StringVar(&only, "only", strings.Join(parts, ","), "what to measure, with commas between")
	flag.StringVar(&match, "match", "", "of plain and types, only the loads whose name this regular expression matches: '^GET.*pipeline 1$'")
	flag.BoolVar(&o.quick, "quick", false, "fewer loads")
	flag.StringVar(&o.serverCPU, "server-cpu", "0", "the core for the server")
	flag.StringVar(&o.clientCPU, "client-cpu", "1", "the core for the client")
	flag.StringVar(&o.engine, "engine", "auto", "our server's --io-engine: auto, epoll, io_uring or portable")
	flag.Float64Var(&o.seconds, "seconds", 1, "how long one measurement takes, roughly")
	flag.Usage = func() { fmt.Fprint(flag.CommandLine.Output(), usage); flag.PrintDefaults() }
	flag.Parse()
	o.only = strings.Split(only, ",")
	_, err := strconv.Atoi(o.clientCPU)
	pattern, badMatch := regexp.Compile(match)
	o.match = pattern
	unknown := slices.ContainsFunc(o.only, func(part string) bool { return !slices.Contains(parts, part) })
	if flag.NArg() > 0 || o.rounds < 1 || unknown || err != nil || badMatch != nil {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "scripts/bench:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	wanted := func(part string) bool { return slices.Contains(o.only, part) }
	if _, err := exec.LookPath("taskset"); err != nil {
		return errors.New("taskset is not on PATH: scripts/peers installs it")
	}
	dir, err := os.MkdirTemp("", "slotbench-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for _, name := range []string{"server", "loadgen"} {
		build := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(dir, name), "./cmd/"+name)
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			return fmt.Errorf("building cmd/%s: %w", name, err)
		}
	}
	peers := findPeers()
	if len(peers) == 0 {
		return fmt.Errorf("no redis-server on PATH: scripts/peers installs it")
	}
	loadgen := filepath.Join(dir, "loadgen")
	ours := peer{"slotbench", []string{filepath.Join(dir, "server"), "--io-engine", o.engine}}
	servers := append([]peer{ours}, peers...)
	for _, part := range []struct {
		name string
		run  func() error
	}{
		{"plain", func() error {
			return benchServers(ctx, o, "GET and SET", servers, o.matching(plainLoads(o.quick)), dir)
		}},
		{"types", func() error { return benchServers(ctx, o, "Types", servers, o.matching(typeLoads()), dir) }},
		{"memory", func() error { return benchMemory(ctx, o, servers, dir) }},
		{"tail", func() error { return benchTail(ctx, o, servers, dir) }},
		{"client", func() error { return benchClients(ctx, o, peers[0], loadgen, dir) }},
		{"stall", func() error { return benchStall(ctx, o, peers[0], loadgen, dir) }},
	} {
		if !wanted(part.name) {
			continue
		}
		if err := part.run(); err != nil {
			return err
		}
	}
	return nil
}

// peer is a server program to compare.
type peer struct {
	name    string
	command []string
}

// findPeers is the real servers on PATH or in the environment.
func findPeers() []peer {
	var peers []peer
	for _, name := range []string{"redis-server", "redis8-server", "valkey-server"} {
		if command := commandOf(name, strings.ToUpper(strings.ReplaceAll(name, "-", "_"))); command != nil {
			peers = append(peers, peer{versionOf(name, command), command})
		}
	}
	return peers
}

// commandOf is the command line that a variable of the environment holds, or a
// program on PATH; nil: there is neither.
func commandOf(name, variable string) []string {
	if command := strings.Fields(os.Getenv(variable)); len(command) > 0 {
		return command
	}
	if path, err := exec.LookPath(name); err == nil {
		return []string{path}
	}
	return nil
}

// versionOf is "redis-server 7.0.15", or the bare name of a server that does
// not tell.
func versionOf(name string, command []string) string {
	version := exec.Command(command[0], append(append([]string{}, command[1:]...), "--version")...)
	output, err := version.Output()
	if err != nil {
		return name
	}
	for _, word := range strings.Fields(string(output)) {
		if v, ok := strings.CutPrefix(word, "v="); ok {
			return name + " " + v
		}
	}
	return name
}

// progress shows where the work stands, on a terminal.
func progress(format string, args ...any) {
	if term.IsTerminal(int(os.Stderr.Fd())) {
		fmt.Fprintf(os.Stderr, "\r\x1b[K"+format, args...)
	}
}

// progressEnd takes it away.
func progressEnd() { progress("") }
