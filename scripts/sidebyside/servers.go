//go:build linux

package main

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"math"
	"os"

	"github.com/olekukonko/tablewriter"
)

// keys is how many keys GET and SET work on, all there before: every GET hits.
const keys = 100_000

// plainLoads is GET and SET in every shape; quick leaves the most telling.
func plainLoads(quick bool) []load {
	sizes, connections := []int{100, 1024}, []int{1, 50, 200}
	if quick {
		sizes, connections = sizes[:1], connections[:2]
	}
	expect := map[int]float64{1: 80e3, 16: 500e3, 64: 900e3}
	var loads []load
	for _, size := range sizes {
		for _, c := range connections {
			for _, pipeline := range []int{1, 16, 64} {
				if quick && c == 1 && pipeline > 1 {
					continue
				}
				for _, command := range []string{"GET", "SET"} {
					loads = append(loads, plain(command, size, c, pipeline, expect[pipeline]))
				}
			}
		}
	}
	return loads
}

// limiter is a sliding window: at most ARGV[3] events in ARGV[2] of time.
const limiter = `local now = tonumber(ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], 0, now - tonumber(ARGV[2]))
if redis.call('ZCARD', KEYS[1]) < tonumber(ARGV[3]) then
  redis.call('ZADD', KEYS[1], now, ARGV[4])
  redis.call('EXPIRE', KEYS[1], ARGV[2])
  return 1
end
return 0`

// typeLoads is what realistic workloads do with the other types.
func typeLoads() []load {
	sum := sha1.Sum([]byte(limiter))
	row := func(name, commands string, valueBytes int) load {
		return load{name: name, commands: commands, valueBytes: valueBytes, keyCount: groups, connections: 50, pipeline: 16, expect: 300e3}
	}
	return []load{
		row("HSET of 10", "HSET hash:%012d FIELDS", 10),
		row("HGETALL of 10", "HGETALL hash:%012d", 10),
		row("LPUSH, RPOP", "LPUSH list:%012d VALUE; RPOP list:%012d", 32),
		row("SADD", "SADD set:%012d NAME", 8),
		row("SISMEMBER", "SISMEMBER set:%012d RANDOM", 8),
		row("ZADD", "ZADD zset:%012d RANDOM member:5", 8),
		row("ZRANGE of 10", "ZRANGE zset:%012d 0 9", 8),
		row("INCR", "INCR counter:%012d", 8),
		row("MGET of 10", "MGET KEYS", 100),
		row("MSET of 10", "MSET PAIRS", 100),
		row(evalName, "EVALSHA "+hex.EncodeToString(sum[:])+" 1 rate:%012d RANDOM 100 10 NAME", 8),
	}
}

const evalName = "EVALSHA limiter"

// data is what must be there before a load runs.
func data(l load) (texts []string, count int) {
	switch l.commands[0:2] {
	case "GE", "SE":
		return []string{fmt.Sprintf("SET v%d:%%012d VALUE", l.valueBytes)}, keys
	case "HS", "HG":
		return []string{"HSET hash:%012d FIELDS"}, groups
	case "LP":
		texts = make([]string, 2*fields)
		for i := range texts {
			texts[i] = "RPUSH list:%012d VALUE"
		}
		return texts, groups
	case "SA", "SI":
		return []string{"SADD set:%012d RANDOM NAME NAME NAME NAME NAME NAME NAME NAME NAME"}, groups
	case "ZA", "ZR":
		return []string{"ZADD zset:%012d MEMBERS"}, groups
	case "MG", "MS":
		return []string{"MSET PAIRS"}, groups
	}
	return nil, 0
}

// startAll starts every server on the server's core.
func startAll(ctx context.Context, o options, servers []peer, dir string) (running []*process, stop func(), err error) {
	stop = func() {
		for _, s := range running {
			s.stop()
		}
	}
	for _, p := range servers {
		s, err := start(ctx, p, o.serverCPU, dir)
		if err != nil {
			stop()
			return nil, nil, err
		}
		running = append(running, s)
	}
	return running, stop, nil
}

