// Package chart draws the pictures of reports as SVG: lines over an axis, and
// maps of slots. A picture carries no colours of its own but the classes of
// Style, so that a page's light and dark scheme hold for it too. The package
// knows nothing of runs, reads nothing and measures nothing.
package chart

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// Lines is a picture of one or more lines over a common axis.
type Lines struct {
	ID          string // unique on a page
	Title       string
	Description string // for those who cannot see it: what it shows in a sentence
	X, Y        Axis
	Lines       []Line
	Areas       []Area
	Bands       []Band
	Height      int // in pixels; 0: DefaultHeight
}

// DefaultHeight is the height of a picture in pixels.
const DefaultHeight = 280

// Line is one line of a picture. It has a gap where Y is no number.
type Line struct {
	Name string
	X, Y []float64
	Step bool // from each point horizontally to the next one's place
	Dots bool // a dot at each point instead of a line
}

// Area is what lies between two lines, behind the others. Where Low has no
// place, as 0 on a log axis, it goes down to the axis.
type Area struct {
	X, Low, High []float64
	Step         bool // as of a Line
}

// Band is a stretch of the x axis with a name, such as an event.
type Band struct {
	From, To float64
	Label    string
	Edge     bool // only where it begins, as of a phase that follows another
}

// The space around a plot, and the narrowest band that is seen, in pixels.
const (
	marginLeft   = 62
	marginRight  = 14
	marginTop    = 28
	marginBottom = 40
	minBand      = 2
	tickGap      = 70 // the least from one label of the x axis to the next
	yTickGap     = 34
)

// Plot is a picture that was drawn, with the places of its points for a
// pointer to find.
type Plot struct {
	SVG         string
	Left, Right float64 // of the plot, in the picture's pixels
	Top, Bottom float64
	PX          [][]float64 // by line and point; NaN where there is none
	PY          [][]float64
}

