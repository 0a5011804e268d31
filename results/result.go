package results

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"slotbench/internal/request"
)

// TopSlots and TopTags are how many of the hottest a record names.
const (
	TopSlots = 10
	TopTags  = 10
)

// Result is what a Recorder recorded, merged over its workers, in the record's
// own types.
type Result struct {
	Totals     Totals
	Operations []Operation
	Pacing     *Pacing // nil in a closed loop; Spinning is filled
	Intervals  []Interval
	Nodes      []NodeResult // by the number that Outcome.Node gives
	// Slots counts the written requests by slot: of as many slots as the
	// target has, but at most slot.DefaultCount, which is as finely as clients
	// tell slots apart.
	Slots        []int64
	SlotsUsed    int
	BySlot       *BySlot   // of the same requests; without the nodes' own accounts
	HottestSlots []HotSlot // without their owners
	HottestTags  []HotTag
	TagsOneIn    int
	TagSamples   int64
	Windows      []EventWindow // in the order in which they were opened
	Checks       []Check
}

// NodeResult is what one node answered.
type NodeResult struct {
	Ops   int64   // answers, errors among them
	Share float64 // of all nodes' answers
	// Of the answers without an error, within 1 %, and the whole histograms of
	// the same, "" of none.
	Response, Service       Latency
	ResponseHDR, ServiceHDR string
}

// Result merges what was recorded. The tally is that of the phase, ratePerSec
// the configured rate, 0 of a closed loop. It is called once, after the
// workers have ended.
func (r *Recorder) Result(t request.Tally, ratePerSec float64) Result {
	m := r.merge(r.parts())
	seconds := float64(max(t.End, m.lastAnswer)-t.Origin) / 1e9
	if r.phaseSeconds > 0 {
		seconds = r.phaseSeconds // without what lies between phases
	}
	result := Result{
		Totals:     r.totals(m, seconds),
		Operations: r.operations(m, seconds),
		Intervals:  r.series.intervals(t.Origin),
		Nodes:      nodeResults(m.nodes),
		Windows:    r.windowResults(m.segments, t.Origin, t.End),
	}
	for i := range result.Operations {
		result.Operations[i].Intervals = r.series.operation(i)
	}
	result.Slots, result.BySlot = m.slots.results(r.options.Slots)
	if p := m.pacing; p != nil && ratePerSec > 0 {
		result.Pacing = &Pacing{
			OfferedPerSec: ratePerSec,
			Offered:       p.offered,
			Sent:          p.sent,
			Unsent:        p.unsent,
			Error:         p.lag.latency(),
			Wait:          p.wait.latency(),
			Spinning:      t.Spinning,
		}
	}
	result.SlotsUsed, result.HottestSlots = hottestSlots(result.Slots, TopSlots)
	if r.options.TagsOneIn > 0 {
		sketches := make([]*tagSketch, len(r.shards))
		for i, s := range r.shards {
			sketches[i] = s.tags
			result.TagSamples += s.tags.samples
		}
		result.TagsOneIn = r.options.TagsOneIn
		result.HottestTags = hottestTags(sketches, TopTags)
	}
	result.Checks = r.checks(m, result.Totals)
	return result
}

// merge adds up the shards into one that nobody records into.
func (r *Recorder) merge(parts []*shard) *shard {
	sum := newShard(&r.options, 0)
	for _, s := range parts {
		r.settle(s)
		if s.spanEnd > s.spanStart {
			s.countBytes()
			r.series.mu.Lock() // against Live
			r.series.take(s.span, s.spanStart)
			r.series.mu.Unlock()
		}
		s.publish()
		sum.requests += s.requests
		sum.errors += s.errors
		sum.sent += s.sent
		sum.bytesOut += s.bytesOut
		sum.bytesIn += s.bytesIn
		sum.atLeast += s.atLeast
		sum.hits += s.hits
		sum.lastAnswer = max(sum.lastAnswer, s.lastAnswer)
		for kind, n := range s.kinds {
			sum.kinds[kind] += n
		}
		for i := range s.ops {
			sum.ops[i].merge(&s.ops[i])
		}
		sum.grow(len(s.nodes))
		for i := range s.nodes {
			sum.nodes[i].ops += s.nodes[i].ops
			if sum.nodes[i].service != nil {
				sum.nodes[i].response.merge(s.nodes[i].response)
				sum.nodes[i].service.merge(s.nodes[i].service)
			}
		}
		for i, segment := range s.segments {
			sum.segment(i).merge(segment)
		}
		sum.redirects.merge(s.redirects)
		sum.redirect.merge(s.redirect)
		sum.slots.merge(&s.slots)
		if sum.pacing != nil {
			sum.pacing.merge(s.pacing)
		}
	}
	return sum
}

func (o *opShard) merge(from *opShard) {
	o.requests += from.requests
	o.errors += from.errors
	o.misses += from.misses
	o.response.merge(from.response)
	o.service.merge(from.service)
}

func (p *pacingShard) merge(from *pacingShard) {
	p.offered += from.offered
	p.sent += from.sent
	p.unsent += from.unsent
	p.lag.merge(from.lag)
	p.wait.merge(from.wait)
}

