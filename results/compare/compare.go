// Package compare says how runs of one system lie beside runs of another: by
// how much, how sure that is, and what such runs could not have shown. It reads
// nothing but run records, opens no file, reads no clock, and is the same every
// time for the same records.
//
// The run is the unit. What is inside a run (intervals, requests) is not
// independent: a neighbour on the machine or an unlucky placement moves all of
// it, so that resampling it makes intervals too narrow.
package compare

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"slotbench/results"
)

// Run is one run's record and where it was read from.
type Run struct {
	Path   string
	Record *results.Record
}

// Side is the runs of one system.
type Side struct {
	Name string // for people, unique among the sides: "A", or a target
	Runs []Run
}

// Options are how to compare.
type Options struct {
	// Primary is the metric of the conclusion; nil: response p99 of an open
	// loop, throughput of a closed one.
	Primary *Metric
	Seed    uint64 // of the bootstrap
}

// Comparison is what sides of runs say of each other. Its JSON is what
// --format json prints.
type Comparison struct {
	Schema     int       `json:"schema"`
	Workload   string    `json:"workload"`
	Confidence float64   `json:"confidence"`
	Power      float64   `json:"power"`
	MinRuns    int       `json:"min_runs"`
	Primary    string    `json:"primary"`
	Sides      []Summary `json:"sides"` // the first is the base
	// Differs is what the configurations and targets of the sides do not have
	// in common: it may be what is compared.
	Differs  []string `json:"differs"`
	Warnings []string `json:"warnings"`
	Against  []Pair   `json:"against"` // every other side against the base
	// Gates is for whoever judges some to keep what Judge said.
	Gates []GateResult `json:"gates"`
}

// Schema is the version of Comparison's JSON.
const Schema = 1

// Summary is one side.
type Summary struct {
	Name     string         `json:"name"`
	Target   string         `json:"target"`
	Product  string         `json:"product"`
	Runs     int            `json:"runs"`     // that are compared
	LeftOut  int            `json:"left_out"` // partial ones
	Verdicts map[string]int `json:"verdicts"`
	Paths    []string       `json:"paths"`
	Figures  []Figure       `json:"figures"`
	runs     []Run
}

// Figure is a metric of one side.
type Figure struct {
	Metric   string    `json:"metric"`
	Unit     Unit      `json:"unit"`
	Center   float64   `json:"center"`   // Hodges-Lehmann location of the runs, on a logarithmic scale
	Interval *Interval `json:"interval"` // null: fewer than MinRuns
	Values   []float64 `json:"values"`   // by run
}

// Pair is one side against the base.
type Pair struct {
	Base    string   `json:"base"`
	Other   string   `json:"other"`
	Claim   string   `json:"claim"` // why nothing is claimed; "" if something may be
	Changes []Change `json:"changes"`
}

// The outcomes of a Change.
const (
	Better      = "better"
	Worse       = "worse"
	NoneShown   = "no difference shown"
	NotAfter    = "not after correction" // the interval alone would show it
	TooFew      = "too few runs"
	NoClaim     = "no claim" // runs with errors
	NotMeasured = "not measured"
)

// Change is one metric of a side against the base.
type Change struct {
	Metric     string    `json:"metric"`
	Primary    bool      `json:"primary"`
	Ratio      float64   `json:"ratio"`      // other / base
	Interval   *Interval `json:"interval"`   // of the ratio; null: fewer than MinRuns
	P          *float64  `json:"p"`          // of the metric alone
	Corrected  *float64  `json:"corrected"`  // by Holm over all metrics but the primary one, or over the primary ones of all pairs
	Detectable *float64  `json:"detectable"` // relative: the least increase that these runs show with probability Power
	Power5     *float64  `json:"power_5"`    // probability of showing an increase by 5 %
	RunsFor5   *int      `json:"runs_for_5"` // runs a side to show it with probability Power
	Outcome    string    `json:"outcome"`
	Note       string    `json:"note,omitempty"` // why a metric is not compared

	shift shift
}

// told is the difference that Power5 and RunsFor5 are about.
var told = math.Log(1.05)

// Compare compares every side with the first; of one side alone it says how its
// runs scatter. The error says why it would be senseless.
func Compare(sides []Side, o Options) (*Comparison, error) {
	if err := refuse(sides); err != nil {
		return nil, err
	}
	c := &Comparison{Schema: Schema, Confidence: Confidence, Power: Power, MinRuns: MinRuns,
		Workload: sides[0].Runs[0].Record.Name, Gates: []GateResult{}}
	for _, side := range sides {
		s, err := summarise(side)
		if err != nil {
			return nil, err
		}
		c.Sides = append(c.Sides, s)
	}
	if err := c.checkLoops(); err != nil {
		return nil, err
	}
	primary := o.Primary
	if primary == nil {
		primary = c.usualPrimary()
	}
	c.Primary = primary.Name
	c.Differs, c.Warnings = c.judgeComparable()
	shown := c.metrics(primary)
	for i := range c.Sides {
		c.Sides[i].figures(shown, o.Seed)
	}
	for i := range c.Sides[1:] {
		c.Against = append(c.Against, c.pair(&c.Sides[1+i], shown, primary, o.Seed))
	}
	c.correct()
	for i := range c.Against {
		c.Against[i].conclude()
	}
	return c, nil
}

