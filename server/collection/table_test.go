package collection

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

// check fails if a table's parts do not fit together: every slot leads to its
// entry, the counters are right, and the chunks of each slab follow each other
// without a gap.
func (t *table) check(tb testing.TB) {
	tb.Helper()
	count, groups := 0, 0
	inUse := map[chunkRef]bool{}
	for number := range t.segments {
		s := &t.segments[number]
		groups += len(s.groups)
		entries := 0
		overflow := make([]int, len(s.groups))
		for at := range s.groups {
			used := 0
			for slot := range groupSlots {
				tag := s.groups[at].tag(slot)
				if tag == 0 {
					continue
				}
				used++
				r := s.groups[at].ref(slot)
				inUse[r] = true
				hash := hashOf(t.key(r))
				if tagOf(hash) != tag || t.segmentOf(hash) != number || hash>>(64-s.depth) != uint64(s.prefix) {
					tb.Fatal("an entry lies where its hash does not lead")
				}
				for home := s.home(hash); home != at; home = (home + 1) % len(s.groups) {
					overflow[home]++
				}
			}
			if used != int(s.groups[at].used) {
				tb.Fatalf("a group with %d entries says %d", used, s.groups[at].used)
			}
			entries += used
		}
		for at := range overflow {
			if overflow[at] != int(s.groups[at].overflow) {
				tb.Fatalf("%d entries passed a group, which says %d", overflow[at], s.groups[at].overflow)
			}
		}
		if entries != int(s.count) {
			tb.Fatalf("a segment with %d entries says %d", entries, s.count)
		}
		count += entries
	}
	if count != t.count || len(inUse) != count || groups != t.groups {
		tb.Fatalf("%d entries, %d chunks, Len %d; %d groups, said to be %d", count, len(inUse), t.count, groups, t.groups)
	}
	deepest := 0
	for i := range t.segments {
		if t.segments[i].depth == t.depth {
			deepest++
		}
	}
	if deepest != t.deepest || count > 0 && len(t.directory) != 1<<t.depth {
		tb.Fatalf("%d deepest segments, said to be %d", deepest, t.deepest)
	}
	t.checkSlabs(tb, inUse)
}

func (t *table) checkSlabs(tb testing.TB, inUse map[chunkRef]bool) {
	tb.Helper()
	room, used, free := int64(0), int64(0), int64(0)
	listed := 0
	for number := range t.list {
		sl := &t.list[number]
		room += int64(cap(sl.data))
		used += int64(len(sl.data))
		own := 0
		for at := 0; at < len(sl.data); {
			r := chunkRef(number)<<granuleBits | chunkRef(at/granuleBytes)
			chunk := sl.data[at:]
			if chunk[0] == freeMark {
				own += freeChunkBytes(chunk)
				at += freeChunkBytes(chunk)
				if number != t.leave {
					listed++
				}
				continue
			}
			if number == t.leave && at < t.leaveAt { // it was moved: its bytes are still there
				own += t.inUse(chunk)
			} else if !inUse[r] {
				tb.Fatal("a chunk in use that no slot leads to")
			}
			at += t.inUse(chunk)
		}
		if own != sl.free {
			tb.Fatalf("a slab with %d free bytes says %d", own, sl.free)
		}
		free += int64(own)
	}
	if room != t.bytes || used != t.usedBytes || free != t.freeBytes {
		tb.Fatalf("room %d used %d free %d, said to be %d %d %d", room, used, free, t.bytes, t.usedBytes, t.freeBytes)
	}
	for class, r := range t.free {
		if (r != noChunk) != (t.filled[class/64]>>(class%64)&1 != 0) {
			tb.Fatal("the map of lists is wrong")
		}
		for ; r != noChunk; r = getRef(t.at(r)[nextAt:]) {
			if min(freeChunkBytes(t.at(r))/granuleBytes, lastClass) != class {
				tb.Fatal("a free chunk in the list of another size")
			}
			listed--
		}
	}
	if listed != 0 {
		tb.Fatalf("%d free chunks are in no list", listed)
	}
}

// text is one of n keys, of different lengths.
func text(i int) []byte {
	return append(fmt.Appendf(nil, "%d:", i), bytes.Repeat([]byte("x"), i*7%23)...)
}

