package wire

// page is memory for the frames of flights that were made one after the other.
// It is used again when the last of them is back.
type page struct {
	bytes []byte // as far as it is used; cap: as large as it is
	held  int    // flights whose frames are here
}

// pages is a worker's pages.
type pages struct {
	current *page
	idle    []*page
	// longest is the longest frame since the last page was begun: the next has
	// room for a few of them, so that few have to be given memory of their own.
	longest, before int
}

const (
	pageBytes  = 16 << 10
	pageFrames = 4 // of the longest, that a page has room for at least
	keptPages  = 64
)

// room is where the next frame is to be written: as much as is left, and as
// the longest needs. A frame that takes more than that gets memory of its own,
// by way of append.
func (r *pages) room() []byte {
	c := r.current
	if c == nil || cap(c.bytes)-len(c.bytes) < max(r.longest, r.before) {
		c = r.begin()
	}
	return c.bytes[len(c.bytes):]
}

// begin goes on to another page: the last, if it is free by now, or one that
// is idle.
func (r *pages) begin() *page {
	need := max(pageBytes, pageFrames*max(r.longest, r.before))
	r.before, r.longest = r.longest, 0
	last := r.current
	r.current = nil
	if last != nil && last.held == 0 {
		r.keep(last)
	}
	for n := len(r.idle); n > 0 && r.current == nil; n-- {
		if free := r.idle[n-1]; cap(free.bytes) >= need {
			r.current = free
		}
		r.idle = r.idle[:n-1]
	}
	if r.current == nil {
		r.current = &page{bytes: make([]byte, 0, need)}
	}
	return r.current
}

// hold takes a frame that was appended to room's slice, and says which page it
// is in: nil if it has memory of its own.
func (r *pages) hold(frame []byte) *page {
	r.longest = max(r.longest, len(frame))
	c := r.current
	if used := len(c.bytes); len(frame) > 0 && len(frame) <= cap(c.bytes)-used && &c.bytes[:used+1][used] == &frame[0] {
		c.bytes = c.bytes[:used+len(frame)]
		c.held++
		return c
	}
	return nil
}

// drop tells that a flight is back whose frame was in a page.
func (r *pages) drop(c *page) {
	if c == nil {
		return
	}
	if c.held--; c.held == 0 && c != r.current {
		r.keep(c)
	}
}

func (r *pages) keep(c *page) {
	c.bytes = c.bytes[:0]
	if len(r.idle) < keptPages {
		r.idle = append(r.idle, c)
	}
}