func (r *Recorder) totals(m *shard, seconds float64) Totals {
	response, service, misses := newDist(), newDist(), int64(0)
	for i := range m.ops {
		response.merge(m.ops[i].response)
		service.merge(m.ops[i].service)
		misses += m.ops[i].misses
	}
	t := Totals{
		Requests:       m.requests,
		Succeeded:      m.requests - m.errors,
		Errors:         m.errors,
		ErrorKinds:     maps.Clone(m.kinds),
		Hits:           m.hits,
		Misses:         misses,
		Unknown:        m.kinds[request.Unknown.String()],
		AtLeast:        m.atLeast,
		Seconds:        max(0, seconds),
		OpsPerSec:      perSecond(m.requests-m.errors, seconds),
		BytesOut:       m.bytesOut,
		BytesIn:        m.bytesIn,
		AtSaturation:   r.options.Closed,
		Response:       response.latency(),
		Service:        service.latency(),
		HistogramRange: histogramRange,
	}
	// A histogram that was made here and only recorded into can be encoded.
	t.ResponseHDR, _ = response.encoded()
	t.ServiceHDR, _ = service.encoded()
	if !r.options.HideRedirects {
		redirects, latency := m.redirects, m.redirect.latency()
		t.Redirects, t.Redirected = &redirects, &latency
		t.RedirectedHDR, _ = m.redirect.encoded()
	}
	return t
}

func perSecond(n int64, seconds float64) float64 {
	if seconds <= 0 {
		return 0
	}
	return float64(n) / seconds
}

func (r *Recorder) operations(m *shard, seconds float64) []Operation {
	all := make([]Operation, 0, len(m.ops))
	for i := range m.ops {
		op := &m.ops[i]
		one := Operation{
			Name:      r.options.Ops[i],
			Requests:  op.requests,
			Errors:    op.errors,
			Misses:    op.misses,
			OpsPerSec: perSecond(op.requests-op.errors, seconds),
			Response:  op.response.latency(),
			Service:   op.service.latency(),
		}
		one.ResponseHDR, _ = op.response.encoded()
		one.ServiceHDR, _ = op.service.encoded()
		all = append(all, one)
	}
	return all
}

func nodeResults(nodes []nodeShard) []NodeResult {
	all := make([]NodeResult, len(nodes))
	sum := int64(0)
	for i := range nodes {
		sum += nodes[i].ops
		all[i].Ops = nodes[i].ops
		if nodes[i].service != nil {
			all[i].Response, all[i].Service = nodes[i].response.latency(), nodes[i].service.latency()
			all[i].ResponseHDR, _ = nodes[i].response.encoded()
			all[i].ServiceHDR, _ = nodes[i].service.encoded()
		}
	}
	for i := range all {
		if sum > 0 {
			all[i].Share = float64(all[i].Ops) / float64(sum)
		}
	}
	return all
}

// hottestSlots is how many slots have operations, and those with the most.
func hottestSlots(counts []int64, top int) (used int, hottest []HotSlot) {
	total := int64(0)
	hottest = []HotSlot{}
	for i, n := range counts {
		if n > 0 {
			used++
			total += n
			hottest = append(hottest, HotSlot{Slot: i, Ops: n})
		}
	}
	slices.SortFunc(hottest, func(a, b HotSlot) int {
		return cmp.Or(cmp.Compare(b.Ops, a.Ops), cmp.Compare(a.Slot, b.Slot))
	})
	hottest = slices.Clone(hottest[:min(top, len(hottest))])
	for i := range hottest {
		hottest[i].Share = float64(hottest[i].Ops) / float64(total)
	}
	return used, hottest
}

// checks says what a reader should know of how the numbers came about.
func (r *Recorder) checks(m *shard, t Totals) []Check {
	var found []Check
	note := func(level, format string, a ...any) {
		found = append(found, Check{Level: level, Text: fmt.Sprintf(format, a...)})
	}
	var over, negative int64
	for i := range m.ops {
		over += m.ops[i].response.over
		negative += m.ops[i].response.negative
	}
	if over > 0 {
		note(LevelWarning, "%d response times were longer than an hour; the percentiles count them as an hour", over)
	}
	if negative > 0 {
		note(LevelWarning, "%d requests ended before they were due; their response times are counted as 0", negative)
	}
	if t.AtLeast > 0 {
		note(LevelNote, "%d of %d response times are lower bounds: these requests ended without an answer", t.AtLeast, t.Response.Count)
	}
	if n := r.windows.refused; n > 0 {
		note(LevelWarning, "%d events have no p99 of their own: at most %d are told apart", n, MaxWindows)
	}
	for i := MaxSeriesOps; i < len(m.ops); i++ {
		if m.ops[i].requests > 0 {
			note(LevelNote, "only the first %d operations have a time series of their own", MaxSeriesOps)
			break
		}
	}
	if len(m.nodes) > MaxTimedNodes {
		note(LevelNote, "service times by node are of the first %d of %d nodes", MaxTimedNodes, len(m.nodes))
	}
	if width := r.series.width; width > int64(r.options.Interval) {
		note(LevelNote, "the time series has pieces of %g s: the run was longer than %d intervals", float64(width)/1e9, MaxIntervals)
	}
	return found
}
