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
		Description: "The change of each metric and its interval; the table above has the figures.",
		Format:      tickChange,
	}
	place := func(ratio float64) float64 { return max(ratio, 0) - 1 }
	if widest(p) > maxLinearRatio {
		place = func(ratio float64) float64 { return math.Log10(min(max(ratio, 1/maxDrawnRatio), maxDrawnRatio)) }
		picture.Axis = fmt.Sprintf("times as much, with %.0f %% intervals", 100*c.Confidence)
		picture.Ticks = ratioTicks()
	}
	for _, change := range p.Changes {
		if change.Interval == nil || math.IsNaN(change.Ratio) {
			continue
		}
		picture.Rows = append(picture.Rows, chart.Estimate{
			Name: clean(metricTitle(change.Metric)), At: place(change.Ratio), Low: place(change.Interval.Low), High: place(change.Interval.High),
			Sure: change.Outcome == compare.Better || change.Outcome == compare.Worse,
		})
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

// From where on changes are drawn on a logarithmic axis, on which half and
// twice as much are equally far from the same; and where that ends.
const (
	maxLinearRatio = 2.5
	maxDrawnRatio  = 1000
)

// widest is the largest ratio that a picture of a pair has to show.
func widest(p *compare.Pair) float64 {
	most := 0.0
	for _, change := range p.Changes {
		if change.Interval != nil && !math.IsNaN(change.Ratio) {
			most = max(most, change.Ratio, change.Interval.High)
		}
	}
	return most
}

// ratioTicks are those of the logarithmic axis.
func ratioTicks() []chart.Tick {
	var ticks []chart.Tick
	for unit := 1 / float64(maxDrawnRatio); unit <= maxDrawnRatio; unit *= 10 {
		for _, m := range []float64{1, 2, 5} {
			ticks = append(ticks, chart.Tick{At: math.Log10(m * unit), Label: "×" + strconv.FormatFloat(m*unit, 'g', 3, 64)})
		}
	}
	return ticks
}

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
