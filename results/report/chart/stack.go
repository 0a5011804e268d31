package chart

import (
	"fmt"
	"math"
	"strings"
)

// Stack is a picture of bars that are made of parts, one below the other.
type Stack struct {
	ID          string
	Title       string
	Description string
	Axis        string
	Format      func(float64) string // of a tick
	Rows        []StackRow
}

// StackRow is one bar. What is not above 0 is left out.
type StackRow struct {
	Name  string
	Parts []StackPart
}

// StackPart is a part of a bar, with the same Colour in every bar.
type StackPart struct {
	Name   string
	Value  float64
	Text   string // the value, for people
	Colour int
}

// The heights of a bar and its row, and the least width in which a part's own
// text is written, in pixels.
const (
	barHeight    = 22
	barRowHeight = 46
	charWidth    = 7
)

var _ Picture = Stack{}

// Draw draws the bars so many pixels wide.
func (c Stack) Draw(width int) string {
	const left = 16
	longest := 0.0
	for _, row := range c.Rows {
		sum := 0.0
		for _, p := range row.Parts {
			sum += max(0, p.Value)
		}
		longest = max(longest, sum)
	}
	var legend strings.Builder
	top := c.drawLegend(&legend, width)
	height := top + len(c.Rows)*barRowHeight + marginBottom
	bottom := float64(height - marginBottom)
	x := newScale(Axis{Zero: true, Format: c.Format}, [2]float64{0, longest}, left, float64(width-marginRight)-24, tickGap)
	var b strings.Builder
	id := escape(fmt.Sprintf("%s-%d", c.ID, width))
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="%s-t %s-d">`, width, height, width, height, id, id)
	fmt.Fprintf(&b, `<title id="%s-t">%s</title><desc id="%s-d">%s</desc>`, id, escape(c.Title), id, escape(c.Description))
	b.WriteString(legend.String())
	for _, t := range x.ticks {
		at := px(x.at(t.At))
		fmt.Fprintf(&b, `<line class="grid" x1="%s" x2="%s" y1="%d" y2="%s"/><text class="tick" x="%s" y="%s" text-anchor="middle">%s</text>`,
			at, at, top, px(bottom), at, px(bottom+16), escape(t.Label))
	}
	fmt.Fprintf(&b, `<text class="label" x="%s" y="%s" text-anchor="middle">%s</text>`, px(float64(width)/2), px(bottom+34), escape(c.Axis))
	for i, row := range c.Rows {
		row.draw(&b, x, float64(top+i*barRowHeight))
	}
	b.WriteString("</svg>")
	return b.String()
}

func (r StackRow) draw(b *strings.Builder, x scale, top float64) {
	fmt.Fprintf(b, `<text class="tick raised" x="%s" y="%s">%s</text>`, px(x.at(0)), px(top+13), escape(r.Name))
	from := 0.0
	for _, p := range r.Parts {
		if !(p.Value > 0) || math.IsInf(p.Value, 0) {
			continue
		}
		left, right := x.at(from), x.at(from+p.Value)
		fmt.Fprintf(b, `<rect class="m%d" x="%s" y="%s" width="%s" height="%d"><title>%s</title></rect>`,
			p.Colour%Colours, px(left), px(top+18), px(right-left), barHeight, escape(p.Name+" "+p.Text))
		if right-left > float64(charWidth*len([]rune(p.Text))+6) {
			fmt.Fprintf(b, `<text class="inside" x="%s" y="%s" text-anchor="middle">%s</text>`, px((left+right)/2), px(top+33), escape(p.Text))
		}
		from += p.Value
	}
}

// drawLegend names the parts, in rows as they fit, and says where the bars
// begin.
func (c Stack) drawLegend(b *strings.Builder, width int) (top int) {
	seen := map[int]bool{}
	x, y := 8, 6
	for _, row := range c.Rows {
		for _, p := range row.Parts {
			if seen[p.Colour] {
				continue
			}
			seen[p.Colour] = true
			takes := 20 + charWidth*len([]rune(p.Name)) + 16
			if x > 8 && x+takes > width {
				x, y = 8, y+20
			}
			fmt.Fprintf(b, `<rect class="m%d" x="%d" y="%d" width="14" height="12"/><text x="%d" y="%d">%s</text>`, p.Colour%Colours, x, y, x+20, y+11, escape(p.Name))
			x += takes
		}
	}
	return y + 22
}
