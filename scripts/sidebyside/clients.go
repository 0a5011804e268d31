//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
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
	verb, family, bytes := command, "key", valueBytes
	if command == likeMixed {
		verb, family, bytes = "get", likeMixed, mixedBytes
	}
	text := fmt.Sprintf(`name: redis-benchmark %s
keys: %d
value_size: "%d"
families: [{name: key, key: "%s:%%012d"}]
operations: [{command: %s}]
`, command, keys, bytes, family, strings.ToUpper(verb))
	path := filepath.Join(dir, command+".yaml")
	return path, os.WriteFile(path, []byte(text), 0o600)
}

// rival is another load generator.
type rival struct {
	name    string
	command []string
	// args asks for a load: n requests in all at a port.
	args func(port string, a ask, n int) []string
}

// benchmarkArgs is the command line of redis-benchmark and its fork.
func benchmarkArgs(port string, a ask, n int) []string {
	return []string{"-p", port, "-q", "-t", a.command, "-c", strconv.Itoa(a.connections), "-P", strconv.Itoa(a.pipeline),
		"-n", strconv.Itoa(n), "-r", strconv.Itoa(keys), "-d", strconv.Itoa(valueBytes)}
}

// memtierArgs is that of memtier_benchmark, whose -n counts by client, and
// whose clients all ask for the same keys unless they are told not to.
func memtierArgs(port string, a ask, n int) []string {
	ratio := "0:1"
	if a.command == "set" {
		ratio = "1:0"
	}
	return []string{"-p", port, "--hide-histogram", "-t", "1", "-c", strconv.Itoa(a.connections),
		"--pipeline", strconv.Itoa(a.pipeline), "-n", strconv.Itoa(max(1, n/a.connections)), "--ratio", ratio,
		"-d", strconv.Itoa(valueBytes), "--key-prefix", "key:00000", "--key-minimum", "1000000", "--key-maximum", "1099999",
		"--key-pattern", "R:R", "--distinct-client-seed"}
}

// findRivals is those on PATH or named by REDIS_BENCHMARK, VALKEY_BENCHMARK
// and MEMTIER_BENCHMARK.
func findRivals() []rival {
	var found []rival
	for _, r := range []rival{
		{"redis-benchmark", nil, benchmarkArgs},
		{"valkey-benchmark", nil, benchmarkArgs},
		{"memtier_benchmark", nil, memtierArgs},
	} {
		if r.command = commandOf(r.name, strings.ToUpper(strings.ReplaceAll(r.name, "-", "_"))); r.command != nil {
			found = append(found, r)
		}
	}
	return found
}

// clientLoads is what clients are measured by; quick leaves the most telling.
func clientLoads(quick bool) []ask {
	expect := map[int]float64{1: 80e3, 16: 600e3, 64: 900e3}
	if quick {
		return []ask{{"get", 50, 1, expect[1]}, {"get", 50, 16, expect[16]}, {"get", 50, 64, expect[64]}, {"get", 200, 1, expect[1]}}
	}
	var loads []ask
	for _, command := range []string{"get", "set"} {
		for _, connections := range []int{50, 200} {
			for _, pipeline := range []int{1, 16, 64} {
				loads = append(loads, ask{command, connections, pipeline, expect[pipeline]})
			}
		}
	}
	return loads
}

