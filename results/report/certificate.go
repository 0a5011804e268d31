package report

import (
	"fmt"
	"strings"

	"slotbench/results"
)

// certificateSection says what was sent against what was asked, as far as a
// reader wants to know it without looking into the record.
func certificateSection(rec *results.Record) section {
	c := rec.Certificate
	if c == nil || c.Samples == 0 {
		return section{}
	}
	t := facts()
	t.add("mix", distanceText(c.Mix)+" of the requests are of another operation than asked")
	if c.Slots != nil {
		t.add("slots", distanceText(*c.Slots)+" of the operations are in another slot than asked")
	} else {
		t.add("slots", "not compared: "+c.SlotsNote)
	}
	for _, f := range c.Families {
		t.add(f.Name, familyText(f))
	}
	for _, o := range c.Operations {
		if o.TTLSeconds != nil {
			t.add(o.Name, fmt.Sprintf("times to live of %s s on average, asked %s", meanText(o.TTLSeconds.Sent), meanText(o.TTLSeconds.Asked)))
		}
	}
	title := fmt.Sprintf("Sent against asked (a sample of %s, 1 in %d)", counted(c.Samples, "request"), c.OneIn)
	return section{name: sectionCertificate, title: title, table: t}
}

func distanceText(d results.Distance) string {
	return fmt.Sprintf("%s (by chance %s)", percent(d.Distance), percent(d.ByChance))
}

func familyText(f results.CertifiedFamily) string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if e := f.Exponent; e != nil {
		add("exponent %.3f ± %.3f, asked %g", e.Sent, e.Margin, e.Asked)
	} else {
		add("%s", f.Popularity)
	}
	sizes := func(name string, s *results.CertifiedSizes, spread string) {
		if s != nil {
			add("%s of %s B, asked %s%s", name, meanText(s.Mean.Sent), meanText(s.Mean.Asked), spread)
		}
	}
	sizes("keys", f.KeyBytes, "")
	sizes("values", f.ValueBytes, gapNote(f.ValueSizes))
	if f.TagKeys != nil {
		add("tags of %s keys, asked %s%s", meanText(f.TagKeys.Sent), meanText(f.TagKeys.Asked), gapNote(f.TagSizes))
	}
	return strings.Join(parts, "; ")
}

// gapNote says of a distribution, whose mean a few large values decide, how far
// it is from what was asked for; "" where there is one value, or none to compare
// with.
func gapNote(s *results.CertifiedSpread) string {
	if s == nil || len(s.UpTo) < 2 || len(s.Asked) != len(s.Sent) {
		return ""
	}
	far, byChance := distribution{CertifiedSpread: s}.gap()
	return fmt.Sprintf(" (largest gap %s, by chance below %s)", percent(far), percent(byChance))
}

// meanText is a mean as a reader takes it in.
func meanText(x float64) string { return significant(x, timeDigits) }
