package compare

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"slotbench/results"
)

// pair compares a side with the base, metric by metric.
func (c *Comparison) pair(other *Summary, metrics []*Metric, primary *Metric, seed uint64) Pair {
	base := &c.Sides[0]
	p := Pair{Base: base.Name, Other: other.Name}
	p.Claim = cmp.Or(base.claim(), other.claim())
	for _, m := range metrics {
		change := newChange(base, other, m, seed)
		change.Primary = m == primary
		p.Changes = append(p.Changes, change)
	}
	return p
}

// claim says why nothing is claimed of a side, "" if something may be.
func (s *Summary) claim() string {
	if n := s.Verdicts[results.Errors]; n > 0 {
		return fmt.Sprintf("%d of %d runs of %s have the verdict %s", n, s.Runs, s.Name, results.Errors)
	}
	return ""
}

func newChange(base, other *Summary, m *Metric, seed uint64) Change {
	change := Change{Metric: m.Name}
	_, a, whyA := base.logs(m)
	_, b, whyB := other.logs(m)
	if why := cmp.Or(whyA, whyB); why != "" {
		change.Outcome, change.Note = NotMeasured, why
		return change
	}
	if len(a) < MinRuns || len(b) < MinRuns {
		all := pairsOf(a, b)
		change.Ratio = exp(medianOf(all, ones(len(a)), ones(len(b))))
		change.Outcome = TooFew
		return change
	}
	s := distance(a, b, seed)
	change.shift = s
	change.Ratio = exp(s.estimate)
	change.Interval = &Interval{exp(s.interval.Low), exp(s.interval.High)}
	change.P = &s.p
	detectable, power := min(math.Expm1(s.detectable()), math.MaxFloat64), s.power(told)
	change.Detectable, change.Power5 = &detectable, &power
	runs := s.runsFor(told, min(len(a), len(b)))
	change.RunsFor5 = &runs
	return change
}

// correct takes several looks into account (Holm): the primary metrics of all
// pairs are one family, all other metrics another.
func (c *Comparison) correct() {
	var primary, rest []*Change
	for i := range c.Against {
		for j := range c.Against[i].Changes {
			switch change := &c.Against[i].Changes[j]; {
			case change.P == nil:
			case change.Primary:
				primary = append(primary, change)
			default:
				rest = append(rest, change)
			}
		}
	}
	holm(primary)
	holm(rest)
}

// holm corrects a family: the least p counts as often as there are members,
// the next once less, and none less than the one before it.
func holm(family []*Change) {
	slices.SortStableFunc(family, func(a, b *Change) int { return cmp.Compare(*a.P, *b.P) })
	floor := 0.0
	for i, change := range family {
		floor = max(floor, min(1, *change.P*float64(len(family)-i)))
		corrected := floor
		change.Corrected = &corrected
	}
}

// conclude names the outcomes.
func (p *Pair) conclude() {
	for i := range p.Changes {
		change := &p.Changes[i]
		if change.Outcome != "" {
			continue
		}
		m, err := MetricNamed(change.Metric)
		if err != nil {
			panic("compare: " + err.Error())
		}
		apart := !change.Interval.Holds(1)
		switch {
		case p.Claim != "":
			change.Outcome = NoClaim
		case !apart:
			change.Outcome = NoneShown
		case *change.Corrected > 1-Confidence:
			change.Outcome = NotAfter
		case change.Ratio > 1 == m.Higher:
			change.Outcome = Better
		default:
			change.Outcome = Worse
		}
	}
}

// Primary is the change of the primary metric.
func (p *Pair) Primary() *Change {
	for i := range p.Changes {
		if p.Changes[i].Primary {
			return &p.Changes[i]
		}
	}
	panic("compare: a pair without its primary metric")
}

// Change is that of a metric, nil if it is not among them.
func (p *Pair) Change(metric string) *Change {
	i := slices.IndexFunc(p.Changes, func(c Change) bool { return c.Metric == metric })
	if i < 0 {
		return nil
	}
	return &p.Changes[i]
}

// exp is finite, as JSON wants it.
func exp(x float64) float64 { return min(math.Exp(x), math.MaxFloat64) }
