package store

// shareBytes is what a key is accounted for in its table: its share of a bucket
// at the usual load, with the chains and the room that is kept for growth.
const shareBytes = 8

// room is what an entry takes.
func (t *table) room(ref reference, l layout) int64 {
	if size := l.size(); !isExtent(size) {
		return int64(classBytes[classOf(size)])
	}
	return int64(t.shard.extentUnits(ref)) * unitBytes
}

// Set replaces all that a key holds.
func (t *table) Set(key []byte, e Entry) {
	ref, hash := t.find(key)
	valueBytes := len(e.Value)
	if e.Object != nil {
		valueBytes = objectBytes
	}
	l := layoutOf(len(key), valueBytes, e.ExpireAtMillis != 0)
	expiry := int64(0) // that it had
	if ref == 0 {
		ref = t.insert(hash, l)
		copy(t.begin(ref, l, e), key)
	} else {
		held := t.shard.entry(ref)
		had := held.layout()
		expiry = held.expiry(had)
		t.dropObject(held, had)
		if t.fits(ref, had, l) {
			t.begin(ref, l, e)
		} else {
			fresh := t.shard.mustAlloc(l.size())
			copy(t.begin(fresh, l, e), key)
			t.replace(fresh, l, had)
			ref = fresh
		}
	}
	held := t.shard.entry(ref)
	if e.Object != nil {
		number := t.objects.add(e.Object)
		held.setObject(l, number)
		t.settle(number)
	}
	t.setExpiry(held, l, expiry, e.ExpireAtMillis)
	held.setUsed(t.nowMillis)
	t.touch(key)
}

// begin lays an entry out and writes its value. It returns where the key goes:
// an entry that stays in its place has it already.
func (t *table) begin(ref reference, l layout, e Entry) (key []byte) {
	held := t.shard.entry(ref)
	held.write(l, kindOf(e.Type, e.Form, e.Object != nil))
	if e.Object == nil {
		copy(held.value(l), e.Value)
	}
	return held.key(l)
}

// insert makes room for an entry and puts it in the table. What it holds is for
// the caller to write.
func (t *table) insert(hash uint64, l layout) reference {
	ref := t.shard.mustAlloc(l.size())
	keys := uint64(t.account.keys.load()) + 1
	if keys*10 > uint64(t.buckets.n())*growTenths {
		t.grow()
	}
	chain := t.shard.bucketRef(t.buckets, t.buckets.index(hash))
	t.found = t.shard.put(chain, tagOf(hash), ref, false)
	t.addKeys(1)
	t.account.bytes.add(t.room(ref, l) + shareBytes)
	return ref
}

// replace puts a new entry in the place of the one that was found, and frees
// that.
func (t *table) replace(fresh reference, l, had layout) {
	t.account.bytes.add(t.room(fresh, l) - t.room(t.found.ref, had))
	t.shard.free(t.found.ref)
	t.shard.bucket(t.found.bucket).refs[t.found.cell] = fresh
	t.found.ref = fresh
}

// fits says whether an entry can take another layout in its place, without
// room that would be far too large for it. The end of an extent is given back.
func (t *table) fits(ref reference, had, l layout) bool {
	before, size := had.size(), l.size()
	switch {
	case had.keyAt != l.keyAt || isExtent(before) != isExtent(size):
		return false
	case !isExtent(size):
		return classOf(before) == classOf(size)
	}
	has, needs := t.shard.extentUnits(ref), unitsFor(size)
	if needs > has {
		return false
	}
	if has-needs > has/slackPart {
		t.shard.trim(ref, needs)
		t.account.bytes.add(-int64(has-needs) * unitBytes)
	}
	return true
}

// slackPart is which part of an extent may be unused: one that grows gets so
// much more than it needs, since APPEND is called again and again.
const slackPart = 8

