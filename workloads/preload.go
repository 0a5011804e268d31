package workloads

import (
	"fmt"

	"slotbench/internal/request"
	"slotbench/internal/resp"
)

// preload is a part of the keys, each written once.
type preload struct {
	writer
	next, step int64
	family     int
	// Of a collection whose elements do not fit one request: how many there
	// are in all, and how many have been written.
	total, written int64
}

// preloadElements is how many elements one request of the preload writes, at
// most.
const preloadElements = 512

// Preload is the part-th of parts shares of a preload: together they write
// every key once, with what the seed gives each key however many the parts. Of
// a large collection they write preloadElements at a time, in consecutive
// requests of the same part. Its requests are of the last of Ops, of stream
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

// Next makes the next request, and reports false when the part is done.
func (s *preload) Next(r *request.Request) bool {
	f := s.current()
	if f == nil {
		return false
	}
	n := s.next - f.first
	if s.written == 0 {
		s.random.reset(s.w.seed, forPreload, uint64(s.next))
	}
	s.seq = uint64(s.next) + 1
	var tag, member int64
	if f.tags != nil {
		tag, member = f.tags.tagOf(n)
	}
	r.Op, r.Write, r.Stream, r.Seq, r.Form = s.w.preloadOp(), true, s.stream, s.seq, nil
	s.frame = r.Frame[:0]
	if f.elements.kind == String || f.elements.kind == Bitmap {
		s.frame = append(s.frame, setHead...)
	} else {
		s.begin(f)
	}
	r.KeyAt, r.Slot = s.key(f, n, tag, member)
	r.KeyLen = len(s.frame) - 2 - r.KeyAt
	switch f.elements.kind {
	case String:
		s.value(f, nil, r.KeyAt, r.KeyLen)
	case Bitmap:
		s.bits(f)
	default:
		s.fill(f, r)
	}
	r.Frame = s.frame
	s.frame = nil
	if s.written >= s.total {
		s.next += s.step
		s.written, s.total = 0, 0
	}
	return true
}

// current is the family of the next key that is there at first; nil at the
// end.
func (s *preload) current() *family {
	if s.w.spec.StartEmpty {
		return nil
	}
	for s.next < s.w.keys {
		f := &s.w.families[s.family]
		switch {
		case s.next >= f.first+f.keys:
			s.family++
		case f.absent: // the first of this part's behind the family
			s.next += (f.first + f.keys - s.next + s.step - 1) / s.step * s.step
		default:
			return f
		}
	}
	return nil
}

// preloadNames is what the preload writes collections by.
var preloadNames = map[Type]string{Hash: "HSET", List: "RPUSH", Set: "SADD", SortedSet: "ZADD"}

// preloadCommands is the same as bytes.
var preloadCommands = map[Type]struct {
	head []byte
	each int // arguments of an element
}{
	Hash:      {resp.AppendBulk(nil, preloadNames[Hash]), 2},
	List:      {resp.AppendBulk(nil, preloadNames[List]), 1},
	Set:       {resp.AppendBulk(nil, preloadNames[Set]), 1},
	SortedSet: {resp.AppendBulk(nil, preloadNames[SortedSet]), 2},
}

const setHead = "*3\r\n$3\r\nSET\r\n"

// begin draws how many elements a key has, once, and appends the command's
// head.
func (s *preload) begin(f *family) {
	if s.written == 0 {
		s.total = int64(max(f.elements.count.draw(&s.random), 1))
	}
	c := preloadCommands[f.elements.kind]
	s.array(2 + c.each*int(min(s.total-s.written, preloadElements)))
	s.frame = append(s.frame, c.head...)
}

// fill appends the next elements of a key.
func (s *preload) fill(f *family, r *request.Request) {
	e := &f.elements
	for range min(s.total-s.written, preloadElements) {
		switch e.kind {
		case Hash:
			s.element(e, s.written)
			s.value(f, nil, r.KeyAt, r.KeyLen)
		case List:
			s.value(f, nil, r.KeyAt, r.KeyLen)
		case Set:
			s.element(e, s.written)
		case SortedSet:
			s.number(e.low + s.random.below(e.span+1))
			s.element(e, s.written)
		}
		s.written++
	}
}

// bits appends a bitmap of random bits.
func (s *preload) bits(f *family) {
	size := (max(f.elements.count.draw(&s.random), 1) + 7) / 8
	s.length(size)
	s.frame = s.w.random.fill(s.frame, size, &s.random)
	s.frame = append(s.frame, '\r', '\n')
}
