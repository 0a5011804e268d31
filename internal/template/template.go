// Package template finds how keys are named: it takes keys apart at their
// delimiters and puts those that differ only in their numbers, identifiers and
// names under one template, such as cart:{<uuid>}:items.
//
// It is one pass in bounded memory: a tree by delimiters and then token by
// token, as Drain parses logs (He et al., ICWS 2017). Numbers and the like are
// wildcards at once. Words are literals, until a place has seen too many
// different ones: then all but the frequent ones become one wildcard, and what
// is behind them is joined. When the tree is full, places are given fewer
// words. It prints nothing and opens nothing.
package template

import (
	"cmp"
	"slices"

	"slotbench/internal/keyset"
	"slotbench/internal/slot"
)

// Limits of a miner.
const (
	MaxNodes   = 1 << 14 // of the tree, from which on places are given fewer words
	MaxShapes  = 1 << 10 // ways in which delimiters follow each other
	firstWords = 512     // at the beginning of a key
	laterWords = 24      // at any other place
	hardFactor = 2       // of MaxNodes: what needs a new node beyond is only counted
)

// A word that this part of a place's keys has, and of which there are so many,
// stays a literal when its place becomes a wildcard. At the beginning of keys the
// part is smaller, and words that come later can become literals as well: so many
// are kept in sight.
const (
	frequentPart  = 16
	frequentFirst = 512
	frequentKeys  = 64
	maxTrials     = 32
	maxKept       = 2 * firstWords
)

// Miner finds templates. It is not safe for use by many at once: miners of
// parts are joined by Join.
type Miner struct {
	// Place, if any, says on which of Places places (nodes) a CRC lies, -1 for
	// none.
	Place  func(crc uint16) int
	Places int
	// Spread has the miner take down how the keys of each template lie in the slots
	// and on hash tags, of maxSpreads large templates.
	Spread bool

	room    int // for large spreads
	shapes  map[string]*node
	nodes   int
	crowded int    // with how many nodes it is worth to look for room again
	words   [2]int // at most, at the first place and at later ones
	other   Stats  // what found no room
	tokens  tokens
}

// New is a miner that has seen nothing.
func New() *Miner {
	return &Miner{room: maxSpreads, shapes: map[string]*node{}, words: [2]int{firstWords, laterWords}}
}

// node is a place in keys: all keys that begin as the way to it says.
type node struct {
	class Class
	wild  bool // a wildcard; a word that is none has text
	width int  // of Hex and Base64: the common ones are told apart; 0: other
	text  string
	stem  string // of Int: the letters that stand before all of its numbers

	keys             uint64 // visits, operations of logs included
	epochs, days     uint64 // of Int: what may be times
	mixed            uint64 // of Word: letters and digits
	least, most      int    // lengths of the tokens
	promoted, allHex bool
	trial            bool   // of a promoted place's words: it may turn out to be frequent
	trials           int    // of the words
	spent            uint64 // of a trial: how many other words came meanwhile
	words            map[string]*node
	wilds            []*node
	leaf             *Stats
}

// commonWidths are the lengths of identifiers that are told apart.
func commonWidth(class Class, length int) int {
	if class == Hex && length <= 128 && length%8 == 0 {
		return length
	}
	return 0
}

// Add takes a key in, or an operation on one.
func (m *Miner) Add(k *keyset.Key) {
	m.tokens.split(k.Text)
	hashed, tagged := slot.Tag(k.Text)
	if !tagged {
		hashed = k.Text
	}
	crc, place := slot.CRC16(hashed), -1
	if m.Place != nil {
		place = m.Place(crc)
	}
	leaf := m.leafOf()
	if leaf == nil {
		leaf = &m.other
	}
	leaf.add(k, crc, tagged, place, m.Places)
	if tagged && k.Count > 0 {
		leaf.Parts.Add(hashed)
	}
	if m.Spread && k.Count > 0 {
		if leaf.Spread == nil {
			leaf.Spread = &Spread{}
		}
		leaf.Spread.add(crc, hashed, tagged, &m.room)
	}
	if m.nodes > max(MaxNodes, m.crowded) {
		m.shrink()
		m.crowded = m.nodes + MaxNodes/16
	}
}

