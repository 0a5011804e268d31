package workloads

import (
	"errors"
	"fmt"
	"math/bits"
	"strconv"
	"strings"

	"slotbench/internal/slot"
)

// tagTerm is so many keys in a slot, on so many tags of equal size.
type tagTerm struct {
	slot       slot.Slot
	rank       int64 // of the first of its tags among those of the slot
	keys, tags int64
}

// parseSlots reads how a family's keys lie in the slots. The text is numbers,
// one a slot from slot 0 on: its keys against the other slots'. @N goes on at
// slot N. Keys that lie on several hash tags are written 40+7+3: three tags of so
// many keys; 12/4 is four tags with 12 keys between them.
func parseSlots(text string) (terms []tagTerm, err error) {
	next, total, tags := 0, int64(0), int64(0)
	for cell := range strings.FieldsSeq(text) {
		if number, jumps := strings.CutPrefix(cell, "@"); jumps {
			to, err := strconv.ParseUint(number, 10, 32)
			if err != nil || int(to) >= int(slot.DefaultCount) || int(to) < next {
				return nil, fmt.Errorf("has %q: want @ and a slot from %d to %d, in ascending order", clip(cell), next, int(slot.DefaultCount)-1)
			}
			next = int(to)
			continue
		}
		if next >= int(slot.DefaultCount) {
			return nil, fmt.Errorf("has more than %d slots, from %q on", int(slot.DefaultCount), clip(cell))
		}
		rank := int64(0)
		for part := range strings.SplitSeq(cell, "+") {
			t := tagTerm{slot: slot.Slot(next), rank: rank, tags: 1}
			number, of, several := strings.Cut(part, "/")
			if t.keys, err = countOf(number, 0); err == nil && several {
				t.tags, err = countOf(of, 1)
			}
			if err != nil {
				return nil, fmt.Errorf("has %q at slot %d: want a number of keys (40), of each tag (40+7+3), or of several tags together (12/4)", clip(cell), next)
			}
			rank += t.tags
			if tags += t.tags; tags > MaxTags {
				return nil, fmt.Errorf("has more than %d tags", MaxTags)
			}
			if total += t.keys; total > MaxKeys {
				return nil, fmt.Errorf("has more than %d keys", int64(MaxKeys))
			}
			terms = append(terms, t)
		}
		next++
	}
	if total == 0 {
		return nil, errors.New("puts no key into any slot")
	}
	return terms, nil
}

// countOf is a whole number from least to MaxKeys.
func countOf(text string, least int64) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < least || n > MaxKeys || text[0] == '+' {
		return 0, errors.New("no such number")
	}
	return n, nil
}

// placedTagging spreads keys over the tags of the terms in proportion to their
// keys: exactly so where the family has as many keys as they. Tags that get none
// are left out.
func placedTagging(keys int64, terms []tagTerm) *tagging {
	total := uint64(0)
	for _, t := range terms {
		total += uint64(t.keys)
	}
	g := &tagging{keys: keys, bySlot: make([]int64, int(slot.DefaultCount)+1)}
	before := uint64(0)
	add := func(s slot.Slot, rank int64, weight uint64) {
		from := portion(uint64(keys), before, total)
		before += weight
		if portion(uint64(keys), before, total) > from {
			g.first = append(g.first, from)
			g.slots = append(g.slots, s)
			g.ranks = append(g.ranks, uint32(rank))
		}
	}
	at := 0
	for _, t := range terms {
		for ; at <= int(t.slot); at++ {
			g.bySlot[at] = int64(len(g.first))
		}
		each, more := uint64(t.keys/t.tags), uint64(t.keys%t.tags)
		for i := range uint64(t.tags) {
			weight := each
			if i < more {
				weight++
			}
			add(t.slot, t.rank+int64(i), weight)
		}
	}
	g.tags = int64(len(g.first))
	for ; at < len(g.bySlot); at++ {
		g.bySlot[at] = g.tags
	}
	g.first = append(g.first, keys)
	g.index()
	return g
}

// portion is ⌊keys · before / total⌋.
func portion(keys, before, total uint64) int64 {
	high, low := bits.Mul64(keys, before)
	if before == total {
		return int64(keys)
	}
	quotient, _ := bits.Div64(high, low, total)
	return int64(quotient)
}

// placed is the tag of that rank in a slot.
func (g *tagging) placed(s slot.Slot, rank int64) (tag int64, ok bool) {
	low, high := g.bySlot[s], g.bySlot[s+1]
	for low < high {
		middle := (low + high) / 2
		if int64(g.ranks[middle]) < rank {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low, low < g.bySlot[s+1] && int64(g.ranks[low]) == rank
}
