package main

import (
	"io"
	"os"

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
	cmd := &cobra.Command{
		Use:   "report RUN…",
		Short: "Print the report of runs that were recorded",
		Example: `  loadgen report runs/20260102-150405-mixed
  loadgen report --format csv runs/*`,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return misusef("report wants the folders of runs, as runs/20260102-150405-mixed")
			}
			if err := checkFormat(format); err != nil {
				return err
			}
			return reportRuns(p, format, args)
		},
	}
	cmd.Flags().StringVar(&format, "format", formatTable, "table, csv, csv-events, markdown or json")
	return cmd
}

// reportRuns reads all runs before it prints any.
func reportRuns(p *program, format string, paths []string) error {
	records := make([]*results.Record, len(paths))
	for i, path := range paths {
		var err error
		if records[i], err = results.ReadRun(path); err != nil {
			return usageError{err}
		}
	}
	switch format {
	case report.FormatCSV:
		return report.CSV(p.stdout, records...)
	case report.FormatEvents:
		return report.EventsCSV(p.stdout, records...)
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
