package workloads

import "math"

// popularity draws which key of a family the next request is for. It is
// shared by the streams and never changes; what moves is in cursor.
type popularity struct {
	kind    popularityKind
	keys    uint64
	zipf    zipf
	table   choice // zipf: draws the key itself, where there are few; else empty
	inOrder bool
	scatter scatter
	hotKeys uint64  // hotspot: how many keys are hot
	hotHits float64 // and their share of the requests
}

type popularityKind uint8

const (
	uniformly popularityKind = iota
	byZipf
	inSequence
	byHotspot
	byLatest
)

// maxTable is how many keys a family may have for a table of its Zipf
// distribution, of 1 MiB then. A draw from it takes a tenth of the time of
// rejection-inversion, and there can be no more tables than families.
const maxTable = 128 << 10

// tabulate makes the table.
func (p *popularity) tabulate() {
	weights := make([]float64, p.keys)
	for rank := range p.keys {
		weights[p.place(rank)] = rankWeight(float64(rank+1), p.zipf.exponent)
	}
	p.table = newChoice(weights)
}

// cursor is where one stream stands in one family.
type cursor struct {
	next     int64 // sequential: how many keys it has drawn
	inserted int64 // how many keys it has inserted
}

// newPopularity takes a validated Popularity.
func newPopularity(p Popularity, keys int64, seed, number uint64) popularity {
	c := popularity{keys: uint64(keys), inOrder: p.InOrder}
	exponent := DefaultExponent
	if p.Exponent != nil {
		exponent = *p.Exponent
	}
	switch p.Kind {
	case Zipf:
		c.kind, c.zipf = byZipf, newZipf(keys, exponent)
	case Latest:
		c.kind, c.zipf = byLatest, newZipf(keys, exponent)
	case Sequential:
		c.kind = inSequence
	case Hotspot:
		c.kind = byHotspot
		data := orDefault(p.Data, DefaultHotData)
		c.hotHits = orDefault(p.Requests, DefaultHotRequests)
		c.hotKeys = uint64(min(max(math.Round(data*float64(keys)), 1), float64(keys)))
		if c.hotKeys == c.keys {
			c.kind = uniformly // all are hot
		}
	}
	c.scatter = newScatter(keys, seed, number)
	if c.kind == byZipf && keys <= maxTable {
		c.tabulate()
	}
	return c
}

func orDefault(share, otherwise float64) float64 {
	if share == 0 {
		return otherwise
	}
	return share
}

// draw is the number of a key in the family, for stream i of n.
func (p *popularity) draw(r *random, at *cursor, i, n int64) int64 {
	switch p.kind {
	case byZipf:
		if len(p.table.cells) > 0 {
			return int64(p.table.draw(r))
		}
		return p.place(uint64(p.zipf.draw(r) - 1))
	case inSequence:
		key := (i + n*at.next) % int64(p.keys)
		at.next++
		return key
	case byHotspot:
		if r.unit() < p.hotHits {
			return p.place(r.below(p.hotKeys))
		}
		return p.place(p.hotKeys + r.below(p.keys-p.hotKeys))
	case byLatest:
		// What this stream has inserted, its fellows were to insert too:
		// they are as many and their rates are the same.
		return int64(p.keys) + n*at.inserted - p.zipf.draw(r)
	}
	return int64(r.below(p.keys))
}

// place is the key at a rank of popularity, from 0.
func (p *popularity) place(rank uint64) int64 {
	if p.inOrder {
		return int64(rank)
	}
	return int64(p.scatter.of(rank))
}

// insert is the number of the next new key: the streams take turns.
func (at *cursor) insert(keys, i, n int64) int64 {
	key := keys + n*at.inserted + i
	at.inserted++
	return key
}
