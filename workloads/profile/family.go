package profile

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"slotbench/internal/sketch"
	"slotbench/internal/template"
	"slotbench/workloads"
)

// A hash tag with this part of all keys, or more, gets a family of its own while
// there is room: so the heaviest slots are as heavy as they were.
const heavyTagPart = 1000

// heavyTags are the sizes of the tags that get families of their own, by group.
func heavyTags(sums []template.Stats, total uint64) [][]float64 {
	type heavy struct {
		group int
		keys  float64
	}
	var all []heavy
	for i := range sums {
		t := &sums[i]
		if t.Tags == nil || 2*t.Tagged <= t.Keys {
			continue
		}
		tags := t.Parts.Estimate()
		for _, it := range t.Tags.Top(tagRanks) {
			keys, sure := tagKeys(t, it)
			if sure && keys*heavyTagPart >= float64(total) && keys > likeEqual*float64(t.Tagged)/tags {
				all = append(all, heavy{i, keys})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b heavy) int { return cmp.Compare(b.keys, a.keys) })
	by := make([][]float64, len(sums))
	for _, h := range all[:min(len(all), maxFamilies-len(sums))] {
		by[h.group] = append(by[h.group], h.keys)
	}
	return by
}

// tagKeys is how many keys a tag has, and whether that is more than a guess: what
// the sketch has taken from a tag that was there all along is its error.
func tagKeys(t *template.Stats, it sketch.Item) (keys float64, sure bool) {
	counted, lacks := float64(it.Sums[0]), float64(t.Tags.Error())
	return (counted + lacks) * float64(t.Tagged) / float64(max(t.TagKeys, 1)), counted > 2*lacks
}

// sharedPart is the part of two templates' tags from which on they are taken to
// have the same.
const sharedPart = 0.5

// tagSpace is the first group that has the same hash tags as a group has: theirs
// are made alike, so that they share slots.
func tagSpace(sums []template.Stats, group int) int {
	for i := range group {
		if sums[i].Tagged > 0 && sums[group].Tagged > 0 && sums[i].Parts.Overlap(&sums[group].Parts) >= sharedPart {
			return i
		}
	}
	return group
}

// maker makes the families of one group.
type maker struct {
	f        *Fitted
	s        Shape
	t        *template.Stats
	group    int
	tagSpace int
	ops      uint64 // of all groups
	scale    float64
	mix      *mixture
}

// families makes a family for each heavy tag, and one for all else.
func (m *maker) families(heavy []float64) {
	left := float64(m.t.Keys)
	if 2*m.t.Tagged <= m.t.Keys && m.t.Tagged > 0 {
		m.f.note("of %d keys of a template %d have a hash tag; here none has", m.t.Keys, m.t.Tagged)
	} else if m.t.Tagged > 0 && m.t.Tagged < m.t.Keys {
		m.f.note("of %d keys of a template %d have a hash tag; here all do", m.t.Keys, m.t.Tagged)
	}
	if len(heavy) > 0 {
		m.f.note("hash tags that have a thousandth of the keys or more, and are far above the others, have families of their own")
	}
	for rank, keys := range heavy {
		if keys = min(keys, left); keys < 1 {
			break
		}
		left -= keys
		m.family(keys, nil, fmt.Sprintf("%%s:{%d-%d}:%%%%d", m.tagSpace+1, rank))
	}
	if left < 1 {
		return
	}
	if 2*m.t.Tagged <= m.t.Keys {
		m.family(left, nil, "%s:%%d")
		return
	}
	m.family(left, tagsOf(m.t, left, len(heavy), m.scale), fmt.Sprintf("%%s:{%d/%%%%[tag]d}:%%%%[member]d", m.tagSpace+1))
}

// FamilyName is the name of the i-th family, from 0, which its keys begin with:
// letters, so that families are templates of their own when they are analyzed.
func FamilyName(i int) string { return fmt.Sprintf("fit%c%c", 'a'+i/26, 'a'+i%26) }

// family makes one of so many keys; key is its template with a place for its
// name.
func (m *maker) family(keys float64, tags *workloads.Tags, key string) {
	name := FamilyName(len(m.f.Spec.Families))
	share := max(1, math.Round(keys))
	weight := share
	in := workloads.Family{Name: name, Share: &share, Tags: tags, Key: fmt.Sprintf(key, name)}
	if m.ops > 0 {
		weight = rounded(float64(m.t.Ops) * keys / float64(m.t.Keys) * min(1, mostOps/float64(m.ops)))
		in.Weight = &weight
	}
	m.lengths(&in, keys*m.scale)
	in.Type = typeOf(m.t)
	m.f.values(&in, m.t, m.s)
	if m.ops > 0 {
		in.Popularity = popularity(m.t, m.s, keys*m.scale)
	}
	m.mix.add(&in, m.t, weight)
	m.f.Spec.Families = append(m.f.Spec.Families, in)
	m.f.Of = append(m.f.Of, m.group)
}

// mostOps is what weights add up to at most: the language has a limit.
const mostOps = 1e11

// rounded keeps five digits.
func rounded(x float64) float64 {
	if x <= 0 {
		return 0
	}
	unit := math.Pow(10, math.Floor(math.Log10(x))-4)
	if unit >= 1 {
		return math.Round(x/unit) * unit
	}
	return math.Round(x/unit) / math.Round(1/unit)
}

// lengths fills keys up to the mean length.
func (m *maker) lengths(in *workloads.Family, keys float64) {
	own := float64(len(in.Name)+len(":")) + math.Log10(max(keys, 1))
	if in.Key != in.Name+":%d" {
		own += float64(len("{64/}:") + 1)
	}
	mean := float64(m.t.KeyBytes) / float64(m.t.Keys)
	if mean < own+float64(len(":x")) {
		return
	}
	low, high := math.Floor(mean), math.Floor(mean)+1
	if low >= workloads.MaxKeySize {
		low, high = workloads.MaxKeySize, workloads.MaxKeySize+1
		mean = low
	}
	in.Key += ":%[pad]s"
	in.KeySize = strconv.Itoa(int(low))
	if part := mean - low; part > 0.005 {
		in.KeySize = fmt.Sprintf("%d:%.4g,%d:%.4g", int(low), 1-part, int(high), part)
	}
}
