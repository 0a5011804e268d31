package driver

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"slotbench/internal/request"
	"slotbench/results"
)

// The thresholds of the verdict. What they judge is described in the reasons
// that Judge gives.
const (
	lagFloorMicros     = 100  // a lag below this disturbs nothing that is measured here
	lagShareOfP99      = 0.10 // … nor does one below this share of the response p99
	busyLimit          = 0.90 // of a worker's time
	starvedLimit       = 0.20 // of its time a worker wanted to run, and waited for a CPU
	offeredShare       = 0.97 // of rate × time, beside the arrivals' own scatter
	keptUpShare        = 0.95 // throughput over the offered rate
	driftLimit         = 0.10 // of the throughput, from the first third to the last
	minDriftIntervals  = 9    // fewer intervals say nothing of a drift
	scatterDeviations  = 4.0  // of a Poisson count, before it counts as a difference
	maxErrorKindsNamed = 4
	claimErrorShare    = 0.01 // more failed requests than that and the throughput is none to quote
	harnessShareLimit  = 0.5  // of the response p99, in a calibrated run
	headroomLimit      = 1.1  // the calibrated ceiling over the throughput
	pressureTold       = 0.5  // of the time some task waited for a CPU: worth a word beside a lag
)

// severity orders the verdicts from the best to the worst.
var severity = []string{results.Valid, results.Unsteady, results.ShortOffered, results.ClientBound, results.Errors}

// reason is what one rule found: the status it asks for and why.
type reason struct {
	status string
	text   string
}

// Judge says whether a record's numbers can be trusted: the worst status that
// any rule asks for, and every rule's reason, the worst first. It looks at
// nothing but the record.
func Judge(rec *results.Record) results.Verdict {
	var reasons []reason
	for _, rule := range []func(*results.Record) []reason{
		judgeErrors, judgeEvents, judgeIntegrity, judgeLag, judgeBusy, judgeStarved, judgeCalibration, judgeOffered, judgePhases, judgeDrift,
	} {
		reasons = append(reasons, rule(rec)...)
	}
	slices.SortStableFunc(reasons, func(a, b reason) int {
		return cmp.Compare(slices.Index(severity, b.status), slices.Index(severity, a.status))
	})
	verdict := results.Verdict{Status: results.Valid, Reasons: []string{}, NoClaim: noClaim(rec)}
	if len(reasons) > 0 {
		verdict.Status = reasons[0].status
	}
	for _, r := range reasons {
		verdict.Reasons = append(verdict.Reasons, r.text)
	}
	return verdict
}

func judgeErrors(rec *results.Record) []reason {
	var reasons []reason
	if rec.Totals.Requests == 0 {
		reasons = append(reasons, reason{results.Errors, "nothing was measured: no request ended in the measurement"})
	}
	// What was due and never sent failed nowhere: judgeOffered tells of it.
	unsent, expected := backlog(rec.Totals), expectedErrors(rec)
	if len(judgeStarved(rec)) > 0 { // what it did not read in time is its own fault
		kinds := rec.Totals.ErrorKinds
		unsent = kinds[request.Unsent.String()] + kinds[request.CutOff.String()] + kinds[request.TimedOut.String()]
	}
	if unexpected := rec.Totals.Errors - expected; unexpected > unsent {
		beside := ""
		if expected > 0 {
			beside = fmt.Sprintf(", %d of them while no event makes requests fail", unexpected)
		}
		reasons = append(reasons, reason{results.Errors, fmt.Sprintf("%d of %d requests failed (%s)%s",
			rec.Totals.Errors, rec.Totals.Requests, errorKinds(rec.Totals.ErrorKinds), beside)})
	}
	if rec.Preload != nil && rec.Preload.Errors > 0 {
		reasons = append(reasons, reason{results.Errors,
			fmt.Sprintf("%d of %d preloaded keys failed (%s)", rec.Preload.Errors, rec.Preload.Requests, errorKinds(rec.Preload.ErrorKinds))})
	}
	for _, m := range rec.Migrations {
		switch {
		case m.Error == "":
		case rec.Partial != "" && strings.Contains(m.Error, context.Canceled.Error()):
			reasons = append(reasons, reason{results.Valid, fmt.Sprintf("migration: %d of %d slots had moved when the run was ended", m.Slots, m.Asked)})
		default:
			reasons = append(reasons, reason{results.Errors, fmt.Sprintf("migration: %d of %d slots moved: %s", m.Slots, m.Asked, m.Error)})
		}
	}
	return reasons
}

// backlog is how many requests were left over at the end because others were
// before them: never sent, and where there are such, those that were out just
// then.
func backlog(t results.Totals) int64 {
	unsent := t.ErrorKinds[request.Unsent.String()]
	if unsent > 0 {
		unsent += t.ErrorKinds[request.CutOff.String()]
	}
	return unsent
}

// errorKinds names the commonest kinds, the commonest first.
func errorKinds(kinds map[string]int64) string {
	names := make([]string, 0, len(kinds))
	for name := range kinds {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(kinds[b], kinds[a]), strings.Compare(a, b))
	})
	rest := ""
	if len(names) > maxErrorKindsNamed {
		names, rest = names[:maxErrorKindsNamed], ", …"
	}
	for i, name := range names {
		names[i] = fmt.Sprintf("%s %d", name, kinds[name])
	}
	return strings.Join(names, ", ") + rest
}

