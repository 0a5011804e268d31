package compare

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"slotbench/results"
)

// Gate is a limit that a metric must keep, as "p99 < +5%" against the base or
// "p99 < 2ms" by itself.
type Gate struct {
	Text     string
	Metric   *Metric
	Less     bool    // the metric must be below the limit; otherwise above
	Relative bool    // Limit is a change, as 0.05; otherwise in the metric's unit
	Limit    float64 // of an absolute one in the unit of Metric
}

// maxGateBytes bounds the text of a gate.
const maxGateBytes = 200

var (
	gateForm   = regexp.MustCompile(`^\s*([A-Za-z0-9._-]+?)\s*(<=|>=|<|>)\s*(\S.*?)\s*$`)
	numberForm = regexp.MustCompile(`^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(\S*)$`)
)

// unitFactors turn what a gate may say into a metric's own unit.
var unitFactors = map[Unit]map[string]float64{
	Micros:    {"ns": 1e-3, "us": 1, "µs": 1, "μs": 1, "ms": 1e3, "s": 1e6},
	CPUMicros: {"ns": 1e-3, "us": 1, "µs": 1, "μs": 1, "ms": 1e3},
	Millis:    {"us": 1e-3, "µs": 1e-3, "μs": 1e-3, "ms": 1, "s": 1e3},
	Seconds:   {"us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1, "m": 60},
	PerSecond: {"": 1, "/s": 1, "k": 1e3, "k/s": 1e3, "M": 1e6, "M/s": 1e6, "op/s": 1, "ops/s": 1},
	Share:     {"": 1, "%": 0.01},
}

// unitsTold are what an error proposes.
var unitsTold = map[Unit]string{
	Micros: "2ms or 500us", CPUMicros: "20us", Millis: "50ms", Seconds: "2s",
	PerSecond: "20000 or 20k", Share: "0.1%",
}

// ParseGate reads METRIC < LIMIT (or >, <=, >=). A limit with a sign and a
// per cent sign is a change against the base, any other an absolute one with
// its unit.
func ParseGate(text string) (Gate, error) {
	g := Gate{Text: strings.TrimSpace(text)}
	fault := func(format string, args ...any) (Gate, error) {
		return Gate{}, fmt.Errorf("gate %q: %w", g.Text, fmt.Errorf(format, args...))
	}
	if len(text) > maxGateBytes {
		g.Text = g.Text[:40] + "…"
		return fault("longer than %d bytes", maxGateBytes)
	}
	parts := gateForm.FindStringSubmatch(text)
	if parts == nil {
		return fault("want METRIC < LIMIT or METRIC > LIMIT, as 'p99 < +5%%' or 'p99 < 2ms'")
	}
	var err error
	if g.Metric, err = MetricNamed(parts[1]); err != nil {
		return fault("%w", err)
	}
	g.Less = parts[2][0] == '<'
	number := numberForm.FindStringSubmatch(parts[3])
	if number == nil {
		return fault("%q is no limit: want a change as +5%% or -3%%, or a figure as %s", parts[3], unitsTold[g.Metric.Unit])
	}
	value, err := strconv.ParseFloat(number[1], 64)
	if err != nil || math.IsInf(value, 0) {
		return fault("%q is no number", number[1])
	}
	signed := strings.ContainsAny(number[1][:1], "+-")
	if number[2] == "%" && (signed || g.Metric.Unit != Share) {
		return g.relative(value, signed, fault)
	}
	factor, known := unitFactors[g.Metric.Unit][number[2]]
	switch {
	case !known && number[2] == "":
		return fault("the limit of %s needs a unit, as %s", g.Metric.Name, unitsTold[g.Metric.Unit])
	case !known:
		return fault("%q is no unit of %s: want %s, or a change as +5%%", number[2], g.Metric.Name, unitsTold[g.Metric.Unit])
	case value < 0:
		return fault("%s is never below 0", g.Metric.Name)
	}
	g.Limit = value * factor
	return g, nil
}

func (g Gate) relative(percent float64, signed bool, fault func(string, ...any) (Gate, error)) (Gate, error) {
	size := strconv.FormatFloat(math.Abs(percent), 'g', -1, 64)
	switch {
	case !signed:
		return fault("a change needs a sign: +%s%% or -%s%%", size, size)
	case percent <= -100:
		return fault("nothing falls by %s%%", size)
	case g.Metric.gated:
		return fault("%s is a share: want an absolute limit, as %s", g.Metric.Name, unitsTold[g.Metric.Unit])
	}
	g.Relative, g.Limit = true, percent/100
	return g, nil
}

// ParseGates reads several, and names the first fault.
func ParseGates(texts []string) ([]Gate, error) {
	gates := make([]Gate, len(texts))
	for i, text := range texts {
		var err error
		if gates[i], err = ParseGate(text); err != nil {
			return nil, err
		}
	}
	return gates, nil
}

// The outcomes of a gate.
const (
	Held       = "held"
	Broken     = "broken"
	CannotTell = "cannot tell"
)

// GateResult is what became of a gate on one side.
type GateResult struct {
	Gate     string    `json:"gate"`
	Metric   string    `json:"metric"`
	Relative bool      `json:"relative"`
	Unit     Unit      `json:"unit"` // of an absolute gate
	Side     string    `json:"side"` // "": there is only one run
	Outcome  string    `json:"outcome"`
	Value    *float64  `json:"value"`    // the change of a relative gate, as 0.05; else in the metric's unit; null: none
	Interval *Interval `json:"interval"` // of Value; null: not enough runs, or a single run
	Limit    float64   `json:"limit"`
	Why      string    `json:"why"` // a sentence
}

// Judge holds every gate against every side but the base, or against the only
// side: its whole interval
// within the limit means held, the whole interval beyond it broken, and a limit
// within the interval that these runs cannot tell; nor can fewer than MinRuns,
// or runs with errors.
func (c *Comparison) Judge(gates []Gate) []GateResult {
	all := []GateResult{}
	for _, g := range gates {
		for i := range c.Against {
			all = append(all, judge(g, &c.Against[i], &c.Sides[1+i]))
		}
		if len(c.Against) == 0 {
			alone := &c.Sides[0]
			all = append(all, judge(g, &Pair{Base: alone.Name, Claim: alone.claim()}, alone))
		}
	}
	return all
}

func judge(g Gate, p *Pair, s *Summary) GateResult {
	r := g.result()
	r.Side = s.Name
	if g.Relative {
		change := p.Change(g.Metric.Name)
		if change == nil || change.Outcome == NotMeasured {
			r.Why = "it was not measured"
			if change != nil {
				r.Why += ": " + change.Note
			}
			return r
		}
		value := change.Ratio - 1
		r.Value = &value
		if change.Interval != nil {
			r.Interval = &Interval{change.Interval.Low - 1, change.Interval.High - 1}
		}
	} else {
		values, logs, why := s.logs(g.Metric)
		if len(values) < s.Runs {
			r.Why = "it was not measured: " + why
			return r
		}
		f := newFigure(g.Metric, values, logs, why == "", 0)
		r.Value, r.Interval = &f.Center, f.Interval
		if why != "" { // zeros have no logarithm: all runs must agree
			r.Interval = widest(values)
		}
	}
	claim := ""
	if g.Metric.Unit != Share {
		claim = p.Claim
	}
	r.decide(g, claim)
	return r
}

// widest is the range of a metric's values, of which some are 0.
func widest(values []float64) *Interval {
	if len(values) < MinRuns {
		return nil
	}
	i := Interval{values[0], values[0]}
	for _, v := range values {
		i.Low, i.High = min(i.Low, v), max(i.High, v)
	}
	return &i
}

// decide compares the interval with the limit.
func (r *GateResult) decide(g Gate, claim string) {
	switch {
	case claim != "":
		r.Why = claim
	case r.Interval == nil:
		r.Why = fmt.Sprintf("fewer than %d runs a side", MinRuns)
	case g.keeps(r.Interval.Low) && g.keeps(r.Interval.High):
		r.Outcome = Held
	case !g.keeps(r.Interval.Low) && !g.keeps(r.Interval.High):
		r.Outcome = Broken
	default:
		r.Why = "the limit lies within the interval: more runs, or longer ones, make it narrower"
	}
}

func (g Gate) keeps(x float64) bool {
	if g.Less {
		return x <= g.Limit
	}
	return x >= g.Limit
}

// JudgeRun holds absolute gates against one run. There is no interval: the
// figure decides. A partial run and one with the verdict ERRORS cannot tell,
// but of their share of errors.
func JudgeRun(gates []Gate, rec *results.Record) []GateResult {
	all := make([]GateResult, len(gates))
	for i, g := range gates {
		r := g.result()
		value, ok := g.Metric.value(rec)
		switch {
		case g.Relative:
			r.Why = "a change needs another side: run --vs, or loadgen compare"
		case !ok:
			r.Why = "it was not measured"
		case rec.Partial != "":
			r.Why = "the run is partial: " + rec.Partial
		case rec.Verdict.Status == results.Errors && g.Metric.Unit != Share:
			r.Why = "the verdict of the run is " + results.Errors
		case g.keeps(value):
			r.Outcome = Held
		default:
			r.Outcome = Broken
		}
		if ok {
			r.Value = &value
		}
		all[i] = r
	}
	return all
}

// Worst is the outcome of all: broken before cannot tell before held.
func Worst(all []GateResult) string {
	worst := Held
	for _, r := range all {
		if r.Outcome == Broken || r.Outcome == CannotTell && worst == Held {
			worst = r.Outcome
		}
	}
	return worst
}

// result is what is said of a gate before anything is known.
func (g Gate) result() GateResult {
	r := GateResult{Gate: g.Text, Metric: g.Metric.Name, Relative: g.Relative, Limit: g.Limit, Outcome: CannotTell}
	if !g.Relative {
		r.Unit = g.Metric.Unit
	}
	return r
}
