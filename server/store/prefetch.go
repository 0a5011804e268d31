package store

import (
	"sync/atomic"
	"unsafe"

	"slotbench/internal/slot"
)

// Hint is a key that will be looked up soon.
type Hint struct {
	Slot slot.Slot
	Key  []byte
	hash uint64    // of Key, once Prefetch has computed it
	at   reference // what the last pass has asked for; 0: nothing
}

// Prefetch brings what lookups of the keys will read near the processor, for
// all of them at once: one after the other they would each wait for memory
// four times over. Each pass asks for what the pass before it has brought the
// address of.
//
// No lock is taken: what is read may be changing, or long be something else.
// It is only used to guess an address; the memory is there as long as the Arena
// is, and nothing is written.
func (a *Arena) Prefetch(hints []Hint) {
	for i := range hints {
		hint := &hints[i]
		t := &a.tables[hint.Slot]
		prefetch2(unsafe.Pointer(t)) // and its account
		hint.hash = t.hash(hint.Key)
	}
	for i := range hints {
		hint := &hints[i]
		t := &a.tables[hint.Slot]
		hint.at = 0
		if t.peekable() {
			hint.at = t.prefetchBucket(hint.hash)
			t.peeked()
		}
	}
	for i := range hints {
		hint := &hints[i]
		t, bucket := &a.tables[hint.Slot], hint.at
		hint.at = 0
		if bucket != 0 && t.peekable() {
			hint.at = t.prefetchEntry(bucket, hint.hash)
			t.peeked()
		}
	}
	for i := range hints {
		hint := &hints[i]
		if t := &a.tables[hint.Slot]; hint.at != 0 && t.peekable() {
			t.prefetchValue(hint.at)
			t.peeked()
		}
	}
}

// peekable says whether a table may be read, until peeked: always, but the race
// detector would not have it without the lock.
func (t *table) peekable() bool { return !raceEnabled || t.mu.TryLock() }

func (t *table) peeked() {
	if raceEnabled {
		t.mu.Unlock()
	}
}

// peek is an object that may be none: it is nil if that would be behind the
// end.
func (s *shard) peek(ref reference) unsafe.Pointer {
	if uint64(ref)<<granuleShift+cacheLineBytes > uint64(s.reach) {
		return nil
	}
	return s.at(ref)
}

func (t *table) prefetchBucket(hash uint64) reference {
	b := buckets(atomic.LoadUint64((*uint64)(&t.buckets)))
	if b == 0 {
		return 0
	}
	ref, at := b.ref(), b.index(hash)
	if !b.flat() {
		segment := t.shard.peek(ref + reference(at/segmentBuckets/2)) // two to a granule
		if segment == nil {
			return 0
		}
		ref, at = (*[2]reference)(segment)[at/segmentBuckets%2], at%segmentBuckets
	}
	ref += reference(at * (bucketBytes / granuleBytes))
	p := t.shard.peek(ref)
	if p == nil {
		return 0
	}
	prefetch(p)
	return ref
}

func (t *table) prefetchEntry(at reference, hash uint64) reference {
	b := t.shard.bucket(at)
	found := b.match(tagOf(hash))
	if found == 0 {
		return 0
	}
	ref := b.refs[cellOf(found)]
	p := t.shard.peek(ref)
	if p == nil {
		return 0
	}
	prefetch2(p)
	return ref
}

// prefetchBytes is how much of a key and its value is asked for; the processor
// goes on by itself when it reads along.
const prefetchBytes = 4 * cacheLineBytes

// prefetchValue asks for an entry beyond the lines that prefetchEntry asked for.
func (t *table) prefetchValue(at reference) {
	size := min(t.shard.entry(at).layout().size(), prefetchBytes)
	p := t.shard.at(at)
	if size <= cacheLineBytes {
		return
	}
	for line := 2 * cacheLineBytes; line < size; line += cacheLineBytes {
		prefetch(unsafe.Add(p, line))
	}
	prefetch(unsafe.Add(p, size-1)) // it need not begin at a line
}
