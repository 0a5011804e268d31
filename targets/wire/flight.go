package wire

import "slotbench/internal/request"

// flight is a request on its way. It keeps its frame until it is answered, so
// that it can be sent again after a redirect.
type flight struct {
	request.Request
	next    *flight
	page    *page // holds the frame; nil: the frame has memory of its own
	client  int32 // closed loop: whose batch it is part of
	node    int16 // where it is to go: an index of core.nodes
	hops    uint8 // redirects that it has followed
	asking  bool  // ASKING goes right before it
	detour  bool  // asks a node in the place of one that can't be reached
	skip    bool  // the next answer on its connection is ASKING's, not its own
	started bool  // its bytes were given to the kernel once
	heard   uint8 // of a request with several answers: how many came
}

// A flight's own memory, for the account of the queue.
const (
	flightBytes = 168
	frameBytes  = 88 // what an open loop's flights have for frames at first
	slabFlights = 128
	// keptFlights is how many idle flights a worker keeps for its next phase.
	keptFlights = 1 << 16
)

// resendAt is when a flight that waits after TRYAGAIN goes on: it has no use
// for the end of its time yet.
func (f *flight) resendAt() *int64 { return &f.Done }

// queueCost is what a waiting flight takes of the queue's memory.
func (f *flight) queueCost() int64 { return flightBytes + int64(cap(f.Frame)) }

// flights is a queue of flights, linked through them.
type flights struct {
	head, tail *flight
	len        int
}

func (q *flights) pushBack(f *flight) {
	f.next = nil
	if q.tail == nil {
		q.head = f
	} else {
		q.tail.next = f
	}
	q.tail = f
	q.len++
}

func (q *flights) pushFront(f *flight) {
	f.next = q.head
	if q.head == nil {
		q.tail = f
	}
	q.head = f
	q.len++
}

// pop takes the first, nil from an empty queue.
func (q *flights) pop() *flight {
	f := q.head
	if f == nil {
		return nil
	}
	if q.head = f.next; q.head == nil {
		q.tail = nil
	}
	f.next = nil
	q.len--
	return f
}

// hangar keeps idle flights. Those of a closed loop have their frames one
// behind the other in pages: thousands in flight stay in the second cache, and a
// batch of one connection goes out as it stands. In an open loop a node that
// does not answer would hold every page, so there each flight has its own frame.
type hangar struct {
	pages *pages // nil: an open loop's
	idle  *flight
	len   int
}

// prepare makes the hangar that of a phase.
func (h *hangar) prepare(closed bool) {
	if closed == (h.pages != nil) {
		return
	}
	*h = hangar{}
	if closed {
		h.pages = &pages{}
	}
}

// take is a flight with an empty outcome, and room for its frame.
func (h *hangar) take() *flight {
	if h.idle == nil {
		h.build()
	}
	f := h.idle
	h.idle, f.next = f.next, nil
	h.len--
	f.Outcome, f.Form = request.Outcome{Node: -1}, nil
	f.hops, f.asking, f.detour, f.skip, f.started, f.heard = 0, false, false, false, false, 0
	if h.pages != nil {
		f.Frame = h.pages.room()
	}
	return f
}

func (h *hangar) build() {
	slab := make([]flight, slabFlights)
	var frames []byte
	if h.pages == nil {
		frames = make([]byte, slabFlights*frameBytes)
	}
	for i := range slab {
		if h.pages == nil {
			slab[i].Frame = frames[i*frameBytes : i*frameBytes : (i+1)*frameBytes]
		}
		slab[i].next = h.idle
		h.idle = &slab[i]
	}
	h.len += slabFlights
}

// filled is told when the frame of a flight that was taken is written.
func (h *hangar) filled(f *flight) {
	if h.pages != nil {
		f.page = h.pages.hold(f.Frame)
	}
}

func (h *hangar) put(f *flight) {
	if h.pages != nil {
		h.pages.drop(f.page)
		f.page, f.Frame = nil, nil
	}
	f.next = h.idle
	h.idle = f
	h.len++
}

// trim gives back the memory of a phase that had unusually many in flight.
func (h *hangar) trim() {
	if h.len > keptFlights {
		*h = hangar{}
	}
}
