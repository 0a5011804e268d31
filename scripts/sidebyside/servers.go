//go:build linux

package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/olekukonko/tablewriter"
)

// What every measurement uses: the keys are preloaded, so that every GET hits.
const (
	keys       = 100_000
	valueBytes = 100
)

// load is one way of asking.
type load struct {
	command     string
	connections int
	pipeline    int
	rate        float64 // requests a second to expect, to size a measurement
}

func (l load) String() string {
	return fmt.Sprintf("%s, %d conn, pipeline %d", strings.ToUpper(l.command), l.connections, l.pipeline)
}

// benchmark is one line of redis-benchmark --csv.
type benchmark struct {
	perSecond, p50Millis, p99Millis float64
	requests                        int
	cpuSeconds                      float64 // redis-benchmark's own
}

// redisBenchmark runs one load with redis-benchmark on a core.
func redisBenchmark(ctx context.Context, o options, port string, l load) (benchmark, error) {
	n := int(l.rate * o.seconds)
	cmd := exec.CommandContext(ctx, "taskset", "-c", o.clientCPU, "redis-benchmark", "-p", port, "--csv",
		"-t", l.command, "-c", strconv.Itoa(l.connections), "-P", strconv.Itoa(l.pipeline),
		"-n", strconv.Itoa(n), "-r", strconv.Itoa(keys), "-d", strconv.Itoa(valueBytes))
	output, err := cmd.Output()
	if err != nil {
		return benchmark{}, fmt.Errorf("redis-benchmark: %w", err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(output))).ReadAll()
	if err != nil || len(rows) != 2 || len(rows[1]) < 7 {
		return benchmark{}, fmt.Errorf("redis-benchmark printed %q", output)
	}
	b := benchmark{requests: n}
	for _, f := range []struct {
		column int
		to     *float64
	}{{1, &b.perSecond}, {4, &b.p50Millis}, {6, &b.p99Millis}} {
		if *f.to, err = strconv.ParseFloat(rows[1][f.column], 64); err != nil {
			return benchmark{}, fmt.Errorf("redis-benchmark printed %q", output)
		}
	}
	state := cmd.ProcessState
	b.cpuSeconds = (state.UserTime() + state.SystemTime()).Seconds()
	return b, nil
}

// serverFigure is what one load did to one server.
type serverFigure struct {
	perCPUSecond, p50Micros, p99Micros []float64
}

// benchServers prints operations per server CPU second of each server under
// the same loads.
func benchServers(ctx context.Context, o options, servers []peer, loadgen, dir string) error {
	loads := []load{
		{"get", 50, 1, 80e3}, {"set", 50, 1, 80e3},
		{"get", 50, 16, 600e3}, {"set", 50, 16, 600e3},
		{"get", 50, 64, 900e3}, {"set", 50, 64, 900e3},
		{"get", 1, 1, 15e3}, {"set", 1, 1, 15e3},
	}
	running := make([]*process, len(servers))
	for i, p := range servers {
		s, err := start(ctx, p, o.serverCPU, dir)
		if err != nil {
			return err
		}
		defer s.stop()
		if err := s.fill(ctx, keys, valueBytes); err != nil {
			return err
		}
		running[i] = s
	}
	figures := make([][]serverFigure, len(loads))
	for l := range loads {
		figures[l] = make([]serverFigure, len(servers))
	}
	for round := range o.rounds {
		for l, load := range loads {
			for i := range servers {
				which := (i + round) % len(servers)
				if err := measureServer(ctx, o, running[which], load, loadgen, dir, &figures[l][which]); err != nil {
					return err
				}
			}
			fmt.Fprintf(os.Stderr, "\rservers: round %d of %d, %-28s", round+1, o.rounds, load)
		}
	}
	fmt.Fprintln(os.Stderr)
	printServers(o, servers, loads, figures)
	return nil
}

func measureServer(ctx context.Context, o options, s *process, l load, loadgen, dir string, f *serverFigure) error {
	if o.with == "loadgen" {
		run, err := runLoadgen(ctx, o, loadgen, s.port, l, dir)
		if err != nil {
			return err
		}
		if len(run.Nodes) != 1 || run.Nodes[0].CPUSeconds <= 0 {
			return fmt.Errorf("loadgen's record tells no CPU time of the server on port %s", s.port)
		}
		f.add(float64(run.Totals.Requests)/run.Nodes[0].CPUSeconds, run.Totals.Service.P50, run.Totals.Service.P99)
		return nil
	}
	before, err := s.cpu()
	if err != nil {
		return err
	}
	b, err := redisBenchmark(ctx, o, s.port, l)
	if err != nil {
		return err
	}
	after, err := s.cpu()
	if err != nil {
		return err
	}
	f.add(float64(b.requests)/(after-before), 1000*b.p50Millis, 1000*b.p99Millis)
	return nil
}

func (f *serverFigure) add(perCPUSecond, p50Micros, p99Micros float64) {
	f.perCPUSecond = append(f.perCPUSecond, perCPUSecond)
	f.p50Micros = append(f.p50Micros, p50Micros)
	f.p99Micros = append(f.p99Micros, p99Micros)
}

func printServers(o options, servers []peer, loads []load, figures [][]serverFigure) {
	fmt.Printf("Servers: thousand operations per server CPU second, (p50 / p99 µs at saturation)\n")
	fmt.Printf("%s on core %s, server on core %s, %d keys of %d B, median of %d interleaved rounds\n", o.with, o.clientCPU, o.serverCPU, keys, valueBytes, o.rounds)
	header := []any{"load"}
	for _, p := range servers {
		header = append(header, p.name)
	}
	header = append(header, "CPU ratio", "p50 ratio")
	table := tablewriter.NewTable(os.Stdout, tablewriter.WithHeaderAutoFormat(-1))
	table.Header(header...)
	for l, load := range loads {
		row := []any{load.String()}
		best, bestP50 := 0.0, 0.0
		for i := range servers {
			f := figures[l][i]
			rate, p50 := median(f.perCPUSecond), median(f.p50Micros)
			row = append(row, fmt.Sprintf("%.0f (%.0f / %.0f)", rate/1000, p50, median(f.p99Micros)))
			if i > 0 && rate > best {
				best = rate
			}
			if i > 0 && (bestP50 == 0 || p50 < bestP50) {
				bestP50 = p50
			}
		}
		ours := figures[l][0]
		row = append(row, fmt.Sprintf("%.2f", median(ours.perCPUSecond)/best), fmt.Sprintf("%.2f", median(ours.p50Micros)/bestP50))
		_ = table.Append(row...)
	}
	_ = table.Render()
	fmt.Println("Ratios are of slotbench over the best peer: CPU above 1 is better, p50 below 1 is better.")
	fmt.Println()
}
