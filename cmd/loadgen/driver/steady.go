package driver

import (
	"fmt"
	"math"
	"slices"

	"slotbench/internal/request"
	"slotbench/results"
	"slotbench/workloads"
)

// The thresholds of steadiness; those of the throughput stand with the other
// rules of the verdict.
const (
	trendDeviations   = 3.3 // from no trend, before there is one: 1 in 1,000 by chance
	p50DriftLimit     = 1.5 // times as long at one end as at the other
	p99DriftLimit     = 2.0
	latencyDriftFloor = 100 // µs; less disturbs nothing that is measured here
	roundingShare     = 1e-9
	maxNeighbours     = 0.9 // what neighbours may have in common, at most
)

// stretch is a part of the measurement in which the offered load is the same
// all along.
type stretch struct {
	name       string // "" is the whole measurement
	start, end float64
}

// steadyStretches is where a drift would be the system's: the steady phases,
// or the whole measurement where it has no phases. A trace has none.
func steadyStretches(rec *results.Record) []stretch {
	if len(rec.Phases) == 0 {
		return []stretch{{start: math.Inf(-1), end: math.Inf(1)}}
	}
	var all []stretch
	for _, p := range rec.Phases {
		if p.Kind == workloads.PhaseSteady {
			all = append(all, stretch{p.Name, p.StartSeconds, p.EndSeconds})
		}
	}
	return all
}

// quietIntervals is a stretch's intervals without the measurement's edges,
// those that reach beyond the stretch, those of annotated events, and those
// after the load, in which late answers were waited for.
func quietIntervals(rec *results.Record, s stretch) []results.Interval {
	var quiet []results.Interval
	end := s.end
	if rec.Totals.Seconds > 0 {
		end = min(end, rec.Totals.Seconds)
	}
	for i, interval := range rec.Intervals {
		edge := i == 0 || i == len(rec.Intervals)-1
		inside := interval.AtSeconds >= s.start && interval.AtSeconds+interval.Seconds <= end
		if !edge && inside && !eventful(interval, rec.Events) {
			quiet = append(quiet, interval)
		}
	}
	return quiet
}

// assess tests the steady phases of a record, and writes what it finds into
// them.
func assess(rec *results.Record) {
	for i := range rec.Phases {
		p := &rec.Phases[i]
		if p.Kind == workloads.PhaseSteady {
			p.Steadiness = steadiness(quietIntervals(rec, stretch{p.Name, p.StartSeconds, p.EndSeconds}))
		}
	}
}

// steadiness tests intervals for a trend; nil of too few.
func steadiness(quiet []results.Interval) *results.Steadiness {
	if len(quiet) < minDriftIntervals {
		return nil
	}
	rates, p50, p99 := make([]float64, len(quiet)), make([]float64, len(quiet)), make([]float64, len(quiet))
	for i, interval := range quiet {
		rates[i] = float64(interval.Requests) / interval.Seconds
		p50[i], p99[i] = interval.P50US, interval.P99US
	}
	s := &results.Steadiness{
		Intervals: len(quiet), Throughput: trendOf(rates), P50: trendOf(p50), P99: trendOf(p99),
	}
	s.Steady = throughputDrift(quiet) == "" && latencyDrift(s) == ""
	if d, ok := settledAfter(p50); ok {
		at := quiet[d].AtSeconds
		s.SteadyFromSeconds = &at
	}
	return s
}

// judgeDrift asks whether throughput or latency drifted where the load was
// the same.
func judgeDrift(rec *results.Record) []reason {
	var reasons []reason
	fellBehind := len(judgeOffered(rec))+len(judgePhases(rec)) > 0
	for _, s := range steadyStretches(rec) {
		quiet := quietIntervals(rec, s)
		found := steadiness(quiet)
		if found == nil {
			continue
		}
		where := "over the run"
		if s.name != "" {
			where = fmt.Sprintf("over the phase %q", s.name)
		}
		slower := latencyDrift(found)
		if fellBehind { // what a growing queue does to latency is no drift
			slower = ""
		}
		for _, drift := range []string{throughputDrift(quiet), slower} {
			if drift != "" {
				reasons = append(reasons, reason{results.Unsteady, fmt.Sprintf(
					"%s %s: warm up longer (--warmup) or look for a neighbour on the machine", drift, where)})
			}
		}
	}
	return reasons
}

// judgePhases asks of each phase whether the target kept up with it.
func judgePhases(rec *results.Record) []reason {
	var reasons []reason
	for _, p := range rec.Phases {
		if p.Totals.Seconds <= 0 || rec.Partial != "" {
			continue
		}
		scatter := scatterDeviations * math.Sqrt(float64(p.Totals.Requests)) / p.Totals.Seconds
		unsent := p.Totals.ErrorKinds[request.Unsent.String()]
		if p.Totals.OpsPerSec < keptUpShare*p.TargetPerSec-scatter || unsent > 0 {
			reasons = append(reasons, reason{results.ShortOffered, fmt.Sprintf(
				"phase %q: %.0f requests a second were answered of %.0f offered, %d never sent: the target did not keep up",
				p.Name, p.Totals.OpsPerSec, p.TargetPerSec, unsent)})
		}
	}
	return reasons
}

