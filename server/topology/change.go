package topology

import (
	"fmt"
	"slices"

	"slotbench/internal/slot"
)

// Refusal is why a change is not made, as Redis answers it behind "-ERR ".
type Refusal string

// Error is the text.
func (r Refusal) Error() string { return string(r) }

func refuse(format string, args ...any) error { return Refusal(fmt.Sprintf(format, args...)) }

// change is a copy of the Map to be changed. Its nodes are shared with m.
func (m *Map) change() *Map {
	next := *m
	next.cells = slices.Clone(m.cells)
	return &next
}

// set puts a slot in a state and keeps the counts.
func (m *Map) set(s slot.Slot, c cell) {
	old := m.cells[s]
	m.unbound += count(c.owner == none) - count(old.owner == none)
	m.open += count(c.peer != none) - count(old.peer != none)
	m.cells[s] = c
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}

// Migrate opens a slot that this node owns towards another node.
func (m *Map) Migrate(s slot.Slot, to string) (*Map, error) {
	if !m.Owns(s) {
		return nil, refuse("I'm not the owner of hash slot %d", s)
	}
	peer, err := m.known(to)
	if err != nil {
		return nil, err
	}
	if peer == m.self {
		return nil, refuse("I'm already the owner of hash slot %d", s)
	}
	next := m.change()
	next.set(s, cell{int16(m.self), int16(peer)})
	return next, nil
}

// Import opens a slot that another node owns, or nobody, to this node.
func (m *Map) Import(s slot.Slot, from string) (*Map, error) {
	if m.Owns(s) {
		return nil, refuse("I'm already the owner of hash slot %d", s)
	}
	peer, err := m.known(from)
	if err != nil {
		return nil, err
	}
	if peer == m.self {
		return nil, refuse("I'm not the owner of hash slot %d", s)
	}
	next := m.change()
	next.set(s, cell{m.cells[s].owner, int16(peer)})
	return next, nil
}

func (m *Map) known(id string) (index int, err error) {
	index, ok := m.Lookup(id)
	if !ok {
		return none, refuse("I don't know about node %s", id)
	}
	return index, nil
}

// Stable closes a slot; who owns it stays.
func (m *Map) Stable(s slot.Slot) *Map {
	next := m.change()
	next.set(s, cell{m.cells[s].owner, none})
	return next
}

// Assign gives a slot to a node. keys is how many keys this node holds in it:
// it must be 0 where the slot leaves this node. A slot that this node imported
// is closed with it, and the node's epoch rises above all others.
func (m *Map) Assign(s slot.Slot, id string, keys int64) (*Map, error) {
	owner, ok := m.Lookup(id)
	if !ok {
		return nil, refuse("Unknown node %s", id)
	}
	if m.Owns(s) && owner != m.self && keys > 0 {
		return nil, refuse("Can't assign hashslot %d to a different node while I still hold keys for this hash slot.", s)
	}
	next := m.change()
	mine, opened := m.Owns(s), m.cells[s].peer != none
	c := cell{int16(owner), none}
	switch {
	case owner == m.self && !mine && opened:
		next.bump()
	case owner == m.self && mine && keys > 0, owner != m.self && !mine:
		c.peer = m.cells[s].peer // it is still on its way
	}
	next.set(s, c)
	return next, nil
}

// bump gives this node an epoch of its own above all others, unless it has
// one already.
func (m *Map) bump() {
	highest := m.currentEpoch
	self := m.nodes[m.self].ConfigEpoch
	shared := false
	for i, n := range m.nodes {
		highest = max(highest, n.ConfigEpoch)
		shared = shared || i != m.self && n.ConfigEpoch == self
	}
	if self != 0 && self == highest && !shared {
		return
	}
	m.currentEpoch = highest + 1
	m.nodes = slices.Clone(m.nodes)
	m.nodes[m.self].ConfigEpoch = m.currentEpoch
}

// Add gives unbound slots to this node, all or none. Slots that it imported
// are closed.
func (m *Map) Add(slots []slot.Slot) (*Map, error) {
	if err := m.once(slots, func(s slot.Slot) error {
		if m.cells[s].owner != none {
			return refuse("Slot %d is already busy", s)
		}
		return nil
	}); err != nil {
		return nil, err
	}
	next := m.change()
	for _, s := range slots {
		next.set(s, cell{int16(m.self), none})
	}
	return next, nil
}

// Delete takes slots from their owners, all or none. A slot that migrated
// from here is closed.
func (m *Map) Delete(slots []slot.Slot) (*Map, error) {
	if err := m.once(slots, func(s slot.Slot) error {
		if m.cells[s].owner == none {
			return refuse("Slot %d is already unassigned", s)
		}
		return nil
	}); err != nil {
		return nil, err
	}
	next := m.change()
	for _, s := range slots {
		peer := m.cells[s].peer
		if m.Owns(s) {
			peer = none
		}
		next.set(s, cell{none, peer})
	}
	return next, nil
}

// once checks every slot and that none is named twice.
func (m *Map) once(slots []slot.Slot, check func(slot.Slot) error) error {
	seen := make([]bool, len(m.cells))
	for _, s := range slots {
		if err := check(s); err != nil {
			return err
		}
		if seen[s] {
			return refuse("Slot %d specified multiple times", s)
		}
		seen[s] = true
	}
	return nil
}

// Replace is the topology that others agreed on, in place of this one: every
// slot is closed. The node keeps its id; where nodes does not name it, it
// stays known as it is and owns nothing. Epochs rise: the i-th node gets the
// i-th epoch above the current one.
func (m *Map) Replace(nodes []slot.Node, spans []Span) *Map {
	self := m.Self()
	next := New(m.Count(), self)
	known := make([]Node, len(nodes), len(nodes)+1)
	next.self = none
	for i, n := range nodes {
		known[i] = Node{Node: n, ConfigEpoch: m.currentEpoch + 1 + uint64(i)}
		if n.ID == self.ID {
			next.self, known[i].BusPort = i, self.BusPort
		}
	}
	if next.self == none {
		next.self = len(known)
		known = append(known, self)
	}
	next.know(known)
	next.currentEpoch = m.currentEpoch + uint64(len(nodes))
	for _, span := range spans {
		for s := int(span.First); s <= int(span.Last); s++ {
			next.set(slot.Slot(s), cell{int16(span.Owner), none})
		}
	}
	return next
}
