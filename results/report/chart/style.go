package chart

import (
	"fmt"
	"strings"
)

// Colours is how many lines of a picture are told apart by colour and by
// their dashes, so that no eye needs the colours alone.
const Colours = 8

// The palette of Okabe and Ito, which colour-blind eyes tell apart, darkened
// or lightened where a scheme's ground asks for it.
var (
	lightLines = [Colours]string{"#0072b2", "#c44e00", "#00805d", "#a3467e", "#8a6100", "#2a7fb0", "#5b5b5b", "#7a3fc0"}
	darkLines  = [Colours]string{"#56b4e9", "#ff9a4d", "#2fd0a0", "#f09cc9", "#f0c74a", "#9bd3f5", "#c8c8c8", "#c5a3ff"}
	dashes     = [Colours]string{"none", "7 3", "2 3", "9 3 2 3", "5 2", "1 2", "12 4", "4 4 1 4"}
)

// Variables are the colours of a scheme as CSS declarations.
func Variables(dark bool) string {
	lines, ground, ink, muted, grid, band := lightLines, "#ffffff", "#1c2127", "#57606a", "#dfe3e8", "#e69f00"
	if dark {
		lines, ground, ink, muted, grid, band = darkLines, "#12161c", "#e8ecf1", "#a3adb8", "#2c343e", "#e69f00"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "--ground:%s;--ink:%s;--muted:%s;--grid:%s;--band:%s;", ground, ink, muted, grid, band)
	for i, colour := range lines {
		fmt.Fprintf(&b, "--l%d:%s;", i, colour)
	}
	return b.String()
}

// Style is the CSS of pictures, without the variables of a scheme.
func Style() string {
	var b strings.Builder
	b.WriteString(`.chart text{font:12px system-ui,sans-serif;fill:var(--muted)}` +
		`.chart .grid{stroke:var(--grid);stroke-width:1}.chart .axis{stroke:var(--muted);stroke-width:1}` +
		`.chart .band{fill:var(--band);fill-opacity:.22;stroke:var(--band);stroke-opacity:.8;vector-effect:non-scaling-stroke}` +
		`.chart .edge{stroke:var(--muted);stroke-width:1.5;stroke-dasharray:5 4;vector-effect:non-scaling-stroke}` +
		`.chart .line{fill:none;stroke-width:2;vector-effect:non-scaling-stroke;stroke-linejoin:round}`)
	b.WriteString(`.chart .area{fill:var(--muted);fill-opacity:.22}.chart .heading{fill:var(--ink);font-weight:600}.chart .raised{paint-order:stroke;stroke:var(--ground);stroke-width:5px}.chart .inside{fill:var(--ground);font-weight:600}`)
	b.WriteString(`.chart .span{stroke-width:3;stroke-dasharray:none}`)
	for i := range Colours {
		fmt.Fprintf(&b, ".m%d{fill:var(--l%d)}", i, i)
		fmt.Fprintf(&b, ".l%d{stroke:var(--l%d);stroke-dasharray:%s}", i, i, dashes[i])
	}
	return b.String()
}

// Picture is what can be drawn without a pointer's need to find anything on it.
type Picture interface {
	// Draw is the picture as SVG, so many pixels wide.
	Draw(width int) string
}

// File makes a picture of lines a file of its own, which follows the reader's
// scheme, with the names of its lines above it.
func File(c Lines, width int) string {
	c.Title, c.Y.Label = strings.TrimSpace(c.Title), ""
	legend := strings.Builder{}
	x := marginLeft
	for i, line := range c.Lines {
		name := escape(line.Name)
		if line.Dots {
			fmt.Fprintf(&legend, `<g class="m%d"><circle cx="%d" cy="10" r="%g"/></g><text x="%d" y="14">%s</text>`, i%Colours, x+16, dotRadius+0.5, x+27, name)
		} else {
			fmt.Fprintf(&legend, `<path class="line l%d" d="M%d 10H%d"/><text x="%d" y="14">%s</text>`, i%Colours, x, x+22, x+27, name)
		}
		x += 27 + legendChar*len([]rune(line.Name)) + 18
	}
	return standAlone(c.Draw(width).SVG, legend.String())
}

// PictureFile makes another picture a file of its own.
func PictureFile(p Picture, width int) string { return standAlone(p.Draw(width), "") }

// standAlone gives a picture its colours, and what is to stand above it.
func standAlone(svg, above string) string {
	style := "<style>svg{" + Variables(false) + "background:var(--ground)}" +
		"@media (prefers-color-scheme:dark){svg{" + Variables(true) + "}}" + Style() + "</style>"
	open := strings.IndexByte(svg, '>') + 1
	return svg[:open] + style + above + svg[open:] + "\n"
}
