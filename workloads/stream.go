package workloads

import (
	"fmt"
	"time"

	"slotbench/internal/request"
	"slotbench/internal/resp"
)

// stream is the requests of one logical stream.
type stream struct {
	writer
	index, streams int64
	cursors        []cursor // by family
	// Of an operation of several steps: the next of them, or noStep, and the
	// key that the first drew.
	next request.Op
	same drawn
	call callState
}

// noStep says that no operation is under way.
const noStep = request.Op(request.MaxOps - 1)

// drawn is a key and the number that it has in common with keys of other
// families: its tag's where its family has tags, else its own.
type drawn struct {
	family         *family
	n, tag, member int64
	shared         int64
}

// callState is what the holes of one command have in common.
type callState struct {
	count     int64 // repetitions, or keys
	element   int64 // the first of the names that are repeated, and
	item      int64 // which of them it is
	inGroup   bool
	low, high uint64 // scores
	haveScore bool
	keyAt     int // the command's first key, which its values are stamped for
	keyLen    int // 0: there is none yet
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
		next:    noStep,
	}
}

// Next makes the next request; it is always true.
func (s *stream) Next(r *request.Request) bool {
	op := s.next
	var begun *opening
	if op == noStep {
		pick := &s.w.picks[s.w.choice.draw(&s.random)]
		op, begun = pick.op, &pick.opening
		s.draw(&s.w.families[pick.family], &s.cursors[pick.family], &s.w.programs[op])
	}
	p := &s.w.programs[op]
	s.seq++
	s.next = noStep
	if !p.last {
		s.next = op + 1
	}
	r.Op, r.Write, r.Stream, r.Seq, r.Form = op, p.write, s.stream, s.seq, p.form
	if begun != nil && begun.stencils != nil {
		s.open(r, begun, p)
		return true
	}
	r.KeyLen = 0
	s.frame = r.Frame[:0]
	if p.transaction {
		s.frame = append(s.frame, multi...)
	}
	for i := range p.calls {
		s.one(r, &p.calls[i])
	}
	if p.transaction {
		s.frame = append(s.frame, exec...)
	}
	r.Frame = s.frame
	s.frame = nil
	return true
}

// open makes a frame that begins with a stencil.
func (s *stream) open(r *request.Request, o *opening, p *program) {
	n := uint64(s.same.n)
	one := o.stencils.pick(n)
	r.Frame, r.Slot = o.stencils.fill(r.Frame[:0], one, n)
	r.KeyAt, r.KeyLen = one.keyAt, one.keyLen
	if len(o.rest) == 0 {
		return
	}
	s.call = callState{keyAt: one.keyAt, keyLen: one.keyLen}
	s.frame = r.Frame
	s.steps(r, o.rest, &p.calls[0], &s.same)
	r.Frame, s.frame = s.frame, nil
}

// What goes around a transaction.
var (
	multi = resp.AppendCommand(nil, "MULTI")
	exec  = resp.AppendCommand(nil, "EXEC")
)

// draw chooses the key that an operation is about.
func (s *stream) draw(f *family, at *cursor, p *program) {
	d := &s.same
	*d = drawn{family: f}
	if p.insert {
		d.n = at.insert(f.keys, s.index, s.streams)
	} else {
		d.n = f.popularity.draw(&s.random, at, s.index, s.streams)
	}
	d.shared = d.n
	if f.tags != nil {
		d.tag, d.member = f.tags.tagOf(d.n)
		d.shared = d.tag
	}
	if p.shared > 0 && d.shared >= p.shared {
		d.shared %= p.shared
		s.relate(d, f)
	}
}

// relate makes d the key of f that has the shared number: where f has tags,
// any of that tag.
func (s *stream) relate(d *drawn, f *family) {
	d.family = f
	if f.tags == nil {
		d.n, d.tag, d.member = d.shared%f.keys, 0, 0
		return
	}
	d.tag = d.shared % f.tags.tags
	first, size := f.tags.size(d.tag)
	d.member = int64(s.random.below(uint64(size)))
	d.n = first + d.member
}

// keyOf is the key of a family by number that goes with the drawn one.
func (s *stream) keyOf(family int) drawn {
	d := s.same
	if family != ownFamily && &s.w.families[family] != d.family {
		s.relate(&d, &s.w.families[family])
	}
	return d
}

// one appends one command.
func (s *stream) one(r *request.Request, p *callProgram) {
	d := s.keyOf(p.family)
	s.call = callState{}
	if p.varies {
		s.repeat(p, &d)
	}
	s.frame = append(s.frame, p.head...)
	s.steps(r, p.steps, p, &d)
}