// summarise keeps the runs that can be compared.
func summarise(side Side) (Summary, error) {
	s := Summary{Name: side.Name, Verdicts: map[string]int{}}
	for _, run := range side.Runs {
		if run.Record.Partial != "" || run.Record.Totals.Requests == 0 {
			s.LeftOut++
			continue
		}
		s.runs = append(s.runs, run)
		s.Paths = append(s.Paths, run.Path)
		s.Verdicts[run.Record.Verdict.Status]++
	}
	s.Runs = len(s.runs)
	if s.Runs == 0 {
		return s, fmt.Errorf("side %s: all of its %d runs are partial or measured nothing", side.Name, s.LeftOut)
	}
	rec := s.runs[0].Record
	s.Target = rec.Config.Target
	nodes := fmt.Sprintf("%d nodes", rec.NodesAtStart())
	if rec.NodesAtStart() == 1 {
		nodes = "1 node"
	}
	s.Product = strings.TrimSpace(fmt.Sprintf("%s %s (%s, %s)", rec.Target.Product, rec.Target.Version, rec.Target.Mode, nodes))
	return s, nil
}

// usualPrimary is what a load of this kind is for: at a given rate the
// throughput is given, at saturation latency is what the clients wait in line.
func (c *Comparison) usualPrimary() *Metric {
	name := "p99"
	if c.Sides[0].runs[0].Record.Totals.AtSaturation {
		name = "throughput"
	}
	m, err := MetricNamed(name)
	if err != nil {
		panic("compare: " + err.Error())
	}
	return m
}

// metrics are those that some run has, the primary among them.
func (c *Comparison) metrics(primary *Metric) []*Metric {
	var shown []*Metric
	for _, m := range Metrics {
		has := slices.ContainsFunc(c.Sides, func(s Summary) bool {
			return slices.ContainsFunc(s.runs, func(run Run) bool { _, ok := m.value(run.Record); return ok })
		})
		if m == primary || has && !m.gated {
			shown = append(shown, m)
		}
	}
	return shown
}

// logs are the logarithms of a metric in a side's runs; why says what is in
// the way.
func (s *Summary) logs(m *Metric) (values, logs []float64, why string) {
	missing, zero := 0, 0
	for _, run := range s.runs {
		v, ok := m.value(run.Record)
		switch {
		case !ok || math.IsNaN(v) || math.IsInf(v, 0) || v < 0:
			missing++
			continue
		case v == 0:
			zero++
		}
		values = append(values, v)
		logs = append(logs, math.Log(v))
	}
	switch {
	case missing > 0:
		why = fmt.Sprintf("%d of %d runs of %s have none", missing, s.Runs, s.Name)
	case zero > 0:
		why = fmt.Sprintf("it is 0 in %d of %d runs of %s", zero, s.Runs, s.Name)
	}
	return values, logs, why
}

func (s *Summary) figures(metrics []*Metric, seed uint64) {
	for _, m := range metrics {
		values, logs, why := s.logs(m)
		if len(values) == 0 {
			continue
		}
		s.Figures = append(s.Figures, newFigure(m, values, logs, why == "", seed))
	}
}

// newFigure locates a metric's values; without logarithms of all of them by
// their median.
func newFigure(m *Metric, values, logs []float64, whole bool, seed uint64) Figure {
	f := Figure{Metric: m.Name, Unit: m.Unit, Values: values}
	if !whole {
		f.Center = middle(values)
		return f
	}
	if len(values) == 1 {
		f.Center = values[0]
		return f
	}
	where := location(logs, seed)
	f.Center = exp(where.estimate)
	if len(values) >= MinRuns {
		f.Interval = &Interval{exp(where.interval.Low), exp(where.interval.High)}
	}
	return f
}

// figure is the one of a metric, nil if there is none.
func (s *Summary) figure(metric string) *Figure {
	i := slices.IndexFunc(s.Figures, func(f Figure) bool { return f.Metric == metric })
	if i < 0 {
		return nil
	}
	return &s.Figures[i]
}

// Figure is the side's figure of a metric, nil if it has none.
func (s *Summary) Figure(metric string) *Figure { return s.figure(metric) }

// middle is the median.
func middle(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}
