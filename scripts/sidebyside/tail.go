//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/olekukonko/tablewriter"
)

// tailKeys is how many keys are there when the tail is measured.
const tailKeys = 2_000_000

// benchTail prints the tail of latency with many keys at half of what the
// slowest server does.
func benchTail(ctx context.Context, o options, servers []peer, dir string) error {
	running, stop, err := startAll(ctx, o, servers, dir)
	if err != nil {
		return err
	}
	defer stop()
	mix := load{name: "GET:SET 10:1", commands: "GET v100:%012d; GET v100:%012d; GET v100:%012d; GET v100:%012d; GET v100:%012d; " +
		"GET v100:%012d; GET v100:%012d; GET v100:%012d; GET v100:%012d; GET v100:%012d; SET v100:%012d VALUE",
		valueBytes: 100, keyCount: tailKeys, connections: 50, pipeline: 1}
	slowest := 0.0
	for i, s := range running {
		progress("%s: %d keys", servers[i].name, tailKeys)
		if err := s.fill(ctx, mix, []string{"SET v100:%012d VALUE"}, tailKeys); err != nil {
			return err
		}
		f, err := drive(ctx, o, s, mix, 0, o.seconds)
		if err != nil {
			return err
		}
		if slowest == 0 || f.perSecond < slowest {
			slowest = f.perSecond
		}
	}
	cpuBefore, gcBefore, err := running[0].collecting(ctx)
	if err != nil {
		return err
	}
	rounds := make([][]figure, len(servers))
	for round := range o.rounds {
		for i := range servers {
			which := (i + round) % len(servers)
			f, err := drive(ctx, o, running[which], mix, slowest/2, 2*o.seconds)
			if err != nil {
				return err
			}
			rounds[which] = append(rounds[which], f)
			progress("tail: round %d of %d", round+1, o.rounds)
		}
	}
	progressEnd()
	fmt.Printf("Tail: %s, %d keys of 100 B, 50 connections, %.0f/s for all, medians of %d rounds, µs\n", mix.name, tailKeys, slowest/2, o.rounds)
	table := tablewriter.NewTable(os.Stdout, tablewriter.WithHeaderAutoFormat(-1))
	table.Header("server", "p50", "p99", "p99.9")
	for i, p := range servers {
		_ = table.Append(p.name, fmt.Sprintf("%.0f", of(rounds[i], p50)), fmt.Sprintf("%.0f", of(rounds[i], p99)), fmt.Sprintf("%.0f", of(rounds[i], p999)))
	}
	if err := table.Render(); err != nil {
		return err
	}
	cpu, gc, err := running[0].collecting(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("Garbage collection of %s meanwhile: %.2f%% of its CPU time\n\n", servers[0].name, 100*(gc-gcBefore)/(cpu-cpuBefore))
	return nil
}

// collecting is the CPU seconds of one of our own servers, in all and of its
// garbage collector.
func (s *process) collecting(ctx context.Context) (cpu, gc float64, err error) {
	if cpu, err = s.cpu(); err != nil {
		return 0, 0, err
	}
	text, err := s.client.Info(ctx, "cpu").Result()
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(text) {
		if value, found := strings.CutPrefix(strings.TrimSpace(line), "gc_cpu_seconds:"); found {
			gc, err = strconv.ParseFloat(value, 64)
			return cpu, gc, err
		}
	}
	return 0, 0, errors.New("INFO cpu tells no gc_cpu_seconds")
}
