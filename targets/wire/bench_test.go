package wire

import (
	"fmt"
	"testing"
	"unsafe"

	"slotbench/internal/request"
	"slotbench/internal/resp"
)

// cannedSource asks for the same key again and again.
type cannedSource struct {
	frame []byte
	left  int
}

func newCannedSource(n int) *cannedSource {
	return &cannedSource{resp.AppendCommand(nil, "GET", "key:000000012345"), n}
}

func (c *cannedSource) Next(r *request.Request) bool {
	if c.left == 0 {
		return false
	}
	c.left--
	r.Frame = append(r.Frame[:0], c.frame...)
	return true
}

// countingSink checks what it is given and forgets it.
type countingSink struct{ answered, failed int }

func (c *countingSink) Record(_ int, r *request.Request) {
	if r.Status == request.OK && r.Done >= r.Written && r.BytesIn == 108 {
		c.answered++
	} else {
		c.failed++
	}
}

// coreRig plays a null server to a core: no sockets, so that what is measured
// is the driver's own share.
type coreRig struct {
	core    *core
	now     int64
	replies []byte
	out     []byte
}

func newCoreRig(pipeline int) *coreRig {
	b := newBook([]string{"10.0.0.1:7000"})
	return &coreRig{
		core:    newCore(0, target{}, Options{}.withDefaults(), b),
		replies: makeReplies(pipeline),
		out:     make([]byte, 0, gatherBytes),
	}
}

func makeReplies(n int) []byte {
	var replies []byte
	for range n {
		replies = resp.AppendBulk(replies, make([]byte, 100))
	}
	return replies
}

// run plays a phase: receive all, then send all, as a loop does.
func (r *coreRig) run(p phase) {
	c := r.core
	r.now++
	c.begin(p, r.now)
	var answer []*conn
	for c.stage != stageEnded {
		r.now += 1000
		answer = answer[:0]
		for more := true; more; more = c.eager() {
			c.turn(r.now)
			for _, k := range c.dial {
				c.connected(k, r.now)
			}
			c.dial = c.dial[:0]
			for _, k := range c.dirty {
				k.dirty = false
				r.out = c.gather(k, r.out[:0], gatherBytes, r.now)
				c.wrote(k, len(r.out), len(r.out), r.now)
				answer = append(answer, k)
			}
			c.dirty = c.dirty[:0]
		}
		r.now += 1000
		for _, k := range answer {
			replies := r.replies[:k.inFlight()*len(r.replies)/p.pipeline]
			c.received(k, replies, r.now)
		}
	}
}

func closedPhase(n, clients, pipeline int, sink request.Sink) phase {
	p := phase{closed: true, conns: clients, pipeline: pipeline, drain: 1, sink: sink}
	for i := range clients {
		own := n / clients
		if i < n%clients {
			own++
		}
		p.streams = append(p.streams, stream{request.Stream{Source: newCannedSource(own)}, 1 << 62})
	}
	return p
}

// BenchmarkCore is the driver's own share of a request, without system calls.
func BenchmarkCore(b *testing.B) {
	for _, pipeline := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("P%d", pipeline), func(b *testing.B) {
			rig := newCoreRig(pipeline)
			defer rig.core.book.close()
			var sink countingSink
			rig.run(closedPhase(50*pipeline, 50, pipeline, &sink))
			sink = countingSink{}
			b.ReportAllocs()
			b.ResetTimer()
			rig.run(closedPhase(b.N, 50, pipeline, &sink))
			if sink.answered != b.N || sink.failed != 0 {
				b.Fatalf("%d answered, %d failed of %d", sink.answered, sink.failed, b.N)
			}
		})
	}
}

func TestFlightHasItsSize(t *testing.T) {
	if size := unsafe.Sizeof(flight{}); size != flightBytes {
		t.Errorf("a flight takes %d bytes, flightBytes is %d", size, flightBytes)
	}
}

// In steady state the core allocates nothing: what a phase allocates does not
// grow with its requests.
func TestSteadyStateAllocatesNothing(t *testing.T) {
	rig := newCoreRig(16)
	defer rig.core.book.close()
	var sink countingSink
	phaseAllocs := func(n int) float64 {
		return testing.AllocsPerRun(5, func() { rig.run(closedPhase(n, 50, 16, &sink)) })
	}
	short, long := phaseAllocs(1000), phaseAllocs(100_000)
	if long > short {
		t.Errorf("a phase of 1,000 requests allocates %v times, one of 100,000 %v times", short, long)
	}
	if sink.failed > 0 {
		t.Errorf("%d failed", sink.failed)
	}
}
