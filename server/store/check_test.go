package store

import (
	"fmt"
	"testing"
)

// check walks all that an Arena consists of, and fails if two parts of it do
// not agree. Nothing else may use the Arena meanwhile.
func (a *Arena) check(t *testing.T) {
	t.Helper()
	owned := make([]map[reference]string, len(a.shards))
	for i := range owned {
		owned[i] = make(map[reference]string)
	}
	for i := range a.tables {
		table := &a.tables[i]
		c := checker{t, table.shard, owned[i&(len(a.shards)-1)], fmt.Sprintf("slot %d", i)}
		c.table(table)
	}
	for i := range a.groups {
		keys, expiring := int64(0), int64(0)
		for s := i * GroupSlots; s < (i+1)*GroupSlots; s++ {
			keys += a.tables[s].account.keys.load()
			expiring += a.tables[s].account.expiring.load()
		}
		if g := &a.groups[i]; g.keys.Load() != keys || g.expiring.Load() != expiring {
			t.Errorf("group %d counts %d keys, %d expiring; its slots %d, %d", i, g.keys.Load(), g.expiring.Load(), keys, expiring)
		}
	}
	for i := range a.shards {
		c := checker{t, &a.shards[i], owned[i], fmt.Sprintf("shard %d", i)}
		for _, d := range c.dead {
			c.dissolved(d)
		}
		c.slabs()
		c.extents()
	}
	if t.Failed() {
		t.FailNow()
	}
}

// checker checks one shard, or a slot in it.
type checker struct {
	*testing.T
	*shard
	owned map[reference]string // every object that somebody holds, and who
	where string
}

func (c checker) errorf(format string, args ...any) {
	c.Helper()
	c.Errorf("%s: %s", c.where, fmt.Sprintf(format, args...))
}

// own notes that an object is held.
func (c checker) own(ref reference, by string) {
	c.Helper()
	if before, twice := c.owned[ref]; twice || ref == 0 {
		c.errorf("object %d is held as %s and as %s", ref, before, by)
	}
	c.owned[ref] = c.where + " " + by
	at := uint32(ref) >> pageRefShift
	switch {
	case at >= c.top:
		if c.runs[ref>>unitRefShift].state&runUsed == 0 {
			c.errorf("%s is no extent", by)
		}
	case c.pages[at].state != pageInUse && c.pages[at].state != pageDraining:
		c.errorf("%s lies in a page that is not in use", by)
	case uint32(ref&(1<<pageRefShift-1))<<granuleShift%classBytes[c.pages[at].class] != 0:
		c.errorf("%s does not lie where an object of its page begins", by)
	}
}

// buckets notes what holds a table's buckets.
func (c checker) buckets(b buckets) {
	if b == 0 {
		return
	}
	c.own(b.ref(), "buckets")
	if uint32(b.ref())>>pageRefShift < c.top && uint32(classBytes[c.pages[b.ref()>>pageRefShift].class]) != uint32(roomFor(b.size())) {
		c.errorf("%d buckets lie in an object of %d bytes", b.n(), classBytes[c.pages[b.ref()>>pageRefShift].class])
	}
	if !b.flat() {
		for i := range b.segments() {
			c.own(*c.segment(b, i), "segment")
		}
	}
}

func (c checker) table(t *table) {
	b := t.buckets
	c.buckets(b)
	keys, bytes, expiring, objects := int64(0), int64(0), int64(0), 0
	for i := range b.n() {
		head := c.bucketRef(b, i)
		for ref := head; ref != 0; ref = c.bucket(ref).next() {
			if uintptr(c.at(ref))%cacheLineBytes != 0 {
				c.errorf("bucket %d does not lie at a cache line", i)
			}
			if ref != head {
				c.own(ref, "bucket")
			}
			for set := c.bucket(ref).filled(); set != 0; set &= set - 1 {
				entryRef := c.bucket(ref).refs[cellOf(set)]
				c.own(entryRef, "entry")
				e := c.entry(entryRef)
				l := e.layout()
				hash := t.hash(e.key(l))
				if b.index(hash) != i || tagOf(hash) != c.bucket(ref).tags[cellOf(set)] {
					c.errorf("%q is in bucket %d, its hash says %d", e.key(l), i, b.index(hash))
				}
				if at := e.expiry(l); at != 0 {
					expiring++
					if !c.bucket(ref).expires() || t.nextExpiry.Load() > at {
						c.errorf("the expiry of %q will not be found", e.key(l))
					}
				}
				if e.hasObject() {
					objects++
					bytes += t.objects.list[e.object(l)].bytes
				}
				keys++
				bytes += t.room(entryRef, l) + shareBytes
			}
		}
	}
	a := t.account.read()
	if a.Keys != keys || a.Bytes != bytes || a.Expiring != expiring || int(t.objects.held) != objects {
		c.errorf("holds %d keys, %d bytes, %d expiring, %d objects; its account says %+v, %d", keys, bytes, expiring, objects, a, t.objects.held)
	}
}

// dissolved notes what a table that was cleared still holds.
func (c checker) dissolved(d deadTable) {
	c.buckets(d.buckets)
	for i := range d.left {
		head := c.bucketRef(d.buckets, i)
		for ref := head; ref != 0; ref = c.bucket(ref).next() {
			if ref != head {
				c.own(ref, "dead bucket")
			}
			for set := c.bucket(ref).filled(); set != 0; set &= set - 1 {
				c.own(c.bucket(ref).refs[cellOf(set)], "dead entry")
			}
		}
	}
}

