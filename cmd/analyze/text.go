package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"slotbench/internal/skew"
)

// section is a piece of the report that people read: a title, sentences, and
// perhaps a table or a drawing.
type section struct {
	title   string
	says    []string
	head    []string
	rows    [][]string
	left    []int // columns of text; the others are numbers
	drawing []string
}

// sections is the report in the order in which it is read: the answer first.
func (r *report) sections() []section {
	all := []section{{says: r.answer()}}
	if r.Keys == 0 {
		return all
	}
	all = append(all, r.nodesSection())
	all = append(all, r.attributionSections()...)
	all = append(all, r.slotsSection(), r.hottestSection(), r.heat())
	all = append(all, r.valueSections()...)
	if r.TagTotal.TaggedKeys > 0 {
		all = append(all, r.tagsSection())
	}
	return all
}

// answer is the report in a few sentences.
func (r *report) answer() []string {
	var says []string
	if r.Partial {
		says = append(says, "PARTIAL: the inputs were not read to their end.")
	}
	if r.Keys == 0 {
		return append(says, "There are no keys.")
	}
	says = append(says, fmt.Sprintf("%s over %s: %s", plural(int64(r.Keys), "key"), plural(int64(len(r.Nodes)), "node"), nodesSay(r.Skew.Keys)))
	if r.Skew.Bytes != nil {
		says = append(says, fmt.Sprintf("By bytes (%s): %s", count(r.Bytes), nodesSay(*r.Skew.Bytes)))
	}
	if r.Skew.Ops != nil {
		says = append(says, fmt.Sprintf("By operations (%s): %s", count(r.Ops), nodesSay(*r.Skew.Ops)))
	}
	if r.OrphanSlots > 0 {
		says = append(says, fmt.Sprintf("%s without an owner hold %s.", plural(int64(r.OrphanSlots), "slot"), plural(int64(r.OrphanKeys), "key")))
	}
	says = append(says, r.inputsSay()...)
	if r.QuotedLines > 0 && r.QuotedLines < int64(r.Keys) {
		says = append(says, fmt.Sprintf("%s in quotes among others without: if those quotes are part of the keys, read with --input raw.", plural(r.QuotedLines, "line")))
	}
	if r.BadLines > 0 {
		says = append(says, fmt.Sprintf("%s left out.", plural(r.BadLines, "bad line")))
	}
	return says
}

// nodesSay is the fullest node beside its band.
func nodesSay(s skew.NodeSkew) string {
	if s.BandHigh == 0 || s.Nodes == 1 {
		return s.Reading + "."
	}
	return fmt.Sprintf("the fullest node (%d) has %s× the mean, random hashing gives %s–%s: %s.",
		s.Fullest, ratio(s.MaxOverMean), ratio(s.BandLow), ratio(s.BandHigh), s.Reading)
}

// told drops the columns of measures that the inputs do not tell.
func (r *report) told(keys, bytes, ops string) []string {
	cells := []string{keys}
	if r.BytesTold {
		cells = append(cells, bytes)
	}
	if r.OpsTold {
		cells = append(cells, ops)
	}
	return cells
}

// maxNodeRows is how many nodes a table shows; of more it shows the fullest.
const maxNodeRows = 48

func (r *report) nodesSection() section {
	s := section{title: "Nodes", left: []int{1}}
	nodes := r.Nodes
	if len(nodes) > 0 && nodes[0].Addr != "" {
		s.left = []int{0, 1}
	}
	if len(nodes) > maxNodeRows {
		nodes = slices.Clone(nodes)
		slices.SortStableFunc(nodes, func(a, b nodeReport) int { return cmp.Compare(b.Keys, a.Keys) })
		nodes = nodes[:maxNodeRows]
		s.title = fmt.Sprintf("Nodes (the %d fullest of %s)", maxNodeRows, count(uint64(len(r.Nodes))))
	}
	s.head = append([]string{"node", "range", "slots"}, r.told("keys", "bytes", "ops")...)
	s.head = append(s.head, "keys share", "over mean")
	for _, n := range nodes {
		row := append([]string{n.name(), shorten(n.Range), count(uint64(n.Slots))}, r.told(count(n.Keys), count(n.Bytes), count(n.Ops))...)
		s.rows = append(s.rows, append(row, percent(n.KeysShare), ratio(n.OverMean)))
	}
	return s
}

// name is a node by its number, and its address where that is known.
func (n *nodeReport) name() string {
	if n.Addr == "" {
		return strconv.Itoa(n.Node)
	}
	return fmt.Sprintf("%d %s", n.Node, n.Addr)
}

