package driver

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"slotbench/internal/request"
	"slotbench/results"
	"slotbench/targets"
)

// The timeline of the migration in a run.
const (
	steerEvery    = 5 * time.Millisecond // how finely the moment is met
	baselineLead  = 2 * time.Second      // how long pauses are probed before it
	probeTail     = 200 * time.Millisecond
	probeDrain    = time.Second
	probePipeline = 64
)

// steering is the migration beside a running load, with the probe of its
// pauses.
type steering struct {
	e        *engine
	recorder *results.Recorder
	clock    *clock
	driver   request.Driver // of the pause probe; nil: nothing migrates
	probed   []probeTarget
	loadOver chan struct{}
	done     sync.WaitGroup

	// Results, to be read when finish has returned.
	begun, ended  time.Time // of the migration; zero: it was not begun
	moved         []targets.Moved
	err           error
	before        *pauseProbe
	during        *pauseProbe
	outlivedLoad  bool
	openAt, shut  int64 // on the load driver's clock
	haveClock     bool
	probeProblems []string
}

// newSteering prepares the migration, if there is to be one.
func (e *engine) newSteering(recorder *results.Recorder, clock *clock) (*steering, error) {
	s := &steering{e: e, recorder: recorder, clock: clock, loadOver: make(chan struct{})}
	if len(e.moves) == 0 {
		return s, nil
	}
	s.probed = probeTargets(e.moves, e.Prefix)
	var err error
	if s.driver, err = e.NewDriver(e.topology, RolePause); err != nil {
		return nil, fmt.Errorf("driver %s of the pause probe: %w", e.Plan.Driver, err)
	}
	return s, nil
}

// start lets the timeline begin: the load is being sent from now on. When ctx
// ends, a migration under way is broken off.
func (s *steering) start(ctx context.Context) {
	if s.driver != nil {
		s.done.Go(func() { s.timeline(ctx) })
	}
}

// finish is told that the load has ended, and waits for the migration.
func (s *steering) finish() {
	close(s.loadOver)
	s.done.Wait()
}

// close ends the probe's connections.
func (s *steering) close() {
	if s.driver != nil {
		_ = s.driver.Close()
	}
}

// timeline waits, probes before, migrates while it probes, and takes the
// probe's keys away.
func (s *steering) timeline(ctx context.Context) {
	start := time.Now()
	at := time.Duration(float64(s.e.Duration) * s.e.MigrateAt)
	if !s.await(ctx, start, max(0, at-baselineLead), s.e.Duration > 0, 0) {
		return
	}
	stop := s.probePauses(ctx, &s.before)
	due := s.await(ctx, start, at, s.e.Duration > 0, int64(float64(s.e.Requests)*s.e.MigrateAt))
	stop()
	if !due {
		s.removeProbes(ctx)
		return
	}
	stop = s.probePauses(ctx, &s.during)
	s.migrate(ctx)
	pauseFor(ctx, probeTail)
	stop()
	s.removeProbes(ctx)
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

// probePauses probes until the returned function is called.
func (s *steering) probePauses(ctx context.Context, into **pauseProbe) (stop func()) {
	probing, cancel := context.WithCancel(ctx)
	probe := newPauseProbe(s.probed)
	*into = probe
	var running sync.WaitGroup
	running.Go(func() {
		if _, err := s.driver.Run(probing, s.probeRequests(probe, probeLoad(s.probed, s.e.Seed))); err != nil {
			s.probeProblems = append(s.probeProblems, err.Error())
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

// removeProbes takes the probe's own keys away, also after an interruption.
func (s *steering) removeProbes(ctx context.Context) {
	removing, cancel := beyond(ctx, statsTimeout)
	defer cancel()
	at := 0
	source := &keysSource{command: "DEL", next: func() ([]byte, bool) {
		if at == len(s.probed) {
			return nil, false
		}
		at++
		return []byte(s.probed[at-1].key), true
	}}
	count := newCounter(s.driver.Workers())
	_, err := s.driver.Run(removing, s.probeRequests(count, []request.Stream{{Source: source}}))
	if ended, failed := count.sums(); err != nil || failed > 0 || ended < int64(len(s.probed)) {
		s.probeProblems = append(s.probeProblems, fmt.Sprintf("%d of %d keys of the pause probe may remain (%v)",
			int64(len(s.probed))-ended+failed, len(s.probed), err))
	}
}

// migrate moves the slots and marks the time in the recording.
func (s *steering) migrate(ctx context.Context) {
	if s.e.attached() {
		s.e.oweSlots()
	}
	s.begun = time.Now()
	s.openAt, s.haveClock = s.clock.at(s.begun)
	if s.haveClock {
		s.recorder.OpenWindow(s.openAt)
	}
	s.moved, s.err = s.e.Cluster.Migrate(ctx, s.e.moves, targets.Migration{Strategy: s.e.Strategy})
	s.ended = time.Now()
	if s.haveClock {
		s.shut, _ = s.clock.at(s.ended)
		s.recorder.CloseWindow(s.shut)
	}
	select {
	case <-s.loadOver:
		s.outlivedLoad = true
	default:
	}
}

// probeKeysMoved is how many of the probe's keys were carried over.
func (s *steering) probeKeysMoved() int {
	n := 0
	for _, target := range s.probed {
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