func TestHashAgainstModel(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	lengths := []int{0, 1, 5, 20, 60, 253, 254, 300, 1019, 1024, 2000, 5000}
	h, model := NewHash(), map[string][]byte{}
	for step := range 60_000 {
		// Up, down and up again.
		keys := []int{50, 4000, 300, 8000}[step*4/60_000]
		field := text(random.IntN(keys))
		held, present := model[string(field)]
		switch op := random.IntN(10); {
		case op < 5 || op < 6 && len(model) < keys/2:
			value := bytes.Repeat([]byte{byte(random.Uint32())}, lengths[random.IntN(len(lengths)-random.IntN(len(lengths)))])
			if step%5000 == 0 {
				value = make([]byte, ownSlabBytes+random.IntN(3)*slabBytes)
			}
			if h.Set(field, value) == present {
				t.Fatalf("step %d: Set(%q) reports new: %v", step, field, !present)
			}
			model[string(field)] = value
		case op < 9:
			if h.Delete(field) != present {
				t.Fatalf("step %d: Delete(%q) is not %v", step, field, present)
			}
			delete(model, string(field))
		default:
			if got, ok := h.Get(field); ok != present || !bytes.Equal(got, held) {
				t.Fatalf("step %d: Get(%q) is %q %v", step, field, got, ok)
			}
		}
		if step%500 == 499 {
			h.check(t)
		}
		if step%5000 == 4999 {
			sameAs(t, h, model)
			c := h.Clone()
			c.check(t)
			sameAs(t, c, model)
			if step%10_000 == 9999 {
				h = c
			}
		}
	}
	for field := range model {
		if !h.Delete([]byte(field)) {
			t.Fatalf("%q is not there", field)
		}
	}
	if h.Len() != 0 || h.Bytes() != NewHash().Bytes() {
		t.Errorf("emptied: Len %d, %d bytes", h.Len(), h.Bytes())
	}
}

func sameAs(t *testing.T, h *Hash, model map[string][]byte) {
	t.Helper()
	seen := 0
	h.Each(func(field, value []byte) bool {
		seen++
		if want, ok := model[string(field)]; !ok || !bytes.Equal(value, want) {
			t.Fatalf("%q is %q, want %q", field, value, want)
		}
		return true
	})
	if seen != len(model) || h.Len() != seen {
		t.Fatalf("%d fields, Len %d, want %d", seen, h.Len(), len(model))
	}
}

// TestScanSeesWhatStays scans while the set grows, or shrinks, to 100 times
// its size and back.
func TestScanSeesWhatStays(t *testing.T) {
	const stay, others = 300, 30_000
	for _, growing := range []bool{true, false} {
		t.Run(fmt.Sprintf("growing=%v", growing), func(t *testing.T) {
			s := NewSet()
			for i := range stay {
				s.Add(fmt.Appendf(nil, "stay%d", i))
			}
			other := func(i int) []byte { return fmt.Appendf(nil, "other%d", i) }
			for i := range others {
				if !growing {
					s.Add(other(i))
				}
			}
			seen := map[string]bool{}
			calls, changed := 0, 0
			for cursor := uint64(0); ; {
				n := 0
				cursor = s.Scan(cursor, 10, func(member []byte) { n++; seen[string(member)] = true })
				if n > 10+2*maxGroups {
					t.Fatalf("asked for 10, got %d", n)
				}
				calls++
				for ; changed < min(others, calls*others/30); changed++ {
					if growing {
						s.Add(other(changed))
					} else {
						s.Remove(other(changed))
					}
				}
				if cursor == 0 {
					break
				}
			}
			for i := range stay {
				if !seen[fmt.Sprintf("stay%d", i)] {
					t.Errorf("stay%d was not seen in %d calls", i, calls)
				}
			}
			s.check(t)
			if calls < 10 {
				t.Errorf("only %d calls", calls)
			}
		})
	}
}

