package command

import (
	"slotbench/internal/slot"
	"slotbench/server/topology"
)

// RouteKind is where a slot's commands must run.
type RouteKind = topology.RouteKind

// The kinds of route, as topology explains them.
const (
	Mine      = topology.Mine
	Moved     = topology.Moved
	Migrating = topology.Migrating
	Importing = topology.Importing
	Unbound   = topology.Unbound
	Down      = topology.Down
)

// Route says where the commands of one slot must run.
type Route = topology.Route

// Router is what routing asks of the topology. Route is called under the
// slot's lock; whoever changes a slot's route holds that lock meanwhile, or
// takes it once after the change: from then on nothing runs by the old route.
type Router interface {
	Route(s slot.Slot) Route
}

var _ Router = (*topology.Holder)(nil)
