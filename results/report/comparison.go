package report

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"

	"slotbench/results"
	"slotbench/results/compare"
)

// FormatBenchstat is a format of comparisons alone: the Go benchmark format,
// which benchstat reads.
const FormatBenchstat = "benchstat"

// ComparisonFormats are those that Comparison knows.
var ComparisonFormats = []string{FormatTable, FormatCSV, FormatMarkdown, FormatJSON, FormatHTML, FormatBenchstat}

// CheckComparisonFormat is the error that Comparison would answer an unknown
// format with.
func CheckComparisonFormat(format string) error {
	if slices.Contains(ComparisonFormats, format) {
		return nil
	}
	return fmt.Errorf("format %q: want one of %s", format, strings.Join(ComparisonFormats, ", "))
}

// Comparison writes a comparison in one of ComparisonFormats.
func Comparison(w io.Writer, format string, c *compare.Comparison, o Options) error {
	switch format {
	case FormatTable:
		return comparisonDocument(c, o).table(w, o)
	case FormatMarkdown:
		return comparisonDocument(c, o).markdown(w, nil)
	case FormatCSV:
		return comparisonCSV(w, c)
	case FormatJSON:
		text, err := json.MarshalIndent(c, "", "  ")
		if err != nil {
			return fmt.Errorf("comparison: %w", err)
		}
		_, err = w.Write(append(text, '\n'))
		return err
	case FormatHTML:
		return ComparisonHTML(w, c, nil, o)
	case FormatBenchstat:
		return c.Benchstat(w)
	}
	return CheckComparisonFormat(format)
}

func comparisonDocument(c *compare.Comparison, o Options) *document {
	names := make([]string, len(c.Sides))
	for i, s := range c.Sides {
		names[i] = s.Name
	}
	doc := &document{title: fmt.Sprintf("%s: %s against %s", c.Workload, strings.Join(names[1:], " and "), names[0])}
	doc.sections = append(doc.sections, sidesSection(c))
	if len(c.Against) == 0 {
		doc.title = fmt.Sprintf("%s: %s", c.Workload, names[0])
		doc.sections = append(doc.sections, aloneSection(&c.Sides[0]))
	}
	for i := range c.Against {
		doc.sections = append(doc.sections, section{lines: conclusion(&c.Against[i])})
	}
	for i := range c.Against {
		doc.sections = append(doc.sections, changesSection(c, &c.Against[i], &c.Sides[0], &c.Sides[1+i], o))
	}
	doc.sections = append(doc.sections, gatesSection(c), differsSection(c), warningsSection(c))
	if o.Path != "" {
		doc.sections = append(doc.sections, section{lines: []string{"Runs and comparison: " + o.Path}})
	}
	doc.title = clean(doc.title)
	doc.keepFilled()
	return doc
}

// sidesSection is who is compared.
func sidesSection(c *compare.Comparison) section {
	t := &table{left: []int{0, 1, 2}}
	for _, s := range c.Sides {
		what := s.Product
		if what != s.Target && s.Target != "" {
			what = s.Target + ": " + what
		}
		t.add(s.Name, what, counted(int64(s.Runs), "run")+", "+verdictsText(s.Verdicts))
	}
	return section{table: t}
}

// verdictsText is how many runs have which verdict, the best first.
func verdictsText(verdicts map[string]int) string {
	var parts []string
	for _, v := range []string{results.Valid, results.Unsteady, results.ShortOffered, results.ClientBound, results.Errors} {
		if n := verdicts[v]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, v))
		}
	}
	if len(parts) == 0 {
		return strings.Join(slices.Sorted(maps.Keys(verdicts)), ", ")
	}
	return strings.Join(parts, ", ")
}

// aloneSection is how the runs of an only side scatter.
func aloneSection(side *compare.Summary) section {
	t := &table{head: []string{"", "middle", "95 % interval", "least", "most"}, left: []int{0}}
	for i := range side.Figures {
		f := &side.Figures[i]
		interval := none
		if f.Interval != nil {
			interval = unitText(f.Interval.Low, f.Unit) + " … " + unitText(f.Interval.High, f.Unit)
		}
		t.add(metricTitle(f.Metric), unitText(f.Center, f.Unit), interval,
			unitText(slices.Min(f.Values), f.Unit), unitText(slices.Max(f.Values), f.Unit))
	}
	return section{title: counted(int64(side.Runs), "run"), table: t}
}

