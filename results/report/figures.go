package report

import (
	"fmt"
	"math"
	"strconv"

	"github.com/HdrHistogram/hdrhistogram-go"

	"slotbench/results"
	"slotbench/results/report/chart"
)

// figure is a picture with what stands behind it, for those who cannot see it.
type figure struct {
	chart.Lines
	xText func(float64) string // of a point's place; its value is told as the y axis has it
	table *table
	zoom  bool // a long x axis, of which a part can be looked at
}

// The most lines that a picture has: beyond them nobody tells them apart.
const maxLines = chart.Colours

// The resolution of a latency picture: points to a decade of 1/(1-q).
const pointsPerDecade = 30

// named is a histogram with its name.
type named struct {
	name string
	h    *hdrhistogram.Histogram
}

// histograms decodes what can be decoded: a record that was damaged lacks
// a picture, not a report.
func histograms(pairs ...string) []named {
	var all []named
	for i := 0; i+1 < len(pairs); i += 2 {
		if h, err := results.Histogram(pairs[i+1]); err == nil && h != nil && h.TotalCount() > 0 {
			all = append(all, named{pairs[i], h})
		}
	}
	return all
}

// tablePercentiles are those of the table beside a picture.
var tablePercentiles = []float64{0, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99, 99.999, 100}

// percentileFigure is latency by percentile: the x axis is the logarithm of
// how rare it is, so that each decade of nines takes the same room.
func percentileFigure(id, title, description string, all []named) *figure {
	all = all[:min(len(all), maxLines)]
	if len(all) == 0 {
		return nil
	}
	f := &figure{
		Lines: chart.Lines{ID: id, Title: title, Description: description,
			X: chart.Axis{Label: "percentile", Ticks: nines()},
			Y: chart.Axis{Label: "latency", Log: true, Format: tickMicros}},
		xText: func(x float64) string { return percentileText(100 * (1 - math.Pow(10, -x))) },
		table: &table{head: []string{"percentile"}},
	}
	for _, n := range all {
		f.Lines.Lines = append(f.Lines.Lines, percentileLine(n))
		f.table.head = append(f.table.head, n.name)
	}
	for _, percent := range tablePercentiles {
		row := []string{percentileText(percent)}
		for _, n := range all {
			row = append(row, micros(float64(n.h.ValueAtPercentile(percent))/1e3))
		}
		f.table.add(row...)
	}
	return f
}

// percentileLine goes as far as the samples do: one in n is the rarest.
func percentileLine(n named) chart.Line {
	line := chart.Line{Name: n.name}
	end := math.Log10(float64(n.h.TotalCount()))
	add := func(x float64) {
		us := float64(n.h.ValueAtPercentile(100*(1-math.Pow(10, -x)))) / 1e3
		line.X, line.Y = append(line.X, x), append(line.Y, us)
	}
	for i := 0; float64(i)/pointsPerDecade < end; i++ {
		add(float64(i) / pointsPerDecade)
	}
	add(end)
	return line
}

// nines are the labels of the x axis of a latency picture.
func nines() []chart.Tick {
	ticks := []chart.Tick{{At: 0, Label: "0 %"}, {At: math.Log10(2), Label: "50 %"}, {At: 1, Label: "90 %"}, {At: 2, Label: "99 %"}}
	for i, label := 3, "99.9"; i < 10; i, label = i+1, label+"9" {
		ticks = append(ticks, chart.Tick{At: float64(i), Label: label + " %"})
	}
	return ticks
}

// percentileText is as many nines as it takes.
func percentileText(percent float64) string {
	if percent <= 0 {
		return "min"
	}
	if percent >= 100 {
		return "max"
	}
	rare := 100 - percent
	decimals := 0
	if rare < 10 {
		decimals = max(0, int(math.Ceil(-math.Log10(rare)-1e-9))+1)
	}
	return strconv.FormatFloat(percent, 'f', decimals, 64) + " %"
}

// tickMicros is a round time without needless zeros.
func tickMicros(us float64) string {
	if us == 0 {
		return "0"
	}
	units := []string{"ns", "µs", "ms", "s"}
	v, i := us*1000, 0
	for i < len(units)-1 && v >= 1000*(1-1e-9) {
		v, i = v/1000, i+1
	}
	return strconv.FormatFloat(v, 'g', 4, 64) + " " + units[i]
}

// tickRate is a round rate.
func tickRate(perSecond float64) string {
	switch {
	case perSecond >= 1e6:
		return strconv.FormatFloat(perSecond/1e6, 'g', 4, 64) + " M"
	case perSecond >= 1e4:
		return strconv.FormatFloat(perSecond/1e3, 'g', 4, 64) + " k"
	}
	return strconv.FormatFloat(perSecond, 'g', 4, 64)
}

// tickSeconds is a moment of the run.
func tickSeconds(s float64) string { return strconv.FormatFloat(s, 'g', 6, 64) + " s" }

// latencyFigure is the run's own.
func latencyFigure(rec *results.Record) *figure {
	t := rec.Totals
	return percentileFigure("latency", "Latency by percentile",
		fmt.Sprintf("Response time and service time by percentile on a logarithmic scale: response p50 %s, p99 %s, p99.9 %s, longest %s.",
			latencyText(t.Response, t.Response.P50), latencyText(t.Response, t.Response.P99), latencyText(t.Response, t.Response.P999), latencyText(t.Response, t.Response.Max)),
		histograms("response", t.ResponseHDR, "service", t.ServiceHDR, "redirected", t.RedirectedHDR))
}

func phasesFigure(rec *results.Record) *figure {
	var pairs []string
	for _, p := range rec.Phases {
		pairs = append(pairs, clean(phaseName(p)), p.Totals.ResponseHDR)
	}
	return percentileFigure("phases", "Response time by phase", "Response time by percentile, a line for each phase.", histograms(pairs...))
}

func operationsFigure(rec *results.Record) *figure {
	if len(rec.Operations) < 2 {
		return nil
	}
	var pairs []string
	for _, op := range rec.Operations {
		pairs = append(pairs, clean(op.Name), op.ResponseHDR)
	}
	return percentileFigure("operations", "Response time by operation", "Response time by percentile, a line for each operation.", histograms(pairs...))
}

// nodesFigures are response and service time by node, if there are several.
func nodesFigures(rec *results.Record) (response, service *figure) {
	if len(rec.Nodes) < 2 {
		return nil, nil
	}
	var responses, services []string
	for _, n := range rec.Nodes {
		responses = append(responses, clean(n.Addr), n.ResponseHDR)
		services = append(services, clean(n.Addr), n.ServiceHDR)
	}
	response = percentileFigure("nodes-response", "Response time by node", "Response time by percentile, a line for each node.", histograms(responses...))
	service = percentileFigure("nodes", "Service time by node", "Service time by percentile, a line for each node.", histograms(services...))
	return response, service
}
