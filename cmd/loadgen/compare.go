package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"slotbench/results/compare"
	"slotbench/results/report"
)

// The comparison in its folder, as --format json and html print it.
const (
	comparisonFile = "comparison.json"
	comparisonPage = "comparison.html"
)

// compareOptions is the flags of compare.
type compareOptions struct {
	*program
	gateOptions
	format  string
	primary string
}

func newCompare(p *program) *cobra.Command {
	o := &compareOptions{program: p}
	cmd := &cobra.Command{
		Use:   "compare A B… | A1 A2… -- B1 B2… | FOLDER",
		Short: "Compare runs: what differs, how sure that is, what could not have been seen",
		Long: `compare reads run records and says how the other sides lie beside the first.

A side is the runs of one system: a folder of runs, or several runs parted from
the next side by --. A run is its folder or its run.json; quoted patterns are
expanded. One folder alone is one that "run --vs" wrote, or any folder of runs,
which are then grouped by configuration and target; so are three or more single
runs without --.

The run is the unit: figures are the middle of the runs, intervals come from a
bootstrap over runs, and below 5 runs a side nothing is claimed. The conclusion
is that of one primary metric (response p99 of an open loop, throughput of a
closed one, or --primary); p of the others is corrected for there being several
(Holm). "No difference shown" stands beside the difference that such runs could
have shown.

` + gateHelp,
		Example: `  # ten interleaved runs of each, compared at the end
  loadgen run --target local:redis --vs local:valkey --runs 10 --rate 20000

  # the same comparison again; two folders of runs; runs by name
  loadgen compare runs/20260102-150405-vs
  loadgen compare runs/before runs/after
  loadgen compare runs/a1 runs/a2 runs/a3 runs/a4 runs/a5 -- runs/b*

  # for a pipeline: fail if p99 rose by more than 5 %
  loadgen compare --gate 'p99 < +5%' --gate 'throughput > -3%' before after

  # one page for a browser, with pictures of the intervals
  loadgen compare --format html runs/20260102-150405-vs > comparison.html

  # for benchstat (golang.org/x/perf/cmd/benchstat)
  loadgen compare --format benchstat before after > bench.txt
  benchstat -col side bench.txt`,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, args) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.format, "format", formatTable, "of the comparison on stdout: "+listed(report.ComparisonFormats))
	f.StringVar(&o.primary, "primary", "", "`metric` of the conclusion; choose it before you look")
	o.gateOptions.register(f)
	return cmd
}

func (o *compareOptions) run(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return misusef("compare wants runs: A B, A1 A2 -- B1 B2, or a folder that run --vs wrote (see loadgen compare --help)")
	}
	if err := checkComparisonFormat(o.format); err != nil {
		return err
	}
	gates, err := o.parseGates(cmd.Flags().Changed, true)
	if err != nil {
		return err
	}
	primary, err := primaryMetric(o.primary)
	if err != nil {
		return err
	}
	sides, err := readSides(args, cmd.ArgsLenAtDash())
	if err != nil {
		return err
	}
	c, err := compare.Compare(sides, compare.Options{Primary: primary})
	if err != nil {
		return usageError{err}
	}
	c.Gates = c.Judge(gates)
	if err := writeComparison(o.program, o.format, c, sides, ""); err != nil {
		return err
	}
	return o.enforce(o.program, c.Gates)
}

// primaryMetric is nil of "".
func primaryMetric(name string) (*compare.Metric, error) {
	if name == "" {
		return nil, nil
	}
	m, err := compare.MetricNamed(name)
	if err != nil {
		return nil, misusef("--primary: %w", err)
	}
	return m, nil
}

func checkComparisonFormat(format string) error {
	if err := report.CheckComparisonFormat(format); err != nil {
		return misusef("--%w", err)
	}
	return nil
}

// writeComparison prints a comparison as writeReport prints a record.
func writeComparison(p *program, format string, c *compare.Comparison, sides []compare.Side, path string) error {
	o := report.Options{Path: path}
	if isTerminal(p.stdout) {
		o.Width = terminalWidth(p.stdout)
		o.Color = os.Getenv("NO_COLOR") == ""
	}
	if format == report.FormatHTML {
		return report.ComparisonHTML(p.stdout, c, sides, o)
	}
	return report.Comparison(p.stdout, format, c, o)
}

// keepComparison writes a comparison into its folder, as JSON and as a page.
func keepComparison(folder string, c *compare.Comparison, sides []compare.Side) error {
	var text, page bytes.Buffer
	err := errors.Join(
		report.Comparison(&text, formatJSON, c, report.Options{}),
		report.ComparisonHTML(&page, c, sides, report.Options{}))
	if err != nil {
		return fmt.Errorf("comparison: %w", err)
	}
	for _, f := range []struct {
		name    string
		content []byte
	}{{comparisonFile, text.Bytes()}, {comparisonPage, page.Bytes()}} {
		if err := os.WriteFile(filepath.Join(folder, f.name), f.content, 0o644); err != nil {
			return fmt.Errorf("comparison: %w", err)
		}
	}
	return nil
}
