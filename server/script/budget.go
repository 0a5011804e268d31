package script

import (
	"context"
	"errors"
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

// killedText is Redis's words.
const killedText = "Script killed by user with SCRIPT KILL..."

var (
	errKilled = errors.New(killedText)
	errMemory = errors.New("Script uses too much memory")
	errEnded  = errors.New("Script ended by the server's end")
	errGiven  = errors.New("Script given up by its host")
)

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
	left    int           // instructions before the next look
	done    chan struct{} // nil, or closed: nothing may run any more
	err     error         // why
	runner  *Runner
	start   int64 // when the script began
	heapAt  int64 // when the heap was last looked at
	base    int64 // bytes of the heap when it was first looked at; 0: it was not
	suspect int64 // growth from which the heap is collected to be sure
	looks   int   // at the clock
	grown   int   // bytes of strings since the last look at the heap
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
	b.start, b.heapAt, b.base, b.grown, b.looks = now, now, 0, 0, 0
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

// measure stops the script if the process's heap has grown too much meanwhile.
func (b *budget) measure() {
	if b.grown > grownBytes {
		b.runner.worn = true
	}
	b.grown = 0
	limit := b.runner.engine.config.MemoryBytes
	now := heapBytes()
	if b.base == 0 {
		b.base, b.suspect = max(1, now), limit
		return
	}
	if now-b.base < b.suspect {
		return
	}
	if !b.runner.detached {
		b.runner.detach() // collecting takes long
	}
	runtime.GC()
	live := heapBytes() - b.base
	if live > limit {
		b.stop(errMemory)
		return
	}
	b.suspect = max(limit, live+limit/2)
}

// heapBytes is the bytes of objects on the heap, live or not yet swept.
func heapBytes() int64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}
