package workloads

import (
	"fmt"
	"math"

	"slotbench/internal/request"
)

// Arrival is how requests come in.
type Arrival string

// The kinds of arrival.
const (
	Closed   Arrival = "closed"   // the next when the last is answered
	Constant Arrival = "constant" // evenly spaced, each stream in its own phase
	Poisson  Arrival = "poisson"  // independent users: exponential gaps
)

// ParseArrival reads a kind of arrival.
func ParseArrival(text string) (Arrival, error) {
	switch a := Arrival(text); a {
	case Closed, Constant, Poisson:
		return a, nil
	}
	return "", fmt.Errorf("arrival %q: want %s, %s or %s", text, Closed, Constant, Poisson)
}

// maxDue is where due times stop growing: 146 years. A float holds it exactly.
const maxDue = 1 << 62

// newSchedule is stream i of n that together make rate requests a second. It
// is nil where arrivals are closed. Together n Poisson streams are one of the
// whole rate, and n constant ones are evenly spaced.
func newSchedule(a Arrival, seed uint64, i, n int, rate float64) request.Schedule {
	if i < 0 || i >= n {
		panic(fmt.Sprintf("workloads: schedule %d of %d", i, n))
	}
	if a == Closed {
		return nil
	}
	if !(rate > 0) || math.IsInf(rate, 1) {
		panic(fmt.Sprintf("workloads: a schedule of %v requests a second", rate))
	}
	switch a {
	case Constant:
		return &constantSchedule{next: float64(i), step: float64(n), nanos: 1e9 / rate}
	case Poisson:
		return &poissonSchedule{
			random: newRandom(seed, forArrivals, uint64(i)),
			mean:   1e9 / rate * float64(n),
		}
	}
	panic(fmt.Sprintf("workloads: arrival %q", a))
}

// constantSchedule counts requests, which is exact, and multiplies, so that
// nothing accumulates: after a day the error is below a nanosecond.
type constantSchedule struct {
	next  float64 // this request's number among those of all streams
	step  float64
	nanos float64 // between requests of all streams
}

func (s *constantSchedule) Next() int64 {
	due := s.next * s.nanos
	s.next += s.step
	return int64(min(due, maxDue))
}

// poissonSchedule keeps whole nanoseconds and their fraction apart: a float
// that held the sum would lose the small gaps after hours.
type poissonSchedule struct {
	random   random
	mean     float64 // nanoseconds between this stream's requests
	due      int64
	fraction float64 // of a nanosecond, in [0, 1)
}

func (s *poissonSchedule) Next() int64 {
	gap := s.random.exponential()*s.mean + s.fraction
	if gap >= maxDue || s.due >= maxDue-int64(gap) {
		s.due, s.fraction = maxDue, 0
		return s.due
	}
	whole := int64(gap)
	s.due += whole
	s.fraction = gap - float64(whole)
	return s.due
}
