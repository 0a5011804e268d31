// Package pushed is a control plane without peers: it learns the topology from
// outside, as a whole by DFLYCLUSTER CONFIG, and slot by slot by CLUSTER
// SETSLOT, ADDSLOTS and DELSLOTS. It opens no socket and reads no clock of its
// own; one goroutine deletes what is no longer owned.
//
// A node of it never talks to another, so a cluster is configured so: start
// the nodes; ask each for its id by CLUSTER MYID; push one and the same
// configuration, which names all of them with their addresses and slots, to
// every node by DFLYCLUSTER CONFIG. After a restart a node has a new id and
// knows nothing: push again. A slot moves by SETSLOT IMPORTING, SETSLOT
// MIGRATING, GETKEYSINSLOT and MIGRATE until it is empty, and in the end
// CLUSTER SETSLOT slot NODE id to every node, the target first: what redis-cli
// --cluster reshard does. Every node then sees the same owners; epochs are
// each node's own.
package pushed

import (
	"sync"

	"slotbench/internal/slot"
	"slotbench/server/store"
	"slotbench/server/topology"
)

// Plane is a node's control plane.
type Plane struct {
	*topology.Holder
	store     store.Store
	nowMillis func() int64
	sweeper   *sweeper

	// changing is held throughout a change. It is taken before any slot's lock.
	changing sync.Mutex
	// stale says, by slot and under its lock, that its keys are to be deleted:
	// they are from before the slot became another node's. They are gone before
	// the slot can have keys here again.
	stale []bool
}

// New is a plane in which self owns nothing and knows nobody. nowMillis is
// the Unix time. Close must be called in the end.
func New(st store.Store, self topology.Node, nowMillis func() int64) *Plane {
	p := &Plane{
		Holder:    topology.NewHolder(topology.New(st.Count(), self)),
		store:     st,
		nowMillis: nowMillis,
		stale:     make([]bool, st.Count()),
	}
	p.sweeper = startSweeper(p)
	return p
}

// Close ends the background work. Keys that are no longer owned may be left.
func (p *Plane) Close() error {
	p.sweeper.close()
	return nil
}

// AddSlots gives unbound slots to this node, all or none.
func (p *Plane) AddSlots(slots []slot.Slot) error {
	p.changing.Lock()
	defer p.changing.Unlock()
	for _, s := range slots {
		p.sweep(s)
	}
	err := p.Change(func(m *topology.Map) (*topology.Map, error) { return m.Add(slots) })
	p.settle(slots)
	return err
}

// DeleteSlots takes slots from their owners, all or none. Their keys stay, as
// in Redis.
func (p *Plane) DeleteSlots(slots []slot.Slot) error {
	p.changing.Lock()
	defer p.changing.Unlock()
	err := p.Change(func(m *topology.Map) (*topology.Map, error) { return m.Delete(slots) })
	p.settle(slots)
	return err
}

// Migrating opens a slot of this node towards another.
func (p *Plane) Migrating(s slot.Slot, to string) error {
	return p.changeSlot(s, func(m *topology.Map, _ store.Table) (*topology.Map, error) { return m.Migrate(s, to) })
}

// Importing opens a slot of another node towards this one.
func (p *Plane) Importing(s slot.Slot, from string) error {
	return p.changeSlot(s, func(m *topology.Map, _ store.Table) (*topology.Map, error) { return m.Import(s, from) })
}

// Stable closes a slot.
func (p *Plane) Stable(s slot.Slot) error {
	return p.changeSlot(s, func(m *topology.Map, _ store.Table) (*topology.Map, error) { return m.Stable(s), nil })
}

// Assign gives a slot to a node. It is refused while this node owns the slot
// and holds keys of it.
func (p *Plane) Assign(s slot.Slot, id string) error {
	return p.changeSlot(s, func(m *topology.Map, t store.Table) (*topology.Map, error) { return m.Assign(s, id, living(t)) })
}

// changeSlot changes one slot under its lock: no command of the slot runs
// between the look at its keys and the change.
func (p *Plane) changeSlot(s slot.Slot, change func(*topology.Map, store.Table) (*topology.Map, error)) error {
	p.changing.Lock()
	defer p.changing.Unlock()
	p.sweep(s)
	t := p.store.Lock(s, p.nowMillis())
	defer p.store.Unlock(s)
	return p.Change(func(m *topology.Map) (*topology.Map, error) { return change(m, t) })
}

// living is 1 if a table holds any key whose time has not come, else 0: a
// table's length counts what has expired and is not yet deleted.
func living(t store.Table) int64 {
	if t.Len() == 0 {
		return 0
	}
	found := int64(0)
	for position, begun := uint64(0), false; found == 0 && (position != 0 || !begun); begun = true {
		position = t.Scan(position, 1, func([]byte, store.Entry) { found = 1 })
	}
	return found
}

// settle waits until no command runs any more that was routed before the last
// change: each held its slot's lock since it asked.
func (p *Plane) settle(slots []slot.Slot) {
	for _, s := range slots {
		p.store.Lock(s, p.nowMillis())
		p.store.Unlock(s)
	}
}

// Configure replaces the topology by one in Dragonfly's JSON, closes all open
// slots, and has keys deleted whose slot is then another node's. The same
// topology again changes nothing.
func (p *Plane) Configure(config []byte) error {
	nodes, spans, err := parse(config, p.store.Count())
	if err != nil {
		return err
	}
	p.changing.Lock()
	defer p.changing.Unlock()
	if p.Map().Same(nodes, spans) {
		return nil
	}
	for s := range p.stale {
		p.sweep(slot.Slot(s))
	}
	err = p.Change(func(m *topology.Map) (*topology.Map, error) { return m.Replace(nodes, spans), nil })
	for s := range p.stale {
		t := p.store.Lock(slot.Slot(s), p.nowMillis())
		p.stale[s] = t.Len() > 0 && p.Map().Foreign(slot.Slot(s))
		p.store.Unlock(slot.Slot(s))
	}
	p.sweeper.wake()
	return err
}

// sweep deletes a slot's stale keys.
func (p *Plane) sweep(s slot.Slot) {
	t := p.store.Lock(s, p.nowMillis())
	defer p.store.Unlock(s)
	if p.stale[s] {
		t.Clear()
		p.stale[s] = false
	}
}
