package results

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"
)

func TestCoarseCellsCoverTheRange(t *testing.T) {
	if cell := coarseCell(MaxNanos); cell != 4049 || cell >= coarseSize {
		t.Fatalf("cell of the longest time is %d", cell)
	}
	next := int64(0)
	for cell := range coarseSize {
		top := coarseTop(cell)
		if coarseCell(next) != cell || coarseCell(top) != cell {
			t.Fatalf("cell %d: %d … %d fall into %d … %d", cell, next, top, coarseCell(next), coarseCell(top))
		}
		if width := top - next; width >= 1<<coarseUnitBits && float64(width) > 0.008*float64(next) {
			t.Fatalf("cell %d: %d … %d is wider than 0.8 %%", cell, next, top)
		}
		next = top + 1
	}
}

// Both distributions against the sorted times themselves.
func TestQuantilesAgainstSortedTimes(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	fine, coarse := newDist(), newCoarseDist()
	parts := []*coarseDist{newCoarseDist(), newCoarseDist()}
	halves := []*dist{newDist(), newDist()}
	var times []int64
	total := 0.0
	for i := range 20_000 {
		v := int64(math.Exp(random.NormFloat64()*2 + 12))
		times = append(times, v)
		total += float64(v)
		halves[i%2].record(v, 1)
		parts[i%2].record(v, 1)
	}
	for i := range parts {
		fine.merge(halves[i])
		coarse.merge(parts[i])
	}
	slices.Sort(times)
	for _, percent := range []float64{0, 1, 50, 90, 99, 99.9, 99.99, 100} {
		rank := max(1, int(percent/100*float64(len(times))+0.5))
		exact := times[rank-1]
		if got := fine.quantile(percent); percent > 0 && (got < exact || float64(got) > float64(exact)*1.001+1) {
			t.Errorf("fine p%g = %d, exact %d", percent, got, exact)
		}
		if got := coarse.quantile(percent); got < exact || float64(got) > float64(exact)*1.008+16 {
			t.Errorf("coarse p%g = %d, exact %d", percent, got, exact)
		}
	}
	for _, l := range []Latency{fine.latency(), coarse.latency()} {
		if mean := total / float64(len(times)) / 1e3; math.Abs(l.Mean-mean) > mean*1e-12 {
			t.Errorf("mean %v, exact %v", l.Mean, mean)
		}
		if l.Count != 20_000 || l.Min != float64(times[0])/1e3 || l.Max != float64(times[len(times)-1])/1e3 || l.P9999 > l.Max {
			t.Errorf("%+v", l)
		}
	}
}

func TestTimesOutsideTheRange(t *testing.T) {
	fine, coarse := newDist(), newCoarseDist()
	for _, v := range []int64{-5, 2 * MaxNanos, 1000} {
		fine.record(v, 1)
		coarse.record(v, 1)
	}
	for name, m := range map[string]*moments{"fine": &fine.moments, "coarse": &coarse.moments} {
		if m.n != 3 || m.over != 1 || m.negative != 1 || m.min != 0 || m.max != 2*MaxNanos || m.sum.float() != float64(2*MaxNanos+1000) {
			t.Errorf("%s: %+v", name, *m)
		}
	}
	if got := fine.quantile(100); got < MaxNanos || float64(got) > float64(MaxNanos)*1.001 {
		t.Errorf("p100 is %d, want the end of the range", got)
	}
	coarse.reset()
	if coarse.n != 0 || coarse.quantile(99) != 0 || coarse.cells != newCoarseDist().cells {
		t.Error("reset left something")
	}
	if l := coarse.latency(); l != (Latency{}) {
		t.Errorf("latency of nothing: %+v", l)
	}
}

func TestSumBeyond64Bits(t *testing.T) {
	var s sum
	for range 5 {
		s.add(math.MaxUint64, 1)
	}
	other := s
	s.merge(other)
	if want := 10 * float64(math.MaxUint64); s.float() != want {
		t.Errorf("%v, want %v", s.float(), want)
	}
}

func TestEncodedHistogramIsReadByTheLibrary(t *testing.T) {
	d := newDist()
	if text, err := d.encoded(); text != "" || err != nil {
		t.Errorf("of none: %q, %v", text, err)
	}
	for v := range int64(5000) {
		d.record(v*1000, 1)
	}
	text, err := d.encoded()
	if err != nil {
		t.Fatal(err)
	}
	back, err := hdrhistogram.Decode([]byte(text))
	if err != nil || !back.Equals(d.h) {
		t.Errorf("read back differently: %v", err)
	}
}
