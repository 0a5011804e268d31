package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"slotbench/results"
	"slotbench/results/report/chart"
)

// maxSpreads is how many spreads are drawn; the table has all of them.
const maxSpreads = 24

// distribution is one spread of the certificate with its name.
type distribution struct {
	family, of string
	ranks      bool // its bins are ranks: the first ones are few keys, not small ones
	*results.CertifiedSpread
}

// spreads are those of a certificate in which there is something to see: more
// than one bin.
func spreads(c *results.Certificate) []distribution {
	if c == nil {
		return nil
	}
	var all []distribution
	for _, f := range c.Families {
		for _, s := range []distribution{
			{f.Name, "popularity", true, f.Ranks}, {f.Name, "value bytes", false, f.ValueSizes},
			{f.Name, "key bytes", false, f.KeySizes}, {f.Name, "keys of the tag", false, f.TagSizes},
		} {
			if s.CertifiedSpread != nil && len(s.UpTo) > 1 && len(s.Sent) == len(s.UpTo) && (len(s.Asked) == 0 || len(s.Asked) == len(s.UpTo)) {
				all = append(all, s)
			}
		}
	}
	return all
}

// spreadPlate is what was asked against what was sent, a panel for each
// distribution.
func spreadPlate(rec *results.Record) *plate {
	all := spreads(rec.Certificate)
	if len(all) == 0 {
		return nil
	}
	picture := chart.Panels{
		Title: "Asked and sent distributions",
		Description: "For each family of keys: the share of the requests that one key gets, by its rank of popularity, on logarithmic axes; " +
			"and the share of the requests with values, keys and tags not above a size. The table says how far asked and sent are apart.",
		Legend: []chart.Line{{Name: "asked"}, {Name: "sent", Dots: true}}, Area: "95 of 100 by chance",
	}
	for _, s := range all[:min(len(all), maxSpreads)] {
		picture.Panels = append(picture.Panels, s.panel())
	}
	return &plate{id: "certificate", title: picture.Title, table: spreadTable(all),
		picture: func(id string) chart.Picture { picture.ID = id; return picture }}
}

func (s distribution) panel() chart.Lines {
	name := clean(s.family) + ": " + s.of
	if s.ranks {
		return s.rankPanel(name)
	}
	p := chart.Lines{Title: name,
		Description: fmt.Sprintf("The share of the requests with %s up to a size: asked and sent are at most %s apart.", s.of, gapText(s)),
		X:           chart.Axis{Label: s.of, Log: s.UpTo[0] > 0 && float64(s.UpTo[len(s.UpTo)-1]) > 8*float64(s.UpTo[0]), Format: tickRate},
		Y:           chart.Axis{Label: "share of requests up to", Zero: true, Top: 1, Format: tickShare}}
	sent := s.cumulated("sent", s.Sent)
	sent.Dots = true
	if len(s.Asked) > 0 {
		asked := s.cumulated("asked", s.Asked)
		asked.X, asked.Y = append([]float64{asked.X[0]}, asked.X...), append([]float64{0}, asked.Y...)
		asked.Step = true
		p.Areas = []chart.Area{s.sampledCumulated()}
		p.Lines = []chart.Line{asked, sent}
		return p
	}
	p.Lines = []chart.Line{{Name: "asked"}, sent} // each keeps its colour
	return p
}

// cumulated is the share of the requests up to the end of each bin.
func (s distribution) cumulated(name string, shares []float64) chart.Line {
	line, sum := chart.Line{Name: name}, 0.0
	for i, share := range shares {
		sum += share
		line.X, line.Y = append(line.X, float64(s.UpTo[i])), append(line.Y, min(sum, 1))
	}
	return line
}

// chanceDeviations is how many standard deviations hold 95 of 100 samples.
const chanceDeviations = 1.96

// sampledCumulated is where 95 of 100 samples of what was asked would be.
func (s distribution) sampledCumulated() chart.Area {
	a := chart.Area{Step: true}
	for i, share := range s.cumulated("", s.Asked).Y {
		off := chanceDeviations * math.Sqrt(max(0, share*(1-share)/float64(s.Samples)))
		a.X = append(a.X, float64(s.UpTo[i]))
		a.Low, a.High = append(a.Low, max(0, share-off)), append(a.High, min(1, share+off))
	}
	return a
}

