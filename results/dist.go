package results

import (
	"math"
	"math/bits"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// MaxNanos is the longest time that histograms tell from longer ones: an
// hour. Longer times are counted as this long, and a Check says how many were.
const MaxNanos = int64(3600e9)

// fineDigits are the significant decimal digits of the histograms that are the
// run's result.
const fineDigits = 3

// histogramRange describes those histograms in the record.
const histogramRange = "1 ns to 1 h, 3 significant digits; a longer time is counted as 1 h"

// moments is what is known exactly of some times in nanoseconds.
type moments struct {
	n        int64
	sum      sum
	min, max int64 // min of none is math.MaxInt64
	over     int64 // longer than MaxNanos
	negative int64 // ended before they began: counted as 0
}

// add adds a time n times, and says as what a histogram is to count it.
func (m *moments) add(nanos, n int64) (counted int64) {
	counted = nanos
	if uint64(nanos) > uint64(MaxNanos) {
		nanos, counted = m.outside(nanos, n)
	}
	m.n += n
	m.sum.add(uint64(nanos), uint64(n))
	m.min = min(m.min, nanos)
	m.max = max(m.max, nanos)
	return counted
}

// outside says what a time beyond the histogram's range adds to the sum and
// to the histogram.
func (m *moments) outside(nanos, n int64) (exact, counted int64) {
	if nanos < 0 {
		m.negative += n
		return 0, 0
	}
	m.over += n
	return nanos, MaxNanos
}

func (m *moments) merge(from *moments) {
	m.n += from.n
	m.sum.merge(from.sum)
	m.min = min(m.min, from.min)
	m.max = max(m.max, from.max)
	m.over += from.over
	m.negative += from.negative
}

// dist is one distribution of times in nanoseconds, finely.
type dist struct {
	moments
	h *hdrhistogram.Histogram
}

func newDist() *dist {
	return &dist{moments{min: math.MaxInt64}, hdrhistogram.New(1, MaxNanos, fineDigits)}
}

// record adds a time n times.
func (d *dist) record(nanos, n int64) {
	// It cannot fail: add keeps to the histogram's range.
	_ = d.h.RecordValues(d.add(nanos, n), n)
}

// merge adds what another distribution holds.
func (d *dist) merge(from *dist) {
	if from.n > 0 {
		d.h.Merge(from.h)
		d.moments.merge(&from.moments)
	}
}

// quantile is the time in nanoseconds below or at which so many percent lie.
// The histogram answers with the upper end of a bucket, which may lie above
// the longest time that there was.
func (d *dist) quantile(percent float64) int64 {
	return min(d.h.ValueAtPercentile(percent), d.max)
}

func (d *dist) latency() Latency { return d.moments.latency(d.quantile) }

// encoded is the whole histogram: HDR V2, compressed, base64; "" of none.
func (d *dist) encoded() (string, error) {
	if d.n == 0 {
		return "", nil
	}
	text, err := d.h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	return string(text), err
}

// latency is a distribution in microseconds, as the record holds it.
func (m *moments) latency(quantile func(percent float64) int64) Latency {
	if m.n == 0 {
		return Latency{}
	}
	micros := func(percent float64) float64 { return float64(quantile(percent)) / 1e3 }
	return Latency{
		Count: m.n,
		Min:   float64(m.min) / 1e3,
		Mean:  m.sum.float() / float64(m.n) / 1e3,
		P50:   micros(50),
		P90:   micros(90),
		P95:   micros(95),
		P99:   micros(99),
		P999:  micros(99.9),
		P9999: micros(99.99),
		Max:   float64(m.max) / 1e3,
	}
}

// sum is an exact sum of nanoseconds: 64 bits hold only 5 million hours,
// which a million queued requests of an overloaded run reach in a day.
type sum struct{ high, low uint64 }

func (s *sum) add(v, times uint64) {
	high, low := bits.Mul64(v, times)
	s.merge(sum{high, low})
}

func (s *sum) merge(other sum) {
	var carry uint64
	s.low, carry = bits.Add64(s.low, other.low, 0)
	s.high += other.high + carry
}

func (s sum) float() float64 { return float64(s.high)*(1<<64) + float64(s.low) }
