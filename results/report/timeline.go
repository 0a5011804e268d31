package report

import (
	"fmt"
	"math"
	"slices"

	"slotbench/results"
	"slotbench/results/report/chart"
)

// bands are the phases and events of a run as the pictures over time mark them.
func bands(rec *results.Record) []chart.Band {
	var all []chart.Band
	for _, p := range rec.Phases {
		all = append(all, chart.Band{From: p.StartSeconds, To: p.StartSeconds, Edge: true, Label: fmt.Sprintf("phase %s, from %s to %s, offered %s",
			clean(phaseName(p)), seconds(p.StartSeconds), seconds(p.EndSeconds), offeredText(p))})
	}
	for _, e := range rec.Events {
		if !shown(e) {
			continue
		}
		all = append(all, chart.Band{From: e.AtSeconds, To: e.AtSeconds + e.Seconds, Label: eventText(e)})
	}
	return all
}

// shown says whether an event took place.
func shown(e results.Event) bool { return e.AtSeconds >= 0 }

// eventText is an event in a few words.
func eventText(e results.Event) string {
	text := clean(e.Name)
	if e.Detail != "" {
		text += ": " + clean(e.Detail)
	}
	text += ", from " + seconds(e.AtSeconds)
	if e.Seconds > 0 {
		text += " for " + seconds(e.Seconds)
	}
	return text
}

// minCovered is the least part of an interval in which there must have been a
// load for it to be drawn: that after the last answer holds a handful of them.
const minCovered = 0.5

// intervals are the record's, the last one cut where the load ended.
func intervals(rec *results.Record) []results.Interval {
	end := rec.Totals.Seconds
	if n := len(rec.Phases); n > 0 { // what lies between them is not in that sum
		end = rec.Phases[n-1].EndSeconds
	}
	all := slices.Clone(rec.Intervals)
	if n := len(all); n > 0 && end > 0 {
		last := &all[n-1]
		switch covered := end - last.AtSeconds; {
		case n > 1 && covered < minCovered*last.Seconds:
			all = all[:n-1]
		case covered < last.Seconds:
			last.Seconds = covered
		}
	}
	return all
}

// over is one figure of each interval, in its middle.
func over(all []results.Interval, name string, of func(results.Interval) float64) chart.Line {
	line := chart.Line{Name: name}
	for _, i := range all {
		line.X, line.Y = append(line.X, i.AtSeconds+i.Seconds/2), append(line.Y, of(i))
	}
	return line
}

// timeAxis goes from the start of the measurement to its end.
func timeAxis(all []results.Interval) chart.Axis {
	last := all[len(all)-1]
	return chart.Axis{Label: "seconds of the measurement", Origin: true, Top: last.AtSeconds + last.Seconds, Format: tickSeconds}
}

// perSecond is a count of an interval as a rate.
func perSecond(n int64, i results.Interval) float64 {
	if i.Seconds <= 0 {
		return math.NaN()
	}
	return float64(n) / i.Seconds
}

// throughputFigure is throughput and errors over time, with what was offered.
func throughputFigure(rec *results.Record) *figure {
	all := intervals(rec)
	if len(all) < 2 {
		return nil
	}
	f := &figure{
		Lines: chart.Lines{ID: "throughput", Title: "Throughput over time",
			Description: fmt.Sprintf("Operations a second over %s; %s in the mean.", seconds(rec.Totals.Seconds), rate(rec.Totals.OpsPerSec)),
			X:           timeAxis(all),
			Y:           chart.Axis{Label: "operations a second", Zero: true, Format: tickRate},
			Bands:       bands(rec)},
		xText: seconds,
		table: throughputTable(rec),
		zoom:  true,
	}
	f.Lines.Lines = []chart.Line{over(all, "succeeded", func(i results.Interval) float64 { return perSecond(i.Requests, i) })}
	if offered := offeredOf(rec); offered != nil {
		f.Lines.Lines = append(f.Lines.Lines, over(all, "offered", offered))
	}
	if rec.Totals.Errors > 0 {
		f.Lines.Lines = append(f.Lines.Lines, over(all, "errors", func(i results.Interval) float64 { return perSecond(i.Errors, i) }))
	}
	return f
}

// offeredOf is the rate that an interval was offered; nil where there was none.
func offeredOf(rec *results.Record) func(results.Interval) float64 {
	switch {
	case closed(rec) || rec.Replay != nil || rec.Config.RatePerSec <= 0 || len(rec.Intervals) == 0:
		return nil
	case rec.Intervals[0].Offered != nil:
		return func(i results.Interval) float64 {
			if i.Offered == nil || i.Seconds <= 0 {
				return math.NaN()
			}
			return *i.Offered / i.Seconds
		}
	case len(rec.Phases) > 0: // it changes
		return nil
	}
	return func(results.Interval) float64 { return rec.Config.RatePerSec }
}

// quantilesFigure is response time over time.
func quantilesFigure(rec *results.Record) *figure {
	all := intervals(rec)
	if len(all) < 2 {
		return nil
	}
	some := func(us float64) float64 {
		if us <= 0 {
			return math.NaN() // nothing ended in this interval
		}
		return us
	}
	f := &figure{
		Lines: chart.Lines{ID: "quantiles", Title: "Response time over time",
			Description: fmt.Sprintf("p50, p99 and p99.9 of the response time in each interval; p99 of the whole %s.", latencyText(rec.Totals.Response, rec.Totals.Response.P99)),
			X:           timeAxis(all),
			Y:           chart.Axis{Label: "response time", Log: true, Format: tickMicros},
			Bands:       bands(rec)},
		xText: seconds,
		table: quantilesTable(rec),
		zoom:  true,
	}
	f.Lines.Lines = []chart.Line{
		over(all, "p50", func(i results.Interval) float64 { return some(i.P50US) }),
		over(all, "p99", func(i results.Interval) float64 { return some(i.P99US) }),
		over(all, "p99.9", func(i results.Interval) float64 { return some(i.P999US) }),
	}
	return f
}

// throughputTable is what ended in each interval.
func throughputTable(rec *results.Record) *table {
	t := &table{head: []string{"from", "for", "succeeded", "errors", "redirected"}}
	for _, i := range rec.Intervals {
		t.add(seconds(i.AtSeconds), seconds(i.Seconds), rate(perSecond(i.Requests, i)), count(i.Errors), count(i.Redirected))
	}
	return t
}

// quantilesTable is how long it took.
func quantilesTable(rec *results.Record) *table {
	t := &table{head: []string{"from", "for", "p50", "p99", "p99.9", "max"}}
	for _, i := range rec.Intervals {
		row := []string{seconds(i.AtSeconds), seconds(i.Seconds)}
		for _, us := range []float64{i.P50US, i.P99US, i.P999US, i.MaxUS} {
			if us <= 0 {
				row = append(row, none)
				continue
			}
			row = append(row, micros(us))
		}
		t.add(row...)
	}
	return t
}
