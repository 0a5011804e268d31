package store

import (
	"hash/maphash"
	"math/bits"
	"unsafe"
)

// The buckets of a table are numbered, and grow and shrink by one at a time:
// linear hashing. With n buckets, of which 2^L is the largest power of two not
// above n, a hash falls in the bucket of its low L+1 bits, or, if there is none
// yet, of its low L. Bucket n, when it comes, takes its share out of n - 2^L.
//
// Up to flatBuckets they are one object, made anew where it must be longer: no
// more is copied at once than flatBuckets. Beyond, they are in segments, and
// the references of the segments are an object.
const (
	flatBuckets    = 256
	segmentBuckets = 32
	segmentBytes   = segmentBuckets * bucketBytes
)

// A table grows with more keys to a bucket than growTenths, and shrinks with
// less than shrinkTenths, in tenths of a key. A bucket has bucketCells; the
// fuller they are, the more keys are in chains.
const (
	growTenths   = 98
	shrinkTenths = 76
)

// buckets is the buckets of a table: how many there are, and above, the
// reference of what holds them.
type buckets uint64

func makeBuckets(ref reference, n uint32) buckets { return buckets(ref)<<32 | buckets(n) }

func (b buckets) n() uint32      { return uint32(b) }
func (b buckets) ref() reference { return reference(b >> 32) }
func (b buckets) flat() bool     { return b.n() <= flatBuckets }

// size is how large the object at ref is.
func (b buckets) size() int {
	if b.flat() {
		return int(b.n()) * bucketBytes
	}
	return int(b.segments()) * int(unsafe.Sizeof(reference(0)))
}

// segments is how many there are, if it is not flat.
func (b buckets) segments() uint32 { return (b.n() + segmentBuckets - 1) / segmentBuckets }

// index is the bucket that a hash falls in.
func (b buckets) index(hash uint64) uint32 {
	n := b.n()
	at := uint32(hash) & (1<<bits.Len32(n) - 1)
	if at >= n {
		at &= 1<<(bits.Len32(n)-1) - 1
	}
	return at
}

// mask is the bits of a hash that decide whether it falls in a bucket.
func (b buckets) mask(at uint32) uint32 {
	n := b.n()
	low := uint32(1)<<(bits.Len32(n)-1) - 1 // 2^L - 1
	if at > low || at+low+1 < n {
		return low<<1 | 1
	}
	return low
}

// parent is the bucket out of which bucket at came.
func parent(at uint32) uint32 { return at &^ (1 << (bits.Len32(at) - 1)) }

// segment is the reference of a segment.
func (s *shard) segment(b buckets, i uint32) *reference {
	return (*reference)(unsafe.Add(s.at(b.ref()), uintptr(i)*unsafe.Sizeof(reference(0))))
}

// bucketRef is the reference of a bucket.
func (s *shard) bucketRef(b buckets, at uint32) reference {
	from := b.ref()
	if !b.flat() {
		from = *s.segment(b, at/segmentBuckets)
		at %= segmentBuckets
	}
	return from + reference(at*uint32(bucketBytes/granuleBytes))
}

func (s *shard) bucket(ref reference) *bucket { return (*bucket)(s.at(ref)) }

// grow adds a bucket.
func (t *table) grow() {
	s, at := t.shard, t.buckets.n()
	t.extend(at + 1)
	fresh := s.bucketRef(t.buckets, at)
	*s.bucket(fresh) = bucket{}
	if at > 0 {
		t.split(s.bucketRef(t.buckets, parent(at)), fresh, uint32(1)<<(bits.Len32(at)-1))
	}
}

// extend makes room for n buckets, one more than there are.
func (t *table) extend(n uint32) {
	s, was := t.shard, t.buckets
	now := makeBuckets(was.ref(), n)
	switch {
	case now.flat():
		if was.n() == 0 || roomFor(was.size()) != roomFor(now.size()) {
			now = makeBuckets(t.rehouse(was, now.size()), n)
		}
	case was.flat(): // full segments of what was flat, and one more
		now = makeBuckets(s.mustAlloc(now.size()), n)
		for i := range now.segments() {
			*s.segment(now, i) = s.mustAlloc(segmentBytes)
			if i < now.segments()-1 {
				copy(s.bytes(*s.segment(now, i), segmentBytes), s.bytes(was.ref(), was.size())[int(i)*segmentBytes:])
			}
		}
		s.free(was.ref())
	case now.segments() > was.segments():
		if roomFor(was.size()) != roomFor(now.size()) {
			now = makeBuckets(t.rehouse(was, now.size()), n)
		}
		*s.segment(now, now.segments()-1) = s.mustAlloc(segmentBytes)
	}
	t.buckets = now
}

