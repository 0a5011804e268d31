package wire

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"slotbench/internal/request"
	"slotbench/targets"
)

const (
	micro = int64(1_000)
	milli = int64(1_000_000)
	sec   = int64(1_000_000_000)
)

// theServer answers one request after another, each in serviceNanos, and does
// nothing in [stallFrom, stallTo).
type theServer struct {
	serviceNanos       int64
	stallFrom, stallTo int64
	freeAt             int64
}

func (v *theServer) doneAt(now int64) int64 {
	begin := max(now, v.freeAt)
	if begin >= v.stallFrom && begin < v.stallTo {
		begin = v.stallTo
	}
	v.freeAt = begin + v.serviceNanos
	return v.freeAt
}

// A stall of S in a run of N requests at rate λ, drained at capacity C, must
// show as a response p99 of S − 0.01·N·(1/λ − 1/C): 908 ms here. The service
// p99 stays small, since only the 50 in flight saw the stall.
func TestStallShowsInResponseAsInTheory(t *testing.T) {
	const (
		n        = 50_000
		interval = 200 * micro // λ = 5,000/s
		service  = 16 * micro  // C = 62,500/s
		stall    = sec
	)
	s := newSim(t, 1, false, Options{})
	server := &theServer{serviceNanos: service, stallFrom: 4 * sec, stallTo: 4*sec + stall}
	s.serve = func(*conn, []string) (string, int64) { return "$1\r\nv\r\n", server.doneAt(s.now) }
	s.begin(openLoad(50, 1, n, interval))
	s.run()
	if got := s.statuses()[request.OK]; got != n {
		t.Fatalf("%d of %d answered: %v", got, n, s.statuses())
	}
	var response, served []int64
	for i := range s.ended {
		r := &s.ended[i]
		if r.Ready != r.Due {
			t.Fatalf("request %d: due %d, ready %d: the driver lags in a simulation", i, r.Due, r.Ready)
		}
		response = append(response, r.ResponseNanos())
		served = append(served, r.ServiceNanos())
	}
	slices.Sort(response)
	slices.Sort(served)
	rank := n - n/100 // as many as 1 % are above
	theory := stall - n/100*(interval-service)
	// Discrete arrivals can differ from the continuous formula by one step.
	if got := response[rank]; got < theory-interval || got > theory+interval {
		t.Errorf("response p99 = %d µs, theory %d µs", got/micro, theory/micro)
	}
	// Exactly: the first request to come after the stall began waits longest.
	if got, want := response[n-1], stall-(1000+20_000*interval-4*sec)%interval; got < want || got > want+service {
		t.Errorf("longest response = %d µs, want %d µs", got/micro, want/micro)
	}
	if got := served[rank]; got > 50*service {
		t.Errorf("service p99 = %d µs: the stall leaked into it", got/micro)
	}
}

func TestClosedLoopWaitsForTheWholeBatch(t *testing.T) {
	s := newSim(t, 3, true, Options{})
	s.serve = func(k *conn, _ []string) (string, int64) { return "$1\r\nv\r\n", s.now + int64(k.node.index+1)*milli }
	s.begin(closedLoad(2, 4, 80))
	s.run()
	if len(s.ended) != 80 || s.statuses()[request.OK] != 80 {
		t.Fatalf("%d ended: %v", len(s.ended), s.statuses())
	}
	byStream := make(map[int32][]request.Request)
	nodes := make(map[int16]int)
	for _, r := range s.ended {
		byStream[r.Stream] = append(byStream[r.Stream], r)
		nodes[r.Node]++
		if want := int16(s.core.owners[r.Slot]); r.Node != want {
			t.Errorf("%s went to node %d, its slot's owner is %d", r.Key(), r.Node, want)
		}
	}
	if len(nodes) != 3 {
		t.Errorf("the keys went to nodes %v", nodes)
	}
	for stream, requests := range byStream {
		slices.SortFunc(requests, func(a, b request.Request) int { return int(a.Seq) - int(b.Seq) })
		free := int64(1)
		for batch := range slices.Chunk(requests, 4) {
			last := int64(0)
			for _, r := range batch {
				if r.Due != free {
					t.Errorf("stream %d, request %d: due %d, but its client was free at %d", stream, r.Seq, r.Due, free)
				}
				last = max(last, r.Done)
			}
			free = last
		}
	}
	if len(s.dialed) != 6 {
		t.Errorf("2 clients and 3 nodes: connections %v", s.dialed)
	}
}

