package driver

import (
	"fmt"
	"math/rand/v2"

	"slotbench/internal/request"
	"slotbench/internal/resp"
	"slotbench/internal/slot"
	"slotbench/targets"
)

// The pause probe: each sampled slot is written and read in turn, one request
// an interval. Reads and writes are judged apart, so a pause shorter than two
// intervals can't be seen. Four slots at 1 ms cost a server of 120,000
// operations a CPU second 3 % of one CPU.
const (
	maxProbedSlots     = 4
	probeIntervalNanos = 1_000_000
	pauseResolution    = 2 * probeIntervalNanos
	probeValueBytes    = 64
)

// probeTarget is a known key in a slot that will migrate.
type probeTarget struct {
	slot slot.Slot
	key  string
}

// probeTargets picks at most maxProbedSlots of the moves, the first and others
// spread over their order, and finds a key under the prefix for each.
func probeTargets(moves []targets.Move, prefix string) []probeTarget {
	n := min(maxProbedSlots, len(moves))
	picked := make([]probeTarget, n)
	wanted := make(map[slot.Slot]int, n)
	for i := range picked {
		move := moves[i*len(moves)/n]
		picked[i].slot = move.Slot
		wanted[move.Slot] = i
	}
	for number := 0; len(wanted) > 0; number++ {
		key := fmt.Sprintf("%s{pause:%d}", prefix, number)
		s := slot.Of([]byte(key))
		if i, ok := wanted[s]; ok {
			picked[i].key = key
			delete(wanted, s)
		}
	}
	return picked
}

// The numbers of a probe's operations.
const (
	probeSet request.Op = iota
	probeGet
)

// probeSource writes and reads one key in turn.
type probeSource struct {
	target probeTarget
	stream int32
	set    []byte
	get    []byte
	seq    uint64
}

// probeLoad is the streams of one phase of probing: one a slot, out of step
// with each other. seed fills the values.
func probeLoad(probed []probeTarget, seed uint64) []request.Stream {
	streams := make([]request.Stream, len(probed))
	for i, target := range probed {
		random := rand.New(rand.NewPCG(seed, uint64(i)))
		value := make([]byte, probeValueBytes)
		for at := range value {
			value[at] = byte(random.Uint32())
		}
		streams[i] = request.Stream{
			Source: &probeSource{
				target: target,
				stream: int32(i),
				set:    resp.AppendCommand(nil, "SET", target.key, string(value)),
				get:    resp.AppendCommand(nil, "GET", target.key),
			},
			Schedule: &evenSchedule{next: int64(i) * probeIntervalNanos / int64(len(probed)), step: probeIntervalNanos},
		}
	}
	return streams
}

// Next makes the next probe.
func (s *probeSource) Next(r *request.Request) bool {
	s.seq++
	frame := s.get
	r.Op, r.Write = probeGet, false
	if s.seq%2 == 1 {
		frame = s.set
		r.Op, r.Write = probeSet, true
	}
	r.Frame = append(r.Frame[:0], frame...)
	r.KeyAt, r.KeyLen = keyPosition(frame, s.target.key), len(s.target.key)
	r.Slot, r.Stream, r.Seq = s.target.slot, s.stream, s.seq
	return true
}

// keyPosition is where the key stands in a frame that AppendCommand made with
// a command of three letters: after "*N\r\n$3\r\nCMD\r\n$LEN\r\n".
func keyPosition(frame []byte, key string) int {
	at := len("*N\r\n$3\r\nCMD\r\n$")
	for frame[at] != '\n' {
		at++
	}
	if string(frame[at+1:at+1+len(key)]) != key {
		panic("driver: the key does not stand where its frame should have it")
	}
	return at + 1
}

// evenSchedule is due every step.
type evenSchedule struct{ next, step int64 }

// Next is the next due time.
func (s *evenSchedule) Next() int64 {
	due := s.next
	s.next += s.step
	return due
}

// keysSource sends one command of three letters for each of the keys.
type keysSource struct {
	command string
	next    func() (key []byte, ok bool)
	seq     uint64
}

// Next makes the command for the next key.
func (s *keysSource) Next(r *request.Request) bool {
	key, ok := s.next()
	if !ok {
		return false
	}
	s.seq++
	r.Frame = resp.AppendArray(r.Frame[:0], 2)
	r.Frame = resp.AppendBulk(r.Frame, s.command)
	r.Frame = resp.AppendBulk(r.Frame, key)
	r.KeyAt, r.KeyLen = len(r.Frame)-len(key)-2, len(key)
	r.Op, r.Write, r.Stream, r.Seq = 0, true, 0, s.seq
	r.Slot = slot.Of(key)
	return true
}
