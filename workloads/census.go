package workloads

import (
	"math"
	"strconv"
	"time"

	"slotbench/internal/request"
	"slotbench/internal/resp"
)

// Census looks at a sample of what was sent and counts it by family and
// operation, so that what was sent can be held against what was asked. It
// reads the bytes of the requests, not what made them. Each worker records
// with its own number and takes no lock; in steady state it allocates nothing.
type Census struct {
	w      *Workload
	oneIn  int
	shards []censusShard
}

var _ request.Sink = (*Census)(nil)

type censusShard struct {
	samples  int64
	strange  int64 // whose key is of no family
	families []familyCount
	ops      []opCount
	reader   resp.CommandReader
	words    [][]byte
	_        [64]byte // workers write side by side
}

// familyCount is what was seen of a family.
type familyCount struct {
	samples int64
	ranked  int64     // of them, those whose rank counts
	logs    float64   // sum of the logarithms of their ranks
	ranks   binCounts // of the same, by rank from 1
	tags    sizeCount // keys of their tags
	keys    sizeCount
	values  sizeCount
}

// opCount is what was seen of an operation's times to live.
type opCount struct {
	ttls           int64
	sum, low, high time.Duration
}

// NewCensus is a census by so many workers of a sample: one request in oneIn,
// drawn so that no period in the load hides from it.
func (w *Workload) NewCensus(workers, oneIn int) *Census {
	c := &Census{w: w, oneIn: oneIn, shards: make([]censusShard, max(workers, 1))}
	for i := range c.shards {
		s := &c.shards[i]
		s.families = make([]familyCount, len(w.families))
		s.ops = make([]opCount, len(w.ops))
	}
	return c
}

// Record counts one request of the sample. One that a driver has changed, as a
// script sent by EVAL, is left out.
func (c *Census) Record(worker int, r *request.Request) {
	s := &c.shards[worker]
	if int(r.Op) >= len(c.w.programs) {
		return
	}
	s.samples++
	p := &c.w.programs[r.Op]
	for i := range c.w.families {
		f := &c.w.families[i]
		n, tag, ok := f.match(r.Key())
		if !ok {
			continue
		}
		seen := &s.families[i]
		seen.samples++
		seen.keys.add(r.KeyLen)
		if f.tags != nil && tag < f.tags.tags {
			_, size := f.tags.size(tag)
			seen.tags.add(int(size))
		}
		if p.ranks(f) && n < f.keys {
			rank := f.popularity.rankOf(n) + 1
			seen.ranked++
			seen.logs += math.Log(float64(rank))
			seen.ranks[sizeBin(int(rank))]++
		}
		if len(p.calls) == 1 {
			c.lookInside(s, r, p, f, seen)
		}
		return
	}
	s.strange++
}

// ranks says whether the keys of an operation are drawn by their family's
// popularity, and not new, or those of another key.
func (p *program) ranks(f *family) bool {
	if p.insert || p.follows {
		return false
	}
	numbers := f.keys
	if f.tags != nil {
		numbers = f.tags.tags
	}
	return p.shared == 0 || p.shared >= numbers
}

// lookInside counts the sizes of values and the times to live of a request of
// one command.
func (c *Census) lookInside(s *censusShard, r *request.Request, p *program, f *family, seen *familyCount) {
	call := &p.calls[0]
	words, size, err := s.reader.Next(r.Frame, s.words[:0])
	s.words = words
	if err != nil || size != len(r.Frame) || len(words) < call.args {
		return
	}
	repeated := 0
	if call.each > 0 {
		repeated = (len(words) - call.args) / call.each
	}
	at := 1
	for i := range call.steps {
		switch step := &call.steps[i]; step.kind {
		case stepGroup:
			for range repeated {
				for j := range call.group {
					c.lookAt(s, r.Op, &call.group[j], words[at], f, seen)
					at++
				}
			}
		case stepKeys:
			at += repeated
		case stepPairs:
			for range repeated {
				c.lookAt(s, r.Op, &pairValue, words[at+1], f, seen)
				at += 2
			}
		default:
			c.lookAt(s, r.Op, step, words[at], f, seen)
			at++
		}
	}
}

// pairValue stands for the values of {pairs}.
var pairValue = step{kind: stepValue}

// lookAt counts one argument.
func (c *Census) lookAt(s *censusShard, op request.Op, step *step, word []byte, f *family, seen *familyCount) {
	unit := time.Millisecond
	switch step.kind {
	case stepValue:
		if !f.counter && step.sizes == nil {
			seen.values.add(len(word))
		}
		return
	case stepSeconds:
		unit = time.Second
	case stepMillis:
	default:
		return
	}
	n, err := strconv.ParseInt(string(word), 10, 64)
	if err != nil {
		return
	}
	life, o := time.Duration(n)*unit, &s.ops[op]
	if o.ttls == 0 {
		o.low = life
	}
	o.ttls++
	o.sum, o.low, o.high = o.sum+life, min(o.low, life), max(o.high, life)
}
