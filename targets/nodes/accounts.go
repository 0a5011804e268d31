package nodes

import (
	"context"
	"fmt"

	"slotbench/internal/slot"
	"slotbench/targets"
)

// maxPipeline is how many commands are sent to a node in one write.
const maxPipeline = 1000

// clusterOnly answers what a server alone cannot.
func (n *Nodes) clusterOnly(what string) error {
	if n.options.Cluster {
		return nil
	}
	return fmt.Errorf("%s: the server is not part of a cluster: %w", what, targets.ErrUnsupported)
}

// CountKeys is how many keys a node holds in each of the slots.
func (n *Nodes) CountKeys(ctx context.Context, i int, slots []slot.Slot) ([]int64, error) {
	node, err := n.node(i)
	if err == nil {
		err = n.clusterOnly("count the keys of slots")
	}
	if err != nil {
		return nil, err
	}
	return node.countKeys(ctx, slots)
}

func (n node) countKeys(ctx context.Context, slots []slot.Slot) ([]int64, error) {
	counts := make([]int64, 0, len(slots))
	for len(counts) < len(slots) {
		part := slots[len(counts):min(len(slots), len(counts)+maxPipeline)]
		commands := make([][]any, len(part))
		for i, s := range part {
			commands[i] = []any{"CLUSTER", "COUNTKEYSINSLOT", int(s)}
		}
		answers, err := n.pipeline(ctx, CallTimeout, commands)
		if err != nil {
			return nil, err
		}
		for i, answer := range answers {
			count, err := answer.Int64()
			if err != nil {
				return nil, fmt.Errorf("node %s: count the keys of slot %d: %w", n.Addr(), part[i], err)
			}
			counts = append(counts, count)
		}
	}
	return counts, nil
}

// KeysInSlot lists at most limit of the keys that a node holds in a slot.
func (n *Nodes) KeysInSlot(ctx context.Context, i int, s slot.Slot, limit int) ([]string, error) {
	node, err := n.node(i)
	if err == nil {
		err = n.clusterOnly("list the keys of a slot")
	}
	if err != nil {
		return nil, err
	}
	return node.keysInSlot(ctx, s, limit)
}

func (n node) keysInSlot(ctx context.Context, s slot.Slot, limit int) ([]string, error) {
	answers, err := n.pipeline(ctx, CallTimeout, [][]any{{"CLUSTER", "GETKEYSINSLOT", int(s), limit}})
	if err != nil {
		return nil, err
	}
	keys, err := answers[0].StringSlice()
	if err != nil {
		return nil, fmt.Errorf("node %s: list the keys of slot %d: %w", n.Addr(), s, err)
	}
	return keys, nil
}

// hasSlotStats says whether the nodes keep accounts by slot.
func (n *Nodes) hasSlotStats(ctx context.Context) (bool, error) {
	node, err := n.node(0)
	if err != nil {
		return false, err
	}
	answers, err := node.pipeline(ctx, CallTimeout, [][]any{{"CLUSTER", "SLOT-STATS", "SLOTSRANGE", 0, 0}})
	if err != nil {
		return false, err
	}
	return answers[0].Err() == nil, nil
}

// SlotStats is what each node says of the slots it owns, by CLUSTER SLOT-STATS
// (Valkey 8, Redis 8.2). Reads and writes are not in it: those are -1; and the
// bytes only where the server is set to count them.
func (n *Nodes) SlotStats(ctx context.Context) ([][]targets.SlotStats, error) {
	if err := n.clusterOnly("accounts of slots"); err != nil {
		return nil, err
	}
	stats := make([][]targets.SlotStats, len(n.all()))
	err := n.each(func(i int, node node) (err error) {
		stats[i], err = node.slotStats(ctx, 0, slot.Slot(slot.DefaultCount-1))
		return err
	})
	return stats, err
}

func (n node) slotStats(ctx context.Context, first, last slot.Slot) ([]targets.SlotStats, error) {
	answers, err := n.pipeline(ctx, CallTimeout,
		[][]any{{"CLUSTER", "SLOT-STATS", "SLOTSRANGE", int(first), int(last)}})
	if err != nil {
		return nil, err
	}
	if err := answers[0].Err(); err != nil {
		return nil, fmt.Errorf("node %s: accounts of slots: %w (%w)", n.Addr(), targets.ErrUnsupported, err)
	}
	list, _ := answers[0].Slice()
	stats := make([]targets.SlotStats, 0, len(list))
	for _, entry := range list {
		pair, ok := entry.([]any)
		if !ok || len(pair) != 2 {
			return nil, fmt.Errorf("node %s: CLUSTER SLOT-STATS: an entry is not slot and fields", n.Addr())
		}
		number, isInt := pair[0].(int64)
		fields, isList := pair[1].([]any)
		if !isInt || !isList {
			return nil, fmt.Errorf("node %s: CLUSTER SLOT-STATS: an entry is not slot and fields", n.Addr())
		}
		of := func(name string) int64 { return Field(fields, name) }
		stats = append(stats, targets.SlotStats{
			Slot: slot.Slot(number), Keys: of("key-count"), Bytes: of("memory-bytes"), Reads: -1, Writes: -1,
		})
	}
	return stats, nil
}

// Field is the integer behind a name in a list of names and values, -1 where
// it is not there.
func Field(fields []any, name string) int64 {
	for i := 0; i+1 < len(fields); i += 2 {
		if fields[i] == name {
			if value, ok := fields[i+1].(int64); ok {
				return value
			}
		}
	}
	return -1
}
