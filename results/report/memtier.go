package report

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"slotbench/results"
)

// memtierPercentiles are those that memtier_benchmark prints unless told
// otherwise, and those that scripts ask it for.
var memtierPercentiles = []float64{50, 90, 95, 99, 99.9, 99.99}

// memtierKB is what memtier_benchmark calls a KB.
const memtierKB = 1024

// memtierStats is one block of "ALL STATS". Latencies are in milliseconds.
type memtierStats struct {
	Count               int64                    `json:"Count"`
	OpsPerSec           float64                  `json:"Ops/sec"`
	HitsPerSec          float64                  `json:"Hits/sec"`
	MissesPerSec        float64                  `json:"Misses/sec"`
	MovedPerSec         *float64                 `json:"MOVED/sec,omitempty"`
	AskPerSec           *float64                 `json:"ASK/sec,omitempty"`
	ConnectionErrorsSec float64                  `json:"Connection Errors/sec"`
	ConnectionErrors    int64                    `json:"Connection Errors"`
	Latency             float64                  `json:"Latency"`
	Average             float64                  `json:"Average Latency"`
	Accumulated         int64                    `json:"Accumulated Latency"`
	Min                 float64                  `json:"Min Latency"`
	Max                 float64                  `json:"Max Latency"`
	KBPerSec            float64                  `json:"KB/sec"`
	KBBoth              float64                  `json:"KB/sec RX/TX"`
	KBIn                float64                  `json:"KB/sec RX"`
	KBOut               float64                  `json:"KB/sec TX"`
	TimeSerie           map[string]memtierSecond `json:"Time-Serie"`
	Percentiles         map[string]any           `json:"Percentile Latencies"`
	histogram           *hdrhistogram.Histogram  // nanoseconds; nil of none
}

// Memtier writes the record as memtier_benchmark 2 does with --json-out-file.
// Its latencies are our response times. What the record does not hold by
// operation (bytes, hits) is 0 there and whole in "Totals".
func Memtier(w io.Writer, rec *results.Record) error {
	c := rec.Config
	all := map[string]any{"Runtime": memtierRuntime(rec), "Totals": memtierTotals(rec)}
	for _, op := range rec.Operations {
		all[memtierName(op.Name)] = memtierOperation(rec, op)
	}
	for _, name := range []string{"Sets", "Gets"} { // always there, and asked for by name
		if _, there := all[name]; !there {
			all[name] = memtierOperation(rec, results.Operation{})
		}
	}
	doc := map[string]any{
		"configuration": map[string]any{
			"server": clean(c.Target), "protocol": "redis", "pipeline": c.Pipeline, "threads": c.Threads,
			"clients": perThread(c), "requests": c.Requests, "test_time": c.DurationSeconds, "seed": c.Seed,
			"key_prefix": clean(c.KeyPrefix), "cluster_mode": strconv.FormatBool(rec.Target.Mode == "cluster"),
			"tool": "slotbench loadgen " + clean(rec.Environment.Tool), "verdict": rec.Verdict.Status,
		},
		"run information": map[string]any{
			"Threads": c.Threads, "Connections per thread": perThread(c), "Seconds": c.DurationSeconds, "Format version": 2,
		},
		"ALL STATS": all,
	}
	text, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		return fmt.Errorf("memtier JSON: %w", err)
	}
	_, err = w.Write(append(text, '\n'))
	return err
}

// perThread is what memtier_benchmark calls -c; ours is a total.
func perThread(c results.Config) int { return c.Connections / max(1, c.Threads) }

// memtierName is an operation as memtier_benchmark names its commands.
func memtierName(op string) string {
	name := strings.ToLower(clean(op))
	if name == "" {
		return "s"
	}
	return strings.ToUpper(name[:1]) + name[1:] + "s"
}

func memtierRuntime(rec *results.Record) map[string]any {
	begin := begun(rec).UnixMilli()
	total := int64(math.Round(rec.Totals.Seconds * 1e3))
	return map[string]any{
		"Start time": begin, "Finish time": begin + total, "Total duration": total, "Time unit": "MILLISECONDS",
		"Interrupted": strconv.FormatBool(rec.Partial != ""),
	}
}

// begun is when the measurement began; records of before that was written
// down only know when the run did.
func begun(rec *results.Record) time.Time {
	if rec.Measured.IsZero() {
		return rec.Started
	}
	return rec.Measured
}

