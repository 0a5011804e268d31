package workloads

import (
	"math/bits"
	"slices"
	"strings"

	"slotbench/internal/slot"
)

// family is a compiled Family: it names its keys and says where in a name the
// hashed part stands.
type family struct {
	name         string
	keys         int64 // that the preload makes
	first        int64 // number of its first key among those of the workload
	parts        []part
	tags         *tagging
	sizes        sizes
	content      content
	counter      bool
	absent       bool // none of its keys is there at first
	elements     elements
	padding      *padding // of %[pad]s; nil: none
	lengthDigits int      // of the decimal length of most of its keys
	stencils     *stencils

	// The hashed part is what parts[hashFrom:hashTo] write; where hashTo is 0
	// it is the whole key.
	hashFrom, hashTo int

	popularity popularity
}

// maxTagTries bounds the search for a tag; about 16384 tries find one.
const maxTagTries = 1 << 20

// slotTag is the smallest number whose decimal text hashes to a slot.
func slotTag(s slot.Slot) string {
	var text []byte
	for n := range uint64(maxTagTries) {
		text = appendNumber(text[:0], n, false, 0)
		if slot.Of(text) == s {
			return string(text)
		}
	}
	panic("workloads: no decimal number hashes to the slot")
}

// layOut joins neighbouring texts and cuts them where the hash tag begins and
// ends, as Redis finds it: the first '{' and the first '}' behind it, with
// something between. Numbers have no braces and are never empty, so where
// that is stands in the template.
func layOut(parts []part) (laid []part, hashFrom, hashTo int) {
	for _, p := range parts {
		if n := len(laid); p.kind == literalField && n > 0 && laid[n-1].kind == literalField {
			laid[n-1].text += p.text
			continue
		}
		laid = append(laid, p)
	}
	open, opened := find(laid, 0, 0, '{')
	if !opened {
		return laid, 0, 0
	}
	shut, isShut := find(laid, open.part, open.offset+1, '}')
	if !isShut || shut.part == open.part && shut.offset == open.offset+1 {
		return laid, 0, 0
	}
	laid = cut(laid, shut.part, shut.offset)
	before := len(laid)
	laid = cut(laid, open.part, open.offset+1)
	hashFrom = open.part + 1
	hashTo = shut.part + len(laid) - before
	if shut.offset > 0 { // the text before the '}' is a part of its own
		hashTo++
	}
	return laid, hashFrom, hashTo
}

type partOffset struct{ part, offset int }

// find is the first b in the texts from a place on.
func find(parts []part, from, offset int, b byte) (partOffset, bool) {
	for i := from; i < len(parts); i++ {
		if at := strings.IndexByte(parts[i].text[min(offset, len(parts[i].text)):], b); at >= 0 {
			return partOffset{i, at + offset}, true
		}
		offset = 0
	}
	return partOffset{}, false
}

// cut splits the text parts[i] before offset, unless that leaves an end empty.
func cut(parts []part, i, offset int) []part {
	text := parts[i].text
	if offset == 0 || offset == len(text) {
		return parts
	}
	cut := append(append([]part{}, parts[:i]...), part{text: text[:offset]}, part{text: text[offset:]})
	return append(cut, parts[i+1:]...)
}

// appendKey appends key n of the family, and says which of its slots it is in.
func (f *family) appendKey(dst []byte, n int64) ([]byte, slot.Slot) {
	var tag, member int64
	if f.tags != nil {
		tag, member = f.tags.tagOf(n)
	}
	return f.appendMember(dst, n, tag, member)
}

func (f *family) appendMember(dst []byte, n, tag, member int64) ([]byte, slot.Slot) {
	start := len(dst)
	from, to, placeAt := start, start, -1
	for i := range f.parts {
		if i == f.hashFrom {
			from = len(dst)
		}
		if i == f.hashTo {
			to = len(dst)
		}
		p := &f.parts[i]
		if p.kind == literalField {
			dst = append(dst, p.text...)
			continue
		}
		if p.kind == padField {
			dst = f.padding.fill(dst, start, n, p.filler())
			continue
		}
		if p.kind == slotField {
			placeAt = len(dst)
			dst = append(dst, "000000"[:placeDigits]...)
			continue
		}
		number := n
		switch p.kind {
		case idField:
			if p.div > 1 {
				number /= p.div
			}
		case tagField:
			number = f.tags.shown(tag)
		case memberField:
			number = member
		case rangeField:
			number = number / p.div % p.mod
		}
		dst = appendNumber(dst, uint64(number), p.hex, p.width)
	}
	if f.hashTo == 0 {
		to = len(dst)
	}
	if placeAt >= from {
		its := f.tags.slots[tag]
		placings().place(dst[from:to], placeAt-from, its)
		return dst, its
	}
	return dst, slot.Slot(slot.CRC16(dst[from:to]) & uint16(slot.DefaultCount-1))
}

// tagged says whether keys share hash tags, and not only slots.
func (f *family) tagged() bool {
	return f.tags != nil && (f.tags.slots == nil || f.hashTo > 0 && !slices.ContainsFunc(f.parts[f.hashFrom:f.hashTo], func(p part) bool {
		return p.kind == idField || p.kind == memberField
	}))
}

// maxNumberBytes is the longest text of a number, padded or not.
const maxNumberBytes = 20

// appendNumber appends a number, padded with zeros to width digits, of which
// there are at most maxNumberBytes.
func appendNumber(dst []byte, n uint64, hex bool, width int) []byte {
	start := len(dst)
	if hex {
		dst = slices.Grow(dst, maxNumberBytes)[:start+max(width, hexDigits(n))]
		for at := len(dst) - 1; at >= start; at, n = at-1, n>>4 {
			dst[at] = "0123456789abcdef"[n&15]
		}
		return dst
	}
	dst = slices.Grow(dst, maxNumberBytes)[:start+max(width, decimalDigits(n))]
	at := len(dst)
	for ; n >= 10; n /= 100 {
		at -= 2
		*(*[2]byte)(dst[at:]) = twoDigits[n%100]
	}
	if at > start { // one digit is left, or none and padding
		at--
		dst[at] = byte('0' + n)
	}
	for at > start {
		at--
		dst[at] = '0'
	}
	return dst
}

var twoDigits = func() (pairs [100][2]byte) {
	for n := range pairs {
		pairs[n] = [2]byte{byte('0' + n/10), byte('0' + n%10)}
	}
	return pairs
}()

// decimalDigits is how many digits n has: its bits times log10 2, and one
// more where a power of ten was passed.
func decimalDigits(n uint64) int {
	digits := bits.Len64(n|1) * 1233 >> 12
	if n >= powersOfTen[digits] {
		digits++
	}
	return max(digits, 1)
}

// hexDigits is how many hexadecimal digits n has.
func hexDigits(n uint64) int { return (bits.Len64(n|1) + 3) / 4 }

var powersOfTen = func() (powers [20]uint64) {
	power := uint64(1)
	for i := range powers {
		powers[i] = power
		power *= 10
	}
	return powers
}()

// meanKeyBytes is the mean key length over keys at even distances.
func (f *family) meanKeyBytes() float64 {
	const samples = 1000
	step := max(f.keys/samples, 1)
	var key []byte
	total, count := 0, 0
	for n := int64(0); n < f.keys; n += step {
		key, _ = f.appendKey(key[:0], n)
		total, count = total+len(key), count+1
	}
	return float64(total) / float64(count)
}
