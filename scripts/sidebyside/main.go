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
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
)

const usage = `Measures the reference server and loadgen beside real servers and redis-benchmark.

  scripts/bench                     all of it, 5 rounds
  scripts/bench -only server        operations per server CPU second
  scripts/bench -only client        requests per client CPU second
  scripts/bench -only stall         a server stopped for a second: p99 against arithmetic
  scripts/bench -rounds 9           steadier medians

Peers are redis-server and valkey-server from PATH, or from REDIS_SERVER and
VALKEY_SERVER (a command line: "chroot DIR /usr/bin/valkey-server" works).

`

// options is what the command line says.
type options struct {
	rounds    int
	only      string
	with      string
	serverCPU string
	clientCPU string
	seconds   float64
}

func main() {
	var o options
	flag.IntVar(&o.rounds, "rounds", 5, "interleaved rounds; medians are printed")
	flag.StringVar(&o.only, "only", "", "server, client or stall: only that")
	flag.StringVar(&o.with, "with", "loadgen", "what loads the servers: loadgen, or redis-benchmark, which at pipeline 1 is slower than the servers")
	flag.StringVar(&o.serverCPU, "server-cpu", "0", "the core for the server")
	flag.StringVar(&o.clientCPU, "client-cpu", "1", "the core for the client")
	flag.Float64Var(&o.seconds, "seconds", 2, "how long one measurement takes, roughly")
	flag.Usage = func() { fmt.Fprint(flag.CommandLine.Output(), usage); flag.PrintDefaults() }
	flag.Parse()
	if flag.NArg() > 0 || o.with != "loadgen" && o.with != "redis-benchmark" || o.rounds < 1 || !slices.Contains([]string{"", "server", "client", "stall"}, o.only) {
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
	for _, tool := range []string{"taskset", "redis-benchmark"} {
		if _, err := exec.LookPath(tool); err != nil {
			return fmt.Errorf("%s is not on PATH: scripts/peers installs it", tool)
		}
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
	wanted := func(part string) bool { return o.only == "" || o.only == part }
	if wanted("server") {
		ours := peer{"slotbench", []string{filepath.Join(dir, "server")}}
		if err := benchServers(ctx, o, append([]peer{ours}, peers...), loadgen, dir); err != nil {
			return err
		}
	}
	if wanted("client") {
		if err := benchClients(ctx, o, peers[0], loadgen, dir); err != nil {
			return err
		}
	}
	if wanted("stall") {
		return benchStall(ctx, o, peers[0], loadgen, dir)
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
	for _, name := range []string{"redis-server", "valkey-server"} {
		command := strings.Fields(os.Getenv(strings.ToUpper(strings.ReplaceAll(name, "-", "_"))))
		if len(command) == 0 {
			path, err := exec.LookPath(name)
			if err != nil {
				continue
			}
			command = []string{path}
		}
		peers = append(peers, peer{versionOf(name, command), command})
	}
	return peers
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
