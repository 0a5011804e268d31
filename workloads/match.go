package workloads

import (
	"math/bits"

	"slotbench/internal/slot"
)

// match reads a key of the family: its number, and its tag's; it is not ok for
// a key of another. Families cannot make the same key, and no number runs into
// what follows it, so there is one reading at most.
func (f *family) match(key []byte) (n, tag int64, ok bool) {
	var id, member int64
	product := int64(1)
	rest := 0
	for i := range f.parts {
		p := &f.parts[i]
		if p.kind == literalField {
			end := rest + len(p.text)
			if end > len(key) || string(key[rest:end]) != p.text {
				return 0, 0, false
			}
			rest = end
			continue
		}
		end := rest
		for end < len(key) && p.holds(key[end]) {
			end++
		}
		if end == rest {
			return 0, 0, false
		}
		number := readNumber(key[rest:end], p)
		rest = end
		switch p.kind {
		case idField:
			id, product = number, max(p.div, 1)
		case tagField:
			tag = number
		case memberField:
			member = number
		case rangeField:
			n += number * p.div
		}
	}
	if rest != len(key) {
		return 0, 0, false
	}
	n += id * product
	if f.tags == nil {
		return n, 0, true
	}
	if f.tags.slots != nil {
		return f.matchPlaced(key, n, tag, member)
	}
	return f.matchTag(n, tag, member)
}

// matchTag is the number of a key that a tag and a member name, or its tag
// where it shows the number.
func (f *family) matchTag(id, tag, member int64) (n, its int64, ok bool) {
	for _, p := range f.parts {
		if p.kind == idField {
			if id >= f.keys {
				return id, 0, f.tags.equal > 0
			}
			tag, _ = f.tags.tagOf(id)
			return id, tag, true
		}
	}
	if f.tags.equal > 0 {
		return tag*f.tags.equal + member, tag, true
	}
	if tag >= f.tags.tags {
		return 0, 0, false
	}
	return f.tags.first[tag] + member, tag, true
}

// matchPlaced is the number and the tag of a key whose slot was given.
func (f *family) matchPlaced(key []byte, id, rank, member int64) (n, tag int64, ok bool) {
	tag, ok = f.tags.placed(slot.Of(key), rank)
	if !ok {
		return 0, 0, false
	}
	first, size := f.tags.size(tag)
	for _, p := range f.parts {
		if p.kind == idField {
			return id, tag, id >= first && id < first+size
		}
	}
	return first + member, tag, member < size
}

// readNumber is what digits stand for. A text that fills a key up is none.
func readNumber(digits []byte, p *part) (n int64) {
	if p.kind == padField {
		return 0
	}
	for _, d := range digits {
		switch {
		case p.hex && d >= 'a':
			n = n<<4 | int64(d-'a'+10)
		case p.hex:
			n = n<<4 | int64(d-'0')
		default:
			n = n*10 + int64(d-'0')
		}
	}
	return n
}

// rankOf is place backwards: the rank of a key's popularity, from 0.
func (p *popularity) rankOf(n int64) uint64 {
	if p.inOrder || p.kind == uniformly || p.kind == inSequence || p.kind == byKeyRange {
		return uint64(n)
	}
	return p.scatter.from(uint64(n))
}

// from is of backwards.
func (s *scatter) from(y uint64) uint64 {
	width := uint(bits.Len64(s.mask))
	for {
		for i := len(s.keys) - 1; i >= 0; i-- {
			x := y
			for known := s.shift; known < width; known += s.shift {
				x = y ^ x>>s.shift
			}
			y = (x - s.keys[i].add) * oddInverse(s.keys[i].odd) & s.mask
		}
		if y < s.n {
			return y
		}
	}
}

// oddInverse is what an odd number must be multiplied with to give 1, mod 2^64:
// Newton's iteration doubles the bits that are right.
func oddInverse(odd uint64) uint64 {
	inverse := odd // right in three bits
	for range 5 {
		inverse *= 2 - odd*inverse
	}
	return inverse
}
