package workloads

import (
	"strings"

	"slotbench/internal/slot"
)

// stencil is a key as a bulk string, with its number's digits all zero, and
// what stands before it in a frame. A family whose keys have no number but
// their own, as most, has a stencil for each length of that number: filling in
// digits takes a third of the time of writing the key part by part.
type stencil struct {
	text          string // "*2\r\n$3\r\nGET\r\n$6\r\nkey:00\r\n"
	digitsTo      int    // where the number ends
	keyAt, keyLen int
	crc           uint16 // of the hashed part, all digits zero
}

// stencils is a family's, by the number's digits. CRC16 is linear: what a pair
// of digits adds to it depends on nothing but where they stand from the end.
type stencils struct {
	of        []stencil // from minDigits on
	minDigits int
	pairs     *crcPairs
}

type crcPairs [maxNumberBytes / 2][100]uint16

// newStencils is f's stencils behind a head; nil for a family of another kind.
func newStencils(f *family, head string) *stencils {
	numberAt := -1
	for i, p := range f.parts {
		if p.kind == literalField {
			continue
		}
		if numberAt >= 0 || p.kind != idField || p.hex || p.div > 1 {
			return nil
		}
		numberAt = i
	}
	if numberAt < 0 || f.tags != nil {
		return nil
	}
	x := &stencils{
		of:        make([]stencil, maxNumberBytes+1),
		minDigits: max(1, f.parts[numberAt].width),
		pairs:     new(crcPairs),
	}
	for digits := x.minDigits; digits < len(x.of); digits++ {
		x.of[digits] = newStencil(f, head, numberAt, digits)
	}
	from, to := f.hashedParts()
	if numberAt < from || numberAt >= to {
		return x // the digits are not hashed
	}
	behind := 0
	for _, p := range f.parts[numberAt+1 : to] {
		behind += len(p.text)
	}
	for place := range x.pairs {
		text := make([]byte, 2+2*place+behind)
		for n := range x.pairs[place] {
			text[0], text[1] = byte(n/10), byte(n%10)
			x.pairs[place][n] = slot.CRC16(text)
		}
	}
	return x
}

func newStencil(f *family, head string, numberAt, digits int) stencil {
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
	from, to := f.hashedParts()
	m := writer{frame: []byte(head)}
	m.length(len(key))
	keyAt := len(m.frame)
	return stencil{
		text:     string(m.frame) + string(key) + "\r\n",
		digitsTo: keyAt + offsets[numberAt+1],
		keyAt:    keyAt,
		keyLen:   len(key),
		crc:      slot.CRC16(key[offsets[from]:offsets[to]]),
	}
}

// hashedParts is which parts write what is hashed.
func (f *family) hashedParts() (from, to int) {
	if f.hashTo > 0 {
		return f.hashFrom, f.hashTo
	}
	return 0, len(f.parts)
}

// opening is a frame up to the end of its first key, where that is all there
// is to most requests: stencils nil where it can't be.
type opening struct {
	stencils *stencils
	rest     []step // of the call
}

// newOpening is what the frames of a program begin with whose keys are f's.
func newOpening(f *family, p *program) opening {
	c := &p.calls[0]
	if len(p.calls) > 1 || p.transaction || c.varies || c.family != ownFamily {
		return opening{}
	}
	head := string(c.head)
	for i := range c.steps {
		switch step := &c.steps[i]; {
		case step.kind == stepText:
			head += string(step.text)
			continue
		case step.kind == stepKey && step.family == ownFamily:
			return opening{newStencils(f, head), c.steps[i+1:]}
		}
		break
	}
	return opening{}
}

// pick is the stencil for a number.
func (x *stencils) pick(n uint64) *stencil { return &x.of[max(decimalDigits(n), x.minDigits)] }

// fill appends the stencil with its number filled in.
func (x *stencils) fill(frame []byte, one *stencil, n uint64) ([]byte, slot.Slot) {
	start := len(frame)
	frame = append(frame, one.text...)
	digits := frame[start : start+one.digitsTo]
	crc := one.crc
	for place := range x.pairs {
		rest := n / 100
		pair := n - 100*rest
		crc ^= x.pairs[place][pair]
		last := len(digits) - 1
		digits[last] = twoDigits[pair][1]
		if rest == 0 && pair < 10 {
			break
		}
		digits[last-1] = twoDigits[pair][0]
		if n = rest; n == 0 {
			break
		}
		digits = digits[:last-1]
	}
	return frame, slot.Slot(crc & uint16(slot.DefaultCount-1))
}
