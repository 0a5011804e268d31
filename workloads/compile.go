package workloads

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"slotbench/internal/request"
	"slotbench/internal/slot"
)

// Options change a spec for one run; zero leaves it as it is.
type Options struct {
	Seed      uint64
	Streams   int        // how many streams there will be; needed by sequential keys and by inserts
	Keys      int64      // in all
	ValueSize string     // of every family that is no counter, as in a spec
	Ratio     string     // SET:GET, as "1:9": shares anew what the two have together
	Prefix    string     // before every key, and before the spec's own prefix; no braces
	Slot      *slot.Slot // what %[slot]s hashes to
}

// Operation is what reports and the driver know of an operation.
type Operation struct {
	Name    string  // of its own in the workload
	Command string  // "GET"
	Weight  float64 // its share of the requests, 0 … 1; the preload's is 0
	Write   bool    // changes its key if it succeeds
	Stamped bool    // values of at least request.StampBytes that it writes carry a stamp
	Insert  bool    // writes keys that the preload did not
	Removes bool    // its key may be gone afterwards: deleted, or with a time to live
	Keys    int     // of one request, at most
}

// Workload is a compiled spec. It never changes, so any number of goroutines
// may share it.
type Workload struct {
	spec     Spec
	seed     uint64
	streams  int
	keys     int64
	families []family
	ops      []Operation
	programs []program
	picks    []pick // what choice draws
	choice   choice
	weights  []float64 // of the picks
	pool     []byte
	random   content // what bitmaps are filled from
	packed   map[float64][]byte
	verbs    []string // the commands that it sends
	absent   int64    // keys that are not there at first
	// needsStreams says that a stream's requests depend on how many there are.
	needsStreams bool
}

// pick is an operation on a family.
type pick struct {
	op      request.Op
	family  uint16
	opening opening // of its (first) request
}

// Compile applies the options and makes the workload. The error names every
// fault of the spec and the options at once.
func (s *Spec) Compile(o Options) (*Workload, error) {
	effective, err := s.apply(o)
	if err != nil {
		return nil, err
	}
	if err := effective.Validate(); err != nil {
		return nil, err
	}
	w := &Workload{spec: *effective, seed: o.Seed, streams: max(o.Streams, 1), keys: effective.Keys}
	for i := range effective.Operations {
		m := &effective.Operations[i]
		w.needsStreams = w.needsStreams || m.Insert
	}
	w.pool = newPool(o.Seed)
	w.random = content{w.pool}
	w.compileFamilies()
	for _, f := range w.families {
		w.needsStreams = w.needsStreams || f.popularity.kind == inSequence
	}
	if w.needsStreams && o.Streams <= 0 {
		return nil, fmt.Errorf("workload %s: inserts and sequential keys are dealt out to the streams; Options.Streams must say how many there are", s.Name)
	}
	w.compileOperations()
	return w, nil
}

// apply is a copy of the spec with the options in it.
func (s *Spec) apply(o Options) (*Spec, error) {
	e := *s
	e.Families, e.Operations = slices.Clone(s.Families), slices.Clone(s.Operations)
	if o.Keys != 0 {
		e.Keys = o.Keys
	}
	if o.ValueSize != "" {
		e.ValueSize = o.ValueSize
		for i := range e.Families {
			e.Families[i].ValueSize = ""
		}
	}
	if o.Slot != nil {
		if !s.usesSlot() {
			return nil, fmt.Errorf("workload %s has no %%[slot]s in its keys, so it can't be aimed at slot %d", s.Name, *o.Slot)
		}
		chosen := *o.Slot
		e.Slot = &chosen
	}
	e.Prefix = o.Prefix + s.Prefix
	if o.Ratio != "" {
		if err := e.setRatio(o.Ratio); err != nil {
			return nil, err
		}
	}
	return &e, nil
}

func (s *Spec) usesSlot() bool {
	return slices.ContainsFunc(s.Families, func(f Family) bool { return strings.Contains(f.Key, "%[slot]s") })
}

// setRatio shares the weight that SET and GET have together anew. Inserts are
// no part of it.
func (s *Spec) setRatio(ratio string) error {
	setText, getText, _ := strings.Cut(ratio, ":")
	set, errSet := strconv.ParseFloat(setText, 64)
	get, errGet := strconv.ParseFloat(getText, 64)
	if errSet != nil || errGet != nil || !(set >= 0 && get >= 0 && set+get > 0) || set+get > maxWeight {
		return fmt.Errorf("ratio %q: want SET:GET, as 1:9, at least one of them above 0", ratio)
	}
	sumSet, sumGet := s.weightOf("SET"), s.weightOf("GET")
	both := sumSet + sumGet
	if both == 0 {
		return fmt.Errorf("ratio %q: workload %s has neither SET nor GET", ratio, s.Name)
	}
	s.setWeight("SET", sumSet, both*set/(set+get))
	s.setWeight("GET", sumGet, both*get/(set+get))
	return nil
}

// weightOf is what a command's operations weigh together.
func (s *Spec) weightOf(command string) (sum float64) {
	for i := range s.Operations {
		if m := &s.Operations[i]; m.Command == command && !m.Insert {
			sum += orPointed(m.Weight, 1)
		}
	}
	return sum
}

