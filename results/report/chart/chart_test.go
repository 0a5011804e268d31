package chart

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
)

// wellFormed fails if a picture is no XML, or has a number that is none.
func wellFormed(t *testing.T, svg string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("%v in %s", err, svg)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		for _, a := range start.Attr {
			if strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf") {
				t.Errorf("%s %s=%q", start.Name.Local, a.Name.Local, a.Value)
			}
		}
	}
}

func TestLines(t *testing.T) {
	nan := math.NaN()
	for name, lines := range map[string][]Line{
		"none":      nil,
		"empty":     {{Name: "a"}},
		"one point": {{Name: "a", X: []float64{1}, Y: []float64{5}}},
		"flat":      {{Name: "<b>", X: []float64{0, 1}, Y: []float64{0, 0}}},
		"gaps":      {{Name: "a", X: []float64{0, 1, 2}, Y: []float64{1, nan, 3}}, {Name: "b", X: []float64{0, 2}, Y: []float64{nan, nan}}},
		"wide":      {{Name: "a", X: []float64{0, 1e9}, Y: []float64{1e-9, 1e12}}},
	} {
		for _, log := range []bool{false, true} {
			plot := Lines{ID: "p", Title: "A & B", Lines: lines, Y: Axis{Label: "y", Log: log, Zero: !log},
				Bands: []Band{{From: 0.5, To: 0.6, Label: "<event>"}}}.Draw(600)
			t.Run(name, func(t *testing.T) { wellFormed(t, plot.SVG) })
			for i := range plot.PY {
				for j, y := range plot.PY[i] {
					if y < plot.Top-1 || y > plot.Bottom+1 {
						t.Errorf("%s: point %d of line %d is at %g, outside %g to %g", name, j, i, y, plot.Top, plot.Bottom)
					}
				}
			}
		}
	}
}

// A larger value stands higher, a later one further right.
func TestLinesKeepOrder(t *testing.T) {
	plot := Lines{Lines: []Line{{X: []float64{0, 1, 2}, Y: []float64{1, 10, 100}}}}.Draw(600)
	x, y := plot.PX[0], plot.PY[0]
	if !(x[0] < x[1] && x[1] < x[2]) || !(y[0] > y[1] && y[1] > y[2]) {
		t.Errorf("%v, %v", x, y)
	}
}

// No tick of an axis that begins below zero is called -0.
func TestZeroHasNoSign(t *testing.T) {
	svg := Lines{Lines: []Line{{X: []float64{0, 1}, Y: []float64{-0.001, 50_000}}}, Y: Axis{Zero: true}}.Draw(600).SVG
	if strings.Contains(svg, ">-0<") {
		t.Error(svg)
	}
}