func judgeIntegrity(rec *results.Record) []reason {
	if rec.Integrity == nil {
		return nil
	}
	var reasons []reason
	if n := rec.Integrity.LostToEvents; n > 0 {
		reasons = append(reasons, reason{results.Valid, fmt.Sprintf("%d keys lost an acknowledged write to an event: their node was killed or failed over", n)})
	}
	if n := rec.Integrity.Lost - rec.Integrity.LostToEvents; n > 0 {
		reasons = append(reasons, reason{results.Errors, fmt.Sprintf("%d keys lost an acknowledged write", n)})
	}
	if n := rec.Integrity.Doubled; n > 0 {
		reasons = append(reasons, reason{results.Errors, fmt.Sprintf("%d keys are on two primaries", n)})
	}
	return reasons
}

// judgeLag asks whether the client turned to its requests when they were due.
// Waiting for a connection that is full is the system's time, not lag.
func judgeLag(rec *results.Record) []reason {
	if rec.Pacing == nil {
		return nil
	}
	limit := max(lagFloorMicros, lagShareOfP99*rec.Totals.Response.P99)
	lag := rec.Pacing.Error.P99
	if lag <= limit {
		return nil
	}
	advice := "give it a free CPU (--client-cpus, --server-cpus), lower --rate, or add --threads where CPUs are free"
	if rec.Config.Driver == DriverGoRedis {
		advice = "this driver paces by Go's timers, which are about a millisecond late; --driver wire is not"
	}
	if share := rec.Environment.PressureShare; share > pressureTold {
		advice += fmt.Sprintf("; some task on this machine waited for a CPU %.0f %% of the time", 100*share)
	}
	return []reason{{results.ClientBound, fmt.Sprintf(
		"the load generator turned to its requests %s late (p99), more than %s: %s", micros(lag), micros(limit), advice)}}
}

// micros is a time in microseconds, from 10 ms on in milliseconds.
func micros(us float64) string {
	if us >= 10_000 {
		return fmt.Sprintf("%.1f ms", us/1e3)
	}
	return fmt.Sprintf("%.0f µs", us)
}

// judgeBusy asks whether a worker had time to spare. The drivers count time
// spent spinning for the next due time as time waited.
func judgeBusy(rec *results.Record) []reason {
	var busiest float64
	for _, share := range rec.Client.BusyShare {
		busiest = max(busiest, share)
	}
	if busiest <= busyLimit {
		return nil
	}
	return []reason{{results.ClientBound, fmt.Sprintf(
		"a worker of the load generator was busy %.0f %% of the time, more than %.0f %%: "+
			"add --threads where CPUs are free, or lower the load", 100*busiest, 100*busyLimit)}}
}

// judgeStarved asks whether a worker got the CPU when it wanted it: its busy
// share is by the clock on the wall, its CPU time is what it was given.
func judgeStarved(rec *results.Record) []reason {
	seconds := rec.Totals.Seconds
	for i, cpu := range rec.Client.WorkerCPUSeconds {
		if i >= len(rec.Client.BusyShare) || seconds <= 0 || cpu <= 0 {
			continue
		}
		if busy, got := rec.Client.BusyShare[i], cpu/seconds; busy-got > starvedLimit {
			return []reason{{results.ClientBound, fmt.Sprintf(
				"a worker of the load generator wanted to run %.0f %% of the time and got a CPU for %.0f %%: give it a free CPU (--client-cpus, --server-cpus)",
				100*busy, 100*got)}}
		}
	}
	return nil
}

func judgeOffered(rec *results.Record) []reason {
	p := rec.Pacing
	if p == nil || rec.Totals.Requests == 0 {
		return nil
	}
	var reasons []reason
	expected := expectedErrors(rec)
	if rec.Partial == "" && p.Sent+expected < p.Offered { // what cuts a run off leaves requests unsent
		reasons = append(reasons, reason{results.ShortOffered, fmt.Sprintf(
			"%d of %d due requests were sent: the target did not take the rate; lower --rate, or add --connections or --pipeline",
			p.Sent, p.Offered)})
	}
	due := p.OfferedPerSec * rec.Config.DurationSeconds
	if rec.Partial == "" && rec.Config.Requests == 0 &&
		float64(p.Offered) < offeredShare*due-scatterDeviations*math.Sqrt(due) {
		reasons = append(reasons, reason{results.ShortOffered, fmt.Sprintf(
			"%d requests were due where %.0f/s for %.1f s make %.0f", p.Offered, p.OfferedPerSec, rec.Config.DurationSeconds, due)})
	}
	scatter := scatterDeviations * math.Sqrt(float64(rec.Totals.Requests)) / max(rec.Totals.Seconds, 1e-9)
	answered := rec.Totals.OpsPerSec + float64(expected)/max(rec.Totals.Seconds, 1e-9)
	if len(rec.Phases) == 0 && answered < keptUpShare*p.OfferedPerSec-scatter { // else judgePhases asks
		reasons = append(reasons, reason{results.ShortOffered, fmt.Sprintf(
			"%.0f requests a second were answered of %.0f offered: the target did not keep up", rec.Totals.OpsPerSec, p.OfferedPerSec)})
	}
	return reasons
}

// throughput is the mean over intervals, and the standard error of a Poisson
// count with that mean.
func throughput(intervals []results.Interval) (perSec, scatter float64) {
	var requests int64
	var seconds float64
	for _, interval := range intervals {
		requests += interval.Requests
		seconds += interval.Seconds
	}
	if seconds <= 0 {
		return 0, 0
	}
	return float64(requests) / seconds, math.Sqrt(float64(requests)) / seconds
}

// eventful says whether an interval touches an event. What follows an event
// within one interval is counted to it.
func eventful(interval results.Interval, events []results.Event) bool {
	return slices.ContainsFunc(events, func(e results.Event) bool {
		return interval.AtSeconds < e.AtSeconds+e.Seconds+interval.Seconds && interval.AtSeconds+interval.Seconds > e.AtSeconds
	})
}