func TestOpenLoopTakesTheFirstConnectionWithRoom(t *testing.T) {
	s := newSim(t, 1, false, Options{})
	inFlight := make(map[int32]int)
	most := make(map[int32]int)
	s.serve = func(k *conn, _ []string) (string, int64) {
		inFlight[k.client]++
		most[k.client] = max(most[k.client], inFlight[k.client])
		s.at(s.now+milli, func() { inFlight[k.client]-- })
		return "+OK\r\n", s.now + milli
	}
	s.begin(openLoad(3, 2, 1000, 200*micro)) // five in flight on average
	s.run()
	if !maps.Equal(most, map[int32]int{0: 2, 1: 2, 2: 2}) && !maps.Equal(most, map[int32]int{0: 2, 1: 2, 2: 1}) {
		t.Errorf("most in flight by connection: %v", most)
	}
	if s.statuses()[request.OK] != 1000 {
		t.Errorf("ended: %v", s.statuses())
	}
	// A rate that one connection can carry opens no second one.
	s = newSim(t, 1, false, Options{})
	s.begin(openLoad(50, 1, 100, milli))
	s.run()
	if len(s.dialed) != 1 {
		t.Errorf("connections: %v", s.dialed)
	}
}

func TestStampsCountWaitingForAConnectionAsNoLag(t *testing.T) {
	s := newSim(t, 1, false, Options{})
	s.accept = func(*conn) (string, int64) { return "", 3 * milli }
	s.serve = func(*conn, []string) (string, int64) { return "$1\r\nv\r\n", s.now + milli }
	s.begin(openLoad(1, 1, 2, micro))
	s.run()
	first, second := s.ended[0], s.ended[1]
	want := request.Outcome{Ready: 1000, Written: 1000 + 3*milli, FirstByte: 1000 + 4*milli, Done: 1000 + 4*milli, BytesIn: 7}
	if first.Due != 1000 || first.Outcome != want {
		t.Errorf("first: due %d, %+v", first.Due, first.Outcome)
	}
	want = request.Outcome{Ready: 2000, Written: 1000 + 4*milli, FirstByte: 1000 + 5*milli, Done: 1000 + 5*milli, BytesIn: 7}
	if second.Due != 2000 || second.Outcome != want {
		t.Errorf("second: due %d, %+v", second.Due, second.Outcome)
	}
}

func TestFirstByteOfAnAnswerInParts(t *testing.T) {
	s := newSim(t, 1, false, Options{})
	s.serve = func(k *conn, command []string) (string, int64) {
		if command[1] == "k0" {
			return "", 0
		}
		in := s.inbox[k]
		s.reply(k, in, "$3\r\nab", s.now+milli)
		s.reply(k, in, "c\r\n$-1", s.now+2*milli)
		s.reply(k, in, "\r\n", s.now+3*milli)
		return "", 0
	}
	s.begin(openLoad(1, 2, 2, 0))
	s.run()
	if len(s.ended) != 2 {
		t.Fatalf("%d ended", len(s.ended))
	}
	for i, want := range []request.Outcome{
		{Status: request.OK, Ready: 1000, Written: 1000, FirstByte: 1000 + milli, Done: 1000 + 2*milli, BytesIn: 9},
		{Status: request.Miss, Ready: 1000, Written: 1000, FirstByte: 1000 + 2*milli, Done: 1000 + 3*milli, BytesIn: 5},
	} {
		if s.ended[i].Outcome != want {
			t.Errorf("%d: %+v, want %+v", i, s.ended[i].Outcome, want)
		}
	}
}

func TestPartialWritesAreNotCountedAsWritten(t *testing.T) {
	s := newSim(t, 1, false, Options{})
	budget := 0 // every write takes a byte more than the one before
	s.takes = func(_ *conn, n int) int { budget++; return min(n, budget) }
	s.begin(closedLoad(1, 5, 20))
	s.run()
	if s.statuses()[request.OK] != 20 || s.core.sent != 20 {
		t.Fatalf("%v, sent %d", s.statuses(), s.core.sent)
	}
	for _, r := range s.ended {
		if r.Written < r.Ready || r.Done < r.Written {
			t.Errorf("stamps out of order: %+v", r.Outcome)
		}
	}
	if s.ended[0].Written == s.ended[0].Ready {
		t.Error("a request whose first byte was written counts as written")
	}
}

func TestEndOfAPhase(t *testing.T) {
	for _, v := range []struct {
		name  string
		load  request.Load
		nanos int64
		want  int
	}{
		{"open, by the sources", openLoad(2, 1, 10, milli), 0, 10},
		{"open, by time: what is due at its end is not part of it", openLoad(2, 1, 100, milli), 1000 + 5*milli, 5},
		{"closed, by the sources", closedLoad(3, 2, 12), 0, 12},
		{"closed, by time", closedLoad(1, 1, 1<<40), 10*milli + 1, 10},
	} {
		s := newSim(t, 1, false, Options{})
		s.serve = func(*conn, []string) (string, int64) { return "+OK\r\n", s.now + milli }
		v.load.Nanos = v.nanos
		s.begin(v.load)
		s.run()
		if len(s.ended) != v.want || s.statuses()[request.OK] != v.want {
			t.Errorf("%s: %d ended, want %d: %v", v.name, len(s.ended), v.want, s.statuses())
		}
	}
}

