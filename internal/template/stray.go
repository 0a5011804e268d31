package template

import (
	"cmp"
	"slices"
)

// maxGatherers is how many templates, those with most keys first, take in
// strays.
const maxGatherers = 256

// gatherStrays joins templates that are one to a person, though their delimiters
// differ: random text happens to hold a delimiter, or to look like a word and a
// number.
func gatherStrays(all []*Template) []*Template {
	all = joinNumbered(all)
	var into []*gatherer
	slices.SortStableFunc(all, func(a, b *Template) int { return cmp.Compare(b.Keys, a.Keys) })
	for _, t := range all {
		if g := newGatherer(t); g != nil && len(into) < maxGatherers {
			into = append(into, g)
		}
	}
	if len(into) == 0 {
		return all
	}
	kept := all[:0]
	for _, t := range all {
		if !gathered(into, t) {
			kept = append(kept, t)
		}
	}
	return kept
}

// gathered says whether a template was a stray of another, and joins it.
func gathered(into []*gatherer, t *Template) bool {
	var symbols []symbol
	for _, g := range into {
		if g.t == t || g.keys < strayPart*t.Keys || t.MinKey < g.t.MinKey || t.MaxKey > g.t.MaxKey {
			continue
		}
		if symbols == nil {
			symbols = expand(t.Pieces)
		}
		if g.covers(symbols) {
			g.t.Stats.Merge(&t.Stats)
			return true
		}
	}
	return false
}

// joinNumbered joins names that end in a number with those that do not:
// profile:<word><int> with profile:<word>, where both are there.
func joinNumbered(all []*Template) []*Template {
	plain := map[string]*Template{}
	for _, t := range all {
		plain[t.Text] = t
	}
	return slices.DeleteFunc(all, func(t *Template) bool {
		text, numbered := withoutNumbers(t.Pieces)
		other := plain[text]
		if !numbered || other == nil {
			return false
		}
		other.Stats.Merge(&t.Stats)
		return true
	})
}

// withoutNumbers is a template's text without the numbers that follow names.
func withoutNumbers(pieces []Piece) (text string, had bool) {
	for i, p := range pieces {
		if i > 0 && p.Wild && p.Class == Int && pieces[i-1].Wild && pieces[i-1].Class == Word {
			had = true
			continue
		}
		text += p.Text
	}
	return text, had
}

// symbol is a byte of a literal, or a wildcard.
type symbol struct {
	wild  bool
	class Class
	mixed bool
	fixed bool // all keys of the template are of one length: it may hold what base64 does
	byte  byte
}

func expand(pieces []Piece) (symbols []symbol) {
	for _, p := range pieces {
		if p.Wild {
			symbols = append(symbols, symbol{wild: true, class: p.Class, mixed: p.Mixed})
			continue
		}
		for i := range len(p.Text) {
			symbols = append(symbols, symbol{byte: p.Text[i]})
		}
	}
	return symbols
}

// gatherer is a template with random text in it, which may look like anything.
type gatherer struct {
	t       *Template
	keys    uint64
	symbols []symbol
	reached []bool // scratch of covers
}

func newGatherer(t *Template) *gatherer {
	if !slices.ContainsFunc(t.Pieces, func(p Piece) bool { return p.Wild && isRandom(p.Class, p.Mixed) }) {
		return nil
	}
	g := &gatherer{t: t, keys: t.Keys, symbols: expand(t.Pieces)}
	for i := range g.symbols {
		g.symbols[i].fixed = t.MinKey == t.MaxKey
	}
	g.reached = make([]bool, len(g.symbols)+1)
	return g
}

func isRandom(class Class, mixed bool) bool {
	return class == Base64 || class == Bytes || class == Word && mixed
}

// covers says whether the random texts of a template can hold what is otherwise
// in another: it walks the other's symbols and keeps all places where it may be in
// its own.
func (g *gatherer) covers(other []symbol) bool {
	clear(g.reached)
	g.reached[0] = true
	for _, s := range other {
		somewhere := false
		for at := len(g.symbols); at > 0; at-- {
			own := &g.symbols[at-1]
			g.reached[at] = (g.reached[at-1] || g.reached[at] && own.random()) && own.holds(s)
			somewhere = somewhere || g.reached[at]
		}
		g.reached[0] = false
		if !somewhere {
			return false
		}
	}
	return g.reached[len(g.symbols)]
}

func (s *symbol) random() bool { return s.wild && isRandom(s.class, s.mixed) }

// holds says whether another symbol may stand in this one's place.
func (s *symbol) holds(o symbol) bool {
	switch {
	case !s.wild:
		return !o.wild && o.byte == s.byte
	case o.wild && o.class == s.class, s.class == Bytes:
		return true
	case !s.random():
		return false
	case o.wild:
		return o.class == Word || o.class == Int || o.class == Hex || o.class == Base64
	}
	minor := (s.class == Base64 || s.fixed) && isMinor[o.byte]
	standard := s.class == Base64 && s.fixed && (o.byte == '+' || o.byte == '/')
	return minor || standard || o.byte >= '0' && o.byte <= '9' || o.byte|0x20 >= 'a' && o.byte|0x20 <= 'z'
}
