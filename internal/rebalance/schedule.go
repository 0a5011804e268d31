package rebalance

import (
	"fmt"
	"math"
	"time"
)

// Schedule says when slots move.
type Schedule struct {
	Spans []WorkSpan
	// Overrun are slots that take longer than any window: they begin with one
	// and go on beyond its end.
	Overrun int
}

// WorkSpan is work within one span.
type WorkSpan struct {
	Begin, End time.Time // of the work, not of the window
	First      int       // the first slot move, by its place in the plan
	Slots      int
	Cost       float64
}

// maxSpans bounds a schedule: a year of nights and more.
const maxSpans = 1000

// NewSchedule lays slot moves into windows, in their order, at a rate in cost
// units a second, from start on. A slot moves as a whole: where it does not fit
// into what is left of a window, it waits for the next. Without windows it goes
// on day and night.
func NewSchedule(costs []float64, perSecond float64, windows []Window, start time.Time) (*Schedule, error) {
	if !(perSecond > 0) || math.IsInf(perSecond, 1) {
		return nil, fmt.Errorf("rate %v a second: want a number above 0", perSecond)
	}
	s := &Schedule{}
	longest := time.Duration(0)
	for _, w := range windows {
		longest = max(longest, w.length())
	}
	open, err := nextSpan(windows, start)
	if err != nil {
		return nil, err
	}
	work := WorkSpan{Begin: open.Begin, End: open.Begin}
	for i := 0; i < len(costs); {
		took, err := duration(costs[i], perSecond)
		if err != nil {
			return nil, err
		}
		end := work.End.Add(took)
		overruns := len(windows) > 0 && end.After(open.End)
		if !overruns || took > longest && work.Slots == 0 {
			if overruns {
				s.Overrun++
			}
			work.End, work.Slots, work.Cost = end, work.Slots+1, work.Cost+costs[i]
			i++
			continue
		}
		if work.Slots > 0 {
			s.Spans = append(s.Spans, work)
		}
		if len(s.Spans) == maxSpans {
			return nil, fmt.Errorf("the plan takes more than %d windows: want more or longer ones, or a higher rate", maxSpans)
		}
		if open, err = nextSpan(windows, later(open.End, work.End)); err != nil {
			return nil, err
		}
		work = WorkSpan{Begin: open.Begin, End: open.Begin, First: i}
	}
	if work.Slots > 0 {
		s.Spans = append(s.Spans, work)
	}
	return s, nil
}

// duration is how long a cost takes.
func duration(cost, perSecond float64) (time.Duration, error) {
	seconds := cost / perSecond
	if seconds > maxSlotSeconds {
		return 0, fmt.Errorf("a slot takes %.0f days at this rate", seconds/86400)
	}
	return time.Duration(seconds * float64(time.Second)), nil
}

// maxSlotSeconds is a hundred days.
const maxSlotSeconds = 100 * 86400

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// nextSpan is the first span of any window that is open at t or after it; with
// no windows, all of time.
func nextSpan(windows []Window, t time.Time) (Span, error) {
	if len(windows) == 0 {
		return Span{t, t}, nil
	}
	var next Span
	for _, w := range windows {
		span, ok := w.Next(t)
		if ok && (next.End.IsZero() || span.Begin.Before(next.Begin) || span.Begin.Equal(next.Begin) && span.End.After(next.End)) {
			next = span
		}
	}
	if next.End.IsZero() {
		return next, fmt.Errorf("no window opens within %d days of %s", maxIdleDays, t.Format(time.RFC3339))
	}
	return next, nil
}
