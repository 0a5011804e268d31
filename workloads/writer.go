package workloads

import (
	"slices"
	"time"

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
		one := f.stencils.pick(uint64(n))
		at = len(m.frame) + one.keyAt
		m.frame, s = f.stencils.fill(m.frame, one, uint64(n))
		return at, s
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
// Its size is drawn from own, or from the family's where own is nil.
func (m *writer) value(f *family, own *sizes, keyAt, keyLen int) {
	if f.counter {
		m.number(m.random.below(counterBelow))
		return
	}
	if own == nil {
		own = &f.sizes
	}
	size := own.draw(&m.random)
	m.length(size)
	start := len(m.frame)
	m.frame = f.content.fill(m.frame, size, &m.random)
	if size >= request.StampBytes {
		request.PutStamp(m.frame[start:], m.frame[keyAt:keyAt+keyLen], m.stream, m.seq)
	}
	m.frame = append(m.frame, '\r', '\n')
}

// array appends the head of a command of so many words.
func (m *writer) array(n int) {
	m.frame = append(m.frame, '*')
	m.frame = appendNumber(m.frame, uint64(n), false, 0)
	m.frame = append(m.frame, '\r', '\n')
}

// unique appends a text that no other request of the run has: the stream, a
// sign, and the request's number in it.
func (m *writer) unique() {
	stream := uint64(m.stream)
	m.length(decimalDigits(stream) + 1 + decimalDigits(m.seq))
	m.frame = appendNumber(m.frame, stream, false, 0)
	m.frame = append(m.frame, '-')
	m.frame = appendNumber(m.frame, m.seq, false, 0)
	m.frame = append(m.frame, '\r', '\n')
}

// ttl appends a time to live in so long units.
func (m *writer) ttl(l *lifetime, unit time.Duration) { m.number(l.draw(&m.random, unit)) }
