package results

import (
	"math"
	"math/rand/v2"
	"testing"

	"slotbench/internal/request"
	"slotbench/internal/slot"
)

// maxHourBytes is what the record of an hour may take.
const maxHourBytes = 20 << 20

// TestHourStaysSmall makes the record of an hour on twelve nodes, with eight
// operations, all slots in use, scattered owners and times over five decades,
// and looks at its size.
func TestHourStaysSmall(t *testing.T) {
	const operations, nodes, perSecond, seconds = 8, 12, 50, 3600
	names := make([]string, operations)
	for i := range names {
		names[i] = string(rune('A' + i))
	}
	r := NewRecorder(RecorderOptions{Ops: names, Nodes: nodes, Interval: 100e6})
	random := rand.New(rand.NewPCG(3, 4))
	for i := range int64(perSecond * seconds) {
		due := i * int64(1e9/perSecond)
		r.Record(0, &request.Request{
			Op: request.Op(random.IntN(operations)), Slot: slot.Slot(random.IntN(int(slot.DefaultCount))),
			Frame: make([]byte, 100), Due: due,
			Outcome: request.Outcome{
				Ready: due + 1, Written: due + 2, Node: int16(random.IntN(nodes)), BytesIn: 1000,
				Done: due + int64(20e3*math.Exp(5*random.Float64()+2*random.NormFloat64())),
			},
		})
	}
	got := r.Result(request.Tally{End: seconds * 1e9}, perSecond)
	rec := &Record{Schema: Schema, Totals: got.Totals, Operations: got.Operations, Intervals: got.Intervals, BySlot: got.BySlot}
	rec.Skew.Slots = got.Slots
	rec.BySlot.Keys = got.Slots
	for i := range nodes {
		var ranges []SlotRange // the worst: each slot is a range of its own
		for s := i; s < int(slot.DefaultCount); s += nodes {
			ranges = append(ranges, SlotRange{s, s})
		}
		rec.Nodes = append(rec.Nodes, Node{Service: got.Nodes[i].Service, ServiceHDR: got.Nodes[i].ServiceHDR, Response: got.Nodes[i].Response, ResponseHDR: got.Nodes[i].ResponseHDR, Ranges: ranges, RangesStart: ranges})
	}
	text, err := Marshal(rec)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d intervals, %d bytes", len(rec.Intervals), len(text))
	if len(text) > maxHourBytes || len(rec.Intervals) < MaxIntervals/2 {
		t.Errorf("%d bytes with %d intervals", len(text), len(rec.Intervals))
	}
}
