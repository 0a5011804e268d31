package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"slotbench/results"
	"slotbench/results/report/chart"
)

// meanPart is a part of the mean response time. Means, unlike percentiles, add
// up.
type meanPart struct {
	name   string
	us     float64
	colour int
}

// meanParts is what the mean response time is made of, in the order in which a
// request meets it; nil where its parts do not add up, as when many requests
// failed.
func meanParts(rec *results.Record) []meanPart {
	t := rec.Totals
	if t.Response.Count == 0 || t.Service.Count == 0 {
		return nil
	}
	var parts []meanPart
	if p := rec.Pacing; p != nil {
		parts = []meanPart{{"client late", p.Error.Mean, 1}, {"waiting for a connection", p.Wait.Mean, 3}}
	} else {
		parts = []meanPart{{"before the write", max(0, t.Response.Mean-t.Service.Mean), 1}}
	}
	own := 0.0
	if c := rec.Calibration; c != nil && c.FloorServiceMeanUS != nil && !closed(rec) {
		own = min(*c.FloorServiceMeanUS, t.Service.Mean)
		parts = append(parts, meanPart{"floor: client, kernel, loopback", own, 2}, meanPart{"server, network", t.Service.Mean - own, 0})
	} else {
		parts = append(parts, meanPart{"service: kernel, network, server", t.Service.Mean, 0})
	}
	sum := 0.0
	for _, p := range parts {
		sum += p.us
	}
	if math.Abs(sum/t.Response.Mean-1) > addUpLimit {
		return nil
	}
	return parts
}

// addUpLimit is how far the parts may be from the whole: requests that failed
// are in some and not in others.
const addUpLimit = 0.02

// meanPartsText is the same in a line.
func meanPartsText(rec *results.Record) string {
	var parts []string
	for _, p := range meanParts(rec) {
		parts = append(parts, fmt.Sprintf("%s %s", p.name, micros(p.us)))
	}
	if len(parts) == 0 {
		return ""
	}
	return fmt.Sprintf("%s = %s", micros(rec.Totals.Response.Mean), strings.Join(parts, " + "))
}

func meanPlate(rec *results.Record) *plate {
	parts := meanParts(rec)
	if parts == nil {
		return nil
	}
	t := &table{head: []string{"", "mean", "share"}, left: []int{0}}
	row := chart.StackRow{Name: "mean of the response time, " + micros(rec.Totals.Response.Mean)}
	for _, p := range parts {
		row.Parts = append(row.Parts, chart.StackPart{Name: p.name, Value: p.us, Text: micros(p.us), Colour: p.colour})
		t.add(p.name, micros(p.us), percent(p.us/rec.Totals.Response.Mean))
	}
	picture := chart.Stack{Title: "Where the mean response time goes", Description: "The mean response time and its parts: " + meanPartsText(rec) + ".",
		Axis: "mean time", Format: tickMicros, Rows: []chart.StackRow{row}}
	return &plate{id: "mean", title: picture.Title, table: t, picture: func(id string) chart.Picture { picture.ID = id; return picture }}
}

// floorPlate is the run above the floor of the load generator, and before its
// ceiling.
func floorPlate(rec *results.Record) *plate {
	c := rec.Calibration
	if c == nil || len(c.Floors) < 2 || rec.Totals.OpsPerSec <= 0 || rec.Totals.Response.Count == 0 {
		return nil
	}
	floors := slices.Clone(c.Floors)
	slices.SortFunc(floors, func(a, b results.CalibrationFloor) int { return cmp.Compare(a.RatePerSec, b.RatePerSec) })
	p50, p99 := chart.Line{Name: "floor p50"}, chart.Line{Name: "floor p99"}
	t := &table{head: []string{"", "load", "of the ceiling", "p50", "p99"}, left: []int{0}}
	share := func(perSec float64) string { return percent(perSec / c.CeilingPerSec) }
	for _, f := range floors {
		p50.X, p50.Y = append(p50.X, f.RatePerSec), append(p50.Y, f.P50US)
		p99.X, p99.Y = append(p99.X, f.RatePerSec), append(p99.Y, f.P99US)
		t.add("floor", rate(f.RatePerSec), share(f.RatePerSec), micros(f.P50US), micros(f.P99US))
	}
	response, at := rec.Totals.Response, []float64{rec.Totals.OpsPerSec}
	t.add("this run", rate(at[0]), share(at[0]), micros(response.P50), micros(response.P99))
	t.add("ceiling", rate(c.CeilingPerSec), share(c.CeilingPerSec), none, none)
	lines := []chart.Line{p50, p99, {Name: "this run, p50", Dots: true, X: at, Y: []float64{response.P50}}, {Name: "this run, p99", Dots: true, X: at, Y: []float64{response.P99}}}
	text := fmt.Sprintf("Response time by load against responders that do nothing, and this run: %s, %s of the ceiling of %s.",
		rate(at[0]), share(at[0]), rate(c.CeilingPerSec))
	panel := chart.Lines{Title: "Response time by load; the band is the ceiling of the client", Description: text, Lines: lines,
		X:     chart.Axis{Label: "operations a second", Log: true, Top: c.CeilingPerSec, Format: tickRate},
		Y:     chart.Axis{Label: "response time", Log: true, Format: tickMicros},
		Bands: []chart.Band{{From: c.CeilingPerSec, To: c.CeilingPerSec, Label: "ceiling " + rate(c.CeilingPerSec)}}}
	picture := chart.Panels{Title: "The run above the load generator's own floor", Description: text, Panels: []chart.Lines{panel}, Legend: lines}
	return &plate{id: "calibration", title: picture.Title, table: t, picture: func(id string) chart.Picture { picture.ID = id; return picture }}
}
