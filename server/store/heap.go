package store

import (
	"hash/maphash"
	"math"
	"sync"
	"sync/atomic"

	"slotbench/internal/slot"
)

// Heap is a Store whose tables are ordinary Go memory: simple, and seen by the
// garbage collector.
type Heap struct {
	slots    []heapSlot
	seed     maphash.Seed // so that no client can choose keys that collide
	expiring atomic.Int64 // keys that have an expiry
	expired  atomic.Int64

	sweeping sync.Mutex
	sweepAt  int // the slot where the next Expire goes on
}

var _ Store = (*Heap)(nil)

// NewHeap is a Store of n slots on the Go heap.
func NewHeap(n slot.Count) *Heap {
	h := &Heap{slots: make([]heapSlot, n), seed: maphash.MakeSeed()}
	for i := range h.slots {
		h.slots[i].store = h
		h.slots[i].nextExpiry.Store(math.MaxInt64)
	}
	return h
}

// Count is how many slots there are.
func (h *Heap) Count() slot.Count { return slot.Count(len(h.slots)) }

// Lock takes a slot's lock.
func (h *Heap) Lock(s slot.Slot, nowMillis int64) Table {
	t := &h.slots[s]
	t.mu.Lock()
	t.nowMillis = nowMillis
	return t
}

// TryLock takes a slot's lock if it is free.
func (h *Heap) TryLock(s slot.Slot, nowMillis int64) (Table, bool) {
	t := &h.slots[s]
	if !t.mu.TryLock() {
		return nil, false
	}
	t.nowMillis = nowMillis
	return t, true
}

// Unlock gives the lock back.
func (h *Heap) Unlock(s slot.Slot) { h.slots[s].mu.Unlock() }

// Account is what a slot holds and has cost.
func (h *Heap) Account(s slot.Slot) Account {
	a := &h.slots[s].account
	return Account{
		Keys: a.keys.Load(), Bytes: a.bytes.Load(), Expiring: a.expiring.Load(),
		Use: Use{
			Reads: a.reads.Load(), Writes: a.writes.Load(), CPUNanos: a.cpuNanos.Load(),
			BytesIn: a.bytesIn.Load(), BytesOut: a.bytesOut.Load(),
		},
	}
}

// ResetUse sets every slot's Use to zero.
func (h *Heap) ResetUse() {
	for i := range h.slots {
		a := &h.slots[i].account
		for _, figure := range []*atomic.Int64{&a.reads, &a.writes, &a.cpuNanos, &a.bytesIn, &a.bytesOut} {
			figure.Store(0)
		}
	}
}

// Expired is how many keys were deleted because their time had come.
func (h *Heap) Expired() int64 { return h.expired.Load() }

// Expire deletes keys whose time has come. Slots in which nothing can be due
// are passed by without their lock.
func (h *Heap) Expire(nowMillis int64, limit int) (deleted int, more bool) {
	if h.expiring.Load() == 0 {
		return 0, false
	}
	h.sweeping.Lock()
	defer h.sweeping.Unlock()
	for range h.slots {
		t := &h.slots[h.sweepAt]
		for t.nextExpiry.Load() <= nowMillis {
			if limit <= 0 {
				return deleted, true
			}
			h.Lock(slot.Slot(h.sweepAt), nowMillis)
			looked, gone := t.sweep(limit)
			h.Unlock(slot.Slot(h.sweepAt))
			limit -= looked
			deleted += gone
		}
		h.sweepAt = (h.sweepAt + 1) % len(h.slots)
	}
	return deleted, false
}

// Full is never so: what there is no memory for ends the process.
func (h *Heap) Full(slot.Slot, int64) bool { return false }

// Tidy is the garbage collector's work.
func (h *Heap) Tidy(int64, int) bool { return false }

// account is a slot's Account, written under the slot's lock: one cache line.
type account struct {
	reads, writes, cpuNanos, bytesIn, bytesOut atomic.Int64
	keys, bytes, expiring                      atomic.Int64
}

// add adds to a figure that is often left as it is.
func add(figure *atomic.Int64, n int64) {
	if n != 0 {
		figure.Add(n)
	}
}
