package main

import (
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"slotbench/cmd/loadgen/driver"
	"slotbench/results"
)

func scrape(t *testing.T, m *metrics) string {
	t.Helper()
	answer, err := http.Get("http://" + m.server.Addr + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %v\n%s", answer.Status, err, text)
	}
	return string(text)
}

func TestMetrics(t *testing.T) {
	m, err := serveMetrics("127.0.0.1:0", prometheus.Labels{"workload": "mixed"})
	if err != nil {
		t.Fatal(err)
	}
	if text := scrape(t, m); !strings.Contains(text, `loadgen_run_info{workload="mixed"} 1`) || strings.Contains(text, "loadgen_phase") {
		t.Errorf("before the run:\n%s", text)
	}
	m.show(driver.State{Phase: "preloading", Share: -1, Requests: 300, Errors: 2})
	m.show(driver.State{Phase: "preloading", Share: -1, Requests: 299, Errors: 1}) // never goes back
	response := results.LiveResponse{Count: 9, SumSeconds: 0.5, Below: make([]uint64, len(results.LiveBounds))}
	response.Below[len(response.Below)-1] = 8
	m.show(driver.State{
		Phase: "measuring", Share: 0.25, Requests: 10, Elapsed: time.Second / 2, OfferedPerSec: 20, P50US: 100, P99US: 2000, LagP99US: 30, Response: &response,
	})
	text := scrape(t, m)
	for _, want := range []string{
		`loadgen_requests_total{phase="preloading"} 300`,
		`loadgen_request_errors_total{phase="preloading"} 2`,
		`loadgen_requests_total{phase="measuring"} 10`,
		`loadgen_phase{phase="measuring"} 1`,
		`loadgen_phase{phase="preloading"} 0`,
		`loadgen_phase_progress_ratio 0.25`,
		`loadgen_offered_requests_per_second 20`,
		`loadgen_interval_response_duration_seconds{quantile="0.99"} 0.002`,
		`loadgen_pacing_lag_seconds{quantile="0.99"} 3e-05`,
		`loadgen_response_duration_seconds_bucket{le="10"} 8`,
		`loadgen_response_duration_seconds_bucket{le="+Inf"} 9`,
		`loadgen_response_duration_seconds_sum 0.5`,
		`loadgen_verdict{status="VALID"} 1`,
		`# TYPE loadgen_response_duration_seconds histogram`,
		`go_goroutines`,
	} {
		if !strings.Contains(text, want+"\n") && !strings.Contains(text, want+" ") {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	if err := m.close(); err != nil {
		t.Error(err)
	}
	if _, err := http.Get("http://" + m.server.Addr + "/metrics"); err == nil {
		t.Error("it serves after its end")
	}
}

// An address that cannot be had is a fault of the command line, told before
// anything begins.
func TestMetricsAddress(t *testing.T) {
	m, err := serveMetrics("127.0.0.1:0", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer m.close()
	for _, address := range []string{m.server.Addr, "nonsense", "127.0.0.1:99999"} {
		var stderr strings.Builder
		if code := execute([]string{"run", "--out", t.TempDir(), "--metrics", address}, io.Discard, &stderr); code != exitUsage || !strings.Contains(stderr.String(), "--metrics "+address) {
			t.Errorf("%s: exit %d, %s", address, code, stderr.String())
		}
	}
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		width int
		want  string
	}{{0, "12 µs"}, {6, "12 µs"}, {5, "12 µ"}, {1, ""}} {
		if got := cut("12 µs", c.width); got != c.want {
			t.Errorf("%d: %q", c.width, got)
		}
	}
}

// What a run's folder gets beside its record, and that a second time makes the
// same.
func TestReportFiles(t *testing.T) {
	dir := t.TempDir()
	record := &results.Record{Schema: results.Schema, Name: "mixed", Verdict: results.Verdict{Status: results.Valid}}
	if err := results.WriteRun(dir, record); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr strings.Builder
	if code := execute([]string{"report", "--files", dir}, &stdout, &stderr); code != exitOK {
		t.Fatalf("exit %d: %s", code, stderr.String())
	}
	page, err := os.ReadFile(strings.TrimSpace(stdout.String()))
	if err != nil || !strings.Contains(string(page), "<title>mixed on") {
		t.Errorf("%v: %.200s", err, page)
	}
	for _, args := range [][]string{{"report", "--format", "hgrm", dir, dir}, {"report", "--format", "xml", dir}, {"report", "--files"}} {
		if code := execute(args, io.Discard, io.Discard); code != exitUsage {
			t.Errorf("%q: exit %d", args, code)
		}
	}
}
