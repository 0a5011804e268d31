package workloads

import (
	"fmt"
	"slices"
	"strings"
)

func (s *Spec) validateOperations(f *Faults) {
	requests := 0
	for i := range s.Operations {
		requests += s.Operations[i].requests()
	}
	switch {
	case len(s.Operations) == 0:
		f.add("operations", "is empty; say what is asked, as - {command: GET}")
		return
	case requests > MaxOperations:
		f.add("operations", "make %d kinds of requests, the limit is %d", requests, MaxOperations)
		return
	}
	sum := 0.0
	names := map[string]bool{preloadName: true}
	for i := range s.Operations {
		m := &s.Operations[i]
		at := fmt.Sprintf("operations[%d]", i)
		validateWeight(f, at+".weight", m.Weight)
		sum += orPointed(m.Weight, 1)
		for step := range m.requests() {
			name := m.name()
			if !m.Transaction {
				name = m.stepName(step)
			}
			if names[name] {
				f.add(at+".name", "%q stands already; give the operation a name of its own", name)
			}
			names[name] = true
		}
		s.validateOperation(f, at, m)
	}
	if sum == 0 {
		f.add("operations", "weigh 0 together; give one of them a weight")
	}
}

// validateOperation checks one command, or the steps in its place.
func (s *Spec) validateOperation(f *Faults, at string, m *Mix) {
	if len(m.Steps) > 0 {
		s.validateSteps(f, at, m)
		return
	}
	if m.Transaction {
		f.add(at+".transaction", "is of several commands; write them as steps: [{command: …}, …]")
	}
	if m.Command == "" {
		f.add(at+".command", "is missing; write a command, or steps")
		return
	}
	c, err := m.call()
	if err != nil {
		f.add(at+".command", "%v", err)
		return
	}
	s.validateForm(f, at, m, &c)
	s.validateArguments(f, at, m, &c)
	s.validateTargets(f, at, m, &c)
}

// validateForm checks what the placeholders of a command refer to.
func (s *Spec) validateForm(f *Faults, at string, m *Mix, c *call) {
	for i, w := range c.form.words {
		switch w.hole {
		case holeKey:
			if w.text != "" && s.familyNumber(w.text) == ownFamily {
				f.add(at+".command", "{key:%s} names none of the families", clip(w.text))
			}
		case holeValue:
			if _, err := parseSizes(w.text); w.text != "" && err != nil {
				f.add(at+".command", "{value:%s}: %v", clip(w.text), err)
			}
		case holeNumber:
			if _, _, err := parseSpan(w.text); err != nil {
				f.add(at+".command", "{number:%s}: %v", clip(w.text), err)
			}
		case holeScript:
			if _, known := s.Scripts[w.text]; !known {
				f.add(at+".command", "{script:%s} names none of the scripts; write it under scripts", clip(w.text))
			}
			if i != 0 || c.form.name != "EVALSHA" && c.form.name != "EVALSHA_RO" {
				f.add(at+".command", "{script:%s} stands where no script can; write EVALSHA {script:%s} 1 {key}", clip(w.text), clip(w.text))
			}
		}
		inGroup := i >= c.form.from && i < c.form.to
		if (w.hole == holeKeys || w.hole == holePairs || w.hole == holeKey && w.text == "") && inGroup {
			f.add(at+".command", "repeats a key in brackets; {keys} stands for several keys of one tag")
		}
	}
	if c.form.to > 0 && c.form.has(holeKeys, holePairs) {
		f.add(at+".command", "has both brackets and {keys}; count can say how many only of one of them")
	}
	if strings.HasPrefix(c.form.name, "EVALSHA") {
		validateScriptCall(f, at, c)
	}
	s.validateKeyOrder(f, at, c)
}

// validateScriptCall checks that a script's keys stand where EVALSHA has them.
func validateScriptCall(f *Faults, at string, c *call) {
	words := c.form.words
	if len(words) < 3 || words[0].hole != holeScript || words[2].hole != holeKey && words[2].hole != holeKeys {
		f.add(at+".command", "is no call of a script; write EVALSHA {script:NAME} 1 {key} and its arguments, or {count} {keys}")
	}
}

// validateKeyOrder checks that the key stands before what is made for it.
func (s *Spec) validateKeyOrder(f *Faults, at string, c *call) {
	for _, w := range c.form.words {
		switch w.hole {
		case holeKey, holeKeys, holePairs:
			return
		case holeValue:
			f.add(at+".command", "has {value} before its key; values carry a stamp of the key, so the key must come first")
			return
		}
	}
}

// validateArguments checks the operation's own fields.
func (s *Spec) validateArguments(f *Faults, at string, m *Mix, c *call) {
	name := c.form.name
	only := func(field string, isSet, has bool) {
		if isSet && !has {
			f.add(at+"."+field, "is no argument of %s; leave it out", name)
		}
	}
	only("keys", m.Keys != 0, c.many)
	only("count", m.Count != "", c.form.repeats() && !c.many)
	only("ttl", m.TTL != "", c.form.has(holeSeconds, holeMillis, holePX))
	only("start", m.Start != 0, c.form.has(holeStart))
	only("end", m.End != nil, c.form.has(holeEnd))
	only("by", m.By != 0, c.form.has(holeBy))
	if c.many && (m.Keys < 1 || m.Keys > MaxKeysPerCall) {
		f.add(at+".keys", "is %d; say of how many keys one %s is, from 1 to %d", m.Keys, name, MaxKeysPerCall)
	}
	validateRepeat(f, at, m, c)
	if m.Start < 0 && name == "SETRANGE" {
		f.add(at+".start", "is %d; SETRANGE wants an offset from 0", m.Start)
	}
	life, err := parseTTL(m.TTL)
	switch {
	case err != nil:
		f.add(at+".ttl", "%v", err)
	case m.TTL == "" && (c.ttl || c.form.has(holeSeconds, holeMillis)):
		f.add(at+".ttl", `is missing; %s needs one, as "60s"`, name)
	case c.form.has(holeSeconds) && !life.wholeSeconds():
		f.add(at+".ttl", "%q: %s takes whole seconds", m.TTL, name)
	}
	if m.Insert && (m.Command == "MSET" || !c.write || c.removes || !c.form.has(holeKey)) {
		f.add(at+".insert", "can't be done by %s; SET, SETEX, PSETEX, SETNX, HSET, RPUSH, SADD, ZADD and their like insert", name)
	}
}

