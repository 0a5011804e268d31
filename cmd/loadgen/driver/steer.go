package driver

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"slotbench/internal/request"
	"slotbench/internal/timeline"
	"slotbench/results"
	"slotbench/targets"
)

// The timeline of a run.
const (
	steerEvery    = 5 * time.Millisecond // how finely the moment is met
	baselineLead  = 2 * time.Second      // how long pauses are probed before it
	probeTail     = 200 * time.Millisecond
	probeDrain    = time.Second
	probePipeline = 64
	// maxProbedEvents is how many events have a pause probe: each takes a
	// thread, and 4,000 requests a second while it is near.
	maxProbedEvents = 8
	// errorLead and errorTail are how far around an event that makes requests
	// fail its window reaches: what was in flight when it began, and what
	// waits for a connection when it is over.
	errorLead = 100 * time.Millisecond
	errorTail = 500 * time.Millisecond
)

// outcome is what came of a step, to be read when the steering has finished.
type outcome struct {
	begun, ended time.Time // zero: it was not begun; it did not end
	err          error
	moved        []targets.Moved
	detail       string
	outlivedLoad bool
	lasts        bool  // its effect goes on
	openAt       int64 // on the load driver's clock
	haveClock    bool
	window       int // of the recorder; results.NoWindow
}

// probing is the pause probe of a step.
type probing struct {
	driver         request.Driver
	slots          []probeTarget
	before, during *pauseProbe
	problems       []string
}

// steering is what happens to the target beside a running load.
type steering struct {
	e        *engine
	recorder *results.Recorder
	clock    *clock
	loadOver chan struct{}
	done     sync.WaitGroup // the events
	followed sync.WaitGroup // who waits for them
}

// newSteering prepares the events, if there are any.
func (e *engine) newSteering(recorder *results.Recorder, clock *clock) (*steering, error) {
	s := &steering{e: e, recorder: recorder, clock: clock, loadOver: make(chan struct{})}
	probed := 0
	for _, step := range e.steps {
		step.window = results.NoWindow
		watched := step.moves
		for _, risked := range step.risked {
			watched = append(watched, targets.Move{Slot: risked})
		}
		if len(watched) == 0 || step.Kind == timeline.Command || e.about.Mode != modeCluster || probed == maxProbedEvents {
			continue
		}
		probed++
		driver, err := e.NewDriver(e.topology, RolePause)
		if err != nil {
			s.close()
			return nil, fmt.Errorf("driver %s of the pause probe: %w", e.Plan.Driver, err)
		}
		step.probe = &probing{driver: driver, slots: probeTargets(watched, e.Prefix)}
	}
	return s, nil
}

// start lets the timeline begin: the load is being sent from now on. When ctx
// ends, an event under way is broken off. What changes the topology goes one
// after the other; a late one delays the next.
func (s *steering) start(ctx context.Context) {
	begun := time.Now()
	var inTurn []*step
	for _, step := range s.e.steps {
		if step.changesTopology() {
			inTurn = append(inTurn, step)
			continue
		}
		s.done.Go(func() { s.timeline(ctx, begun, step) })
	}
	s.done.Go(func() {
		for _, step := range inTurn {
			s.timeline(ctx, begun, step)
		}
	})
}

// finish is told that the load has ended, and waits for the events.
func (s *steering) finish() {
	close(s.loadOver)
	s.done.Wait()
	s.followed.Wait()
}

// close ends the probes' connections.
func (s *steering) close() {
	for _, step := range s.e.steps {
		if step.probe != nil {
			_ = step.probe.driver.Close()
		}
	}
}

// timeline waits, probes before, carries the step out while it probes, and
// takes the probe's keys away.
func (s *steering) timeline(ctx context.Context, start time.Time, step *step) {
	at, timed := step.Due(s.e.Duration)
	requests := int64(float64(s.e.Requests) * step.Share)
	if step.probe == nil {
		if s.await(ctx, start, at, timed, requests) {
			s.carryOut(ctx, step)
		}
		return
	}
	if !s.await(ctx, start, max(0, at-baselineLead), timed, 0) {
		return
	}
	stop := s.probePauses(ctx, step.probe, &step.probe.before)
	due := s.await(ctx, start, at, timed, requests)
	stop()
	if due {
		stop = s.probePauses(ctx, step.probe, &step.probe.during)
		s.carryOut(ctx, step)
		pauseFor(ctx, probeTail)
		s.awaitServed(ctx, step)
		stop()
	}
	s.removeProbes(ctx, step)
}

