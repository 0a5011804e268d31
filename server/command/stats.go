package command

import (
	"strings"
	"sync"
	"sync/atomic"
)

// Stats is what one event loop counts. Others read it at any time.
type Stats struct {
	Commands atomic.Int64 // that ran
	Hits     atomic.Int64 // keys that read-only commands found
	Misses   atomic.Int64
	Errors   atomic.Int64 // error replies
	calls    []CallStats  // by Command.id

	mu    sync.Mutex
	codes map[string]int64 // error replies by their first word
}

// maxErrorCodes is how many first words of errors are told apart: scripts can
// make up their own.
const maxErrorCodes = 128

// countError counts an error reply, whose code is its first word.
func (s *Stats) countError(message string) {
	s.Errors.Add(1)
	code, _, _ := strings.Cut(message, " ")
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.codes == nil {
		s.codes = make(map[string]int64)
	}
	if _, known := s.codes[code]; known || len(s.codes) < maxErrorCodes {
		s.codes[code]++
	}
}

// errorCodes adds up the error replies of all event loops by their code.
func (d *Dispatcher) errorCodes() map[string]int64 {
	sum := make(map[string]int64)
	for _, s := range d.allStats() {
		s.mu.Lock()
		for code, n := range s.codes {
			sum[code] += n
		}
		s.mu.Unlock()
	}
	return sum
}

// CallStats is what is counted for one command.
type CallStats struct {
	Calls    atomic.Int64
	Nanos    atomic.Int64 // in the handler, estimated from a sample
	Rejected atomic.Int64 // not run: wrong arguments, redirected, not authenticated
	Failed   atomic.Int64 // ran, and answered an error

	durations atomic.Pointer[durations] // of the calls that were timed; nil: none
}

// NewStats is counters for all commands of the table.
func (d *Dispatcher) NewStats() *Stats {
	stats := &Stats{calls: make([]CallStats, len(d.all))}
	d.mu.Lock()
	d.stats = append(d.stats, stats)
	d.mu.Unlock()
	return stats
}

// allStats is every event loop's counters.
func (d *Dispatcher) allStats() []*Stats {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stats[:len(d.stats):len(d.stats)]
}

// resetStats sets all counters to zero.
func (d *Dispatcher) resetStats() {
	for _, s := range d.allStats() {
		s.Commands.Store(0)
		s.Hits.Store(0)
		s.Misses.Store(0)
		s.Errors.Store(0)
		s.mu.Lock()
		clear(s.codes)
		s.mu.Unlock()
		for i := range s.calls {
			s.calls[i].Calls.Store(0)
			s.calls[i].Nanos.Store(0)
			s.calls[i].Rejected.Store(0)
			s.calls[i].Failed.Store(0)
			s.calls[i].durations.Store(nil)
		}
	}
}

// Publish adds what the context counted since the last call to its stats. An
// event loop calls it once a round.
func (c *Context) Publish() {
	if c.commands > 0 {
		c.stats.Commands.Add(c.commands)
		c.commands = 0
	}
	if c.hits > 0 {
		c.stats.Hits.Add(c.hits)
		c.hits = 0
	}
	if c.misses > 0 {
		c.stats.Misses.Add(c.misses)
		c.misses = 0
	}
}
