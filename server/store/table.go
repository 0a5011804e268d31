package store

import (
	"bytes"
	"hash/maphash"
	"math"
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"
)

// heapSlot is a slot and its table: entries lie side by side in the order of
// their making, so that a random one is a random index and a sweep is a walk;
// an index of chains finds them by hash. A slot without keys has neither.
//
//	index[hash & mask] -> entries[i] -next-> entries[j] -next-> end
type heapSlot struct {
	// The first cache line is what a lookup reads.
	mu        sync.Mutex
	nowMillis int64    // since Lock
	index     []uint32 // heads of chains: 1 + a position in entries, 0: none; a power of two long
	entries   []entry

	account account // the second line

	watched map[string][]Watcher // nil: none

	store *Heap
	// nextExpiry is not later than any key's expiry: while it lies ahead, no
	// key is due.
	nextExpiry atomic.Int64
	sweepAt    int   // entries below it are still to be swept; 0: no sweep is under way
	sweepMin   int64 // the earliest expiry of those swept

	_ [24]byte // whole cache lines: neighbours may be busy on other processors
}

// entry is one key. The key and its value are one piece of memory.
type entry struct {
	hash           uint32
	next           uint32 // as in index
	keyBytes       uint32
	usedSeconds    uint32 // Unix time
	expireAtMillis int64  // 0: never
	kind           Type
	form           Form
	blob           []byte // key, then value
	object         Object
	objectBytes    int64 // as accounted for
}

// entryOverhead is what a key costs beyond its blob: an entry, and a word of
// the index.
const entryOverhead = int64(unsafe.Sizeof(entry{})) + 4

func (e *entry) key() []byte   { return e.blob[:e.keyBytes:e.keyBytes] }
func (e *entry) value() []byte { return e.blob[e.keyBytes:len(e.blob):len(e.blob)] }
func (e *entry) usage() int64  { return entryOverhead + int64(cap(e.blob)) + e.objectBytes }

func (e *entry) view() Entry {
	return Entry{e.kind, e.form, e.value(), e.object, e.expireAtMillis, int64(e.usedSeconds) * 1000}
}

// minIndex is the length of the smallest index.
const minIndex = 4

// gone says whether an entry's time has come.
func (t *heapSlot) gone(e *entry) bool {
	return e.expireAtMillis != 0 && e.expireAtMillis <= t.nowMillis
}

func (t *heapSlot) hash(key []byte) uint32 { return uint32(maphash.Bytes(t.store.seed, key)) }

// find is the position of a key in entries, -1 if it is absent. A key whose
// time has come is deleted on the way.
func (t *heapSlot) find(key []byte, hash uint32) int {
	if len(t.index) == 0 {
		return -1
	}
	for link := t.index[hash&uint32(len(t.index)-1)]; link != 0; {
		e := &t.entries[link-1]
		if e.hash == hash && bytes.Equal(e.key(), key) {
			if t.gone(e) {
				t.remove(int(link - 1))
				t.store.expired.Add(1)
				return -1
			}
			return int(link - 1)
		}
		link = e.next
	}
	return -1
}

// Len is how many keys there are.
func (t *heapSlot) Len() int { return len(t.entries) }

// Get is what a key holds, and counts as a use.
func (t *heapSlot) Get(key []byte) (Entry, bool) {
	at := t.find(key, t.hash(key))
	if at < 0 {
		return Entry{}, false
	}
	e := &t.entries[at]
	view := e.view()
	e.usedSeconds = uint32(t.nowMillis / 1000)
	return view, true
}

// Peek is what a key holds.
func (t *heapSlot) Peek(key []byte) (Entry, bool) {
	at := t.find(key, t.hash(key))
	if at < 0 {
		return Entry{}, false
	}
	return t.entries[at].view(), true
}

// Set replaces all that a key holds.
func (t *heapSlot) Set(key []byte, e Entry) {
	hash := t.hash(key)
	at := t.find(key, hash)
	if at < 0 {
		at = t.insert(key, hash, len(e.Value))
	} else {
		t.fit(&t.entries[at], len(e.Value))
	}
	held := &t.entries[at]
	held.blob = held.blob[:int(held.keyBytes)+len(e.Value)]
	copy(held.value(), e.Value)
	held.kind, held.form = e.Type, e.Form
	held.usedSeconds = uint32(t.nowMillis / 1000)
	t.setExpiry(held, e.ExpireAtMillis)
	held.object = e.Object
	t.settle(held)
	t.touch(key)
}

// settle accounts for an entry's object as it is now.
func (t *heapSlot) settle(e *entry) {
	now := int64(0)
	if e.object != nil {
		now = e.object.Bytes()
	}
	add(&t.account.bytes, now-e.objectBytes)
	e.objectBytes = now
}

