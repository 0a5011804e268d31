package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"slotbench/results"
	"slotbench/results/report"
)

// The formats that up knows too.
const (
	formatTable = report.FormatTable
	formatJSON  = report.FormatJSON
)

func newReport(p *program) *cobra.Command {
	var format string
	var files bool
	cmd := &cobra.Command{
		Use:   "report RUN…",
		Short: "Print the report of runs that were recorded",
		Example: `  loadgen report runs/20260102-150405-mixed
  loadgen report --format csv runs/*             # a line a run
  loadgen report --format csv-nodes runs/*       # a line a node; also csv-operations, csv-events

  # one page that opens in any browser without a network; several runs stand
  # beside each other on it
  loadgen report --format html runs/20260102-150405-mixed > report.html
  loadgen report --format html runs/* > runs.html

  # what other tools' readers take: memtier_benchmark's JSON, redis-benchmark's
  # CSV, HdrHistogram's percentile text and interval log
  loadgen report --format memtier runs/20260102-150405-mixed

  # the page, Markdown with pictures and all the rest again, beside the record
  loadgen report --files runs/20260102-150405-mixed`,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return misusef("report wants the folders of runs, as runs/20260102-150405-mixed")
			}
			if err := checkFormat(format); err != nil {
				return err
			}
			if files {
				return reportFiles(p, args)
			}
			return reportRuns(p, format, args)
		},
	}
	cmd.Flags().StringVar(&format, "format", formatTable, formatFlag())
	cmd.Flags().BoolVar(&files, "files", false, "write every form as files into the runs' folders, and print only where the pages are")
	return cmd
}

// readRuns reads all runs.
func readRuns(paths []string) ([]*results.Record, error) {
	records := make([]*results.Record, len(paths))
	for i, path := range paths {
		var err error
		if records[i], err = results.ReadRun(path); err != nil {
			return nil, usageError{err}
		}
	}
	return records, nil
}

// reportFiles writes the files of runs beside their records.
func reportFiles(p *program, paths []string) error {
	records, err := readRuns(paths)
	if err != nil {
		return err
	}
	for i, record := range records {
		dir := runFolder(paths[i])
		if err := writeFiles(dir, record); err != nil {
			return err
		}
		fmt.Fprintln(p.stdout, filepath.Join(dir, report.FileHTML))
	}
	return nil
}

// reportRuns reads all runs before it prints any.
func reportRuns(p *program, format string, paths []string) error {
	if err := single(format, len(paths)); err != nil {
		return err
	}
	records, err := readRuns(paths)
	if err != nil {
		return err
	}
	switch format {
	case report.FormatCSV:
		return report.CSV(p.stdout, records...)
	case report.FormatEvents:
		return report.EventsCSV(p.stdout, records...)
	case report.FormatNodes:
		return report.NodesCSV(p.stdout, records...)
	case report.FormatOps:
		return report.OperationsCSV(p.stdout, records...)
	case report.FormatHTML:
		return report.HTML(p.stdout, records, paths)
	}
	for i, record := range records {
		if i > 0 && format != formatJSON {
			if _, err := io.WriteString(p.stdout, "\n"); err != nil {
				return err
			}
		}
		if err := writeReport(p.stdout, format, record, paths[i]); err != nil {
			return err
		}
	}
	return nil
}

func checkFormat(format string) error {
	if err := report.CheckFormat(format); err != nil {
		return misusef("--%w", err)
	}
	return nil
}

// writeReport prints one record; on a terminal it fits it, with colours unless
// NO_COLOR is set.
func writeReport(w io.Writer, format string, record *results.Record, path string) error {
	o := report.Options{Path: path}
	if isTerminal(w) {
		o.Width = terminalWidth(w)
		o.Color = os.Getenv("NO_COLOR") == ""
	}
	return report.Write(w, format, record, o)
}
