package results

import (
	"cmp"
	"slices"
	"strconv"
	"unicode"
	"unicode/utf8"

	"slotbench/internal/slot"
)

// The size of a tag sketch: sets × ways tags are held.
const (
	tagSets = 256
	tagWays = 8
	// MaxTagBytes is how much of a tag is kept to be shown. Tags are told
	// apart by a hash of the whole.
	MaxTagBytes = 64
)

// tagSketch finds frequent hash tags in bounded memory. Each of its sets is a
// Space-Saving counter (Metwally, Agrawal, El Abbadi 2005) over the tags that
// hash to it: a tag that is not held takes the place of the one with the
// smallest count and inherits that count as its possible error. So a count is
// never below the true one, and exceeds it by its error at most.
type tagSketch struct {
	oneIn   int64
	samples int64 // requests looked at, with a tag or without
	random  uint64
	hashes  [tagSets][tagWays]uint64 // of the entries: one line of the cache says whether a tag is held
	entries [tagSets][tagWays]tagEntry
}

type tagEntry struct {
	hash         uint64
	count, error int64 // count is 0 in a place that is free
	slot         slot.Slot
	size         uint8
	long         bool // than MaxTagBytes
	text         [MaxTagBytes]byte
}

func newTagSketch(oneIn, worker int) *tagSketch {
	return &tagSketch{oneIn: int64(oneIn), random: uint64(worker+1) * 0x9e3779b97f4a7c15}
}

// stride is how many requests on the next one is looked at: random, so that a
// workload with a period does not hide from the sample, and oneIn on average.
func (t *tagSketch) stride() int64 {
	if t.oneIn == 1 {
		return 1
	}
	t.random ^= t.random << 13
	t.random ^= t.random >> 7
	t.random ^= t.random << 17
	return 1 + int64(t.random%uint64(2*t.oneIn-1))
}

// add counts one request with this tag. It keeps no reference to tag.
func (t *tagSketch) add(tag []byte, s slot.Slot) {
	hash := tagHash(tag)
	hashes, set := &t.hashes[tagSet(hash)], &t.entries[tagSet(hash)]
	for i := range hashes {
		if hashes[i] == hash && set[i].count > 0 {
			set[i].count++
			return
		}
	}
	least := 0
	for i := range set {
		if set[i].count < set[least].count {
			least = i
		}
	}
	hashes[least] = hash
	e := &set[least]
	e.hash, e.slot, e.error = hash, s, e.count
	e.count++
	e.size = uint8(copy(e.text[:], tag))
	e.long = len(tag) > MaxTagBytes
}

func tagSet(hash uint64) uint64 { return hash % tagSets }

// tagHash is FNV-1a, which is the same in every run, unlike maphash; and then
// the last step of MurmurHash3, because FNV hardly mixes short texts.
func tagHash(tag []byte) uint64 {
	hash := uint64(0xcbf29ce484222325)
	for _, b := range tag {
		hash = (hash ^ uint64(b)) * 0x100000001b3
	}
	hash = (hash ^ hash>>33) * 0xff51afd7ed558ccd
	hash = (hash ^ hash>>33) * 0xc4ceb9fe1a85ec53
	return hash ^ hash>>33
}

// floor is the smallest count in a hash's set: what a tag that is not held may
// have had.
func (t *tagSketch) floor(hash uint64) int64 {
	set := &t.entries[tagSet(hash)]
	least := set[0].count
	for i := range set {
		least = min(least, set[i].count)
	}
	return least
}

// hottestTags merges sketches and answers with the top tags, the surest first.
func hottestTags(sketches []*tagSketch, top int) []HotTag {
	merged := map[uint64]*tagEntry{}
	samples, oneIn := int64(0), int64(1)
	for _, t := range sketches {
		samples, oneIn = samples+t.samples, t.oneIn
		for s := range t.entries {
			for i := range t.entries[s] {
				if e := &t.entries[s][i]; e.count > 0 && merged[e.hash] == nil {
					merged[e.hash] = mergeTag(sketches, e)
				}
			}
		}
	}
	found := make([]*tagEntry, 0, len(merged))
	for _, e := range merged {
		found = append(found, e)
	}
	slices.SortFunc(found, func(a, b *tagEntry) int {
		return cmp.Or(cmp.Compare(b.count-b.error, a.count-a.error), cmp.Compare(b.count, a.count), cmp.Compare(a.hash, b.hash))
	})
	tags := []HotTag{}
	for _, e := range found[:min(top, len(found))] {
		tags = append(tags, HotTag{
			Tag:   tagText(e),
			Slot:  int(e.slot),
			Ops:   e.count * oneIn,
			Error: e.error * oneIn,
			Share: float64(e.count) / float64(samples),
		})
	}
	return tags
}

// mergeTag sums a tag's counts. Where a worker does not hold it, it may have
// been as frequent there as the rarest that is held.
func mergeTag(sketches []*tagSketch, like *tagEntry) *tagEntry {
	sum := *like
	sum.count, sum.error = 0, 0
	for _, t := range sketches {
		count, possible := t.floor(like.hash), t.floor(like.hash)
		set := &t.entries[tagSet(like.hash)]
		for i := range set {
			if set[i].count > 0 && set[i].hash == like.hash {
				count, possible = set[i].count, set[i].error
			}
		}
		sum.count += count
		sum.error += possible
	}
	return &sum
}

// tagText is a tag as the record shows it: printable UTF-8.
func tagText(e *tagEntry) string {
	text := string(e.text[:e.size])
	if e.long {
		// Cut where a character begins.
		for cut := len(text); cut > len(text)-utf8.UTFMax && !utf8.ValidString(text); cut-- {
			if utf8.RuneStart(text[cut-1]) {
				text = text[:cut-1]
			}
		}
	}
	for _, r := range text {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			text = strconv.Quote(text)
			break
		}
	}
	if e.long {
		text += "…"
	}
	return text
}
