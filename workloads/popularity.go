package workloads

import "math"

// popularity draws which key of a family the next request is for. It is
// shared by the streams and never changes; what moves is in cursor.
type popularity struct {
	kind    popularityKind
	keys    uint64
	zipf    zipf
	inOrder bool
	scatter scatter
	hotKeys uint64  // hotspot: how many keys are hot
	hotHits float64 // and their share of the requests

	scale     float64 // exponential: the mean rank
	ranges    choice  // key-range: draws the range, in its place already
	rangeKeys uint64  // keys of a range
}

type popularityKind uint8

const (
	uniformly popularityKind = iota
	byZipf
	inSequence
	byHotspot
	byLatest
	byKeyRange
	byExponential
)

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
	case Exponential:
		// YCSB's: below fraction·keys lies percentile of the mass.
		percentile := orDefault(p.Percentile, DefaultPercentile) / 100
		c.kind = byExponential
		c.scale = -orDefault(p.Fraction, DefaultFraction) * float64(keys) / math.Log1p(-percentile)
	case KeyRange:
		c.kind = byKeyRange
		c.divide(p, seed, number)
	}
	c.scatter = newScatter(keys, seed, number)
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
	case byExponential:
		for {
			if rank := r.exponential() * p.scale; rank < float64(p.keys) {
				return p.place(uint64(rank))
			}
		}
	case byKeyRange:
		first := uint64(p.ranges.draw(r)) * p.rangeKeys
		return int64(first + r.below(min(p.rangeKeys, p.keys-first)))
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

// divide makes the ranges of neighbouring keys and how often each is asked
// for: the two exponential terms of the number of its rank, from 1, as in
// RocksDB's mixgraph (Cao et al., FAST 2020). Ranks are scattered over places.
func (c *popularity) divide(p Popularity, seed, number uint64) {
	weights := rangeWeights(p.Terms, min(p.Ranges, int64(c.keys)))
	c.rangeKeys = (c.keys + uint64(len(weights)) - 1) / uint64(len(weights))
	used := (c.keys + c.rangeKeys - 1) / c.rangeKeys // the last ones may have no key
	place := newScatter(int64(used), seed, number)
	placed := make([]float64, used)
	for rank := range used {
		at := rank
		if !c.inOrder {
			at = place.of(rank)
		}
		placed[at] = weights[rank]
	}
	c.ranges = newChoice(placed)
}

// rangeWeights is a·exp(b·i) + c·exp(d·i) for i from 1; below 0 it counts as 0.
func rangeWeights(terms []float64, ranges int64) []float64 {
	weights := make([]float64, ranges)
	for i := range weights {
		x := float64(i + 1)
		weights[i] = max(terms[0]*math.Exp(terms[1]*x)+terms[2]*math.Exp(terms[3]*x), 0)
	}
	return weights
}

// chances is the probability of each key of the family, by number; nil where
// it changes as the load goes on.
func (p *popularity) chances() []float64 {
	chances := make([]float64, p.keys)
	spread := func(place func(uint64) int64, weight func(rank uint64) float64) {
		for rank := range p.keys {
			chances[place(rank)] += weight(rank)
		}
	}
	switch p.kind {
	case byZipf:
		spread(p.place, func(rank uint64) float64 { return rankWeight(float64(rank+1), p.zipf.exponent) })
	case byHotspot:
		spread(p.place, func(rank uint64) float64 {
			if rank < p.hotKeys {
				return p.hotHits / float64(p.hotKeys)
			}
			return (1 - p.hotHits) / float64(p.keys-p.hotKeys)
		})
	case byExponential:
		spread(p.place, func(rank uint64) float64 { return math.Exp(-float64(rank) / p.scale) })
	case byKeyRange:
		for i, share := range p.ranges.shares() {
			first := uint64(i) * p.rangeKeys
			end := min(first+p.rangeKeys, p.keys)
			for key := first; key < end; key++ {
				chances[key] = share / float64(end-first)
			}
		}
	case byLatest:
		return nil
	default:
		spread(func(rank uint64) int64 { return int64(rank) }, func(uint64) float64 { return 1 })
	}
	sum := 0.0
	for _, c := range chances {
		sum += c
	}
	for i := range chances {
		chances[i] /= sum
	}
	return chances
}
