package collection

import (
	"bytes"

	"slotbench/internal/listpack"
)

// At is the element of an index, which is borrowed until the list changes. ok
// is false if there is none.
func (l *List) At(index int) (v listpack.Value, ok bool) {
	if index < 0 || index >= l.Len() {
		return v, false
	}
	node, offset := l.seek(index)
	n := &l.nodes()[node]
	if n.plain {
		v, _ = n.read(0)
	} else {
		v, _ = listpack.Read(n.text(), listpack.Seek(n.text(), offset))
	}
	return v, true
}

// Range visits count elements from the one of an index on, towards the tail or
// the head, until visit returns false. They must be there.
func (l *List) Range(index, count int, toHead bool, visit func(listpack.Value) bool) {
	if count == 0 {
		return
	}
	step := 1
	if toHead {
		step = -1
	}
	node, offset := l.seek(index)
	for {
		n := &l.nodes()[node]
		have := 1
		if !n.plain {
			have = min(count, l.count(node)-offset)
			if toHead {
				have = min(count, offset+1)
			}
			if !RangePacked(n.text(), offset, have, toHead, visit) {
				return
			}
		} else if v, _ := n.read(0); !visit(v) {
			return
		}
		if count -= have; count == 0 {
			return
		}
		if node += step; toHead {
			offset = l.count(node) - 1
		} else {
			offset = 0
		}
	}
}

// RangePacked is Range on a listpack. It reports whether visit never returned
// false.
func RangePacked(lp []byte, index, count int, toHead bool, visit func(listpack.Value) bool) bool {
	at := listpack.Seek(lp, index)
	for range count {
		v, next := listpack.Read(lp, at)
		if !visit(v) {
			return false
		}
		if at = next; toHead {
			at = listpack.Prev(lp, at)
			at = listpack.Prev(lp, at)
		}
	}
	return true
}

// Each visits every element from head to tail until visit returns false. The
// text is borrowed until visit returns.
func (l *List) Each(visit func(text []byte) bool) {
	var scratch [32]byte
	l.Range(0, l.Len(), false, func(v listpack.Value) bool { return visit(v.Bytes(scratch[:])) })
}

// EachNode visits the parts from head to tail until visit returns false: each
// is a listpack, or where it is plain one large element. They are borrowed.
func (l *List) EachNode(visit func(text []byte, plain bool) bool) {
	for i := range l.nodes() {
		if n := &l.nodes()[i]; !visit(n.text(), n.plain) {
			return
		}
	}
}

// Search visits the indexes of the elements that are a text, from the head on
// or from the tail, among the `most` first that it meets, until visit returns
// false.
func (l *List) Search(text []byte, toHead bool, most int, visit func(index int) bool) {
	needle, count := listpack.NewNeedle(text), l.to-l.from
	for i := 0; i < count && most > 0; i++ {
		node := i
		if toHead {
			node = count - 1 - i
		}
		n := &l.nodes()[node]
		base, have := n.first-l.room[l.from].first, l.count(node)
		if n.plain {
			if bytes.Equal(n.text(), text) && !visit(base) {
				return
			}
		} else if !searchNode(n.text(), have, &needle, toHead, most, func(index int) bool { return visit(base + index) }) {
			return
		}
		most -= have
	}
}

// SearchPacked is Search on a listpack.
func SearchPacked(lp, text []byte, toHead bool, most int, visit func(index int) bool) {
	needle := listpack.NewNeedle(text)
	searchNode(lp, listpack.Len(lp), &needle, toHead, most, visit)
}

// searchNode is Search in a listpack of count elements. It reports whether
// visit never returned false.
func searchNode(lp []byte, count int, needle *listpack.Needle, toHead bool, most int, visit func(index int) bool) bool {
	if toHead {
		at := listpack.End(lp)
		for index := count - 1; index >= max(0, count-most); index-- {
			at = listpack.Prev(lp, at)
			if needle.Is(lp, at) && !visit(index) {
				return false
			}
		}
		return true
	}
	at := listpack.First
	for index := range min(count, most) {
		if needle.Is(lp, at) && !visit(index) {
			return false
		}
		at = listpack.Next(lp, at)
	}
	return true
}
