package workloads

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"slotbench/internal/slot"
)

// Validate names every fault of the spec at once: the error is a *Faults.
func (s *Spec) Validate() error {
	f := &Faults{File: s.Name}
	if s.Name == "" {
		f.File = "workload"
		f.add("name", "is missing; give the workload a name")
	}
	if s.Keys < 1 || s.Keys > MaxKeys {
		f.add("keys", "is %d; want how many keys there are, from 1 to %d", s.Keys, int64(MaxKeys))
	}
	if strings.ContainsAny(s.Prefix, "{}") {
		f.add("prefix", "%q has a brace, which would make a hash tag; take another sign", s.Prefix)
	}
	if len(s.Prefix) > MaxTemplateBytes {
		f.add("prefix", "is %d bytes long, the limit is %d", len(s.Prefix), MaxTemplateBytes)
	}
	if s.Slot != nil && int(*s.Slot) >= int(slot.DefaultCount) {
		f.add("slot", "is %d; slots are 0 to %d", *s.Slot, slot.DefaultCount-1)
	}
	validatePopularity(f, "popularity", &s.Popularity)
	if _, err := parseSizes(s.valueSize(&Family{})); err != nil {
		f.add("value_size", "%v", err)
	}
	if _, _, err := parseContent(s.Content); err != nil {
		f.add("content", "%v", err)
	}
	s.validateScripts(f)
	s.validateFamilies(f)
	s.validateOperations(f)
	s.validateReceivers(f)
	validatePhases(f, s.Phases)
	s.Run.validate(f)
	s.validateEvents(f)
	return f.orNil()
}

func validatePopularity(f *Faults, at string, p *Popularity) {
	kinds := []string{Uniform, Zipf, Sequential, Hotspot, Latest, KeyRange, Exponential}
	if p.Kind != "" && !slices.Contains(kinds, p.Kind) {
		f.add(at+".kind", "%q is unknown; want one of %s", p.Kind, strings.Join(kinds, ", "))
		return
	}
	kind := p.Kind
	if kind == "" {
		kind = Uniform
	}
	only := func(field string, isSet bool, kinds ...string) {
		if isSet && !slices.Contains(kinds, kind) {
			f.add(at+"."+field, "has no meaning for kind %s, only for %s; leave it out or change the kind", kind, strings.Join(kinds, " and "))
		}
	}
	only("exponent", p.Exponent != nil, Zipf, Latest)
	only("in_order", p.InOrder, Zipf, Hotspot, KeyRange, Exponential)
	only("data", p.Data != 0, Hotspot)
	only("requests", p.Requests != 0, Hotspot)
	only("percentile", p.Percentile != 0, Exponential)
	only("fraction", p.Fraction != 0, Exponential)
	only("key_ranges", p.Ranges != 0, KeyRange)
	only("terms", len(p.Terms) > 0, KeyRange)
	if kind == KeyRange {
		validateKeyRange(f, at, p)
	}
	if !(p.Percentile >= 0 && p.Percentile < 100) {
		f.add(at+".percentile", "is %v; want above 0 and below 100", p.Percentile)
	}
	if !(p.Fraction >= 0 && p.Fraction <= 1) {
		f.add(at+".fraction", "is %v; want the share of the keys that gets the percentile of the requests, above 0 and at most 1", p.Fraction)
	}
	if e := orPointed(p.Exponent, 0); !(e >= 0 && e <= MaxExponent) {
		f.add(at+".exponent", "is %v; want a number from 0 to %d", e, MaxExponent)
	}
	if !(p.Data >= 0 && p.Data <= 1) {
		f.add(at+".data", "is %v; want the share of the keys that is hot, above 0 and at most 1", p.Data)
	}
	if !(p.Requests >= 0 && p.Requests <= 1) {
		f.add(at+".requests", "is %v; want the share of the requests that the hot keys get, above 0 and at most 1", p.Requests)
	}
}

func validateWeight(f *Faults, at string, weight *float64) {
	if w := orPointed(weight, 1); !(w >= 0 && w <= maxWeight) {
		f.add(at, "is %v; want a number from 0 to %g", w, maxWeight)
	}
}

