package store

import "math/bits"

// after is the position behind a bucket, of which mask tells the size.
//
// A position is the bits of a hash that are common to a bucket's keys. Positions
// are counted through with their bits reversed, so that they stand for the same
// hashes however many buckets there are: when a bucket is split or joined, what
// was visited still lies behind.
func after(position uint64, mask uint32) uint64 {
	return uint64(bits.Reverse32(bits.Reverse32(uint32(position)|^mask) + 1))
}

// scanBucketsPerKey bounds how many buckets a Scan looks at for each key that
// it is to visit.
const scanBucketsPerKey = 10

// Scan visits a part of the table.
func (t *table) Scan(position uint64, want int, visit func(key []byte, e Entry)) (next uint64) {
	seen := 0
	for range max(want, 1) * scanBucketsPerKey {
		if t.buckets == 0 {
			return 0
		}
		at := t.buckets.index(position)
		t.eachOf(t.shard.bucketRef(t.buckets, at), func(e entry, l layout) {
			seen++
			visit(e.key(l), t.view(e, l))
		})
		if position = after(position, t.buckets.mask(at)); position == 0 || seen >= want {
			break
		}
	}
	return position
}

// eachOf visits the keys of a chain.
func (t *table) eachOf(chain reference, visit func(e entry, l layout)) {
	for chain != 0 {
		b := t.shard.bucket(chain)
		for set := b.filled(); set != 0; set &= set - 1 {
			prefetch(t.shard.at(b.refs[cellOf(set)]))
		}
		for set := b.filled(); set != 0; set &= set - 1 {
			e := t.shard.entry(b.refs[cellOf(set)])
			if l := e.layout(); !t.gone(e, l) {
				visit(e, l)
			}
		}
		chain = b.next()
	}
}

// How Random looks for a key.
const (
	randomWalk  = 8   // up to so many buckets it counts the keys
	randomTries = 64  // how often it tries a cell, before it counts
	randomCells = 48  // cells of a chain that are tried: no chain is as long
	randomGone  = 256 // how many keys whose time has come it deletes
)

// Random is the key that a random pick falls on.
func (t *table) Random(pick uint64) ([]byte, bool) {
	for range randomGone {
		if t.buckets == 0 {
			return nil, false
		}
		if !t.tryCells(pick) {
			t.walkTo(pick % uint64(t.Len()))
		}
		e := t.shard.entry(t.found.ref)
		l := e.layout()
		if !t.gone(e, l) {
			return e.key(l), true
		}
		t.removeExpired()
		pick = mix(pick)
	}
	return nil, false
}

// tryCells finds a key by trying cells, each as likely as any other.
func (t *table) tryCells(pick uint64) bool {
	n := uint64(t.buckets.n())
	if n <= randomWalk {
		return false
	}
	for range randomTries {
		pick = mix(pick)
		bucket, _ := bits.Mul64(pick, n)
		cell := pick * n >> 32 * randomCells >> 32
		at := t.shard.bucketRef(t.buckets, uint32(bucket))
		for ; cell >= bucketCells && at != 0; cell -= bucketCells {
			at = t.shard.bucket(at).next()
		}
		if at == 0 {
			continue
		}
		if b := t.shard.bucket(at); b.tags[cell] != 0 {
			t.found = place{b.refs[cell], at, uint8(cell)}
			return true
		}
	}
	return false
}

// walkTo finds the key that is preceded by so many others.
func (t *table) walkTo(before uint64) {
	for i := range t.buckets.n() {
		for at := t.shard.bucketRef(t.buckets, i); at != 0; {
			b := t.shard.bucket(at)
			set := b.filled()
			if keys := uint64(bits.OnesCount64(set)); before >= keys {
				before -= keys
				at = b.next()
				continue
			}
			for ; before > 0; before-- {
				set &= set - 1
			}
			cell := cellOf(set)
			t.found = place{b.refs[cell], at, uint8(cell)}
			return
		}
	}
}

// mix makes another random number of one.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
