package results

import (
	"math"
	"math/rand/v2"
	"reflect"
	"sync"
	"testing"
	"time"

	"slotbench/internal/request"
	"slotbench/internal/slot"
)

const second = int64(time.Second)

// ended is a request due at so many microseconds that took what is said.
func ended(due, lag, wait, service int64, status request.Status) *request.Request {
	q := &request.Request{Frame: []byte("*2\r\n$3\r\nGET\r\n$5\r\n{a}:1\r\n"), KeyAt: 17, KeyLen: 5, Due: due * 1000}
	q.Slot = slot.Of(q.Key())
	q.Status, q.Node, q.BytesIn = status, 0, 7
	q.Ready = q.Due + lag*1000
	q.Written = q.Ready + wait*1000
	q.Done = q.Written + service*1000
	switch status {
	case request.Failed:
		q.Err = "ERR"
	case request.TimedOut, request.Unknown:
		q.Node = -1
	case request.Unsent:
		q.Node, q.Written = -1, 0
	}
	return q
}

// What counts where, as FORMAT.md tells it.
func TestEndings(t *testing.T) {
	type row struct {
		status              request.Status
		succeeded, response int64
		service, sent       int64
		kind                string
	}
	for _, w := range []row{
		{request.OK, 1, 1, 1, 1, ""},
		{request.Miss, 1, 1, 1, 1, ""},
		{request.Failed, 0, 0, 0, 1, "ERR"},
		{request.TimedOut, 0, 1, 1, 1, "timeout"},
		{request.Unknown, 0, 1, 1, 1, "unknown"},
		{request.Unsent, 0, 1, 0, 0, "unsent"},
	} {
		r := NewRecorder(RecorderOptions{Ops: []string{"GET"}, Nodes: 1})
		r.Record(0, ended(1000, 5, 10, 100, w.status))
		got := r.Result(request.Tally{Origin: 0, End: 1e6}, 10)
		totals := got.Totals
		if totals.Requests != 1 || totals.Succeeded != w.succeeded || totals.Errors != 1-w.succeeded ||
			totals.Response.Count != w.response || totals.Service.Count != w.service {
			t.Errorf("%v: %+v", w.status, totals)
		}
		if w.kind == "" && len(totals.ErrorKinds) != 0 || w.kind != "" && totals.ErrorKinds[w.kind] != 1 {
			t.Errorf("%v: error kinds %v", w.status, totals.ErrorKinds)
		}
		if w.response == 1 && totals.Response.Mean != 115 || w.service == 1 && totals.Service.Max != 100 {
			t.Errorf("%v: response %v, service %v", w.status, totals.Response.Mean, totals.Service.Max)
		}
		if lower := w.response - w.succeeded; totals.AtLeast != lower {
			t.Errorf("%v: %d lower bounds, want %d", w.status, totals.AtLeast, lower)
		}
		if p := got.Pacing; p.Offered != 1 || p.Sent != w.sent || p.Unsent != 1-w.sent || p.Error.Max != 5 || p.Wait.Count != 1 {
			t.Errorf("%v: pacing %+v", w.status, p)
		}
		if sum := got.Slots[slot.Of([]byte("a"))]; sum != w.sent {
			t.Errorf("%v: %d operations in the slot", w.status, sum)
		}
		if op := got.Operations[0]; op.Requests != 1 || op.Errors != 1-w.succeeded || op.Response.Count != w.response {
			t.Errorf("%v: operation %+v", w.status, op)
		}
	}
}

// A driver that can't tell when it turned to a request has only lag, and one
// that can't tell when it wrote has no service times.
func TestTimesThatTheDriverDoesNotTell(t *testing.T) {
	r := NewRecorder(RecorderOptions{Ops: []string{"GET"}, Nodes: 1})
	q := ended(1000, 5, 10, 100, request.OK)
	q.Ready = 0
	r.Record(0, q)
	if p := r.Result(request.Tally{}, 1).Pacing; p.Sent != 1 || p.Error.Max != 15 || p.Wait.Max != 0 {
		t.Errorf("without ready: %+v", p)
	}
	r = NewRecorder(RecorderOptions{Ops: []string{"GET"}, Nodes: 1})
	q = ended(1000, 5, 10, 100, request.OK)
	q.Written = 0
	r.Record(0, q)
	if got := r.Result(request.Tally{}, 1); got.Totals.Response.Count != 1 || got.Totals.Service.Count != 0 || got.Nodes[0].Service.Count != 0 {
		t.Errorf("without written: %+v", got.Nodes[0])
	}
}

