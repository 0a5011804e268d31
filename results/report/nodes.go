package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"slotbench/results"
)

func nodesSection(rec *results.Record) section {
	t := &table{
		head: []string{"", "slots", "keys", "operations", "share", "CPU", "RSS", "response p50", "p99", "service p50", "service p99"},
		left: []int{0},
	}
	all := rec.Nodes
	s := section{name: sectionNodes, title: "Nodes", table: t}
	if len(all) > maxNodes {
		all = slices.SortedStableFunc(slices.Values(all), func(a, b results.Node) int { return cmp.Compare(b.Ops, a.Ops) })
		s.title = "Nodes, the busiest first"
		s.lines = more(maxNodes, len(all), "node")
		all = all[:maxNodes]
	}
	for _, n := range all {
		memory := none
		if n.RSSBytes != nil {
			memory = size(float64(*n.RSSBytes))
		}
		t.add(n.Addr, changed(int64(n.SlotsStart), int64(n.Slots)), changed(n.KeysStart, n.Keys),
			count(n.Ops), percent(n.OpsShare), optional(n.CPUSeconds, seconds), memory,
			latencyText(n.Response, n.Response.P50), latencyText(n.Response, n.Response.P99),
			latencyText(n.Service, n.Service.P50), latencyText(n.Service, n.Service.P99))
	}
	return s
}

// changed is a number at the end, and at the start if it was another; below 0
// it is not known, as of a node that is gone.
func changed(start, end int64) string {
	if start == end {
		return known(end)
	}
	return known(start) + " → " + known(end)
}

func known(n int64) string {
	if n < 0 {
		return none
	}
	return count(n)
}

func skewSection(rec *results.Record) section {
	k := rec.Skew
	t := facts()
	// One node is as full as the mean of one node.
	for name, s := range map[string]results.NodeSkew{"nodes by operations": k.Ops, "nodes by keys": k.Keys} {
		if s.Nodes > 1 && s.Total > 0 {
			t.add(name, fmt.Sprintf("busiest / mean %s; by chance %s; %s in all", ratio(s.MaxOverMean), bandText(s), count(s.Total)))
		}
	}
	slices.SortFunc(t.rows, func(a, b []string) int { return cmp.Compare(b[0], a[0]) })
	if k.SlotsUsed > 0 {
		text := fmt.Sprintf("%s of %s used", count(int64(k.SlotsUsed)), count(int64(len(k.Slots))))
		if s := k.Statistics; s != nil {
			text += fmt.Sprintf("; the fullest 1 %% have %s of the operations, the fullest 10 %% %s; Gini %.2f, CV %.2f",
				percent(s.Top1Pct), percent(s.Top10Pct), s.Gini, s.CV)
		}
		t.add("slots", text)
	}
	if text := hottestSlots(k.HottestSlot); text != "" {
		t.add("hottest slots", text)
	}
	if text := hottestTags(k.HottestTags); text != "" {
		name := "hottest tags"
		if k.TagsOneIn > 1 {
			name += fmt.Sprintf(" (sampled 1 in %d)", k.TagsOneIn)
		}
		t.add(name, text)
	}
	if a := k.Accounts; a != nil {
		agreement := fmt.Sprintf("server %s, client %s", count(a.ServerOps), count(a.ClientOps))
		switch {
		case a.SlotsApart == 0:
			agreement += ": the same in every slot"
		case a.Explained:
			agreement += fmt.Sprintf(": %s apart, as redirects explain", counted(int64(a.SlotsApart), "slot"))
		default:
			agreement += fmt.Sprintf(": %s apart, unexplained", counted(int64(a.SlotsApart), "slot"))
		}
		t.add("accounts by slot", agreement)
	}
	if k.Reading != "" {
		t.add("reading", k.Reading)
	}
	return section{name: sectionSkew, title: "Skew", table: t}
}

func hottestSlots(all []results.HotSlot) string {
	var parts []string
	for _, h := range all[:min(maxHottest, len(all))] {
		where := ""
		if h.Node != "" {
			where = " on " + h.Node
		}
		parts = append(parts, fmt.Sprintf("%d (%s%s)", h.Slot, percent(h.Share), where))
	}
	return strings.Join(parts, ", ")
}

func hottestTags(all []results.HotTag) string {
	var parts []string
	for _, h := range all[:min(maxHottest, len(all))] {
		parts = append(parts, fmt.Sprintf("{%s} (%s, slot %d)", h.Tag, percent(h.Share), h.Slot))
	}
	return strings.Join(parts, ", ")
}