// TestScanOnce: a set that does not change is seen once; odd cursors do no
// harm.
func TestScanOnce(t *testing.T) {
	s := NewSet()
	for i := range 10_000 {
		s.Add(text(i))
	}
	seen := map[string]int{}
	for cursor, begun := uint64(0), false; cursor != 0 || !begun; begun = true {
		cursor = s.Scan(cursor, 10, func(member []byte) { seen[string(member)]++ })
	}
	for i := range 10_000 {
		if n := seen[string(text(i))]; n != 1 {
			t.Fatalf("%q was seen %d times", text(i), n)
		}
	}
	for shift := range 64 {
		s.Scan(1<<shift, 10, func([]byte) {})
		s.Scan(^uint64(0)>>shift, 10, func([]byte) {})
	}
}

// TestRandomIsUniform draws from sets that have grown and shrunk: a member's
// share is within what chance allows (chi squared).
func TestRandomIsUniform(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, size := range []int{1, 3, 30, 300, 2000} {
		for _, shrunk := range []bool{false, true} {
			s := NewSet()
			for i := range size * 8 {
				s.Add(text(i))
				if !shrunk && i == size-1 {
					break
				}
			}
			for i := size; shrunk && i < size*8; i++ {
				s.Remove(text(i))
			}
			const each = 200
			drawn := map[string]int{}
			for range size * each {
				drawn[string(s.Random(random.Uint64()))]++
			}
			sum := 0.0
			for i := range size {
				off := float64(drawn[string(text(i))] - each)
				sum += off * off / each
			}
			if limit := float64(size) + 8*float64(1+size)/float64(1+size/30); size > 1 && sum > max(limit, float64(size)*1.5) {
				t.Errorf("%d members, shrunk %v: chi squared is %.0f", size, shrunk, sum)
			}
		}
	}
}

// TestRoomIsUsedAgain: after many changes a hash takes at most a fifth more
// than one that was made so.
func TestRoomIsUsedAgain(t *testing.T) {
	const fields, changes = 20_000, 1_000_000
	random := rand.New(rand.NewPCG(5, 6))
	fill := bytes.Repeat([]byte("v"), 200)
	for _, test := range []struct {
		name   string
		change func(h *Hash, i int)
	}{
		{"values of other lengths", func(h *Hash, _ int) {
			h.Set(text(random.IntN(fields)), fill[:random.IntN(100)])
		}},
		{"values that grow", func(h *Hash, i int) {
			h.Set(text(random.IntN(fields)), fill[:i*200/changes])
		}},
		{"fields that come and go", func(h *Hash, i int) {
			h.Delete(text(i))
			h.Set(text(i+fields), fill[:random.IntN(50)])
		}},
		{"deleted to a half", func(h *Hash, _ int) {
			if h.Len() > fields/2 {
				h.Delete(text(random.IntN(fields)))
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := NewHash()
			for i := range fields {
				h.Set(text(i), fill[:i%100])
			}
			for i := range changes {
				test.change(h, i)
			}
			h.check(t)
			fresh := NewHash()
			h.Each(func(field, value []byte) bool { return fresh.Set(field, value) })
			ratio := float64(h.Bytes()) / float64(fresh.Bytes())
			t.Logf("%d fields: %.3f of a fresh build", h.Len(), ratio)
			if ratio > 1.2 {
				t.Errorf("%d bytes, %.2f of a fresh build", h.Bytes(), ratio)
			}
		})
	}
}

// TestLean: what a member costs beyond its text.
func TestLean(t *testing.T) {
	for _, size := range []int{200, 1000, 10_000, 100_000, 140_000, 200_000} {
		s, textBytes := NewSet(), 0
		for i := range size {
			member := fmt.Appendf(nil, "member:%08d", i)
			textBytes += len(member)
			s.Add(member)
		}
		over := float64(s.Bytes()-int64(textBytes)) / float64(size)
		t.Logf("%d members: %.1f bytes each beyond the text", size, over)
		if over > 16 {
			t.Errorf("%d members: %.1f bytes each", size, over)
		}
	}
}

func TestLookupsAllocateNothing(t *testing.T) {
	h := NewHash()
	for i := range 1000 {
		h.Set(text(i), []byte("value"))
	}
	field, value := text(7), []byte("other")
	if n := testing.AllocsPerRun(100, func() {
		h.Set(field, value)
		if got, ok := h.Get(field); !ok || string(got) != "other" {
			t.Fatal("not the value")
		}
		h.Scan(0, 10, func([]byte, []byte) {})
		h.Random(1)
		h.Delete(field)
		h.Set(field, value)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
