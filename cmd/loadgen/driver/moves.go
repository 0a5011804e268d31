package driver

import (
	"fmt"
	"slices"

	"slotbench/internal/slot"
	"slotbench/internal/timeline"
	"slotbench/targets"
)

// model is the target as the timeline leaves it at one moment, so that a later
// event can be planned, or refused, before the run.
type model struct {
	topology *slot.Topology
	gone     map[int]bool // killed for good, or removed
	added    int          // nodes
}

func newModel(t *slot.Topology) *model { return &model{topology: t.Clone(), gone: map[int]bool{}} }

// live is the nodes that serve.
func (m *model) live() []int {
	var list []int
	for i := range m.topology.Nodes {
		if !m.gone[i] {
			list = append(list, i)
		}
	}
	return list
}

// node finds a node by number, address or id.
func (m *model) node(name string) (int, error) {
	for i, n := range m.topology.Nodes {
		if name == fmt.Sprint(i) || name == n.Addr() && n.Port != 0 || name == n.ID && n.ID != "" {
			return i, nil
		}
	}
	return 0, fmt.Errorf("there is no node %s: nodes are 0 to %d, host:port or id", name, len(m.topology.Nodes)-1)
}

// add is what a launched node does to the model.
func (m *model) add() int {
	nodes := append(slices.Clone(m.topology.Nodes), slot.Node{})
	grown := slot.NewTopology(m.topology.Count(), nodes)
	for s := range int(m.topology.Count()) {
		if owner := m.topology.Owner(slot.Slot(s)); owner >= 0 {
			grown.SetOwner(slot.Slot(s), owner)
		}
	}
	m.topology = grown
	m.added++
	return len(nodes) - 1
}

// apply moves slots in the model.
func (m *model) apply(moves []targets.Move) {
	for _, move := range moves {
		m.topology.SetOwner(move.Slot, move.To)
	}
}

// sides is which nodes slots may leave and enter. Without from, they leave the
// node that owns most, or with to given all others; without to, they enter
// the one that owns least.
func (m *model) sides(event *timeline.Event) (from, to []int, err error) {
	live := m.live()
	without := func(list, left []int) []int {
		return slices.DeleteFunc(slices.Clone(list), func(n int) bool { return slices.Contains(left, n) })
	}
	named := func(name string) ([]int, error) {
		n, err := m.node(name)
		if err == nil && m.gone[n] {
			err = fmt.Errorf("node %s is gone by then", name)
		}
		return []int{n}, err
	}
	if event.From != "" && event.From != timeline.All {
		if from, err = named(event.From); err != nil {
			return nil, nil, err
		}
	}
	if event.To != "" && event.To != timeline.All {
		if to, err = named(event.To); err != nil {
			return nil, nil, err
		}
	}
	if from == nil {
		from = without(live, to)
		if event.From == "" && to == nil {
			from = []int{m.extreme(live, func(a, b int) bool { return a > b })}
		}
	}
	if to == nil {
		to = without(live, from)
		if event.To == "" && len(to) > 0 {
			slices.Reverse(to) // of several that own least, the last
			to = []int{m.extreme(to, func(a, b int) bool { return a < b })}
		}
	}
	if len(to) == 0 || len(from) == 0 || slices.Equal(from, to) {
		return nil, nil, fmt.Errorf("there is no other node to migrate to")
	}
	return from, to, nil
}

// extreme is the first of the nodes whose count of slots no other beats.
func (m *model) extreme(nodes []int, beats func(a, b int) bool) int {
	best := nodes[0]
	for _, n := range nodes[1:] {
		if beats(m.topology.Slots(n), m.topology.Slots(best)) {
			best = n
		}
	}
	return best
}

// moves plans a migration: of ranges the slots in their order, else the
// highest slots of the node that still owns most, to that which owns least.
func (m *model) moves(event *timeline.Event) ([]targets.Move, error) {
	if event.Ranges != nil {
		return m.movesOf(event)
	}
	from, to, err := m.sides(event)
	if err != nil {
		return nil, err
	}
	counts := map[int]int{}
	for _, n := range m.live() {
		counts[n] = m.topology.Slots(n)
	}
	slots := map[int][]slot.Slot{} // ascending
	available := 0
	for s := range int(m.topology.Count()) {
		if owner := m.topology.Owner(slot.Slot(s)); slices.Contains(from, owner) {
			slots[owner] = append(slots[owner], slot.Slot(s))
			available++
		}
	}
	want := event.Slots
	if event.AllSlots {
		want = available
	}
	if want > available {
		if len(from) == 1 && event.From == "" {
			return nil, fmt.Errorf("cannot migrate %d slots: no node owns more than %d", want, available)
		}
		return nil, fmt.Errorf("cannot migrate %d slots: %d are there", want, available)
	}
	moves := make([]targets.Move, 0, want)
	for len(moves) < want {
		source, destination := from[0], to[0]
		for _, n := range from {
			if len(slots[n]) > len(slots[source]) {
				source = n
			}
		}
		for _, n := range to {
			if counts[n] < counts[destination] {
				destination = n
			}
		}
		last := len(slots[source]) - 1
		moves = append(moves, targets.Move{Slot: slots[source][last], From: source, To: destination})
		slots[source] = slots[source][:last]
		counts[destination]++
	}
	return moves, nil
}

// movesOf plans the migration of named slots; those that are there already
// stay.
func (m *model) movesOf(event *timeline.Event) ([]targets.Move, error) {
	_, to, err := m.sides(event)
	if err != nil {
		return nil, err
	}
	if event.To == timeline.All {
		to = m.live()
	}
	seen := map[slot.Slot]bool{}
	var moves []targets.Move
	for _, r := range event.Ranges {
		for s := int(r.First); s <= int(r.Last); s++ {
			from, destination := m.topology.Owner(slot.Slot(s)), to[len(moves)%len(to)]
			if event.To == "" && from == destination {
				destination = m.other(from)
			}
			switch {
			case seen[slot.Slot(s)] || from == destination:
				continue
			case from < 0 || m.gone[from]:
				return nil, fmt.Errorf("slot %d has no owner that serves", s)
			}
			seen[slot.Slot(s)] = true
			moves = append(moves, targets.Move{Slot: slot.Slot(s), From: from, To: destination})
		}
	}
	if len(moves) == 0 {
		return nil, fmt.Errorf("all these slots are there already")
	}
	return moves, nil
}

// other is the node besides this one that owns least.
func (m *model) other(than int) int {
	others := slices.DeleteFunc(m.live(), func(n int) bool { return n == than })
	return m.extreme(others, func(a, b int) bool { return a < b })
}