// setWeight makes a command's operations weigh so much together, each in its
// old proportion. Where there is none, it adds one.
func (s *Spec) setWeight(command string, old, weight float64) {
	present := false
	for i := range s.Operations {
		m := &s.Operations[i]
		if m.Command != command || m.Insert {
			continue
		}
		scaled := weight
		if old > 0 {
			scaled *= orPointed(m.Weight, 1) / old
		} else if present {
			scaled = 0
		}
		m.Weight, present = &scaled, true
	}
	if !present && weight > 0 {
		s.Operations = append(s.Operations, Mix{Command: command, Weight: &weight})
	}
}

// apportion deals keys out by weight. Each part is rounded down, what that
// leaves goes one each to the first, and who would get none takes one of the
// largest's. There are at least as many keys as weights, all above 0.
func apportion(keys int64, weights []float64) []int64 {
	sum := 0.0
	for _, weight := range weights {
		sum += weight
	}
	left := keys
	counts := make([]int64, len(weights))
	for i, weight := range weights {
		exact := float64(keys) * (weight / sum)
		counts[i] = min(int64(math.Floor(exact+1e-6)), left) // 0.2 of 100 is 20, not 19.99…
		left -= counts[i]
	}
	for i := 0; left > 0; i = (i + 1) % len(counts) {
		counts[i], left = counts[i]+1, left-1
	}
	for i := range counts {
		if counts[i] == 0 {
			counts[slices.Index(counts, slices.Max(counts))]--
			counts[i] = 1
		}
	}
	return counts
}

// familyKeys is how many keys each family has.
func (s *Spec) familyKeys() []int64 {
	shares := make([]float64, len(s.Families))
	for i := range s.Families {
		shares[i] = orPointed(s.Families[i].Share, 1)
	}
	return apportion(s.Keys, shares)
}

func (w *Workload) compileFamilies() {
	var first int64
	for i, keys := range w.spec.familyKeys() {
		in := &w.spec.Families[i]
		f := family{name: in.Name, keys: keys, first: first, counter: in.Counter, elements: newElements(in)}
		first += keys
		if f.absent = !orPointed(in.Preload, true) || f.elements.kind == Stream || f.elements.kind == Channel; f.absent {
			w.absent += keys
		}
		f.parts, f.hashFrom, f.hashTo = layOut(w.spec.compileTemplate(in))
		if in.Tags != nil {
			f.tags = newTagging(keys, in.Tags.KeysPerTag, in.Tags.Exponent)
		} else if in.Slots != "" {
			terms, _ := parseSlots(in.Slots)
			f.tags = placedTagging(keys, terms)
		}
		f.sizes, _ = parseSizes(w.spec.valueSize(in))
		f.sizes.prepare()
		f.content = w.newContent(w.spec.contentOf(in))
		if in.KeySize != "" {
			f.padding = w.newPadding(&f, in, uint64(i))
		}
		f.popularity = newPopularity(w.spec.popularity(in), keys, w.seed, uint64(i))
		last, _ := f.appendKey(nil, keys-1)
		f.lengthDigits = decimalDigits(uint64(len(last) + f.padding.most()))
		f.stencils = newStencils(&f, "")
		w.families = append(w.families, f)
	}
}

// compileTemplate is a family's template with the prefix, the slot and the
// ranges in it.
func (s *Spec) compileTemplate(in *Family) []part {
	parts, _ := parseTemplate(in.Key)
	if s.Prefix != "" {
		parts = append([]part{{text: s.Prefix}}, parts...)
	}
	product := int64(1)
	divisor := map[string]Range{}
	for _, r := range in.Ranges {
		divisor[r.Name] = Range{Count: product}
		product *= r.Count
	}
	for j := range parts {
		switch p := &parts[j]; p.kind {
		case slotField:
			if in.Slots == "" {
				*p = part{text: slotTag(*s.Slot)}
			}
		case idField:
			p.div = product
		case rangeField:
			p.div = divisor[p.name].Count
			for _, r := range in.Ranges {
				if r.Name == p.name {
					p.mod = r.Count
				}
			}
		}
	}
	return parts
}

// newPadding is how a family's keys are filled up. What stands behind the
// filler is taken to be as long as it is in the last key.
func (w *Workload) newPadding(f *family, in *Family, number uint64) *padding {
	sizes, _ := parseSizes(in.KeySize)
	sizes.prepare()
	behind := *f
	behind.padding = &padding{sizes: make([]uint16, padTable)}
	for i, p := range f.parts {
		if p.kind == padField {
			behind.parts, behind.hashTo, behind.hashFrom = f.parts[i+1:], 0, 0
		}
	}
	text, _ := behind.appendKey(nil, f.keys-1)
	return newPadding(&sizes, w.seed, number, len(text))
}

// valueSize is a family's own, the spec's, or the default of 100 bytes.
func (s *Spec) valueSize(f *Family) string {
	switch {
	case f.ValueSize != "":
		return f.ValueSize
	case s.ValueSize != "":
		return s.ValueSize
	}
	return DefaultValueSize
}

// DefaultValueSize is the size of values where a spec names none, in bytes.
const DefaultValueSize = "100"

// popularity is a family's own, or the spec's.
func (s *Spec) popularity(f *Family) Popularity {
	if !f.Popularity.isZero() {
		return f.Popularity
	}
	return s.Popularity
}
