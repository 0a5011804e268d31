// Package report turns run records into what people and scripts read: a
// terminal table, CSV, Markdown and JSON. It knows nothing but the record,
// reads no file and no clock, and measures nothing.
package report

import (
	"fmt"
	"io"
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
)

// Formats are their names.
var Formats = []string{FormatTable, FormatCSV, FormatMarkdown, FormatJSON, FormatEvents}

// CheckFormat is the error that Write would answer an unknown format with.
func CheckFormat(format string) error {
	for _, known := range Formats {
		if format == known {
			return nil
		}
	}
	return fmt.Errorf("format %q: want one of %s", format, strings.Join(Formats, ", "))
}

// Write writes the record in one of Formats.
func Write(w io.Writer, format string, rec *results.Record, o Options) error {
	switch format {
	case FormatTable:
		return Table(w, rec, o)
	case FormatCSV:
		return CSV(w, rec)
	case FormatEvents:
		return EventsCSV(w, rec)
	case FormatMarkdown:
		return Markdown(w, rec, o)
	case FormatJSON:
		return JSON(w, rec)
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
