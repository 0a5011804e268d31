package resp

// Elements walks the parts of one whole reply in their order on the wire, the
// reply itself first: of an array its head, then what is in it. Its zero value
// has none.
type Elements struct {
	raw     []byte
	at      int
	pending int64
}

// ElementsOf is the parts of a whole reply, as ReplyReader has split it off.
func ElementsOf(raw []byte) Elements { return Elements{raw, 0, 1} }

// Next is the next part, whose Text aliases the reply. It reports false at the
// end, and where the bytes are no whole reply.
func (e *Elements) Next() (part Reply, ok bool) {
	if e.pending <= 0 {
		return Reply{}, false
	}
	part, more, next, err := element(e.raw, e.at)
	if err != nil || next == 0 || next > len(e.raw) {
		e.pending = 0
		return Reply{}, false
	}
	e.pending += more - 1
	if part.Kind == Attribute { // stands before what it is of
		e.pending++
	}
	part.Raw = e.raw[e.at:next]
	e.at = next
	return part, true
}
