package results

import (
	"sync"
	"sync/atomic"
)

// windows are the stretches of a run, such as a migration, whose response
// times are told apart from those before and after. Their edges cut the run
// into segments: 0 before the first window, 1 in it, 2 between it and the
// second, and so on.
type windows struct {
	mu      sync.Mutex // between those who open and close
	refused int        // windows beyond MaxWindows
	edges   [2 * MaxWindows]atomic.Int64
	set     atomic.Int32 // edges[:set] are valid, ascending and never change
}

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
// due from then on and is recorded after the call belongs to it. While a
// window is open it does nothing.
func (r *Recorder) OpenWindow(at int64) { r.windows.edge(at, true) }

// CloseWindow ends the window that is open; without one it does nothing.
func (r *Recorder) CloseWindow(at int64) { r.windows.edge(at, false) }

func (w *windows) edge(at int64, open bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := int(w.set.Load())
	if isOpen := n%2 == 1; isOpen == open {
		return
	}
	if n == len(w.edges) {
		w.refused++
		return
	}
	if n > 0 {
		at = max(at, w.edges[n-1].Load())
	}
	w.edges[n].Store(at)
	w.set.Store(int32(n + 1))
}

// Window is what the requests of one window, and of the time before and after
// it, took: from the end of the window before it, and to the begin of the
// next.
type Window struct {
	OpenedAt, ClosedAt int64    // run clock; ClosedAt is 0 if it was never closed
	P99BeforeUS        *float64 // of response times; null below MinWindowSamples
	P99DuringUS        *float64
	P99AfterUS         *float64
	SamplesBefore      int64
	SamplesDuring      int64
	SamplesAfter       int64
	Redirects          *Redirects // of the requests that were due in it; null where the driver hides them
}

// windowResults reads the windows from the merged segments.
func (r *Recorder) windowResults(segments []*segmentShard) []Window {
	w := &r.windows
	set := int(w.set.Load())
	var all []Window
	for open := 0; open < set; open += 2 {
		result := Window{OpenedAt: w.edges[open].Load()}
		result.P99BeforeUS, result.SamplesBefore = windowP99(segments, open)
		result.P99DuringUS, result.SamplesDuring = windowP99(segments, open+1)
		redirects := Redirects{}
		if open+1 < len(segments) {
			redirects = segments[open+1].redirects
		}
		if !r.options.HideRedirects {
			result.Redirects = &redirects
		}
		if open+1 < set {
			result.ClosedAt = w.edges[open+1].Load()
			result.P99AfterUS, result.SamplesAfter = windowP99(segments, open+2)
		}
		all = append(all, result)
	}
	return all
}

// windowP99 is a segment's p99 in microseconds, nil of too few samples.
func windowP99(segments []*segmentShard, i int) (p99 *float64, samples int64) {
	if i >= len(segments) {
		return nil, 0
	}
	samples = segments[i].response.n
	if samples < MinWindowSamples {
		return nil, samples
	}
	us := float64(segments[i].response.quantile(99)) / 1e3
	return &us, samples
}