func (s *Spec) validateFamilies(f *Faults) {
	switch n := len(s.Families); {
	case n == 0:
		f.add("families", "is empty; say how at least one family of keys is named")
	case n > MaxFamilies:
		f.add("families", "are %d, the limit is %d", n, MaxFamilies)
		return
	case s.Keys >= 1 && s.Keys < int64(n):
		f.add("keys", "is %d, but there are %d families and each has a key at least", s.Keys, n)
	}
	templates := make([][]part, len(s.Families))
	names := map[string]bool{}
	for i := range s.Families {
		in := &s.Families[i]
		at := fmt.Sprintf("families[%d]", i)
		switch {
		case in.Name == "":
			f.add(at+".name", "is missing; give the family a name")
		case names[in.Name]:
			f.add(at+".name", "%q stands twice; give each family its own", in.Name)
		}
		names[in.Name] = true
		validateWeight(f, at+".share", in.Share)
		if in.Share != nil && *in.Share == 0 {
			f.add(at+".share", "is 0, but each family has a key at least; drop the family")
		}
		validateWeight(f, at+".weight", in.Weight)
		validatePopularity(f, at+".popularity", &in.Popularity)
		if in.ValueSize != "" {
			if _, err := parseSizes(in.ValueSize); err != nil {
				f.add(at+".value_size", "%v", err)
			}
			if in.Counter && in.kind() != List {
				f.add(at+".value_size", "has no meaning for counters, whose values are integers; leave it out")
			}
		}
		validateCollection(f, at, in)
		parts, err := parseTemplate(in.Key)
		if err != nil {
			f.add(at+".key", "%v", err)
			continue
		}
		templates[i] = parts
		validateKeySize(f, at, in, parts)
		s.validateKey(f, at, in, parts)
	}
	if len(f.List) > 0 {
		return // what follows is about families that are whole in themselves
	}
	for i := range templates {
		for j := range i {
			if mayCollide(templates[i], templates[j]) {
				f.add(fmt.Sprintf("families[%d].key", i), "could make a key that family %q makes too; begin them differently", s.Families[j].Name)
			}
		}
	}
	tags := int64(0)
	for i, keys := range s.familyKeys() {
		at := fmt.Sprintf("families[%d]", i)
		if t := s.Families[i].Tags; t != nil && t.Exponent > 0 {
			if tags += (keys-1)/t.KeysPerTag + 1; tags > MaxTags {
				f.add(at+".tags", "makes %d tags together with those before, the limit is %d where their sizes differ; raise keys_per_tag or leave out the exponent", tags, MaxTags)
			}
		}
		if s.Families[i].Slots != "" {
			terms, _ := parseSlots(s.Families[i].Slots)
			for _, t := range terms {
				tags += t.tags
			}
			if tags > MaxTags {
				f.add(at+".slots", "makes %d tags together with those before, the limit is %d", tags, MaxTags)
			}
		}
		validateCount(f, at, &s.Families[i], keys, templates[i])
	}
}

// validateKey checks that a template shows what its family has, and shows
// enough of it to tell every key.
func (s *Spec) validateKey(f *Faults, at string, in *Family, parts []part) {
	shows := map[fieldKind]bool{}
	shownRanges := map[string]bool{}
	for _, p := range parts {
		shows[p.kind] = true
		if p.kind == rangeField {
			shownRanges[p.name] = true
			if !slices.ContainsFunc(in.Ranges, func(r Range) bool { return r.Name == p.name }) {
				f.add(at+".key", "shows %%[%s], but the family has no range of that name; add it to ranges, or show tag, member or slot", p.name)
			}
		}
	}
	if (shows[tagField] || shows[memberField]) && in.Tags == nil && in.Slots == "" {
		f.add(at+".key", "shows %%[tag] or %%[member], but the family has no tags; add tags: {keys_per_tag: …}")
	}
	if in.Slots != "" {
		validateSlots(f, at, in, parts, shows)
	} else if shows[slotField] && s.Slot == nil {
		f.add(at+".key", "shows %%[slot]s, but no slot is chosen; add slot: 0 to %d to the workload", slot.DefaultCount-1)
	}
	if in.Tags != nil {
		if len(in.Ranges) > 0 {
			f.add(at+".ranges", "can't stand beside tags; leave one of them out")
		}
		if in.Tags.KeysPerTag < 1 || in.Tags.KeysPerTag > MaxKeys {
			f.add(at+".tags.keys_per_tag", "is %d; want a mean of at least 1", in.Tags.KeysPerTag)
		}
		if !(in.Tags.Exponent >= 0 && in.Tags.Exponent <= MaxExponent) {
			f.add(at+".tags.exponent", "is %v; want a number from 0 (equal sizes) to %d", in.Tags.Exponent, MaxExponent)
		}
		if !shows[idField] && !(shows[tagField] && shows[memberField]) {
			f.add(at+".key", "does not tell the keys of a tag apart; show %%[tag]d and %%[member]d, or %%d")
		}
	}
	s.validateRanges(f, at, in, shownRanges)
}

