package driver

import (
	"sync"
	"sync/atomic"
	"time"
)

// The phases of a run, as a progress line names them.
const (
	phaseCheck   = "checking"
	phasePreload = "preloading"
	phaseProbe   = "probing"
	phaseWarmup  = "warming up"
	phaseMeasure = "measuring"
	phaseTrial   = "trying"
	phaseVerify  = "verifying"
	phaseRestore = "restoring"
)

// State is a rough picture of a run that goes on.
type State struct {
	Phase     string
	Share     float64 // of the phase that is over, 0 … 1; negative: unknown
	Requests  int64   // ended in the phase
	Errors    int64
	OpsPerSec float64
	P50US     float64 // response time; 0: unknown
	P99US     float64
}

// live tells what has ended in a phase so far. Rates that it leaves at 0 are
// taken from one look to the next.
type live func() State

// stage is the phase that a run is in.
type stage struct {
	name    string
	since   time.Time
	planned time.Duration // 0: not by time
	total   int64         // requests; 0: not by count
	live    live          // nil: nothing to count
}

// watch shows a run's state at regular times to whoever wants to see it.
type watch struct{ stage atomic.Pointer[stage] }

// watchEvery is how often a run's state is shown.
const watchEvery = 200 * time.Millisecond

// enter goes on to another phase.
func (w *watch) enter(name string, planned time.Duration, total int64, live live) {
	w.stage.Store(&stage{name, time.Now(), planned, total, live})
}

// start shows the state until the returned function is called, which waits
// for the last showing to be over.
func (w *watch) start(show func(State)) (stop func()) {
	if show == nil {
		return func() {}
	}
	done := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		ticker := time.NewTicker(watchEvery)
		defer ticker.Stop()
		var last look
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				if s := w.stage.Load(); s != nil {
					show(last.next(s, time.Now()))
				}
			}
		}
	})
	return func() {
		close(done)
		running.Wait()
	}
}

// look is what was seen of a stage the last time.
type look struct {
	stage    *stage
	at       time.Time
	requests int64
}

// next is the state of a stage now.
func (l *look) next(s *stage, now time.Time) State {
	state := State{}
	if s.live != nil {
		state = s.live()
	}
	state.Phase, state.Share = s.name, -1
	if s.planned > 0 {
		state.Share = min(1, now.Sub(s.since).Seconds()/s.planned.Seconds())
	}
	if s.total > 0 {
		state.Share = max(state.Share, min(1, float64(state.Requests)/float64(s.total)))
	}
	if l.stage != s {
		*l = look{stage: s, at: s.since}
	}
	if elapsed := now.Sub(l.at).Seconds(); state.OpsPerSec == 0 && elapsed > 0 {
		state.OpsPerSec = float64(state.Requests-l.requests) / elapsed
	}
	l.at, l.requests = now, state.Requests
	return state
}
