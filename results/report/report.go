// Package report turns run records into what people and scripts read: a
// terminal table, a page of HTML, Markdown with pictures, CSV, JSON, and the
// formats of other tools. It knows nothing but the record, reads no file and no
// clock, and measures nothing.
package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"slotbench/results"
)

// Options says how a report looks. The zero value is a plain report of any
// width.
type Options struct {
	Width int    // of the terminal in columns, at which text wraps; 0: it doesn't
	Color bool   // with ANSI escapes
	Path  string // where the record is; "": not said
}

// The formats that Write knows.
const (
	FormatTable    = "table"
	FormatCSV      = "csv"
	FormatMarkdown = "markdown"
	FormatJSON     = "json"
	FormatEvents   = "csv-events" // CSV, a line an event
	FormatNodes    = "csv-nodes"  // CSV, a line a node
	FormatOps      = "csv-operations"
	FormatHTML     = "html"
	FormatMemtier  = "memtier"
	FormatRedis    = "redis-benchmark"
	FormatHGRM     = "hgrm"
	FormatHDRLog   = "hdrlog"
)

// writers are the formats, in the order in which they are named.
var writers = []struct {
	format string
	write  func(io.Writer, *results.Record, Options) error
}{
	{FormatTable, Table},
	{FormatCSV, func(w io.Writer, rec *results.Record, _ Options) error { return CSV(w, rec) }},
	{FormatEvents, func(w io.Writer, rec *results.Record, _ Options) error { return EventsCSV(w, rec) }},
	{FormatNodes, func(w io.Writer, rec *results.Record, _ Options) error { return NodesCSV(w, rec) }},
	{FormatOps, func(w io.Writer, rec *results.Record, _ Options) error { return OperationsCSV(w, rec) }},
	{FormatMarkdown, Markdown},
	{FormatJSON, func(w io.Writer, rec *results.Record, _ Options) error { return JSON(w, rec) }},
	{FormatHTML, func(w io.Writer, rec *results.Record, o Options) error {
		return HTML(w, []*results.Record{rec}, []string{o.Path})
	}},
	{FormatMemtier, func(w io.Writer, rec *results.Record, _ Options) error { return Memtier(w, rec) }},
	{FormatRedis, func(w io.Writer, rec *results.Record, _ Options) error { return RedisBenchmarkCSV(w, rec) }},
	{FormatHGRM, func(w io.Writer, rec *results.Record, _ Options) error { return HGRM(w, rec) }},
	{FormatHDRLog, func(w io.Writer, rec *results.Record, _ Options) error { return HDRLog(w, rec) }},
}

// Formats are their names.
func Formats() []string {
	names := make([]string, len(writers))
	for i, w := range writers {
		names[i] = w.format
	}
	return names
}

// CheckFormat is the error that Write would answer an unknown format with.
func CheckFormat(format string) error {
	if names := Formats(); !slices.Contains(names, format) {
		return fmt.Errorf("format %q: want one of %s", format, strings.Join(names, ", "))
	}
	return nil
}

// Write writes the record in one of Formats.
func Write(w io.Writer, format string, rec *results.Record, o Options) error {
	for _, known := range writers {
		if known.format == format {
			return known.write(w, rec, o)
		}
	}
	return CheckFormat(format)
}

// JSON writes exactly what run.json holds.
func JSON(w io.Writer, rec *results.Record) error {
	text, err := results.Marshal(rec)
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	return err
}
