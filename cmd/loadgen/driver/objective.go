package driver

import (
	"fmt"
	"strings"
	"time"

	"slotbench/results"
)

// Objective is what a trial's response time must stay below.
type Objective struct {
	Metric string // a key of metrics
	Limit  time.Duration
}

// metrics are what an objective can be set for.
var metrics = map[string]func(results.Latency) float64{
	"mean":   func(l results.Latency) float64 { return l.Mean },
	"p50":    func(l results.Latency) float64 { return l.P50 },
	"p90":    func(l results.Latency) float64 { return l.P90 },
	"p95":    func(l results.Latency) float64 { return l.P95 },
	"p99":    func(l results.Latency) float64 { return l.P99 },
	"p99.9":  func(l results.Latency) float64 { return l.P999 },
	"p99.99": func(l results.Latency) float64 { return l.P9999 },
	"max":    func(l results.Latency) float64 { return l.Max },
}

// metricNames are the metrics as an error names them.
const metricNames = "mean, p50, p90, p95, p99, p99.9, p99.99 or max"

// maxObjective is the longest time that makes sense as an objective.
const maxObjective = time.Minute

// ParseObjectives reads "p99<2ms" or several with commas between them.
func ParseObjectives(text string) ([]Objective, error) {
	var all []Objective
	for part := range strings.SplitSeq(text, ",") {
		metric, limit, found := strings.Cut(strings.ReplaceAll(part, " ", ""), "<")
		if !found {
			return nil, fmt.Errorf("%q: want METRIC<TIME, as p99<2ms", part)
		}
		if metrics[metric] == nil {
			return nil, fmt.Errorf("%q: unknown metric %q; want %s", part, metric, metricNames)
		}
		d, err := time.ParseDuration(strings.TrimPrefix(limit, "="))
		if err != nil || d <= 0 || d > maxObjective {
			return nil, fmt.Errorf("%q: %q is no time above 0 and at most %s; write it as 2ms or 500us", part, limit, maxObjective)
		}
		all = append(all, Objective{metric, d})
	}
	return all, nil
}

// String is the objective as it is written.
func (o Objective) String() string { return fmt.Sprintf("%s<%s", o.Metric, o.Limit) }

// missed says by how much latencies miss the objective, "" if they meet it.
func (o Objective) missed(l results.Latency) string {
	if got := metrics[o.Metric](l); got >= float64(o.Limit)/1e3 {
		return fmt.Sprintf("%s was %s", o.Metric, time.Duration(got*1e3).Round(time.Microsecond))
	}
	return ""
}

// judgeTrial says why a trial at a rate does not meet the objectives, "" if it
// does: by response time, errors, or load that was not sent or not answered.
func judgeTrial(objectives []Objective, t results.Totals, p *results.Pacing) string {
	switch {
	case t.Requests == 0:
		return "no request ended"
	case t.Errors > 0:
		return fmt.Sprintf("%d of %d requests failed (%s)", t.Errors, t.Requests, errorKinds(t.ErrorKinds))
	case p != nil && p.Sent < p.Offered:
		return fmt.Sprintf("%d of %d due requests were sent", p.Sent, p.Offered)
	case p != nil && t.OpsPerSec < keptUpShare*float64(p.Offered)/max(t.Seconds, 1e-9):
		return "the target did not keep up"
	}
	for _, o := range objectives {
		if why := o.missed(t.Response); why != "" {
			return why
		}
	}
	return ""
}
