package driver

import (
	"context"

	"slotbench/internal/slot"
	"slotbench/results"
	"slotbench/targets"
)

// Where the keys by slot are from.
const (
	keepingAccounts = "the nodes' accounts by slot"
	keepingCounts   = "counted by the nodes, slot by slot"
)

// rangesOf is the slots that a node owns.
func rangesOf(t *slot.Topology, node int) []results.SlotRange {
	var ranges []results.SlotRange
	for _, r := range t.Owned(node) {
		ranges = append(ranges, results.SlotRange{int(r.First), int(r.Last)})
	}
	return ranges
}

// keysBySlot is how many keys each slot holds now, and who says so: the nodes'
// accounts where there are any, else they are asked to count. It is nil where
// nobody does, which harms nothing.
func (e *engine) keysBySlot(ctx context.Context, accounts [][]targets.SlotStats) (keys []int64, keeping string) {
	if e.about.Mode != modeCluster {
		return nil, ""
	}
	keys = make([]int64, min(e.topology.Count(), slot.DefaultCount))
	if accounts != nil {
		for _, node := range accounts {
			for _, s := range node {
				if int(s.Slot) < len(keys) {
					keys[s.Slot] += s.Keys
				}
			}
		}
		return keys, keepingAccounts
	}
	t, err := e.Cluster.Topology(ctx)
	if err != nil {
		return nil, ""
	}
	for node := range t.Nodes {
		var owned []slot.Slot
		for s := range keys {
			if t.Owner(slot.Slot(s)) == node {
				owned = append(owned, slot.Slot(s))
			}
		}
		counts, err := e.Cluster.CountKeys(ctx, node, owned)
		if err != nil || len(counts) != len(owned) {
			return nil, ""
		}
		for i, s := range owned {
			keys[s] = counts[i]
		}
	}
	return keys, keepingCounts
}
