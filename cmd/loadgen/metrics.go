package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/spf13/pflag"

	"slotbench/cmd/loadgen/driver"
	"slotbench/results"
)

// The limits of the metrics' server.
const (
	metricsHeaderTimeout = 5 * time.Second
	metricsCloseTimeout  = 2 * time.Second // for a scrape under way when the run ends
)

// registerMetrics adds the flag.
func (o *runOptions) registerMetrics(f *pflag.FlagSet) {
	f.StringVar(&o.metrics, "metrics", "", "serve Prometheus metrics of the run at http://`HOST:PORT`/metrics while it goes on, as :9100 or 127.0.0.1:9100")
}

// watch lets the run be watched: on the terminal and, where it was asked for,
// by Prometheus, until stop is called.
func (o *runOptions) watch(s *setup, talk *talk) (stop func() error, err error) {
	s.plan.Watch = talk.show
	s.plan.Warn = func(text string) { talk.say("warning: %s", text) }
	if o.metrics == "" {
		return func() error { return nil }, nil
	}
	live, err := serveMetrics(o.metrics, prometheus.Labels{"workload": s.spec.Name, "target": o.shown(), "driver": o.driver})
	if err != nil {
		return nil, err
	}
	talk.say("metrics: http://%s/metrics", live.server.Addr)
	s.plan.Watch = func(state driver.State) {
		talk.show(state)
		live.show(state)
	}
	return live.close, nil
}

// metrics tells Prometheus of a run that goes on.
type metrics struct {
	server *http.Server
	served chan struct{}

	mu     sync.Mutex
	state  driver.State
	phases []phaseCount // in the order in which they were first seen
}

// phaseCount is what ended in a phase.
type phaseCount struct {
	phase            string
	requests, errors int64
}

// The metrics, by Prometheus's conventions: base units, _total of counters.
var (
	phaseDesc    = prometheus.NewDesc("loadgen_phase", "The phase that the run is in: 1.", []string{"phase"}, nil)
	shareDesc    = prometheus.NewDesc("loadgen_phase_progress_ratio", "How much of the phase is over, 0 to 1; absent where that is unknown.", nil, nil)
	requestsDesc = prometheus.NewDesc("loadgen_requests_total", "Requests that ended, however they ended, by phase.", []string{"phase"}, nil)
	errorsDesc   = prometheus.NewDesc("loadgen_request_errors_total", "Requests that ended in an error or without an answer, by phase.", []string{"phase"}, nil)
	offeredDesc  = prometheus.NewDesc("loadgen_offered_requests_per_second", "The rate of the open loop; absent in a closed loop.", nil, nil)
	responseDesc = prometheus.NewDesc("loadgen_response_duration_seconds", "Response time in the measurement, from when a request was due; of the intervals that are over.", nil, nil)
	recentDesc   = prometheus.NewDesc("loadgen_interval_response_duration_seconds", "Response time in the last interval that is over.", []string{"quantile"}, nil)
	lagDesc      = prometheus.NewDesc("loadgen_pacing_lag_seconds", "How late the load generator turned to its requests in the measurement so far.", []string{"quantile"}, nil)
	verdictDesc  = prometheus.NewDesc("loadgen_verdict", "The verdict that the measurement would get if it went on like this: 1.", []string{"status"}, nil)
)

// serveMetrics begins to serve at once, so that an address that cannot be had
// is known before anything begins.
func serveMetrics(address string, info prometheus.Labels) (*metrics, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, misusef("--metrics %s: %w; want HOST:PORT that is free, as 127.0.0.1:9100", address, err)
	}
	m := &metrics{served: make(chan struct{})}
	registry := prometheus.NewRegistry()
	run := prometheus.NewGauge(prometheus.GaugeOpts{Name: "loadgen_run_info", Help: "What is run: 1.", ConstLabels: info})
	run.Set(1)
	registry.MustRegister(m, run, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "loadgen: the metrics are at /metrics")
	})
	m.server = &http.Server{Handler: mux, ReadHeaderTimeout: metricsHeaderTimeout, Addr: listener.Addr().String()}
	go func() {
		defer close(m.served)
		_ = m.server.Serve(listener) // until close
	}()
	return m, nil
}

// close ends serving and waits for it.
func (m *metrics) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), metricsCloseTimeout)
	defer cancel()
	err := m.server.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, m.server.Close())
	}
	<-m.served
	return err
}

// show takes the state of a run.
func (m *metrics) show(s driver.State) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state = s
	i := slices.IndexFunc(m.phases, func(p phaseCount) bool { return p.phase == s.Phase })
	if i < 0 {
		m.phases = append(m.phases, phaseCount{phase: s.Phase})
		i = len(m.phases) - 1
	}
	p := &m.phases[i] // counters never go back
	p.requests, p.errors = max(p.requests, s.Requests), max(p.errors, s.Errors)
}

// Describe implements prometheus.Collector.
func (m *metrics) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		phaseDesc, shareDesc, requestsDesc, errorsDesc, offeredDesc, responseDesc, recentDesc, lagDesc, verdictDesc,
	} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (m *metrics) Collect(out chan<- prometheus.Metric) {
	m.mu.Lock()
	s, phases := m.state, slices.Clone(m.phases)
	m.mu.Unlock()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	for _, p := range phases {
		out <- prometheus.MustNewConstMetric(requestsDesc, prometheus.CounterValue, float64(p.requests), p.phase)
		out <- prometheus.MustNewConstMetric(errorsDesc, prometheus.CounterValue, float64(p.errors), p.phase)
		current := 0.0
		if p.phase == s.Phase {
			current = 1
		}
		gauge(phaseDesc, current, p.phase)
	}
	if s.Phase != "" && s.Share >= 0 {
		gauge(shareDesc, s.Share)
	}
	if s.OfferedPerSec > 0 {
		gauge(offeredDesc, s.OfferedPerSec)
	}
	if s.P99US > 0 {
		gauge(recentDesc, s.P50US/1e6, "0.5")
		gauge(recentDesc, s.P99US/1e6, "0.99")
	}
	if s.LagP99US > 0 {
		gauge(lagDesc, s.LagP99US/1e6, "0.99")
	}
	if status := s.SoFar(); status != "" {
		gauge(verdictDesc, 1, status)
	}
	if r := s.Response; r != nil {
		buckets := make(map[float64]uint64, len(r.Below))
		for i, n := range r.Below {
			buckets[results.LiveBounds[i]] = n
		}
		out <- prometheus.MustNewConstHistogram(responseDesc, r.Count, r.SumSeconds, buckets)
	}
}
