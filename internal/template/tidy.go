package template

import (
	"slices"
	"strconv"
	"strings"
)

// At the end some tokens turn out to be other than they looked alone: the digits
// of a hash can happen to be all decimal, or all letters.
const (
	strayPart    = 4  // what is so many times rarer than the class that it fits belongs to it
	fewWords     = 8  // from so many words on, of which each comes …
	keysOfUnique = 2  // … at most so often on average, a place is a wildcard
	surelyPart   = 50 // a class holds if all but one in so many fit
	mixedPart    = 4  // of so many names one with a digit inside makes them look random
)

// tidy puts strays where they belong, from the leaves up.
func (m *Miner) tidy(n *node) {
	m.settle(n)
	if len(n.words) >= fewWords && n.keysOfWords() <= uint64(keysOfUnique*len(n.words)) {
		m.promote(n)
	}
	m.mergeInts(n)
	m.absorbWords(n)
	m.number(n)
	for _, child := range n.words {
		m.tidy(child)
	}
	for _, child := range n.wilds {
		m.tidy(child)
	}
}

func (n *node) keysOfWords() (sum uint64) {
	for _, child := range n.words {
		sum += child.keys
	}
	return sum
}

// mergeInts puts digits that are as long as hexadecimal numbers beside them
// among those, and short hexadecimal ones of any length into one class.
func (m *Miner) mergeInts(n *node) {
	ints, words := n.wildOf(Int, 0), n.wildOf(Word, 0)
	for _, h := range slices.Clone(n.wilds) {
		if h.class != Hex || ints == nil {
			continue
		}
		if h.least <= ints.least && h.most >= ints.most && ints.keys*strayPart <= h.keys {
			m.join(h, ints, m.words[1])
			n.drop(ints)
			ints = nil
		}
	}
	if ints != nil && words != nil && words.allHex && words.keys*strayPart >= ints.keys {
		words.class = Hex // %x of numbers that count up
		m.join(words, ints, m.words[1])
		n.drop(ints)
		for _, h := range slices.Clone(n.wilds) {
			if h.class == Hex && h != words {
				m.join(words, h, m.words[1])
				n.drop(h)
			}
		}
	}
}

// absorbWords puts rare words among the identifiers that they look like.
func (m *Miner) absorbWords(n *node) {
	for _, text := range sortedWords(n.words) {
		child := n.words[text]
		if into := n.classFor(text, child); into != nil {
			delete(n.words, text)
			m.join(into, child, m.words[1])
		}
	}
	wild := n.wildOf(Word, 0)
	if wild == nil {
		return
	}
	for _, w := range n.wilds {
		hex := w.class == Hex && wild.allHex && w.least == wild.least && w.most == wild.most
		base64 := w.class == Base64 && wild.least >= max(w.least, minBase64Bytes) && wild.most <= w.most
		if (hex || base64) && w.keys >= strayPart*wild.keys {
			m.join(w, wild, m.words[1])
			n.drop(wild)
			return
		}
	}
}

func (n *node) classFor(text string, child *node) *node {
	kinds := countKinds([]byte(text))
	for _, w := range n.wilds {
		if len(text) < w.least || len(text) > w.most || w.keys < strayPart*child.keys {
			continue
		}
		switch w.class {
		case Hex:
			if kinds.digits+kinds.hexLetters == len(text) {
				return w
			}
		case Base64:
			if kinds.digits+kinds.letters == len(text) && len(text) >= minBase64Bytes {
				return w
			}
		}
	}
	return nil
}

// number joins the words of a place that are the same hexadecimal letters and a
// number: dc1, dc2. Alone, each may be a hexadecimal number, and was left whole.
func (m *Miner) number(n *node) {
	if n.promoted || slices.ContainsFunc(n.wilds, func(w *node) bool { return w.class == Hex }) {
		return
	}
	stems := map[string][]*node{}
	for _, text := range sortedWords(n.words) {
		kinds := countKinds([]byte(text))
		if kinds.digits > 0 && kinds.tailDigits == kinds.digits && kinds.hexLetters+kinds.digits == len(text) {
			stem := text[:len(text)-kinds.digits]
			stems[stem] = append(stems[stem], n.words[text])
		}
	}
	for _, stem := range sortedWords(stems) {
		if len(stems[stem]) < 2 {
			continue
		}
		numbered := m.newNode()
		numbered.wild, numbered.class, numbered.stem = true, Int, stem
		for _, child := range stems[stem] {
			delete(n.words, child.text)
			m.join(numbered, child, m.words[1])
		}
		numbered.least -= len(stem)
		numbered.most -= len(stem)
		n.wilds = append(n.wilds, numbered)
	}
}

func (n *node) drop(child *node) {
	n.wilds = slices.DeleteFunc(n.wilds, func(w *node) bool { return w == child })
}

// templates lists the leaves below a node; pieces is the way to it.
func (n *node) templates(shape string, way []Piece, all []*Template) []*Template {
	if n.leaf != nil {
		all = append(all, newTemplate(shape, way, n.leaf))
	}
	for _, text := range sortedWords(n.words) {
		child := n.words[text]
		all = child.templates(shape, append(slices.Clone(way), Piece{Text: text, Least: len(text), Most: len(text)}), all)
	}
	for _, child := range n.wilds {
		p := Piece{Text: child.name(), Wild: true, Class: child.class, Mixed: child.class == Word && child.mixed*mixedPart >= child.keys, Least: child.least, Most: child.most, stem: child.stem}
		all = child.templates(shape, append(slices.Clone(way), p), all)
	}
	return all
}

// newTemplate puts delimiters and tokens together.
func newTemplate(shape string, way []Piece, stats *Stats) *Template {
	t := &Template{Stats: *stats}
	var text strings.Builder
	from := 0
	literal := func(s string) {
		if s == "" {
			return
		}
		text.WriteString(s)
		if n := len(t.Pieces); n > 0 && !t.Pieces[n-1].Wild {
			t.Pieces[n-1].Text += s
			return
		}
		t.Pieces = append(t.Pieces, Piece{Text: s})
	}
	for _, p := range way {
		end := from + strings.IndexByte(shape[from:], shapeEnd)
		literal(shape[from:end])
		from = end + 1
		if p.Wild {
			literal(p.stem)
			p.stem = ""
			text.WriteString(p.Text)
			t.Pieces = append(t.Pieces, p)
		} else {
			literal(p.Text)
		}
	}
	literal(shape[from:])
	t.Text = text.String()
	return t
}

// name is how a wildcard is written.
func (n *node) name() string {
	most := n.keys - n.keys/surelyPart
	switch n.class {
	case Int:
		switch {
		case n.epochs >= most && n.keys > 0:
			return "<epoch>"
		case n.days >= most && n.keys > 0:
			return "<date>"
		}
		return "<int>"
	case Hex:
		if n.least == n.most {
			return "<hex" + strconv.Itoa(n.least) + ">"
		}
		return "<hex>"
	case UUID:
		return "<uuid>"
	case Date:
		return "<date>"
	case Base64:
		return "<base64>"
	case Bytes:
		return "<bytes>"
	case Rest:
		return "<rest>"
	case Email:
		return "<email>"
	}
	return "<word>"
}
