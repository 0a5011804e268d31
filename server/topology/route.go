package topology

import "slotbench/internal/slot"

// RouteKind is where a slot's commands must run.
type RouteKind uint8

// The kinds of route.
const (
	// Mine: here.
	Mine RouteKind = iota
	// Moved: on the node at Addr; -MOVED.
	Moved
	// Migrating: here while the keys are here; with none of them here on the
	// node at Addr, -ASK; with some, -TRYAGAIN.
	Migrating
	// Importing: on its owner at Addr, -MOVED; but here after ASKING, and then
	// with several keys of which one is missing, -TRYAGAIN.
	Importing
	// Unbound: nowhere, nobody owns the slot; -CLUSTERDOWN Hash slot not served.
	Unbound
	// Down: nowhere, some other slot has no owner; -CLUSTERDOWN The cluster is down.
	Down
)

// Route says where the commands of one slot must run.
type Route struct {
	Kind RouteKind
	Addr string // host:port
}

// Route says where a command must run whose keys are all in slot s. It cannot
// fail: a slot without an owner is Unbound.
func (m *Map) Route(s slot.Slot) Route {
	c := m.cells[s]
	switch {
	case c.owner == none:
		return Route{Kind: Unbound}
	case m.unbound > 0:
		return Route{Kind: Down}
	case int(c.owner) == m.self && c.peer == none:
		return Route{Kind: Mine}
	case int(c.owner) == m.self:
		return Route{Migrating, m.addrs[c.peer]}
	case c.peer != none:
		return Route{Importing, m.addrs[c.owner]}
	}
	return Route{Moved, m.addrs[c.owner]}
}
