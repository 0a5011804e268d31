package profile

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"slotbench/internal/slot"
	"slotbench/internal/template"
	"slotbench/workloads"
)

// maxSlotBytes is how long the slots of all families may be told in a workload;
// those of templates with tags, and with most keys, come first.
const maxSlotBytes = workloads.MaxNumberBytes / 2

// From which part of the keys of their known tags, or of the fewer of all their
// tags, on templates are taken to have the same tags. Known ones are told apart
// anyway, the others are not.
const (
	sharedKeysPart = 0.01
	sharedTagsPart = 0.5
)

// tagSpaces says for each group which group is the first with the same hash tags:
// theirs are made alike, so that they share slots.
func tagSpaces(sums []template.Stats, known []map[string]float64) []int {
	spaces := make([]int, len(sums))
	for i := range sums {
		spaces[i] = i
		for j := range i {
			if spaces[j] == j && sums[i].Tagged > 0 && sums[j].Tagged > 0 &&
				(sharedTags(&sums[j].Parts, &sums[i].Parts) >= sharedTagsPart || sharedKeys(known[j], known[i]) >= sharedKeysPart) {
				spaces[i] = j
				break
			}
		}
	}
	return spaces
}

// sharedTags is which part of the fewer of two sets of tags is in both.
func sharedTags(a, b *template.Distinct) float64 {
	overlap := a.Overlap(b)
	both := overlap * (a.Estimate() + b.Estimate()) / (1 + overlap)
	return both / max(1, min(a.Estimate(), b.Estimate()))
}

// sharedKeys is which part of the keys of the tags that are known of two groups
// is on tags that both have.
func sharedKeys(a, b map[string]float64) float64 {
	both, all := 0.0, 0.0
	for tag, keys := range a {
		if all += keys; b[tag] > 0 {
			both += keys
		}
	}
	for tag, keys := range b {
		if all += keys; a[tag] > 0 {
			both += keys
		}
	}
	return both / max(all, 1)
}

// tagLayout says which place among the tags of its slot each tag that is known
// has: the same for all templates with the same tags, so that they share them.
type tagLayout struct {
	slots map[string]slot.Slot
	place map[string]int
	known [slot.DefaultCount]int // tags of each slot that have a place
}

// layTags gives the tags of some groups their places: the heaviest of a slot
// first.
func layTags(groups []map[string]float64) *tagLayout {
	l := &tagLayout{slots: map[string]slot.Slot{}, place: map[string]int{}}
	keys := map[string]float64{}
	for _, known := range groups {
		for tag, size := range known {
			keys[tag] += size
		}
	}
	tags := make([]string, 0, len(keys))
	for tag := range keys {
		tags = append(tags, tag)
	}
	slices.SortFunc(tags, func(a, b string) int { return cmp.Or(cmp.Compare(keys[b], keys[a]), cmp.Compare(a, b)) })
	for _, tag := range tags {
		s := slot.Slot(slot.CRC16([]byte(tag)) & uint16(slot.DefaultCount-1))
		l.slots[tag], l.place[tag] = s, l.known[s]
		l.known[s]++
	}
	return l
}

// knownTags are the tags of a group by their keys, those that are more than a
// guess: what the sketch has taken from one that was there all along is its
// error.
func knownTags(t *template.Stats) map[string]float64 {
	known := map[string]float64{}
	if t.Spread == nil || t.Spread.Tags == nil {
		return known
	}
	lacks := float64(t.Spread.Tags.Error())
	for _, it := range t.Spread.Tags.Top(t.Spread.Tags.Len()) {
		if counted := float64(it.Sums[0]); counted > 2*lacks {
			known[it.Text] = counted + lacks
		}
	}
	return known
}