// benchClients prints requests per client CPU second of loadgen's wire driver
// and of other load generators, all on the same preloaded keys, and what a
// realistic workload costs loadgen more than GETs of one kind.
func benchClients(ctx context.Context, o options, server peer, loadgen, dir string) error {
	rivals := findRivals()
	if len(rivals) == 0 {
		return errors.New("no redis-benchmark, valkey-benchmark or memtier_benchmark on PATH: scripts/peers installs the first")
	}
	s, err := start(ctx, server, o.serverCPU, dir)
	if err != nil {
		return err
	}
	defer s.stop()
	if err := s.fill(ctx, load{valueBytes: valueBytes}, []string{"SET key:%012d VALUE"}, keys); err != nil {
		return err
	}
	loads := clientLoads(o.quick)
	ours, theirs := make([][]float64, len(loads)), make([][][]float64, len(loads))
	for round := range o.rounds {
		for l, load := range loads {
			theirs[l] = append(theirs[l], nil)
			for _, r := range rivals {
				rate, err := r.run(ctx, o, s.port, load)
				if err != nil {
					return err
				}
				theirs[l][round] = append(theirs[l][round], rate)
			}
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
	if err := printClients(loads, rivals, ours, theirs); err != nil {
		return err
	}
	return benchMixed(ctx, o, s, loadgen, dir)
}

func printClients(loads []ask, rivals []rival, ours [][]float64, theirs [][][]float64) error {
	table := tablewriter.NewTable(os.Stdout, tablewriter.WithHeaderAutoFormat(-1))
	header := []any{"load", "loadgen"}
	for _, r := range rivals {
		header = append(header, r.name)
	}
	table.Header(append(header, "over the best")...)
	for l, load := range loads {
		row, best := []any{load.String(), fmt.Sprintf("%.0f", median(ours[l])/1000)}, 0.0
		for i := range rivals {
			var rates []float64
			for _, round := range theirs[l] {
				rates = append(rates, round[i])
			}
			best = max(best, median(rates))
			row = append(row, fmt.Sprintf("%.0f", median(rates)/1000))
		}
		if err := table.Append(append(row, fmt.Sprintf("%.2f", median(ours[l])/best))...); err != nil {
			return err
		}
	}
	return table.Render()
}

// benchMixed prints the client CPU of a request of the preset mixed (Zipf keys
// in four families, sizes, GET and SET) over that of a GET of uniform keys: of
// values as long as the other clients read, and of values as long as mixed has
// on average, which the kernel copies either way.
func benchMixed(ctx context.Context, o options, s *process, loadgen, dir string) error {
	loads := []ask{{"get", 50, 1, 80e3}, {"get", 50, 16, 600e3}, {"get", 50, 64, 900e3}}
	if err := s.fill(ctx, load{valueBytes: mixedBytes}, []string{"SET " + likeMixed + ":%012d VALUE"}, keys); err != nil {
		return err
	}
	commands := []string{"get", likeMixed, mixedPreset}
	rates := make([][3][]float64, len(loads))
	for round := range o.rounds {
		for l, load := range loads {
			for i, command := range commands {
				load.command = command
				run, err := runLoadgen(ctx, o, loadgen, s.port, load, dir)
				if err != nil {
					return err
				}
				rates[l][i] = append(rates[l][i], run.Client.RequestsPerCPUSecond)
			}
			progress("mixed: round %d of %d, %s", round+1, o.rounds, load)
		}
	}
	progressEnd()
	fmt.Println("\nA full workload (Zipf keys, sizes, mix, recording) against GETs of uniform keys: client CPU a request")
	table := tablewriter.NewTable(os.Stdout, tablewriter.WithHeaderAutoFormat(-1))
	table.Header("load", fmt.Sprintf("GET of %d B, ns", valueBytes), fmt.Sprintf("GET of %d B, ns", mixedBytes), "mixed, ns", "over the first", "over the second")
	for l, load := range loads {
		a, b, mixed := 1e9/median(rates[l][0]), 1e9/median(rates[l][1]), 1e9/median(rates[l][2])
		if err := table.Append(fmt.Sprintf("%d conn, pipeline %d", load.connections, load.pipeline),
			fmt.Sprintf("%.0f", a), fmt.Sprintf("%.0f", b), fmt.Sprintf("%.0f", mixed), fmt.Sprintf("%.2f", mixed/a), fmt.Sprintf("%.2f", mixed/b)); err != nil {
			return err
		}
	}
	return table.Render()
}

// mixedPreset, as an ask's command, is that workload.
const mixedPreset = "mixed"

// likeMixed, as an ask's command, is GETs of values of mixedBytes: the mean
// size of the values in the requests of mixedPreset.
const (
	likeMixed  = "like-mixed"
	mixedBytes = 232
)

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

// run is one load on the client's core: requests per CPU second of the client's.
func (r rival) run(ctx context.Context, o options, port string, a ask) (float64, error) {
	n := int(a.rate * o.seconds)
	words := append(append([]string{"-c", o.clientCPU}, r.command...), r.args(port, a, n)...)
	cmd := exec.CommandContext(ctx, "taskset", words...)
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("%s: %w", r.name, err)
	}
	state := cmd.ProcessState
	return float64(n) / (state.UserTime() + state.SystemTime()).Seconds(), nil
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
	words := []string{"-c", o.clientCPU, loadgen, "run", "--target", "redis://127.0.0.1:" + port, "--allow-data"}
	if l.command == mixedPreset { // keys of its own, which it takes away
		words = append(words, "--workload", l.command)
	} else {
		workload, err := writeWorkload(dir, l.command)
		if err != nil {
			return record, err
		}
		words = append(words, "--workload", workload, "--keep", "--key-prefix", "")
	}
	words = append(words, "--rate", "0", "--warmup", "0s", "--connections", strconv.Itoa(l.connections), "--pipeline", strconv.Itoa(l.pipeline),
		"--requests", strconv.Itoa(int(l.rate*o.seconds)), "--format", "json", "--quiet", "--files=false", "--out", filepath.Join(dir, "run"))
	cmd := exec.CommandContext(ctx, "taskset", words...)
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
