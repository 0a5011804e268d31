package workloads

import (
	"strings"

	"slotbench/internal/slot"
)

// stencil is a key as a bulk string, with its number's digits all zero. A
// family whose keys have no number but their own, as most, has a stencil for
// each length of that number: filling in digits takes a third of the time of
// writing the key part by part.
type stencil struct {
	text             string // "$6\r\nkey:00\r\n"
	digitsAt, digits int
	keyAt            int
	hashFrom, hashTo int // the hashed part
}

// newStencils is f's stencils by the number of digits, and of how many the
// first of them is; nil for a family of another kind.
func newStencils(f *family) (stencils []stencil, minDigits int) {
	numberAt := -1
	for i, p := range f.parts {
		if p.kind == literalField {
			continue
		}
		if numberAt >= 0 || p.kind != idField || p.hex || p.div > 1 {
			return nil, 0
		}
		numberAt = i
	}
	if numberAt < 0 || f.tags != nil {
		return nil, 0
	}
	minDigits = max(1, f.parts[numberAt].width)
	stencils = make([]stencil, maxNumberBytes+1)
	for digits := minDigits; digits < len(stencils); digits++ {
		stencils[digits] = newStencil(f, numberAt, digits)
	}
	return stencils, minDigits
}

func newStencil(f *family, numberAt, digits int) stencil {
	var offsets []int // where each part of the key begins, and where the key ends
	key := []byte{}
	for i, p := range f.parts {
		offsets = append(offsets, len(key))
		if i == numberAt {
			key = append(key, strings.Repeat("0", digits)...)
			continue
		}
		key = append(key, p.text...)
	}
	offsets = append(offsets, len(key))
	hashFrom, hashTo := 0, len(f.parts)
	if f.hashTo > 0 {
		hashFrom, hashTo = f.hashFrom, f.hashTo
	}
	m := writer{}
	m.length(len(key))
	keyAt := len(m.frame)
	return stencil{
		text:     string(m.frame) + string(key) + "\r\n",
		digitsAt: keyAt + offsets[numberAt],
		digits:   digits,
		keyAt:    keyAt,
		hashFrom: keyAt + offsets[hashFrom],
		hashTo:   keyAt + offsets[hashTo],
	}
}

// fill appends the key with that number, and says where in the frame it
// stands.
func (m *writer) fill(x *stencil, n uint64) (at int, s slot.Slot) {
	start := len(m.frame)
	m.frame = append(m.frame, x.text...)
	text := m.frame[start:]
	digits := text[x.digitsAt : x.digitsAt+x.digits]
	last := len(digits)
	for ; n >= 10; n /= 100 {
		last -= 2
		*(*[2]byte)(digits[last:]) = twoDigits[n%100]
	}
	if n > 0 {
		digits[last-1] = byte('0' + n)
	}
	crc := slot.CRC16(text[x.hashFrom:x.hashTo])
	return start + x.keyAt, slot.Slot(crc & uint16(slot.DefaultCount-1))
}