// rehouse moves what holds the buckets to where there is room for a size, and
// all that fits into it.
func (t *table) rehouse(b buckets, size int) reference {
	s := t.shard
	ref := s.mustAlloc(size)
	if b.n() > 0 {
		copy(s.bytes(ref, size), s.bytes(b.ref(), b.size()))
		s.free(b.ref())
	}
	return ref
}

// split moves the keys whose hash has a bit out of a chain into a new one.
func (t *table) split(from, to reference, bit uint32) {
	s := t.shard
	for ref := from; ref != 0; ref = s.bucket(ref).next() {
		b := s.bucket(ref)
		for set := b.filled(); set != 0; set &= set - 1 {
			prefetch(s.at(b.refs[cellOf(set)]))
		}
	}
	for ref := from; ref != 0; ref = s.bucket(ref).next() {
		b := s.bucket(ref)
		for set := b.filled(); set != 0; set &= set - 1 {
			cell := cellOf(set)
			e := s.entry(b.refs[cell])
			if uint32(maphash.Bytes(s.seed, e.key(e.layout())))&bit != 0 {
				s.put(to, b.tags[cell], b.refs[cell], b.expires())
				b.tags[cell] = 0
			}
		}
	}
	s.pack(from)
}

// put adds a key to a chain.
func (s *shard) put(chain reference, tag byte, ref reference, expires bool) place {
	for {
		b := s.bucket(chain)
		if free := b.match(0); free != 0 {
			cell := cellOf(free)
			b.tags[cell], b.refs[cell] = tag, ref
			if expires {
				b.more |= moreExpires
			}
			return place{ref, chain, uint8(cell)}
		}
		if b.next() == 0 {
			fresh := s.mustAlloc(bucketBytes)
			*s.bucket(fresh) = bucket{}
			b.setNext(fresh)
		}
		chain = b.next()
	}
}

// pack moves the keys of a chain to its front and frees the buckets that are
// empty then.
func (s *shard) pack(chain reference) {
	for b := s.bucket(chain); b.next() != 0; {
		after := s.bucket(b.next())
		switch from, to := after.filled(), b.match(0); {
		case from == 0:
			empty := b.next()
			b.setNext(after.next())
			s.free(empty)
		case to == 0:
			b = after
		default:
			from, to := cellOf(from), cellOf(to)
			b.tags[to], b.refs[to] = after.tags[from], after.refs[from]
			b.more |= after.more & moreExpires
			after.tags[from] = 0
		}
	}
}

// shrink takes the last bucket away.
func (t *table) shrink() {
	s, was := t.shard, t.buckets
	last := was.n() - 1
	gone := s.bucketRef(was, last)
	if last > 0 {
		into := s.bucketRef(was, parent(last))
		for ref := gone; ref != 0; ref = s.bucket(ref).next() {
			b := s.bucket(ref)
			for set := b.filled(); set != 0; set &= set - 1 {
				s.put(into, b.tags[cellOf(set)], b.refs[cellOf(set)], b.expires())
			}
		}
	}
	for ref := s.bucket(gone).next(); ref != 0; {
		next := s.bucket(ref).next()
		s.free(ref)
		ref = next
	}
	t.cut(last)
}

// cut makes the room that of n buckets, one less than there are.
func (t *table) cut(n uint32) {
	s, was := t.shard, t.buckets
	now := makeBuckets(was.ref(), n)
	switch {
	case n == 0:
		s.free(was.ref())
		now = 0
	case was.flat():
		if roomFor(was.size()) != roomFor(now.size()) {
			now = makeBuckets(t.rehouse(was, now.size()), n)
		}
	case now.flat():
		now = makeBuckets(s.mustAlloc(now.size()), n)
		for i := range was.segments() {
			if i < was.segments()-1 {
				copy(s.bytes(now.ref(), now.size())[int(i)*segmentBytes:], s.bytes(*s.segment(was, i), segmentBytes))
			}
			s.free(*s.segment(was, i))
		}
		s.free(was.ref())
	case now.segments() < was.segments():
		s.free(*s.segment(was, was.segments()-1))
		if roomFor(was.size()) != roomFor(now.size()) {
			now = makeBuckets(t.rehouse(was, now.size()), n)
		}
	}
	t.buckets = now
}
