package results

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"slotbench/internal/request"
	"slotbench/internal/slot"
)

// traffic is n requests as a run on three nodes makes them, due at 100,000 a
// second: log-normal times around 150 µs, Zipf-like tags, two operations.
func traffic(n int) []request.Request {
	random := rand.New(rand.NewPCG(1, 2))
	tags := rand.NewZipf(random, 1.1, 1, 50_000)
	all := make([]request.Request, n)
	for i := range all {
		key := fmt.Appendf(nil, "cart:{user:%d}:items", tags.Uint64())
		q := request.Request{
			Op:     request.Op(random.IntN(10) / 9),
			Slot:   slot.Of(key),
			Frame:  append([]byte("*2\r\n$3\r\nGET\r\n$24\r\n"), key...),
			KeyAt:  19,
			KeyLen: len(key),
			Due:    int64(i) * 10_000,
		}
		q.Ready = q.Due + 2_000 + random.Int64N(10_000)
		q.Written = q.Ready + 1_000 + random.Int64N(3_000)
		q.Done = q.Written + int64(150e3*math.Exp(random.NormFloat64()*0.4))
		q.Node, q.BytesIn = int16(q.Slot)/5462, 512
		all[i] = q
	}
	return all
}

func benchmarkRecord(b *testing.B, closed bool) {
	const n = 1 << 10 // as many as a driver has in flight
	all := traffic(n)
	r := NewRecorder(RecorderOptions{Ops: []string{"GET", "SET"}, Nodes: 3, Closed: closed, Interval: 100 * time.Millisecond})
	b.ReportAllocs()
	i, lap, jitter := 0, int64(0), uint64(1)
	var q request.Request
	for b.Loop() {
		// Each lap over the requests is later than the last, and different.
		at := &all[i&(n-1)]
		jitter = jitter*6364136223846793005 + 1442695040888963407
		q.Op, q.Slot, q.Frame, q.KeyAt, q.KeyLen = at.Op, at.Slot, at.Frame, at.KeyAt, at.KeyLen
		q.Outcome = at.Outcome
		q.Due = at.Due + lap
		q.Ready += lap
		q.Written += lap
		q.Done += lap + int64(jitter>>48)
		r.Record(0, &q)
		if i++; i&(n-1) == 0 {
			lap += n * 10_000
		}
	}
	result := r.Result(request.Tally{End: q.Done}, 100_000)
	if result.Totals.Response.Count != int64(i) || result.Totals.Requests != int64(i) {
		b.Fatalf("recorded %d of %d", result.Totals.Response.Count, i)
	}
}

func BenchmarkRecordOpenLoop(b *testing.B)   { benchmarkRecord(b, false) }
func BenchmarkRecordClosedLoop(b *testing.B) { benchmarkRecord(b, true) }

// BenchmarkOneHistogram is the floor: the library's record alone, once.
func BenchmarkOneHistogram(b *testing.B) {
	const n = 1 << 14
	all := traffic(n)
	d := newDist()
	i := 0
	for b.Loop() {
		q := &all[i&(n-1)]
		if err := d.h.RecordValue(q.Done - q.Due); err != nil {
			b.Fatal(err)
		}
		i++
	}
	if d.h.TotalCount() != int64(i) {
		b.Fatal("lost a value")
	}
}

// BenchmarkCoarsen is what a worker pays when the run's length has doubled.
func BenchmarkCoarsen(b *testing.B) {
	all := traffic(1 << 12)
	for b.Loop() {
		b.StopTimer()
		var t series
		t.init(1e6)
		s := newPiece(1)
		for _, q := range all {
			s.ops[0].response.record(q.ResponseNanos(), 1)
		}
		for i := range t.spans {
			t.spans[i].response.merge(s.ops[0].response)
			t.spans[i].op(0).take(&s.ops[0])
		}
		t.used = MaxIntervals
		b.StartTimer()
		t.coarsen()
		if t.used != MaxIntervals/2 {
			b.Fatal("not merged")
		}
	}
}
