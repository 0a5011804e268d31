package server

// The governor's figures. A loop that is not needed costs throughput where
// processors are shared, so one more must be wanted for a while.
const (
	governMillis    = 100
	saturatedShare  = 0.90 // of the time that the active loops are busy: one more is wanted
	relaxedShare    = 0.50 // of what one loop fewer could do: one fewer is wanted
	saturatedChecks = 5    // in a row before a loop is added
	relaxedChecks   = 50   // in a row before one is taken away
)

// governor decides how many event loops are active.
type governor struct {
	saturated, relaxed int // checks in a row
}

// decide says how many loops should be active after a check in which active
// ones of limit were busy for that share of the time, added up: 0 … active.
func (g *governor) decide(busy float64, active, limit int) int {
	if busy >= saturatedShare*float64(active) && active < limit {
		g.saturated++
	} else {
		g.saturated = 0
	}
	if active > 1 && busy < relaxedShare*float64(active-1) {
		g.relaxed++
	} else {
		g.relaxed = 0
	}
	switch {
	case g.saturated >= saturatedChecks:
		*g = governor{}
		return active + 1
	case g.relaxed >= relaxedChecks:
		*g = governor{}
		return active - 1
	}
	return active
}