// finite3 is a figure with three decimals, 0 of none.
func finite3(x float64) float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return 0
	}
	return math.Round(x*1000) / 1000
}

// memtierBlock has what is alike in all blocks.
func memtierBlock(count int64, perSec float64, l results.Latency, hdr string) memtierStats {
	s := memtierStats{Count: count, OpsPerSec: finite3(perSec), TimeSerie: map[string]memtierSecond{}, Percentiles: map[string]any{}}
	if l.Count > 0 {
		s.Average = finite3(l.Mean / 1e3)
		s.Latency, s.Min, s.Max = s.Average, finite3(l.Min/1e3), finite3(l.Max/1e3)
		s.Accumulated = int64(l.Mean * float64(l.Count) / 1e3)
	}
	s.histogram, _ = results.Histogram(hdr)
	for _, p := range memtierPercentiles {
		// Newer memtier_benchmarks have three decimals in these names.
		s.Percentiles[memtierPercentile(p)] = quantileMillis(s.histogram, p)
		s.Percentiles[fmt.Sprintf("p%.3f", p)] = quantileMillis(s.histogram, p)
	}
	s.Percentiles["Histogram log format"] = map[string]any{"Compressed Histogram": microsHistogram(s.histogram)}
	return s
}

// memtierPercentile is p99.00 and p99.90.
func memtierPercentile(p float64) string { return fmt.Sprintf("p%.2f", p) }

func quantileMillis(h *hdrhistogram.Histogram, percent float64) float64 {
	if h == nil {
		return 0
	}
	return finite3(float64(h.ValueAtPercentile(percent)) / 1e6)
}

// microsHistogram is a histogram in microseconds, as memtier_benchmark has it.
func microsHistogram(h *hdrhistogram.Histogram) string {
	const longest = 3600e6
	micros := hdrhistogram.New(1, longest, 3)
	if h != nil {
		for _, bar := range h.Distribution() {
			if bar.Count > 0 {
				_ = micros.RecordValues(min(max(1, bar.To/1000), longest), bar.Count) // within its range
			}
		}
	}
	text, err := micros.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		return ""
	}
	return string(text)
}

func memtierOperation(rec *results.Record, op results.Operation) memtierStats {
	s := memtierBlock(op.Requests-op.Errors, op.OpsPerSec, op.Response, op.ResponseHDR)
	if over := op.Intervals; over != nil && len(over.Requests) == len(rec.Intervals) && len(over.ResponseHDR) == len(rec.Intervals) {
		s.TimeSerie = timeSerie(len(rec.Intervals), func(i int) memtierPiece {
			at := rec.Intervals[i]
			return memtierPiece{at: at.AtSeconds, seconds: at.Seconds, count: over.Requests[i], hdr: over.ResponseHDR[i]}
		})
	}
	if seconds := rec.Totals.Seconds; seconds > 0 {
		s.MissesPerSec = finite3(float64(op.Misses) / seconds)
		if op.Name == "GET" { // of others the record does not say whether they read
			s.HitsPerSec = finite3(float64(s.Count-op.Misses) / seconds)
		}
	}
	return s
}

func memtierTotals(rec *results.Record) memtierStats {
	t := rec.Totals
	s := memtierBlock(t.Succeeded, t.OpsPerSec, t.Response, t.ResponseHDR)
	if t.Seconds > 0 {
		perSecond := func(n int64) float64 { return finite3(float64(n) / t.Seconds) }
		s.HitsPerSec, s.MissesPerSec = perSecond(t.Hits), perSecond(t.Misses)
		s.ConnectionErrors = t.Unknown
		s.ConnectionErrorsSec = perSecond(t.Unknown)
		if t.Redirects != nil {
			moved, ask := perSecond(t.Redirects.Moved), perSecond(t.Redirects.Ask)
			s.MovedPerSec, s.AskPerSec = &moved, &ask
		}
		s.KBIn, s.KBOut = finite3(float64(t.BytesIn)/memtierKB/t.Seconds), finite3(float64(t.BytesOut)/memtierKB/t.Seconds)
		s.KBPerSec = finite3(s.KBIn + s.KBOut)
		s.KBBoth = s.KBPerSec
	}
	s.TimeSerie = timeSerie(len(rec.Intervals), func(i int) memtierPiece {
		one := rec.Intervals[i]
		return memtierPiece{one.AtSeconds, one.Seconds, one.Requests, one.BytesIn, one.BytesOut, one.ResponseHDR}
	})
	return s
}
