package workloads

import (
	"fmt"
	"slices"

	"slotbench/internal/request"
	"slotbench/internal/slot"
)

// Values are cut from a pool of random bytes, so that no server can pack or
// compress them: poolBytes fits the second cache of a core, and from each of
// its first poolBytes offsets a whole chunk can be read.
const (
	poolBytes  = 256 << 10
	chunkBytes = 4 << 10
)

func newPool(seed uint64) []byte {
	pool := make([]byte, 0, poolBytes+chunkBytes)
	random := newRandom(seed, forPool, 0)
	for len(pool) < cap(pool) {
		bits := random.next()
		for range 8 {
			pool = append(pool, byte(bits))
			bits >>= 8
		}
	}
	return pool
}

// counterBelow bounds the integers that counters are set to.
const counterBelow = 1_000_000

// writer makes frames of one stream, or of the preload.
type writer struct {
	w      *Workload
	random random
	stream int32
	seq    uint64
	frame  []byte
}

// key appends a key of f as a bulk string and says where it stands.
func (m *writer) key(f *family, n, tag, member int64) (at int, s slot.Slot) {
	if f.stencils != nil {
		return m.fill(&f.stencils[max(decimalDigits(uint64(n)), f.minDigits)], uint64(n))
	}
	// The length is written after the key that it stands before: most keys of
	// a family have lengths of equally many digits.
	gap := 1 + f.lengthDigits + 2
	start := len(m.frame)
	m.frame = slices.Grow(m.frame, gap)[:start+gap]
	m.frame, s = f.appendMember(m.frame, n, tag, member)
	at = start + gap
	length := len(m.frame) - at
	if digits := decimalDigits(uint64(length)); digits != f.lengthDigits {
		shorter := f.lengthDigits - digits
		copy(m.frame[at-shorter:], m.frame[at:])
		m.frame = m.frame[:len(m.frame)-shorter]
		at -= shorter
	}
	head := m.frame[start:at]
	head[0] = '$'
	for i, rest := len(head)-3, length; i > 0; i, rest = i-1, rest/10 {
		head[i] = byte('0' + rest%10)
	}
	head[len(head)-2], head[len(head)-1] = '\r', '\n'
	m.frame = append(m.frame, '\r', '\n')
	return at, s
}

// length appends the head of a bulk string.
func (m *writer) length(n int) {
	m.frame = append(m.frame, '$')
	m.frame = appendNumber(m.frame, uint64(n), false, 0)
	m.frame = append(m.frame, '\r', '\n')
}

// number appends a number as a bulk string.
func (m *writer) number(n uint64) {
	m.length(decimalDigits(n))
	m.frame = appendNumber(m.frame, n, false, 0)
	m.frame = append(m.frame, '\r', '\n')
}

// value appends a value for the key at keyAt, stamped where it is long enough.
func (m *writer) value(f *family, keyAt, keyLen int) {
	if f.counter {
		m.number(m.random.below(counterBelow))
		return
	}
	size := f.sizes.draw(&m.random)
	m.length(size)
	start := len(m.frame)
	for left := size; left > 0; left -= chunkBytes {
		offset := m.random.next() % poolBytes
		m.frame = append(m.frame, m.w.pool[offset:offset+uint64(min(left, chunkBytes))]...)
	}
	if size >= request.StampBytes {
		request.PutStamp(m.frame[start:], m.frame[keyAt:keyAt+keyLen], m.stream, m.seq)
	}
	m.frame = append(m.frame, '\r', '\n')
}

// stream is the requests of one logical stream.
type stream struct {
	writer
	index, streams int64
	cursors        []cursor // by family
}

// Stream is logical stream i. The same seed gives it the same bytes on every
// host of one processor architecture; it never ends. It is not safe for
// concurrent use, but streams of one workload may run side by side.
func (w *Workload) Stream(i int) request.Source {
	if i < 0 || w.needsStreams && i >= w.streams {
		panic(fmt.Sprintf("workloads: stream %d of %d", i, w.streams))
	}
	return &stream{
		writer:  writer{w: w, random: newRandom(w.seed, forRequests, uint64(i)), stream: int32(i)},
		index:   int64(i),
		streams: int64(w.streams),
		cursors: make([]cursor, len(w.families)),
	}
}

