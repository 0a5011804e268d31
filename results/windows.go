package results

import (
	"sync"
	"sync/atomic"
)

// windows are the stretches of a run, such as a migration, whose response
// times are told apart from those before and after. They may overlap. Their
// edges cut the run into segments: segment i holds what was due from edge i-1
// (of 0: the beginning) to edge i.
type windows struct {
	mu      sync.Mutex // between those who open and close
	refused int        // windows beyond MaxWindows
	spans   []windowSpan
	edges   [2 * MaxWindows]atomic.Int64
	set     atomic.Int32 // edges[:set] are valid, ascending and never change
}

// windowSpan is the numbers of a window's edges.
type windowSpan struct{ opened, closed int }

// stillOpen is the closing edge of a window that was not closed.
const stillOpen = -1

// NoWindow is the number of a window that could not be opened.
const NoWindow = -1

// segment is the segment in which a request was due.
func (w *windows) segment(due int64) int {
	for i := int(w.set.Load()); i > 0; i-- {
		if due >= w.edges[i-1].Load() {
			return i
		}
	}
	return 0
}

// OpenWindow begins a window at a time of the run clock, usually now: what is
// due from then on and is recorded after the call belongs to it. The number
// that it answers closes the window; beyond MaxWindows it is NoWindow.
func (r *Recorder) OpenWindow(at int64) (number int) {
	w := &r.windows
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.spans) == MaxWindows {
		w.refused++
		return NoWindow
	}
	w.spans = append(w.spans, windowSpan{opened: w.edge(at), closed: stillOpen})
	return len(w.spans) - 1
}

// CloseWindow ends a window that is open; else it does nothing.
func (r *Recorder) CloseWindow(number int, at int64) {
	w := &r.windows
	w.mu.Lock()
	defer w.mu.Unlock()
	if number >= 0 && number < len(w.spans) && w.spans[number].closed == stillOpen {
		w.spans[number].closed = w.edge(at)
	}
}

// edge adds an edge, never before the last one; w.mu is held.
func (w *windows) edge(at int64) int {
	n := int(w.set.Load())
	if n > 0 {
		at = max(at, w.edges[n-1].Load())
	}
	w.edges[n].Store(at)
	w.set.Store(int32(n + 1))
	return n
}

// Window is what the requests that were due in one stretch of the run took.
type Window struct {
	AtSeconds float64  `json:"at_seconds"` // its begin, from the start of the measurement
	Seconds   float64  `json:"seconds"`
	Requests  int64    `json:"requests"`    // due in it
	Errors    int64    `json:"errors"`      // of those
	OpsPerSec float64  `json:"ops_per_sec"` // succeeded / seconds
	Samples   int64    `json:"samples"`     // of response times
	P50US     *float64 `json:"p50_us"`      // response time; null: fewer than MinWindowSamples
	P99US     *float64 `json:"p99_us"`
	MaxUS     *float64 `json:"max_us"` // null: no sample
}

// EventWindow is a window with the time before and after it: from the edge of
// another window, and to the next such edge.
type EventWindow struct {
	OpenedAt, ClosedAt    int64 // run clock; ClosedAt is 0 if it was never closed
	Before, During, After Window
	Redirects             *Redirects // of the requests that were due in it; null where the driver hides them
}

// windowResults reads the windows from the merged segments of a run from
// origin to end.
func (r *Recorder) windowResults(segments []*segmentShard, origin, end int64) []EventWindow {
	w := &r.windows
	set := int(w.set.Load())
	edge := func(i int) int64 {
		switch {
		case i < 0:
			return origin
		case i < set:
			return w.edges[i].Load()
		}
		return max(end, origin)
	}
	// What was due from edge first to edge last.
	stretch := func(first, last int) (Window, Redirects) {
		sum := newSegment()
		for i := first + 1; i <= last && i < len(segments); i++ {
			sum.merge(segments[i])
		}
		from, to := edge(first), edge(last)
		return sum.window(from-origin, to-from), sum.redirects
	}
	var all []EventWindow
	for _, span := range w.spans {
		result := EventWindow{OpenedAt: edge(span.opened)}
		result.Before, _ = stretch(span.opened-1, span.opened)
		closed := set
		if span.closed != stillOpen {
			closed = span.closed
			result.ClosedAt = edge(closed)
			result.After, _ = stretch(closed, closed+1)
		}
		var redirects Redirects
		result.During, redirects = stretch(span.opened, closed)
		if !r.options.HideRedirects {
			result.Redirects = &redirects
		}
		all = append(all, result)
	}
	return all
}

// window is a segment as the record holds it; times in nanoseconds.
func (s *segmentShard) window(at, length int64) Window {
	w := Window{
		AtSeconds: float64(at) / 1e9, Seconds: max(0, float64(length)/1e9),
		Requests: s.requests, Errors: s.errors, Samples: s.response.n,
		OpsPerSec: perSecond(s.requests-s.errors, float64(length)/1e9),
	}
	micros := func(nanos int64) *float64 {
		us := float64(nanos) / 1e3
		return &us
	}
	if w.Samples > 0 {
		w.MaxUS = micros(s.response.max)
	}
	if w.Samples >= MinWindowSamples {
		w.P50US, w.P99US = micros(s.response.quantile(50)), micros(s.response.quantile(99))
	}
	return w
}

func (s *segmentShard) merge(from *segmentShard) {
	s.requests += from.requests
	s.errors += from.errors
	s.response.merge(from.response)
	s.redirects.merge(from.redirects)
}
