package workloads

import (
	"math/bits"
	"slices"

	"slotbench/internal/slot"
)

// tagging spreads a family's keys over hash tags whose sizes follow Zipf's
// law: of K keys on T tags, tag t (from 0, the largest first) has one key and
// a share of the other K-T proportional to (t+1)^-exponent. Key numbers run
// through the tags one after the other.
type tagging struct {
	keys  int64
	tags  int64
	equal int64 // exponent 0: keys of every tag but the last; else 0

	// first[t] is the first key of tag t, first[tags] = keys; guide[b] is the
	// tag of key b<<shift, where a search for the tags of that block begins.
	first []int64
	guide []uint32
	shift uint

	// Of a family whose slots are given: the slot of each tag and its rank among
	// the tags of that slot, which is the number that keys show; and the first tag
	// of each slot, and the end. Empty tags are left out.
	slots  []slot.Slot
	ranks  []uint32
	bySlot []int64
}

// newTagging takes keys ≥ 1, keysPerTag ≥ 1 (the mean) and exponent ≥ 0. The
// caller has checked that the number of tags is within MaxTags.
func newTagging(keys, keysPerTag int64, exponent float64) *tagging {
	g := &tagging{keys: keys, tags: (keys + keysPerTag - 1) / keysPerTag}
	if exponent == 0 {
		g.equal = keysPerTag
		return g
	}
	weights := make([]float64, g.tags)
	sum := 0.0
	for t := range weights {
		weights[t] = rankWeight(float64(t+1), exponent)
		sum += weights[t]
	}
	g.first = make([]int64, g.tags+1)
	spare, before := float64(keys-g.tags), 0.0
	for t := range weights {
		g.first[t] = int64(t) + int64(spare*before/sum)
		before += weights[t]
	}
	g.first[g.tags] = keys
	g.index()
	return g
}

// maxGuide is how many entries the search's guide has, at most: 4 MiB.
const maxGuide = 1 << 20

func (g *tagging) index() {
	if extra := bits.Len64(uint64(g.keys-1) >> 3); extra > bits.Len64(maxGuide-1) {
		g.shift = uint(extra - bits.Len64(maxGuide-1))
	}
	g.shift += 3
	tag := 0
	for key := int64(0); key < g.keys; key += 1 << g.shift {
		for g.first[tag+1] <= key {
			tag++
		}
		g.guide = append(g.guide, uint32(tag))
	}
	g.guide = append(slices.Clip(g.guide), uint32(g.tags-1))
}

// tagOf is the tag of a key, and the key's number within it.
func (g *tagging) tagOf(key int64) (tag, member int64) {
	if g.equal > 0 {
		return key / g.equal, key % g.equal
	}
	block := key >> g.shift
	low, high := int64(g.guide[block]), int64(g.guide[block+1])
	for low < high { // the last tag whose first key is not after key
		middle := (low + high + 1) / 2
		if g.first[middle] <= key {
			low = middle
		} else {
			high = middle - 1
		}
	}
	return low, key - g.first[low]
}

// shown is the number by which keys show their tag.
func (g *tagging) shown(tag int64) int64 {
	if g.slots == nil {
		return tag
	}
	return int64(g.ranks[tag])
}

// size is how many keys a tag has, and its first.
func (g *tagging) size(tag int64) (first, keys int64) {
	if g.equal > 0 {
		first = tag * g.equal
		return first, min(g.equal, g.keys-first)
	}
	return g.first[tag], g.first[tag+1] - g.first[tag]
}
