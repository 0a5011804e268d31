package driver

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"slotbench/internal/timeline"
	"slotbench/results"
	"slotbench/targets"
)

// Session is a target that is filled once and then tried with several loads.
// Its methods are for one goroutine.
type Session struct {
	e    *engine
	stop func() // watching
	done func() // guarding
	gone chan error
}

// trialDrain is how long a trial waits for its last answers: one beyond the
// target's capacity has failed by then.
const trialDrain = time.Second

// Open prepares a plan's target as Run does, and fills it unless it holds
// nothing anyway. Plan.Migrate and Plan.Events are not looked at.
func Open(ctx context.Context, plan Plan, fill bool) (*Session, error) {
	plan.Migrate, plan.Events = 0, nil
	if err := plan.Validate(); err != nil {
		return nil, err
	}
	s := &Session{e: &engine{Plan: plan, rate: max(0, plan.Rate)}, gone: make(chan error, 1)}
	e := s.e
	if e.Debts == nil {
		e.Debts = &Debts{}
	}
	s.stop = e.watch.start(plan.Watch)
	e.watch.enter(phaseCheck, 0, 0, nil)
	if err := e.prepare(ctx); err != nil {
		s.stop()
		return nil, err
	}
	e.ledger = nil // nothing is read back
	e.Drain = min(e.Drain, trialDrain)
	e.guard = newNodeGuard(e.before, nil)
	s.done = e.guard.watch(func(err error) { s.gone <- err })
	if !fill {
		return s, nil
	}
	for _, phase := range []func(context.Context) error{e.preload, e.listen} {
		if err := phase(ctx); err != nil || ctx.Err() != nil {
			return nil, errors.Join(err, context.Cause(ctx), s.Close(ctx))
		}
	}
	return s, nil
}

// Close puts back what was changed and ends the driver. The error is of what
// could not be put back.
func (s *Session) Close(ctx context.Context) error {
	s.done()
	s.e.stopListening()
	s.e.restore(ctx)
	s.stop()
	var left error
	for _, check := range s.e.rec.Checks {
		if check.Level == results.LevelWarning {
			left = errors.Join(left, errors.New(check.Text))
		}
	}
	return errors.Join(left, s.e.driver.Close())
}

// About is what the target is.
func (s *Session) About() results.Target { return s.e.rec.Target }

// Nodes is how many nodes the target has.
func (s *Session) Nodes() int { return len(s.e.topology.Nodes) }

// Environment is the machine that the load comes from.
func (s *Session) Environment() results.Environment { return s.e.rec.Environment }

// Config is the effective configuration.
func (s *Session) Config() results.Config { return s.e.rec.Config }

// Trial is what one load gave.
type Trial struct {
	results.Result
	BusyShare    []float64
	CPUSeconds   float64 // of the workers
	MovedSlots   int     // while it went on
	MovedKeys    int64
	ClientBehind bool // the load generator itself was late, as the verdict has it
}

// Closed sends a closed loop for a while: as fast as it goes.
func (s *Session) Closed(ctx context.Context, length time.Duration) (Trial, error) {
	return s.trial(ctx, 0, 0, length)
}

// Rate sends an open loop at a rate for a while, after a warm-up.
func (s *Session) Rate(ctx context.Context, rate float64, warmup, length time.Duration) (Trial, error) {
	return s.trial(ctx, rate, warmup, length)
}

func (s *Session) trial(ctx context.Context, rate float64, warmup, length time.Duration) (t Trial, err error) {
	e := s.e
	e.rate, e.Plan.Rate = rate, rate
	if warmup > 0 {
		load := e.load(e.Streams())
		load.Nanos = int64(warmup)
		if _, err := e.send(ctx, load, newCounter(e.driver.Workers())); err != nil {
			return t, err
		}
	}
	e.freshDeliveries(ctx)
	recorder := e.newRecorder(nil)
	load := e.load(0)
	load.Nanos = int64(length)
	e.watch.enter(phaseTrial, length, 0, func() State {
		l := recorder.Live()
		return State{Requests: l.Requests, Errors: l.Errors, OpsPerSec: l.OpsPerSec, P50US: l.P50US, P99US: l.P99US}
	})
	tally, err := e.send(ctx, load, recorder)
	if err != nil {
		return t, err
	}
	t.Result = recorder.Result(tally, rate)
	t.BusyShare = tally.BusyShare
	for _, nanos := range tally.CPUNanos {
		t.CPUSeconds += float64(nanos) / 1e9
	}
	judged := results.Record{Totals: t.Totals, Pacing: t.Pacing, Client: results.Client{BusyShare: t.BusyShare}}
	t.ClientBehind = len(judgeLag(&judged))+len(judgeBusy(&judged)) > 0
	return t, s.ended(ctx, tally.TargetGone, tally.Aborted)
}

// ended is why a session cannot go on, nil if it can.
func (s *Session) ended(ctx context.Context, gone bool, why string) error {
	select {
	case err := <-s.gone:
		return err
	default:
	}
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case gone:
		return fmt.Errorf("the target is gone: %s", why)
	}
	return nil
}

// Migrating sends an open loop as Rate does while slots migrate to and fro,
// all the time.
func (s *Session) Migrating(ctx context.Context, rate float64, warmup, length time.Duration, slots int, strategy targets.Strategy) (Trial, error) {
	e := s.e
	moves, err := s.toAndFro(slots, strategy)
	if err != nil {
		return Trial{}, err
	}
	moving, end := context.WithCancel(ctx)
	defer end()
	var movers sync.WaitGroup
	var moved []targets.Moved
	var failed error
	movers.Go(func() {
		there := moves
		for moving.Err() == nil {
			done, err := e.Cluster.Migrate(moving, there, targets.Migration{Strategy: strategy})
			moved = append(moved, done...)
			if err != nil {
				if moving.Err() == nil {
					failed = err
				}
				return
			}
			there = reversed(there)
		}
	})
	t, err := s.trial(ctx, rate, warmup, length)
	end()
	movers.Wait()
	t.MovedSlots = len(moved)
	for _, m := range moved {
		t.MovedKeys += m.Keys
	}
	back, cancel := beyond(ctx, restoreTimeout)
	defer cancel()
	if backErr := e.moveBack(back); backErr != nil && err == nil {
		err = fmt.Errorf("move the slots back: %w", backErr)
	}
	if failed != nil && err == nil {
		err = fmt.Errorf("migration: %w", failed)
	}
	return t, err
}

// toAndFro plans the moves of one leg.
func (s *Session) toAndFro(slots int, strategy targets.Strategy) ([]targets.Move, error) {
	e := s.e
	leg := &step{Event: timeline.Event{Kind: timeline.Migrate, Slots: slots, Strategy: string(strategy)}, byFlag: true}
	if err := e.planStep(newModel(e.topology), leg); err != nil {
		return nil, Refused{err}
	}
	if e.watched == nil {
		e.steps = []*step{leg}
		e.watchedSlots()
		e.steps = nil
		if e.attached() {
			e.oweSlots(leg.moves)
		}
	}
	return leg.moves, nil
}

// reversed is the moves' way back.
func reversed(moves []targets.Move) []targets.Move {
	back := make([]targets.Move, len(moves))
	for i, move := range moves {
		back[i] = targets.Move{Slot: move.Slot, From: move.To, To: move.From}
	}
	return back
}
