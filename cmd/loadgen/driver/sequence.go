package driver

import (
	"context"
	"errors"
	"fmt"
	"time"

	"slotbench/internal/request"
	"slotbench/results"
	"slotbench/workloads"
)

// phaseTrace is the kind of the one phase of a replay: its load is the
// trace's, so that nothing can be said of its being steady.
const phaseTrace = "trace"

// PhaseSeconds is how long the measured phases take together.
func PhaseSeconds(phases []workloads.Phase) time.Duration {
	var sum time.Duration
	for i := range phases {
		if phases[i].Measured() {
			sum += phases[i].Duration()
		}
	}
	return sum
}

// validatePhases checks that the phases suit the rest of the plan.
func (c *Config) validatePhases() error {
	switch {
	case len(c.Phases) == 0:
		return nil
	case c.Closed():
		return errors.New("phases have rates of their own, a closed loop has none: leave out --rate 0 and --arrival closed")
	case c.Rate != RateProbe && workloads.NeedsCapacity(c.Phases):
		return errors.New("some phase's rate is a share of the capacity, which only a probe finds: leave out --rate")
	case c.Requests > 0:
		return errors.New("phases end by time: leave out --requests")
	case c.Duration != PhaseSeconds(c.Phases):
		return fmt.Errorf("the phases take %s, the run %s: leave out --duration", PhaseSeconds(c.Phases), c.Duration)
	}
	return workloads.ValidatePhases(c.Phases)
}

// preloadRate is the load phase's rate, 0 without one.
func (e *engine) preloadRate() float64 {
	if len(e.Phases) == 0 || e.Phases[0].Kind != workloads.PhaseLoad {
		return 0
	}
	rate, _ := workloads.ParseRate(e.Phases[0].Rate)
	return rate.Value
}

// measuredPhases is the phases that are part of the measurement.
func (c *Config) measuredPhases() []workloads.Phase {
	var measured []workloads.Phase
	for _, p := range c.Phases {
		if p.Measured() {
			measured = append(measured, p)
		}
	}
	return measured
}

// profiles is the offered load of phases, with shares of the capacity that the
// probe found.
func (e *engine) profiles(phases []workloads.Phase) ([]workloads.Profile, error) {
	capacity := 0.0
	if e.rec.Probe != nil {
		capacity = e.rec.Probe.OpsPerSec
	}
	all := make([]workloads.Profile, len(phases))
	for i := range phases {
		var err error
		if all[i], err = phases[i].Profile(capacity); err != nil {
			return nil, Refused{err}
		}
		if _, high := all[i].RangePerSec(); high > MaxRate {
			return nil, refusef("phase %s: %.0f requests a second are more than %g", phases[i].Name, high, MaxRate)
		}
	}
	return all, nil
}

// fromPhases is where the rate of a run with phases is from.
const fromPhases = "mean of the phases"

// settleRate makes the mean of the measured phases the run's rate, once the
// capacity is known.
func (e *engine) settleRate() error {
	profiles, err := e.profiles(e.measuredPhases())
	if err != nil {
		return err
	}
	var requests, seconds float64
	for _, p := range profiles {
		requests += p.Requests()
		seconds += p.Seconds()
	}
	e.rate = requests / seconds
	e.rec.Config.RatePerSec, e.rec.Config.RateFrom = e.rate, fromPhases
	return nil
}

// warmUpPhases sends the phases that are not measured. Where there is none,
// the usual warm-up has the mean rate of the first measured phase.
func (e *engine) warmUpPhases(ctx context.Context) error {
	var warmups []workloads.Phase
	for _, p := range e.Phases {
		if p.Kind == workloads.PhaseWarmup {
			warmups = append(warmups, p)
		}
	}
	profiles, err := e.profiles(warmups)
	if err != nil {
		return err
	}
	if len(warmups) == 0 && e.Warmup > 0 {
		first, err := e.profiles(e.measuredPhases()[:1])
		if err != nil {
			return err
		}
		steady := workloads.Phase{Kind: workloads.PhaseWarmup, For: e.Warmup.String(), Rate: fmt.Sprint(first[0].MeanPerSec())}
		warmups = append(warmups, steady)
		if profiles, err = e.profiles(warmups); err != nil {
			return err
		}
	}
	sources := e.sources(e.Streams())
	for i, p := range profiles {
		// Numbered behind the measured phases, which draw the same with and
		// without a warm-up.
		load := e.phaseLoad(sources, p, len(e.Phases)+1+i)
		if _, err := e.unmeasured(ctx, phaseWarmup, 0, load); err != nil || ctx.Err() != nil {
			return err
		}
	}
	return nil
}