// Resize makes a Value n bytes long and returns it.
func (t *table) Resize(key []byte, n int, form Form) []byte {
	ref, hash := t.find(key)
	if ref == 0 {
		l := layoutOf(len(key), n, false)
		ref = t.insert(hash, l)
		copy(t.begin(ref, l, Entry{Type: String, Form: form}), key)
		e := t.shard.entry(ref)
		e.setUsed(t.nowMillis)
		t.touch(key)
		clear(e.value(l))
		return e.value(l)
	}
	e := t.shard.entry(ref)
	had := e.layout()
	l := layoutOf(had.keyBytes, n, had.expires)
	kind := kindOf(e.kindType(), form, false)
	if t.fits(ref, had, l) {
		at := e.expiry(had)
		e.write(l, kind)
		e.putExpiry(l, at)
	} else {
		fresh := reference(0)
		if size := l.size(); n > had.valueBytes && isExtent(size) {
			fresh = t.shard.alloc(size + size/slackPart/2)
		}
		if fresh == 0 {
			fresh = t.shard.mustAlloc(l.size())
		}
		e = t.move(fresh, had, l, kind)
	}
	if n > had.valueBytes {
		clear(e.value(l)[had.valueBytes:])
	}
	e.setUsed(t.nowMillis)
	t.touch(key)
	return e.value(l)
}

// move has the entry that was found lie elsewhere in another layout, with its
// expiry and as much of its value as there is room for.
func (t *table) move(ref reference, had, l layout, kind byte) entry {
	e, fresh := t.shard.entry(t.found.ref), t.shard.entry(ref)
	fresh.write(l, kind)
	copy(fresh.key(l), e.key(had))
	copy(fresh.value(l), e.value(had))
	fresh.putExpiry(l, e.expiry(had))
	fresh.putUsed(e.used())
	t.replace(ref, l, had)
	return fresh
}

// SetExpiry makes a key expire at a time, or never. A key that there is no
// memory to note it for stays as it is.
func (t *table) SetExpiry(key []byte, atMillis int64) bool {
	ref, _ := t.find(key)
	if ref == 0 {
		return false
	}
	e := t.shard.entry(ref)
	l := e.layout()
	if atMillis != 0 && !l.expires {
		had := l
		l = layoutOf(had.keyBytes, had.valueBytes, true)
		fresh := t.shard.alloc(l.size())
		if fresh == 0 {
			return false
		}
		e = t.move(fresh, had, l, e.head[0])
	}
	t.setExpiry(e, l, e.expiry(l), atMillis)
	t.touch(key)
	return true
}

// setExpiry gives the entry that was found another expiry.
func (t *table) setExpiry(e entry, l layout, before, now int64) {
	e.putExpiry(l, now)
	if (before != 0) != (now != 0) {
		t.addExpiring(change(now != 0))
	}
	if now == 0 {
		return
	}
	t.shard.bucket(t.found.bucket).more |= moreExpires
	t.sweepMin = min(t.sweepMin, now)
	if now < t.nextExpiry.Load() {
		t.nextExpiry.Store(now)
	}
}

// change is 1 for what has come, -1 for what has gone.
func change(come bool) int64 {
	if come {
		return 1
	}
	return -1
}

// remove takes out the key that was found.
func (t *table) remove() {
	s, was := t.shard, t.found
	head := was.bucket
	if b := s.bucket(head); b.next() != 0 || b.len() == 1 { // its chain may be shorter then
		e := s.entry(was.ref)
		head = s.bucketRef(t.buckets, t.buckets.index(t.hash(e.key(e.layout()))))
	}
	t.drop(was)
	t.contract(head)
}

// drop empties a cell and frees its entry.
func (t *table) drop(at place) {
	s := t.shard
	e := s.entry(at.ref)
	l := e.layout()
	t.touch(e.key(l))
	if e.expiry(l) != 0 {
		t.addExpiring(-1)
	}
	t.dropObject(e, l)
	t.addKeys(-1)
	t.account.bytes.add(-t.room(at.ref, l) - shareBytes)
	s.bucket(at.bucket).tags[at.cell] = 0
	s.free(at.ref)
	t.found = place{}
}

// contract makes a chain as short as it can be, and then the table, when keys
// were dropped.
func (t *table) contract(chain reference) {
	t.shard.pack(chain)
	for n := t.buckets.n(); n > 0; n = t.buckets.n() {
		keys := uint64(t.account.keys.load())
		if keys > 0 && keys*10 >= uint64(n-1)*shrinkTenths {
			return
		}
		t.shrink()
	}
}
