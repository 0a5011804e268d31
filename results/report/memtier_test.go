package report

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"testing"

	"slotbench/results"
)

// memtierTestSecond is a second as readers of memtier_benchmark's take it.
type memtierTestSecond struct {
	Count       int64
	In          *int64  `json:"Bytes RX"`
	Out         *int64  `json:"Bytes TX"`
	Average     float64 `json:"Average Latency"`
	Accumulated int64   `json:"Accumulated Latency"`
	Min         float64 `json:"Min Latency"`
	Max         float64 `json:"Max Latency"`
	P50         float64 `json:"p50.00"`
	P999        float64 `json:"p99.90"`
}

// consistent is what memtier_benchmark's own tests ask of a second.
func (s memtierTestSecond) consistent() bool {
	if s.In == nil || s.Out == nil {
		return false
	}
	if s.Count == 0 {
		return s.Average == 0
	}
	derived := float64(s.Accumulated) / float64(s.Count)
	return math.Abs(s.Average-derived) <= max(0.01, 0.02*derived, 1/float64(s.Count)) && s.Min > 0 && s.Min <= s.P50 && s.P50 <= s.P999 && s.P999 <= s.Max*1.01
}

// What other tools' readers find in their formats.
func TestMemtier(t *testing.T) {
	rec := measured()
	var out bytes.Buffer
	if err := Write(&out, FormatMemtier, rec, Options{}); err != nil {
		t.Fatal(err)
	}
	type block struct {
		Count       int64
		Ops         float64 `json:"Ops/sec"`
		Latency     float64
		Moved       *float64                     `json:"MOVED/sec"`
		KB          float64                      `json:"KB/sec"`
		Serie       map[string]memtierTestSecond `json:"Time-Serie"`
		Percentiles struct {
			P50  float64 `json:"p50.00"`
			P999 float64 `json:"p99.90"`
			Log  struct {
				Histogram string `json:"Compressed Histogram"`
			} `json:"Histogram log format"`
		} `json:"Percentile Latencies"`
	}
	var doc struct {
		Run map[string]any                     `json:"run information"`
		All struct{ Gets, Sets, Totals block } `json:"ALL STATS"`
	}
	if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	totals, l := doc.All.Totals, rec.Totals.Response
	if totals.Count != rec.Totals.Succeeded || math.Abs(totals.Percentiles.P999-l.P999/1e3) > 0.002 || math.Abs(totals.Latency-l.Mean/1e3) > 0.002 ||
		totals.Moved == nil || totals.KB <= 0 || doc.Run["Format version"] != 2.0 {
		t.Errorf("totals %+v", totals)
	}
	if doc.All.Gets.Count+doc.All.Sets.Count != totals.Count || doc.All.Gets.Percentiles.P50 <= 0 {
		t.Errorf("gets %d, sets %d", doc.All.Gets.Count, doc.All.Sets.Count)
	}
	for name, b := range map[string]block{"Totals": totals, "Gets": doc.All.Gets, "Sets": doc.All.Sets} {
		var sum int64
		for at, second := range b.Serie {
			if sum += second.Count; !second.consistent() {
				t.Errorf("%s, second %s: %+v", name, at, second)
			}
		}
		if len(b.Serie) < 3 || sum != b.Count {
			t.Errorf("%s: %d seconds with %d of %d", name, len(b.Serie), sum, b.Count)
		}
	}
	h, err := results.Histogram(totals.Percentiles.Log.Histogram)
	if err != nil || h.TotalCount() != totals.Count || math.Abs(float64(h.ValueAtPercentile(50))-l.P50) > 2 {
		t.Errorf("the histogram is not of microseconds: %v", err)
	}
}

// Intervals of several seconds are spread over them, shorter ones put together,
// and nothing is lost or doubled.
func TestTimeSerie(t *testing.T) {
	var pieces []memtierPiece
	for i := range 8 {
		pieces = append(pieces, memtierPiece{at: float64(i)*0.25 - 0.0001, seconds: 0.25, count: 10, bytesIn: 7})
	}
	pieces = append(pieces, memtierPiece{at: 1.9999, seconds: 4, count: 11, bytesOut: 3})
	got := timeSerie(len(pieces), func(i int) memtierPiece { return pieces[i] })
	var counts, in, out []int64
	for at := range len(got) {
		s := got[strconv.Itoa(at)]
		counts, in, out = append(counts, s.Count), append(in, s.BytesIn), append(out, s.BytesOut)
	}
	if !slices.Equal(counts, []int64{40, 40, 2, 3, 3, 3}) || !slices.Equal(in, []int64{28, 28, 0, 0, 0, 0}) || !slices.Equal(out, []int64{0, 0, 0, 1, 1, 1}) {
		t.Errorf("%v, in %v, out %v", counts, in, out)
	}
}
