package nodes

import (
	"context"

	"slotbench/internal/slot"
	"slotbench/targets"
)

// The limits of adding up what slots hold.
const (
	maxSized      = 10_000    // keys of a slot whose lengths are summed up
	maxSizedInAll = 2_000_000 // keys of a migration
	sizedAtOnce   = 16        // slots whose keys are listed in one round trip
)

// sizeMoves is how many bytes each slot holds before it moves: what the
// source's account says (CLUSTER SLOT-STATS, memory-bytes) or, without one,
// the lengths of its keys and strings; -1 if there are other types than
// strings, more than maxSized keys, or more than maxSizedInAll altogether.
func (n *Nodes) sizeMoves(ctx context.Context, moves []targets.Move) map[slot.Slot]int64 {
	accounted, err := n.hasSlotStats(ctx)
	bytes := make(map[slot.Slot]int64, len(moves))
	bySource := map[int][]slot.Slot{}
	for _, move := range moves {
		bytes[move.Slot] = -1
		bySource[move.From] = append(bySource[move.From], move.Slot)
	}
	if err != nil {
		return bytes
	}
	left := maxSizedInAll
	for source, slots := range bySource {
		from, err := n.node(source)
		if err != nil {
			continue
		}
		if accounted && from.accountedBytes(ctx, bytes) {
			continue
		}
		for len(slots) > 0 && left > 0 && ctx.Err() == nil {
			part := slots[:min(len(slots), sizedAtOnce)]
			slots = slots[len(part):]
			left -= from.addLengths(ctx, part, bytes)
		}
	}
	return bytes
}

// accountedBytes fills in what the source's accounts say, and whether they say
// anything of bytes.
func (n node) accountedBytes(ctx context.Context, bytes map[slot.Slot]int64) (told bool) {
	stats, err := n.slotStats(ctx, 0, slot.Slot(slot.DefaultCount-1))
	if err != nil {
		return false
	}
	for _, account := range stats {
		if _, wanted := bytes[account.Slot]; wanted && account.Bytes >= 0 {
			bytes[account.Slot], told = account.Bytes, true
		}
	}
	return told
}

// addLengths sums up the lengths of keys and strings of some slots, and
// returns how many keys it looked at.
func (n node) addLengths(ctx context.Context, slots []slot.Slot, bytes map[slot.Slot]int64) (looked int) {
	commands := make([][]any, len(slots))
	for i, s := range slots {
		commands[i] = []any{"CLUSTER", "GETKEYSINSLOT", int(s), maxSized + 1}
	}
	answers, err := n.pipeline(ctx, CallTimeout, commands)
	if err != nil {
		return 0
	}
	for i, answer := range answers {
		keys, err := answer.StringSlice()
		looked += len(keys)
		if err != nil || len(keys) > maxSized {
			continue
		}
		bytes[slots[i]] = n.lengths(ctx, keys)
	}
	return looked
}

// lengths is the bytes of keys and their strings, -1 if one is no string.
func (n node) lengths(ctx context.Context, keys []string) int64 {
	total := int64(0)
	for len(keys) > 0 {
		part := keys[:min(len(keys), maxPipeline)]
		keys = keys[len(part):]
		commands := make([][]any, len(part))
		for i, key := range part {
			commands[i] = []any{"STRLEN", key}
			total += int64(len(key))
		}
		answers, err := n.pipeline(ctx, CallTimeout, commands)
		if err != nil {
			return -1
		}
		for _, answer := range answers {
			length, err := answer.Int64()
			if err != nil { // another type than a string
				return -1
			}
			total += length
		}
	}
	return total
}
