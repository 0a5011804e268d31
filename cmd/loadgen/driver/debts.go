package driver

import (
	"slices"
	"sync"
)

// Debts is what a run has changed on a target that is not its own and not yet
// put back, as lines for people. When a program must end at once it prints
// them instead.
type Debts struct {
	mu   sync.Mutex
	owed []debt
	next int
}

type debt struct {
	id   int
	text string
}

// owe notes a debt; the returned function pays it.
func (d *Debts) owe(text string) (paid func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.next++
	id := d.next
	d.owed = append(d.owed, debt{id, text})
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.owed = slices.DeleteFunc(d.owed, func(o debt) bool { return o.id == id })
	}
}

// Lines is what is owed now, the oldest first.
func (d *Debts) Lines() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	lines := make([]string, 0, len(d.owed))
	for _, o := range d.owed {
		lines = append(lines, o.text)
	}
	return lines
}
