package workloads

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// validateCollection checks what a family's keys hold.
func validateCollection(f *Faults, at string, in *Family) {
	kind := in.kind()
	if !slices.Contains(types, kind) {
		f.add(at+".type", "%q is unknown; want one of %s", kind, joinTypes(types))
		return
	}
	only := func(field string, isSet bool, kinds ...Type) {
		if isSet && !slices.Contains(kinds, kind) {
			f.add(at+"."+field, "has no meaning for type %s, only for %s; leave it out", kind, joinTypes(kinds))
		}
	}
	only("elements", in.Elements != "", Hash, List, Set, SortedSet, Bitmap)
	only("element", in.Element != "", Hash, Set, SortedSet, Stream)
	only("universe", in.Universe != 0, Hash, List, Set, SortedSet, Bitmap, Stream)
	only("scores", in.Scores != "", SortedSet)
	only("counter", in.Counter, String, Hash)
	if (kind == Stream || kind == Channel) && orPointed(in.Preload, false) {
		f.add(at+".preload", "is true, but of type %s nothing is preloaded; leave it out", kind)
	}
	if _, _, err := parseContent(in.Content); err != nil {
		f.add(at+".content", "%v", err)
	}
	if _, err := parseElement(in.Element); err != nil {
		f.add(at+".element", "%v", err)
	}
	if in.Universe < 0 || in.Universe > MaxUniverse {
		f.add(at+".universe", "is %d; want how many names there are to draw from, 1 to %d", in.Universe, int64(MaxUniverse))
	}
	if _, _, err := parseSpan(in.Scores); in.Scores != "" && err != nil {
		f.add(at+".scores", "%v", err)
	}
	validateElements(f, at, in)
}

// validateElements checks how many elements a key has at first.
func validateElements(f *Faults, at string, in *Family) {
	count, err := parseSizes(in.elementCount())
	most := MaxElements
	if in.kind() == Bitmap {
		most = MaxBits
	}
	switch {
	case err != nil:
		f.add(at+".elements", "%v", err)
	case count.min() < 1 || count.max() > most:
		f.add(at+".elements", "is %q; want 1 to %d", in.elementCount(), most)
	case in.Universe > 0 && in.kind() != List && int64(count.max()) > in.Universe:
		f.add(at+".universe", "is %d, but a key has up to %d elements; want at least as many names", in.Universe, count.max())
	}
}

func joinTypes(all []Type) string {
	names := make([]string, len(all))
	for i, t := range all {
		names[i] = string(t)
	}
	return strings.Join(names, ", ")
}

// validateKeySize checks that a filler has a size and a size a filler.
func validateKeySize(f *Faults, at string, in *Family, parts []part) {
	fillers := 0
	for _, p := range parts {
		if p.kind == padField {
			fillers++
		}
	}
	switch {
	case in.KeySize == "" && fillers > 0:
		f.add(at+".key", "shows %%[pad], but the family has no key_size; say how long its keys are")
	case in.KeySize == "":
	case fillers != 1:
		f.add(at+".key", "shows %%[pad] %d times; show it once, where the key is to be filled up to its key_size", fillers)
	default:
		if sizes, err := parseSizes(in.KeySize); err != nil {
			f.add(at+".key_size", "%v", err)
		} else if sizes.max() > MaxKeySize {
			f.add(at+".key_size", "goes up to %d bytes, the limit is %d; give it a max", sizes.max(), MaxKeySize)
		}
	}
}

// validateKeyRange checks what key-range needs.
func validateKeyRange(f *Faults, at string, p *Popularity) {
	if p.Ranges < 1 || p.Ranges > MaxKeyRanges {
		f.add(at+".key_ranges", "is %d; want into how many ranges the keys are divided, 1 to %d", p.Ranges, MaxKeyRanges)
		return
	}
	if len(p.Terms) != 4 {
		f.add(at+".terms", "has %d numbers; want [a, b, c, d] of a·exp(b·i) + c·exp(d·i)", len(p.Terms))
		return
	}
	for _, t := range p.Terms {
		if math.IsNaN(t) || math.Abs(t) > maxTerm {
			f.add(at+".terms", "has %v; want numbers from %g to %g", t, -maxTerm, maxTerm)
			return
		}
	}
	first := rangeWeights(p.Terms, 1)[0] // the others may be nothing
	if !(first > 0) || math.IsInf(first, 1) {
		f.add(at+".terms", "make the weight of the first range %v; want one above 0", first)
	}
	for _, weight := range rangeWeights(p.Terms, p.Ranges) {
		if weight > maxWeight || math.IsNaN(weight) {
			f.add(at+".terms", "make a range weigh %g, the limit is %g", weight, maxWeight)
			return
		}
	}
}

// maxTerm bounds the terms of key-range.
const maxTerm = 1e6

// validateScripts checks the scripts' names and sizes.
func (s *Spec) validateScripts(f *Faults) {
	if len(s.Scripts) > MaxScripts {
		f.add("scripts", "are %d, the limit is %d", len(s.Scripts), MaxScripts)
		return
	}
	for _, name := range slices.Sorted(maps.Keys(s.Scripts)) {
		source := s.Scripts[name]
		switch {
		case name == "" || strings.ContainsAny(name, " {}[].:"):
			f.add("scripts", "has the name %q; want one without spaces, dots, colons and brackets", clip(name))
		case strings.TrimSpace(source) == "":
			f.add("scripts."+name, "is empty; write Lua, as return redis.call('GET', KEYS[1])")
		case len(source) > MaxScriptBytes:
			f.add("scripts."+name, "is %d bytes long, the limit is %d", len(source), MaxScriptBytes)
		case !s.callsScript(name):
			f.add("scripts."+name, "is called by no operation; call it by EVALSHA {script:%s} 1 {key}, or leave it out", name)
		}
	}
}

// callsScript says whether some operation calls a script.
func (s *Spec) callsScript(name string) bool {
	hole := fmt.Sprintf("{script:%s}", name)
	for i := range s.Operations {
		calls, _ := s.Operations[i].calls(s)
		for _, m := range calls {
			if strings.Contains(m.Command, hole) {
				return true
			}
		}
	}
	return false
}
