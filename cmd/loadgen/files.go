package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"slotbench/results"
	"slotbench/results/report"
)

// writeFiles writes a record in every form into a run's folder, beside the
// record, which alone counts: the files can be made again from it.
func writeFiles(dir string, record *results.Record) error {
	files, failed := report.Files(record, filepath.Join(dir, results.RunFile))
	errs := []error{failed}
	for _, f := range files {
		if err := results.WriteFile(filepath.Join(dir, f.Name), f.Content); err != nil {
			errs = append(errs, fmt.Errorf("report file: %w", err)) // a smaller one may still fit
		}
	}
	return errors.Join(errs...)
}

// runFolder is the folder of a run that was named by its folder or its file.
func runFolder(path string) string {
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return filepath.Dir(path)
	}
	return path
}

// listed is names as a sentence has them.
func listed(names []string) string {
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// formatFlag describes --format.
func formatFlag() string { return "of the report on stdout: " + listed(report.Formats()) }

// single refuses several runs where a format holds one.
func single(format string, runs int) error {
	switch format {
	case report.FormatMemtier, report.FormatRedis, report.FormatHGRM, report.FormatHDRLog:
		if runs > 1 {
			return misusef("--format %s holds one run: name one of the %d", format, runs)
		}
	}
	return nil
}
