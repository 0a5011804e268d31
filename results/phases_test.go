package results

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"slotbench/internal/request"
	"slotbench/internal/slot"
)

// TestPhasesAddUp records the same requests in one go and in three phases:
// the whole is the same, and the phases are its parts.
func TestPhasesAddUp(t *testing.T) {
	const workers, phaseNanos = 2, 2 * second
	options := RecorderOptions{Workers: workers, Ops: []string{"GET", "SET"}, Nodes: 1, TagsOneIn: 1}
	whole, parts := NewRecorder(options), NewRecorder(options)
	random := rand.New(rand.NewPCG(3, 4))
	var phases []MeasuredPhase
	for p := range int64(3) {
		start, n := p*phaseNanos, (p+1)*1000
		for i := range n {
			due := start + i*phaseNanos/n
			q := ended(due/1000, random.Int64N(9), random.Int64N(9), 50+100*p+random.Int64N(40), request.Status(random.IntN(3)))
			q.Op, q.Slot = request.Op(random.IntN(2)), slot.Slot(random.IntN(50))
			w := random.IntN(workers)
			copied := *q
			whole.Record(w, q)
			parts.Record(w, &copied)
		}
		if live := parts.Live(); live.Requests > (p+1)*(p+2)*500 {
			t.Errorf("phase %d: %d requests live", p, live.Requests)
		}
		phases = append(phases, parts.EndPhase(request.Tally{End: phaseNanos - 1000}, start))
	}
	tally := request.Tally{End: 3*phaseNanos - 1000}
	one, sum := whole.Result(tally, 1000), parts.Result(tally, 1000)
	one.Totals.Seconds, one.Totals.OpsPerSec = sum.Totals.Seconds, sum.Totals.OpsPerSec // without the gaps between phases
	for i := range one.Operations {
		one.Operations[i].OpsPerSec = sum.Operations[i].OpsPerSec
	}
	if !reflect.DeepEqual(one, sum) {
		t.Errorf("in one go %+v\nin phases %+v", one, sum)
	}
	requests, seconds := int64(0), 0.0
	for p, phase := range phases {
		requests += phase.Totals.Requests
		seconds += phase.Totals.Seconds
		if want := int64(p+1) * 1000; phase.Totals.Requests != want || phase.Offered != want || phase.Lag.Count != want {
			t.Errorf("phase %d: %+v, want %d requests", p, phase.Totals, want)
		}
		if phase.StartSeconds != float64(2*p) || phase.EndSeconds < float64(2*p)+1.99 || phase.EndSeconds > float64(2*p)+2.01 {
			t.Errorf("phase %d: %v … %v s", p, phase.StartSeconds, phase.EndSeconds)
		}
		if low := float64(50 + 100*p); phase.Totals.Service.Min < low || phase.Totals.Service.Max > low+40 || phase.Totals.ServiceHDR == "" {
			t.Errorf("phase %d: service times of another: %+v", p, phase.Totals.Service)
		}
	}
	if requests != sum.Totals.Requests || seconds != sum.Totals.Seconds {
		t.Errorf("phases have %d requests in %v s, the whole %d in %v s", requests, seconds, sum.Totals.Requests, sum.Totals.Seconds)
	}
}
