package report

import (
	"encoding/json"
	"fmt"
	"html/template"
	"math"

	"slotbench/results/report/chart"
)

// drawn is a figure in both widths.
type drawn struct {
	ID, Title, Description string
	Wide, Narrow           template.HTML
	Names                  []string
	Data                   template.JS // for the script: where points are, and what they say
	Table                  *pageTable
	Zoom                   bool
	Events                 []drawnEvent
}

// drawnEvent is what a band or an edge of a figure stands for.
type drawnEvent struct {
	Label string
	Edge  bool
}

// pictureData is what the script needs of one drawing.
type pictureData struct {
	Left   float64     `json:"left"`
	Right  float64     `json:"right"`
	Top    float64     `json:"top"`
	Bottom float64     `json:"bottom"`
	X      [][]float64 `json:"x"` // null: no place
	Y      [][]*number `json:"y"`
}

// number is a place in pixels, to a tenth.
type number float64

// MarshalJSON writes the tenth, not what binary makes of it.
func (n number) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, "%.1f", float64(n)), nil }

func newPictureData(p chart.Plot) pictureData {
	d := pictureData{Left: p.Left, Right: p.Right, Top: p.Top, Bottom: p.Bottom}
	for i := range p.PX {
		xs, ys := make([]float64, len(p.PX[i])), make([]*number, len(p.PY[i]))
		for j := range xs {
			xs[j] = math.Round(p.PX[i][j]*10) / 10
			if y := p.PY[i][j]; !math.IsNaN(y) {
				ys[j] = (*number)(&y)
			}
		}
		d.X, d.Y = append(d.X, xs), append(d.Y, ys)
	}
	return d
}

// draw draws a figure in both widths.
func draw(f *figure, run string) drawn {
	f.ID = run + "-" + f.ID
	wide, narrow := f.Draw(wideChart), f.Draw(narrowChart)
	d := drawn{
		ID: f.ID, Title: f.Title, Description: f.Description, Zoom: f.zoom,
		Wide: template.HTML(wide.SVG), Narrow: template.HTML(narrow.SVG),
	}
	if f.table != nil {
		d.Table = newPageTable(f.Title, f.table)
	}
	for _, band := range f.Bands {
		d.Events = append(d.Events, drawnEvent{band.Label, band.Edge})
	}
	data := struct {
		Wide   pictureData `json:"wide"`
		Narrow pictureData `json:"narrow"`
		Names  []string    `json:"names"`
		X      []string    `json:"xt"` // of the longest line
		Y      [][]string  `json:"yt"`
		From   float64     `json:"from"` // seconds at the ends, of a picture that can be zoomed
		To     float64     `json:"to"`
	}{Wide: newPictureData(wide), Narrow: newPictureData(narrow)}
	for _, line := range f.Lines.Lines {
		d.Names = append(d.Names, line.Name)
		data.Names = append(data.Names, line.Name)
		if len(line.X) > len(data.X) {
			data.X = texts(line.X, f.xText)
			data.From, data.To = line.X[0], line.X[len(line.X)-1]
		}
		data.Y = append(data.Y, texts(line.Y, valueText(f)))
	}
	d.Data = script(data)
	return d
}

// valueText is how a value of a figure is told: finer than its axis.
func valueText(f *figure) func(float64) string {
	if f.Y.Log {
		return micros
	}
	return rate
}

func texts(values []float64, format func(float64) string) []string {
	all := make([]string, len(values))
	for i, v := range values {
		if math.IsNaN(v) {
			all[i] = none
			continue
		}
		all[i] = format(v)
	}
	return all
}

// script is a value as a page's script reads it. encoding/json escapes what
// could end the script.
func script(v any) template.JS {
	text, err := json.Marshal(v)
	if err != nil { // only of numbers that are none
		return "null"
	}
	return template.JS(text)
}
