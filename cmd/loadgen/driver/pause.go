package driver

import (
	"sync"

	"slotbench/internal/request"
)

// gap finds the longest time without a success in a series of requests on one
// slot. Requests are noted in the order in which they ended. It counts from
// when the first was due, so a probe that is stalled from its first request
// counts its whole stall, and to the end of the last one that failed.
type gap struct {
	since     int64 // the last success, or when the first request was due
	longest   int64
	successes int64
	goodDue   int64 // when the latest request that succeeded was due
	begun     bool
}

// note takes in an ended request.
func (g *gap) note(due, done int64, success bool) {
	if !g.begun {
		g.begun, g.since = true, due
	}
	g.longest = max(g.longest, done-g.since)
	if success {
		g.successes++
		g.since = max(g.since, done)
		g.goodDue = max(g.goodDue, due)
	}
}

// pauseProbe is a sink that measures how long each probed slot was without a
// successful read and without a successful write: a slot whose reads go on
// while its writes wait is paused. It is probed by one client, whichever of a
// driver's workers tells of it, so outcomes come in order.
type pauseProbe struct {
	mu       sync.Mutex     // workers may take turns
	index    map[uint16]int // a probed slot's place in reads and writes
	reads    []gap
	writes   []gap
	requests int64
	failures int64
}

func newPauseProbe(targets []probeTarget) *pauseProbe {
	p := &pauseProbe{
		index:  make(map[uint16]int, len(targets)),
		reads:  make([]gap, len(targets)),
		writes: make([]gap, len(targets)),
	}
	for i, target := range targets {
		p.index[uint16(target.slot)] = i
	}
	return p
}

// Record notes an ended probe.
func (p *pauseProbe) Record(_ int, r *request.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i, ok := p.index[uint16(r.Slot)]
	if !ok {
		return
	}
	p.requests++
	success := r.Status.Succeeded()
	if !success && r.Status != request.Unsent { // those are what the end cut off
		p.failures++
	}
	if r.Write {
		p.writes[i].note(r.Due, r.Done, success)
	} else {
		p.reads[i].note(r.Due, r.Done, success)
	}
}

// served says whether requests that were due after a time of the probe's clock
// have succeeded on every probed slot, reads and writes.
func (p *pauseProbe) served(after int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.reads {
		if min(p.reads[i].goodDue, p.writes[i].goodDue) <= after {
			return false
		}
	}
	return true
}

// longestNanos is the longest pause of any probed slot; false if no probe
// ended.
func (p *pauseProbe) longestNanos() (int64, bool) {
	var longest int64
	for i := range p.reads {
		longest = max(longest, p.reads[i].longest, p.writes[i].longest)
	}
	return longest, p.requests > 0
}
