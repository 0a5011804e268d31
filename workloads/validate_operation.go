package workloads

import (
	"fmt"
	"slices"
)

func (s *Spec) validateOperations(f *Faults) {
	switch n := len(s.Operations); {
	case n == 0:
		f.add("operations", "is empty; say what is asked, as - {command: GET}")
		return
	case n > MaxOperations:
		f.add("operations", "are %d, the limit is %d", n, MaxOperations)
		return
	}
	sum := 0.0
	names := map[string]bool{preloadName: true}
	for i := range s.Operations {
		m := &s.Operations[i]
		at := fmt.Sprintf("operations[%d]", i)
		validateWeight(f, at+".weight", m.Weight)
		sum += orPointed(m.Weight, 1)
		if names[m.name()] {
			f.add(at+".name", "%q stands already; give the operation a name of its own", m.name())
		}
		names[m.name()] = true
		c, known := commands[m.Command]
		if !known {
			f.add(at+".command", "%q is unknown; want one of %s", m.Command, commandNames())
			continue
		}
		s.validateArguments(f, at, m, &c)
		s.validateTargets(f, at, m, &c)
	}
	if sum == 0 {
		f.add("operations", "weigh 0 together; give one of them a weight")
	}
}

// validateArguments checks the operation's own fields.
func (s *Spec) validateArguments(f *Faults, at string, m *Mix, c *command) {
	only := func(field string, isSet, has bool) {
		if isSet && !has {
			f.add(at+"."+field, "is no argument of %s; leave it out", m.Command)
		}
	}
	only("keys", m.Keys != 0, c.many)
	only("ttl", m.TTL != "", c.takes(argSeconds, argMillis, argPX))
	only("start", m.Start != 0, c.takes(argStart))
	only("end", m.End != nil, c.takes(argEnd))
	only("by", m.By != 0, c.takes(argBy))
	if c.many && (m.Keys < 1 || m.Keys > MaxKeysPerCall) {
		f.add(at+".keys", "is %d; say of how many keys one %s is, from 1 to %d", m.Keys, m.Command, MaxKeysPerCall)
	}
	life, err := parseTTL(m.TTL)
	switch {
	case err != nil:
		f.add(at+".ttl", "%v", err)
	case c.ttl && m.TTL == "":
		f.add(at+".ttl", `is missing; %s needs one, as "60s"`, m.Command)
	case c.takes(argSeconds) && !life.wholeSeconds():
		f.add(at+".ttl", "%q: %s takes whole seconds", m.TTL, m.Command)
	}
	if m.Insert && (m.Command != "SET" && m.Command != "SETEX" && m.Command != "PSETEX" && m.Command != "SETNX") {
		f.add(at+".insert", "can't be done by %s; SET, SETEX, PSETEX and SETNX insert", m.Command)
	}
}

// validateTargets checks that the operation has families, and suits them.
func (s *Spec) validateTargets(f *Faults, at string, m *Mix, c *command) {
	for i, name := range m.Families {
		if !slices.ContainsFunc(s.Families, func(in Family) bool { return in.Name == name }) {
			f.add(fmt.Sprintf("%s.families[%d]", at, i), "%q is none of the families", name)
		}
	}
	targets := s.familiesOf(m)
	sum := 0.0
	for _, i := range targets {
		in := &s.Families[i]
		sum += in.weight()
		switch {
		case c.counter && !in.Counter:
			f.add(at+".families", "%s needs integers; add counter: true to family %q or take another", m.Command, in.Name)
		case c.text && in.Counter:
			f.add(at+".families", "%s would spoil the integers of family %q; take another", m.Command, in.Name)
		}
		if m.Insert && (in.Tags != nil || !showsID(in.Key)) {
			f.add(at+".insert", "needs keys without end, but family %q has tags or shows no %%d; name another in families", in.Name)
		}
		if c.many {
			s.validateMany(f, at, m, c, in)
		}
	}
	if len(targets) == 0 || sum == 0 {
		hint := "all are counters, which it takes only if families names them"
		if c.counter {
			hint = "give it one with counter: true"
		}
		f.add(at+".families", "no family with a weight suits %s; %s", m.Command, hint)
	}
}

// validateMany checks that the keys of one call share a slot.
func (s *Spec) validateMany(f *Faults, at string, m *Mix, c *command, in *Family) {
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
		f.add(at+".families", "the keys of one %s must share a slot, but those of family %q do not: give it tags and put %%[tag]d alone into braces", m.Command, in.Name)
	}
	if sizes, err := parseSizes(s.valueSize(in)); err == nil && c.write && m.Keys*sizes.max() > MaxCallBytes {
		f.add(at+".keys", "is %d, with values of up to %d bytes in family %q; one call may hold %d bytes of them", m.Keys, sizes.max(), in.Name, MaxCallBytes)
	}
	inserted := slices.ContainsFunc(s.Operations, func(other Mix) bool {
		return other.Insert && (len(other.Families) == 0 && !in.Counter || slices.Contains(other.Families, in.Name))
	})
	if inserted {
		f.add(at+".families", "%s takes its keys from a fixed number of them, but others insert into family %q", m.Command, in.Name)
	}
}

// showsID says whether a template shows the key's number.
func showsID(key string) bool {
	parts, _ := parseTemplate(key)
	return slices.ContainsFunc(parts, func(p part) bool { return p.kind == idField })
}