// await waits until so much time has gone by (where timed) or so many requests
// have ended (where not 0), whichever comes first. It is false if the load or
// ctx ended before. Without either there is nothing to wait for.
func (s *steering) await(ctx context.Context, start time.Time, at time.Duration, timed bool, requests int64) bool {
	ticker := time.NewTicker(steerEvery)
	defer ticker.Stop()
	for {
		switch {
		case timed && time.Since(start) >= at, !timed && requests == 0:
			return true
		case requests > 0 && s.recorder.Live().Requests >= requests:
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-s.loadOver:
			return false
		case <-ticker.C:
		}
	}
}

// carryOut does what a step asks for and marks the time in the recording.
func (s *steering) carryOut(ctx context.Context, step *step) {
	step.begun = time.Now()
	step.openAt, step.haveClock = s.clock.at(step.begun)
	if step.haveClock {
		opened := step.openAt
		if step.expectsErrors() {
			opened = max(0, opened-int64(errorLead))
		}
		step.window = s.recorder.OpenWindow(opened)
	}
	step.lasts, step.err = s.act(ctx, step)
	if !step.lasts || step.err != nil {
		s.conclude(ctx, step)
	} // else a node stays away: until its slots are served, or the end of the run
}

// awaitServed goes on, after a step that takes slots out of service, until
// requests on every probed slot succeed again or the load ends. Of a node that
// stays away that is the end: others serve its slots.
func (s *steering) awaitServed(ctx context.Context, step *step) {
	if !step.expectsErrors() || step.err != nil {
		return
	}
	ticker := time.NewTicker(servePoll)
	defer ticker.Stop()
	for !step.probe.during.served(int64(probeTail)) {
		select {
		case <-ctx.Done():
			return
		case <-s.loadOver:
			return
		case <-ticker.C:
		}
	}
	if step.lasts {
		s.conclude(ctx, step)
	}
}

// conclude ends a step and its window.
func (s *steering) conclude(ctx context.Context, step *step) {
	step.ended = time.Now()
	if step.haveClock {
		if step.expectsErrors() && step.err == nil {
			s.wait(ctx, errorTail)
		}
		shut, _ := s.clock.at(time.Now())
		s.recorder.CloseWindow(step.window, shut)
	}
	select {
	case <-s.loadOver:
		step.outlivedLoad = true
	default:
	}
}

// wait waits, or until the load or ctx ends.
func (s *steering) wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-s.loadOver:
	case <-timer.C:
	}
}

// probePauses probes until the returned function is called.
func (s *steering) probePauses(ctx context.Context, p *probing, into **pauseProbe) (stop func()) {
	probing, cancel := context.WithCancel(ctx)
	probe := newPauseProbe(p.slots)
	*into = probe
	var running sync.WaitGroup
	running.Go(func() {
		if _, err := p.driver.Run(probing, s.probeRequests(probe, probeLoad(p.slots, s.e.Seed))); err != nil {
			p.problems = append(p.problems, err.Error())
		}
	})
	return func() {
		cancel()
		running.Wait()
	}
}

// probeRequests is a load of the probe: one connection a node.
func (s *steering) probeRequests(sink request.Sink, streams []request.Stream) request.Load {
	return request.Load{
		Streams:     streams,
		Connections: 1,
		Pipeline:    probePipeline,
		DrainNanos:  int64(probeDrain),
		Slots:       int(s.e.topology.Count()),
		Sink:        sink,
	}
}

// removeProbes takes the probe's own keys away, also after an interruption. A
// node that is gone has taken them with it.
func (s *steering) removeProbes(ctx context.Context, step *step) {
	p := step.probe
	removing, cancel := beyond(ctx, statsTimeout)
	defer cancel()
	at := 0
	source := &keysSource{command: "DEL", next: func() ([]byte, bool) {
		if at == len(p.slots) {
			return nil, false
		}
		at++
		return []byte(p.slots[at-1].key), true
	}}
	count := newCounter(p.driver.Workers())
	_, err := p.driver.Run(removing, s.probeRequests(count, []request.Stream{{Source: source}}))
	if s.e.anyDown() {
		return
	}
	if ended, failed := count.sums(); err != nil || failed > 0 || ended < int64(len(p.slots)) {
		p.problems = append(p.problems, fmt.Sprintf("%d of %d keys of the pause probe may remain (%v)",
			int64(len(p.slots))-ended+failed, len(p.slots), err))
	}
}

// probeKeysMoved is how many of the probe's keys were carried over.
func (s *step) probeKeysMoved() int {
	n := 0
	if s.probe == nil {
		return 0
	}
	for _, target := range s.probe.slots {
		if slices.ContainsFunc(s.moved, func(m targets.Moved) bool { return m.Slot == target.slot }) {
			n++
		}
	}
	return n
}

// pauseFor waits, or until ctx ends.
func pauseFor(ctx context.Context, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
