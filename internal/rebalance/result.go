package rebalance

import (
	"fmt"

	"slotbench/internal/slot"
)

// Result is a plan, what it leads to, and how good it can be at all.
type Result struct {
	Problem *Problem // as it was solved; its Tolerance is lower than asked for if Tightened
	Before  *Outcome
	Plan    *Outcome
	Counted *Outcome // what valkey-cli's rule would do: see ByCount
	Bound   float64  // of Plan.Moved
	Floors  []Floor  // by measure
	// Tightened says that balancing by count would end evener than the
	// tolerance asks for, so that as much was aimed for.
	Tightened bool
	// Stopped says that the search was ended early.
	Stopped bool
}

// evenly is how much worse than another an imbalance may be called equal.
const evenly = 1e-9

// Search solves a problem. The plan is never less even than what balancing by
// count leads to: where that would end evener than the tolerance asks for, it
// is the tolerance that is too large.
func Search(p *Problem) (*Result, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	counted, err := ByCount(p.Before, p.Weights, CountThreshold)
	if err != nil {
		return nil, err
	}
	r := &Result{Problem: p, Before: p.Assess(p.Before), Counted: p.Assess(counted), Plan: p.Assess(Solve(p))}
	floor := 1.0
	for m := range p.Loads {
		r.Floors = append(r.Floors, p.Floor(m))
		floor = max(floor, r.Floors[m].Imbalance)
	}
	pins := false
	for s := range p.Pinned {
		pins = pins || p.pinned(s)
	}
	if worst := r.Counted.Worst(); !pins && r.Plan.Worst() > worst+evenly {
		tight := *p
		tight.Tolerance = max(0, worst/floor-1)
		r.Problem, r.Tightened = &tight, true
		r.Plan = tight.Assess(Solve(&tight))
		if r.Plan.Worst() > worst+evenly {
			r.Plan = r.Counted
		}
	}
	r.Bound = r.Problem.Tighten(r.Problem.Bound(), r.Plan.Moved)
	r.Stopped = p.stopped()
	return r, nil
}

// Within says whether the plan keeps every node within the limits that Bound
// holds for: the tolerance, and more only where a node has a slot that is too
// heavy for any, or where slots that must share a node ask for it.
func (r *Result) Within() bool {
	st := newState(r.Problem)
	for s := range r.Problem.Cost {
		if to := r.Plan.After.Owner(slot.Slot(s)); to != st.owner[s] {
			st.move(s, to)
		}
	}
	for i := range st.load {
		if st.overload(i) > slack {
			return false
		}
	}
	return true
}

// Gap is how much more the plan moves than the bound, as a share of it.
func (r *Result) Gap() float64 {
	if r.Bound == 0 {
		return 0
	}
	return r.Plan.Moved/r.Bound - 1
}

// String is the result in one line.
func (r *Result) String() string {
	return fmt.Sprintf("moves %.6g, bound %.6g, gap %.2f %%; imbalance %.4f", r.Plan.Moved, r.Bound, 100*r.Gap(), r.Plan.Worst())
}
