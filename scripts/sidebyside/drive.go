//go:build linux

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"slotbench/internal/request"
	"slotbench/targets"
	"slotbench/targets/wire"
)

// sink counts what came back.
type sink struct {
	latency *hdrhistogram.Histogram // nanoseconds, from due in an open loop, else of the service
	open    bool
	failed  int64
	err     string
}

func (s *sink) Record(_ int, r *request.Request) {
	if r.Status != request.OK && r.Status != request.Miss {
		s.failed++
		s.err = r.Status.String() + " " + r.Err
		return
	}
	nanos := r.ServiceNanos()
	if s.open {
		nanos = r.ResponseNanos()
	}
	_ = s.latency.RecordValue(min(max(nanos, 1), maxNanos))
}

const maxNanos = int64(time.Minute)

// figure is what one load did to one server.
type figure struct {
	perSecond    float64
	perCPUSecond float64 // operations per second of the server's CPU time
	p50, p99     float64 // microseconds
	p999         float64
}

// drive sends a load at a server for some seconds: as fast as it goes, or at
// a rate, from one thread on the client's core.
func drive(ctx context.Context, o options, s *process, l load, rate, seconds float64) (figure, error) {
	d, err := wire.New(targets.Access{Addrs: []string{"127.0.0.1:" + s.port}}, nil, wire.Options{CPUs: []int{o.clientCore()}, Spin: rate > 0})
	if err != nil {
		return figure{}, err
	}
	defer d.Close()
	out := &sink{latency: hdrhistogram.New(1, maxNanos, 3), open: rate > 0}
	before, err := s.cpu()
	if err != nil {
		return figure{}, err
	}
	tally, err := d.Run(ctx, request.Load{Streams: streams(l, rate), Connections: l.connections, Pipeline: l.pipeline,
		Nanos: int64(seconds * 1e9), DrainNanos: int64(10 * time.Second), Sink: out})
	if err != nil {
		return figure{}, err
	}
	after, err := s.cpu()
	if err != nil {
		return figure{}, err
	}
	if out.failed > 0 || tally.Aborted != "" || ctx.Err() != nil {
		return figure{}, fmt.Errorf("%s: %d requests failed (%s) %s", l, out.failed, out.err, tally.Aborted)
	}
	n := float64(out.latency.TotalCount())
	micros := func(quantile float64) float64 { return float64(out.latency.ValueAtQuantile(quantile)) / 1e3 }
	return figure{n / (float64(tally.End-tally.Origin) / 1e9), n / (after - before), micros(50), micros(99), micros(99.9)}, nil
}
