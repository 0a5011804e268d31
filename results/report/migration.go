package report

import (
	"fmt"
	"strings"

	"slotbench/results"
)

func migrationSections(rec *results.Record) []section {
	all := rec.Migrations
	var sections []section
	for i, m := range all[:min(maxMigrations, len(all))] {
		s := section{title: "Migration", table: migrationTable(m)}
		if len(all) > 1 {
			s.title = fmt.Sprintf("Migration %d of %d", i+1, len(all))
		}
		sections = append(sections, s)
	}
	if len(sections) > 0 {
		last := &sections[len(sections)-1]
		last.lines = more(maxMigrations, len(all), "migration")
	}
	return sections
}

func migrationTable(m results.Migration) *table {
	t := facts()
	if m.Error != "" {
		t.add("FAILED", m.Error)
	}
	t.add("moved", movedText(m))
	if s := m.SlotMillis; s != nil {
		t.add("one slot", fmt.Sprintf("%s median, %s … %s", millis(s.Median), millis(s.Min), millis(s.Max)))
	}
	pause := pauseText(m)
	if m.PauseMillis != nil {
		pause += fmt.Sprintf(", the longest without a success on one of %s", counted(int64(m.ProbedSlots), "probed slot"))
		if m.PauseBefore != nil {
			pause += fmt.Sprintf("; before the migration %s", millis(*m.PauseBefore))
		}
	}
	t.add("pause", pause)
	t.add("response p99", fmt.Sprintf("before %s, during %s, after %s",
		windowText(m.P99BeforeUS, m.SamplesBefore), windowText(m.P99DuringUS, m.SamplesDuring), windowText(m.P99AfterUS, m.SamplesAfter)))
	t.add("redirects", redirectsText(m.Redirects))
	t.add("read back", harmText(m))
	return t
}

func movedText(m results.Migration) string {
	slots := counted(int64(m.Slots), "slot")
	if m.Asked != m.Slots {
		slots = count(int64(m.Slots)) + " of " + counted(int64(m.Asked), "slot")
	}
	parts := []string{slots + ", " + counted(m.Keys, "key")}
	if m.Bytes >= 0 {
		parts[0] += ", " + size(float64(m.Bytes))
	}
	parts[0] += " in " + seconds(m.Seconds)
	if m.Bytes >= 0 {
		parts[0] += fmt.Sprintf(" (%s/s)", size(m.MBPerSec*1e6))
	}
	if m.From != "" || m.To != "" {
		parts = append(parts, m.From+" → "+m.To)
	}
	if m.Strategy != "" {
		strategy := m.Strategy
		if m.Batch > 0 {
			strategy += fmt.Sprintf(", %s a command", counted(int64(m.Batch), "key"))
		}
		parts = append(parts, strategy)
	}
	return strings.Join(parts, "; ") + fmt.Sprintf("; from %s on", seconds(m.AtSeconds))
}

// windowText is the p99 of a stretch of the run.
func windowText(p99 *float64, samples int64) string {
	if p99 == nil && samples >= results.MinWindowSamples {
		return none
	}
	if p99 == nil {
		return fmt.Sprintf("too short (%s)", counted(samples, "sample"))
	}
	return micros(*p99)
}

func redirectsText(r *results.Redirects) string {
	if r == nil {
		return "not known"
	}
	return fmt.Sprintf("%s MOVED, %s ASK, %s TRYAGAIN, to %s", count(r.Moved), count(r.Ask), count(r.TryAgain), counted(r.Requests, "request"))
}