// A random load by several workers against plain sums and sorted times.
func TestResultAgainstBruteForce(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	const workers = 3
	r := NewRecorder(RecorderOptions{Workers: workers, Ops: []string{"GET", "SET"}, Nodes: 1, TagsOneIn: 1})
	slots := map[int]int64{}
	nodes := map[int16]int64{}
	var succeeded, redirects, hits, misses int64
	var service float64
	n := int64(30_000)
	for i := range n {
		q := ended(i*100, random.Int64N(50), random.Int64N(20), 50+random.Int64N(400), request.Status(random.IntN(2)))
		q.Op = request.Op(random.IntN(2))
		q.Write = q.Op == 1
		q.Slot = slot.Slot(random.IntN(100))
		q.Node = int16(q.Slot % 5)
		if random.IntN(50) == 0 {
			q.Moved, q.Ask = 1, 2
			redirects++
		}
		slots[int(q.Slot)]++
		nodes[q.Node]++
		service += float64(q.ServiceNanos()) / 1e3
		succeeded++
		switch {
		case q.Status == request.Miss:
			misses++
		case !q.Write:
			hits++
		}
		r.Record(int(i%workers), q)
	}
	end := n * 100_000
	got := r.Result(request.Tally{End: end}, 10_000)
	totals := got.Totals
	if totals.Requests != n || totals.Succeeded != succeeded || totals.Hits != hits || totals.Misses != misses {
		t.Errorf("totals %+v", totals)
	}
	if want := float64(n) / totals.Seconds; totals.Seconds < 3 || totals.Seconds > 3.001 || totals.OpsPerSec != want {
		t.Errorf("%v ops/s in %v s", totals.OpsPerSec, totals.Seconds)
	}
	if mean := service / float64(n); math.Abs(totals.Service.Mean-mean) > 1e-6 {
		t.Errorf("mean service %v, want %v", totals.Service.Mean, mean)
	}
	if *totals.Redirects != (Redirects{Moved: redirects, Ask: 2 * redirects, Requests: redirects}) || totals.Redirected.Count != redirects {
		t.Errorf("redirects %+v, want %d", totals.Redirects, redirects)
	}
	for s, want := range slots {
		if got.Slots[s] != want {
			t.Errorf("slot %d: %d, want %d", s, got.Slots[s], want)
		}
	}
	if got.SlotsUsed != len(slots) || len(got.HottestSlots) != TopSlots || got.HottestSlots[0].Ops < got.HottestSlots[9].Ops {
		t.Errorf("%d slots used, hottest %+v", got.SlotsUsed, got.HottestSlots)
	}
	for node, want := range nodes {
		if got.Nodes[node].Ops != want || got.Nodes[node].Service.Count != want || got.Nodes[node].Share != float64(want)/float64(n) {
			t.Errorf("node %d: %+v, want %d", node, got.Nodes[node], want)
		}
	}
	if len(got.HottestTags) != 1 || got.HottestTags[0].Tag != "a" || got.HottestTags[0].Ops != n || got.HottestTags[0].Error != 0 {
		t.Errorf("tags %+v", got.HottestTags)
	}
	sum := int64(0)
	for i, piece := range got.Intervals {
		sum += piece.Requests
		if piece.AtSeconds != float64(i) || piece.Seconds != 1 {
			t.Errorf("interval %d: %+v", i, piece)
		}
	}
	if sum != n || len(got.Intervals) != 4 {
		t.Errorf("intervals hold %d of %d: %+v", sum, n, got.Intervals)
	}
}

