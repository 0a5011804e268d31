package report

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/HdrHistogram/hdrhistogram-go"

	"slotbench/results"
)

// RedisBenchmarkCSV writes a line an operation as redis-benchmark --csv does.
// Its latencies, in milliseconds, are our response times.
func RedisBenchmarkCSV(w io.Writer, rec *results.Record) error {
	var out bytes.Buffer
	fmt.Fprintln(&out, `"test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"`)
	for _, op := range rec.Operations {
		l := op.Response
		fmt.Fprintf(&out, `"%s","%.2f"`, strings.ReplaceAll(clean(op.Name), `"`, `""`), finite3(op.OpsPerSec))
		for _, us := range []float64{l.Mean, l.Min, l.P50, l.P95, l.P99, l.Max} {
			if l.Count == 0 {
				us = 0
			}
			fmt.Fprintf(&out, `,"%.3f"`, us/1e3)
		}
		out.WriteByte('\n')
	}
	_, err := w.Write(out.Bytes())
	return err
}

// ticksPerHalf is how finely .hgrm text cuts the way from one halving of the
// rest to the next: what wrk2 and memtier_benchmark use.
const ticksPerHalf = 5

// nanosPerMilli scales histograms of nanoseconds to the milliseconds that
// plotters of these formats expect.
const nanosPerMilli = 1e6

// HGRM writes the response times as HdrHistogram's percentile text, in
// milliseconds, which its plotters and wrk2's readers take.
func HGRM(w io.Writer, rec *results.Record) error { return hgrm(w, rec.Totals.ResponseHDR) }

func hgrm(w io.Writer, encoded string) error {
	h, err := results.Histogram(encoded)
	if err != nil {
		return err
	}
	if h == nil {
		h = hdrhistogram.New(1, results.MaxNanos, 3)
	}
	var out bytes.Buffer
	if _, err := h.PercentilesPrint(&out, ticksPerHalf, nanosPerMilli); err != nil {
		return fmt.Errorf("percentile text: %w", err)
	}
	_, err = w.Write(out.Bytes())
	return err
}

// HDRLog writes the response times of each interval as an HdrHistogram log
// (format 1.3, V2 histograms of nanoseconds; the maximum of a line is in
// milliseconds). Times count from the start of the measurement; events stand as
// comments.
func HDRLog(w io.Writer, rec *results.Record) error {
	var out bytes.Buffer
	log := hdrhistogram.NewHistogramLogWriter(&out)
	started := begun(rec).UnixMilli()
	steps := []func() error{
		func() error { return log.OutputComment("[slotbench: response times of " + clean(rec.Name) + "]") },
		log.OutputLogFormatVersion,
		func() error { return log.OutputStartTime(started) },
		log.OutputLegend,
	}
	for _, e := range rec.Events {
		steps = append(steps, func() error { return log.OutputComment("[event: " + eventText(e) + "]") })
	}
	for _, i := range rec.Intervals {
		steps = append(steps, func() error { return logInterval(log, i) })
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return fmt.Errorf("interval log: %w", err)
		}
	}
	_, err := w.Write(out.Bytes())
	return err
}

func logInterval(log *hdrhistogram.HistogramLogWriter, i results.Interval) error {
	h, err := results.Histogram(i.ResponseHDR)
	if err != nil || h == nil {
		return err
	}
	h.SetStartTimeMs(int64(math.Round(i.AtSeconds * 1e3)))
	h.SetEndTimeMs(int64(math.Round((i.AtSeconds + i.Seconds) * 1e3)))
	return log.OutputIntervalHistogram(h)
}
