package report

import (
	"fmt"
	"html/template"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/HdrHistogram/hdrhistogram-go"

	"slotbench/results"
	"slotbench/results/compare"
	"slotbench/results/report/chart"
)

// ComparisonHTML writes a comparison as one page that asks for no other file:
// what Comparison says in words and tables, the intervals as pictures, and the
// latencies of the sides, whose runs are put together, beside each other.
func ComparisonHTML(w io.Writer, c *compare.Comparison, sides []compare.Side, o Options) error {
	doc := comparisonDocument(c, o)
	var parts []part
	for _, s := range doc.sections {
		p := newPart(nil, "compare", len(parts), s)
		for i := range c.Against {
			if s.title == versus(&c.Against[i]) {
				p.Stills = intervalPictures(c, i)
			}
		}
		parts = append(parts, p)
	}
	if f := sidesFigure(sides); f != nil {
		parts = append(parts, part{ID: "compare-latency", Title: "Response time of the sides", Figures: []drawn{draw(f, "compare")}})
	}
	return writePage(w, page{Title: doc.title, Parts: parts})
}

// versus is the heading of a pair.
func versus(p *compare.Pair) string { return clean(p.Other + " vs " + p.Base) }

// intervalPictures is how the metrics of a pair differ.
func intervalPictures(c *compare.Comparison, pair int) []still {
	p := &c.Against[pair]
	picture := chart.Intervals{
		ID: fmt.Sprintf("intervals-%d", pair), Title: versus(p), Axis: fmt.Sprintf("change, with %.0f %% intervals", 100*c.Confidence),
		Description: "The change of each metric and its interval; the table above has the figures. What goes beyond " + signedPercent(maxDrawnChange) + " is cut off.",
		Format:      tickChange,
	}
	cut := false
	for _, change := range p.Changes {
		if change.Interval == nil || math.IsNaN(change.Ratio) {
			continue
		}
		cut = cut || max(change.Ratio, change.Interval.High)-1 > maxDrawnChange
		picture.Rows = append(picture.Rows, chart.Estimate{
			Name: clean(metricTitle(change.Metric)), At: drawnChange(change.Ratio), Low: drawnChange(change.Interval.Low), High: drawnChange(change.Interval.High),
			Sure: change.Outcome == compare.Better || change.Outcome == compare.Worse,
		})
	}
	if cut {
		picture.Axis += "; what goes beyond " + tickChange(maxDrawnChange) + " is cut off"
	}
	if len(picture.Rows) == 0 {
		return nil
	}
	return []still{{Wide: template.HTML(picture.Draw(wideChart)), Narrow: template.HTML(picture.Draw(narrowChart))}}
}

// tickChange is a change on an axis, without needless decimals.
func tickChange(change float64) string {
	percent := strconv.FormatFloat(100*change, 'g', 4, 64) + " %"
	if change > 0 {
		return "+" + percent
	}
	return strings.Replace(percent, "-", "−", 1)
}

// maxDrawnChange is where pictures of changes are cut off: a hundredfold one
// would leave all others on a point.
const maxDrawnChange = 2

func drawnChange(ratio float64) float64 { return min(max(ratio, 0)-1, maxDrawnChange) }

// sidesFigure puts the runs of each side together.
func sidesFigure(sides []compare.Side) *figure {
	var all []named
	for _, side := range sides {
		var sum *hdrhistogram.Histogram
		for _, run := range side.Runs {
			h, err := results.Histogram(run.Record.Totals.ResponseHDR)
			switch {
			case err != nil || h == nil:
			case sum == nil:
				sum = h
			default:
				sum.Merge(h)
			}
		}
		if sum != nil && sum.TotalCount() > 0 {
			all = append(all, named{clean(side.Name), sum})
		}
	}
	return percentileFigure("sides", "Response time by percentile", "Response time by percentile, a line for each side, of all its runs together.", all)
}
