package compare

import (
	"fmt"
	"slices"
	"strings"

	"slotbench/results"
)

// Unit says what a metric's values are.
type Unit string

// The units.
const (
	PerSecond Unit = "op/s"
	Micros    Unit = "µs"
	Seconds   Unit = "s"
	Millis    Unit = "ms"
	CPUMicros Unit = "CPU µs/op"
	Share     Unit = "share" // 0 … 1
)

// Metric is one figure of a run.
type Metric struct {
	Name   string // as gates name it
	Title  string // as people read it
	Unit   Unit
	Higher bool // higher is better; otherwise lower is
	// value is false where the run has no such figure.
	value func(*results.Record) (float64, bool)
	gated bool // only for gates: it says nothing of two systems' speed
}

// Value is the metric's figure in a run, false if it has none.
func (m *Metric) Value(rec *results.Record) (float64, bool) { return m.value(rec) }

// Metrics are all that are known, in the order in which they are shown.
var Metrics = buildMetrics()

// quantiles are those that are compared of a latency.
var quantiles = []struct {
	name string
	of   func(results.Latency) float64
}{
	{"p50", func(l results.Latency) float64 { return l.P50 }},
	{"p90", func(l results.Latency) float64 { return l.P90 }},
	{"p99", func(l results.Latency) float64 { return l.P99 }},
	{"p99.9", func(l results.Latency) float64 { return l.P999 }},
}

func buildMetrics() []*Metric {
	all := []*Metric{{Name: "throughput", Title: "throughput", Unit: PerSecond, Higher: true, value: throughput}}
	for _, kind := range []struct {
		prefix, title string
		of            func(*results.Record) results.Latency
	}{
		{"", "response ", func(r *results.Record) results.Latency { return r.Totals.Response }},
		{"service.", "service ", func(r *results.Record) results.Latency { return r.Totals.Service }},
	} {
		for _, q := range quantiles {
			all = append(all, &Metric{
				Name: kind.prefix + q.name, Title: kind.title + q.name, Unit: Micros,
				value: func(r *results.Record) (float64, bool) {
					l := kind.of(r)
					return q.of(l), l.Count > 0
				},
			})
		}
	}
	for _, q := range quantiles {
		all = append(all, &Metric{
			Name: "delivery." + q.name, Title: "delivery " + q.name, Unit: Micros,
			value: func(r *results.Record) (float64, bool) { return delivery(r, q.of) },
		})
	}
	return append(all,
		&Metric{Name: "cpu", Title: "server CPU", Unit: CPUMicros, value: serverCPU},
		&Metric{Name: "capacity", Title: "probed capacity", Unit: PerSecond, Higher: true, value: capacity},
		&Metric{Name: "migration", Title: "migration", Unit: Seconds, value: migration},
		&Metric{Name: "pause", Title: "pause", Unit: Millis, value: pause},
		&Metric{Name: "errors", Title: "errors", Unit: Share, value: failures, gated: true},
		&Metric{Name: "lost", Title: "messages lost", Unit: Share, value: undelivered, gated: true},
	)
}

// MetricNamed finds a metric by the name that gates use; response.p99 is p99,
// and p999 is p99.9.
func MetricNamed(name string) (*Metric, error) {
	plain := strings.TrimPrefix(strings.ToLower(name), "response.")
	if strings.HasSuffix(plain, "p999") {
		plain = strings.TrimSuffix(plain, "p999") + "p99.9"
	}
	i := slices.IndexFunc(Metrics, func(m *Metric) bool { return m.Name == plain })
	if i < 0 {
		var names []string
		for _, m := range Metrics {
			names = append(names, m.Name)
		}
		return nil, fmt.Errorf("metric %q: want one of %s", name, strings.Join(names, ", "))
	}
	return Metrics[i], nil
}

func throughput(r *results.Record) (float64, bool) { return r.Totals.OpsPerSec, r.Totals.Requests > 0 }

// delivery is a quantile of the time from when messages were due until they
// had been read, of the group of receivers that waits longest.
func delivery(r *results.Record, quantile func(results.Latency) float64) (longest float64, ok bool) {
	for _, d := range r.Deliveries {
		if d.Response.Count > 0 {
			longest, ok = max(longest, quantile(d.Response)), true
		}
	}
	return longest, ok
}

// undelivered is the share of the receipts that never came, false where some
// group of receivers cannot tell.
func undelivered(r *results.Record) (float64, bool) {
	var lost, expected int64
	for _, d := range r.Deliveries {
		if d.Lost == nil {
			return 0, false
		}
		lost, expected = lost+*d.Lost, expected+d.Expected
	}
	if expected == 0 {
		return 0, false
	}
	return float64(lost) / float64(expected), true
}

func capacity(r *results.Record) (float64, bool) {
	if r.Probe == nil {
		return 0, false
	}
	return r.Probe.OpsPerSec, r.Probe.OpsPerSec > 0
}

// serverCPU is the CPU time of all nodes for an operation, where every node
// tells it.
func serverCPU(r *results.Record) (float64, bool) {
	var seconds float64
	for _, node := range r.Nodes {
		if node.CPUSeconds == nil {
			return 0, false
		}
		seconds += *node.CPUSeconds
	}
	if r.Totals.Succeeded == 0 || seconds <= 0 {
		return 0, false
	}
	return seconds * 1e6 / float64(r.Totals.Succeeded), true
}

// migration is how long all migrations of a run took.
func migration(r *results.Record) (float64, bool) {
	var seconds float64
	for _, m := range r.Migrations {
		if m.Error != "" {
			return 0, false
		}
		seconds += m.Seconds
	}
	return seconds, len(r.Migrations) > 0
}

// pause is the longest of a run.
func pause(r *results.Record) (longestMillis float64, ok bool) {
	for _, m := range r.Migrations {
		if m.PauseMillis != nil {
			longestMillis, ok = max(longestMillis, *m.PauseMillis), true
		}
	}
	return longestMillis, ok
}

func failures(r *results.Record) (float64, bool) {
	if r.Totals.Requests == 0 {
		return 0, false
	}
	return float64(r.Totals.Errors) / float64(r.Totals.Requests), true
}
