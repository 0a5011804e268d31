package store

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
)

// table is a slot: its lock, its keys and its account. Its buckets hold
// references of entries; both lie in the slot's shard.
type table struct {
	// The first cache line is what a lookup reads.
	mu        sync.Mutex
	nowMillis int64 // since Lock
	shard     *shard
	buckets   buckets
	group     *group
	found     place // what was looked up last since Lock, as long as it is there
	_         [cacheLineBytes - 52]byte

	account account // the second line

	// The third is what few commands need.
	watched map[string][]Watcher // nil: none
	objects objects
	// nextExpiry is not later than any key's expiry: while it lies ahead, no
	// key is due.
	nextExpiry atomic.Int64
	sweepAt    uint64 // the position where a sweep goes on; 0: none is under way
	sweepMin   int64  // the earliest expiry of what was swept
}

// place is where a key is.
type place struct {
	ref    reference // of its entry; 0: nowhere
	bucket reference
	cell   uint8
}

func (t *table) hash(key []byte) uint64 { return maphash.Bytes(t.shard.seed, key) }

// find looks a key up and notes its place. If it is absent, ref is 0 and hash
// is the key's. A key whose time has come is deleted on the way.
func (t *table) find(key []byte) (ref reference, hash uint64) {
	s := t.shard
	if ref = t.found.ref; ref == 0 || !s.entry(ref).hasKey(key) {
		if hash = t.hash(key); !t.lookUp(key, hash) {
			return 0, hash
		}
		ref = t.found.ref
	}
	if e := s.entry(ref); e.expires() && t.gone(e, e.layout()) {
		t.removeExpired()
		return 0, t.hash(key)
	}
	return ref, hash
}

// lookUp notes a key's place, whether its time has come or not.
func (t *table) lookUp(key []byte, hash uint64) bool {
	s := t.shard
	t.found = place{}
	if t.buckets == 0 {
		return false
	}
	tag := tagOf(hash)
	for at := s.bucketRef(t.buckets, t.buckets.index(hash)); at != 0; {
		b := s.bucket(at)
		for set := b.match(tag); set != 0; set &= set - 1 {
			cell := cellOf(set)
			if s.entry(b.refs[cell]).hasKey(key) {
				t.found = place{b.refs[cell], at, uint8(cell)}
				return true
			}
		}
		at = b.next()
	}
	return false
}

// gone says whether an entry's time has come.
func (t *table) gone(e entry, l layout) bool {
	at := e.expiry(l)
	return at != 0 && at <= t.nowMillis
}

func (t *table) view(e entry, l layout) Entry {
	view := Entry{Type: e.kindType(), Form: e.form(), ExpireAtMillis: e.expiry(l)}
	if e.hasObject() {
		view.Object = t.objects.list[e.object(l)].Object
	} else {
		view.Value = e.value(l)
	}
	return view
}

// Len is how many keys there are.
func (t *table) Len() int { return int(t.account.keys.load()) }

// Get is what a key holds, and counts as a use.
func (t *table) Get(key []byte) (Entry, bool) {
	ref, _ := t.find(key)
	if ref == 0 {
		return Entry{}, false
	}
	e := t.shard.entry(ref)
	view := t.view(e, e.layout())
	e.setUsed(t.nowMillis)
	return view, true
}

// GetString is the value of a key that is a String, and counts as a use.
func (t *table) GetString(key []byte) (value []byte, kind Type, found bool) {
	ref, _ := t.find(key)
	if ref == 0 {
		return nil, 0, false
	}
	e := t.shard.entry(ref)
	e.setUsed(t.nowMillis)
	if kind = e.kindType(); kind != String {
		return nil, kind, true
	}
	return e.value(e.layout()), String, true
}

// UsedAtMillis is when a key was used last.
func (t *table) UsedAtMillis(key []byte) (atMillis int64, found bool) {
	ref, _ := t.find(key)
	if ref == 0 {
		return 0, false
	}
	return t.shard.entry(ref).usedAtMillis(t.nowMillis), true
}

// Peek is what a key holds.
func (t *table) Peek(key []byte) (Entry, bool) {
	ref, _ := t.find(key)
	if ref == 0 {
		return Entry{}, false
	}
	e := t.shard.entry(ref)
	return t.view(e, e.layout()), true
}

// Usage is the bytes that a key is accounted for.
func (t *table) Usage(key []byte) (int64, bool) {
	ref, _ := t.find(key)
	if ref == 0 {
		return 0, false
	}
	e := t.shard.entry(ref)
	l := e.layout()
	usage := t.room(ref, l) + shareBytes
	if e.hasObject() {
		usage += t.objects.list[e.object(l)].bytes
	}
	return usage, true
}

// Delete removes a key.
func (t *table) Delete(key []byte) bool {
	ref, _ := t.find(key)
	if ref == 0 {
		return false
	}
	t.remove()
	return true
}

// clearAtOnce is how many keys Clear frees itself; more are left to Tidy, since
// FLUSHALL clears every slot under every lock.
const clearAtOnce = 16

// Clear removes every key.
func (t *table) Clear() {
	t.touchAll()
	t.found = place{}
	if t.buckets != 0 {
		t.shard.bury(t.buckets, t.Len() <= clearAtOnce)
	}
	t.buckets, t.objects, t.sweepAt = 0, objects{}, 0
	t.nextExpiry.Store(never)
	t.addKeys(-t.account.keys.load())
	t.addExpiring(-t.account.expiring.load())
	t.account.bytes.set(0)
}
