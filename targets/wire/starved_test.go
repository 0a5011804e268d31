package wire

import (
	"testing"

	"slotbench/internal/request"
)

// fitful is a source and its schedule that have a request only from time to
// time: until readyAt says so, they have to be asked again.
type fitful struct {
	keySource
	now      *int64
	readyAt  []int64 // by request
	dues     []int64 // nil: closed loop
	promised bool
	asked    int
	next     int64
}

func (f *fitful) has() bool { return f.made < f.n && *f.now >= f.readyAt[f.made] }

func (f *fitful) Next(r *request.Request) bool {
	if f.made == f.n {
		return false
	}
	if !f.has() || f.dues != nil && !f.promised {
		f.asked++
		r.Frame = r.Frame[:0]
		return true
	}
	f.promised = false
	return f.keySource.Next(r)
}

// fitfulTimes is its schedule.
type fitfulTimes struct{ *fitful }

func (f fitfulTimes) Next() int64 {
	if f.made == f.n {
		return f.next
	}
	if f.promised = f.has(); f.promised {
		return f.dues[f.made]
	}
	f.next += milli
	return f.next
}

// TestSourceThatIsLate: what comes late keeps its due time, and the lag is
// the client's.
func TestSourceThatIsLate(t *testing.T) {
	s := newSim(t, 1, false, Options{})
	source := &fitful{keySource: keySource{prefix: "k", n: 3}, now: &s.now,
		readyAt: []int64{0, 50 * milli, 50 * milli}, dues: []int64{milli, 10 * milli, 90 * milli}}
	s.begin(request.Load{Connections: 2, Pipeline: 1, Streams: []request.Stream{{Source: source, Schedule: fitfulTimes{source}}}})
	s.run()
	if len(s.ended) != 3 {
		t.Fatalf("%d requests", len(s.ended))
	}
	for i, late := range []int64{0, 40 * milli, 0} {
		r := &s.ended[i]
		if r.Due != source.dues[i] || r.Ready-r.Due < late || r.Ready-r.Due > late+2*milli || r.Status != request.OK {
			t.Errorf("request %d: due %d, ready %d: want it late by %d", i, r.Due, r.Ready, late)
		}
	}
	if source.asked == 0 || source.asked > 200 {
		t.Errorf("asked in vain %d times", source.asked)
	}
}

// TestClientThatStarves: in the closed loop a client without requests waits
// by itself, the others go on, and its wait is no response time.
func TestClientThatStarves(t *testing.T) {
	s := newSim(t, 1, false, Options{})
	s.serve = func(*conn, []string) (string, int64) { return "+OK\r\n", s.now + milli }
	hungry := &fitful{keySource: keySource{stream: 1, prefix: "h", n: 2}, now: &s.now, readyAt: []int64{0, 100 * milli}}
	s.begin(request.Load{Connections: 2, Pipeline: 4, Streams: []request.Stream{
		{Source: &keySource{prefix: "k", n: 400}}, {Source: hungry},
	}})
	s.run()
	if len(s.ended) != 402 {
		t.Fatalf("%d requests", len(s.ended))
	}
	for i := range s.ended {
		if r := &s.ended[i]; r.ResponseNanos() > 5*milli {
			t.Errorf("request %d of stream %d took %d µs", r.Seq, r.Stream, r.ResponseNanos()/micro)
		}
	}
	if hungry.asked == 0 || hungry.asked > 1000 {
		t.Errorf("asked in vain %d times", hungry.asked)
	}
}
