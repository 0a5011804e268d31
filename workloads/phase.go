package workloads

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The kinds of phases, in the order in which a run has them: load first, then
// warmup, then those that are measured, in any order.
const (
	PhaseLoad   = "load"   // the preload, at a rate if one is given
	PhaseWarmup = "warmup" // one rate, sent and not measured
	PhaseSteady = "steady" // one rate
	PhaseRamp   = "ramp"   // from one rate to another, evenly
	PhaseStep   = "step"   // from one rate to another in equal steps
	PhaseBurst  = "burst"  // one rate, and a higher one at regular times
	PhaseSine   = "sine"   // a rate that swings around its mean
)

// The limits of phases.
const (
	MaxPhases        = 64
	MaxPhaseDuration = 30 * 24 * time.Hour
	MaxPhaseSteps    = 10_000 // of a step phase; half as many bursts
	MaxRatePerSec    = 1e9
	maxCapacityShare = 100 // times the probed capacity
)

// Phase is a part of a run with an offered load of its own. Rates are texts:
// "20000" or "20k" requests a second, or "50%" of the probed capacity.
type Phase struct {
	Name   string `yaml:"name,omitempty" json:"name,omitempty"` // in reports; default its kind, with a number where there are several
	Kind   string `yaml:"kind" json:"kind"`
	For    string `yaml:"for,omitempty" json:"for,omitempty"`       // how long, as "30s"
	Rate   string `yaml:"rate,omitempty" json:"rate,omitempty"`     // load, warmup, steady; burst: between the bursts; sine: the mean
	From   string `yaml:"from,omitempty" json:"from,omitempty"`     // ramp, step: the first rate
	To     string `yaml:"to,omitempty" json:"to,omitempty"`         // ramp, step: the last rate
	Steps  int    `yaml:"steps,omitempty" json:"steps,omitempty"`   // step: how many, 2 or more
	Peak   string `yaml:"peak,omitempty" json:"peak,omitempty"`     // burst: the rate in a burst
	Every  string `yaml:"every,omitempty" json:"every,omitempty"`   // burst: from one burst to the next
	Length string `yaml:"length,omitempty" json:"length,omitempty"` // burst: of one, at the end of every Every
	Swing  string `yaml:"swing,omitempty" json:"swing,omitempty"`   // sine: how far it goes from the mean, up and down
	Period string `yaml:"period,omitempty" json:"period,omitempty"` // sine: of one swing
}

// phaseFields is which fields each kind has. All of a kind are required but
// those in optionalPhaseFields.
var phaseFields = map[string][]string{
	PhaseLoad:   {"rate"},
	PhaseWarmup: {"for", "rate"},
	PhaseSteady: {"for", "rate"},
	PhaseRamp:   {"for", "from", "to"},
	PhaseStep:   {"for", "from", "to", "steps"},
	PhaseBurst:  {"for", "rate", "peak", "every", "length"},
	PhaseSine:   {"for", "rate", "swing", "period"},
}

// PhaseKinds is the kinds of phases as they are to be listed.
func PhaseKinds() []string {
	return []string{PhaseLoad, PhaseWarmup, PhaseSteady, PhaseRamp, PhaseStep, PhaseBurst, PhaseSine}
}

// text is a field by its name in files; steps is none of these.
func (p *Phase) text(field string) *string {
	switch field {
	case "name":
		return &p.Name
	case "for":
		return &p.For
	case "rate":
		return &p.Rate
	case "from":
		return &p.From
	case "to":
		return &p.To
	case "peak":
		return &p.Peak
	case "every":
		return &p.Every
	case "length":
		return &p.Length
	case "swing":
		return &p.Swing
	case "period":
		return &p.Period
	}
	return nil
}

// phaseFieldNames is every field but kind and name, in the order of a file.
var phaseFieldNames = []string{"for", "rate", "from", "to", "steps", "peak", "every", "length", "swing", "period"}

func (p *Phase) has(field string) bool {
	if field == "steps" {
		return p.Steps != 0
	}
	return *p.text(field) != ""
}