// Changed accounts for a key's object anew.
func (t *heapSlot) Changed(key []byte) {
	if at := t.find(key, t.hash(key)); at >= 0 {
		t.settle(&t.entries[at])
		t.touch(key)
	}
}

// touch tells those who watch a key.
func (t *heapSlot) touch(key []byte) {
	if t.watched == nil {
		return
	}
	for _, w := range t.watched[string(key)] {
		w.Touch()
	}
}

// Watch has w told of changes.
func (t *heapSlot) Watch(key []byte, w Watcher) {
	if t.watched == nil {
		t.watched = make(map[string][]Watcher)
	}
	t.watched[string(key)] = append(t.watched[string(key)], w)
}

// Unwatch takes a Watch back.
func (t *heapSlot) Unwatch(key []byte, w Watcher) {
	left := t.watched[string(key)]
	if at := slices.Index(left, w); at >= 0 {
		left = slices.Delete(left, at, at+1)
	}
	if t.watched[string(key)] = left; len(left) == 0 {
		delete(t.watched, string(key))
	}
	if len(t.watched) == 0 {
		t.watched = nil
	}
}

// insert adds a key with room for a value.
func (t *heapSlot) insert(key []byte, hash uint32, valueBytes int) int {
	if len(t.entries) >= len(t.index) {
		t.reindex(max(minIndex, 2*len(t.index)))
	}
	blob := append(slices.Grow([]byte(nil), len(key)+valueBytes), key...)
	head := &t.index[hash&uint32(len(t.index)-1)]
	t.entries = append(t.entries, entry{hash: hash, next: *head, keyBytes: uint32(len(key)), blob: blob})
	*head = uint32(len(t.entries))
	at := len(t.entries) - 1
	t.account.keys.Add(1)
	t.account.bytes.Add(t.entries[at].usage())
	return at
}

// slackBytes is how much larger than twice its need a blob may stay.
const slackBytes = 64

// fit makes room for a value, and gives back room that has become far too
// large. The value that was there is not kept.
func (t *heapSlot) fit(e *entry, valueBytes int) {
	need := int(e.keyBytes) + valueBytes
	if need <= cap(e.blob) && cap(e.blob) <= 2*need+slackBytes {
		return
	}
	before := cap(e.blob)
	e.blob = append(slices.Grow([]byte(nil), need), e.key()...)
	t.account.bytes.Add(int64(cap(e.blob) - before))
}

// Resize makes a Value n bytes long and returns it.
func (t *heapSlot) Resize(key []byte, n int, form Form) []byte {
	hash := t.hash(key)
	at := t.find(key, hash)
	if at < 0 {
		at = t.insert(key, hash, n)
		t.entries[at].kind = String
	}
	e := &t.entries[at]
	e.form, e.usedSeconds = form, uint32(t.nowMillis/1000)
	t.touch(key)
	before, had := cap(e.blob), len(e.blob)
	need := int(e.keyBytes) + n
	if need > had {
		e.blob = slices.Grow(e.blob, need-had)[:need] // amortized: APPEND is called again and again
		clear(e.blob[had:])
	} else {
		e.blob = e.blob[:need]
	}
	add(&t.account.bytes, int64(cap(e.blob)-before))
	return e.value()
}

// SetExpiry makes a key expire at a time, or never.
func (t *heapSlot) SetExpiry(key []byte, atMillis int64) bool {
	at := t.find(key, t.hash(key))
	if at < 0 {
		return false
	}
	t.setExpiry(&t.entries[at], atMillis)
	t.touch(key)
	return true
}

func (t *heapSlot) setExpiry(e *entry, atMillis int64) {
	if had := e.expireAtMillis != 0; had != (atMillis != 0) {
		change := int64(1)
		if had {
			change = -1
		}
		t.account.expiring.Add(change)
		t.store.expiring.Add(change)
	}
	e.expireAtMillis = atMillis
	if atMillis != 0 {
		t.sweepMin = min(t.sweepMin, atMillis)
		if atMillis < t.nextExpiry.Load() {
			t.nextExpiry.Store(atMillis)
		}
	}
}

// Delete removes a key.
func (t *heapSlot) Delete(key []byte) bool {
	at := t.find(key, t.hash(key))
	if at < 0 {
		return false
	}
	t.remove(at)
	return true
}

