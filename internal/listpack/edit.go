package listpack

import "encoding/binary"

// Edit is a change of a list that is planned: elements are cut out at a
// position and others put in there. Plan it, make room, apply it:
//
//	e := listpack.Splice(lp, at, 1, text)
//	grow := e.Grow()          // make lp longer by grow first, if it is positive
//	e.Apply(lp, before)       // and shorter afterwards, if it is negative
type Edit struct {
	at, cutBytes, cut, addBytes int
	add                         [][]byte
}

// Splice plans to cut out count elements from a position on (which may be End
// where count is 0), and to put texts there. The texts are borrowed until
// Apply, and must not be parts of the list.
func Splice(lp []byte, at, count int, add ...[]byte) Edit {
	e := Edit{at: at, cut: count, add: add}
	to := at
	for range count {
		to = Next(lp, to)
	}
	e.cutBytes = to - at
	for _, text := range add {
		e.addBytes += ElementBytes(text)
	}
	return e
}

// Grow is by how many bytes the list becomes longer.
func (e Edit) Grow() int { return e.addBytes - e.cutBytes }

// Apply carries the edit out on a list of `before` bytes that lies in lp, which
// is long enough for both the old and the new list.
func (e Edit) Apply(lp []byte, before int) {
	elements := binary.LittleEndian.Uint16(lp[4:])
	copy(lp[e.at+e.addBytes:before+e.Grow()], lp[e.at+e.cutBytes:before])
	into := lp[e.at : e.at : e.at+e.addBytes]
	for _, text := range e.add {
		into = appendElement(into, text)
	}
	lp = lp[:before+e.Grow()]
	n := int(elements) - e.cut + len(e.add)
	switch {
	case elements == manyElements: // counted anew, as the header may say it now
		binary.LittleEndian.PutUint16(lp[4:], manyElements)
		n = Len(lp)
	}
	setHeader(lp, uint16(min(n, manyElements)))
}
