package wire

import "time"

// engine is a core with what carries its decisions out: loop (epoll) on Linux,
// netLoop everywhere.
type engine interface {
	starts(at time.Time, raw bool) // the next phase begins then; raw: see loop
	run(p phase, all *shared)      // plays a phase to its end
	now() int64                    // nanoseconds since the phase began, never 0
	idled() int64                  // nanoseconds of the phase spent waiting
	state() *core
	wake() // ends a wait, from another goroutine
	close()
}

// portable says whether the engine of goroutines is to be used where there is
// another one: it was asked for, or the connections are TLS.
func (t target) portable(o Options) bool { return o.Portable || t.tls != nil }
