package report

import (
	"encoding/json"
	"math"
	"strconv"

	"github.com/HdrHistogram/hdrhistogram-go"

	"slotbench/results"
)

// memtierSecond is a second of a "Time-Serie". Latencies are in milliseconds;
// a second without samples has none.
type memtierSecond struct {
	BytesIn, BytesOut, Count int64
	histogram                *hdrhistogram.Histogram // nanoseconds
}

// MarshalJSON writes the names of memtier_benchmark.
func (s memtierSecond) MarshalJSON() ([]byte, error) {
	all := map[string]any{"Bytes RX": s.BytesIn, "Bytes TX": s.BytesOut, "Count": s.Count}
	if h := s.histogram; h != nil && s.Count > 0 {
		mean := h.Mean() / 1e6
		all["Average Latency"] = finite3(mean)
		all["Accumulated Latency"] = int64(math.Round(mean * float64(s.Count)))
		all["Min Latency"], all["Max Latency"] = finite3(float64(h.Min())/1e6), finite3(float64(h.Max())/1e6)
		for _, p := range memtierPercentiles {
			all[memtierPercentile(p)] = quantileMillis(h, p)
		}
	}
	return json.Marshal(all)
}

// memtierPiece is one interval of a record's series.
type memtierPiece struct {
	at, seconds       float64
	count             int64
	bytesIn, bytesOut int64
	hdr               string
}

// maxSerieSeconds is how many seconds a series is spread over, at most: a day.
const maxSerieSeconds = 86_400

// timeSerie puts n intervals into whole seconds. Shorter ones are put together;
// one of several seconds is spread evenly over them, as readers take a second's
// count for a rate, and its latencies stand in each.
func timeSerie(n int, piece func(int) memtierPiece) map[string]memtierSecond {
	seconds := map[int]*memtierSecond{}
	for i := range n {
		p := piece(i)
		// The first may begin a little before 0, and all others with it.
		first := int(min(max(0, math.Floor(p.at+p.seconds/20)), maxSerieSeconds))
		length := int(min(max(1, math.Round(p.seconds)), maxSerieSeconds))
		h, err := results.Histogram(p.hdr)
		if err != nil {
			h = nil
		}
		for k := range length {
			s := seconds[first+k]
			if s == nil {
				s = &memtierSecond{}
				seconds[first+k] = s
			}
			s.Count += share(p.count, k, length)
			s.BytesIn += share(p.bytesIn, k, length)
			s.BytesOut += share(p.bytesOut, k, length)
			switch {
			case h == nil:
			case s.histogram == nil:
				s.histogram = h
			default: // it may be another second's too
				s.histogram = hdrhistogram.Import(s.histogram.Export())
				s.histogram.Merge(h)
			}
		}
	}
	all := make(map[string]memtierSecond, len(seconds))
	for at, s := range seconds {
		all[strconv.Itoa(at)] = *s
	}
	return all
}

// share is the part number k of n that is divided into so many whole parts.
func share(n int64, k, parts int) int64 {
	upTo := func(k int) int64 { return n/int64(parts)*int64(k) + n%int64(parts)*int64(k)/int64(parts) }
	return upTo(k+1) - upTo(k)
}
