package listpack

import (
	"bytes"
	"encoding/binary"
)

// The functions of this file change a list at its ends without moving what
// lies between, or in one pass over it. Their lists are the caller's to write
// to.

// count is what the header says of the number of elements.
func count(lp []byte) uint16 { return binary.LittleEndian.Uint16(lp[4:]) }

// plus is a header's count after a change by n elements.
func plus(was uint16, n int) uint16 {
	if was == manyElements {
		return was
	}
	return uint16(min(int(was)+n, manyElements))
}

// BytesOf is how many bytes texts take as elements.
func BytesOf(texts [][]byte) int {
	n := 0
	for _, text := range texts {
		n += ElementBytes(text)
	}
	return n
}

// PutLast adds texts at the end. The list of `before` bytes lies in lp, which
// is longer by BytesOf(texts).
func PutLast(lp []byte, before int, texts [][]byte) {
	into := lp[:before-1]
	for _, text := range texts {
		into = appendElement(into, text)
	}
	lp[len(lp)-1] = end
	setHeader(lp, plus(count(lp), len(texts)))
}

// PutFirst adds texts at the front, one after the other, so that the last of
// them comes to stand first. The list of `before` bytes lies in lp, which is
// longer by BytesOf(texts); its elements are moved.
func PutFirst(lp []byte, before int, texts [][]byte) {
	copy(lp[First+len(lp)-before:], lp[First:before])
	fillFront(lp, count(lp), texts)
}

// PutFirstInRoom is PutFirst where the list lies at the end of lp, with the
// room before it: only the header moves.
func PutFirstInRoom(lp []byte, before int, texts [][]byte) {
	fillFront(lp, count(lp[len(lp)-before:]), texts)
}

// fillFront writes texts, the last one first, and the header.
func fillFront(lp []byte, elements uint16, texts [][]byte) {
	into := lp[:First]
	for i := len(texts) - 1; i >= 0; i-- {
		into = appendElement(into, texts[i])
	}
	setHeader(lp, plus(elements, len(texts)))
}

// CutLast ends the list at a position, behind which there were n elements, and
// returns it.
func CutLast(lp []byte, at, n int) []byte {
	elements := plus(count(lp), -n)
	lp = lp[:at+1]
	lp[at] = end
	setHeader(lp, elements)
	return lp
}

// CutFirst lets the list begin at a position, before which there were n
// elements, and returns it: its header is moved to there, not its elements.
func CutFirst(lp []byte, at, n int) []byte {
	elements := plus(count(lp), -n)
	lp = lp[at-First:]
	setHeader(lp, elements)
	return lp
}

// Needle is a text to be looked for. The lists must be canonical.
type Needle struct {
	head      [9]byte // what stands before the body
	headBytes int
	body      []byte
}

// NewNeedle is a needle for a text, which is borrowed.
func NewNeedle(text []byte) (n Needle) {
	head := appendHead(n.head[:0], text)
	n.headBytes = len(head)
	if !isIntHead(head[0]) {
		n.body = text
	}
	return n
}

// Is says whether the element at a position is the text.
func (n *Needle) Is(lp []byte, at int) bool {
	if lp[at] != n.head[0] {
		return false
	}
	rest := lp[at:]
	return bytes.HasPrefix(rest, n.head[:n.headBytes]) && bytes.HasPrefix(rest[n.headBytes:], n.body)
}

// Count is how many elements are the text.
func (n *Needle) Count(lp []byte) (found int) {
	for at := First; at < End(lp); at = Next(lp, at) {
		if n.Is(lp, at) {
			found++
		}
	}
	return found
}

// Remove takes out elements that are the text: `most` of them, after leaving
// the first `skip`. It returns the list.
func (n *Needle) Remove(lp []byte, skip, most int) []byte {
	elements, removed := count(lp), 0
	to, from := First, First // what lies from `from` to `at` moves to `to`
	for at := First; at < End(lp); {
		next := Next(lp, at)
		switch {
		case removed == most || !n.Is(lp, at):
		case skip > 0:
			skip--
		default:
			to += copy(lp[to:], lp[from:at])
			from = next
			removed++
		}
		at = next
	}
	to += copy(lp[to:], lp[from:])
	lp = lp[:to]
	setHeader(lp, plus(elements, -removed))
	return lp
}

// Join adds another list's elements at the end. The list of `before` bytes lies
// in lp, which is longer by len(other) - EmptyBytes.
func Join(lp []byte, before int, other []byte) {
	elements := plus(count(lp), Len(other))
	copy(lp[before-1:], other[First:])
	setHeader(lp, elements)
}