// taggedSlots tells the slots of a group's tagged keys: the known tags by
// themselves, the rest on as many tags as there are estimated to be. It is "" where that is
// not known.
func (l *tagLayout) taggedSlots(t *template.Stats, known map[string]float64) string {
	bySlot := t.Spread.Slots(true)
	if bySlot == nil {
		return ""
	}
	cells := make([][]uint64, slot.DefaultCount)
	left := slices.Clone(bySlot)
	tags := make([]string, 0, len(known))
	for tag := range known {
		tags = append(tags, tag)
	}
	slices.Sort(tags)
	for _, tag := range tags {
		s := l.slots[tag]
		if cells[s] == nil {
			cells[s] = make([]uint64, l.known[s])
		}
		size := min(left[s], uint32(math.Round(known[tag])))
		cells[s][l.place[tag]] = uint64(size)
		left[s] -= size
	}
	others, keys := max(0, t.Parts.Estimate()-float64(len(known))), 0.0
	for _, n := range left {
		keys += float64(n)
	}
	owed, guessed := 0.0, t.Spread.Tags != nil && t.Spread.Tags.Error() > 0
	var w cellWriter
	for s, n := range left {
		rest := uint64(0)
		if n > 0 {
			owed += others * float64(n) / keys
			rest = uint64(min(max(1, math.Round(owed)), float64(n)))
			owed -= float64(rest)
			for len(cells[s]) < l.known[s] {
				cells[s] = append(cells[s], 0)
			}
			if guessed {
				n, rest = fillIn(cells[s], n, rest)
			}
		}
		w.cell(s, cells[s], uint64(n), rest)
	}
	return w.text.String()
}

// fillIn puts as many of the other tags as fit into the places of tags that only
// other groups know: likely they are the same. It says what is left.
func fillIn(cell []uint64, keys uint32, tags uint64) (uint32, uint64) {
	for i := range cell {
		if cell[i] == 0 && tags > 0 {
			size := keys / uint32(tags)
			cell[i] = uint64(size)
			keys, tags = keys-size, tags-1
		}
	}
	return keys, tags
}

// plainSlots tells the slots of keys without tags.
func plainSlots(t *template.Stats) string {
	var w cellWriter
	for s, n := range t.Spread.Slots(false) {
		w.cell(s, []uint64{uint64(n)}, 0, 0)
	}
	return w.text.String()
}

// cellWriter writes the slots of a family.
type cellWriter struct {
	text strings.Builder
	next int // slot
	line int // bytes of the last line
}

const (
	maxCellLine = 110
	fewEmpty    = 3 // slots without keys that are written out
)

// cell writes the tags of a slot, and rest keys on restTags others.
func (w *cellWriter) cell(s int, tags []uint64, rest, restTags uint64) {
	var cell []byte
	term := func(keys, tags uint64) {
		if len(cell) > 0 {
			cell = append(cell, '+')
		}
		if cell = strconv.AppendUint(cell, keys, 10); tags > 1 {
			cell = strconv.AppendUint(append(cell, '/'), tags, 10)
		}
	}
	if rest == 0 {
		for len(tags) > 0 && tags[len(tags)-1] == 0 {
			tags = tags[:len(tags)-1]
		}
	}
	for i, end := 0, 0; i < len(tags); i = end {
		for end = i; end < len(tags) && tags[end] == tags[i]; end++ {
		}
		term(tags[i]*uint64(end-i), uint64(end-i))
	}
	if rest > 0 {
		term(rest, restTags)
	}
	if len(cell) == 0 {
		return
	}
	if s-w.next > fewEmpty {
		w.word(strconv.AppendInt([]byte("@"), int64(s), 10))
		w.next = s
	}
	for ; w.next < s; w.next++ {
		w.word([]byte("0"))
	}
	w.word(cell)
	w.next++
}

func (w *cellWriter) word(word []byte) {
	switch {
	case w.text.Len() == 0:
	case w.line+1+len(word) > maxCellLine:
		w.text.WriteByte('\n')
		w.line = 0
	default:
		w.text.WriteByte(' ')
		w.line++
	}
	w.text.Write(word)
	w.line += len(word)
}
