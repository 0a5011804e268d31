package report

import (
	"slotbench/results"
)

// latencySection has response and service time side by side: what a user
// waited, and what the system took.
func latencySection(rec *results.Record) section {
	t := &table{head: []string{"", "mean", "p50", "p90", "p99", "p99.9", "max", "samples"}, left: []int{0}}
	add := func(name string, l results.Latency) {
		if l.Count == 0 {
			t.add(name, none, none, none, none, none, none, "0")
			return
		}
		t.add(name, micros(l.Mean), micros(l.P50), micros(l.P90), micros(l.P99), micros(l.P999), micros(l.Max), count(l.Count))
	}
	add("response", rec.Totals.Response)
	add("service", rec.Totals.Service)
	if r := rec.Totals.Redirected; r != nil && r.Count > 0 {
		add("redirected", *r)
	}
	title := "Latency (response: from when a request was due)"
	if closed(rec) {
		title = "Latency at saturation (response: from when a client was free)"
	}
	return section{name: sectionLatency, title: title, table: t}
}

func operationsSection(rec *results.Record) section {
	t := &table{
		head: []string{"", "requests", "errors", "misses", "succeeded", "response p50", "p99", "service p50", "service p99"},
		left: []int{0},
	}
	all := rec.Operations
	for _, op := range all[:min(maxOperations, len(all))] {
		t.add(op.Name, count(op.Requests), count(op.Errors), count(op.Misses), rate(op.OpsPerSec),
			latencyText(op.Response, op.Response.P50), latencyText(op.Response, op.Response.P99),
			latencyText(op.Service, op.Service.P50), latencyText(op.Service, op.Service.P99))
	}
	return section{name: sectionOperations, title: "Operations", table: t, lines: more(maxOperations, len(all), "operation")}
}
