package driver

import (
	"math"
	"time"

	"slotbench/results"
)

// soFarAfter is how much of a measurement must be over before a rate is held
// against it: the first requests take their time.
const soFarAfter = time.Second

// SoFar is the verdict that a measurement would get if it went on as it went
// until now, by those of Judge's rules that can be asked in its midst; "" while
// there is nothing to judge.
func (s State) SoFar() string {
	if s.Response == nil || s.Requests == 0 {
		return ""
	}
	switch {
	case s.Errors > 0:
		return results.Errors
	case s.LagP99US > max(lagFloorMicros, lagShareOfP99*s.P99US):
		return results.ClientBound
	case s.OfferedPerSec > 0 && s.Elapsed >= soFarAfter && s.short():
		return results.ShortOffered
	}
	return results.Valid
}

// short says whether fewer requests ended than were due, beyond chance.
func (s State) short() bool {
	due := s.OfferedPerSec * s.Elapsed.Seconds()
	return float64(s.Requests) < keptUpShare*due-scatterDeviations*math.Sqrt(due)
}
