//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// The stall that is measured: a server stopped for a second in the middle of
// an open loop of ten.
const (
	stallRate    = 5000.0
	stallSeconds = 10.0
	stallFor     = time.Second
	stallAfter   = 5 * time.Second // from loadgen's start; the warm-up is off
)

// benchStall stops the server for a second under an open loop and compares
// what loadgen tells with the arithmetic: with a stall of S in a run of N
// requests at the rate λ, drained at the capacity C, the response p99 is
// S - 0.01·N·(1/λ - 1/C).
func benchStall(ctx context.Context, o options, server peer, loadgen, dir string) error {
	s, err := start(ctx, server, o.serverCPU, dir)
	if err != nil {
		return err
	}
	defer s.stop()
	capacity, err := stallRun(ctx, o, s, loadgen, dir, "0", nil)
	if err != nil {
		return err
	}
	fmt.Printf("A stall: %s stopped for %v in %.0f s of %.0f requests/s, 50 connections, pipeline 1; it serves %.0f/s at most\n",
		server.name, stallFor, stallSeconds, stallRate, capacity.Totals.OpsPerSec)
	for range o.rounds {
		var stopped time.Duration
		run, err := stallRun(ctx, o, s, loadgen, dir, fmt.Sprint(stallRate), func() { stopped = s.stall() })
		if err != nil {
			return err
		}
		n := float64(run.Totals.Requests)
		theory := stopped.Seconds() - 0.01*n*(1/stallRate-1/capacity.Totals.OpsPerSec)
		measured := run.Totals.Response.P99 / 1e6
		fmt.Printf("  stopped %.1f ms: response p99 %.1f ms, by the formula %.1f ms (%+.2f %%); service p99 %.2f ms; %d errors\n",
			1e3*stopped.Seconds(), 1e3*measured, 1e3*theory, 100*(measured/theory-1), run.Totals.Service.P99/1e3, run.Totals.Errors)
		if math.IsNaN(theory) {
			return fmt.Errorf("loadgen measured nothing")
		}
	}
	return nil
}

// stall stops the server's process and says how long it stood.
func (s *process) stall() time.Duration {
	_ = s.cmd.Process.Signal(syscall.SIGSTOP)
	began := time.Now()
	time.Sleep(stallFor)
	_ = s.cmd.Process.Signal(syscall.SIGCONT)
	return time.Since(began)
}

// stallRecord is what is read of loadgen's record.
type stallRecord struct {
	Totals struct {
		Requests  int64
		Errors    int64
		OpsPerSec float64               `json:"ops_per_sec"`
		Response  struct{ P99 float64 } `json:"response_us"`
		Service   struct{ P99 float64 } `json:"service_us"`
	}
}

// stallRun runs loadgen at a rate; during, where not nil, is called in its
// midst.
func stallRun(ctx context.Context, o options, s *process, loadgen, dir, rate string, during func()) (stallRecord, error) {
	var record stallRecord
	cmd := exec.CommandContext(ctx, "taskset", "-c", o.clientCPU, loadgen, "run", "--target", "redis://127.0.0.1:"+s.port,
		"--workload", "uniform", "--keys", "10000", "--rate", rate, "--warmup", "0s",
		"--duration", fmt.Sprintf("%.0fs", stallSeconds), "--connections", "50", "--pipeline", "1",
		"--format", "json", "--quiet", "--out", filepath.Join(dir, "stall-"+fmt.Sprint(time.Now().UnixNano())))
	cmd.Stderr = os.Stderr
	done := make(chan struct{})
	if during != nil {
		go func() {
			defer close(done)
			time.Sleep(stallAfter)
			during()
		}()
	} else {
		close(done)
	}
	output, err := cmd.Output()
	<-done
	if err != nil {
		return record, fmt.Errorf("loadgen: %w", err)
	}
	return record, json.Unmarshal(output, &record)
}
