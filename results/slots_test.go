package results

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"slotbench/internal/request"
	"slotbench/internal/slot"
)

// Every time lies between the edges of its cell, and the cells follow each
// other.
func TestSlotCells(t *testing.T) {
	for _, nanos := range []int64{0, 1, 16_383, 16_384, 32_767, 32_768, 100_000, 1e6, 1e9, MaxNanos, math.MaxInt64} {
		cell := slotCell(nanos)
		if nanos < slotCellEdge(cell) || cell < slotCells-1 && nanos >= slotCellEdge(cell+1) {
			t.Errorf("%d ns is in cell %d, which begins at %d", nanos, cell, slotCellEdge(cell))
		}
	}
	for cell := 1; cell < slotCells; cell++ {
		if edge := slotCellEdge(cell); slotCell(edge) != cell || slotCell(edge-1) != cell-1 {
			t.Errorf("edge %d of cell %d is in %d, before it %d", edge, cell, slotCell(edge), slotCell(edge-1))
		}
	}
}

// The estimate stands beside the exact quantile of the same times.
func TestSlotQuantile(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for _, median := range []float64{30e3, 150e3, 2e6, 12e6} {
		a, times := slotTimes{}, []int64{}
		for range 5000 {
			nanos := int64(median * math.Exp(random.NormFloat64()*0.3))
			times = append(times, nanos)
			a.add(nanos, 1)
		}
		slices.Sort(times)
		exact := float64(times[len(times)*99/100])
		if got := a.quantile(0.99, float64(slices.Max(times))); math.Abs(got/exact-1) > 0.2 {
			t.Errorf("median %g: p99 %g, exact %g", median, got, exact)
		}
	}
}

func TestBySlot(t *testing.T) {
	r := NewRecorder(RecorderOptions{Workers: 2, Ops: []string{"GET"}, Slots: 4096})
	send := func(worker int, s slot.Slot, nanos int64, status request.Status) {
		r.Record(worker, &request.Request{
			Slot: s, Frame: make([]byte, 30),
			Outcome: request.Outcome{Written: 1, Done: nanos, BytesIn: 12, Status: status},
		})
	}
	send(0, 4, 100_000, request.OK)
	send(1, 7, 300_000, request.Miss) // of the same slot of 4096
	send(0, 5, 1_000, request.Failed) // fast errors flatter no latency
	send(0, 16383, 2_000_000, request.TimedOut)
	got := r.Result(request.Tally{End: 1}, 0)
	if len(got.Slots) != 4096 || got.Slots[1] != 3 || got.Slots[4095] != 1 {
		t.Fatalf("operations %d … %d, %d", got.Slots[1], got.Slots[4095], len(got.Slots))
	}
	by := got.BySlot
	if by.Bytes[1] != 3*42 || by.MeanUS[1] != 200 || by.MaxUS[1] != 300 || by.MaxUS[4095] != 2000 || by.MeanUS[0] != 0 {
		t.Errorf("bytes %d, mean %g, max %g, timeout %g", by.Bytes[1], by.MeanUS[1], by.MaxUS[1], by.MaxUS[4095])
	}
}

// A slot that is asked a million times is counted exactly, and keeps the shares
// of its cells; so does one that others are added to.
func TestSlotOfMany(t *testing.T) {
	const many = 1 << 20
	a := newSlotAccounts(int(slot.DefaultCount), 3)
	q := request.Request{Slot: 9, Frame: make([]byte, 10), Outcome: request.Outcome{Written: 1}}
	for i := range many {
		q.Done, q.Status = 100_000, request.OK
		if i%50 == 7 {
			q.Done = 3_000_000
		}
		if i%1024 == 5 {
			q.Status = request.Failed
		}
		a.count(&q)
	}
	b := newSlotAccounts(int(slot.DefaultCount), 4)
	b.merge(&a)
	b.merge(&a)
	for times, sum := range []*slotAccounts{&a, &b} {
		n := int64(times + 1)
		ops, rest := sum.results(slot.DefaultCount)
		if ops[9] != n*many || rest.Bytes[9] != 10*n*many || rest.MaxUS[9] != 3000 {
			t.Errorf("%d operations, %d bytes, longest %g", ops[9], rest.Bytes[9], rest.MaxUS[9])
		}
		if mean, p99 := rest.MeanUS[9], rest.P99US[9]; math.Abs(mean-158) > 4 || p99 < 2000 || p99 > 3000 {
			t.Errorf("mean %g, p99 %g", mean, p99)
		}
		if timed := float64(sum.times[9].timed); math.Abs(timed/float64(n*many)-1) > 0.02 {
			t.Errorf("%g times of %d", timed, n*many)
		}
		if p97 := sum.times[9].quantile(0.97, 3e6) / 1e3; p97 < 65 || p97 > 132 {
			t.Errorf("p97 %g µs", p97)
		}
	}
	if a.times[9].halved == 0 {
		t.Error("no cell ran over")
	}
}