// slotsSection shows each slot count and measure beside what is random.
func (r *report) slotsSection() section {
	s := section{
		title: "Slots (in brackets: what random hashing gives)",
		head:  []string{"slots", "by", "max/mean", "band", "empty", "CV", "Gini", "top 1 %", "top 12 %", "χ² z"},
		left:  []int{1},
	}
	add := func(n int, by string, k *skew.SlotSkew) {
		if k == nil {
			return
		}
		s.rows = append(s.rows, []string{
			count(uint64(n)), by, ratio(k.MaxOverMean), ratio(k.BandLow) + "–" + ratio(k.BandHigh),
			beside(count(uint64(k.Empty)), k.ExpectedEmpty, "%.0f"),
			beside(fmt.Sprintf("%.3f", k.CV), k.ExpectedCV, "%.3f"), beside(fmt.Sprintf("%.3f", k.Gini), k.ExpectedGini, "%.3f"),
			beside(percent(k.Top1Share), 100*k.ExpectedTop1Share, "%.2f"), beside(percent(k.Top12Share), 100*k.ExpectedTop12Share, "%.2f"),
			fmt.Sprintf("%+.1f", k.ChiSquareZ),
		})
		s.says = append(s.says, fmt.Sprintf("%s slots by %s: %s.", count(uint64(n)), by, k.Reading))
	}
	for i := range r.BySlots {
		b := &r.BySlots[i]
		add(b.Slots, "keys", &b.Skew)
		add(b.Slots, "bytes", b.BytesSkew)
		add(b.Slots, "ops", b.OpsSkew)
	}
	return s
}

// beside puts what random hashing gives in brackets, where that is known.
func beside(seen string, expected float64, format string) string {
	if expected == 0 {
		return seen
	}
	return fmt.Sprintf("%s ("+format+")", seen, expected)
}

func (r *report) hottestSection() section {
	s := section{title: "Hottest slots by " + r.RankedBy}
	s.head = append(append([]string{"slot", "node"}, r.told("keys", "bytes", "ops")...), "share", "over mean")
	for _, h := range r.Hottest {
		row := append([]string{strconv.Itoa(h.Slot), strconv.Itoa(h.Node)}, r.told(count(h.Keys), count(h.Bytes), count(h.Ops))...)
		s.rows = append(s.rows, append(row, percent(h.Share), ratio(h.OverMean)))
	}
	return s
}

func (r *report) tagsSection() section {
	s := section{title: "Heaviest hash tags by " + r.RankedBy}
	s.says = append(s.says, fmt.Sprintf("%s with a hash tag.", plural(int64(r.TagTotal.TaggedKeys), "key")))
	if r.TagTotal.Error > 0 {
		s.says = append(s.says, fmt.Sprintf("There are too many tags to count each: the %s below are floors, and up to %s too low.", r.RankedBy, count(r.TagTotal.Error)))
	} else {
		s.says = append(s.says, fmt.Sprintf("%s, each counted exactly.", plural(int64(r.TagTotal.Known), "distinct tag")))
	}
	if r.TagTotal.LongTags > 0 {
		s.says = append(s.says, fmt.Sprintf("%s with a tag too long to be ranked.", plural(int64(r.TagTotal.LongTags), "key")))
	}
	s.head = append(append([]string{"tag", "slot"}, r.told("keys", "bytes", "ops")...), "share")
	s.left = []int{0}
	for _, t := range r.Tags {
		row := append([]string{shorten(t.Tag), strconv.Itoa(t.Slot)}, r.told(count(t.Keys), count(t.Bytes), count(t.Ops))...)
		s.rows = append(s.rows, append(row, percent(t.Share)))
	}
	return s
}

// count is a number with commas between its thousands.
func count(n uint64) string {
	digits := strconv.FormatUint(n, 10)
	var text strings.Builder
	for i, digit := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			text.WriteByte(',')
		}
		text.WriteRune(digit)
	}
	return text.String()
}

// ratio shows four decimals near 1, where nodes differ, and fewer above.
func ratio(x float64) string {
	switch {
	case x < 2:
		return strconv.FormatFloat(x, 'f', 4, 64)
	case x < 100:
		return strconv.FormatFloat(x, 'f', 2, 64)
	}
	return count(uint64(x + 0.5))
}

func percent(share float64) string { return strconv.FormatFloat(100*share, 'f', 2, 64) + " %" }

// maxTagRunes is how much of a tag a table shows.
const maxTagRunes = 48

func shorten(tag string) string {
	runes := []rune(tag)
	if len(runes) <= maxTagRunes {
		return tag
	}
	return string(runes[:maxTagRunes]) + "…"
}