// Measured says whether the phase is part of the measurement.
func (p *Phase) Measured() bool { return p.Kind != PhaseLoad && p.Kind != PhaseWarmup }

// Steady says whether the offered load is the same all along, so that a drift
// in its course is the system's.
func (p *Phase) Steady() bool { return p.Kind == PhaseSteady }

// Duration is how long the phase takes; 0 of a load, which takes what it takes.
func (p *Phase) Duration() time.Duration {
	d, _ := time.ParseDuration(p.For)
	return d
}

// Rate is an offered load: requests a second, or a share of the capacity.
type Rate struct {
	Value float64
	Share bool // Value is a share of the probed capacity
}

// ParseRate reads "20000", "20k", "1.5M" or "50%".
func ParseRate(text string) (Rate, error) {
	number, unit := text, 1.0
	share := strings.HasSuffix(text, "%")
	for suffix, factor := range map[string]float64{"%": 0.01, "k": 1e3, "M": 1e6} {
		if rest, ok := strings.CutSuffix(text, suffix); ok {
			number, unit = rest, factor
		}
	}
	value, err := strconv.ParseFloat(number, 64)
	value *= unit
	limit := MaxRatePerSec
	if share {
		limit = maxCapacityShare
	}
	if err != nil || !(value >= 0 && value <= limit) {
		return Rate{}, fmt.Errorf("%q is no rate: want requests a second as 20000 or 20k, or a share of the probed capacity as 50%%", text)
	}
	return Rate{Value: value, Share: share}, nil
}

// PerSec is the rate where the capacity is as it was probed.
func (r Rate) PerSec(capacity float64) float64 {
	if r.Share {
		return r.Value * capacity
	}
	return r.Value
}

// perSec is a field that is known to be a rate; 0 where it is absent.
func perSec(text string, capacity float64) float64 {
	rate, _ := ParseRate(text)
	return rate.PerSec(capacity)
}

// NeedsCapacity says whether some phase's rate is a share of the capacity,
// which a probe must then find.
func NeedsCapacity(phases []Phase) bool {
	return slices.ContainsFunc(phases, func(p Phase) bool {
		for _, field := range []string{"rate", "from", "to", "peak", "swing"} {
			if rate, err := ParseRate(*p.text(field)); err == nil && rate.Share {
				return true
			}
		}
		return false
	})
}

// ParsePhase reads a phase as the command line has it: its kind and its fields,
// "ramp,for=30s,from=10%,to=90%".
func ParsePhase(text string) (Phase, error) {
	words := strings.Split(text, ",")
	p := Phase{Kind: strings.TrimSpace(words[0])}
	for _, word := range words[1:] {
		name, value, ok := strings.Cut(strings.TrimSpace(word), "=")
		field := p.text(name)
		switch {
		case !ok || value == "":
			return p, fmt.Errorf("phase %q: %q: want FIELD=VALUE, as for=30s", text, word)
		case name == "steps":
			steps, err := strconv.Atoi(value)
			if err != nil {
				return p, fmt.Errorf("phase %q: steps %q is no number", text, value)
			}
			p.Steps = steps
		case field == nil:
			return p, fmt.Errorf("phase %q: there is no field %q; a phase has name, %s", text, name, strings.Join(phaseFieldNames, ", "))
		case *field != "":
			return p, fmt.Errorf("phase %q: %s stands twice", text, name)
		default:
			*field = value
		}
	}
	faults := &Faults{File: "phase " + strconv.Quote(text)}
	p.validate(faults, "")
	return p, faults.orNil()
}

// NamePhases gives each phase without a name its kind as one, numbered where
// there are several of it.
func NamePhases(phases []Phase) []Phase {
	named := slices.Clone(phases)
	total, seen := map[string]int{}, map[string]int{}
	for i := range named {
		total[named[i].Kind]++
	}
	for i := range named {
		p := &named[i]
		seen[p.Kind]++
		if p.Name == "" {
			p.Name = p.Kind
			if total[p.Kind] > 1 {
				p.Name += " " + strconv.Itoa(seen[p.Kind])
			}
		}
	}
	return named
}
