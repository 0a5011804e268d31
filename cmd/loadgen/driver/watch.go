package driver

import (
	"sync"
	"sync/atomic"
	"time"

	"slotbench/results"
)

// The phases of a run, as a progress line names them.
const (
	phaseCheck   = "checking"
	phasePreload = "preloading"
	phaseListen  = "subscribing"
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
	P50US     float64 // response time of the last interval that is over; 0: unknown
	P99US     float64
	Elapsed   time.Duration // in the phase

	// Of the measurement.
	OfferedPerSec float64               // 0: closed loop
	LagP99US      float64               // how late the workers were so far; 0: unknown
	Response      *results.LiveResponse // all response times so far; nil in other phases
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
				last.at(w.stage.Load(), show)
				return
			case <-ticker.C:
				last.at(w.stage.Load(), show)
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
	since    time.Time
	requests int64
}

// at shows a stage, and before that how the last one ended, so that what was
// counted in it is told to its end.
func (l *look) at(s *stage, show func(State)) {
	now := time.Now()
	if l.stage != nil && l.stage != s {
		show(l.next(l.stage, now))
	}
	if s != nil {
		show(l.next(s, now))
	}
}

// next is the state of a stage now.
func (l *look) next(s *stage, now time.Time) State {
	state := State{}
	if s.live != nil {
		state = s.live()
	}
	state.Phase, state.Share, state.Elapsed = s.name, -1, now.Sub(s.since)
	if s.planned > 0 {
		state.Share = min(1, state.Elapsed.Seconds()/s.planned.Seconds())
	}
	if s.total > 0 {
		state.Share = max(state.Share, min(1, float64(state.Requests)/float64(s.total)))
	}
	if l.stage != s {
		*l = look{stage: s, since: s.since}
	}
	if elapsed := now.Sub(l.since).Seconds(); state.OpsPerSec == 0 && elapsed > 0 {
		state.OpsPerSec = float64(state.Requests-l.requests) / elapsed
	}
	l.since, l.requests = now, state.Requests
	return state
}
