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
	if err := s.fill(ctx, keys, valueBytes); err != nil {
		return err
	}
	loads := []load{{"get", 50, 1, 80e3}, {"get", 50, 16, 600e3}, {"get", 50, 64, 900e3}, {"get", 200, 1, 80e3}}
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
			fmt.Fprintf(os.Stderr, "\rclients: round %d of %d, %-28s", round+1, o.rounds, load)
		}
	}
	fmt.Fprintln(os.Stderr)
	fmt.Printf("Clients: thousand requests per client CPU second, closed loop, %s on core %s, client on core %s, median of %d\n", server.name, o.serverCPU, o.clientCPU, o.rounds)
	table := tablewriter.NewTable(os.Stdout, tablewriter.WithHeaderAutoFormat(-1))
	table.Header("load", "loadgen", "redis-benchmark", "ratio")
	for l, load := range loads {
		a, b := median(ours[l]), median(theirs[l])
		_ = table.Append(load.String(), fmt.Sprintf("%.0f", a/1000), fmt.Sprintf("%.0f", b/1000), fmt.Sprintf("%.2f", a/b))
	}
	return table.Render()
}

// loadgenRecord is what is read of loadgen's record.
type loadgenRecord struct {
	Totals struct {
		Requests, Errors, Misses int64
		Service                  struct{ P50, P99 float64 } `json:"service_us"`
	}
	Client struct {
		// Of the whole process, in the measurement only.
		RequestsPerCPUSecond float64 `json:"requests_per_cpu_second"`
	}
	Nodes []struct {
		CPUSeconds float64 `json:"cpu_seconds"` // in the measurement only
	}
}

// runLoadgen runs one closed loop on a core.
func runLoadgen(ctx context.Context, o options, loadgen, port string, l load, dir string) (record loadgenRecord, err error) {
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
