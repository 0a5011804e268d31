package workloads

// place is a state of the automaton that reads a template's keys: in parts
// [part], after offset bytes of a text, or with offset 1 in a number that has
// a digit already. separated makes the automaton deterministic.
type place struct{ part, offset int }

// mayCollide says whether two separated templates could make the same key.
// It errs towards yes: it does not know how large a number gets. It walks
// both templates at once.
func mayCollide(a, b []part) bool {
	type state struct{ a, b place }
	seen := map[state]bool{{}: true}
	for queue := []state{{}}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if at.a.ends(a) && at.b.ends(b) {
			return true
		}
		for _, c := range append(at.a.telling(a), at.b.telling(b)...) {
			nextA, okA := at.a.step(a, c)
			nextB, okB := at.b.step(b, c)
			if next := (state{nextA, nextB}); okA && okB && !seen[next] {
				seen[next] = true
				queue = append(queue, next)
			}
		}
	}
	return false
}

// step is where one more byte of a key leads, if anywhere.
func (at place) step(parts []part, c byte) (place, bool) {
	if at.part == len(parts) {
		return at, false
	}
	p := &parts[at.part]
	if p.kind != literalField {
		if p.holds(c) {
			return place{at.part, 1}, true
		}
		if at.offset == 0 {
			return at, false
		}
		return place{at.part + 1, 0}.step(parts, c) // the number has ended
	}
	if p.text[at.offset] != c {
		return at, false
	}
	if at.offset+1 == len(p.text) {
		return place{at.part + 1, 0}, true
	}
	return place{at.part, at.offset + 1}, true
}

// telling is bytes that reach every state that a byte can reach from here:
// digits of a number are alike, but for those that a text opposite asks for,
// which that text tells.
func (at place) telling(parts []part) []byte {
	if at.part == len(parts) {
		return nil
	}
	p := &parts[at.part]
	if p.kind == literalField {
		return []byte{p.text[at.offset]}
	}
	if p.kind == padField {
		return padTelling(parts, at)
	}
	bytes := []byte{'0'}
	if p.hex {
		bytes = append(bytes, 'a')
	}
	if at.offset == 1 && at.part+1 < len(parts) {
		bytes = append(bytes, parts[at.part+1].begin())
	}
	return bytes
}

// padTelling is telling within a filler.
func padTelling(parts []part, at place) []byte {
	bytes := []byte{parts[at.part].filler()}
	if at.offset == 1 && at.part+1 < len(parts) {
		bytes = append(bytes, parts[at.part+1].begin())
	}
	return bytes
}

// begin is a byte that a part can begin with.
func (p *part) begin() byte {
	switch p.kind {
	case literalField:
		return p.text[0]
	case padField:
		return p.filler()
	}
	return '0'
}

// ends says whether a key may end here.
func (at place) ends(parts []part) bool {
	return at.part == len(parts) ||
		at.part == len(parts)-1 && parts[at.part].kind != literalField && at.offset == 1
}