// rankPanel is rank and frequency of keys on logarithmic axes, on which Zipf's
// law is a straight line.
func (s distribution) rankPanel(name string) chart.Lines {
	p := chart.Lines{Title: name, Description: fmt.Sprintf("The share of the requests for a key by its rank of popularity, of %d requests that were looked at.", s.Samples),
		X: chart.Axis{Label: "rank of the key", Log: true, Format: tickRate},
		Y: chart.Axis{Label: "share of requests for one key", Log: true, Format: tickPower}}
	asked, sent, area := chart.Line{Name: "asked"}, chart.Line{Name: "sent", Dots: true}, chart.Area{}
	before := int64(0)
	for i, last := range s.UpTo {
		keys := float64(last - before)
		at := math.Sqrt(float64(before+1) * float64(last))
		before = last
		if len(s.Asked) > 0 {
			off := chanceDeviations * math.Sqrt(s.Asked[i]/float64(s.Samples))
			asked.X, asked.Y = append(asked.X, at), append(asked.Y, s.Asked[i]/keys)
			area.X = append(area.X, at)
			area.Low, area.High = append(area.Low, (s.Asked[i]-off)/keys), append(area.High, (s.Asked[i]+off)/keys)
		}
		if s.Sent[i] > 0 { // else there is no place for it
			sent.X, sent.Y = append(sent.X, at), append(sent.Y, s.Sent[i]/keys)
		}
	}
	p.Lines, p.Areas = []chart.Line{asked, sent}, []chart.Area{area}
	return p
}

// gap is the largest distance between the cumulated shares (Kolmogorov and
// Smirnov's), and what it stays below in 95 of 100 samples of continuous
// values; of few values it stays lower.
func (s distribution) gap() (far, byChance float64) {
	asked, sent := 0.0, 0.0
	for i := range s.Asked {
		asked, sent = asked+s.Asked[i], sent+s.Sent[i]
		far = max(far, math.Abs(asked-sent))
	}
	const kolmogorov = 1.358
	return far, kolmogorov / math.Sqrt(float64(max(1, s.Samples)))
}

func gapText(s distribution) string {
	if len(s.Asked) == 0 {
		return none
	}
	far, _ := s.gap()
	return percent(far)
}

// quantile is the end of the bin below or in which so large a share lies.
func (s distribution) quantile(shares []float64, share float64) string {
	sum := 0.0
	for i, one := range shares {
		if sum += one; sum >= share-1e-4 { // shares are rounded
			return count(s.UpTo[i])
		}
	}
	return none
}

// spreadTable says of each distribution where its quantiles are, asked and
// sent, and how far they are apart.
func spreadTable(all []distribution) *table {
	t := &table{head: []string{"family", "of", "p50 asked", "sent", "p90 asked", "sent", "p99 asked", "sent", "largest gap", "by chance below", "samples"}, left: []int{0, 1}}
	for _, s := range all {
		row := []string{clean(s.family), s.of}
		if s.ranks {
			row[1] += ", rank"
		}
		for _, share := range []float64{0.5, 0.9, 0.99} {
			row = append(row, s.quantile(s.Asked, share), s.quantile(s.Sent, share))
		}
		_, byChance := s.gap()
		t.add(append(row, gapText(s), percent(byChance), count(s.Samples))...)
	}
	return t
}

// tickShare is a share on an axis.
func tickShare(share float64) string {
	return strconv.FormatFloat(share*100, 'g', 4, 64) + " %"
}

// tickPower is a number on an axis of many decades: 10⁻³, 2·10⁻³.
func tickPower(v float64) string {
	if v <= 0 {
		return "0"
	}
	exponent := int(math.Floor(math.Log10(v) + 1e-9))
	power := "10" + strings.NewReplacer("-", "⁻", "0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴", "5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹").Replace(strconv.Itoa(exponent))
	if exponent == 0 {
		power = "1"
	}
	if m := math.Round(v / math.Pow10(exponent)); m > 1 {
		return strconv.FormatFloat(m, 'g', 2, 64) + "·" + power
	}
	return power
}
