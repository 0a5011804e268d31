package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"slotbench/results/compare"
)

func countText(c *compare.Change, base, other *compare.Summary) string {
	if c.P == nil {
		return ""
	}
	if base.Runs == other.Runs {
		return fmt.Sprintf(" n=%d", base.Runs)
	}
	return fmt.Sprintf(" n=%d+%d", base.Runs, other.Runs)
}

// shownChange is ~ where no difference is shown, as benchstat has it.
func shownChange(c *compare.Change) string {
	switch c.Outcome {
	case compare.NotMeasured:
		return none
	case compare.NoneShown, compare.NotAfter:
		return "~"
	}
	return changeText(c.Ratio)
}

// changeText is a ratio as a signed change in per cent.
func changeText(ratio float64) string {
	if ratio >= maxPercentRatio {
		return "×" + significant(ratio, timeDigits)
	}
	return signedPercent(ratio - 1)
}

// maxPercentRatio is the ratio from which on a factor is easier to read than
// per cents.
const maxPercentRatio = 10

func signedPercent(change float64) string {
	text := percent(math.Abs(change))
	if math.Abs(change) >= 1 {
		text = strconv.FormatFloat(math.Abs(change)*100, 'f', 0, 64) + " %"
	}
	switch {
	case strings.Trim(text, "0. %") == "":
		return "0 %"
	case change < 0:
		return "−" + text
	}
	return "+" + text
}

func intervalText(i *compare.Interval) string {
	if i == nil {
		return none
	}
	return changeText(i.Low) + " … " + changeText(i.High)
}

func pText(p *float64) string {
	switch {
	case p == nil:
		return none
	case *p < 0.001:
		return "p<0.001"
	}
	return "p=" + strconv.FormatFloat(*p, 'f', 3, 64)
}

func detectableCell(c *compare.Change) string {
	if c.Detectable == nil {
		return none
	}
	return sizeText(*c.Detectable)
}

// sizeText is a change without its sign.
func sizeText(change float64) string { return strings.TrimPrefix(changeText(1+change), "+") }

func metricTitle(name string) string {
	m, err := compare.MetricNamed(name)
	if err != nil {
		return name
	}
	return m.Title
}

// figureText is a side's figure and how far its interval reaches.
func figureText(f *compare.Figure, narrow bool) string {
	if f == nil {
		return none
	}
	text := unitText(f.Center, f.Unit)
	if f.Interval != nil && f.Center > 0 && !narrow {
		reach := max(f.Interval.High/f.Center-1, 1-f.Interval.Low/f.Center)
		text += " ± " + wholePercent(reach)
	}
	return text
}

// maxReach is the widest interval, as a share of the figure, that is told.
const maxReach = 9.99

func wholePercent(share float64) string {
	decimals := 0
	if share > maxReach {
		return "∞" // as benchstat has it
	}
	if share < 0.0095 {
		decimals = 1
	}
	return strconv.FormatFloat(share*100, 'f', decimals, 64) + " %"
}

// unitText is a figure with its unit.
func unitText(x float64, unit compare.Unit) string {
	switch unit {
	case compare.PerSecond:
		return rate(x)
	case compare.Micros:
		return micros(x)
	case compare.CPUMicros:
		return micros(x) + "/op"
	case compare.Seconds:
		return seconds(x)
	case compare.Millis:
		return millis(x)
	case compare.Share:
		return percent(x)
	}
	return significant(x, rateDigits)
}

// GateText says in a sentence what became of a gate, and by how much.
func GateText(g compare.GateResult) string {
	show := func(x float64) string {
		if g.Relative {
			return signedPercent(x)
		}
		return unitText(x, g.Unit)
	}
	text := gateWord + strconv.Quote(g.Gate)
	if g.Side != "" {
		text += " on " + g.Side
	}
	text += ": " + g.Outcome
	if g.Value != nil {
		text += fmt.Sprintf(": %s is %s", metricTitle(g.Metric), show(*g.Value))
		if g.Interval != nil {
			text += fmt.Sprintf(" (%s … %s)", show(g.Interval.Low), show(g.Interval.High))
		}
		text += ", " + gateDistance(g)
	}
	if g.Why != "" {
		text += "; " + g.Why
	}
	return text
}

// gateDistance is how far the figure lies from the limit.
func gateDistance(g compare.GateResult) string {
	apart := math.Abs(*g.Value - g.Limit)
	side := "above"
	if *g.Value < g.Limit {
		side = "below"
	}
	if g.Relative {
		return fmt.Sprintf("%s points %s the limit", significant(100*apart, 3), side)
	}
	if g.Limit == 0 {
		return fmt.Sprintf("%s the limit 0", side)
	}
	return fmt.Sprintf("%s %s the limit %s", percent(apart/g.Limit), side, unitText(g.Limit, g.Unit))
}

// upperFirst begins a sentence.
func upperFirst(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// outcomeWord is how a conclusion names an outcome that is claimed.
func outcomeWord(outcome string) string { return " is " + strings.ToUpper(outcome) + ": " }

// comparedColour is the colour of a conclusion's line, and of a gate's.
func comparedColour(line string) string {
	if gate, ok := strings.CutPrefix(line, bullet+gateWord); ok {
		switch {
		case strings.Contains(gate, ": "+compare.Broken):
			return red
		case strings.Contains(gate, ": "+compare.CannotTell):
			return yellow
		}
		return green
	}
	switch {
	case strings.Contains(line, outcomeWord(compare.Worse)):
		return red
	case strings.Contains(line, outcomeWord(compare.Better)):
		return green
	}
	return ""
}

// gateWord begins what is said of a gate.
const gateWord = "gate "