// slabs compares the pages with the objects that are held in them.
func (c checker) slabs() {
	held := make(map[uint32]uint16) // page -> objects
	for ref := range c.owned {
		held[uint32(ref)>>pageRefShift]++
	}
	var classes [numClasses]classPages
	free, inRings := uint32(0), 0
	used := make([]uint8, len(c.chunks))
	used[0] = 1 // page 0
	for at := uint32(1); at < c.top; at++ {
		p := &c.pages[at]
		if (p.state == pageFree) != c.freePages.has(at) {
			c.errorf("page %d is in state %d and in the set of free ones: %v", at, p.state, c.freePages.has(at))
		}
		if p.state == pageFree {
			free++
			if at < c.lowFree {
				c.errorf("page %d is free and below the lowest free one", at)
			}
			continue
		}
		used[at/chunkPages]++
		classes[p.class].pages++
		classes[p.class].live += uint32(p.used)
		if p.used != held[at] || p.used == 0 {
			c.errorf("page %d counts %d objects, %d are held", at, p.used, held[at])
		}
		c.freeList(at, p)
		room := p.state == pageInUse && uint32(p.used) < pageObjects[p.class]
		if room != (p.next != 0) {
			c.errorf("page %d has room: %v, it is in the ring: %v", at, room, p.next != 0)
		}
		if room {
			inRings++
		}
	}
	for i := range classes {
		of := &c.classes[i]
		if of.pages != classes[i].pages || of.live != classes[i].live {
			c.errorf("class %d counts %d pages, %d objects; there are %d, %d", i, of.pages, of.live, classes[i].pages, classes[i].live)
		}
		for at := of.partial; at != 0; {
			inRings--
			if c.pages[c.pages[at].next].prev != at || int(c.pages[at].class) != i {
				c.errorf("the ring of class %d is broken at page %d", i, at)
			}
			if at = c.pages[at].next; at == of.partial {
				break
			}
		}
	}
	if inRings != 0 || free != c.freeCount {
		c.errorf("%d pages with room are missed in rings; %d pages are free, %d are counted", inRings, free, c.freeCount)
	}
	for i, n := range used {
		if c.chunks[i].used != n || n > 0 && !c.chunks[i].held {
			c.errorf("chunk %d counts %d pages in use, there are %d", i, c.chunks[i].used, n)
		}
	}
	if int(c.top) != len(c.chunks)*chunkPages || c.bottomBytes() < c.topBytes() || c.room.Load() != int64(c.bottomBytes()-c.topBytes()) {
		c.errorf("top %d of %d chunks, bottom %d, room %d", c.top, len(c.chunks), c.bottom, c.room.Load())
	}
}

// freeList checks that a page's free objects are all that nobody holds.
func (c checker) freeList(at uint32, p *page) {
	n := int(p.used)
	for ref := p.free; ref != noObject; n++ {
		object := reference(at<<pageRefShift) + reference(ref)
		if by, taken := c.owned[object]; taken || n > int(p.bump) {
			c.errorf("object %d of page %d is free and held as %s, or free more than once", ref, at, by)
			return
		}
		ref = *(*uint16)(c.at(object))
	}
	if n != int(p.bump) || uint32(p.bump) > pageObjects[p.class] {
		c.errorf("page %d has %d objects in use or free, %d were ever allocated", at, n, p.bump)
	}
}

// extents compares the runs with the extents that are held.
func (c checker) extents() {
	held := make(map[uint32]bool)
	for ref := range c.owned {
		if uint32(ref)>>pageRefShift >= c.top {
			held[uint32(ref)>>unitRefShift] = true
		}
	}
	used, dirty, binned := uint32(0), uint32(0), 0
	wasFree := false
	for at := c.bottom; at < uint32(len(c.runs)); at += c.runs[at].units {
		r := c.runs[at]
		if r.units == 0 {
			c.errorf("unit %d begins no run", at)
			return
		}
		last := c.runs[at+r.units-1]
		free := r.state&runFree != 0
		switch {
		case free == held[at]:
			c.errorf("the run at %d is free: %v, and held: %v", at, free, held[at])
		case free && (last.units != r.units || r.next == 0):
			c.errorf("the free run at %d cannot be found", at)
		case free && wasFree:
			c.errorf("the free run at %d follows another", at)
		case free != (last.state&runFreeLast != 0):
			c.errorf("the last unit of the run at %d says otherwise", at)
		}
		if free {
			binned++
			if r.state&runDirty != 0 {
				dirty += r.units
			}
		} else {
			used += r.units
		}
		wasFree = free
	}
	for b, head := range c.bins {
		if (head != 0) != (c.binned[b/64]>>(b%64)&1 != 0) {
			c.errorf("bin %d holds %d, its bit says otherwise", b, head)
		}
		for at := head; at != 0; {
			binned--
			if binOf(c.runs[at].units) != uint32(b) {
				c.errorf("a run of %d units is in bin %d", c.runs[at].units, b)
			}
			if at = c.runs[at].next; at == head {
				break
			}
		}
	}
	if used != c.shard.used || dirty != c.shard.dirty || binned != 0 {
		c.errorf("%d units in use, %d dirty; %d and %d are counted; %d free runs are in no bin", used, dirty, c.shard.used, c.shard.dirty, binned)
	}
}