// validateRepeat checks how often a part is repeated.
func validateRepeat(f *Faults, at string, m *Mix, c *call) {
	if m.Count == "" || c.many {
		return
	}
	count, err := parseSizes(m.Count)
	most := MaxElements
	if c.form.has(holeKeys, holePairs) {
		most = MaxKeysPerCall
	}
	switch {
	case err != nil:
		f.add(at+".count", "%v", err)
	case count.min() < 1 || count.max() > most:
		f.add(at+".count", "is %q; want 1 to %d", m.Count, most)
	}
}

// validateTargets checks that the operation has families, and suits them.
func (s *Spec) validateTargets(f *Faults, at string, m *Mix, c *call) {
	for i, name := range m.Families {
		if s.familyNumber(name) == ownFamily {
			f.add(fmt.Sprintf("%s.families[%d]", at, i), "%q is none of the families", name)
		}
	}
	targets := s.familiesOf(m)
	sum := 0.0
	for _, i := range targets {
		in := &s.Families[i]
		sum += in.weight()
		s.validateTarget(f, at+".families", m, c, in)
		if m.Insert && (in.Tags != nil && in.Tags.Exponent > 0 || in.Slots != "" || !showsEnd(in)) {
			f.add(at+".insert", "needs keys without end, but family %q has tags of unequal size, or slots, or does not show %%d; name another in families", in.Name)
		}
	}
	if len(targets) == 0 || sum == 0 {
		hint := "give it one of type " + string(c.on)
		if c.on == anyType || c.on == String {
			hint = "all are counters or of another type, which it takes only if families names them"
		}
		if c.counter {
			hint = "give it one with counter: true"
		}
		f.add(at+".families", "no family with a weight suits %s; %s", c.form.name, hint)
	}
}

// validateTarget checks that a command suits a family.
func (s *Spec) validateTarget(f *Faults, at string, m *Mix, c *call, in *Family) {
	name := c.form.name
	switch {
	case !c.suits(in) && !(c.on == String && in.kind() == Bitmap):
		f.add(at, "%s works on type %s, but family %q is of type %s; take another", name, c.on, in.Name, in.kind())
	case c.counter && !in.Counter:
		f.add(at, "%s needs integers; add counter: true to family %q or take another", name, in.Name)
	case c.text && in.Counter:
		f.add(at, "%s would spoil the integers of family %q; take another", name, in.Name)
	}
	if (in.kind() == String || in.kind() == Channel) && c.form.has(holeElement, holeScore, holeLow, holeHigh, holeIndex) {
		f.add(at, "%s draws an element, but family %q has none; give it a type that has", name, in.Name)
	}
	if (in.kind() == List || in.kind() == Bitmap) && c.form.has(holeElement) {
		f.add(at, "%s draws the name of an element, but those of a %s have none; take {index}", name, in.kind())
	}
	if c.form.has(holeKeys, holePairs) {
		s.validateMany(f, at, m, c, in)
	}
	if !c.form.has(holeValue, holePairs) {
		return
	}
	sizes, err := parseSizes(s.valueSize(in))
	count, errCount := parseSizes(m.repeat())
	if err == nil && errCount == nil && count.max()*sizes.max() > MaxCallBytes && !in.Counter {
		field := ".count"
		if c.many {
			field = ".keys"
		}
		f.add(strings.TrimSuffix(at, ".families")+field, "is %s, with values of up to %d bytes in family %q; one call may hold %d bytes of them",
			m.repeat(), sizes.max(), in.Name, MaxCallBytes)
	}
}

// validateMany checks that the keys of one call share a slot.
func (s *Spec) validateMany(f *Faults, at string, m *Mix, c *call, in *Family) {
	parts, err := parseTemplate(in.Key)
	if err != nil {
		return // said already
	}
	parts, from, to := layOut(parts)
	oneSlot := to > 0
	for _, p := range parts[from:max(from, to)] {
		oneSlot = oneSlot && (p.kind == literalField || p.kind == slotField || p.kind == tagField)
	}
	if !oneSlot {
		f.add(at, "the keys of one %s must share a slot, but those of family %q do not: give it tags and put %%[tag]d alone into braces", c.form.name, in.Name)
	}
	inserted := slices.ContainsFunc(s.Operations, func(other Mix) bool {
		return other.Insert && slices.ContainsFunc(s.familiesOf(&other), func(i int) bool { return s.Families[i].Name == in.Name })
	})
	if inserted && (in.Tags == nil || s.popularity(in).Kind == Latest) {
		f.add(at, "%s takes its keys from a fixed number of them, but others insert into family %q", c.form.name, in.Name)
	}
}

// showsEnd says whether a template shows the key's number without an end.
func showsEnd(in *Family) bool {
	parts, _ := parseTemplate(in.Key)
	shows := map[fieldKind]bool{}
	for _, p := range parts {
		shows[p.kind] = true
	}
	return shows[idField] || shows[tagField] && shows[memberField]
}
