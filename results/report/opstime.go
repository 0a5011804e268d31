package report

import (
	"fmt"
	"math"

	"slotbench/results"
	"slotbench/results/report/chart"
)

// minPieceSamples is how many requests an interval needs for its p99 to be
// drawn: of fewer it would be the slowest one.
const minPieceSamples = 100

// operationsTimeFigure is the p99 of each operation over time.
func operationsTimeFigure(rec *results.Record) *figure {
	all := intervals(rec)
	if len(all) < 2 || len(rec.Operations) < 2 {
		return nil
	}
	f := &figure{
		Lines: chart.Lines{ID: "operations-time", Title: "Response p99 by operation over time",
			Description: fmt.Sprintf("The p99 of the response time of each operation in intervals with at least %d of its requests.", minPieceSamples),
			X:           timeAxis(all), Y: chart.Axis{Label: "response p99", Log: true, Format: tickMicros}, Bands: bands(rec)},
		xText: seconds,
		table: &table{head: []string{"from", "for"}},
		zoom:  true,
	}
	for _, op := range rec.Operations[:min(len(rec.Operations), maxLines)] {
		p99 := piecesP99(op, len(rec.Intervals))
		if p99 == nil {
			continue
		}
		line, drawn := chart.Line{Name: clean(op.Name)}, false
		for i, at := range all {
			line.X, line.Y = append(line.X, at.AtSeconds+at.Seconds/2), append(line.Y, p99[i])
			drawn = drawn || !math.IsNaN(p99[i])
		}
		if !drawn {
			continue
		}
		f.Lines.Lines = append(f.Lines.Lines, line)
		f.table.head = append(f.table.head, line.Name)
	}
	if len(f.Lines.Lines) == 0 {
		return nil
	}
	for i, at := range all {
		row := []string{seconds(at.AtSeconds), seconds(at.Seconds)}
		for _, line := range f.Lines.Lines {
			if math.IsNaN(line.Y[i]) {
				row = append(row, none)
				continue
			}
			row = append(row, micros(line.Y[i]))
		}
		f.table.add(row...)
	}
	return f
}

// piecesP99 is the p99 in microseconds of an operation in each of n intervals,
// NaN where too few requests were; nil where there is no such series.
func piecesP99(op results.Operation, n int) []float64 {
	if op.Intervals == nil || len(op.Intervals.ResponseHDR) != n {
		return nil
	}
	all := make([]float64, n)
	for i, text := range op.Intervals.ResponseHDR {
		all[i] = math.NaN()
		if h, err := results.Histogram(text); err == nil && h != nil && h.TotalCount() >= minPieceSamples {
			all[i] = float64(h.ValueAtPercentile(99)) / 1e3
		}
	}
	return all
}
