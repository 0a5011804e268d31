package chart

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"image"
	"image/color"
	"image/png"
	"math"
	"strings"
)

// escape is text as SVG takes it.
func escape(text string) string { return html.EscapeString(text) }

// Cividis are points of the colour map of that name, from the least to the
// most, which eyes with and without colour see alike.
var Cividis = [...]color.RGBA{
	{0, 32, 77, 255}, {0, 50, 111, 255}, {45, 68, 109, 255}, {74, 86, 108, 255}, {97, 104, 111, 255}, {118, 121, 119, 255},
	{142, 140, 119, 255}, {168, 159, 113, 255}, {195, 179, 102, 255}, {223, 201, 85, 255}, {255, 234, 70, 255},
}

// shade is the colour of a share, 0 … 1.
func shade(share float64) color.RGBA {
	at := min(max(share, 0), 1) * float64(len(Cividis)-1)
	i := min(int(at), len(Cividis)-2)
	part := at - float64(i)
	mix := func(a, b uint8) uint8 { return uint8(math.Round(float64(a) + part*(float64(b)-float64(a)))) }
	a, b := Cividis[i], Cividis[i+1]
	return color.RGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 255}
}

// Side is the length of the square that so many slots fill.
func Side(slots int) int { return int(math.Ceil(math.Sqrt(float64(slots)))) }

// SlotMap is a square of slots, row by row, coloured by the logarithm of their
// values; slots with 0 stay empty.
type SlotMap struct {
	Title, Description string
	Values             []float64
	Format             func(float64) string
}

// The size of a slot and of a map's margins, in pixels.
const (
	slotPixels = 4
	mapMargin  = 24
	keyWidth   = 160
)

// File is the map as an SVG of its own, which follows the reader's scheme.
// The error is of the picture in it and does not happen to maps of a sane size.
func (m SlotMap) File() (string, error) {
	side := Side(len(m.Values))
	low, high := m.extent()
	picture := image.NewRGBA(image.Rect(0, 0, side, side))
	for i, v := range m.Values {
		if v > 0 {
			picture.SetRGBA(i%side, i/side, shade(logShare(v, low, high)))
		}
	}
	var encoded bytes.Buffer
	if err := png.Encode(&encoded, picture); err != nil {
		return "", fmt.Errorf("slot map: %w", err)
	}
	edge := side * slotPixels
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="t d">`,
		edge+2, edge+2+mapMargin, edge+2, edge+2+mapMargin)
	fmt.Fprintf(&b, `<title id="t">%s</title><desc id="d">%s</desc>`, escape(m.Title), escape(m.Description))
	fmt.Fprintf(&b, `<style>svg{%sbackground:var(--ground)}@media (prefers-color-scheme:dark){svg{%s}}%s</style>`, Variables(false), Variables(true), Style())
	fmt.Fprintf(&b, `<image x="1" y="1" width="%d" height="%d" style="image-rendering:pixelated" href="data:image/png;base64,%s"/>`,
		edge, edge, base64.StdEncoding.EncodeToString(encoded.Bytes()))
	fmt.Fprintf(&b, `<rect x="0.5" y="0.5" width="%d" height="%d" style="fill:none;stroke:var(--muted)"/>`, edge+1, edge+1)
	m.key(&b, edge+7, low, high)
	b.WriteString("</svg>\n")
	return b.String(), nil
}

// key shows which colour stands for what.
func (m SlotMap) key(b *strings.Builder, y int, low, high float64) {
	b.WriteString(`<defs><linearGradient id="k">`)
	for i, c := range Cividis {
		fmt.Fprintf(b, `<stop offset="%.2f" stop-color="#%02x%02x%02x"/>`, float64(i)/float64(len(Cividis)-1), c.R, c.G, c.B)
	}
	fmt.Fprintf(b, `</linearGradient></defs><rect x="1" y="%d" width="%d" height="12" fill="url(#k)"/>`, y, keyWidth)
	fmt.Fprintf(b, `<text x="%d" y="%d">%s … %s</text>`, keyWidth+8, y+11, escape(m.Format(low)), escape(m.Format(high)))
}

// extent is the least and the largest of the values above 0.
func (m SlotMap) extent() (low, high float64) {
	low = math.Inf(1)
	for _, v := range m.Values {
		if v > 0 {
			low, high = min(low, v), max(high, v)
		}
	}
	if high == 0 {
		low = 0
	}
	return low, high
}

// logShare is where a value lies between two others, by its logarithm.
func logShare(v, low, high float64) float64 {
	if high <= low {
		return 1
	}
	return math.Log(v/low) / math.Log(high/low)
}
