package report

import (
	"fmt"
	"strings"

	"slotbench/results"
)

// clientSection says what the load generator itself took, and how punctual
// it was: whether the figures above are the system's.
func clientSection(rec *results.Record) section {
	t := facts()
	t.add("load", configText(rec))
	if p := rec.Pacing; p != nil {
		t.add("sent", fmt.Sprintf("%s due, %s sent, %s never", count(p.Offered), count(p.Sent), count(p.Unsent)))
		late := fmt.Sprintf("p50 %s, p99 %s late; then p99 %s for a connection",
			latencyText(p.Error, p.Error.P50), latencyText(p.Error, p.Error.P99), latencyText(p.Wait, p.Wait.P99))
		if p.Spinning {
			late += "; spinning"
		}
		t.add("pacing", late)
	}
	if text := meanPartsText(rec); text != "" {
		t.add("mean response", text)
	}
	switch r := rec.Totals.Redirects; {
	case r == nil && rec.Totals.Requests > 0:
		t.add("redirects", "hidden by the driver")
	case r != nil && r.Requests > 0:
		t.add("redirects", redirectsText(r))
	}
	c := rec.Client
	if c.CPUSeconds > 0 {
		text := fmt.Sprintf("%s, %s requests per CPU second", seconds(c.CPUSeconds), significant(c.RequestsPerCPUSecond, rateDigits))
		if len(c.BusyShare) > 0 {
			var busy []string
			for _, share := range c.BusyShare[:min(maxHottest, len(c.BusyShare))] {
				busy = append(busy, percent(share))
			}
			text += "; busy " + strings.Join(busy, ", ")
		}
		t.add("CPU", text)
	}
	if c.RSSBytes > 0 {
		t.add("memory", fmt.Sprintf("%s; %s of the collector, the longest pause %s",
			size(float64(c.RSSBytes)), counted(c.GCCycles, "cycle"), micros(c.GCPauseMaxUS)))
	}
	if text := calibrationText(rec.Calibration); text != "" {
		t.add("harness", text)
	}
	t.add("machine", machineText(rec.Environment))
	return section{name: sectionClient, title: "Load generator", table: t}
}

func configText(rec *results.Record) string {
	c := rec.Config
	text := fmt.Sprintf("%s driver, %s", c.Driver, counted(int64(c.Threads), "thread"))
	if rec.Replay == nil { // a trace's keys are its own
		text += ", " + counted(c.Keys, "key")
	}
	text += fmt.Sprintf(", seed %d", c.Seed)
	if c.WarmupSeconds > 0 {
		text += fmt.Sprintf(", after a warm-up of %s", seconds(c.WarmupSeconds))
	}
	return text
}

func machineText(e results.Environment) string {
	parts := []string{strings.TrimSpace(fmt.Sprintf("%s %s", counted(int64(e.CPUs), "CPU"), e.CPUModel)), e.OS + "/" + e.Arch}
	if e.SharedHost {
		parts = append(parts, "shared with the servers")
	}
	if e.StealShare > 0 {
		parts = append(parts, percent(e.StealShare)+" stolen")
	}
	if e.PressureShare > 0 {
		parts = append(parts, percent(e.PressureShare)+" of the time some task waited for a CPU")
	}
	return strings.Join(parts, ", ")
}

// checksSection has the warnings first, then where the record is.
func checksSection(rec *results.Record, o Options) section {
	s := section{title: "Remarks"}
	for _, level := range []string{results.LevelWarning, results.LevelNote} {
		for _, c := range rec.Checks {
			if c.Level == level {
				s.lines = append(s.lines, bullet+level+": "+c.Text)
			}
		}
	}
	if n := rec.Integrity; n != nil && len(n.Examples) > 0 {
		s.lines = append([]string{bullet + "lost or doubled: " + strings.Join(n.Examples[:min(maxHottest, len(n.Examples))], ", ")}, s.lines...)
	}
	if all := len(s.lines); all > maxChecks {
		s.lines = append(s.lines[:maxChecks], more(maxChecks, all, "remark")...)
	}
	if o.Path != "" {
		s.lines = append(s.lines, "Record: "+o.Path)
	}
	return s
}
