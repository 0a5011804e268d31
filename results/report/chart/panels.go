package chart

import (
	"fmt"
	"strings"
)

// Panels is several small pictures with the same lines beside each other.
type Panels struct {
	ID          string
	Title       string
	Description string
	Panels      []Lines // their titles stand above them
	Legend      []Line  // what the lines of each mean; only names and dots count
	Area        string  // what the areas mean; "": there are none
}

// The size of a panel and what stands around it, in pixels.
const (
	panelWidth  = 286
	panelHeight = 210
	panelHead   = 22
	legendRow   = 24
	legendChar  = 7
)

var _ Picture = Panels{}

// Draw draws the panels so many pixels wide, in as many columns as fit.
func (c Panels) Draw(width int) string {
	columns := min(max(1, width/panelWidth), max(1, len(c.Panels)))
	each := width / columns
	rows := (len(c.Panels) + columns - 1) / columns
	height := legendRow + rows*(panelHead+panelHeight)
	var b strings.Builder
	id := escape(fmt.Sprintf("%s-%d", c.ID, width))
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="%s-t %s-d">`, width, height, width, height, id, id)
	fmt.Fprintf(&b, `<title id="%s-t">%s</title><desc id="%s-d">%s</desc>`, id, escape(c.Title), id, escape(c.Description))
	c.drawLegend(&b)
	for i, panel := range c.Panels {
		x, y := i%columns*each, legendRow+i/columns*(panelHead+panelHeight)
		fmt.Fprintf(&b, `<text class="heading" x="%d" y="%d">%s</text>`, x+4, y+16, escape(panel.Title))
		panel.ID, panel.Height = fmt.Sprintf("%s-%d", c.ID, i), panelHeight
		fmt.Fprintf(&b, `<svg x="%d" y="%d" width="%d" height="%d">%s</svg>`, x, y+panelHead, each, panelHeight, panel.Draw(each).SVG)
	}
	b.WriteString("</svg>")
	return b.String()
}

func (c Panels) drawLegend(b *strings.Builder) {
	x := 4
	name := func(text string) {
		fmt.Fprintf(b, `<text x="%d" y="14">%s</text>`, x+27, escape(text))
		x += 27 + legendChar*len([]rune(text)) + 18
	}
	for i, line := range c.Legend {
		if line.Dots {
			fmt.Fprintf(b, `<g class="m%d"><circle cx="%d" cy="10" r="%g"/></g>`, i%Colours, x+16, dotRadius+0.5)
		} else {
			fmt.Fprintf(b, `<path class="line l%d" d="M%d 10H%d"/>`, i%Colours, x, x+22)
		}
		name(line.Name)
	}
	if c.Area != "" {
		fmt.Fprintf(b, `<rect class="area" x="%d" y="4" width="22" height="12"/>`, x)
		name(c.Area)
	}
}
