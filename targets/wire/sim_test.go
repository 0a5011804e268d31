package wire

import (
	"bytes"
	"container/heap"
	"fmt"
	"math"
	"testing"

	"slotbench/internal/request"
	"slotbench/internal/resp"
	"slotbench/internal/slot"
)

// sim plays a network and servers to one core in virtual time: the core can't
// tell it from a loop.
type sim struct {
	t      *testing.T
	core   *core
	now    int64
	news   newsHeap
	seq    int
	ended  []request.Request // as recorded; frames are copied
	dialed []string          // every connection attempt: "node/client@time"
	wrote  []string          // every write: "node/client@time: commands"

	// How the servers behave; the defaults accept at once and answer +OK.
	accept func(k *conn) (cause string, after int64)
	serve  func(k *conn, command []string) (reply string, at int64)
	takes  func(k *conn, n int) int // how much of a write the kernel takes
	inbox  map[*conn]*inbox
}

type inbox struct {
	generation int32
	reader     resp.CommandReader
	bytes      []byte
	rest       []byte // of answers
}

type news struct {
	at  int64
	seq int
	do  func()
}

type newsHeap []news

func (h newsHeap) Len() int      { return len(h) }
func (h newsHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h newsHeap) Less(i, j int) bool {
	return h[i].at < h[j].at || h[i].at == h[j].at && h[i].seq < h[j].seq
}
func (h *newsHeap) Push(x any) { *h = append(*h, x.(news)) }
func (h *newsHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

// newSim is a simulation of a target with so many nodes, which share the
// slots evenly if they are a cluster.
func newSim(t *testing.T, nodes int, cluster bool, o Options) *sim {
	var tgt target
	var list []slot.Node
	for i := range nodes {
		node := slot.Node{Host: "10.0.0.1", Port: 7000 + i}
		list = append(list, node)
		tgt.addrs = append(tgt.addrs, node.Addr())
	}
	if cluster {
		tgt.topology = slot.Even(slot.DefaultCount, list)
	}
	s := &sim{
		t: t, now: 1, inbox: make(map[*conn]*inbox),
		accept: func(*conn) (string, int64) { return "", 0 },
		takes:  func(_ *conn, n int) int { return n },
	}
	s.serve = func(*conn, []string) (string, int64) { return "+OK\r\n", s.now }
	b := newBook(tgt.addrs)
	t.Cleanup(b.close)
	s.core = newCore(0, tgt, o.withDefaults(), b)
	return s
}

// Record keeps a copy of what ended.
func (s *sim) Record(_ int, r *request.Request) {
	kept := *r
	kept.Frame = bytes.Clone(r.Frame)
	s.ended = append(s.ended, kept)
}

// at makes something happen later.
func (s *sim) at(when int64, do func()) {
	s.seq++
	heap.Push(&s.news, news{max(when, s.now), s.seq, do})
}

// begin starts a phase of one worker.
func (s *sim) begin(load request.Load) {
	load.Sink = s
	s.core.begin(share(load, 1)[0], s.now)
}

// run plays until the phase has ended. It fails the test if the core turns
// too often at one moment.
func (s *sim) run() {
	s.t.Helper()
	turns, at := 0, s.now
	for s.core.stage != stageEnded {
		s.step()
		if turns++; s.now > at {
			turns, at = 0, s.now
		} else if turns > 100_000 {
			s.t.Fatalf("the core turns in place at %d", s.now)
		}
	}
}

// step is one turn, and the time until the next news.
func (s *sim) step() {
	s.t.Helper()
	s.core.turn(s.now)
	s.network()
	if s.core.stage == stageEnded {
		return
	}
	next := s.core.wake()
	if len(s.news) > 0 {
		next = min(next, s.news[0].at)
	}
	if next == math.MaxInt64 {
		s.t.Fatal("the core waits for nothing")
	}
	s.now = max(s.now, next)
	for len(s.news) > 0 && s.news[0].at <= s.now {
		heap.Pop(&s.news).(news).do()
	}
}

// network does what a loop does: it closes, opens and writes.
func (s *sim) network() {
	c := s.core
	for i := 0; i < len(c.dial); i++ {
		k := c.dial[i]
		if k.state != connDialing {
			continue
		}
		s.dialed = append(s.dialed, fmt.Sprintf("%d/%d@%d", k.node.index, k.client, s.now))
		generation := k.generation
		cause, after := s.accept(k)
		s.at(s.now+after, func() {
			switch {
			case k.generation != generation:
			case cause != "":
				c.dialFailed(k, cause, "", s.now)
			default:
				c.connected(k, s.now)
			}
		})
	}
	c.dial, c.doomed = c.dial[:0], c.doomed[:0]
	for i := 0; i < len(c.dirty); i++ {
		k := c.dirty[i]
		k.dirty = false
		if k.state == connOpen || k.state == connGreeting {
			s.write(k)
		}
	}
	c.dirty = c.dirty[:0]
}

// write gives one write's bytes to the server, which answers.
func (s *sim) write(k *conn) {
	out := s.core.gather(k, nil, gatherBytes, s.now)
	n := s.takes(k, len(out))
	s.core.wrote(k, n, len(out), s.now)
	if n < len(out) {
		s.at(s.now+milli, func() { s.core.markDirty(k) })
	}
	in := s.inbox[k]
	if in == nil || in.generation != k.generation {
		in = &inbox{generation: k.generation}
		s.inbox[k] = in
	}
	in.bytes = append(in.bytes, out[:n]...)
	line := fmt.Sprintf("%d/%d@%d:", k.node.index, k.client, s.now)
	for {
		args, size, err := in.reader.Next(in.bytes, nil)
		if err != nil {
			s.t.Fatalf("the core writes what is not RESP: %v", err)
		}
		if size == 0 {
			break
		}
		var command []string
		for _, arg := range args {
			command = append(command, string(arg))
			line += " " + string(arg)
		}
		in.bytes = in.bytes[size:]
		if reply, at := s.serve(k, command); reply != "" {
			s.reply(k, in, reply, at)
		}
	}
	s.wrote = append(s.wrote, line)
}

// reply brings bytes of answers to the core, which may leave a part.
func (s *sim) reply(k *conn, in *inbox, reply string, at int64) {
	generation := k.generation
	s.at(at, func() {
		if k.generation != generation {
			return
		}
		in.rest = append(in.rest, reply...)
		in.rest = in.rest[s.core.received(k, in.rest, s.now):]
	})
}

// lose ends a connection from outside.
func (s *sim) lose(k *conn, cause string, at int64) {
	generation := k.generation
	s.at(at, func() {
		if k.generation == generation {
			s.core.lost(k, cause, "", s.now)
		}
	})
}

// keySource asks for keys "prefix0", "prefix1" … n times.
type keySource struct {
	stream int32
	prefix string
	n      uint64
	made   uint64
}

func (k *keySource) Next(r *request.Request) bool {
	if k.made == k.n {
		return false
	}
	key := fmt.Sprintf("%s%d", k.prefix, k.made)
	k.made++
	r.Frame = resp.AppendCommand(r.Frame[:0], "GET", key)
	r.KeyAt, r.KeyLen = len(r.Frame)-2-len(key), len(key)
	r.Slot, r.Stream, r.Seq = slot.Of([]byte(key)), k.stream, k.made
	return true
}

// every is due at from, from+step, …
type every struct{ from, step int64 }

func (e *every) Next() int64 {
	due := e.from
	e.from += e.step
	return due
}

// closedLoad is n requests by so many clients.
func closedLoad(clients, pipeline int, n uint64) request.Load {
	load := request.Load{Connections: clients, Pipeline: pipeline}
	for i := range clients {
		load.Streams = append(load.Streams, request.Stream{
			Source: &keySource{stream: int32(i), prefix: fmt.Sprintf("s%d:", i), n: n / uint64(clients)},
		})
	}
	return load
}

// openLoad is one stream of n requests, one every step nanoseconds from 1000.
func openLoad(conns, pipeline int, n uint64, step int64) request.Load {
	return request.Load{Connections: conns, Pipeline: pipeline, Streams: []request.Stream{
		{Source: &keySource{prefix: "k", n: n}, Schedule: &every{1000, step}},
	}}
}

// statuses counts what ended how.
func (s *sim) statuses() map[request.Status]int {
	counts := make(map[request.Status]int)
	for i := range s.ended {
		counts[s.ended[i].Status]++
	}
	return counts
}
