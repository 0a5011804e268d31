package results

import (
	"slotbench/internal/request"
)

// MeasuredPhase is a part of the measurement with an offered load of its own.
// The load before it was answered or given up before it began, so that no
// backlog is counted twice.
type MeasuredPhase struct {
	Name         string      `json:"name"`
	Kind         string      `json:"kind"`           // steady, ramp, step, burst, sine; trace
	StartSeconds float64     `json:"start_seconds"`  // since the measurement began, as in intervals
	EndSeconds   float64     `json:"end_seconds"`    // when its last request was due or answered
	TargetPerSec float64     `json:"target_per_sec"` // the mean of the offered rate
	LowPerSec    float64     `json:"low_per_sec"`    // its lowest
	HighPerSec   float64     `json:"high_per_sec"`   // its highest
	Offered      int64       `json:"offered"`        // due in the phase
	Sent         int64       `json:"sent"`           // of those, written
	Lag          Latency     `json:"lag_us"`         // from due to when a worker turned to it
	Totals       Totals      `json:"totals"`         // with full histograms
	Operations   []Operation `json:"operations"`
	Steadiness   *Steadiness `json:"steadiness"` // null unless the kind is steady and there are enough intervals
}

// Steadiness is the test of a steady phase for a trend, over its intervals
// without annotated events.
type Steadiness struct {
	Intervals  int   `json:"intervals"` // that were looked at
	Throughput Trend `json:"throughput"`
	P50        Trend `json:"p50"`
	P99        Trend `json:"p99"`
	Steady     bool  `json:"steady"`
	// SteadyFromSeconds is when the phase had settled by the MSER rule, since
	// the measurement began; null if that left less than half of the phase.
	SteadyFromSeconds *float64 `json:"steady_from_seconds"`
}

// Trend is a straight line through a series that outliers do not move
// (Theil 1950, Sen 1968), and how sure it is that there is any (Mann 1945,
// Kendall 1975, its variance widened for what neighbours have in common).
type Trend struct {
	First  float64 `json:"first"` // the line at the first interval, per second or in microseconds
	Last   float64 `json:"last"`  // and at the last
	Change float64 `json:"change"`
	Z      float64 `json:"z"` // standard deviations from no trend
}

// EndPhase closes a phase of the measurement: what was recorded since the
// last one, or since the beginning, as a phase that began at start on the run's
// clock. It is called while nobody records; Result holds all phases together.
// The tally's times count from the phase's own beginning. The caller fills
// what the recording does not know: name, kind and rates.
func (r *Recorder) EndPhase(t request.Tally, start int64) MeasuredPhase {
	m := r.merge(r.shards)
	end := max(start+t.End-t.Origin, m.lastAnswer)
	seconds := float64(end-start) / 1e9
	phase := MeasuredPhase{
		StartSeconds: float64(start) / 1e9,
		EndSeconds:   float64(end) / 1e9,
		Totals:       r.totals(m, seconds),
		Operations:   r.operations(m, seconds),
	}
	if m.pacing != nil {
		phase.Offered, phase.Sent, phase.Lag = m.pacing.offered, m.pacing.sent, m.pacing.lag.latency()
	}
	r.phaseSeconds += seconds
	r.keep(m)
	return phase
}

// keep puts what a phase recorded to that of the phases before, and gives the
// workers new shards.
func (r *Recorder) keep(m *shard) {
	if r.past != nil {
		m = r.merge([]*shard{r.past, m})
	}
	m.publish()
	old := r.shards
	r.series.mu.Lock() // against Live
	defer r.series.mu.Unlock()
	r.past = m
	r.shards = make([]*shard, len(old))
	for w := range old {
		r.shards[w] = newShard(&r.options, w)
		r.shards[w].tags, r.shards[w].untilTag = old[w].tags, old[w].untilTag
	}
}

// parts is everything that was recorded: the present shards, and the phases
// before.
func (r *Recorder) parts() []*shard {
	if r.past == nil {
		return r.shards
	}
	return append(r.shards[:len(r.shards):len(r.shards)], r.past)
}
