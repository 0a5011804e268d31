package template

import "slices"

// promote makes a place a wildcard: of its words only the frequent ones stay.
func (m *Miner) promote(n *node) {
	n.promoted = true
	for _, text := range sortedWords(n.words) {
		child := n.words[text]
		if n.keeps(child) {
			continue
		}
		m.forget(n, child)
	}
}

// keeps says whether a word of a place that is a wildcard stays a literal.
func (n *node) keeps(child *node) bool {
	part := uint64(frequentPart)
	if n.first() {
		part = frequentFirst
	}
	return child.keys >= frequentKeys && child.keys*part >= n.keys
}

// first says whether this is the beginning of keys.
func (n *node) first() bool { return n.text == "" && !n.wild }

// forget puts a word of a place into its wildcard.
func (m *Miner) forget(n, child *node) {
	delete(n.words, child.text)
	if child.trial {
		n.trials--
	}
	if wild := n.wildOf(Word, 0); wild != nil {
		m.join(wild, child, m.words[1])
		return
	}
	child.wild, child.trial, child.text = true, false, ""
	n.wilds = append(n.wilds, child)
}

// tries says whether a new word at the beginning of keys may be kept in sight.
// Where there are too many, each loses a count for every other that comes, and
// goes when it has none: Misra-Gries.
func (m *Miner) tries(n *node) bool {
	if n.trials == maxTrials {
		for _, text := range sortedWords(n.words) {
			child := n.words[text]
			if !child.trial {
				continue
			}
			if child.spent++; child.keys >= frequentKeys {
				child.trial = false
				n.trials--
			} else if child.spent >= child.keys {
				m.forget(n, child)
			}
		}
	}
	if n.trials == maxTrials {
		return false
	}
	n.trials++
	return true
}

// settle ends the trials of a place.
func (m *Miner) settle(n *node) {
	if !n.promoted || !n.first() {
		return
	}
	for _, text := range sortedWords(n.words) {
		if child := n.words[text]; !n.keeps(child) {
			m.forget(n, child)
		} else if child.trial {
			child.trial = false
			n.trials--
		}
	}
}

func sortedWords[V any](words map[string]V) []string {
	list := make([]string, 0, len(words))
	for text := range words {
		list = append(list, text)
	}
	slices.Sort(list)
	return list
}

// shrink gives places fewer words until there is room again, or no place has
// two: the beginnings of keys, which tell most, at last.
func (m *Miner) shrink() {
	m.count()
	if m.nodes <= MaxNodes-MaxNodes/4 {
		return
	}
	for m.nodes > MaxNodes/2 && m.words[0] > 1 {
		if m.words[1] > 1 {
			m.words[1] /= 2
		} else {
			m.words[0] /= 2
		}
		m.nodes = 0
		for _, n := range m.shapes {
			m.squeeze(n, 0)
			m.nodes += n.size()
		}
	}
}

func (m *Miner) count() {
	m.nodes = 0
	for _, n := range m.shapes {
		m.nodes += n.size()
	}
}

func (m *Miner) squeeze(n *node, depth int) {
	if len(n.words) > m.words[min(depth, 1)] {
		m.promote(n)
	}
	for _, child := range n.words {
		m.squeeze(child, depth+1)
	}
	for _, child := range n.wilds {
		m.squeeze(child, depth+1)
	}
}

func (n *node) size() int {
	size := 1
	for _, child := range n.words {
		size += child.size()
	}
	for _, child := range n.wilds {
		size += child.size()
	}
	return size
}

// join moves all that b holds into a, of whose words so many stay apart. What
// they hold together is only counted anew when the tree is full.
func (m *Miner) join(a, b *node, limit int) {
	if a.keys == 0 {
		a.least = b.least
	}
	a.least, a.most = min(a.least, b.least), max(a.most, b.most)
	a.keys += b.keys
	a.epochs += b.epochs
	a.days += b.days
	a.mixed += b.mixed
	a.allHex = a.allHex && b.allHex
	if b.leaf != nil {
		if a.leaf == nil {
			a.leaf = &Stats{}
		}
		a.leaf.Merge(b.leaf)
	}
	if b.promoted && !a.promoted {
		m.promote(a)
	}
	for _, child := range b.wilds {
		if own := a.wildOf(child.class, child.width); own != nil {
			m.join(own, child, m.words[1])
		} else {
			a.wilds = append(a.wilds, child)
		}
	}
	for _, text := range sortedWords(b.words) {
		m.joinWord(a, b.words[text], limit)
	}
}

// joinWord moves a literal's node below a.
func (m *Miner) joinWord(a, child *node, limit int) {
	own := a.words[child.text]
	if own == nil && a.promoted && (!a.first() || child.keys < frequentKeys || len(a.words) >= maxKept) {
		own = a.wildOf(Word, 0)
		if own == nil {
			child.wild, child.text = true, ""
			a.wilds = append(a.wilds, child)
			return
		}
	}
	if own != nil {
		m.join(own, child, m.words[1])
		return
	}
	if a.words == nil {
		a.words = map[string]*node{}
	}
	a.words[child.text] = child
	if child.trial {
		a.trials++
	}
	if len(a.words) > limit && !a.promoted {
		m.promote(a)
	}
}

// Join adds what another miner has seen. The other is not to be used after.
func (m *Miner) Join(o *Miner) {
	for _, shape := range sortedWords(o.shapes) {
		own := m.shapes[shape]
		switch {
		case own != nil:
			m.join(own, o.shapes[shape], m.words[0])
		case len(m.shapes) < MaxShapes:
			m.shapes[shape] = o.shapes[shape]
		default:
			o.shapes[shape].gather(&m.other)
		}
	}
	m.other.Merge(&o.other)
	m.nodes = 0
	for _, n := range m.shapes {
		m.squeeze(n, 0)
		m.nodes += n.size()
	}
	m.shrink()
}

// gather adds all leaves up.
func (n *node) gather(into *Stats) {
	if n.leaf != nil {
		into.Merge(n.leaf)
	}
	for _, child := range n.words {
		child.gather(into)
	}
	for _, child := range n.wilds {
		child.gather(into)
	}
}
