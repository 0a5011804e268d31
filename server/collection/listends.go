package collection

import "slotbench/internal/listpack"

// PushHead adds texts before the first element, one after the other: the last
// of them comes to stand first.
func (l *List) PushHead(texts ...[]byte) { l.push(texts, true) }

// PushTail adds texts behind the last element.
func (l *List) PushTail(texts ...[]byte) { l.push(texts, false) }

func (l *List) push(texts [][]byte, toHead bool) {
	l.expect(texts...)
	for i := range texts {
		node := 0
		if !toHead {
			node = l.to - l.from - 1
		}
		if l.from == l.to || !l.fits(node, texts[i]) {
			if !toHead {
				node++
			}
			l.start(node, texts[i], toHead)
		}
		if n := &l.nodes()[node]; !n.plain {
			l.put(n, texts[i:i+1], toHead)
		}
		if toHead {
			l.nodes()[node].first--
		} else {
			l.end++
		}
	}
}

// start makes a node for a text before the node of an index. A plain one has
// the text already.
func (l *List) start(node int, text []byte, toHead bool) {
	n := l.open(node)
	if n.plain = l.plain(text); !n.plain {
		l.begin(n, text, toHead)
		return
	}
	n.chunk = l.alloc(len(text))
	n.to = copy(n.chunk, text)
}

// put adds a text to a node's listpack, at one of its ends.
func (l *List) put(n *listNode, text [][]byte, atHead bool) {
	need, before := listpack.BytesOf(text), n.bytes()
	l.make(n, need, atHead)
	if atHead {
		n.from -= need
		listpack.PutFirstInRoom(n.text(), before, text)
	} else {
		n.to += need
		listpack.PutLast(n.text(), before, text)
	}
}

// PopHead removes the first element, which At(0) reads. It reports false if
// there is none.
func (l *List) PopHead() bool {
	if l.from == l.to {
		return false
	}
	n := &l.room[l.from]
	if _, at := n.read(listpack.First); n.plain || at == listpack.End(n.text()) {
		l.close(0, 1)
	} else {
		l.cutHead(n, at, 1)
	}
	l.settle()
	return true
}

// PopTail removes the last element. It reports false if there is none.
func (l *List) PopTail() bool {
	if l.from == l.to {
		return false
	}
	last := l.to - l.from - 1
	if n := &l.nodes()[last]; n.plain || l.count(last) == 1 {
		l.close(last, last+1)
	} else {
		l.cutTail(n, listpack.Prev(n.text(), listpack.End(n.text())), 1)
	}
	l.end--
	l.settle()
	return true
}

// cutHead removes a node's elements before a position, of which there are
// count.
func (l *List) cutHead(n *listNode, at, count int) {
	n.from = n.to - len(listpack.CutFirst(n.text(), at, count))
	n.first += count
}

// cutTail removes a node's elements from a position on, of which there are
// count.
func (l *List) cutTail(n *listNode, at, count int) {
	n.to = n.from + len(listpack.CutLast(n.text(), at, count))
}

// Trim removes all elements but those from one index up to another, where
// 0 <= from < to <= Len.
func (l *List) Trim(from, to int) {
	end := l.nodes()[0].first + to
	last, offset := l.seek(to - 1)
	if n, cut := &l.nodes()[last], l.count(last)-offset-1; cut > 0 {
		l.cutTail(n, listpack.Seek(n.text(), offset+1), cut)
	}
	l.close(last+1, l.to-l.from)
	l.end = end
	first, offset := l.seek(from)
	if n := &l.nodes()[first]; offset > 0 {
		l.cutHead(n, listpack.Seek(n.text(), offset), offset)
	}
	l.close(0, first)
	for _, node := range []int{0, l.to - l.from - 1} {
		l.fit(&l.nodes()[node])
	}
	l.settle()
}
