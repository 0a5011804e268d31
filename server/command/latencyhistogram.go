package command

import (
	"math/bits"
	"strings"
	"sync/atomic"
)

// The classes of durations: each power of two of nanoseconds is cut in parts,
// so that a duration is known within 1/16.
const (
	durationParts   = 16
	durationClasses = 40 * durationParts // up to 9 minutes and more
)

// durations counts how long calls of one command took.
type durations [durationClasses]atomic.Int64

// durationClass is the class of a duration.
func durationClass(nanos int64) int {
	n := uint64(max(nanos, 1))
	power := bits.Len64(n) - 1
	if power < 4 { // below 16 ns: no parts
		return int(n)
	}
	part := int(n>>(power-4)) & (durationParts - 1)
	return min((power-3)*durationParts+part, durationClasses-1)
}

// classNanos is the longest duration of a class.
func classNanos(class int) int64 {
	if class < durationParts {
		return int64(class)
	}
	power, part := class/durationParts+3, class%durationParts
	return int64(durationParts+part+1)<<(power-4) - 1
}

// took counts a call that was timed and stands for as many as weight.
func (s *CallStats) took(nanos, weight int64) {
	s.Nanos.Add(nanos * weight)
	d := s.durations.Load()
	if d == nil {
		d = new(durations)
		if !s.durations.CompareAndSwap(nil, d) {
			d = s.durations.Load()
		}
	}
	d[durationClass(nanos)].Add(weight)
}

// durationsOf is how long calls of a command took, over all event loops.
func (d *Dispatcher) durationsOf(cmd *Command) (counts [durationClasses]int64, calls int64) {
	for _, s := range d.allStats() {
		if own := s.calls[cmd.id].durations.Load(); own != nil {
			for class := range own {
				n := own[class].Load()
				counts[class] += n
				calls += n
			}
		}
	}
	return counts, calls
}

// percentile is the duration that a share of the calls did not exceed.
func percentile(counts *[durationClasses]int64, calls int64, share float64) (nanos int64) {
	want := int64(share * float64(calls))
	for class, n := range counts {
		if n == 0 {
			continue
		}
		nanos = classNanos(class)
		if want -= n; want <= 0 {
			break
		}
	}
	return nanos
}

// latencyHistogram answers how many calls took at most 1, 2, 4, … microseconds;
// powers that add none are left out. Frequent commands are timed by a sample:
// the calls are then those that it stands for.
func latencyHistogram(c *Context) {
	var asked []*Command
	if len(c.Args) == 2 {
		asked = c.all
	}
	for _, name := range c.Args[2:] {
		cmd := c.named(name)
		if cmd == nil {
			continue
		}
		asked = append(asked, cmd)
		if !strings.Contains(cmd.full, "|") {
			for i := range cmd.Subcommands {
				asked = append(asked, &cmd.Subcommands[i])
			}
		}
	}
	answered := 0
	mark := len(c.Out)
	var body []byte
	for _, cmd := range asked {
		counts, calls := c.durationsOf(cmd)
		if calls == 0 {
			continue
		}
		answered++
		c.Out = c.Out[:mark]
		c.histogram(cmd, &counts, calls)
		body = append(body, c.Out[mark:]...)
	}
	c.Out = c.Out[:mark]
	c.Map(answered)
	c.Out = append(c.Out, body...)
}

func (c *Context) histogram(cmd *Command, counts *[durationClasses]int64, calls int64) {
	type step struct{ micros, calls int64 }
	var steps []step
	class, sum := 0, int64(0)
	for micros := int64(1); sum < calls; micros *= 2 {
		before := sum
		for ; class < durationClasses && (classNanos(class) <= micros*1000 || class == durationClasses-1); class++ {
			sum += counts[class]
		}
		if sum > before {
			steps = append(steps, step{micros, sum})
		}
	}
	c.BulkString(cmd.full)
	c.Map(2)
	c.BulkString("calls")
	c.Int(calls)
	c.BulkString("histogram_usec")
	c.Map(len(steps))
	for _, s := range steps {
		c.Int(s.micros)
		c.Int(s.calls)
	}
}
