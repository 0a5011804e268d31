package listpack

import (
	"bytes"
	"encoding/binary"
)

// AppendAll adds texts at the end of a list that is the caller's to grow.
func AppendAll(lp []byte, texts [][]byte) []byte {
	n := int(binary.LittleEndian.Uint16(lp[4:]))
	lp = lp[:End(lp)]
	for _, text := range texts {
		lp = appendElement(lp, text)
	}
	lp = append(lp, end)
	if n != manyElements {
		n += len(texts)
	}
	setHeader(lp, uint16(min(n, manyElements)))
	return lp
}

// AppendUpdated appends to dst, which is empty, a list of keys and values with
// other values behind some of the keys: those of pairs, keys and values too.
// It goes through the list once: ok is false if it does not have all the keys
// in the order of pairs, and what was appended then is of no use.
func AppendUpdated(dst, lp []byte, pairs [][]byte) (updated []byte, ok bool) {
	dst = append(dst, lp[:First]...)
	kept, last := First, End(lp) // what lies from kept on is still to be copied
	for at := First; at < last && len(pairs) > 0; {
		valueAt := Next(lp, at)
		next := Next(lp, valueAt)
		if isElement(lp[at:valueAt], pairs[0]) {
			dst = append(dst, lp[kept:valueAt]...)
			dst = appendElement(dst, pairs[1])
			kept, pairs = next, pairs[2:]
		}
		at = next
	}
	if len(pairs) > 0 {
		return dst, false
	}
	dst = append(dst, lp[kept:]...)
	binary.LittleEndian.PutUint32(dst, uint32(len(dst)))
	return dst, true
}

// isElement says whether an element, with the length at its end, is a text.
func isElement(element, text []byte) bool {
	if b := element[0]; b >= 0x80 && b < 0xC0 { // a short text, and so no integer
		return int(b&0x3F) == len(text) && bytes.Equal(element[1:1+len(text)], text)
	}
	var scratch [9]byte
	head := appendHead(scratch[:0], text)
	if !bytes.HasPrefix(element, head) {
		return false
	}
	return isIntHead(head[0]) || bytes.HasPrefix(element[len(head):], text)
}
