package goredis

import (
	"container/heap"
	"math"
	"sync"

	"slotbench/internal/request"
)

// feed makes the requests of an open loop in the order of their due times, for
// whoever asks next.
type feed struct {
	mu      sync.Mutex // guards everything; a stream's parts are only used under it
	streams []stream
	order   byDue
	nanos   int64 // what is due then or later is not made; 0: no limit
}

// stream is a logical stream and how many requests it may still make.
type stream struct {
	request.Stream
	number int
	left   int64
	due    int64 // of the next one, open loop
}

// shares gives every stream its part of the limit of requests, as evenly as
// can be.
func shares(load request.Load) []stream {
	streams := make([]stream, len(load.Streams))
	n := int64(len(streams))
	for i, s := range load.Streams {
		left := int64(math.MaxInt64)
		if load.Requests > 0 {
			left = load.Requests / n
			if int64(i) < load.Requests%n {
				left++
			}
		}
		streams[i] = stream{Stream: s, number: i, left: left}
	}
	return streams
}

func newFeed(load request.Load) *feed {
	f := &feed{streams: shares(load), nanos: load.Nanos}
	for i := range f.streams {
		if s := &f.streams[i]; s.left > 0 {
			s.due = s.Schedule.Next()
			f.order = append(f.order, s)
		}
	}
	heap.Init(&f.order)
	return f
}

// take makes requests into rs and returns how many: the next one whenever it
// is due, and with it those that are due by now, in nanoseconds since the
// phase began. 0: there will be none any more; notYet: some source has to be
// asked again, a little later.
func (f *feed) take(rs []*request.Request, now int64) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for n < len(rs) && len(f.order) > 0 {
		s := f.order[0]
		if f.nanos > 0 && s.due >= f.nanos {
			f.order = nil // nothing later can come before it
			break
		}
		if n > 0 && s.due > now {
			break
		}
		rs[n].Form = nil // a source that knows of none does not set it
		if !s.Source.Next(rs[n]) {
			heap.Pop(&f.order)
			continue
		}
		if len(rs[n].Frame) == 0 {
			if s.due > now { // asked before its time
				if n == 0 {
					return notYet
				}
				break
			}
			s.due = s.Schedule.Next()
			heap.Fix(&f.order, 0)
			continue
		}
		rs[n].Due = s.due
		n++
		if s.left--; s.left == 0 {
			heap.Pop(&f.order)
			continue
		}
		s.due = s.Schedule.Next()
		heap.Fix(&f.order, 0)
	}
	return n
}

// notYet is take's answer where there is no request yet.
const notYet = -1

// overdue makes the next request if it was due by now.
func (f *feed) overdue(r *request.Request, now int64) bool {
	f.mu.Lock()
	late := len(f.order) > 0 && f.order[0].due <= now
	f.mu.Unlock()
	return late && f.take([]*request.Request{r}, now) == 1 && r.Due <= now
}

// byDue is a heap of streams by when their next request is due, and by number
// where two are due at once.
type byDue []*stream

func (h byDue) Len() int { return len(h) }
func (h byDue) Less(i, j int) bool {
	return h[i].due < h[j].due || h[i].due == h[j].due && h[i].number < h[j].number
}
func (h byDue) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

// Push is heap.Interface's.
func (h *byDue) Push(s any) { *h = append(*h, s.(*stream)) }

// Pop is heap.Interface's.
func (h *byDue) Pop() any {
	last := len(*h) - 1
	s := (*h)[last]
	*h = (*h)[:last]
	return s
}
