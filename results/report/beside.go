package report

import (
	"fmt"
	"strconv"

	"slotbench/results"
)

// comparePart sets records beside each other. It tells ratios and claims
// nothing of them: single runs differ by chance too.
func comparePart(records []*results.Record) *part {
	var pairs []string
	for i, rec := range records {
		pairs = append(pairs, runName(records, i), rec.Totals.ResponseHDR)
	}
	p := &part{ID: "compare", Title: "Beside each other", Table: newPageTable("Runs beside each other", besideTable(records))}
	p.Lines = []pageLine{{Text: "In brackets: times the first run's figure. Two runs of the same thing differ too: a difference counts when several runs of each show it."}}
	if f := percentileFigure("compare", "Response time by percentile", "Response time by percentile, a line for each run.", histograms(pairs...)); f != nil {
		p.Figures = append(p.Figures, draw(f, "all"))
	}
	return p
}

// besideTable has a row for each figure and a column for each run.
func besideTable(records []*results.Record) *table {
	t := &table{head: []string{""}, left: []int{0}}
	for i := range records {
		t.head = append(t.head, runName(records, i))
	}
	add := func(name string, value func(*results.Record) (float64, bool), format func(float64) string) {
		row := []string{name}
		first, ok := value(records[0])
		for i, rec := range records {
			v, known := value(rec)
			text := none
			if known {
				text = format(v)
				if i > 0 && ok && first > 0 {
					text += " (" + strconv.FormatFloat(v/first, 'f', 2, 64) + "×)"
				}
			}
			row = append(row, text)
		}
		t.add(row...)
	}
	words := func(name string, text func(*results.Record) string) {
		row := []string{name}
		for _, rec := range records {
			row = append(row, clean(text(rec)))
		}
		t.add(row...)
	}
	words("verdict", func(r *results.Record) string { return r.Verdict.Status })
	words("load", func(r *results.Record) string { return loadText(r) })
	add("throughput", func(r *results.Record) (float64, bool) { return r.Totals.OpsPerSec, r.Totals.Requests > 0 }, rate)
	add("errors", func(r *results.Record) (float64, bool) { return float64(r.Totals.Errors), true }, func(v float64) string { return count(int64(v)) })
	for _, q := range []struct {
		name string
		of   func(results.Latency) float64
	}{
		{"p50", func(l results.Latency) float64 { return l.P50 }}, {"p99", func(l results.Latency) float64 { return l.P99 }},
		{"p99.9", func(l results.Latency) float64 { return l.P999 }},
	} {
		add("response "+q.name, func(r *results.Record) (float64, bool) { return q.of(r.Totals.Response), r.Totals.Response.Count > 0 }, micros)
		add("service "+q.name, func(r *results.Record) (float64, bool) { return q.of(r.Totals.Service), r.Totals.Service.Count > 0 }, micros)
	}
	add("node skew by operations", func(r *results.Record) (float64, bool) { return r.Skew.Ops.MaxOverMean, r.Skew.Ops.Nodes > 1 }, ratio)
	add("requests per client CPU second", func(r *results.Record) (float64, bool) {
		return r.Client.RequestsPerCPUSecond, r.Client.CPUSeconds > 0
	}, func(v float64) string { return significant(v, rateDigits) })
	words("migration", func(r *results.Record) string {
		if len(r.Migrations) == 0 {
			return none
		}
		return fmt.Sprintf("%s: %s", seconds(r.Migrations[0].Seconds), migrationText(r.Migrations))
	})
	return t
}
