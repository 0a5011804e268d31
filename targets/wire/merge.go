package wire

import "math"

// merge brings the schedules of a worker's streams into one order: a heap by
// due time, and by the stream's number where two are due at once.
type merge struct {
	heap    []scheduled
	streams []stream
	nanos   int64 // what is due then or later is not issued; 0: no limit
}

type scheduled struct {
	due    int64
	stream int32
}

func (m *merge) begin(streams []stream, nanos int64) {
	m.heap, m.streams, m.nanos = m.heap[:0], streams, nanos
	for i := range streams {
		if streams[i].left > 0 {
			m.heap = append(m.heap, scheduled{streams[i].Schedule.Next(), int32(i)})
		}
	}
	for i := len(m.heap)/2 - 1; i >= 0; i-- {
		m.sink(i)
	}
	m.cut()
}

// cut ends the merge where the phase does: nothing later can come before it.
func (m *merge) cut() {
	if m.nanos > 0 && len(m.heap) > 0 && m.heap[0].due >= m.nanos {
		m.heap = m.heap[:0]
	}
}

func (m *merge) empty() bool { return len(m.heap) == 0 }

// due is when the next request is due; never, if there is none.
func (m *merge) due() int64 {
	if len(m.heap) == 0 {
		return math.MaxInt64
	}
	return m.heap[0].due
}

// next is the stream that is first, if it is due. advance or drop follows.
func (m *merge) next(now int64) (s *stream, due int64, ok bool) {
	if len(m.heap) == 0 || m.heap[0].due > now {
		return nil, 0, false
	}
	return &m.streams[m.heap[0].stream], m.heap[0].due, true
}

// advance goes on after the first stream made a request.
func (m *merge) advance() {
	s := &m.streams[m.heap[0].stream]
	if s.left--; s.left == 0 {
		m.drop()
		return
	}
	m.heap[0].due = s.Schedule.Next()
	m.sink(0)
	m.cut()
}

// again asks the first stream's schedule anew: it had no request yet.
func (m *merge) again() {
	m.heap[0].due = m.streams[m.heap[0].stream].Schedule.Next()
	m.sink(0)
	m.cut()
}

// drop takes the first stream out: it has ended.
func (m *merge) drop() {
	last := len(m.heap) - 1
	m.heap[0] = m.heap[last]
	m.heap = m.heap[:last]
	if last > 0 {
		m.sink(0)
	}
	m.cut()
}

func (a scheduled) before(b scheduled) bool {
	return a.due < b.due || a.due == b.due && a.stream < b.stream
}

func (m *merge) sink(i int) {
	h := m.heap
	for {
		child := 2*i + 1
		if child >= len(h) {
			return
		}
		if child+1 < len(h) && h[child+1].before(h[child]) {
			child++
		}
		if !h[child].before(h[i]) {
			return
		}
		h[i], h[child] = h[child], h[i]
		i = child
	}
}
