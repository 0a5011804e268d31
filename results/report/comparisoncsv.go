package report

import (
	"encoding/csv"
	"io"
	"strconv"

	"slotbench/results/compare"
)

// comparisonCSV writes a line a pair and metric.
func comparisonCSV(w io.Writer, c *compare.Comparison) error {
	out := csv.NewWriter(w)
	head := []string{"base", "other", "metric", "unit", "primary", "base.runs", "other.runs", "base.center", "other.center",
		"ratio", "ratio.low", "ratio.high", "p", "p.corrected", "detectable", "power_5", "runs_for_5", "outcome", "note"}
	if err := out.Write(head); err != nil {
		return err
	}
	for i := range c.Against {
		p, base, other := &c.Against[i], &c.Sides[0], &c.Sides[1+i]
		for j := range p.Changes {
			if err := out.Write(csvChange(p, &p.Changes[j], base, other)); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

func csvChange(p *compare.Pair, change *compare.Change, base, other *compare.Summary) []string {
	number := func(x *float64) string {
		if x == nil {
			return ""
		}
		return strconv.FormatFloat(*x, 'g', -1, 64)
	}
	center := func(f *compare.Figure) string {
		if f == nil {
			return ""
		}
		return number(&f.Center)
	}
	var low, high *float64
	if change.Interval != nil {
		low, high = &change.Interval.Low, &change.Interval.High
	}
	ratioText, runsText := "", ""
	if change.Ratio > 0 {
		ratioText = number(&change.Ratio)
	}
	if change.RunsFor5 != nil {
		runsText = strconv.Itoa(*change.RunsFor5)
	}
	unit := ""
	if m, err := compare.MetricNamed(change.Metric); err == nil {
		unit = string(m.Unit)
	}
	return []string{clean(p.Base), clean(p.Other), change.Metric, unit, strconv.FormatBool(change.Primary),
		strconv.Itoa(base.Runs), strconv.Itoa(other.Runs), center(base.Figure(change.Metric)), center(other.Figure(change.Metric)),
		ratioText, number(low), number(high), number(change.P), number(change.Corrected), number(change.Detectable),
		number(change.Power5), runsText, change.Outcome, clean(change.Note)}
}