// sources is the streams of an open loop, from first on.
func (e *engine) sources(first int) []request.Source {
	all := make([]request.Source, OpenStreams)
	for i := range all {
		all[i] = e.stream(first + i)
	}
	return all
}

// phaseLoad is what one phase sends: the streams go on from where they are.
func (e *engine) phaseLoad(sources []request.Source, p workloads.Profile, number int) request.Load {
	load := request.Load{
		Connections: e.Connections, Pipeline: e.Pipeline, Streams: make([]request.Stream, len(sources)),
		Nanos: int64(p.Seconds() * 1e9),
	}
	for i, source := range sources {
		load.Streams[i] = request.Stream{
			Source:   source,
			Schedule: e.Workload.PhaseSchedule(e.Arrival, p, number, i, len(sources)),
		}
	}
	return load
}

// sendMeasured sends the measured load: in one piece, or phase by phase.
func (e *engine) sendMeasured(ctx context.Context, m *measurement, load request.Load, sink request.Sink) (request.Tally, error) {
	switch {
	case e.Trace != nil:
		return e.sendTrace(ctx, m, sink)
	case len(e.Phases) == 0:
		return e.send(ctx, load, sink)
	}
	phases := e.measuredPhases()
	profiles, err := e.profiles(phases)
	if err != nil {
		return request.Tally{}, err
	}
	var total request.Tally
	sources := e.sources(0)
	begun := time.Now()
	for i, phase := range phases {
		// Everything before has been answered or given up: the phase's times
		// count from its own beginning, which nothing can have delayed.
		start := int64(0)
		if i > 0 {
			start = max(int64(time.Since(begun)), total.End, total.DrainEnd)
		}
		e.watch.enter(fmt.Sprintf("%s (%d of %d)", phase.Name, i+1, len(phases)), phase.Duration(), 0, liveOf(m.recorder, 0))
		tally, err := e.send(ctx, e.phaseLoad(sources, profiles[i], i), &shifted{sink, start})
		if err != nil {
			return total, err
		}
		total = joinTallies(total, tally, start)
		measured := m.recorder.EndPhase(tally, start)
		measured.Name, measured.Kind, measured.TargetPerSec = phase.Name, phase.Kind, profiles[i].MeanPerSec()
		measured.LowPerSec, measured.HighPerSec = profiles[i].RangePerSec()
		e.rec.Phases = append(e.rec.Phases, measured)
		if ctx.Err() != nil || tally.Aborted != "" {
			break
		}
	}
	return total, nil
}

// liveOf is what a progress line shows of a recording, offered at a rate that
// stays, 0 where it does not or there is none.
func liveOf(r *results.Recorder, ratePerSec float64) live {
	return func() State {
		l, response := r.Live(), r.LiveResponse()
		return State{
			Requests: l.Requests, Errors: l.Errors, OpsPerSec: l.OpsPerSec, P50US: l.P50US, P99US: l.P99US,
			OfferedPerSec: ratePerSec, LagP99US: l.LagP99US, Response: &response,
		}
	}
}

// shifted puts a phase's times, which count from its own beginning, on the
// clock of the measurement. A time of 0 means never and stays.
type shifted struct {
	next  request.Sink
	start int64
}

// Record shifts and hands on.
func (s *shifted) Record(worker int, r *request.Request) {
	r.Due += s.start
	for _, at := range [...]*int64{&r.Ready, &r.Written, &r.FirstByte, &r.Done} {
		if *at != 0 {
			*at += s.start
		}
	}
	s.next.Record(worker, r)
}

// joinTallies adds a phase's tally, whose times begin at start, to that of
// those before it.
func joinTallies(before, t request.Tally, start int64) request.Tally {
	took, tookBefore := float64(t.DrainEnd-t.Origin), float64(before.DrainEnd-before.Origin)
	joined := t
	joined.Origin = before.Origin
	joined.End, joined.DrainEnd = t.End+start, t.DrainEnd+start
	joined.Sent += before.Sent
	if before.BusyShare != nil {
		joined.BusyShare = make([]float64, len(t.BusyShare))
		for i, share := range t.BusyShare {
			joined.BusyShare[i] = (share*took + before.BusyShare[i]*tookBefore) / max(took+tookBefore, 1)
		}
	}
	if before.CPUNanos != nil {
		joined.CPUNanos = make([]int64, len(t.CPUNanos))
		for i, nanos := range t.CPUNanos {
			joined.CPUNanos[i] = nanos + before.CPUNanos[i]
		}
	}
	if before.Aborted != "" {
		joined.Aborted = before.Aborted
	}
	return joined
}
