package main

import (
	"bytes"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strconv"

	"slotbench/internal/keyset"
	"slotbench/internal/request"
	"slotbench/internal/sketch"
	"slotbench/internal/slot"
	"slotbench/internal/template"
	"slotbench/workloads"
	"slotbench/workloads/profile"
)

// What is made to compare sizes: so many keys, and so many bytes of requests.
const (
	sampledKeys  = 50_000
	sampledBytes = 256 << 20
)

// made is what a workload's keys add up to.
type made struct {
	keys, keyBytes []float64 // by group
	bySlot         []uint64
	tags           *sketch.Frequent
	distinct       template.Distinct
	valueBytes     []float64     // of strings, by group
	values         []float64     // how many those are
	sizes          [][65]float64 // of those, by octave
}

// divergences compare the workload's keys with the keyset, a sentence each.
func divergences(f *profile.Fitted, w *workloads.Workload, s *keyset.Summary, shape profile.Shape) []string {
	m := makeKeys(f, w)
	total, weights, lengths := 0.0, 0.0, 0.0
	for _, group := range f.Groups {
		for _, t := range group {
			total += float64(t.Keys)
		}
	}
	for i, group := range f.Groups {
		keys, keyBytes := 0.0, 0.0
		for _, t := range group {
			keys += float64(t.Keys)
			keyBytes += float64(t.KeyBytes)
		}
		weights += math.Abs(keys/total-m.keys[i]/float64(w.Keys())) / 2
		if m.keys[i] > 0 {
			lengths += keys / total * math.Abs(m.keyBytes[i]/m.keys[i]-keyBytes/keys)
		}
	}
	says := []string{
		fmt.Sprintf("%s for %s, in %s; template weights differ by %s in all", plural(w.Keys(), "key"), plural(int64(s.Keys), "key"), familiesSay(len(f.Of)), percent(weights)),
		fmt.Sprintf("lengths of keys differ by %.2f bytes on average", lengths),
	}
	if s.HasBytes {
		says = append(says, m.sizesSay(f, shape))
	}
	says = append(says, slotsSay(s.Bins.BySlot(keyset.Keys, slot.DefaultCount), m.bySlot))
	if asked, _ := w.SlotShares(); asked != nil && s.HasOps {
		apart := 0.0
		for at, ops := range s.Bins.BySlot(keyset.Ops, slot.DefaultCount) {
			apart += math.Abs(float64(ops)/float64(s.Ops)-asked[at]) / 2
		}
		says = append(says, fmt.Sprintf("operations differ by %s, slot by slot: which keys are the hot ones is not kept", percent(apart)))
	}
	if s.TaggedKeys > 0 {
		says = append(says, m.tagsSay(f, s))
	}
	return append(says, f.Notes...)
}

func familiesSay(n int) string {
	if n == 1 {
		return "1 family"
	}
	return strconv.Itoa(n) + " families"
}

// makeKeys makes all keys, and some values.
func makeKeys(f *profile.Fitted, w *workloads.Workload) *made {
	n := len(f.Groups)
	m := &made{
		tags: sketch.NewFrequent(keyset.DefaultTagCounters),
		keys: make([]float64, n), keyBytes: make([]float64, n), bySlot: make([]uint64, slot.DefaultCount),
		valueBytes: make([]float64, n), values: make([]float64, n), sizes: make([][65]float64, n),
	}
	names := map[string]int{}
	for i := range f.Of {
		names[profile.FamilyName(i)] = i
	}
	var key []byte
	for i := range w.Keys() {
		key = w.AppendKey(key[:0], i)
		family := f.Of[familyOf(names, key)]
		m.keys[family]++
		m.keyBytes[family] += float64(len(key))
		hashed, tagged := slot.Tag(key)
		if tagged {
			m.distinct.Add(hashed)
			m.tags.Add(hashed, [sketch.Measures]uint64{1})
		}
		m.bySlot[slot.Of(key)]++
	}
	source := w.Preload(0, int(max(1, w.Keys()/sampledKeys)))
	for r, left := (request.Request{}), sampledBytes; left > 0 && source.Next(&r); left -= len(r.Frame) {
		if !bytes.HasPrefix(r.Frame, []byte("*3\r\n$3\r\nSET\r\n")) {
			continue
		}
		family := f.Of[familyOf(names, r.Frame[r.KeyAt:r.KeyAt+r.KeyLen])]
		length, _, _ := bytes.Cut(r.Frame[r.KeyAt+r.KeyLen+len("\r\n$"):], []byte("\r\n"))
		size, err := strconv.Atoi(string(length))
		if err != nil {
			panic("analyze: a SET without a value")
		}
		m.values[family]++
		m.valueBytes[family] += float64(size)
		m.sizes[family][bits.Len(uint(size))]++
	}
	return m
}

