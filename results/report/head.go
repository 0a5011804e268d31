package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"slotbench/results"
)

// headline says what was run on what, and how hard.
func headline(rec *results.Record) string {
	return fmt.Sprintf("%s on %s: %s", rec.Name, targetText(rec), loadText(rec))
}

func targetText(rec *results.Record) string {
	t := rec.Target
	how := "attached"
	if t.Launched {
		how = "launched"
	}
	product := strings.TrimSpace(t.Product + " " + t.Version)
	if product == "" {
		return rec.Config.Target
	}
	nodes := int64(0)
	for _, n := range rec.Nodes {
		if !n.Joined {
			nodes++
		}
	}
	return fmt.Sprintf("%s (%s, %s, %s)", product, t.Mode, counted(nodes, "node"), how)
}

func loadText(rec *results.Record) string {
	c := rec.Config
	clients := fmt.Sprintf("%s × pipeline %d", counted(int64(c.Connections), "connection"), c.Pipeline)
	if closed(rec) {
		return "closed loop, " + clients
	}
	if rec.Replay != nil {
		return fmt.Sprintf("%s in the mean (%s), %s", rate(c.RatePerSec), c.RateFrom, clients)
	}
	from := c.RateFrom
	if rec.Probe != nil {
		from = strings.TrimSpace(fmt.Sprintf("%s, probe: %s", from, rate(rec.Probe.OpsPerSec)))
	}
	if from != "" {
		from = " (" + from + ")"
	}
	return fmt.Sprintf("%s arrivals at %s%s, %s", c.Arrival, rate(c.RatePerSec), from, clients)
}

// closed says whether the load waited for answers.
func closed(rec *results.Record) bool { return rec.Totals.AtSaturation }

func verdictSection(rec *results.Record) section {
	s := section{name: sectionVerdict, lines: []string{verdictWord + rec.Verdict.Status}}
	if rec.Partial != "" {
		s.lines = append(s.lines, "PARTIAL RUN: "+rec.Partial)
	}
	reasons := rec.Verdict.Reasons
	for _, reason := range reasons[:min(maxReasons, len(reasons))] {
		s.lines = append(s.lines, bullet+reason)
	}
	s.lines = append(s.lines, more(maxReasons, len(reasons), "reason")...)
	return s
}

// verdictWord begins the line with the verdict, bullet one of a list.
const (
	verdictWord = "Verdict: "
	bullet      = "- "
)

// measuresSection is what the run was for.
func measuresSection(rec *results.Record) section {
	t := facts()
	totals := rec.Totals
	throughput, caution := rate(totals.OpsPerSec), ""
	if rec.Verdict.NoClaim != "" {
		throughput, caution = none, "none to quote: "+rec.Verdict.NoClaim+"; "
	}
	t.add("throughput", throughput, fmt.Sprintf("%s%s in %s, %s", caution,
		counted(totals.Succeeded, "operation"), seconds(totals.Seconds), errorsText(totals)))
	saturated := ""
	if closed(rec) {
		saturated = ", at saturation"
	}
	t.add("p99", latencyText(totals.Response, totals.Response.P99), fmt.Sprintf("response time%s; service time %s",
		saturated, latencyText(totals.Service, totals.Service.P99)))
	if m := rec.Migrations; len(m) > 0 {
		t.add("migration", seconds(m[0].Seconds), migrationText(m))
	} else {
		t.add("migration", none, noMigrationText(rec))
	}
	t.add("slot skew", ratio(rec.Skew.Ops.MaxOverMean), skewText(rec))
	t.left = []int{0, 2}
	return section{name: sectionMeasured, title: "Measured", table: t}
}

// noMigrationText says why there is no migration to tell of.
func noMigrationText(rec *results.Record) string {
	if n := rec.Config.MigrateSlots; n > 0 {
		if rec.Partial != "" {
			return fmt.Sprintf("%s were to move; the run ended before", counted(int64(n), "slot"))
		}
		return fmt.Sprintf("%s were to move; none did", counted(int64(n), "slot"))
	}
	return "none was asked for"
}

// latencyText is a percentile, if there is a sample.
func latencyText(l results.Latency, us float64) string {
	if l.Count == 0 {
		return none
	}
	return micros(us)
}

// errorsText names the errors by kind, the most frequent first.
func errorsText(t results.Totals) string {
	if t.Errors == 0 {
		return "no errors"
	}
	kinds := make([]string, 0, len(t.ErrorKinds))
	for kind := range t.ErrorKinds {
		kinds = append(kinds, kind)
	}
	slices.SortFunc(kinds, func(a, b string) int {
		return cmp.Or(cmp.Compare(t.ErrorKinds[b], t.ErrorKinds[a]), cmp.Compare(a, b))
	})
	var parts []string
	for _, kind := range kinds[:min(maxKinds, len(kinds))] {
		parts = append(parts, count(t.ErrorKinds[kind])+" "+kind)
	}
	if len(kinds) > maxKinds {
		parts = append(parts, counted(int64(len(kinds)-maxKinds), "more kind"))
	}
	return fmt.Sprintf("%s (%s)", counted(t.Errors, "error"), strings.Join(parts, ", "))
}

func migrationText(all []results.Migration) string {
	m := all[0]
	text := fmt.Sprintf("%s, %s, pause %s, %s", counted(int64(m.Slots), "slot"), counted(m.Keys, "key"), pauseText(m), harmText(m))
	if len(all) > 1 {
		text += fmt.Sprintf("; the first of %d", len(all))
	}
	if m.Error != "" {
		text = "FAILED after " + text
	}
	return text
}

// pauseText is a pause with what could be seen of it.
func pauseText(m results.Migration) string {
	switch {
	case m.PauseMillis == nil:
		return "not probed"
	case *m.PauseMillis <= m.PauseResolution:
		return "≤ " + resolutionText(m)
	}
	return millis(*m.PauseMillis) + " ± " + resolutionText(m)
}

// resolutionText is the probes' interval as it was set.
func resolutionText(m results.Migration) string {
	return strconv.FormatFloat(m.PauseResolution, 'g', timeDigits, 64) + " ms"
}

func harmText(m results.Migration) string {
	return fmt.Sprintf("%s lost, %s doubled, %s unknown", count(m.Lost), count(m.Doubled), count(m.Unknown))
}

func skewText(rec *results.Record) string {
	switch rec.Skew.Ops.Nodes {
	case 0:
		return "not known"
	case 1:
		return "a single node"
	}
	text := "busiest node / mean, by operations; by chance " + bandText(rec.Skew.Ops)
	if k := rec.Skew.Keys; k.Total > 0 {
		text += fmt.Sprintf(". By keys %s; by chance %s", ratio(k.MaxOverMean), bandText(k))
	}
	return text
}

// bandText is what max/mean would be by chance alone.
func bandText(s results.NodeSkew) string {
	if s.BandHigh == 0 {
		return none
	}
	return ratio(s.BandLow) + " … " + ratio(s.BandHigh)
}
