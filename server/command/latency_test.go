package command

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestDurationClasses(t *testing.T) {
	last := int64(-1)
	for class := range durationClasses {
		if top := classNanos(class); top <= last {
			t.Fatalf("class %d ends at %d ns, the one before at %d", class, top, last)
		} else {
			last = top
		}
	}
	random := rand.New(rand.NewPCG(1, 0))
	for range 100_000 {
		nanos := random.Int64N(int64(time.Minute)) >> random.IntN(36)
		class := durationClass(nanos)
		low := int64(-1)
		if class > 0 {
			low = classNanos(class - 1)
		}
		if top := classNanos(class); max(nanos, 1) > top || max(nanos, 1) <= low {
			t.Fatalf("%d ns is in class %d, which is %d … %d", nanos, class, low+1, top)
		} else if top > nanos+nanos/durationParts+1 {
			t.Fatalf("the class of %d ns ends at %d", nanos, top)
		}
	}
}

func TestPercentile(t *testing.T) {
	var counts [durationClasses]int64
	for nanos := int64(1); nanos <= 1000; nanos++ {
		counts[durationClass(nanos)]++
	}
	for share, want := range map[float64]int64{0.5: 500, 0.99: 990, 0.999: 999, 1: 1000} {
		if got := percentile(&counts, 1000, share); got < want || got > want+want/durationParts {
			t.Errorf("%v of 1 … 1000: %d", share, got)
		}
	}
}

func TestLatencySpikes(t *testing.T) {
	var m latencyMonitor
	for second := range int64(latencySpikes + 10) {
		m.add("e", second*1000, 5*int64(time.Millisecond))
		m.add("e", second*1000+999, second*int64(time.Millisecond))
	}
	e := m.events["e"]
	if len(e.spikes) != latencySpikes || e.spikes[0] != (spike{10, 10}) || e.spikes[latencySpikes-1].millis != latencySpikes+9 {
		t.Errorf("%d spikes are kept, the first %v, the last %v", len(e.spikes), e.spikes[0], e.spikes[len(e.spikes)-1])
	}
}

func TestRates(t *testing.T) {
	var w vitals
	if w.rates() != (rates{}) {
		t.Error("rates without a look")
	}
	for i := range int64(20) {
		w.looks[w.next] = look{1000 + i*250, i * 100, i * 50, i * 25}
		w.next = (w.next + 1) % looksKept
		if i == 0 {
			continue
		}
		if got := w.rates(); got != (rates{400, 200, 100}) {
			t.Fatalf("after %d looks: %+v", i+1, got)
		}
	}
}
