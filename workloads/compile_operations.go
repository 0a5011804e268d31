package workloads

import (
	"fmt"
	"slices"
	"strings"

	"slotbench/internal/request"
)

func (w *Workload) compileOperations() {
	total := 0.0 // of requests: an operation makes one a step
	for i := range w.spec.Operations {
		m := &w.spec.Operations[i]
		total += orPointed(m.Weight, 1) * float64(m.requests())
	}
	var weights []float64
	for i := range w.spec.Operations {
		m := &w.spec.Operations[i]
		share := orPointed(m.Weight, 1) / total
		first := request.Op(len(w.programs))
		w.addOperation(m, share)
		families := w.spec.familiesOf(m)
		sum := 0.0
		for _, f := range families {
			sum += w.spec.Families[f].weight()
		}
		for _, f := range families {
			w.picks = append(w.picks, pick{first, uint16(f), newOpening(&w.families[f], &w.programs[first])})
			weights = append(weights, share*w.spec.Families[f].weight()/sum)
		}
	}
	w.weights, w.choice = weights, newChoice(weights)
	w.ops = append(w.ops, Operation{Name: preloadName, Command: "SET", Write: true, Stamped: true, Keys: 1})
}

// addOperation makes an operation's programs: one, or one a step.
func (w *Workload) addOperation(m *Mix, share float64) {
	calls, families := m.calls(&w.spec)
	shared := int64(0)
	if len(m.Steps) > 0 {
		shared = w.sharedNumbers(m, families)
	}
	if m.Transaction {
		p := program{name: "MULTI", transaction: true, last: true, shared: shared}
		p.form = w.spec.newForm(calls, true)
		op := Operation{Name: m.name(), Command: "MULTI", Weight: share}
		for i := range calls {
			w.addCall(&p, &op, &calls[i], families[i])
		}
		w.programs, w.ops = append(w.programs, p), append(w.ops, op)
		return
	}
	for i := range calls {
		p := program{last: i == len(calls)-1, follows: i > 0, shared: shared, insert: m.Insert, form: w.spec.newForm(calls[i:i+1], false)}
		op := Operation{Name: m.stepName(i), Weight: share, Insert: m.Insert}
		w.addCall(&p, &op, &calls[i], families[i])
		p.name = op.Command
		w.programs, w.ops = append(w.programs, p), append(w.ops, op)
	}
}

// addCall adds one command to a program.
func (w *Workload) addCall(p *program, op *Operation, m *Mix, family int) {
	parsed, _ := m.call()
	made := w.spec.newCall(m, family)
	p.calls = append(p.calls, made)
	p.write = p.write || parsed.write
	p.keys += made.mostKeys()
	if op.Command == "" {
		op.Command = parsed.form.name
	}
	op.Write, op.Keys = p.write, p.keys
	op.Stamped = op.Stamped || parsed.form.has(holeValue, holePairs)
	op.Removes = op.Removes || parsed.removes || m.TTL != ""
	w.verbs = append(w.verbs, parsed.form.name)
}

// sharedNumbers is how many numbers the keys of an operation's families have
// in common.
func (w *Workload) sharedNumbers(m *Mix, families []int) int64 {
	least := int64(MaxKeys)
	for _, i := range append(w.spec.familiesOf(m), families...) {
		if i == ownFamily {
			continue
		}
		f := &w.families[i]
		if f.tags != nil {
			least = min(least, f.tags.tags)
		} else {
			least = min(least, f.keys)
		}
	}
	return least
}

// calls is an operation's commands, and which family each is of.
func (m *Mix) calls(s *Spec) (calls []Mix, families []int) {
	if len(m.Steps) == 0 {
		return []Mix{*m}, []int{ownFamily}
	}
	for i := range m.Steps {
		calls = append(calls, m.Steps[i].mix())
		families = append(families, s.familyNumber(m.Steps[i].Family))
	}
	return calls, families
}

// requests is how many requests one turn of the operation makes.
func (m *Mix) requests() int {
	if m.Transaction {
		return 1
	}
	return max(len(m.Steps), 1)
}

// preloadName is the name of the preload's operation.
const preloadName = "preload"

func (f *Family) weight() float64 { return orPointed(f.Weight, orPointed(f.Share, 1)) }

// name is an operation's in reports.
func (m *Mix) name() string {
	switch {
	case m.Name != "":
		return m.Name
	case len(m.Steps) > 0:
		return m.Steps[0].verb()
	}
	verb, _, _ := strings.Cut(m.Command, " ")
	return verb
}

// verb is the name of a step's command.
func (s *Step) verb() string {
	verb, _, _ := strings.Cut(s.Command, " ")
	return strings.ToUpper(verb)
}

// stepName is the name of a step in reports; of an operation of one command,
// its own.
func (m *Mix) stepName(i int) string {
	if len(m.Steps) == 0 {
		return m.name()
	}
	if m.Steps[i].Name != "" {
		return m.Steps[i].Name
	}
	return fmt.Sprintf("%s %d %s", m.name(), i+1, m.Steps[i].verb())
}

// first is the command whose families an operation is drawn from.
func (m *Mix) first() Mix {
	if len(m.Steps) > 0 {
		return m.Steps[0].mix()
	}
	return *m
}

// familiesOf is the families that an operation works on, by number: those it
// names, or all whose keys suit it.
func (s *Spec) familiesOf(m *Mix) []int {
	names := m.Families
	if len(m.Steps) > 0 && m.Steps[0].Family != "" {
		names = []string{m.Steps[0].Family}
	}
	first := m.first()
	c, _ := first.call()
	var found []int
	for i := range s.Families {
		f := &s.Families[i]
		if len(names) > 0 && slices.Contains(names, f.Name) || len(names) == 0 && c.byDefault(f) {
			found = append(found, i)
		}
	}
	return found
}
