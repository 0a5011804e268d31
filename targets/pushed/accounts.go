package pushed

import (
	"context"
	"fmt"

	"slotbench/internal/slot"
	"slotbench/targets"
	"slotbench/targets/nodes"
)

// maxAsked is how many slots are asked for in one command.
const maxAsked = 2048

// SlotStats is what each node says of the slots it owns, by DFLYCLUSTER
// GETSLOTINFO, which tells reads and writes too.
func (c *Cluster) SlotStats(ctx context.Context) ([][]targets.SlotStats, error) {
	topology, err := c.Topology(ctx)
	if err != nil {
		return nil, err
	}
	stats := make([][]targets.SlotStats, len(topology.Nodes))
	for i := range topology.Nodes {
		var owned []slot.Slot
		for _, r := range topology.Owned(i) {
			for s := int(r.First); s <= int(r.Last); s++ {
				owned = append(owned, slot.Slot(s))
			}
		}
		if stats[i], err = c.SlotInfo(ctx, i, owned); err != nil {
			return nil, err
		}
	}
	return stats, nil
}

// SlotInfo is what a node says of some slots, whoever owns them.
func (c *Cluster) SlotInfo(ctx context.Context, node int, slots []slot.Slot) (stats []targets.SlotStats, err error) {
	for len(slots) > 0 {
		part := slots[:min(len(slots), maxAsked)]
		slots = slots[len(part):]
		args := []any{"DFLYCLUSTER", "GETSLOTINFO", "SLOTS"}
		for _, s := range part {
			args = append(args, int(s))
		}
		answer, err := c.Do(ctx, node, args...)
		if err != nil {
			return nil, err
		}
		if stats, err = appendStats(stats, answer); err != nil {
			return nil, fmt.Errorf("node %s: %w", c.List()[node].Addr(), err)
		}
	}
	return stats, nil
}

// appendStats reads GETSLOTINFO's answer: for each slot its number, then names
// and values.
func appendStats(stats []targets.SlotStats, answer any) ([]targets.SlotStats, error) {
	list, ok := answer.([]any)
	if !ok {
		return nil, fmt.Errorf("DFLYCLUSTER GETSLOTINFO: the answer is no list")
	}
	for _, entry := range list {
		fields, _ := entry.([]any)
		if len(fields) == 0 {
			return nil, fmt.Errorf("DFLYCLUSTER GETSLOTINFO: an entry is no list")
		}
		number, ok := fields[0].(int64)
		if !ok {
			return nil, fmt.Errorf("DFLYCLUSTER GETSLOTINFO: an entry does not begin with its slot")
		}
		of := func(name string) int64 { return nodes.Field(fields[1:], name) }
		stats = append(stats, targets.SlotStats{
			Slot: slot.Slot(number), Keys: of("key_count"), Bytes: of("memory_bytes"),
			Reads: of("total_reads"), Writes: of("total_writes"),
		})
	}
	return stats, nil
}