// remove takes an entry out and puts the last one in its place.
func (t *heapSlot) remove(at int) {
	e := &t.entries[at]
	t.touch(e.key())
	*t.linkTo(at) = e.next
	t.setExpiry(e, 0)
	t.account.keys.Add(-1)
	t.account.bytes.Add(-e.usage())
	last := len(t.entries) - 1
	if at != last {
		*t.linkTo(last) = uint32(at + 1)
		*e = t.entries[last]
	}
	t.entries[last] = entry{}
	t.entries = t.entries[:last]
	t.sweepAt = min(t.sweepAt, last)
	t.shrink()
}

// linkTo is the head or the link that leads to an entry.
func (t *heapSlot) linkTo(at int) *uint32 {
	link := &t.index[t.entries[at].hash&uint32(len(t.index)-1)]
	for *link != uint32(at+1) {
		link = &t.entries[*link-1].next
	}
	return link
}

// shrink gives memory back when three quarters of it are unused.
func (t *heapSlot) shrink() {
	switch n := len(t.entries); {
	case n == 0:
		t.index, t.entries = nil, nil
	case len(t.index) > minIndex && n <= len(t.index)/4:
		t.entries = slices.Clip(slices.Clone(t.entries))
		t.reindex(len(t.index) / 2)
	}
}

// reindex makes an index of n heads.
func (t *heapSlot) reindex(n int) {
	t.index = make([]uint32, n)
	for i := range t.entries {
		e := &t.entries[i]
		head := &t.index[e.hash&uint32(n-1)]
		e.next, *head = *head, uint32(i+1)
	}
}

// Usage is the bytes that a key is accounted for.
func (t *heapSlot) Usage(key []byte) (int64, bool) {
	at := t.find(key, t.hash(key))
	if at < 0 {
		return 0, false
	}
	return t.entries[at].usage(), true
}

// scanBucketsPerKey bounds how many chains a Scan looks at for each key that
// it is to visit.
const scanBucketsPerKey = 10

// Scan visits a part of the table. It counts through the chains with the bits
// of their numbers reversed: when the index doubles or halves, the chains that
// were visited are then exactly those whose reversed numbers lie behind.
func (t *heapSlot) Scan(position uint64, want int, visit func(key []byte, e Entry)) (next uint64) {
	if len(t.index) == 0 {
		return 0
	}
	mask := uint64(len(t.index) - 1)
	at, seen := position&mask, 0
	for range max(want, 1) * scanBucketsPerKey {
		for link := t.index[at]; link != 0; {
			e := &t.entries[link-1]
			if !t.gone(e) {
				seen++
				visit(e.key(), e.view())
			}
			link = e.next
		}
		at = bits.Reverse64(bits.Reverse64(at|^mask) + 1)
		if at == 0 || seen >= want {
			break
		}
	}
	return at
}

// Random is the key that a random pick falls on.
func (t *heapSlot) Random(pick uint64) ([]byte, bool) {
	for len(t.entries) > 0 {
		at := int(pick % uint64(len(t.entries)))
		if e := &t.entries[at]; !t.gone(e) {
			return e.key(), true
		}
		t.remove(at)
		t.store.expired.Add(1)
	}
	return nil, false
}

// sweep deletes keys whose time has come among the next limit entries, from
// the last to the first: what remove puts in a hole has been swept already or
// is swept again.
func (t *heapSlot) sweep(limit int) (looked, deleted int) {
	if t.sweepAt == 0 {
		t.sweepAt, t.sweepMin = len(t.entries), math.MaxInt64
	}
	for ; t.sweepAt > 0 && looked < limit; looked++ {
		t.sweepAt--
		e := &t.entries[t.sweepAt]
		switch {
		case t.gone(e):
			t.remove(t.sweepAt)
			deleted++
		case e.expireAtMillis != 0:
			t.sweepMin = min(t.sweepMin, e.expireAtMillis)
		}
	}
	t.store.expired.Add(int64(deleted))
	if t.sweepAt == 0 {
		t.nextExpiry.Store(t.sweepMin)
	}
	return looked, deleted
}

// Clear removes every key.
func (t *heapSlot) Clear() {
	for key := range t.watched {
		if t.find([]byte(key), t.hash([]byte(key))) >= 0 {
			t.touch([]byte(key))
		}
	}
	t.store.expiring.Add(-t.account.expiring.Load())
	t.index, t.entries, t.sweepAt = nil, nil, 0
	t.nextExpiry.Store(math.MaxInt64)
	t.account.keys.Store(0)
	t.account.bytes.Store(0)
	t.account.expiring.Store(0)
}

// Charge adds to the slot's account.
func (t *heapSlot) Charge(u Use) {
	add(&t.account.reads, u.Reads)
	add(&t.account.writes, u.Writes)
	add(&t.account.cpuNanos, u.CPUNanos)
	add(&t.account.bytesIn, u.BytesIn)
	add(&t.account.bytesOut, u.BytesOut)
}