// throughputDrift compares the first third with the last; "" if they agree
// within the limit and within what chance does to counts.
func throughputDrift(quiet []results.Interval) string {
	third := len(quiet) / 3
	first, firstScatter := throughput(quiet[:third])
	last, lastScatter := throughput(quiet[len(quiet)-third:])
	mean := (first + last) / 2
	apart := math.Abs(last - first)
	if apart <= driftLimit*mean || apart <= scatterDeviations*math.Hypot(firstScatter, lastScatter) {
		return ""
	}
	return fmt.Sprintf("throughput drifted from %.0f to %.0f requests a second", first, last)
}

// latencyDrift says which of the response times has a trend that is both sure
// and large, "" if none has. Under an open loop a system that slows down keeps
// its throughput until it is full: its latency tells before.
func latencyDrift(s *results.Steadiness) string {
	for _, l := range []struct {
		name  string
		trend results.Trend
		limit float64
	}{{"p50", s.P50, p50DriftLimit}, {"p99", s.P99, p99DriftLimit}} {
		low, high := min(l.trend.First, l.trend.Last), max(l.trend.First, l.trend.Last)
		if math.Abs(l.trend.Z) > trendDeviations && high > l.limit*low && high-low > latencyDriftFloor {
			return fmt.Sprintf("the response %s drifted from %s to %s", l.name, micros(l.trend.First), micros(l.trend.Last))
		}
	}
	return ""
}

// trendOf fits Theil's and Sen's line through a series of at least two, and
// tests it with Mann's and Kendall's statistic. Neighbours that resemble each
// other widen its variance by (1+r)/(1-r), r their correlation without the
// trend (Yue and Wang 2004).
func trendOf(x []float64) results.Trend {
	n := len(x)
	slopes := make([]float64, 0, n*(n-1)/2)
	concordance := 0.0
	for i := range x {
		for j := i + 1; j < n; j++ {
			slopes = append(slopes, (x[j]-x[i])/float64(j-i))
			switch {
			case x[j] > x[i]:
				concordance++
			case x[j] < x[i]:
				concordance--
			}
		}
	}
	slope := median(slopes)
	rest := make([]float64, n)
	for i := range x {
		rest[i] = x[i] - slope*float64(i)
	}
	level := median(slices.Clone(rest))
	t := results.Trend{First: max(0, level), Last: max(0, level+slope*float64(n-1))}
	t.Change = t.Last - t.First
	common := min(max(0, neighbours(rest)), maxNeighbours)
	variance := untied(x) * (1 + common) / (1 - common)
	if variance > 0 && concordance != 0 {
		t.Z = (concordance - math.Copysign(1, concordance)) / math.Sqrt(variance)
	}
	return t
}

// untied is the variance of Kendall's statistic of a series without a trend,
// less what ties take from it.
func untied(x []float64) float64 {
	term := func(n int) float64 { return float64(n) * float64(n-1) * float64(2*n+5) / 18 }
	variance := term(len(x))
	sorted := slices.Sorted(slices.Values(x))
	for from := 0; from < len(sorted); {
		to := from
		for to < len(sorted) && sorted[to] == sorted[from] {
			to++
		}
		variance -= term(to - from)
		from = to
	}
	return variance
}

// neighbours is the correlation of each value with the next.
func neighbours(x []float64) float64 {
	mean := 0.0
	for _, v := range x {
		mean += v / float64(len(x))
	}
	var both, all float64
	for i, v := range x {
		all += (v - mean) * (v - mean)
		if i > 0 {
			both += (v - mean) * (x[i-1] - mean)
		}
	}
	if all <= roundingShare*roundingShare*(mean*mean+all)*float64(len(x)) {
		return 0 // what differs is how floats were rounded
	}
	return both / all
}

// median sorts x.
func median(x []float64) float64 {
	slices.Sort(x)
	if n := len(x); n%2 == 0 {
		return (x[n/2-1] + x[n/2]) / 2
	}
	return x[len(x)/2]
}

// settledAfter is how many values to leave out at the beginning so that the
// standard error of the mean of the others is least (MSER, White 1997): what
// is left is steady. It is not ok if that is the half or more.
func settledAfter(x []float64) (first int, ok bool) {
	n := len(x)
	best := math.Inf(1)
	var sum, squares float64
	for d := n - 1; d >= 0; d-- {
		sum += x[d]
		squares += x[d] * x[d]
		left := float64(n - d)
		if spread := max(0, squares-sum*sum/left) / (left * left); left >= float64(n)/4 && spread <= best {
			best, first = spread, d
		}
	}
	return first, first < n/2
}