// leafOf is where the key at hand is counted, nil where there is no room.
func (m *Miner) leafOf() *Stats {
	at := m.shapes[string(m.tokens.shape)]
	if at == nil {
		if len(m.shapes) >= MaxShapes || m.full() {
			return nil
		}
		at = m.newNode()
		m.shapes[string(m.tokens.shape)] = at
	}
	at.keys++
	for i := range m.tokens.list {
		t := &m.tokens.list[i]
		next := at.child(t, i)
		if next == nil {
			if m.full() {
				return nil
			}
			next = m.grow(at, t, i)
		}
		next.note(t)
		at = next
	}
	if at.leaf == nil {
		at.leaf = &Stats{}
	}
	return at.leaf
}

func (m *Miner) full() bool { return m.nodes >= hardFactor*MaxNodes }

func (m *Miner) newNode() *node {
	m.nodes++
	return &node{}
}

// child is the node that a token leads to, nil if there is none yet.
func (n *node) child(t *token, depth int) *node {
	if t.class == Word {
		if next := n.words[string(t.text)]; next != nil || !n.promoted || depth == 0 && len(n.words) < maxKept {
			return next
		}
	}
	return n.wildOf(t.class, commonWidth(t.class, len(t.text)))
}

func (n *node) wildOf(class Class, width int) *node {
	for _, w := range n.wilds {
		if w.class == class && w.width == width {
			return w
		}
	}
	return nil
}

// grow makes the node that a token leads to, and a wildcard of the place if
// that had too many words.
func (m *Miner) grow(at *node, t *token, depth int) *node {
	if t.class == Word && !at.promoted && len(at.words) >= m.words[min(depth, 1)] {
		m.promote(at)
		if next := at.child(t, depth); next != nil {
			return next
		}
	}
	next := m.newNode()
	next.class, next.allHex = t.class, true
	if t.class == Word && at.promoted && depth == 0 {
		next.trial = m.tries(at)
	}
	if t.class == Word && (!at.promoted || next.trial) {
		if at.words == nil {
			at.words = map[string]*node{}
		}
		next.text = string(t.text)
		at.words[next.text] = next
		return next
	}
	next.wild, next.width = true, commonWidth(t.class, len(t.text))
	at.wilds = append(at.wilds, next)
	return next
}

// note takes down what a token looks like.
func (n *node) note(t *token) {
	if n.keys == 0 {
		n.least = len(t.text)
	}
	n.keys++
	n.least, n.most = min(n.least, len(t.text)), max(n.most, len(t.text))
	switch {
	case t.class == Int:
		if IsEpoch(t.text) {
			n.epochs++
		}
		if IsCompactDate(t.text) {
			n.days++
		}
	case t.class == Word && (n.wild || n.allHex):
		kinds := countKinds(t.text)
		n.allHex = n.allHex && kinds.digits+kinds.hexLetters == len(t.text)
		if kinds.digits > 0 {
			n.mixed++
		}
	}
}

// Template is a way in which keys are named.
type Template struct {
	Text string // such as user:<int>; Other for what found no room
	// Pieces are the text in order: literals, and wildcards with their lengths.
	Pieces []Piece
	Stats
}

// Other is the text of the template of keys that found no room in the tree.
const Other = "<other>"

// Piece is a part of a template: a literal, or a wildcard.
type Piece struct {
	Text        string // of a literal the text; of a wildcard its name, such as <int>
	Wild        bool
	Class       Class
	Mixed       bool // Word: many of its names have digits in them, as random ones do
	Least, Most int  // lengths of what the wildcard stands for

	stem string // while templates are put together: a literal before the wildcard
}

// Templates are what was found, that with most keys first. It tidies the tree;
// nothing is to be added after it.
func (m *Miner) Templates() []*Template {
	var all []*Template
	for _, shape := range sortedWords(m.shapes) {
		n := m.shapes[shape]
		m.tidy(n)
		all = n.templates(shape, nil, all)
	}
	if m.other.seen {
		all = append(all, &Template{Text: Other, Stats: m.other})
	}
	all = gatherStrays(all)
	slices.SortStableFunc(all, func(a, b *Template) int {
		return cmp.Or(cmp.Compare(b.Keys, a.Keys), cmp.Compare(b.Ops, a.Ops), cmp.Compare(a.Text, b.Text))
	})
	return all
}
