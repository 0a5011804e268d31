//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/olekukonko/tablewriter"
)

// writeWorkload writes a workload that asks for the very keys and values that
// redis-benchmark asks for, and returns its path.
func writeWorkload(dir, command string) (string, error) {
	text := fmt.Sprintf(`name: redis-benchmark %s
keys: %d
value_size: "%d"
families: [{name: key, key: "key:%%012d"}]
operations: [{command: %s}]
`, command, keys, valueBytes, strings.ToUpper(command))
	path := filepath.Join(dir, command+".yaml")
	return path, os.WriteFile(path, []byte(text), 0o600)
}

// benchClients prints requests per client CPU second of loadgen's wire driver
// and of redis-benchmark, both reading the same preloaded keys.
func benchClients(ctx context.Context, o options, server peer, loadgen, dir string) error {
	s, err := start(ctx, server, o.serverCPU, dir)
	if err != nil {
		return err
	}
	defer s.stop()
	if err := s.fill(ctx, load{valueBytes: valueBytes}, []string{"SET key:%012d VALUE"}, keys); err != nil {
		return err
	}
	loads := []ask{{"get", 50, 1, 80e3}, {"get", 50, 16, 600e3}, {"get", 50, 64, 900e3}, {"get", 200, 1, 80e3}}
	ours, theirs := make([][]float64, len(loads)), make([][]float64, len(loads))
	for round := range o.rounds {
		for l, load := range loads {
			b, err := redisBenchmark(ctx, o, s.port, load)
			if err != nil {
				return err
			}
			theirs[l] = append(theirs[l], float64(b.requests)/b.cpuSeconds)
			run, err := runLoadgen(ctx, o, loadgen, s.port, load, dir)
			if err != nil {
				return err
			}
			ours[l] = append(ours[l], run.Client.RequestsPerCPUSecond)
			progress("clients: round %d of %d, %s", round+1, o.rounds, load)
		}
	}
	progressEnd()
	fmt.Printf("Clients: thousand requests per client CPU second, closed loop, %s on core %s, client on core %s, median of %d\n", server.name, o.serverCPU, o.clientCPU, o.rounds)
	table := tablewriter.NewTable(os.Stdout, tablewriter.WithHeaderAutoFormat(-1))
	table.Header("load", "loadgen", "redis-benchmark", "ratio")
	for l, load := range loads {
		a, b := median(ours[l]), median(theirs[l])
		_ = table.Append(load.String(), fmt.Sprintf("%.0f", a/1000), fmt.Sprintf("%.0f", b/1000), fmt.Sprintf("%.2f", a/b))
	}
	return table.Render()
}

// valueBytes is the length of the values that both clients read.
const valueBytes = 100

// ask is one way of asking by redis-benchmark and loadgen.
type ask struct {
	command     string
	connections int
	pipeline    int
	rate        float64 // requests a second to expect, to size a measurement
}

func (a ask) String() string {
	return fmt.Sprintf("%s, %d conn, pipeline %d", strings.ToUpper(a.command), a.connections, a.pipeline)
}

// benchmark is one run of redis-benchmark.
type benchmark struct {
	requests   int
	cpuSeconds float64 // redis-benchmark's own
}

// redisBenchmark runs one load with redis-benchmark on a core.
func redisBenchmark(ctx context.Context, o options, port string, a ask) (benchmark, error) {
	n := int(a.rate * o.seconds)
	cmd := exec.CommandContext(ctx, "taskset", "-c", o.clientCPU, "redis-benchmark", "-p", port, "-q",
		"-t", a.command, "-c", strconv.Itoa(a.connections), "-P", strconv.Itoa(a.pipeline),
		"-n", strconv.Itoa(n), "-r", strconv.Itoa(keys), "-d", strconv.Itoa(valueBytes))
	if err := cmd.Run(); err != nil {
		return benchmark{}, fmt.Errorf("redis-benchmark: %w", err)
	}
	state := cmd.ProcessState
	return benchmark{n, (state.UserTime() + state.SystemTime()).Seconds()}, nil
}

// loadgenRecord is what is read of loadgen's record.
type loadgenRecord struct {
	Totals struct {
		Requests, Errors, Misses int64
	}
	Client struct {
		// Of the whole process, in the measurement only.
		RequestsPerCPUSecond float64 `json:"requests_per_cpu_second"`
	}
}

// runLoadgen runs one closed loop on a core.
func runLoadgen(ctx context.Context, o options, loadgen, port string, l ask, dir string) (record loadgenRecord, err error) {
	workload, err := writeWorkload(dir, l.command)
	if err != nil {
		return record, err
	}
	cmd := exec.CommandContext(ctx, "taskset", "-c", o.clientCPU, loadgen, "run",
		"--target", "redis://127.0.0.1:"+port, "--workload", workload, "--allow-data", "--keep", "--key-prefix", "",
		"--rate", "0", "--warmup", "0s", "--connections", strconv.Itoa(l.connections), "--pipeline", strconv.Itoa(l.pipeline),
		"--requests", strconv.Itoa(int(l.rate*o.seconds)), "--format", "json", "--quiet", "--out", filepath.Join(dir, "run"))
	cmd.Stderr = os.Stderr
	output, err := cmd.Output()
	if err != nil {
		return record, fmt.Errorf("loadgen: %w", err)
	}
	if err := json.Unmarshal(output, &record); err != nil {
		return record, fmt.Errorf("loadgen's record: %w", err)
	}
	if record.Totals.Errors > 0 || record.Totals.Misses > 0 {
		return record, fmt.Errorf("loadgen saw %d errors and %d misses", record.Totals.Errors, record.Totals.Misses)
	}
	return record, nil
}
