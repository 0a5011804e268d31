package workloads

import (
	"fmt"
	"strconv"
)

// validateSteps checks an operation of several commands.
func (s *Spec) validateSteps(f *Faults, at string, m *Mix) {
	if len(m.Steps) > MaxSteps {
		f.add(at+".steps", "are %d, the limit is %d", len(m.Steps), MaxSteps)
		return
	}
	only := func(field string, isSet bool) {
		if isSet {
			f.add(at+"."+field, "stands beside steps; write it in the step that it is meant for")
		}
	}
	only("command", m.Command != "")
	only("insert", m.Insert)
	only("keys", m.Keys != 0)
	only("ttl", m.TTL != "")
	only("start", m.Start != 0)
	only("end", m.End != nil)
	only("by", m.By != 0)
	only("count", m.Count != "")
	only("expect", m.Expect != "")
	before := len(f.List)
	for i := range m.Steps {
		s.validateStep(f, fmt.Sprintf("%s.steps[%d]", at, i), m, i)
	}
	if m.Transaction && len(f.List) == before {
		s.validateOneSlot(f, at, m)
	}
}

func (s *Spec) validateStep(f *Faults, at string, m *Mix, i int) {
	step := m.Steps[i].mix()
	c, err := step.call()
	if err != nil {
		f.add(at+".command", "%v", err)
		return
	}
	s.validateForm(f, at, &step, &c)
	s.validateArguments(f, at, &step, &c)
	if m.Transaction && c.form.has(holeScript) {
		f.add(at+".command", "calls a script in a transaction; let the script do the whole of it")
	}
	if family := m.Steps[i].Family; family != "" {
		if n := s.familyNumber(family); n == ownFamily {
			f.add(at+".family", "%q is none of the families", family)
		} else {
			s.validateTarget(f, at+".family", &step, &c, &s.Families[n])
		}
		return
	}
	if i == 0 {
		whole := *m
		s.validateTargets(f, at, withCommand(&whole, step), &c)
		return
	}
	for _, n := range s.familiesOf(m) {
		s.validateTarget(f, at+".command", &step, &c, &s.Families[n])
	}
}

// withCommand is an operation with its first step's command in the place of
// its steps.
func withCommand(m *Mix, step Mix) *Mix {
	step.Families = m.Families
	return &step
}

// validateOneSlot checks that the keys of a transaction share a slot.
func (s *Spec) validateOneSlot(f *Faults, at string, m *Mix) {
	_, families := m.calls(s)
	involved := s.familiesOf(m)
	for _, n := range families {
		if n != ownFamily {
			involved = append(involved, n)
		}
	}
	first := s.hashedShape(involved[0])
	for _, n := range involved[1:] {
		if n != involved[0] && (first == "" || s.hashedShape(n) != first) {
			f.add(at+".transaction", "needs all its keys in one slot, but those of families %q and %q do not share a hash tag: put the same text and number, and nothing else, into the braces of both",
				s.Families[involved[0]].Name, s.Families[n].Name)
			return
		}
	}
}

// hashedShape is what stands between the braces of a family's keys, where it
// depends on nothing but the number that the families of an operation have in
// common: the tag's, or the key's own. It is "" where it depends on more.
func (s *Spec) hashedShape(family int) string {
	in := &s.Families[family]
	parts, err := parseTemplate(in.Key)
	if err != nil {
		return ""
	}
	parts, from, to := layOut(parts)
	if in.Slots != "" {
		return "" // each family has slots of its own
	}
	shared := idField
	if in.Tags != nil {
		shared = tagField
	}
	shape := ""
	for _, p := range parts[from:max(from, to)] {
		switch {
		case p.kind == literalField:
			shape += strconv.Quote(p.text)
		case p.kind == slotField:
			shape += "slot"
		case p.kind == shared && len(in.Ranges) == 0:
			shape += fmt.Sprintf("%%%d%v", p.width, p.hex)
		default:
			return ""
		}
	}
	return shape
}
