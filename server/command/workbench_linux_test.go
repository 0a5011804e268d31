package command

import (
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// threadNanos is the processor time of this thread, which others on the
// machine do not lengthen.
func threadNanos() int64 {
	var now unix.Timespec
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &now) != nil {
		return 0
	}
	return now.Nano()
}

// BenchmarkWork is what a step takes: the rows are right when it is about 30 ns
// for each line.
func BenchmarkWork(b *testing.B) {
	for line := range strings.Lines(strings.TrimSpace(heavyLines)) {
		line = strings.TrimSpace(line)
		words := strings.Fields(line)
		b.Run(words[0], func(b *testing.B) {
			x := newBench(new(testing.T), nil)
			steps := 0
			took := int64(0)
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			for range b.N {
				x.fill(largeSize)
				args := make([][]byte, len(words))
				for i, word := range words {
					args[i] = []byte(word)
				}
				x.Args, x.Out = args, x.Out[:0]
				x.Command, _ = x.find(args)
				x.lockSlots(x.Command)
				steps += x.arguments() + x.Command.Work(x.Context)
				start := threadNanos()
				x.Command.Run(x.Context)
				took += threadNanos() - start
				x.release()
			}
			b.ReportMetric(float64(took)/float64(steps), "ns/step")
			b.ReportMetric(float64(steps)/float64(b.N), "steps")
			b.ReportMetric(float64(took)/float64(b.N)/1000, "µs")
		})
	}
}