// familyOf is the number of a fitted key's family.
func familyOf(names map[string]int, key []byte) int {
	name, _, _ := bytes.Cut(key, []byte(":"))
	i, known := names[string(name)]
	if !known {
		panic("analyze: a fitted key without a family")
	}
	return i
}

// sizesSay compares the sizes of strings.
func (m *made) sizesSay(f *profile.Fitted, shape profile.Shape) string {
	var keys, bytesThere, bytesMade, apart float64
	for i, group := range f.Groups {
		if m.values[i] == 0 {
			continue
		}
		there := [65]float64{}
		n, sum := 0.0, 0.0
		for _, t := range group {
			less := profile.Overhead(&t.Stats, shape.MemoryBytes)
			for class, count := range t.Sizes {
				low, high := template.SizesOf(class)
				middle := (low+high)/2 - min((low+high)/2, less)
				there[bits.Len64(middle)] += float64(count)
				n += float64(count)
			}
			sum += float64(t.Bytes) - float64(less*t.Keys)
		}
		if n == 0 {
			continue
		}
		for octave := range there {
			apart += n * math.Abs(there[octave]/n-m.sizes[i][octave]/m.values[i]) / 2
		}
		keys += n
		bytesThere += sum
		bytesMade += n * m.valueBytes[i] / m.values[i]
	}
	if keys == 0 {
		return "sizes of collections are those of their templates on average"
	}
	return fmt.Sprintf("strings are of %.0f bytes on average for %.0f (%s); their sizes by octave differ by %s",
		bytesMade/keys, bytesThere/keys, points(bytesMade/max(bytesThere, 1)-1), percent(apart/keys))
}

// slotsSay compares the shares of the keys by slot, and how uneven slots are.
func slotsSay(there, here []uint64) string {
	apart, _, _ := apartBy(there, here)
	sorted := func(load []uint64) []uint64 {
		ordered := slices.Clone(load)
		slices.Sort(ordered)
		return ordered
	}
	shapes, mostThere, mostHere := apartBy(sorted(there), sorted(here))
	if slices.Equal(there, here) {
		return fmt.Sprintf("slots: as many keys in every slot; the fullest has %s× the mean", ratio(mostHere*float64(len(here))))
	}
	return fmt.Sprintf("slots differ by %s, slot by slot, and by %s, heaviest against heaviest; the fullest has %s× the mean for %s×",
		percent(apart), percent(shapes), ratio(mostHere*float64(len(here))), ratio(mostThere*float64(len(there))))
}

// apartBy is half the sum of the differences between two distributions' shares,
// and the largest share of each.
func apartBy(there, here []uint64) (apart, mostThere, mostHere float64) {
	sum := func(load []uint64) (total float64) {
		for _, n := range load {
			total += float64(n)
		}
		return max(total, 1)
	}
	a, b := sum(there), sum(here)
	for i := range there {
		x, y := float64(there[i])/a, float64(here[i])/b
		apart += math.Abs(x-y) / 2
		mostThere, mostHere = max(mostThere, x), max(mostHere, y)
	}
	return apart, mostThere, mostHere
}

// comparedTags is how many of the heaviest hash tags are compared.
const comparedTags = 100

// tagsSay compares the number of hash tags and the heaviest with the heaviest.
func (m *made) tagsSay(f *profile.Fitted, s *keyset.Summary) string {
	var there template.Distinct
	for _, group := range f.Groups {
		for _, t := range group {
			there.Join(&t.Parts)
		}
	}
	keys := 0.0
	for _, n := range m.keys {
		keys += n
	}
	exact := func(error uint64, tags int, estimate float64) string {
		if error == 0 {
			return count(uint64(tags))
		}
		return "about " + count(uint64(estimate+0.5))
	}
	here, sum, apart := m.tags.Top(comparedTags), 0.0, 0.0
	list := s.Tags.Top(comparedTags)
	for i, tag := range list {
		size := 0.0
		if i < len(here) {
			size = float64(here[i].Sums[0]) / keys
		}
		sum += float64(tag.Keys) / float64(s.Keys)
		apart += math.Abs(float64(tag.Keys)/float64(s.Keys) - size)
	}
	return fmt.Sprintf("hash tags are %s for %s; the heaviest %d differ in size by %s", exact(m.tags.Error(), m.tags.Len(), m.distinct.Estimate()),
		exact(s.Tags.Error(), s.Tags.Len(), there.Estimate()), len(list), percent(apart/max(sum, 1e-12)))
}