// repeat draws how often a part is repeated and begins the array: no more
// keys than a tag has, and no name of an element twice.
func (s *stream) repeat(p *callProgram, d *drawn) {
	c := &s.call
	c.count = max(int64(p.items.draw(&s.random)), 1)
	f := d.family
	switch {
	case len(p.group) == 0: // keys
		size := f.keys
		if f.tags != nil {
			_, size = f.tags.size(d.tag)
		}
		c.count = min(c.count, size)
	case p.names && f.elements.universe > 0:
		c.count = min(c.count, f.elements.universe)
		c.element = int64(s.random.below(uint64(f.elements.universe)))
	}
	s.array(p.args + p.each*int(c.count))
}

// steps appends arguments.
func (s *stream) steps(r *request.Request, steps []step, p *callProgram, d *drawn) {
	f := d.family
	for i := range steps {
		switch step := &steps[i]; step.kind {
		case stepKey:
			s.ownKey(r, step.family, d)
		case stepValue:
			s.value(f, step.sizes, s.call.keyAt, s.call.keyLen)
		case stepText:
			s.frame = append(s.frame, step.text...)
		case stepNumber:
			s.number(step.low + s.random.below(step.span+1))
		case stepSeconds:
			s.ttl(step.ttl, time.Second)
		case stepMillis:
			s.ttl(step.ttl, time.Millisecond)
		case stepElement:
			s.element(&f.elements, s.elementNumber(&f.elements))
		case stepGroup:
			s.group(r, p, d)
		case stepKeys, stepPairs:
			s.many(r, step.kind == stepPairs, d)
		case stepCount:
			s.number(uint64(s.call.count))
		case stepUnique:
			s.unique()
		case stepSeq:
			s.number(s.seq)
		case stepN:
			s.number(uint64(d.n))
		default:
			s.number(s.drawNumber(step.kind, &f.elements))
		}
	}
}

// group appends what stands in brackets, as often as the count says.
func (s *stream) group(r *request.Request, p *callProgram, d *drawn) {
	s.call.inGroup = true
	for s.call.item = 0; s.call.item < s.call.count; s.call.item++ {
		s.steps(r, p.group, p, d)
	}
	s.call.inGroup = false
}

// ownKey appends a key. The first of a request is the one that it goes by.
func (s *stream) ownKey(r *request.Request, family int, d *drawn) {
	other := *d
	if family != ownFamily {
		other = s.keyOf(family)
	}
	at, keySlot := s.key(other.family, other.n, other.tag, other.member)
	if s.call.keyLen == 0 {
		s.call.keyAt, s.call.keyLen = at, len(s.frame)-2-at
		if r.KeyLen == 0 {
			r.KeyAt, r.KeyLen, r.Slot = at, s.call.keyLen, keySlot
		}
	}
}

// elementNumber draws an element; those of a group are neighbours.
func (s *stream) elementNumber(e *elements) int64 {
	if !s.call.inGroup {
		return int64(s.random.below(uint64(e.universe)))
	}
	n := s.call.element + s.call.item
	if n >= e.universe {
		n -= e.universe
	}
	return n
}

// scoreParts is which part of all scores a drawn range of them is.
const scoreParts = 10

// drawNumber draws what fills a hole of the family's elements.
func (s *stream) drawNumber(kind stepKind, e *elements) uint64 {
	c := &s.call
	switch kind {
	case stepIndex:
		return s.random.below(uint64(e.universe))
	case stepScore:
		return e.low + s.random.below(e.span+1)
	}
	if !c.haveScore {
		c.haveScore = true
		c.low = e.low + s.random.below(e.span+1)
		c.high = min(c.low+e.span/scoreParts, e.low+e.span)
	}
	if kind == stepLow {
		return c.low
	}
	return c.high
}

// many appends several keys of one tag, each with a value or without: those
// behind the drawn one in its tag, and from the tag's start where it ends.
func (s *stream) many(r *request.Request, values bool, d *drawn) {
	f := d.family
	first, size := int64(0), f.keys
	if f.tags != nil {
		first, size = f.tags.size(d.tag)
	}
	for i := range s.call.count {
		member := d.n - first + i
		if member >= size {
			member -= size
		}
		at, keySlot := s.key(f, first+member, d.tag, member)
		length := len(s.frame) - 2 - at
		if r.KeyLen == 0 {
			r.KeyAt, r.KeyLen, r.Slot = at, length, keySlot
		}
		if values {
			s.value(f, nil, at, length)
		}
	}
}
