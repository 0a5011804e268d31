package wire

import (
	"time"

	"golang.org/x/sys/unix"
)

// tellsCPU says that threadCPU can be told.
const tellsCPU = true

// pin ties the calling thread to a CPU.
func pin(cpu int) error {
	var set unix.CPUSet
	set.Set(cpu)
	return unix.SchedSetaffinity(0, &set)
}

// threadCPU is the calling thread's processor time in nanoseconds.
func threadCPU() int64 {
	var usage unix.Rusage
	if unix.Getrusage(unix.RUSAGE_THREAD, &usage) != nil {
		return 0
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}

// newEngine is what the options and the target ask for.
func newEngine(c *core, t target, o Options) (engine, error) {
	if t.portable(o) {
		return newNetLoop(c, t, o), nil
	}
	return newLoop(c, o.Spin)
}

func (l *loop) starts(at time.Time, raw bool) { l.start, l.raw = at, raw }
func (l *loop) idled() int64                  { return l.idle }
func (l *loop) state() *core                  { return l.core }
func (l *loop) wake()                         { l.poller.wake() }
