// Package profile makes a workload of a keyset's shape: families with the
// weights, lengths, sizes, types, times to live and hash tags of the key
// templates that were found, and no text of the original. It opens nothing and
// prints nothing.
package profile

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"slotbench/internal/keyset"
	"slotbench/internal/rdb"
	"slotbench/internal/template"
	"slotbench/workloads"
)

// Shape is what a keyset looks like.
type Shape struct {
	Name      string
	Templates []*template.Template
	// MemoryBytes says that bytes are what a server takes for a key, and not its
	// value alone.
	MemoryBytes bool
	// Logged says that operations were seen one by one; HottestShare is what the
	// hottest key has of them then.
	Logged       bool
	HottestShare float64
	Keys         int64 // to make; 0: as many as there are
	BySlot       bool  // keep in which slots keys are, and on which tags there; the miners took that down
}

// Fitted is a workload and how it was made.
type Fitted struct {
	Spec *workloads.Spec
	// Groups are the templates that were fitted as one, several in the last where
	// there were more than the language takes families.
	Groups [][]*template.Template
	// Of is the group that each family of the spec is made of: keys with and without
	// hash tags have families of their own.
	Of    []int
	Notes []string // what could not be kept
}

// Limits of what is made.
const (
	maxFamilies   = workloads.MaxFamilies
	maxGroups     = 48 // of templates; the other families are left to those with and without tags
	maxSizeRanges = 24 // of a family
)

// Where nothing is told of operations, this part of them writes.
const assumedWrites = 0.1

// overheadBytes is about what a server takes for a string beside the key and
// value themselves: the table's entry, the object, and the headers of both
// strings.
const overheadBytes = 56

// Overhead is what is taken off a template's bytes for its values' sizes, in
// bytes a key.
func Overhead(t *template.Stats, memoryBytes bool) uint64 {
	if !memoryBytes || t.Keys == 0 {
		return 0
	}
	return overheadBytes + t.KeyBytes/t.Keys
}

// Fit makes the workload. There must be a template with keys.
func Fit(s Shape) *Fitted {
	f := &Fitted{Spec: &workloads.Spec{
		Name:        s.Name,
		Description: "Has the shape of a keyset, and none of its keys.",
		Source:      "fitted by analyze fit",
	}}
	f.group(s.Templates)
	total, ops := uint64(0), uint64(0)
	var sums []template.Stats
	for _, group := range f.Groups {
		t := sum(group)
		sums = append(sums, t)
		total, ops = total+t.Keys, ops+t.Ops
	}
	f.Spec.Keys = int64(total)
	scale := 1.0
	if s.Keys > 0 {
		f.Spec.Keys = max(s.Keys, int64(min(len(f.Groups), maxFamilies)))
		scale = float64(f.Spec.Keys) / float64(total)
	}
	mix := &mixture{ops: map[workloads.Type]*typeMix{}}
	known := make([]map[string]float64, len(sums))
	for i := range sums {
		known[i] = knownTags(&sums[i])
	}
	spaces, layouts := tagSpaces(sums, known), map[int]*tagLayout{}
	slotBytes, spare := maxSlotBytes, maxFamilies-len(sums)
	for _, i := range taggedFirst(sums) {
		m := &maker{f: f, s: s, t: &sums[i], group: i, ops: ops, scale: scale, mix: mix, slotBytes: &slotBytes, spare: &spare}
		m.space, m.known = spaces[i], known[i]
		if m.layout = layouts[m.space]; m.layout == nil {
			m.layout = layTags(sharing(known, spaces, m.space))
			layouts[m.space] = m.layout
		}
		m.families()
	}
	f.Spec.Operations = mix.operations()
	if ops == 0 {
		f.note("the input tells no operations: families are asked for by their keys, uniformly, and a tenth writes")
	} else if !mix.told {
		f.note("the input does not tell reads from writes: a tenth writes")
	}
	if mix.ttl {
		f.note("times to live are those of writes, by class; the preload writes without")
	}
	if s.MemoryBytes {
		f.note("values are what a server takes for a key less its length and %d bytes", overheadBytes)
	}
	if slices.ContainsFunc(f.Spec.Families, func(in workloads.Family) bool { return in.Slots == "" }) {
		f.note("where slots are not told they are as uneven as the keys and tags make them")
	}
	f.Spec.Departs = strings.Join(f.Notes, "; ")
	return f
}

// taggedFirst is the order in which groups get room for their slots.
func taggedFirst(sums []template.Stats) []int {
	order := make([]int, len(sums))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(sums[b].Tagged, sums[a].Tagged) })
	return order
}

// sharing are the known tags of the groups with the same tags.
func sharing(known []map[string]float64, spaces []int, space int) (groups []map[string]float64) {
	for i := range known {
		if spaces[i] == space {
			groups = append(groups, known[i])
		}
	}
	return groups
}

func (f *Fitted) note(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(f.Notes, text) {
		f.Notes = append(f.Notes, text)
	}
}

