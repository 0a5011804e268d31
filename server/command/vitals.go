package command

import (
	"sync"
	"sync/atomic"
)

// The figures "instantaneous" of INFO are means over this long.
const (
	lookMillis = 250 // between two looks
	looksKept  = 8
)

// vitals is what is known only by looking again and again: rates and peaks.
type vitals struct {
	startup int64 // memory in use at the start
	peak    atomic.Int64

	mu    sync.Mutex
	looks [looksKept]look // a ring; next is the oldest
	next  int
}

// look is the counters at one moment.
type look struct {
	atMillis, commands, bytesIn, bytesOut int64
}

// saw notes memory in use, and returns the highest that was.
func (w *vitals) saw(used int64) int64 {
	for {
		peak := w.peak.Load()
		if used <= peak {
			return peak
		}
		if w.peak.CompareAndSwap(peak, used) {
			return used
		}
	}
}

// rates is what happened a second.
type rates struct{ commands, bytesIn, bytesOut float64 }

// rates is the means between the oldest look and the last one.
func (w *vitals) rates() (r rates) {
	w.mu.Lock()
	defer w.mu.Unlock()
	first, last := w.looks[w.next], w.looks[(w.next+looksKept-1)%looksKept]
	if first.atMillis == 0 {
		first = w.looks[0]
	}
	seconds := float64(last.atMillis-first.atMillis) / 1000
	if seconds <= 0 {
		return rates{}
	}
	per := func(before, after int64) float64 { return max(0, float64(after-before)/seconds) }
	return rates{per(first.commands, last.commands), per(first.bytesIn, last.bytesIn), per(first.bytesOut, last.bytesOut)}
}

// look looks at the counters if it is time.
func (d *Dispatcher) look(nowMillis int64) {
	w := &d.vitals
	w.mu.Lock()
	defer w.mu.Unlock()
	last := w.looks[(w.next+looksKept-1)%looksKept]
	if nowMillis-last.atMillis < lookMillis {
		return
	}
	node := d.Node.Info()
	commands := int64(0)
	for _, s := range d.allStats() {
		commands += s.Commands.Load()
	}
	w.looks[w.next] = look{nowMillis, commands, node.NetInputBytes, node.NetOutputBytes}
	w.next = (w.next + 1) % looksKept
	w.saw(readMemory().used + d.footprint().Used)
}