func TestWindows(t *testing.T) {
	r := NewRecorder(RecorderOptions{Workers: 2, Ops: []string{"GET"}})
	load := func(from, service int64, n int) {
		for i := range n {
			q := ended(from+int64(i), 0, 0, service, request.OK)
			q.Moved = uint8(service / 500)
			r.Record(i%2, q)
		}
	}
	r.CloseWindow(0, 5) // none is open: ignored
	load(0, 100, 1000)
	first := r.OpenWindow(10_000_000, 0)
	load(10_000, 500, 999)
	load(5_000, 100, 1) // due before the window, ended in it
	r.CloseWindow(first, 20_000_000)
	r.CloseWindow(first, 21_000_000) // is closed: ignored
	load(20_000, 200, 1500)
	r.OpenWindow(30_000_000, 0)
	load(30_000, 700, 1200)
	got := r.Result(request.Tally{End: 40_000_000}, 1)
	if len(got.Windows) != 2 {
		t.Fatalf("%d windows", len(got.Windows))
	}
	near := func(p *float64, want float64) bool { return p != nil && *p >= want && *p <= want*1.001 }
	w := got.Windows[0]
	if w.OpenedAt != 10_000_000 || w.ClosedAt != 20_000_000 || !near(w.Before.P99US, 100) || w.Before.Samples != 1001 ||
		w.During.P99US != nil || w.During.Samples != 999 || !near(w.After.P99US, 200) || w.After.Samples != 1500 || w.Redirects.Requests != 999 {
		t.Errorf("first window %+v", w)
	}
	w = got.Windows[1]
	if w.ClosedAt != 0 || !near(w.Before.P99US, 200) || !near(w.During.P99US, 700) || w.After.P99US != nil || w.After.Samples != 0 {
		t.Errorf("second window %+v", w)
	}
}

// Two windows that overlap: what was due in both belongs to each.
func TestOverlappingWindows(t *testing.T) {
	r := NewRecorder(RecorderOptions{Ops: []string{"GET"}, Windows: 2})
	load := func(from int64, n int, status request.Status) {
		for i := range n {
			r.Record(0, ended(from+int64(i), 0, 0, 100, status))
		}
	}
	load(0, 10, request.OK)
	outer := r.OpenWindow(10_000, 0)
	load(10, 10, request.Failed)
	inner := r.OpenWindow(20_000, 0)
	load(20, 10, request.OK)
	r.CloseWindow(inner, 30_000)
	load(30, 10, request.Failed)
	r.CloseWindow(outer, 40_000)
	load(40, 10, request.OK)
	got := r.Result(request.Tally{End: 50_000}, 1)
	count := func(e EventWindow) [6]int64 {
		return [6]int64{e.Before.Requests, e.Before.Errors, e.During.Requests, e.During.Errors, e.After.Requests, e.After.Errors}
	}
	if a, b := count(got.Windows[outer]), count(got.Windows[inner]); a != [6]int64{10, 0, 30, 20, 10, 0} || b != [6]int64{10, 10, 10, 0, 10, 10} {
		t.Errorf("outer %v, inner %v", a, b)
	}
	w := got.Windows[outer]
	if w.During.AtSeconds != 10e-6 || w.During.Seconds != 30e-6 || w.After.Seconds != 10e-6 || w.Before.Seconds != 10e-6 {
		t.Errorf("times %+v", w)
	}
}

// What was on its way when a window opened belongs to it; the time in which
// it was due does not, nor does time behind the end.
func TestWindowsLeadAndEnd(t *testing.T) {
	r := NewRecorder(RecorderOptions{Ops: []string{"GET"}, Windows: 2})
	load := func(from int64, n int, status request.Status) {
		for i := range n {
			r.Record(0, ended(from+int64(i), 0, 0, 100, status))
		}
	}
	load(0, 9, request.OK)
	n := r.OpenWindow(10_000, 1_000)
	load(9, 1, request.Failed)
	load(10, 20, request.OK)
	late := r.OpenWindow(90_000, 0)
	r.CloseWindow(late, 95_000)
	r.CloseWindow(n, 99_000)
	got := r.Result(request.Tally{End: 30_000}, 1).Windows
	w := got[n]
	if w.OpenedAt != 10_000 || w.Before.Requests != 9 || w.Before.Seconds != 10e-6 || w.During.Requests != 21 || w.During.Errors != 1 || w.During.Seconds != 20e-6 {
		t.Errorf("with a lead: %+v", w)
	}
	if w := got[late]; w.Before.Seconds != 20e-6 || w.During.Seconds != 0 || w.During.OpsPerSec != 0 || w.After.Seconds != 0 {
		t.Errorf("behind the end: %+v", w)
	}
}