// Next makes the next request; it is always true.
func (s *stream) Next(r *request.Request) bool {
	pick := s.w.picks[s.w.choice.draw(&s.random)]
	p, f := &s.w.programs[pick.op], &s.w.families[pick.family]
	at := &s.cursors[pick.family]
	s.seq++
	r.Op, r.Write, r.Stream, r.Seq = pick.op, p.write, s.stream, s.seq
	var n int64
	if p.insert {
		n = at.insert(f.keys, s.index, s.streams)
	} else {
		n = f.popularity.draw(&s.random, at, s.index, s.streams)
	}
	s.frame = r.Frame[:0]
	if p.many {
		s.many(r, p, f, n)
	} else {
		s.one(r, p, f, n)
	}
	r.Frame = s.frame
	s.frame = nil
	return true
}

// one makes a command of one key.
func (s *stream) one(r *request.Request, p *program, f *family, n int64) {
	s.frame = append(s.frame, p.head...)
	var tag, member int64
	if f.tags != nil {
		tag, member = f.tags.tagOf(n)
	}
	for i := range p.steps {
		switch step := &p.steps[i]; step.kind {
		case stepKey:
			r.KeyAt, r.Slot = s.key(f, n, tag, member)
			r.KeyLen = len(s.frame) - 2 - r.KeyAt
		case stepValue:
			s.value(f, r.KeyAt, r.KeyLen)
		case stepText:
			s.frame = append(s.frame, step.text...)
		case stepNumber:
			s.number(step.low + s.random.below(step.span+1))
		}
	}
}

// many makes a command of several keys of one tag: those behind the drawn one
// in its tag, and from the tag's start where it ends. A tag with fewer keys
// gives all that it has.
func (s *stream) many(r *request.Request, p *program, f *family, n int64) {
	first, size, tag := int64(0), f.keys, int64(0)
	if f.tags != nil {
		tag, _ = f.tags.tagOf(n)
		first, size = f.tags.size(tag)
	}
	keys := min(int64(p.keys), size)
	s.frame = append(s.frame, '*')
	s.frame = appendNumber(s.frame, uint64(1+keys*int64(len(p.steps))), false, 0)
	s.frame = append(s.frame, '\r', '\n')
	s.frame = append(s.frame, p.head...)
	for i := range keys {
		member := n - first + i
		if member >= size {
			member -= size
		}
		at, keySlot := s.key(f, first+member, tag, member)
		length := len(s.frame) - 2 - at
		if i == 0 {
			r.KeyAt, r.KeyLen, r.Slot = at, length, keySlot
		}
		if len(p.steps) > 1 { // MSET
			s.value(f, at, length)
		}
	}
}

// preload is a part of the keys, each SET once.
type preload struct {
	writer
	next, step int64
	family     int
}

// Preload is the part-th of parts shares of a preload: together they SET
// every key once, with the values that the seed gives each key however many
// the parts. Its requests are of the last of Ops, of stream
// request.PreloadStream, and numbered by key from 1. It ends.
func (w *Workload) Preload(part, parts int) request.Source {
	if part < 0 || part >= parts {
		panic(fmt.Sprintf("workloads: preload %d of %d", part, parts))
	}
	return &preload{
		writer: writer{w: w, stream: request.PreloadStream},
		next:   int64(part), step: int64(parts),
	}
}

// Next makes the next key's SET, and reports false when the part is done.
func (s *preload) Next(r *request.Request) bool {
	if s.w.spec.StartEmpty || s.next >= s.w.keys {
		return false
	}
	for s.next >= s.w.families[s.family].first+s.w.families[s.family].keys {
		s.family++
	}
	f := &s.w.families[s.family]
	s.random.reset(s.w.seed, forPreload, uint64(s.next))
	s.seq = uint64(s.next) + 1
	n := s.next - f.first
	var tag, member int64
	if f.tags != nil {
		tag, member = f.tags.tagOf(n)
	}
	r.Op, r.Write, r.Stream, r.Seq = s.w.preloadOp(), true, s.stream, s.seq
	s.frame = append(r.Frame[:0], setHead...)
	r.KeyAt, r.Slot = s.key(f, n, tag, member)
	r.KeyLen = len(s.frame) - 2 - r.KeyAt
	s.value(f, r.KeyAt, r.KeyLen)
	r.Frame = s.frame
	s.frame = nil
	s.next += s.step
	return true
}

const setHead = "*3\r\n$3\r\nSET\r\n"
