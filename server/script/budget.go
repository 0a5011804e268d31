package script

import (
	"context"
	"runtime"
	"runtime/metrics"
	"time"
)

const (
	// lookEvery is how many Lua instructions run between two looks at the clock.
	lookEvery = 64
	// callInstructions is how many instructions a command counts for.
	callInstructions = 16
	// grownBytes is how many bytes of strings a script makes between two looks
	// at the heap.
	grownBytes = 16 << 20
	// heapEveryNanos is how often the heap of a long script is looked at.
	heapEveryNanos = int64(5 * time.Millisecond)
)

// reason is why a script must stop.
type reason string

// The reasons. A client hears the text behind "ERR ".
const (
	errKilled reason = "Script killed by user with SCRIPT KILL..."
	errMemory reason = "Script uses too much memory"
	errEnded  reason = "Script ended by the server's end"
	errGiven  reason = "Script given up by its host"
)

func (r reason) Error() string { return string(r) }

// closed is a channel that is ready.
var closed = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// budget is the context that gopher-lua asks for its end before every
// instruction. That makes it a hook: it counts, looks at the clock at
// intervals, and is over once the script must stop.
type budget struct {
	context.Context
	left     int           // instructions before the next look
	done     chan struct{} // nil, or closed: nothing may run any more
	err      error         // why
	runner   *Runner
	start    int64 // when the script began
	heapAt   int64 // when the heap was last looked at
	baseLive int64 // bytes of the heap when it was first looked at
	baseAll  int64 // with what may be garbage; 0: it was not looked at
	looks    int   // at the clock
	grown    int   // bytes of strings since the last look at the heap
}

// Done is called before every instruction.
func (b *budget) Done() <-chan struct{} {
	b.left--
	if b.left < 0 {
		b.look()
	}
	return b.done
}

// Err is why the script must stop.
func (b *budget) Err() error { return b.err }

func (b *budget) begin(now int64) {
	b.left, b.done, b.err = lookEvery, nil, nil
	b.start, b.heapAt, b.baseAll, b.grown, b.looks = now, now, 0, 0, 0
}

// look reads the clock: a script that has run for long gives its caller's
// goroutine back, one that was killed ends.
func (b *budget) look() {
	b.left = lookEvery
	b.looks++
	r := b.runner
	now := r.engine.config.Clock()
	if !r.detached {
		if now-b.start > r.engine.config.LoopNanos {
			r.detach()
		}
	} else if r.killed.Load() {
		b.stop(errKilled)
	} else {
		select {
		case <-r.engine.config.Done:
			b.stop(errEnded)
		default:
		}
	}
	if now-b.heapAt > heapEveryNanos || b.grown > grownBytes {
		b.heapAt = now
		b.measure()
	}
}

func (b *budget) stop(why error) {
	if b.done == nil {
		b.done, b.err = closed, why
	}
}

// spend counts work that was done outside of instructions, in their number,
// and ends the script if it must stop.
func (b *budget) spend(instructions int) {
	b.left -= instructions
	if b.left < 0 {
		b.look()
	}
}

// grow counts bytes that are about to be made.
func (b *budget) grow(bytes int) {
	b.grown += bytes
	if b.grown > grownBytes {
		b.measure()
	}
}

// measure stops the script if what is live on the process's heap has grown too
// much meanwhile. The collector says how much that is whenever it has been
// round: when the heap has doubled. Only where it waits for more is it called.
func (b *budget) measure() {
	if b.grown > grownBytes {
		b.runner.worn = true
	}
	b.grown = 0
	limit := b.runner.engine.config.MemoryBytes
	live, all := heapBytes()
	if b.baseAll == 0 {
		b.baseLive, b.baseAll = live, max(1, all)
		return
	}
	if live-b.baseLive > limit {
		b.stop(errMemory)
		return
	}
	if all-b.baseAll < uncollected*limit {
		return
	}
	if !b.runner.detached {
		b.runner.detach() // collecting takes long
	}
	runtime.GC()
	live, b.baseAll = heapBytes()
	if live-b.baseLive > limit {
		b.stop(errMemory)
	}
}

// uncollected is by how many times its limit the heap may grow before it is
// collected to be sure.
const uncollected = 4

// heapBytes is the bytes on the heap that the collector found live when it was
// last round, and those of all objects that are not yet swept.
func heapBytes() (live, all int64) {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64()), int64(sample[1].Value.Uint64())
}
