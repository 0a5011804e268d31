package workloads

import "math"

// SpreadSent is how requests spread over bins, each an eighth of its power of
// two wide (one wide below 16) and ending at Tops, behind the one before. Asked
// and Sent are shares of the requests. Bins of which nothing was asked and
// nothing sent are left out.
type SpreadSent struct {
	Tops    []int64
	Asked   []float64 // empty: not known
	Sent    []float64
	Samples int64
}

// spread holds counts against the shares that were asked for by bin, which may
// be nil; nil of nothing. No bin ends beyond last.
func (c *binCounts) spread(asked []float64, last int64) *SpreadSent {
	s := &SpreadSent{}
	for _, n := range c {
		s.Samples += int64(n)
	}
	if s.Samples == 0 {
		return nil
	}
	for bin, n := range c {
		if n == 0 && (asked == nil || asked[bin] == 0) {
			continue
		}
		s.Tops = append(s.Tops, min(int64(binTop(bin)), last))
		s.Sent = append(s.Sent, float64(n)/float64(s.Samples))
		if asked != nil {
			s.Asked = append(s.Asked, asked[bin])
		}
	}
	return s
}

// spread is that of the sizes that were seen.
func (c *sizeCount) spread(asked []float64) *SpreadSent {
	return c.bins.spread(asked, math.MaxInt64)
}

// spread is that of the ranks of the keys that were asked for; nil where keys
// have no rank that stays.
func (p *popularity) spread(seen *binCounts) *SpreadSent {
	weight := p.rankRange()
	if weight == nil {
		return nil
	}
	asked, sum := make([]float64, sizeBins), 0.0
	for bin := 1; bin < sizeBins; bin++ {
		first, last := uint64(binTop(bin-1)+1), min(uint64(binTop(bin)), p.keys)
		if bin == sizeBins-1 {
			last = p.keys // whatever lies beyond
		}
		if first <= last {
			asked[bin] = weight(first, last)
			sum += asked[bin]
		}
	}
	for bin := range asked {
		asked[bin] /= sum
	}
	return seen.spread(asked, int64(p.keys))
}

// rankRange is what the ranks from first to last, counted from 1, are asked
// for together, but for a factor; nil of a popularity in which keys have no
// rank that stays.
func (p *popularity) rankRange() func(first, last uint64) float64 {
	switch p.kind {
	case byZipf:
		return func(first, last uint64) float64 { return zipfRange(first, last, p.zipf.exponent) }
	case uniformly:
		return func(first, last uint64) float64 { return float64(last - first + 1) }
	case byHotspot:
		return func(first, last uint64) float64 {
			hot := float64(min(last, p.hotKeys)) - float64(min(first-1, p.hotKeys))
			cold := float64(last-first+1) - hot
			return hot*p.hotHits/float64(p.hotKeys) + cold*(1-p.hotHits)/float64(p.keys-p.hotKeys)
		}
	case byExponential:
		return func(first, last uint64) float64 {
			return math.Exp(-float64(first-1)/p.scale) - math.Exp(-float64(last)/p.scale)
		}
	}
	return nil
}

// zipfRange is the sum of rank^-exponent. Of high ranks it is an integral,
// whose error is below 1e-7 of it there.
func zipfRange(first, last uint64, exponent float64) float64 {
	if first <= exactRanks {
		sum := 0.0
		for rank := first; rank <= last; rank++ {
			sum += rankWeight(float64(rank), exponent)
		}
		return sum
	}
	from, decades := math.Log(float64(first)-0.5), math.Log((float64(last)+0.5)/(float64(first)-0.5))
	power := 1 - exponent
	if power == 0 {
		return decades
	}
	return math.Exp(power*from) * math.Expm1(power*decades) / power
}

// byBin is the chance of each bin of sizes.
func (s *sizes) byBin() []float64 {
	shares, before := make([]float64, sizeBins), 0.0
	for bin := range shares {
		upTo := s.upTo(binTop(bin))
		shares[bin], before = upTo-before, upTo
	}
	return shares
}

// upTo is the chance that a size is not above one.
func (s *sizes) upTo(size int) float64 {
	switch {
	case size < s.min():
		return 0
	case size >= s.max():
		return 1
	}
	share := 0.0
	switch s.kind {
	case sizeUniform:
		return float64(size-s.low+1) / float64(s.high-s.low+1)
	case sizeList:
		for i, chance := range s.choice.shares() {
			if s.list[i] <= size {
				share += chance
			}
		}
	case sizeLognormal: // rounded
		return normalBelow((math.Log(float64(size)+0.5) - math.Log(s.median)) / s.sigma)
	case sizeHeavy:
		return s.heavy.upTo(float64(size) + 0.5)
	case sizeMixture:
		for i, chance := range s.choice.shares() {
			share += chance * s.parts[i].upTo(size)
		}
	}
	return share
}

// upTo is the chance that the unrounded size is below one: its quantile
// function backwards, which never falls.
func (h *heavy) upTo(size float64) float64 {
	low, high := 0.0, 1.0
	for range 50 {
		middle := (low + high) / 2
		if h.at(middle) < size {
			low = middle
		} else {
			high = middle
		}
	}
	return (low + high) / 2
}
