package wire

import "sync/atomic"

// shared is what the workers of a phase tell each other.
type shared struct {
	loops      []engine
	ending     atomic.Pointer[ending]
	gone       []atomic.Bool // by worker: it can reach no node, or has ended
	targetGone atomic.Bool
}

// ending is why a phase is to end before its time.
type ending struct {
	text  string
	abort bool // at once, without a drain
}

func (s *shared) why() *ending { return s.ending.Load() }

// end ends the phase for all workers. An abort outdoes a mere stop.
func (s *shared) end(why *ending) {
	for {
		old := s.ending.Load()
		if old != nil && (old.abort || !why.abort) {
			return
		}
		if s.ending.CompareAndSwap(old, why) {
			break
		}
	}
	for _, l := range s.loops {
		l.wake()
	}
}

// report takes what a worker's core says of the phase: that it had to be
// aborted, or that it can reach no node. When no worker can, the target is
// gone.
func (s *shared) report(c *core) {
	if c.cut {
		s.end(&ending{text: c.aborted, abort: true})
		return
	}
	gone := c.gone != ""
	if gone != s.gone[c.worker].Load() {
		s.gone[c.worker].Store(gone)
	}
	if !gone {
		return
	}
	for i := range s.gone {
		if !s.gone[i].Load() {
			return
		}
	}
	s.targetGone.Store(true)
	s.end(&ending{text: c.gone, abort: true})
}

// leave says that a worker has ended its part.
func (s *shared) leave(worker int) { s.gone[worker].Store(true) }