func TestTooManyWindowsAreTold(t *testing.T) {
	r := NewRecorder(RecorderOptions{Ops: []string{"GET"}})
	for i := range int64(MaxWindows + 2) {
		r.CloseWindow(r.OpenWindow(i*10, 0), i*10+5)
	}
	got := r.Result(request.Tally{}, 0)
	if len(got.Windows) != MaxWindows || len(got.Checks) != 1 {
		t.Errorf("%d windows, checks %+v", len(got.Windows), got.Checks)
	}
}

// A run far longer than the series has room for, with a gap in it.
func TestLongRunsCoarsenTheirIntervals(t *testing.T) {
	r := NewRecorder(RecorderOptions{Workers: 2, Ops: []string{"GET"}, Interval: time.Second})
	n, origin := int64(0), 100*second
	for at := int64(0); at < 5000; at++ {
		if at > 1000 && at < 2000 {
			continue
		}
		q := ended((origin+at*second)/1000, 0, 0, 100, request.OK)
		r.Record(int(at%2), q)
		n++
	}
	got := r.Result(request.Tally{Origin: origin, End: origin + 5000*second}, 1).Intervals
	if len(got) > MaxIntervals || len(got) != 157 {
		t.Fatalf("%d intervals", len(got))
	}
	sum := int64(0)
	for i, piece := range got {
		sum += piece.Requests
		if piece.Seconds != 32 || piece.AtSeconds != float64(i*32) {
			t.Fatalf("interval %d: %+v", i, piece)
		}
		inGap := piece.AtSeconds > 1000 && piece.AtSeconds+32 < 2000
		if inGap != (piece.Requests == 0) || inGap != (piece.P99US == 0) {
			t.Errorf("interval %d: %+v", i, piece)
		}
	}
	if sum != n {
		t.Errorf("intervals hold %d of %d", sum, n)
	}
}

func TestOddOptionsAndOutcomes(t *testing.T) {
	r := NewRecorder(RecorderOptions{Ops: []string{"GET"}, Closed: true, HideRedirects: true, Slots: 1024, TagsOneIn: -1})
	q := ended(1, 0, 0, 100, request.OK)
	q.Node, q.Slot = MaxTimedNodes+3, 16383
	r.Record(0, q)
	late := ended(0, 0, 0, 2*MaxNanos/1000, request.OK)
	r.Record(0, late)
	early := ended(100, 0, 0, -200, request.OK)
	r.Record(0, early)
	for i := range MaxErrorKinds + 5 {
		q := ended(0, 0, 0, 1, request.Failed)
		q.Err = string(rune('A' + i))
		r.Record(0, q)
	}
	got := r.Result(request.Tally{}, 0)
	if got.Pacing != nil || got.Totals.Redirects != nil || got.Totals.Redirected != nil || !got.Totals.AtSaturation {
		t.Errorf("a closed loop with redirects hidden: %+v, %+v", got.Pacing, got.Totals)
	}
	if len(got.Slots) != 1024 || got.Slots[1023] != 1 {
		t.Errorf("%d slots, the last holds %d", len(got.Slots), got.Slots[len(got.Slots)-1])
	}
	if len(got.Nodes) != MaxTimedNodes+4 || got.Nodes[MaxTimedNodes+3].Ops != 1 || got.Nodes[MaxTimedNodes+3].Service.Count != 0 {
		t.Errorf("%d nodes", len(got.Nodes))
	}
	if len(got.Totals.ErrorKinds) != MaxErrorKinds+1 || got.Totals.ErrorKinds[otherKind] != 5 {
		t.Errorf("%d kinds, %d others", len(got.Totals.ErrorKinds), got.Totals.ErrorKinds[otherKind])
	}
	if len(got.Checks) != 4 { // longer than an hour, before due, nodes untimed, coarsened
		t.Errorf("checks %+v", got.Checks)
	}
	if got.TagsOneIn != 0 || got.TagSamples != 0 || len(got.HottestTags) != 0 {
		t.Errorf("tags %d, %d, %v", got.TagsOneIn, got.TagSamples, got.HottestTags)
	}
}