// group gives each template a family, and the smallest one together.
func (f *Fitted) group(all []*template.Template) {
	var with []*template.Template
	for _, t := range all {
		if t.Keys > 0 {
			with = append(with, t)
		}
	}
	slices.SortStableFunc(with, func(a, b *template.Template) int {
		return cmp.Or(cmp.Compare(b.Keys, a.Keys), cmp.Compare(b.Ops, a.Ops))
	})
	for i, t := range with {
		if i < maxGroups {
			f.Groups = append(f.Groups, nil)
		}
		last := len(f.Groups) - 1
		f.Groups[last] = append(f.Groups[last], t)
	}
	if extra := len(with) - maxGroups; extra > 0 {
		f.note("%d templates beyond the %d largest share a family", extra+1, maxGroups-1)
	}
}

// sum is a group as one.
func sum(group []*template.Template) template.Stats {
	if len(group) == 1 {
		return group[0].Stats
	}
	all := template.Stats{Sizes: map[uint16]uint64{}} // its own: the templates' stay as they are
	for _, t := range group {
		all.Merge(&t.Stats)
	}
	return all
}

// types are the kinds that families can have.
var types = map[rdb.Kind]workloads.Type{
	rdb.Hash: workloads.Hash, rdb.List: workloads.List, rdb.Set: workloads.Set, rdb.SortedSet: workloads.SortedSet,
}

// typeOf is the type that most keys have; streams and modules become strings.
func typeOf(t *template.Stats) workloads.Type {
	most := rdb.String
	for k := range t.Kinds {
		if t.Kinds[k] > t.Kinds[most] {
			most = rdb.Kind(k)
		}
	}
	if made, ok := types[most]; ok {
		return made
	}
	return workloads.String
}

// values gives a family its sizes.
func (f *Fitted) values(in *workloads.Family, t *template.Stats, s Shape) {
	for k, n := range t.Kinds {
		made, ok := types[rdb.Kind(k)]
		if !ok {
			made = workloads.String
		}
		if n > 0 && (made != in.Type || !ok && rdb.Kind(k) != rdb.String) {
			f.note("%s: %d keys of type %s are made as %s", in.Name, n, rdb.Kind(k), in.Type)
		}
	}
	if !t.HasBytes {
		in.ValueSize = "100"
		f.note("the input tells no sizes: values are of 100 bytes")
		return
	}
	less := Overhead(t, s.MemoryBytes)
	if in.Type == workloads.String && len(t.Sizes) == 1 {
		in.ValueSize = strconv.FormatUint(t.Bytes/t.Keys-min(t.Bytes/t.Keys, less), 10)
		return
	}
	if in.Type == workloads.String {
		in.ValueSize = sizes(t.Sizes, less, t.Bytes-min(t.Bytes, less*t.Keys))
		return
	}
	elements := max(1, min(int64(math.Round(float64(t.Elements)/float64(t.Keys))), workloads.MaxElements))
	in.Elements = strconv.FormatInt(elements, 10)
	each := float64(t.Bytes)/float64(t.Keys) - float64(less)
	in.ValueSize = strconv.Itoa(int(max(1, math.Round(each/float64(elements)-float64(len("field0"))))))
	f.note("collections have the mean number of elements of their template, and fields and list elements the mean size")
}

// sizes is a histogram of so many ranges that one family may have. Within the
// ranges sizes are drawn evenly; those of a keyset are rarer towards the top, so
// tops are lowered until the sizes add up to total.
func sizes(by map[uint16]uint64, less, total uint64) string {
	type span struct{ least, most, keys uint64 }
	var all []span
	for class, keys := range by {
		least, most := template.SizesOf(class)
		all = append(all, span{least - min(least, less), most - min(most, less), keys})
	}
	slices.SortFunc(all, func(a, b span) int { return cmp.Or(cmp.Compare(a.least, b.least), cmp.Compare(a.most, b.most)) })
	for i := 1; i < len(all); { // what overlaps after the subtraction
		if all[i].least <= all[i-1].most {
			all[i-1].most, all[i-1].keys = max(all[i].most, all[i-1].most), all[i-1].keys+all[i].keys
			all = slices.Delete(all, i, i+1)
			continue
		}
		i++
	}
	for len(all) > maxSizeRanges { // the pair that moves fewest keys, by the least part of their size
		best, least := 1, math.Inf(1)
		for i := 1; i < len(all); i++ {
			apart := float64(all[i].most-all[i-1].least+1) * float64(min(all[i].keys, all[i-1].keys))
			if apart < least {
				best, least = i, apart
			}
		}
		all[best-1].most, all[best-1].keys = all[best].most, all[best-1].keys+all[best].keys
		all = slices.Delete(all, best, best+1)
	}
	const most = 64 << 20 // of a value
	bottoms, above := 0.0, 0.0
	for _, s := range all {
		bottoms += float64(s.keys) * float64(s.least)
		above += float64(s.keys) * float64(s.most-s.least) / 2
	}
	lower := max(0.1, min(1, (float64(total)-bottoms)/max(above, 1)))
	for i := range all {
		all[i].most = all[i].least + uint64(math.Round(lower*float64(all[i].most-all[i].least)))
	}
	var text []string
	for _, s := range all {
		text = append(text, fmt.Sprintf("%d-%d:%d", min(s.least, most), min(s.most, most), s.keys))
	}
	return "histogram:" + strings.Join(text, ",")
}

// ttlSeconds stand for the classes of times to live: the longest of each.
var ttlSeconds = [keyset.TTLClasses]int{0, 1, 60, 3600, 86400, 7 * 86400, 30 * 86400, 90 * 86400}