// benchServers prints operations per server CPU second, and latency at one
// rate for all, of each server under the same loads.
func benchServers(ctx context.Context, o options, title string, servers []peer, loads []load, dir string) error {
	running, stop, err := startAll(ctx, o, servers, dir)
	if err != nil {
		return err
	}
	defer stop()
	for i, s := range running {
		for _, l := range loads {
			if l.name == evalName {
				if err := s.client.ScriptLoad(ctx, limiter).Err(); err != nil {
					return fmt.Errorf("%s: %w", servers[i].name, err)
				}
			}
			texts, count := data(l)
			if err := s.fill(ctx, l, texts, count); err != nil {
				return fmt.Errorf("%s: %w", servers[i].name, err)
			}
		}
	}
	closed, open := newFigures(loads, servers), newFigures(loads, servers)
	for round := range o.rounds {
		for l, load := range loads {
			slowest := math.Inf(1)
			for i := range servers {
				which := (i + round) % len(servers)
				f, err := drive(ctx, o, running[which], load, 0, o.seconds)
				if err != nil {
					return fmt.Errorf("%s: %w", servers[which].name, err)
				}
				closed[l][which] = append(closed[l][which], f)
				slowest = min(slowest, f.perSecond)
			}
			for i := range servers {
				which := (i + round) % len(servers)
				f, err := drive(ctx, o, running[which], load, slowest/2, o.seconds)
				if err != nil {
					return fmt.Errorf("%s: %w", servers[which].name, err)
				}
				open[l][which] = append(open[l][which], f)
			}
			progress("round %d of %d, %s", round+1, o.rounds, load)
		}
	}
	progressEnd()
	printServers(o, title, servers, loads, closed, open)
	return nil
}

// figures is by load, server and round.
type figures [][][]figure

func newFigures(loads []load, servers []peer) figures {
	f := make(figures, len(loads))
	for l := range f {
		f[l] = make([][]figure, len(servers))
	}
	return f
}

// of is the median of one figure over the rounds.
func of(rounds []figure, what func(figure) float64) float64 {
	values := make([]float64, len(rounds))
	for i, f := range rounds {
		values[i] = what(f)
	}
	return median(values)
}

func perCPU(f figure) float64 { return f.perCPUSecond }
func p50(f figure) float64    { return f.p50 }
func p99(f figure) float64    { return f.p99 }
func p999(f figure) float64   { return f.p999 }

func printServers(o options, title string, servers []peer, loads []load, closed, open figures) {
	fmt.Printf("%s: thousand operations per server CPU second, closed loop; and p50 / p99 µs at one rate for all, half of what the slowest does\n", title)
	fmt.Printf("client on core %s, server on core %s, medians of %d interleaved rounds of %g s\n", o.clientCPU, o.serverCPU, o.rounds, o.seconds)
	header := []any{"load"}
	for _, p := range servers {
		header = append(header, p.name)
	}
	header = append(header, "CPU", "p50", "p99")
	table := tablewriter.NewTable(os.Stdout, tablewriter.WithHeaderAutoFormat(-1))
	table.Header(header...)
	product, factors := 0.0, 0
	for l, load := range loads {
		row := []any{load.String()}
		var rates, p50s, p99s []float64
		for i := range servers {
			rates = append(rates, of(closed[l][i], perCPU))
			p50s = append(p50s, of(open[l][i], p50))
			p99s = append(p99s, of(open[l][i], p99))
			row = append(row, fmt.Sprintf("%.0f (%.0f / %.0f)", rates[i]/1000, p50s[i], p99s[i]))
		}
		ratio := overBest(rates, math.Max)
		row = append(row, fmt.Sprintf("%.2f", ratio), fmt.Sprintf("%.2f", overBest(p50s, math.Min)), fmt.Sprintf("%.2f", overBest(p99s, math.Min)))
		_ = table.Append(row...)
		if load.name != evalName {
			product, factors = product+math.Log(ratio), factors+1
		}
	}
	_ = table.Render()
	fmt.Printf("The last three are slotbench over the best peer: CPU above 1 is better, latency below 1. CPU, geometric mean without scripts: %.2f\n\n",
		math.Exp(product/float64(max(factors, 1))))
}

// overBest is the first value over the best of the others.
func overBest(values []float64, better func(a, b float64) float64) float64 {
	best := values[1]
	for _, v := range values[2:] {
		best = better(best, v)
	}
	return values[0] / best
}
