package store

import (
	"math"

	"slotbench/internal/slot"
)

// never is an expiry that does not come.
const never = math.MaxInt64

// sweepAtOnce is how many entries a sweep looks at under one lock.
const sweepAtOnce = 128

// Expire deletes keys whose time has come. Groups of slots in which no key has
// an expiry, and slots in which none is due, are passed by without a lock.
func (a *Arena) Expire(nowMillis int64, limit int) (deleted int, more bool) {
	a.sweeping.Lock()
	defer a.sweeping.Unlock()
	for range len(a.groups) + 1 { // the first may be begun in its middle
		if a.groups[a.sweepAt/GroupSlots].expiring.Load() > 0 {
			n, whole := a.expireGroup(nowMillis, &limit)
			if deleted += n; !whole {
				return deleted, true
			}
		}
		a.sweepAt = (a.sweepAt/GroupSlots + 1) * GroupSlots % len(a.tables)
	}
	return deleted, false
}

// expireGroup sweeps what is due in the rest of a group of slots, unless the
// limit comes before.
func (a *Arena) expireGroup(nowMillis int64, limit *int) (deleted int, whole bool) {
	for end := (a.sweepAt/GroupSlots + 1) * GroupSlots; a.sweepAt < end; a.sweepAt++ {
		t := &a.tables[a.sweepAt]
		for t.nextExpiry.Load() <= nowMillis {
			if *limit <= 0 {
				return deleted, false
			}
			s := slot.Slot(a.sweepAt)
			if _, ok := a.TryLock(s, nowMillis); !ok {
				break // it may be held for long; its turn comes again
			}
			looked, gone := t.sweep(min(*limit, sweepAtOnce))
			a.Unlock(s)
			*limit -= looked
			deleted += gone
		}
	}
	a.sweepAt--
	return deleted, true
}

// Expired is how many keys were deleted because their time had come.
func (a *Arena) Expired() int64 { return a.expired.Load() }

// removeExpired takes out the key that was found, whose time has come.
func (t *table) removeExpired() {
	t.remove()
	t.shard.arena.expired.Add(1)
}

// sweep deletes keys whose time has come, from where the last sweep ended to
// where about limit entries were looked at.
func (t *table) sweep(limit int) (looked, deleted int) {
	if t.sweepAt == 0 {
		t.sweepMin = never
	}
	for looked < limit && t.buckets != 0 {
		at := t.buckets.index(t.sweepAt)
		next := after(t.sweepAt, t.buckets.mask(at))
		chain := t.shard.bucketRef(t.buckets, at)
		entries, gone := t.sweepChain(chain)
		looked += 1 + entries
		if gone > 0 {
			deleted += gone
			t.contract(chain)
		}
		if t.sweepAt = next; next == 0 {
			break
		}
	}
	if t.buckets == 0 {
		t.sweepAt, t.sweepMin = 0, never
	}
	if t.sweepAt == 0 {
		t.nextExpiry.Store(t.sweepMin)
	}
	t.shard.arena.expired.Add(int64(deleted))
	return looked, deleted
}

// sweepChain deletes the keys of a chain whose time has come. It looks only
// into buckets where there may be an expiry.
func (t *table) sweepChain(chain reference) (looked, deleted int) {
	for ref := chain; ref != 0; ref = t.shard.bucket(ref).next() {
		b := t.shard.bucket(ref)
		if !b.expires() {
			continue
		}
		b.more &^= moreExpires
		for set := b.filled(); set != 0; set &= set - 1 {
			cell := cellOf(set)
			e := t.shard.entry(b.refs[cell])
			l := e.layout()
			looked++
			switch at := e.expiry(l); {
			case at == 0:
			case at <= t.nowMillis:
				t.drop(place{b.refs[cell], ref, uint8(cell)})
				deleted++
			default:
				b.more |= moreExpires
				t.sweepMin = min(t.sweepMin, at)
			}
		}
	}
	return looked, deleted
}