// The histograms of the record hold what its figures say.
func TestHistogramsOfTheRecord(t *testing.T) {
	all := traffic(5000)
	r := NewRecorder(RecorderOptions{Ops: []string{"GET", "SET"}, Nodes: 3, Interval: 10e6})
	for i := range all {
		r.Record(0, &all[i])
	}
	got := r.Result(request.Tally{End: 1}, 100_000)
	same := func(what, text string, count int64, p99 float64) {
		h, err := Histogram(text)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if h.TotalCount() != count {
			t.Errorf("%s: %d of %d", what, h.TotalCount(), count)
		}
		if us := float64(h.ValueAtPercentile(99)) / 1e3; math.Abs(us/p99-1) > 0.01 {
			t.Errorf("%s: p99 %g µs, of the record %g", what, us, p99)
		}
	}
	for _, op := range got.Operations {
		same(op.Name, op.ResponseHDR, op.Response.Count, op.Response.P99)
		same(op.Name, op.ServiceHDR, op.Service.Count, op.Service.P99)
	}
	for _, node := range got.Nodes {
		same("node", node.ServiceHDR, node.Service.Count, node.Service.P99)
		same("node", node.ResponseHDR, node.Response.Count, node.Response.P99)
	}
	if len(got.Intervals) < 5 {
		t.Fatalf("%d intervals", len(got.Intervals))
	}
	for _, op := range got.Operations {
		n := int64(0)
		for i, text := range op.Intervals.ResponseHDR {
			h, err := Histogram(text)
			if err != nil || (h == nil) != (op.Intervals.Requests[i] == 0) || h != nil && h.TotalCount() != op.Intervals.Requests[i] {
				t.Fatalf("%s, interval %d: %d requests, %v", op.Name, i, op.Intervals.Requests[i], err)
			}
			n += op.Intervals.Requests[i]
		}
		if n != op.Requests-op.Errors || len(op.Intervals.MeanUS) != len(got.Intervals) {
			t.Errorf("%s: %d of %d in intervals", op.Name, n, op.Requests-op.Errors)
		}
	}
	out, in := int64(0), int64(0)
	for _, i := range got.Intervals {
		out, in = out+i.BytesOut, in+i.BytesIn
	}
	if out != got.Totals.BytesOut || in != got.Totals.BytesIn {
		t.Errorf("bytes %d and %d in intervals, %d and %d in all", out, in, got.Totals.BytesOut, got.Totals.BytesIn)
	}
	for _, i := range got.Intervals {
		same("interval", i.ResponseHDR, i.Requests, i.P99US)
		if i.P999US < i.P99US || i.P999US > i.MaxUS {
			t.Errorf("p99.9 %g between p99 %g and max %g", i.P999US, i.P99US, i.MaxUS)
		}
	}
	if h, err := Histogram(""); h != nil || err != nil {
		t.Error("no text is no histogram")
	}
	if _, err := Histogram("HISTnonsense"); err == nil {
		t.Error("nonsense was decoded")
	}
}

func TestLiveResponse(t *testing.T) {
	r := NewRecorder(RecorderOptions{Ops: []string{"GET", "SET"}, Interval: 10e6})
	all := traffic(5000)
	for i := range all {
		r.Record(0, &all[i])
	}
	l := r.LiveResponse()
	if l.Count == 0 || l.Count > 5000 || l.Below[len(l.Below)-1] != l.Count || !slices.IsSorted(l.Below) {
		t.Errorf("%+v", l)
	}
	if mean := l.SumSeconds / float64(l.Count); mean < 100e-6 || mean > 400e-6 {
		t.Errorf("mean %g s", mean)
	}
	if lag := r.Live().LagP99US; lag < 2 || lag > 12.2 {
		t.Errorf("lag %g µs", lag)
	}
}

// A slot's operations go on beyond what a worker's compact count holds.
func TestSlotOperationsBeyondTheCount(t *testing.T) {
	accounts := func() slotAccounts {
		a := newSlotAccounts(16384, 1)
		a.counts[5].ops = math.MaxUint32
		for range 3 {
			a.count(&request.Request{Slot: 5, Outcome: request.Outcome{Done: 1}})
		}
		return a
	}
	sum, other := accounts(), accounts()
	sum.merge(&other)
	if ops, _ := sum.results(8192); ops[2] != 2*(math.MaxUint32+3) {
		t.Errorf("%d operations, want %d", ops[2], int64(2*(math.MaxUint32+3)))
	}
}
