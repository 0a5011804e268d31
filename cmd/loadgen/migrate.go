package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"slotbench/results"
	"slotbench/results/report"
	"slotbench/targets"
)

// The load beside the migrations of loadgen migrate, and its limits.
const (
	migratedSlot     = 1234
	backgroundKeys   = 10_000
	slotWeight       = 10 // of 100 requests, to the slot that moves
	defaultMoveRate  = 5000.0
	migrateEventAt   = 2 * time.Second
	longestMigration = 10 * time.Minute
	maxMigratedBytes = 4 << 30
	maxMigratedKeys  = 10_000_000
)

// migrateOptions is the flags of migrate.
type migrateOptions struct {
	*program
	targets    []string
	strategies []string
	sizes      []string
	bytes      []string
	valueBytes int
	rate       float64
	nodes      int
	binary     string
	out        string
	format     string
	quiet      bool
	allowData  bool
}

func newMigrate(p *program) *cobra.Command {
	o := &migrateOptions{program: p}
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Measure what moving one slot takes, by its size, strategy and target",
		Long: `migrate fills one slot with so many keys, sends a steady load to it and to
others, and moves it to another node: a row for each size, strategy and target
with the time, the pause of the slot, and the p99 before, during and after.

Each row is a run with a folder of its own, in which the workload file and the
record are.`,
		Example: `  loadgen migrate
  loadgen migrate --target reference,local:redis --sizes 100,10k --bytes 100mb
  loadgen migrate --target local:valkey --strategy key-by-key,atomic`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringSliceVar(&o.targets, "target", []string{targetReference}, "`systems` under test, as in loadgen run; several with commas")
	f.StringSliceVar(&o.strategies, "strategy", nil, "how slots move; several with commas (default: every way that the target has)")
	f.StringSliceVar(&o.sizes, "sizes", []string{"100", "1k", "10k", "100k"}, "`keys` of the slot, with k and m for thousands and millions")
	f.StringSliceVar(&o.bytes, "bytes", nil, "`bytes` of the slot's values instead of or beside --sizes, as 10mb or 1gb")
	f.IntVar(&o.valueBytes, "value-size", 1024, "`bytes` of a value")
	f.Float64Var(&o.rate, "rate", defaultMoveRate, "requests a second meanwhile, a tenth of them to the slot")
	f.IntVar(&o.nodes, "nodes", 3, "how many nodes to launch")
	f.StringVar(&o.binary, "binary", "", "`path` of the server to launch with the only local target")
	f.StringVar(&o.out, "out", "", "`folder` of the records (default: runs/TIME-migrate)")
	f.StringVar(&o.format, "format", formatTable, "of the table on stdout: table, csv or json")
	f.BoolVar(&o.quiet, "quiet", false, "no talk on stderr")
	f.BoolVar(&o.allowData, "allow-data", false, "run although the target holds keys; they are not touched")
	return cmd
}

// cell is one row that is to be measured.
type cell struct {
	target   string
	strategy string // "": the target's first
	keys     int64
}

// run measures every row. One that fails is told, and the others go on.
func (o *migrateOptions) run(ctx context.Context) error {
	sizes, err := o.check()
	if err != nil {
		return err
	}
	out := o.out
	if out == "" {
		out = filepath.Join("runs", time.Now().Format("20060102-150405")+"-migrate")
	}
	talk := newTalk(o.stderr, o.quiet)
	defer talk.end()
	var rows []report.MigrationRow
	var failure error
	for _, target := range o.targets {
		strategies, err := o.strategiesOf(ctx, target)
		if err != nil {
			return errors.Join(fmt.Errorf("target %s: %w", target, err), o.print(rows, out))
		}
		for _, keys := range sizes {
			for _, strategy := range strategies {
				if ctx.Err() != nil {
					break
				}
				row, err := o.measure(ctx, cell{target, strategy, keys}, out, talk)
				if err != nil {
					failure = errors.Join(failure, err)
				}
				rows = append(rows, row)
			}
		}
	}
	talk.end()
	if ctx.Err() != nil {
		failure = context.Cause(ctx)
	}
	return errors.Join(failure, o.print(rows, out))
}

// check reads the flags.
func (o *migrateOptions) check() (sizes []int64, err error) {
	switch {
	case o.format != formatTable && o.format != report.FormatCSV && o.format != formatJSON:
		return nil, misusef("--format %q: want table, csv or json", o.format)
	case !(o.rate > 0):
		return nil, misusef("--rate %g: want more than 0", o.rate)
	case o.nodes < 2:
		return nil, misusef("--nodes %d: want 2 or more, so that there is another node to migrate to", o.nodes)
	case o.valueBytes < 1:
		return nil, misusef("--value-size %d: want 1 or more bytes", o.valueBytes)
	}
	for _, target := range o.targets {
		t := targetOptions{target: target, nodes: o.nodes}
		if err := t.check(func(string) bool { return false }); err != nil {
			return nil, err
		}
	}
	for _, text := range o.sizes {
		n, err := parseScaled(text, map[string]int64{"k": 1e3, "m": 1e6})
		if err != nil || n > maxMigratedKeys {
			return nil, misusef("--sizes %q: want keys from 1 to %d, as 100 or 10k", text, maxMigratedKeys)
		}
		sizes = append(sizes, n)
	}
	for _, text := range o.bytes {
		n, err := parseScaled(text, map[string]int64{"kb": 1e3, "mb": 1e6, "gb": 1e9, "b": 1})
		if err != nil || n > maxMigratedBytes {
			return nil, misusef("--bytes %q: want bytes from 1 to %d, as 10mb or 1gb", text, int64(maxMigratedBytes))
		}
		sizes = append(sizes, max(1, n/int64(o.valueBytes)))
	}
	for _, n := range sizes {
		if n*int64(o.valueBytes) > maxMigratedBytes {
			return nil, misusef("%d keys of %d bytes are more than %d bytes", n, o.valueBytes, int64(maxMigratedBytes))
		}
	}
	return sizes, nil
}

