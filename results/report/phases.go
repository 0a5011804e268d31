package report

import (
	"fmt"

	"slotbench/results"
)

// maxPhases is how many phases are shown.
const maxPhases = 24

// phasesSection has a line a phase of the measurement.
func phasesSection(rec *results.Record) section {
	all := rec.Phases
	if len(all) == 0 || rec.Replay != nil { // a replay is one phase, and is told of elsewhere
		return section{}
	}
	t := &table{
		head: []string{"", "from … to", "offered", "succeeded", "errors", "response p50", "p99", "p99.9", "max", "service p99", "steady"},
		left: []int{0, 1},
	}
	for _, p := range all[:min(maxPhases, len(all))] {
		response := p.Totals.Response
		t.add(phaseName(p), fmt.Sprintf("%.1f … %.1f s", p.StartSeconds, p.EndSeconds), offeredText(p), rate(p.Totals.OpsPerSec),
			count(p.Totals.Errors), latencyText(response, response.P50), latencyText(response, response.P99),
			latencyText(response, response.P999), latencyText(response, response.Max),
			latencyText(p.Totals.Service, p.Totals.Service.P99), steadyText(p.Steadiness))
	}
	return section{name: sectionPhases, title: "Phases (each begins when the one before is answered)", table: t, lines: more(maxPhases, len(all), "phase")}
}

func phaseName(p results.MeasuredPhase) string {
	if p.Name == p.Kind {
		return p.Name
	}
	return p.Name + " (" + p.Kind + ")"
}

// offeredText is a phase's mean rate, and between what it moved.
func offeredText(p results.MeasuredPhase) string {
	if p.LowPerSec == p.HighPerSec {
		return rate(p.TargetPerSec)
	}
	return fmt.Sprintf("%s (%s … %s)", rate(p.TargetPerSec), significant(p.LowPerSec, rateDigits), significant(p.HighPerSec, rateDigits))
}

func steadyText(s *results.Steadiness) string {
	switch {
	case s == nil:
		return none
	case s.Steady:
		return "yes"
	}
	return "no"
}