func TestRequestsAreSharedOutOverStreams(t *testing.T) {
	load := request.Load{Connections: 4, Requests: 10}
	for i := range 4 {
		load.Streams = append(load.Streams, request.Stream{Source: &keySource{stream: int32(i), n: 100}})
	}
	for workers := 1; workers <= 4; workers++ {
		total, conns := int64(0), 0
		for _, p := range share(load, workers) {
			conns += p.conns
			for _, st := range p.streams {
				total += st.left
				want := int64(2)
				if st.Source.(*keySource).stream < 2 {
					want = 3
				}
				if st.left != want {
					t.Errorf("%d workers: stream %d has %d requests", workers, st.Source.(*keySource).stream, st.left)
				}
			}
		}
		if total != 10 || conns != 4 {
			t.Errorf("%d workers: %d requests, %d connections", workers, total, conns)
		}
	}
}

func TestDrainGivesUp(t *testing.T) {
	s := newSim(t, 1, false, Options{})
	s.serve = func(_ *conn, command []string) (string, int64) {
		if command[1] == "k0" {
			return "+OK\r\n", s.now
		}
		return "", 0
	}
	load := openLoad(1, 2, 100, milli)
	load.Requests, load.DrainNanos = 10, 100*milli
	s.begin(load)
	s.run()
	if got := s.statuses(); got[request.OK] != 1 || got[request.CutOff] != 2 || got[request.Unsent] != 7 {
		t.Fatalf("%v", got)
	}
	for _, r := range s.ended[1:] {
		if r.Done != 1000+109*milli {
			t.Errorf("%v given up at %d", r.Status, r.Done)
		}
		if (r.Status == request.Unsent) != (r.Written == 0) {
			t.Errorf("%v was written at %d", r.Status, r.Written)
		}
	}
	if s.core.queuedBytes != 0 || s.core.pending != 0 {
		t.Errorf("left: %d bytes queued, %d pending", s.core.queuedBytes, s.core.pending)
	}
	// Nothing of it leaks into the next phase, which has its own connection.
	s.serve = func(*conn, []string) (string, int64) { return "+OK\r\n", s.now }
	s.ended, s.now = nil, 1
	s.begin(openLoad(1, 2, 3, milli))
	s.run()
	if s.statuses()[request.OK] != 3 || len(s.dialed) != 2 {
		t.Errorf("second phase: %v, connections %v", s.statuses(), s.dialed)
	}
}

func TestQueueLimitAbortsLoudly(t *testing.T) {
	s := newSim(t, 1, false, Options{QueueBytes: 100 * (flightBytes + frameBytes)})
	s.serve = func(*conn, []string) (string, int64) { return "", 0 }
	s.begin(openLoad(1, 1, 1_000_000, micro))
	s.run()
	if !s.core.cut || !strings.HasPrefix(s.core.aborted, targets.ClassQueue) {
		t.Errorf("aborted: %q", s.core.aborted)
	}
	if got := s.statuses(); got[request.CutOff] != 1 || got[request.Unsent] != 101 {
		t.Errorf("%v", got)
	}
}

func TestStopDropsWhatWaitsAndAwaitsWhatIsOut(t *testing.T) {
	s := newSim(t, 1, false, Options{})
	s.serve = func(*conn, []string) (string, int64) { return "+OK\r\n", s.now + 10*milli }
	s.at(5*milli, func() { s.core.stop("why", s.now) })
	s.begin(openLoad(1, 1, 1000, milli))
	s.run()
	if got := s.statuses(); got[request.OK] != 1 || got[request.Unsent] != 4 || len(s.ended) != 5 {
		t.Errorf("%v", got)
	}
	if s.core.aborted != "why" || s.core.cut {
		t.Errorf("aborted %q, cut %v", s.core.aborted, s.core.cut)
	}
}

func TestMergeKeepsOneOrder(t *testing.T) {
	var streams []stream
	for _, step := range []int64{7, 3, 5, 3} {
		streams = append(streams, stream{request.Stream{Schedule: &every{step, step}}, 4})
	}
	var m merge
	m.begin(streams, 0)
	var got []string
	for {
		_, due, ok := m.next(1 << 40)
		if !ok {
			break
		}
		got = append(got, fmt.Sprintf("%d:%d", due, m.heap[0].stream))
		m.advance()
	}
	want := "3:1 3:3 5:2 6:1 6:3 7:0 9:1 9:3 10:2 12:1 12:3 14:0 15:2 20:2 21:0 28:0"
	if strings.Join(got, " ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, " "), want)
	}
	if m.due() != 1<<63-1 {
		t.Errorf("an empty merge is due at %d", m.due())
	}
}
