package report

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"reflect"

	"slotbench/results"
)

// MigrationRow is what moving one slot took.
type MigrationRow struct {
	Target        string   `json:"target"`
	Product       string   `json:"product"`
	Strategy      string   `json:"strategy"`
	Keys          int64    `json:"keys"` // of the slot
	ValueBytes    int      `json:"value_bytes"`
	Seconds       float64  `json:"seconds"`
	Bytes         int64    `json:"bytes"`
	MBPerSec      float64  `json:"mb_per_sec"` // of values: keys × value_bytes
	PauseMillis   *float64 `json:"pause_ms"`
	Resolution    float64  `json:"pause_resolution_ms"`
	P99BeforeUS   *float64 `json:"p99_before_us"` // null: fewer than 1000 samples
	P99DuringUS   *float64 `json:"p99_during_us"`
	P99AfterUS    *float64 `json:"p99_after_us"`
	SamplesDuring int64    `json:"samples_during"`
	Moved         int64    `json:"moved"` // redirects
	Ask           int64    `json:"ask"`
	TryAgain      int64    `json:"tryagain"`
	Errors        int64    `json:"errors"`
	Lost          int64    `json:"lost"`
	Doubled       int64    `json:"doubled"`
	Verdict       string   `json:"verdict"`
	Error         string   `json:"error,omitempty"`
}

// Fill takes a row's figures from the record of its run.
func (r *MigrationRow) Fill(rec *results.Record) {
	r.Product, r.Verdict, r.Error = rec.Target.Product+" "+rec.Target.Version, rec.Verdict.Status, rec.Partial
	r.Errors = rec.Totals.Errors
	if len(rec.Migrations) == 0 {
		if r.Error == "" {
			r.Error = "nothing was migrated"
		}
		return
	}
	m := rec.Migrations[0]
	if m.Error != "" {
		r.Error = m.Error
	}
	r.Strategy, r.Seconds, r.Bytes = m.Strategy, m.Seconds, r.Keys*int64(r.ValueBytes)
	if m.Seconds > 0 {
		r.MBPerSec = float64(r.Bytes) / 1e6 / m.Seconds
	}
	r.PauseMillis, r.Resolution = m.PauseMillis, m.PauseResolution
	r.P99BeforeUS, r.P99DuringUS, r.P99AfterUS, r.SamplesDuring = m.P99BeforeUS, m.P99DuringUS, m.P99AfterUS, m.SamplesDuring
	if m.Redirects != nil {
		r.Moved, r.Ask, r.TryAgain = m.Redirects.Moved, m.Redirects.Ask, m.Redirects.TryAgain
	}
	r.Lost, r.Doubled = m.Lost, m.Doubled
}

// Migrations writes rows as a table.
func Migrations(w io.Writer, rows []MigrationRow, o Options) error {
	var out bytes.Buffer
	t := &table{
		head: []string{"target", "strategy", "keys", "values", "time", "MB/s", "pause", "p99 before", "during", "after", "MOVED", "ASK", "TRYAGAIN", "errors", "lost", "verdict"},
		left: []int{0, 1, 15},
	}
	var lines []string
	for _, r := range rows {
		if r.Error != "" {
			lines = append(lines, bullet+clean(fmt.Sprintf("FAILED: %s, %s, %s: %s", r.Target, r.Strategy, counted(r.Keys, "key"), r.Error)))
		}
		during := "too short"
		if r.P99DuringUS != nil {
			during = micros(*r.P99DuringUS)
		}
		m := results.Migration{PauseMillis: r.PauseMillis, PauseResolution: r.Resolution}
		t.add(clean(r.Target), r.Strategy, count(r.Keys), size(float64(r.Keys)*float64(r.ValueBytes)), seconds(r.Seconds), significant(r.MBPerSec, timeDigits), pauseText(m),
			optional(r.P99BeforeUS, micros), during, optional(r.P99AfterUS, micros),
			count(r.Moved), count(r.Ask), count(r.TryAgain), count(r.Errors), count(r.Lost), r.Verdict)
	}
	if err := writeTable(&out, t, o.Width); err != nil {
		return err
	}
	for _, line := range lines {
		writeLine(&out, o, line, red)
	}
	if o.Path != "" {
		fmt.Fprintf(&out, "Records: %s\n", o.Path)
	}
	_, err := w.Write(out.Bytes())
	return err
}

// MigrationsCSV writes rows as CSV; columns have the names of the JSON.
func MigrationsCSV(w io.Writer, rows []MigrationRow) error {
	out := csv.NewWriter(w)
	head := csvRow{}
	head.object(reflect.Value{}, reflect.TypeFor[MigrationRow](), "")
	if err := out.Write(head.names); err != nil {
		return err
	}
	for i := range rows {
		row := csvRow{}
		row.object(reflect.ValueOf(&rows[i]).Elem(), reflect.TypeFor[MigrationRow](), "")
		if err := out.Write(row.cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