// Draw draws the picture so many pixels wide.
func (c Lines) Draw(width int) Plot {
	height := c.Height
	if height == 0 {
		height = DefaultHeight
	}
	p := Plot{Left: marginLeft, Right: float64(width - marginRight), Top: marginTop, Bottom: float64(height - marginBottom)}
	x := newScale(c.X, c.extent(func(l Line) []float64 { return l.X }), p.Left, p.Right, tickGap)
	y := newScale(c.Y, c.extent(func(l Line) []float64 { return l.Y }), p.Bottom, p.Top, yTickGap)
	var b strings.Builder
	id := html.EscapeString(fmt.Sprintf("%s-%d", c.ID, width))
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="%s-t %s-d">`,
		width, height, width, height, id, id)
	fmt.Fprintf(&b, `<title id="%s-t">%s</title><desc id="%s-d">%s</desc>`, id, html.EscapeString(c.Title), id, html.EscapeString(c.Description))
	c.drawAxes(&b, &p, x, y)
	// An SVG within: zooming sets its viewBox, and it clips.
	w, h := p.Right-p.Left, p.Bottom-p.Top
	fmt.Fprintf(&b, `<svg class="plot" x="%s" y="%s" width="%s" height="%s" viewBox="%s %s %s %s" preserveAspectRatio="none">`,
		px(p.Left), px(p.Top), px(w), px(h), px(p.Left), px(p.Top), px(w), px(h))
	c.drawBands(&b, &p, x)
	for _, area := range c.Areas {
		fmt.Fprintf(&b, `<path class="area" d="%s"/>`, area.path(x, y, p.Bottom))
	}
	for i, line := range c.Lines {
		xs, ys := place(line, x, y)
		p.PX, p.PY = append(p.PX, xs), append(p.PY, ys)
		if line.Dots {
			drawDots(&b, i, xs, ys)
			continue
		}
		fmt.Fprintf(&b, `<path class="line l%d" data-line="%d" d="%s"/>`, i%Colours, i, path(xs, ys, line.Step))
	}
	b.WriteString(`</svg></svg>`)
	p.SVG = b.String()
	return p
}

func (c Lines) extent(of func(Line) []float64) [2]float64 {
	low, high := math.Inf(1), math.Inf(-1)
	for _, line := range c.Lines {
		for _, v := range of(line) {
			if !math.IsNaN(v) && !math.IsInf(v, 0) {
				low, high = min(low, v), max(high, v)
			}
		}
	}
	if low > high {
		low, high = 0, 1
	}
	return [2]float64{low, high}
}

func (c Lines) drawAxes(b *strings.Builder, p *Plot, x, y scale) {
	for _, t := range y.ticks {
		at := px(y.at(t.At))
		fmt.Fprintf(b, `<line class="grid" x1="%s" x2="%s" y1="%s" y2="%s"/><text class="tick" x="%s" y="%s" text-anchor="end" dy="0.32em">%s</text>`,
			px(p.Left), px(p.Right), at, at, px(p.Left-6), at, html.EscapeString(t.Label))
	}
	b.WriteString(`<g class="xticks">`)
	for _, t := range x.ticks {
		at := px(x.at(t.At))
		fmt.Fprintf(b, `<line class="grid" x1="%s" x2="%s" y1="%s" y2="%s"/><text class="tick" x="%s" y="%s" text-anchor="middle">%s</text>`,
			at, at, px(p.Top), px(p.Bottom), at, px(p.Bottom+16), html.EscapeString(t.Label))
	}
	b.WriteString(`</g>`)
	fmt.Fprintf(b, `<line class="axis" x1="%s" x2="%s" y1="%s" y2="%s"/>`, px(p.Left), px(p.Right), px(p.Bottom), px(p.Bottom))
	fmt.Fprintf(b, `<text class="label" x="%s" y="%s" text-anchor="middle">%s</text>`, px((p.Left+p.Right)/2), px(p.Bottom+34), html.EscapeString(c.X.Label))
	fmt.Fprintf(b, `<text class="label" x="%s" y="%s">%s</text>`, px(4), px(p.Top-15), html.EscapeString(c.Y.Label))
}

func (c Lines) drawBands(b *strings.Builder, p *Plot, x scale) {
	for _, band := range c.Bands {
		from, to := x.at(band.From), x.at(band.To)
		if to-from < minBand {
			from, to = (from+to-minBand)/2, (from+to+minBand)/2
		}
		if band.Edge {
			at := px(x.at(band.From))
			fmt.Fprintf(b, `<line class="edge" x1="%s" x2="%s" y1="%s" y2="%s"><title>%s</title></line>`, at, at, px(p.Top), px(p.Bottom), html.EscapeString(band.Label))
			continue
		}
		fmt.Fprintf(b, `<rect class="band" x="%s" y="%s" width="%s" height="%s"><title>%s</title></rect>`,
			px(from), px(p.Top), px(to-from), px(p.Bottom-p.Top), html.EscapeString(band.Label))
	}
}

// place is where a line's points are, NaN of those that have no place.
func place(l Line, x, y scale) (xs, ys []float64) {
	for i := range min(len(l.X), len(l.Y)) {
		xs, ys = append(xs, x.at(l.X[i])), append(ys, y.at(l.Y[i]))
	}
	return xs, ys
}

// path goes along the upper edge and comes back along the lower one.
func (a Area) path(x, y scale, bottom float64) string {
	xs, highs := place(Line{X: a.X, Y: a.High}, x, y)
	_, lows := place(Line{X: a.X, Y: a.Low}, x, y)
	var there, back []float64 // x and y by turns
	for i := range xs {
		if math.IsNaN(xs[i]) || math.IsNaN(highs[i]) {
			continue
		}
		low := bottom
		if !math.IsNaN(lows[i]) {
			low = min(low, lows[i])
		}
		if n := len(there); a.Step && n > 0 {
			there, back = append(there, xs[i], there[n-1]), append(back, xs[i], back[n-1])
		}
		there, back = append(there, xs[i], min(highs[i], bottom)), append(back, xs[i], low)
	}
	var b strings.Builder
	step := func(command string, at []float64) { fmt.Fprintf(&b, "%s%s %s", command, px(at[0]), px(at[1])) }
	for i := 0; i < len(there); i += 2 {
		command := "L"
		if i == 0 {
			command = "M"
		}
		step(command, there[i:])
	}
	for i := len(back) - 2; i >= 0; i -= 2 {
		step("L", back[i:])
	}
	if len(there) > 0 {
		b.WriteString("Z")
	}
	return b.String()
}

// dotRadius is that of a line's dots, in pixels.
const dotRadius = 2.5

func drawDots(b *strings.Builder, line int, xs, ys []float64) {
	radius := dotRadius
	if len(xs) == 1 { // nothing beside it shows that it is a line
		radius = 2 * dotRadius
	}
	fmt.Fprintf(b, `<g class="dots m%d" data-line="%d">`, line%Colours, line)
	for i := range xs {
		if !math.IsNaN(xs[i]) && !math.IsNaN(ys[i]) {
			fmt.Fprintf(b, `<circle cx="%s" cy="%s" r="%g"/>`, px(xs[i]), px(ys[i]), radius)
		}
	}
	b.WriteString("</g>")
}

func path(xs, ys []float64, step bool) string {
	var b strings.Builder
	gap := true
	for i := range xs {
		if math.IsNaN(xs[i]) || math.IsNaN(ys[i]) {
			gap = true
			continue
		}
		switch {
		case gap:
			fmt.Fprintf(&b, "M%s %s", px(xs[i]), px(ys[i]))
		case step:
			fmt.Fprintf(&b, "H%sV%s", px(xs[i]), px(ys[i]))
		default:
			fmt.Fprintf(&b, "L%s %s", px(xs[i]), px(ys[i]))
		}
		gap = false
	}
	return b.String()
}

// px is a place in pixels, to a tenth.
func px(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "0"
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0")
}