// conclusion is what the primary metric of a pair says, in words.
func conclusion(p *compare.Pair) []string {
	change := p.Primary()
	title := metricTitle(change.Metric)
	switch change.Outcome {
	case compare.NoClaim:
		return []string{fmt.Sprintf("No claim: %s.", p.Claim)}
	case compare.NotMeasured:
		return []string{fmt.Sprintf("Nothing can be said of %s: %s.", title, change.Note)}
	case compare.TooFew:
		return []string{fmt.Sprintf("Too few runs: nothing is claimed below %d a side. %s of %s against %s: %s, all of which may be chance.",
			compare.MinRuns, upperFirst(title), p.Other, p.Base, changeText(change.Ratio))}
	}
	sure := fmt.Sprintf("%s, %.0f %% confidence, %s", intervalText(change.Interval), 100*compare.Confidence, pText(change.Corrected))
	switch {
	case change.Outcome != compare.Better && change.Outcome != compare.Worse:
		return []string{fmt.Sprintf("No difference shown between %s and %s in %s: %s (%s).", p.Other, p.Base, title, changeText(change.Ratio), sure), detectableText(change)}
	case change.Ratio >= maxPercentRatio:
		return []string{fmt.Sprintf("%s%sits %s is %s that of %s (%s).", p.Other, outcomeWord(change.Outcome), title, changeText(change.Ratio), p.Base, sure), detectableText(change)}
	}
	word := "higher"
	if change.Ratio < 1 {
		word = "lower"
	}
	size := strings.TrimLeft(signedPercent(change.Ratio-1), "+−")
	return []string{fmt.Sprintf("%s%sits %s is %s %s than that of %s (%s).", p.Other, outcomeWord(change.Outcome), title, size, word, p.Base, sure), detectableText(change)}
}

// detectableText is what such runs can show at all.
func detectableText(c *compare.Change) string {
	text := fmt.Sprintf("Such runs show an increase by %s in %.0f of 100 cases (the minimum detectable difference), one by 5 %% in %.0f",
		sizeText(*c.Detectable), 100*compare.Power, math.Floor(100**c.Power5))
	if *c.Power5 < compare.Power {
		if *c.RunsFor5 >= compare.MaxRuns {
			return text + "; more runs will hardly do, longer ones may."
		}
		return text + fmt.Sprintf("; for that it takes about %d runs a side.", *c.RunsFor5)
	}
	return text + "."
}

// fullWidth is what the whole table of changes takes. On a narrower terminal
// it goes without what the other formats still have.
const fullWidth = 116

// changesSection is every metric of a pair, as benchstat would lay it out.
func changesSection(c *compare.Comparison, p *compare.Pair, base, other *compare.Summary, o Options) section {
	interval := fmt.Sprintf("%.0f %% interval", 100*c.Confidence)
	narrow := o.Width > 0 && o.Width < fullWidth
	t := &table{head: []string{"", p.Base, p.Other, "change", interval, "p", "detectable", ""}, left: []int{0, 7}}
	for i := range p.Changes {
		change := &p.Changes[i]
		title := metricTitle(change.Metric)
		if change.Primary {
			title += " *"
		}
		significance := pText(change.Corrected)
		if !narrow {
			significance += countText(change, base, other)
		}
		t.add(title, figureText(base.Figure(change.Metric), narrow), figureText(other.Figure(change.Metric), narrow),
			shownChange(change), intervalText(change.Interval), significance, detectableCell(change), outcomeText(change))
	}
	lines := []string{"* primary metric, of the conclusion; p of the others is corrected for there being several (Holm). ~: no difference shown."}
	if narrow {
		t.drop(6)
	} else {
		lines = append(lines, fmt.Sprintf("detectable: the least increase that such runs show in %.0f of 100 cases.", 100*compare.Power))
	}
	if base.Runs < c.MinRuns || other.Runs < c.MinRuns {
		lines = []string{"* primary metric"}
	}
	return section{title: p.Other + " vs " + p.Base, table: t, lines: lines}
}

// outcomeText is what the other cells do not say.
func outcomeText(c *compare.Change) string {
	switch {
	case c.Outcome == compare.NoneShown:
		return "" // ~ says it
	case c.Note != "":
		return c.Outcome + ": " + c.Note
	}
	return c.Outcome
}

func differsSection(c *compare.Comparison) section {
	s := section{title: "What differs"}
	if len(c.Against) == 0 {
		return section{}
	}
	for _, line := range c.Differs {
		s.lines = append(s.lines, bullet+line)
	}
	if len(c.Differs) == 0 {
		s.lines = []string{"Nothing: configuration and target are the same."}
	}
	return s
}

func warningsSection(c *compare.Comparison) section {
	s := section{title: "Mind"}
	for _, line := range c.Warnings[:min(maxChecks, len(c.Warnings))] {
		s.lines = append(s.lines, bullet+results.LevelWarning+": "+line)
	}
	s.lines = append(s.lines, more(maxChecks, len(c.Warnings), "warning")...)
	return s
}

func gatesSection(c *compare.Comparison) section {
	s := section{title: "Gates"}
	for _, g := range c.Gates {
		s.lines = append(s.lines, bullet+GateText(g))
	}
	return s
}
