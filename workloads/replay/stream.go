package replay

import (
	"math/rand/v2"
	"sync"

	"slotbench/internal/request"
	"slotbench/internal/slot"
)

// record is a request as it lies in a batch.
type record struct {
	due        int64
	number     uint64 // of all requests of the replay, from 1
	at         int32  // of its head in the batch's bytes; the tail stands behind
	head, tail int32
	keyAt      int32 // in the head
	keyLen     int32
	valueBytes int32 // -1: none
	slot       slot.Slot
	op         uint8
	write      bool
}

// batch is requests of one stream.
type batch struct {
	records []record
	bytes   []byte
}

func (b *batch) add(r *renderer, rec record) {
	rec.at = int32(len(b.bytes))
	b.bytes = append(append(b.bytes, r.head...), r.tail...)
	rec.head, rec.tail = int32(len(r.head)), int32(len(r.tail))
	rec.keyAt, rec.keyLen, rec.valueBytes, rec.slot = int32(r.keyAt), int32(r.keyLen), int32(r.valueBytes), r.slot
	b.records = append(b.records, rec)
}

func (t *Trace) takeBatch() *batch {
	if b, ok := t.free.Get().(*batch); ok {
		return b
	}
	return new(batch)
}

// release takes a batch back that a stream has used up.
func (t *Trace) release(b *batch) {
	t.queued.Add(-int64(len(b.records)))
	t.queuedBytes.Add(-int64(len(b.bytes)))
	b.records, b.bytes = b.records[:0], b.bytes[:0]
	t.free.Put(b)
	select {
	case t.room <- struct{}{}:
	default:
	}
}

// Stream is one logical stream of a replay. It is for one goroutine.
type Stream struct {
	trace  *Trace
	number int32

	mu    sync.Mutex
	inbox []*batch // guarded by mu

	batch    *batch
	at       int
	timed    bool  // a schedule goes with it
	promised bool  // the schedule gave the head's due time
	polled   int64 // the latest time at which the schedule had it ask again
}

var _ request.Source = (*Stream)(nil)

func (s *Stream) push(b *batch) {
	s.mu.Lock()
	s.inbox = append(s.inbox, b)
	s.mu.Unlock()
}

// head is the stream's next request, nil if none is dealt yet.
func (s *Stream) head() *record {
	for s.batch == nil || s.at == len(s.batch.records) {
		if s.batch != nil {
			s.trace.release(s.batch)
			s.batch = nil
		}
		s.mu.Lock()
		if len(s.inbox) == 0 {
			s.mu.Unlock()
			return nil
		}
		s.batch, s.at = s.inbox[0], 0
		s.inbox = append(s.inbox[:0], s.inbox[1:]...)
		s.mu.Unlock()
	}
	return &s.batch.records[s.at]
}

// Schedule is when the stream's requests are due. Where the reader is behind,
// it names the time at which to ask again, and the stream then makes a
// request without a frame.
func (s *Stream) Schedule() request.Schedule {
	s.timed = true
	return (*timing)(s)
}

type timing Stream

// Next is the due time of the next request, or when to ask again.
func (c *timing) Next() int64 {
	s, t := (*Stream)(c), c.trace
	ended := t.ended.Load() // before the look at what was dealt
	if r := s.head(); r != nil {
		s.promised = true
		if late := s.polled - r.due; late > 0 {
			t.late.Add(1)
			for old := t.lateNanos.Load(); late > old && !t.lateNanos.CompareAndSwap(old, late); old = t.lateNanos.Load() {
			}
		}
		return r.due
	}
	s.promised = false
	if !ended {
		s.polled = max(t.horizon.Load(), s.polled+pollNanos)
	}
	return s.polled
}

// Next makes the stream's next request: one without a frame if it has to be
// asked again, and false at the trace's end.
func (s *Stream) Next(r *request.Request) bool {
	ended := s.trace.ended.Load() // before the look at what was dealt
	rec := s.head()
	if rec == nil && ended {
		return false
	}
	if rec == nil || s.timed && !s.promised {
		r.Frame = r.Frame[:0]
		return true
	}
	s.promised = false
	from := int(rec.at)
	head, tail := s.batch.bytes[from:from+int(rec.head)], s.batch.bytes[from+int(rec.head):from+int(rec.head+rec.tail)]
	r.Op, r.Write, r.Slot = request.Op(rec.op), rec.write, rec.slot
	r.Stream, r.Seq = s.number, rec.number
	r.KeyAt, r.KeyLen = int(rec.keyAt), int(rec.keyLen)
	r.Frame = append(r.Frame[:0], head...)
	if rec.valueBytes >= 0 {
		s.trace.value(r, int(rec.valueBytes), rec.number)
	}
	r.Frame = append(r.Frame, tail...)
	s.at++
	return true
}

// Values are cut from a pool of random bytes, as those of other workloads.
const (
	poolBytes  = 256 << 10
	chunkBytes = 4 << 10
	// maxNumberBytes is how long a value may be to be a decimal number: those
	// that traces count up and down are, and any 18 digits fit an integer.
	maxNumberBytes = 18
	// stampStream stands in the stamps of a replay's values, whose sequence
	// is the request's number: they do not tell how many streams there were.
	stampStream = 0
)

func newPool(seed uint64) []byte {
	var random rand.PCG
	random.Seed(seed, 0x76616C7565)
	pool := make([]byte, 0, poolBytes+chunkBytes)
	for len(pool) < cap(pool) {
		bits := random.Uint64()
		for range 8 {
			pool = append(pool, byte(bits))
			bits >>= 8
		}
	}
	return pool
}

// value appends a value, the same for the same seed and number.
func (t *Trace) value(r *request.Request, size int, number uint64) {
	draw := mix64(t.options.Seed ^ mix64(number))
	if size <= maxNumberBytes {
		for range size {
			r.Frame = append(r.Frame, byte('1'+draw%9)) // no zero: it may not come first
			draw /= 9
		}
		return
	}
	start := len(r.Frame)
	for left := size; left > 0; left -= chunkBytes {
		offset := draw % poolBytes
		draw = mix64(draw)
		r.Frame = append(r.Frame, t.pool[offset:offset+uint64(min(left, chunkBytes))]...)
	}
	if size >= request.StampBytes {
		request.PutStamp(r.Frame[start:], r.Key(), stampStream, number)
	}
}
