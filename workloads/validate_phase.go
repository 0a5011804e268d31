package workloads

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// ValidatePhases names every fault of phases that do not come from a file.
func ValidatePhases(phases []Phase) error {
	faults := &Faults{File: "phases"}
	validatePhases(faults, phases)
	return faults.orNil()
}

func validatePhases(f *Faults, phases []Phase) {
	if len(phases) > MaxPhases {
		f.add("phases", "are %d, the limit is %d", len(phases), MaxPhases)
		return
	}
	const (
		stageLoad = iota
		stageWarmup
		stageMeasured
	)
	stage, names := -1, map[string]bool{}
	for i := range phases {
		p := &phases[i]
		at := fmt.Sprintf("phases[%d]", i)
		p.validate(f, at+".")
		next := stageMeasured
		switch p.Kind {
		case PhaseLoad:
			next = stageLoad
		case PhaseWarmup:
			next = stageWarmup
		}
		switch {
		case next == stageLoad && i > 0:
			f.add(at+".kind", "load comes first and once: the run begins with it")
		case next < stage:
			f.add(at+".kind", "%s comes before what is measured; move it to the front, or make it a steady phase", p.Kind)
		}
		stage = max(stage, next)
		if p.Name != "" && names[p.Name] {
			f.add(at+".name", "%q stands twice; give each phase its own", p.Name)
		}
		names[p.Name] = true
	}
	if len(phases) > 0 && stage < stageMeasured {
		f.add("phases", "measure nothing; add a phase of kind %s", strings.Join(PhaseKinds()[2:], ", "))
	}
}

// validate names what is wrong with one phase; at ends with a dot or is empty.
func (p *Phase) validate(f *Faults, at string) {
	fields, known := phaseFields[p.Kind]
	if !known {
		f.add(at+"kind", "%q is unknown; want one of %s", p.Kind, strings.Join(PhaseKinds(), ", "))
		return
	}
	for _, field := range phaseFieldNames {
		wanted := slices.Contains(fields, field)
		switch {
		case p.has(field) && !wanted:
			f.add(at+field, "has no meaning for kind %s, which has %s", p.Kind, strings.Join(fields, ", "))
		case !p.has(field) && wanted && p.Kind != PhaseLoad:
			f.add(at+field, "is missing: a phase of kind %s has %s", p.Kind, strings.Join(fields, ", "))
		case p.has(field) && wanted && field != "steps":
			p.validateText(f, at, field)
		}
	}
	p.validateShape(f, at)
}

// validateText checks that a rate is a rate and a time is a time.
func (p *Phase) validateText(f *Faults, at, field string) {
	text := *p.text(field)
	switch field {
	case "for", "every", "length", "period":
		if d, err := time.ParseDuration(text); err != nil || d <= 0 || d > MaxPhaseDuration {
			f.add(at+field, `%q is no time from 1ns to %gh; want one as "30s"`, text, MaxPhaseDuration.Hours())
		}
	default:
		if _, err := ParseRate(text); err != nil {
			f.add(at+field, "%v", err)
		}
	}
}

// validateShape checks what fields say of each other.
func (p *Phase) validateShape(f *Faults, at string) {
	length := func(text string) time.Duration { d, _ := time.ParseDuration(text); return d }
	zero := func(texts ...string) bool {
		for _, text := range texts {
			if rate, err := ParseRate(text); err != nil || rate.Value > 0 {
				return false
			}
		}
		return true
	}
	switch p.Kind {
	case PhaseLoad, PhaseWarmup, PhaseSteady:
		if zero(p.Rate) {
			f.add(at+"rate", "is 0: nothing would be sent")
		}
		if rate, err := ParseRate(p.Rate); err == nil && rate.Share && p.Kind == PhaseLoad {
			f.add(at+"rate", "%s: the load comes before the probe of the capacity; want requests a second", p.Rate)
		}
	case PhaseRamp, PhaseStep:
		if zero(p.From, p.To) {
			f.add(at+"to", "is 0 as from is: nothing would be sent")
		}
		if p.Kind == PhaseStep && (p.Steps < 2 || p.Steps > MaxPhaseSteps) {
			f.add(at+"steps", "is %d; want 2 to %d", p.Steps, MaxPhaseSteps)
		}
	case PhaseBurst:
		every := length(p.Every)
		switch {
		case zero(p.Rate, p.Peak):
			f.add(at+"peak", "is 0 as rate is: nothing would be sent")
		case every <= 0:
		case length(p.Length) >= every:
			f.add(at+"length", "%s is no less than every %s: it would be one burst", p.Length, p.Every)
		case p.Duration()/every > MaxPhaseSteps/2:
			f.add(at+"every", "makes %d bursts, the limit is %d", p.Duration()/every, MaxPhaseSteps/2)
		}
	case PhaseSine:
		mean, errMean := ParseRate(p.Rate)
		swing, errSwing := ParseRate(p.Swing)
		switch {
		case zero(p.Rate):
			f.add(at+"rate", "is 0: nothing would be sent")
		case errMean == nil && errSwing == nil && mean.Share != swing.Share:
			// Which of them is larger would only be known once the capacity is.
			f.add(at+"swing", "%s and rate %s are of two kinds, of which one is a share of the probed capacity: write both as requests a second or both as shares", p.Swing, p.Rate)
		case errMean == nil && errSwing == nil && swing.Value > mean.Value:
			f.add(at+"swing", "%s is more than the mean rate %s: the rate would fall below 0", p.Swing, p.Rate)
		}
	}
}
