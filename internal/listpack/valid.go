package listpack

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Validate says what is wrong with a list that came from outside. A valid one
// may still not be canonical: Read its elements and Append them to a new one.
func Validate(lp []byte) error {
	if len(lp) < EmptyBytes {
		return errors.New("listpack: shorter than its header")
	}
	if n := int(binary.LittleEndian.Uint32(lp)); n != len(lp) {
		return fmt.Errorf("listpack: says %d bytes and has %d", n, len(lp))
	}
	if lp[End(lp)] != end {
		return errors.New("listpack: no end mark")
	}
	n, at := 0, First
	for ; at < End(lp); n++ {
		next, ok := check(lp[:End(lp)], at)
		if !ok {
			return fmt.Errorf("listpack: bad element %d at byte %d", n, at)
		}
		at = next
	}
	if said := int(binary.LittleEndian.Uint16(lp[4:])); said != n && said != manyElements {
		return fmt.Errorf("listpack: says %d elements and has %d", said, n)
	}
	return nil
}

// headBytes is what sizes reads of an element.
func headBytes(b byte) int {
	switch {
	case b < 0xC0:
		return 1
	case b < 0xF0:
		return 2
	case b == 0xF0 || b == 0xF3:
		return 5
	case b == 0xF1:
		return 3
	case b == 0xF2:
		return 4
	case b == 0xF4:
		return 9
	}
	return 0
}

// check is the position behind an element, if the element lies wholly within
// lp and its length at the end is right.
func check(lp []byte, at int) (next int, ok bool) {
	if n := headBytes(lp[at]); n == 0 || at+n > len(lp) {
		return 0, false
	}
	head, data := sizes(lp, at)
	if data > len(lp)-at-head {
		return 0, false
	}
	next = at + head + data + backBytes(head+data)
	if next > len(lp) {
		return 0, false
	}
	var scratch [5]byte
	return next, string(appendBack(scratch[:0], head+data)) == string(lp[at+head+data:next])
}