// parseScaled reads a whole number above 0 with a unit behind it.
func parseScaled(text string, units map[string]int64) (int64, error) {
	text = strings.ToLower(strings.TrimSpace(text))
	digits := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyz")
	unit := text[len(digits):]
	scale := int64(1)
	if unit != "" {
		var known bool
		if scale, known = units[unit]; !known {
			return 0, fmt.Errorf("unknown unit %q", unit)
		}
	}
	const most = 1 << 40
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 1 || n > most/scale {
		return 0, fmt.Errorf("%q is no number in range", digits)
	}
	return n * scale, nil
}

// strategiesOf is the strategies to measure on a target: those asked for, else
// all that it has, which a short look tells.
func (o *migrateOptions) strategiesOf(ctx context.Context, target string) (list []string, err error) {
	if len(o.strategies) > 0 {
		return o.strategies, nil
	}
	options := targetOptions{target: target, nodes: o.nodes, binary: o.binary}
	cluster, err := options.open(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, cluster.Close(context.WithoutCancel(ctx))) }()
	about, err := cluster.Describe(ctx)
	if err != nil {
		return nil, err
	}
	for _, strategy := range about.Can.Strategies {
		list = append(list, string(strategy))
	}
	if !about.Can.Migrate || len(list) == 0 {
		return nil, fmt.Errorf("cannot migrate slots: %s %s: %w", about.Product, about.Mode, targets.ErrUnsupported)
	}
	return list, nil
}

// workloadText is the workload of a row.
func (o *migrateOptions) workloadText(keys int64) string {
	return fmt.Sprintf(`name: migrate-%d-keys
description: One slot with %d keys of %d bytes beside a steady load on others.
source: synthetic
keys: %d
slot: %d
popularity: {kind: uniform}
value_size: "%d"
families:
  - {name: slot, key: "migrate:{%%[slot]s}:%%d", share: %d, weight: %d}
  - {name: background, key: "background:%%d", share: %d, weight: %d}
operations:
  - {command: GET, weight: 80}
  - {command: SET, weight: 20}
events:
  - at=%s migrate slots=%d-%d
`, keys, keys, o.valueBytes, keys+backgroundKeys, migratedSlot, o.valueBytes,
		keys, slotWeight, backgroundKeys, 100-slotWeight, migrateEventAt, migratedSlot, migratedSlot)
}

// measure carries a row's run out.
func (o *migrateOptions) measure(ctx context.Context, c cell, out string, talk *talk) (report.MigrationRow, error) {
	row := report.MigrationRow{Target: (&targetOptions{target: c.target}).shown(), Strategy: c.strategy, Keys: c.keys, ValueBytes: o.valueBytes}
	fail := func(err error) (report.MigrationRow, error) {
		err = fmt.Errorf("%s, %s, %d keys: %w", row.Target, row.Strategy, c.keys, err)
		row.Error = err.Error()
		return row, err
	}
	dir := filepath.Join(out, fmt.Sprintf("%s-%s-%d", fileName(row.Target), c.strategy, c.keys))
	workload := filepath.Join(dir, "workload.yaml")
	if err := results.WriteFile(workload, []byte(o.workloadText(c.keys))); err != nil {
		return fail(err)
	}
	run := &runOptions{program: o.program}
	flags := pflag.NewFlagSet("migrate", pflag.ContinueOnError)
	run.register(flags)
	args := []string{"--target", c.target, "--workload", workload, "--rate", strconv.FormatFloat(o.rate, 'f', -1, 64),
		"--duration", longestMigration.String(), "--strategy", c.strategy, "--warmup", "500ms"}
	if !run.attachedTo(c.target) {
		args = append(args, "--nodes", strconv.Itoa(o.nodes))
	} else if o.allowData {
		args = append(args, "--allow-data")
	}
	if o.binary != "" && strings.HasPrefix(c.target, "local:") {
		args = append(args, "--binary", o.binary)
	}
	if err := flags.Parse(args); err != nil {
		return fail(err)
	}
	setup, err := run.prepare(flags.Changed, time.Now())
	if err != nil {
		return fail(err)
	}
	setup.plan.UntilEvents = true
	talk.say("%s: %s, a slot of %d keys", row.Target, c.strategy, c.keys)
	record, err := run.measure(ctx, setup, talk)
	if record == nil {
		return fail(err)
	}
	if err := errors.Join(err, results.WriteRun(dir, record)); err != nil {
		return fail(err)
	}
	row.Fill(record)
	if row.Error != "" {
		return row, fmt.Errorf("%s, %s, %d keys: %s", row.Target, row.Strategy, c.keys, row.Error)
	}
	return row, nil
}

// attachedTo says whether a target is somebody else's.
func (o *targetOptions) attachedTo(target string) bool {
	return (&targetOptions{target: target}).attached()
}

// print writes the table.
func (o *migrateOptions) print(rows []report.MigrationRow, out string) error {
	for _, line := range o.debts.Lines() {
		fmt.Fprintln(o.stderr, "loadgen: left behind:", line)
	}
	if len(rows) == 0 {
		return nil
	}
	switch o.format {
	case formatJSON:
		return json.NewEncoder(o.stdout).Encode(rows)
	case report.FormatCSV:
		return report.MigrationsCSV(o.stdout, rows)
	}
	return report.Migrations(o.stdout, rows, report.Options{Path: out, Width: widthOf(o.stdout)})
}
