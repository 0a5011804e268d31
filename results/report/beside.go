package report

import (
	"strconv"
	"strings"

	"slotbench/results"
)

// comparePart sets records beside each other. It tells ratios and claims
// nothing of them: single runs differ by chance too.
func comparePart(records []*results.Record, names []string) part {
	var pairs []string
	for i, rec := range records {
		pairs = append(pairs, names[i], rec.Totals.ResponseHDR)
	}
	p := part{ID: "compare", Title: "Beside each other", Table: newPageTable("Runs beside each other", besideTable(records, names))}
	p.Lines = []pageLine{{Text: "In brackets: times the first run's figure. Two runs of the same thing differ too: loadgen compare --format html says of several runs of each what counts."}}
	if differ := besideDiffers(records); len(differ) > 0 {
		p.Lines = append(p.Lines, pageLine{Text: "These runs were not asked for the same: they differ in " + strings.Join(differ, ", ") + ".", Item: true, Tone: "fair"})
	}
	if f := percentileFigure("compare", "Response time by percentile", "Response time by percentile, a line for each run.", histograms(pairs...)); f != nil {
		p.Figures = append(p.Figures, draw(f, "all"))
	}
	return p
}

// besideDiffers names what was asked of the runs and is not the same of all.
func besideDiffers(records []*results.Record) []string {
	var names []string
	for _, row := range []struct {
		name string
		of   func(*results.Record) any
	}{
		{"target", func(r *results.Record) any { return r.Target.Product + r.Target.Version + r.Target.Mode }},
		{"number of nodes", func(r *results.Record) any { return r.NodesAtStart() }},
		{"workload", func(r *results.Record) any { return r.Name }},
		{"keys", func(r *results.Record) any { return r.Config.Keys }},
		{"arrivals", func(r *results.Record) any { return r.Config.Arrival + r.Config.RateFrom }},
		{"offered rate", func(r *results.Record) any { return r.Config.RatePerSec }},
		{"connections", func(r *results.Record) any { return r.Config.Connections }},
		{"pipeline", func(r *results.Record) any { return r.Config.Pipeline }},
		{"threads", func(r *results.Record) any { return r.Config.Threads }},
		{"driver", func(r *results.Record) any { return r.Config.Driver }},
	} {
		for _, rec := range records[1:] {
			if row.of(rec) != row.of(records[0]) {
				names = append(names, row.name)
				break
			}
		}
	}
	return names
}

// besideTable has a row for each figure and a column for each run.
func besideTable(records []*results.Record, names []string) *table {
	t := &table{head: append([]string{""}, names...), left: []int{0}}
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
	words("target", func(r *results.Record) string { return strings.TrimSpace(r.Target.Product + " " + r.Target.Version) })
	words("workload", func(r *results.Record) string { return r.Name })
	add("offered", func(r *results.Record) (float64, bool) { return r.Config.RatePerSec, !closed(r) }, rate)
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
	first := func(r *results.Record) *results.Migration {
		if len(r.Migrations) == 0 {
			return &results.Migration{}
		}
		return &r.Migrations[0]
	}
	add("migration", func(r *results.Record) (float64, bool) { return first(r).Seconds, len(r.Migrations) > 0 }, seconds)
	add("pause", func(r *results.Record) (float64, bool) {
		pause := first(r).PauseMillis
		if pause == nil {
			return 0, false
		}
		return *pause, true
	}, millis)
	return t
}
