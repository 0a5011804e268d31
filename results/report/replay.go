package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"slotbench/results"
)

// replaySection says what became of a trace.
func replaySection(rec *results.Record) section {
	r := rec.Replay
	if r == nil {
		return section{}
	}
	t := facts()
	how := "to its end or limit"
	if !r.Whole {
		how = "not to its end"
	}
	t.add("trace", fmt.Sprintf("%s, %s over %s as recorded, read %s", r.Format, counted(r.Read, "operation"), seconds(r.SpanSeconds), how))
	t.add("requests", fmt.Sprintf("%s made of them", count(r.Requests)))
	if len(r.Skipped) > 0 {
		t.add("not replayed", skippedText(r.Skipped))
	}
	if r.BadLines > 0 {
		t.add("bad lines", counted(r.BadLines, "line")+": "+strings.Join(r.Faults, "; "))
	}
	if r.Late > 0 {
		t.add("reader late", fmt.Sprintf("for %s, by up to %s or more: the client's lag", counted(r.Late, "request"), millis(r.LateMillis)))
	}
	return section{name: "replay", title: "Replay", table: t}
}

// skippedText names what is not replayed, the most frequent first.
func skippedText(skipped map[string]int64) string {
	kinds := slices.SortedFunc(maps.Keys(skipped), func(a, b string) int {
		return cmp.Or(cmp.Compare(skipped[b], skipped[a]), cmp.Compare(a, b))
	})
	var parts []string
	for _, kind := range kinds {
		parts = append(parts, count(skipped[kind])+" "+kind)
	}
	return strings.Join(parts, ", ")
}