// validateSlots checks a family whose slots are given.
func validateSlots(f *Faults, at string, in *Family, parts []part, shows map[fieldKind]bool) {
	if in.Tags != nil || len(in.Ranges) > 0 {
		f.add(at+".slots", "can't stand beside tags or ranges; leave one of them out (slots tell tags too)")
	}
	terms, err := parseSlots(in.Slots)
	if err != nil {
		f.add(at+".slots", "%v", err)
	}
	several := slices.ContainsFunc(terms, func(t tagTerm) bool { return t.rank+t.tags > 1 })
	if !shows[idField] && !(shows[memberField] && (shows[tagField] || !several)) {
		f.add(at+".key", "does not tell the keys of a slot apart; show %%[tag]d and %%[member]d, or %%d")
	}
	laid, from, to := layOut(parts)
	if to == 0 {
		from, to = 0, len(laid)
	}
	places := 0
	for i, p := range laid {
		if p.kind == slotField {
			places++
			if i < from || i >= to {
				places = 2 // it would place nothing
			}
		}
	}
	if places != 1 {
		f.add(at+".key", "shows %%[slot]s not once where the slot is decided: in the braces, or anywhere without; there it becomes the digits that bring the key to its slot")
	}
}

func (s *Spec) validateRanges(f *Faults, at string, in *Family, shown map[string]bool) {
	if len(in.Ranges) > MaxRanges {
		f.add(at+".ranges", "are %d, the limit is %d", len(in.Ranges), MaxRanges)
	}
	product, names := int64(1), map[string]bool{"tag": true, "member": true, "slot": true}
	for i, r := range in.Ranges {
		where := fmt.Sprintf("%s.ranges[%d]", at, i)
		if r.Name == "" || strings.ContainsAny(r.Name, "[]") || names[r.Name] {
			f.add(where+".name", "%q stands already, or is empty, or has a bracket; take another", r.Name)
		}
		names[r.Name] = true
		if r.Count < 1 || r.Count > MaxKeys/product {
			f.add(where+".count", "is %d; want at least 1, and at most %d for all ranges multiplied", r.Count, int64(MaxKeys))
			return
		}
		product *= r.Count
		if !shown[r.Name] {
			f.add(at+".key", "does not show %%[%s]d, a range of the family; put it in or drop the range", r.Name)
		}
	}
}

// validateCount checks that a template tells so many keys apart.
func validateCount(f *Faults, at string, in *Family, keys int64, parts []part) {
	if in.Tags != nil || in.Slots != "" || slices.ContainsFunc(parts, func(p part) bool { return p.kind == idField }) {
		return
	}
	product := int64(1)
	for _, r := range in.Ranges {
		product *= r.Count
	}
	if keys > product {
		f.add(at+".key", "tells only %d keys apart, but the family has %d; show %%d", product, keys)
	}
}

// validate checks the suggestions.
func (r *Suggestions) validate(f *Faults) {
	if r.Connections < 0 {
		f.add("run.connections", "is %d; want at least 1", r.Connections)
	}
	if r.Pipeline < 0 {
		f.add("run.pipeline", "is %d; want at least 1", r.Pipeline)
	}
	if r.Requests < 0 {
		f.add("run.requests", "is %d; want at least 1", r.Requests)
	}
	if rate := orPointed(r.Rate, 0); !(rate >= 0) || math.IsInf(rate, 1) {
		f.add("run.rate", "is %v; want requests a second, or 0 for a closed loop", rate)
	}
	if r.Duration != "" {
		if d, err := time.ParseDuration(r.Duration); err != nil || d <= 0 {
			f.add("run.duration", `%q is no time; want one as "30s"`, r.Duration)
		}
	}
	if r.Arrival != "" {
		if _, err := ParseArrival(string(r.Arrival)); err != nil {
			f.add("run.arrival", "%v", err)
		}
	}
}

// Length is the suggested duration, 0 if there is none.
func (r *Suggestions) Length() time.Duration {
	d, _ := time.ParseDuration(r.Duration)
	return d
}
