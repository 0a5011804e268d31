package workloads

import "math"

// Sent is what a census saw, beside what the workload asks for.
type Sent struct {
	OneIn      int   // one request in so many was looked at
	Samples    int64 // that were
	Strange    int64 // of them, those whose key is of no family
	Families   []FamilySent
	Operations []OperationSent // those with times to live
}

// FamilySent is what was sent to a family's keys.
type FamilySent struct {
	Name       string
	Samples    int64
	Popularity string // as asked, for people
	Exponent   *ExponentSent
	KeyBytes   *SizesSent
	ValueBytes *SizesSent
	// TagKeys is how many keys the tag of a request's key has, on average:
	// large tags are met more often than small ones.
	TagKeys *MeanSent
	// How the requests spread over ranks of popularity (from 1, the most popular
	// key first), sizes of keys and values in bytes, and sizes of tags in keys.
	Ranks, KeySizes, ValueSizes, TagSizes *SpreadSent
}

// ExponentSent is the exponent of Zipf's law that was asked for, 0 for uniform
// popularity, and the one that the ranks of the keys that were sent fit best.
type ExponentSent struct {
	Asked, Sent float64
	Margin      float64 // what lies within it of Sent has a likelihood of 95 %
	Samples     int64
}

// MeanSent is a mean that was asked for and its counterpart.
type MeanSent struct{ Asked, Sent float64 }

// SizesSent is sizes in bytes. Quantiles are at most an eighth too high.
type SizesSent struct {
	Mean    MeanSent
	P50     int
	P99     int
	Min     int
	Max     int
	Samples int64
}

// OperationSent is an operation's times to live, in seconds.
type OperationSent struct {
	Name      string
	Mean      MeanSent
	Min, Max  float64
	TTLs      int64 // that were seen
	Operation int   // its number in Ops
}

// Sent sums up what was seen. No worker records any more.
func (c *Census) Sent() Sent {
	all := &c.shards[0]
	for i := 1; i < len(c.shards); i++ {
		all.merge(&c.shards[i])
	}
	sent := Sent{OneIn: c.oneIn, Samples: all.samples, Strange: all.strange, Families: []FamilySent{}, Operations: []OperationSent{}}
	for i := range c.w.families {
		if all.families[i].samples > 0 {
			sent.Families = append(sent.Families, c.w.familySent(i, &all.families[i]))
		}
	}
	for i, o := range all.ops {
		if o.ttls > 0 {
			sent.Operations = append(sent.Operations, OperationSent{
				Name: c.w.ops[i].Name, Operation: i, TTLs: o.ttls,
				Mean: MeanSent{c.w.meanTTL(i), o.sum.Seconds() / float64(o.ttls)}, Min: o.low.Seconds(), Max: o.high.Seconds(),
			})
		}
	}
	return sent
}

// merge adds what another worker saw and empties it, so that Sent may be asked
// twice.
func (s *censusShard) merge(from *censusShard) {
	s.samples, s.strange = s.samples+from.samples, s.strange+from.strange
	for i := range s.families {
		a, b := &s.families[i], &from.families[i]
		a.samples, a.ranked, a.logs = a.samples+b.samples, a.ranked+b.ranked, a.logs+b.logs
		a.ranks.merge(&b.ranks)
		a.tags.merge(&b.tags)
		a.keys.merge(&b.keys)
		a.values.merge(&b.values)
		*b = familyCount{}
	}
	for i := range s.ops {
		a, b := &s.ops[i], &from.ops[i]
		if a.ttls == 0 {
			a.low = b.low
		} else if b.ttls > 0 {
			a.low = min(a.low, b.low)
		}
		a.ttls, a.sum, a.high = a.ttls+b.ttls, a.sum+b.sum, max(a.high, b.high)
		*b = opCount{}
	}
	from.samples, from.strange = 0, 0
}

func (w *Workload) familySent(i int, seen *familyCount) FamilySent {
	f := &w.families[i]
	out := FamilySent{Name: f.name, Samples: seen.samples, Popularity: w.spec.popularity(&w.spec.Families[i]).String()}
	kind := f.popularity.kind
	if seen.ranked > 0 && f.keys > 1 && (kind == byZipf || kind == uniformly) {
		fitted, margin := fitZipf(f.keys, seen.logs/float64(seen.ranked), seen.ranked)
		out.Exponent = &ExponentSent{Asked: f.popularity.zipf.exponent, Sent: fitted, Margin: margin, Samples: seen.ranked}
	}
	chances := w.familyChances(f)
	keyMean, keySizes := f.askedKeyBytes(chances)
	out.KeyBytes = seen.keys.sent(keyMean)
	out.ValueBytes = seen.values.sent(f.sizes.mean())
	out.KeySizes = seen.keys.spread(keySizes)
	out.ValueSizes = seen.values.spread(f.sizes.byBin())
	out.Ranks = f.popularity.spread(&seen.ranks)
	if f.tagged() && chances != nil {
		asked, tagSizes := 0.0, make([]float64, sizeBins)
		for n, chance := range chances {
			tag, _ := f.tags.tagOf(int64(n))
			_, size := f.tags.size(tag)
			asked += chance * float64(size)
			tagSizes[sizeBin(int(size))] += chance
		}
		out.TagKeys = &MeanSent{asked, float64(seen.tags.sum) / float64(seen.samples)}
		out.TagSizes = seen.tags.spread(tagSizes)
	}
	return out
}

func (c *sizeCount) sent(asked float64) *SizesSent {
	if c.count == 0 {
		return nil
	}
	return &SizesSent{
		Mean: MeanSent{asked, float64(c.sum) / float64(c.count)}, Samples: c.count,
		P50: c.quantile(0.5), P99: c.quantile(0.99), Min: c.low, Max: c.high,
	}
}

// askedKeyBytes is the mean length of the keys as they are asked for and how
// it spreads over bins, by their chances where these are known and cheap; else
// the mean over all keys alone.
func (f *family) askedKeyBytes(chances []float64) (mean float64, byBin []float64) {
	if chances == nil {
		return f.meanKeyBytes(), nil
	}
	var key []byte
	byBin = make([]float64, sizeBins)
	for n, chance := range chances {
		key, _ = f.appendKey(key[:0], int64(n))
		mean += chance * float64(len(key))
		byBin[sizeBin(len(key))] += chance
	}
	return mean, byBin
}

// meanTTL is the mean time to live that an operation asks for, in seconds.
func (w *Workload) meanTTL(op int) float64 {
	for _, call := range w.programs[op].calls {
		for _, step := range call.steps {
			if step.kind == stepSeconds || step.kind == stepMillis {
				return step.ttl.mean()
			}
		}
	}
	return math.NaN()
}

// mean is the expected time to live, in seconds.
func (l *lifetime) mean() float64 {
	if len(l.list) == 0 {
		return (l.low + l.high).Seconds() / 2
	}
	mean := 0.0
	for i, share := range l.choice.shares() {
		mean += share * l.list[i].mean()
	}
	return mean
}
