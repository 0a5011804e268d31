package chart

import (
	"fmt"
	"math"
	"strings"
)

// Intervals is a picture of estimates with their intervals, one below the
// other, beside a line at nothing.
type Intervals struct {
	ID          string
	Title       string
	Description string
	Axis        string
	Rows        []Estimate
	Format      func(float64) string
	Ticks       []Tick // nil: chosen
}

// Estimate is one row: a value and where it may lie. Without an interval Low
// and High are NaN.
type Estimate struct {
	Name          string
	At, Low, High float64
	Sure          bool // the interval does not hold nothing: drawn full
}

// The sizes of a row and its names, in pixels.
const (
	rowHeight   = 26
	nameWidth   = 150
	maxRowChars = 24
)

// Draw draws the picture so many pixels wide.
func (c Intervals) Draw(width int) string {
	height := marginTop + len(c.Rows)*rowHeight + marginBottom
	bottom := float64(height - marginBottom)
	low, high := 0.0, 0.0
	for _, r := range c.Rows {
		for _, v := range []float64{r.At, r.Low, r.High} {
			if !math.IsNaN(v) && !math.IsInf(v, 0) {
				low, high = min(low, v), max(high, v)
			}
		}
	}
	pad := max((high-low)*0.06, 1e-3)
	x := newScale(Axis{Format: c.Format, Ticks: c.Ticks}, [2]float64{low - pad, high + pad}, nameWidth, float64(width-marginRight), tickGap)
	var b strings.Builder
	id := escape(fmt.Sprintf("%s-%d", c.ID, width))
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="%s-t %s-d">`, width, height, width, height, id, id)
	fmt.Fprintf(&b, `<title id="%s-t">%s</title><desc id="%s-d">%s</desc>`, id, escape(c.Title), id, escape(c.Description))
	for _, t := range x.ticks {
		at := px(x.at(t.At))
		fmt.Fprintf(&b, `<line class="grid" x1="%s" x2="%s" y1="%d" y2="%s"/><text class="tick" x="%s" y="%s" text-anchor="middle">%s</text>`,
			at, at, marginTop, px(bottom), at, px(bottom+16), escape(t.Label))
	}
	zero := px(x.at(0))
	fmt.Fprintf(&b, `<line class="axis" x1="%s" x2="%s" y1="%d" y2="%s"/>`, zero, zero, marginTop, px(bottom))
	fmt.Fprintf(&b, `<text class="label" x="%s" y="%s" text-anchor="middle">%s</text>`, px(float64(nameWidth+width-marginRight)/2), px(bottom+34), escape(c.Axis))
	for i, r := range c.Rows {
		r.draw(&b, x, float64(marginTop)+(float64(i)+0.5)*rowHeight)
	}
	b.WriteString("</svg>")
	return b.String()
}

func (r Estimate) draw(b *strings.Builder, x scale, y float64) {
	name := []rune(r.Name)
	if len(name) > maxRowChars {
		name = append(name[:maxRowChars-1], '…')
	}
	fmt.Fprintf(b, `<text class="tick" x="%d" y="%s" text-anchor="end" dy="0.32em">%s</text>`, nameWidth-10, px(y), escape(string(name)))
	line := 6 // the grey of the palette
	if r.Sure {
		line = 1
	}
	if !math.IsNaN(r.Low) && !math.IsNaN(r.High) {
		fmt.Fprintf(b, `<line class="span l%d" x1="%s" x2="%s" y1="%s" y2="%s"/>`, line, px(x.at(r.Low)), px(x.at(r.High)), px(y), px(y))
	}
	fmt.Fprintf(b, `<circle class="mark m%d" cx="%s" cy="%s" r="5"/>`, line, px(x.at(r.At)), px(y))
}
