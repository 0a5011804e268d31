// Package topology says which node owns each slot, which slots are open, and
// where a command must run. A Map never changes: what changes the topology
// makes a new Map, which a Holder publishes. It opens no socket, reads no
// clock and starts no goroutine.
package topology

import (
	"slices"

	"slotbench/internal/slot"
)

// Node is a primary as this node knows it.
type Node struct {
	slot.Node
	BusPort     int    // where it talks to other nodes; 0: it does not
	ConfigEpoch uint64 // of its claim to its slots
}

// none stands for no node, where a node's index is asked for.
const none = slot.NoOwner

// A slot is in one of these states, as the node that holds the Map sees it.
// "Open" are migrating and importing.
//
//	           ADDSLOTS, NODE me                SETSLOT MIGRATING b
//	unbound ----------------------> owned -------------------------> migrating
//	   ^  ^-------- DELSLOTS --------+ ^ <------- STABLE ------------- to b
//	   |                             | |                                 |
//	   | DELSLOTS            NODE b, | | NODE me,                NODE b, |
//	   |                     no keys | | ADDSLOTS                no keys |
//	   |                             v |                                 |
//	   +--------------------------- other's <----------------------------+
//	                                 | ^
//	             SETSLOT IMPORTING a | | STABLE
//	                                 v |
//	                              importing ---- NODE me: owned, and the
//	                               from a         node's epoch is bumped
//
// An unbound slot can be importing too.
type cell struct {
	owner int16 // index in nodes, or none
	peer  int16 // the other end of an open slot, or none: of a slot that self owns, where it goes; else where it comes from
}

// Map is one state of the topology. It is never changed once it is made, so
// it may be read without a lock.
type Map struct {
	self         int      // index in nodes
	nodes        []Node   // each ID once
	addrs        []string // of nodes
	cells        []cell   // by slot
	unbound      int      // slots without an owner
	open         int      // slots that are open
	currentEpoch uint64   // no node's ConfigEpoch is higher
}

// New is a topology in which self is alone and nobody owns a slot.
func New(count slot.Count, self Node) *Map {
	m := &Map{cells: make([]cell, count), unbound: int(count), currentEpoch: self.ConfigEpoch}
	m.know([]Node{self})
	for s := range m.cells {
		m.cells[s] = cell{none, none}
	}
	return m
}

// know sets the nodes; the index of self stays.
func (m *Map) know(nodes []Node) {
	m.nodes, m.addrs = nodes, make([]string, len(nodes))
	for i, n := range nodes {
		m.addrs[i] = n.Addr()
	}
}

// Count is how many slots there are.
func (m *Map) Count() slot.Count { return slot.Count(len(m.cells)) }

// Self is the node that holds this Map.
func (m *Map) Self() Node { return m.nodes[m.self] }

// SelfIndex is the index of Self in Nodes.
func (m *Map) SelfIndex() int { return m.self }

// Nodes is every known node. It must not be written to.
func (m *Map) Nodes() []Node { return m.nodes }

// Lookup is the index in Nodes of the node with that id.
func (m *Map) Lookup(id string) (index int, ok bool) {
	index = slices.IndexFunc(m.nodes, func(n Node) bool { return n.ID == id })
	return index, index >= 0
}

// CurrentEpoch is the highest epoch that this node has seen.
func (m *Map) CurrentEpoch() uint64 { return m.currentEpoch }

// Owner is the index in Nodes of the slot's owner, or slot.NoOwner.
func (m *Map) Owner(s slot.Slot) int { return int(m.cells[s].owner) }

// Owns says whether this node owns the slot.
func (m *Map) Owns(s slot.Slot) bool { return int(m.cells[s].owner) == m.self }

// Assigned is how many slots have an owner.
func (m *Map) Assigned() int { return len(m.cells) - m.unbound }

// Complete says whether every slot has an owner; while not, the cluster is
// down.
func (m *Map) Complete() bool { return m.unbound == 0 }

// Size is how many nodes own slots.
func (m *Map) Size() int {
	owning := make([]bool, len(m.nodes))
	size := 0
	for _, c := range m.cells {
		if c.owner != none && !owning[c.owner] {
			owning[c.owner] = true
			size++
		}
	}
	return size
}

// Span is a range of slots with one owner.
type Span struct {
	slot.Range
	Owner int // index in Nodes
}

// Spans is every owned slot in the fewest ranges, ascending.
func (m *Map) Spans() []Span {
	var spans []Span
	for s, c := range m.cells {
		if c.owner == none {
			continue
		}
		if n := len(spans); n > 0 && int(spans[n-1].Last)+1 == s && spans[n-1].Owner == int(c.owner) {
			spans[n-1].Last = slot.Slot(s)
			continue
		}
		spans = append(spans, Span{slot.Range{First: slot.Slot(s), Last: slot.Slot(s)}, int(c.owner)})
	}
	return spans
}

// Open is a slot that is open on this node.
type Open struct {
	Slot      slot.Slot
	Migrating bool // to Peer; else importing from it
	Peer      int  // index in Nodes
}

// Opened is the slots that are open on this node, ascending.
func (m *Map) Opened() []Open {
	if m.open == 0 {
		return nil
	}
	opened := make([]Open, 0, m.open)
	for s, c := range m.cells {
		if c.peer != none {
			opened = append(opened, Open{slot.Slot(s), int(c.owner) == m.self, int(c.peer)})
		}
	}
	return opened
}

// Foreign says whether the slot is another node's and nothing of it is to be
// here: it is not being imported either.
func (m *Map) Foreign(s slot.Slot) bool {
	c := m.cells[s]
	return c.owner != none && int(c.owner) != m.self && c.peer == none
}

// Same says whether Replace would leave everything as it is but the epochs.
func (m *Map) Same(nodes []slot.Node, spans []Span) bool {
	known := m.nodes
	if m.self == len(nodes) { // the last, since it is not named
		known = known[:m.self]
	}
	if m.open > 0 || m.unbound > 0 || len(nodes) != len(known) {
		return false
	}
	for i, n := range nodes {
		if known[i].Node != n {
			return false
		}
	}
	same := 0
	for _, span := range spans {
		for s := int(span.First); s <= int(span.Last); s++ {
			if int(m.cells[s].owner) != span.Owner {
				return false
			}
			same++
		}
	}
	return same == len(m.cells)
}
