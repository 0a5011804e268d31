package store

import (
	"hash/maphash"
	"math/bits"
	"sync"
	"sync/atomic"

	"slotbench/internal/slot"
)

// Arena is a Store that keeps keys, values and tables outside the garbage
// collector's sight.
//
//	slot -> table -> buckets -> entries      one cache line each, mostly
//	          |         \________/
//	        account     in the shard that the slot's number chooses
type Arena struct {
	tables []table
	shards []shard // a power of two
	groups []group

	expired  atomic.Int64
	sweeping sync.Mutex // Expire
	sweepAt  int        // the slot where the next Expire goes on

	tidying sync.Mutex // Tidy
	tidyAt  int        // the shard where the next Tidy begins
}

var _ Store = (*Arena)(nil)

// maxShards bounds how many shards there are: each reserves address space.
const maxShards = 8

// NewArena is a Store of n slots, for about so many processors that work on it
// at once.
func NewArena(n slot.Count, processors int) *Arena {
	a := &Arena{
		tables: make([]table, n),
		groups: make([]group, n/GroupSlots),
		shards: make([]shard, 1<<bits.Len(uint(min(max(processors, 1), maxShards)-1))),
	}
	seed := maphash.MakeSeed()
	for i := range a.shards {
		a.shards[i].init(a, seed)
	}
	for i := range a.tables {
		t := &a.tables[i]
		t.shard, t.group = a.shardOf(slot.Slot(i)), &a.groups[i/GroupSlots]
		t.nextExpiry.Store(never)
	}
	return a
}

func (a *Arena) shardOf(s slot.Slot) *shard { return &a.shards[int(s)&(len(a.shards)-1)] }

// Count is how many slots there are.
func (a *Arena) Count() slot.Count { return slot.Count(len(a.tables)) }

// Lock takes a slot's lock.
func (a *Arena) Lock(s slot.Slot, nowMillis int64) Table {
	t := &a.tables[s]
	t.mu.Lock()
	t.nowMillis = nowMillis
	t.found = place{}
	return t
}

// TryLock takes a slot's lock if it is free.
func (a *Arena) TryLock(s slot.Slot, nowMillis int64) (Table, bool) {
	t := &a.tables[s]
	if !t.mu.TryLock() {
		return nil, false
	}
	t.nowMillis = nowMillis
	t.found = place{}
	return t, true
}

// Unlock gives the lock back.
func (a *Arena) Unlock(s slot.Slot) { a.tables[s].mu.Unlock() }

// Account is what a slot holds and has cost.
func (a *Arena) Account(s slot.Slot) Account { return a.tables[s].account.read() }

// GroupKeys is how many keys the slots of a group hold.
func (a *Arena) GroupKeys(i int) int64 { return a.groups[i].keys.Load() }

// ResetUse sets every slot's Use to zero.
func (a *Arena) ResetUse() {
	for i := range a.tables {
		a.tables[i].account.resetUse()
	}
}

// reserveBytes is how much of a shard's reach is kept for what cannot be
// refused, or says too late how much it needs: a key that gets an expiry, a
// value of MaxValueBytes that comes of a command of a few. Reclaim makes room
// again meanwhile.
func (s *shard) reserveBytes() int64 {
	return int64(max(s.reach/reservePart, min(leastReserve, s.reach/8*5)))
}

const (
	reservePart  = 32
	leastReserve = MaxValueBytes + MaxValueBytes/4
)

// Full says whether a slot's shard is used up to the reach of its references.
func (a *Arena) Full(s slot.Slot, bytes int64) bool {
	of := a.shardOf(s)
	return of.room.Load() < bytes+of.reserveBytes()
}