// Workers, windows and progress at the same time: for the race detector.
func TestConcurrentUse(t *testing.T) {
	const workers, each = 4, 5000
	r := NewRecorder(RecorderOptions{Workers: workers, Ops: []string{"GET"}, Interval: time.Millisecond})
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			for i := range int64(each) {
				r.Record(w, ended(i*10, 1, 1, 100, request.OK))
			}
		})
	}
	group.Go(func() {
		last := int64(0)
		for i := range int64(100) {
			window := r.OpenWindow(i*1000, 0)
			live := r.Live()
			if live.Requests < last || live.Requests > workers*each {
				t.Errorf("live went from %d to %d", last, live.Requests)
			}
			last = live.Requests
			r.CloseWindow(window, i*1000+500)
		}
	})
	group.Wait()
	got := r.Result(request.Tally{End: each * 10_000}, 1)
	if got.Totals.Requests != workers*each || got.Totals.Response.Count != workers*each {
		t.Errorf("%d requests, %d times", got.Totals.Requests, got.Totals.Response.Count)
	}
}

func TestLive(t *testing.T) {
	r := NewRecorder(RecorderOptions{Ops: []string{"GET"}, Interval: time.Second})
	if live := r.Live(); live != (Live{}) {
		t.Errorf("before the first request: %+v", live)
	}
	for i := range int64(3002) { // a request counts when one comes that differs
		status := request.OK
		if i%10 == 0 {
			status = request.Failed
		}
		r.Record(0, ended(i*1000, 0, 0, 100, status))
	}
	live := r.Live()
	if live.Requests < 3000-publishEvery || live.Errors < 290 || live.OpsPerSec != 900 || live.Until != 2*second || live.P99US < 100 || live.P99US > 101 {
		t.Errorf("%+v", live)
	}
}

func TestRecordAllocatesNothing(t *testing.T) {
	all := traffic(1 << 12)
	r := NewRecorder(RecorderOptions{Ops: []string{"GET", "SET"}, Nodes: 3, TagsOneIn: 4, Interval: time.Millisecond})
	i := 0
	allocs := testing.AllocsPerRun(len(all)-1, func() {
		q := &all[i%len(all)]
		q.Moved = uint8(i % 2)
		q.Status = request.Status(i % 6)
		q.Err = "ERR"
		r.Record(0, q)
		if i++; i == 1000 {
			r.OpenWindow(q.Due, 0)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations a request", allocs)
	}
	if r.series.width == int64(time.Millisecond) && r.series.used < 40 {
		t.Errorf("only %d intervals were passed", r.series.used)
	}
}

// TestAlikeRequestsCountAsOneByOne compares requests in a row that are alike,
// which are counted together, with the same requests among others.
func TestAlikeRequestsCountAsOneByOne(t *testing.T) {
	options := RecorderOptions{Ops: []string{"GET"}, Nodes: 2, Interval: time.Second, TagsOneIn: -1}
	together, apart := NewRecorder(options), NewRecorder(options)
	var batch []*request.Request
	for i := range int64(64) {
		status := request.OK
		if i >= 60 {
			status = request.Failed
		}
		q := ended(1000, 100, 200, 700, status)
		q.Slot, q.BytesIn = slot.Slot(i), int32(i)
		batch = append(batch, q)
	}
	odd := ended(1000, 100, 200, 900, request.Miss)
	for _, q := range batch {
		together.Record(0, q)
	}
	for _, q := range batch {
		apart.Record(0, q)
		apart.Record(0, odd)
		together.Record(0, odd)
	}
	tally := request.Tally{End: 2000}
	a, b := together.Result(tally, 1), apart.Result(tally, 1)
	if a.Totals.Succeeded != 124 || a.Totals.Errors != 4 {
		t.Fatalf("%+v", a.Totals)
	}
	if !reflect.DeepEqual(a, b) {
		t.Errorf("together %+v\napart    %+v", a.Totals, b.Totals)
	}
}
