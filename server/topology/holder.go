package topology

import (
	"sync"
	"sync/atomic"

	"slotbench/internal/slot"
)

// Holder is where a node keeps its current Map. Reading takes no lock.
type Holder struct {
	changing sync.Mutex
	current  atomic.Pointer[Map]
	changed  atomic.Pointer[func()]
}

// OnChange has changed called after every change, which may be under a slot's
// lock: it must neither lock nor wait.
func (h *Holder) OnChange(changed func()) { h.changed.Store(&changed) }

// NewHolder is a Holder with its first Map.
func NewHolder(m *Map) *Holder {
	h := &Holder{}
	h.current.Store(m)
	return h
}

// Map is the current topology.
func (h *Holder) Map() *Map { return h.current.Load() }

// Route says where a slot's commands must run. A command asks under the slot's
// lock. Who changes a slot's route holds that lock meanwhile, or takes it once
// afterwards: from then on nothing runs by the old route.
func (h *Holder) Route(s slot.Slot) Route { return h.current.Load().Route(s) }

// Change replaces the current Map by what change makes of it, unless change
// returns an error. Changes happen one after the other; change must not lock.
func (h *Holder) Change(change func(*Map) (*Map, error)) error {
	h.changing.Lock()
	defer h.changing.Unlock()
	next, err := change(h.current.Load())
	if err != nil {
		return err
	}
	h.current.Store(next)
	if changed := h.changed.Load(); changed != nil {
		(*changed)()
	}
	return nil
}
