package sketch

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// exact is the sketch without a bound.
type exact map[string]*[Measures]uint64

func (e exact) add(text string, sums [Measures]uint64) {
	if e[text] == nil {
		e[text] = new([Measures]uint64)
	}
	add(e[text], sums)
}

// check compares a sketch with the truth: no count above it, none below it by
// more than the error, the error within its promise, nothing heavy missing.
func check(t *testing.T, f *Frequent, truth exact, counters int) {
	t.Helper()
	weight := uint64(0)
	for _, sums := range truth {
		weight += sums[0]
	}
	if f.Error() > 2*weight/uint64(counters) {
		t.Fatalf("error %d of weight %d with %d counters", f.Error(), weight, counters)
	}
	if f.Len() > counters {
		t.Fatalf("%d items with %d counters", f.Len(), counters)
	}
	counted := map[string]uint64{}
	last := uint64(math.MaxUint64)
	for _, it := range f.Top(counters) {
		sums := truth[it.Text]
		if sums == nil {
			t.Fatalf("%q never came", it.Text)
		}
		for i, n := range it.Sums {
			if n > sums[i] {
				t.Fatalf("%q: measure %d is %d, truly %d", it.Text, i, n, sums[i])
			}
		}
		if it.Sums[0] > last {
			t.Fatalf("%q stands below a smaller one", it.Text)
		}
		last = it.Sums[0]
		counted[it.Text] = it.Sums[0]
	}
	for text, sums := range truth {
		if counted[text]+f.Error() < sums[0] {
			t.Fatalf("%q: counted %d with error %d, truly %d", text, counted[text], f.Error(), sums[0])
		}
	}
}

func TestFrequentIsExactWithinItsCounters(t *testing.T) {
	f, truth := NewFrequent(100), exact{}
	random := rand.New(rand.NewPCG(1, 0))
	for range 20_000 {
		text := fmt.Sprint(random.IntN(100))
		sums := [Measures]uint64{1, uint64(random.IntN(9)), uint64(random.IntN(3))}
		f.Add([]byte(text), sums)
		truth.add(text, sums)
	}
	if f.Error() != 0 || f.Len() != 100 {
		t.Fatalf("error %d, %d items", f.Error(), f.Len())
	}
	for _, it := range f.Top(100) {
		if it.Sums != *truth[it.Text] {
			t.Fatalf("%q: %v, want %v", it.Text, it.Sums, *truth[it.Text])
		}
	}
}

func TestFrequentKeepsItsPromise(t *testing.T) {
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 0))
		counters := 2 + random.IntN(60)
		zipf := rand.NewZipf(random, 1.1+random.Float64(), 1, 5000)
		f, truth := NewFrequent(counters), exact{}
		for range 5000 {
			text := fmt.Sprint(zipf.Uint64())
			sums := [Measures]uint64{uint64(random.IntN(4)), 1, 2}
			f.Add([]byte(text), sums)
			truth.add(text, sums) // what has no weight adds to an item that is there
		}
		check(t, f, truth, counters)
	}
}

// Parts of a stream, counted apart and merged, keep the promise of the whole.
func TestMerge(t *testing.T) {
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 1))
		counters := 8 + random.IntN(60)
		zipf := rand.NewZipf(random, 1.3, 1, 3000)
		parts := []*Frequent{NewFrequent(counters), NewFrequent(counters), NewFrequent(counters)}
		truth := exact{}
		for range 6000 {
			text, sums := fmt.Sprint(zipf.Uint64()), [Measures]uint64{1 + uint64(random.IntN(3))}
			parts[random.IntN(len(parts))].Add([]byte(text), sums)
			truth.add(text, sums)
		}
		whole := NewFrequent(counters)
		for _, part := range parts {
			before := part.Len()
			whole.Merge(part)
			if part.Len() != before {
				t.Fatal("Merge changed the sketch that it read")
			}
		}
		check(t, whole, truth, counters)
	}
}

func TestTopOrdersEqualCountsByText(t *testing.T) {
	f := NewFrequent(10)
	for _, text := range []string{"c", "a", "b", ""} {
		f.Add([]byte(text), [Measures]uint64{2})
	}
	f.Add([]byte("a"), [Measures]uint64{1})
	f.Add([]byte("nothing"), [Measures]uint64{0, 5})
	var got []string
	for _, it := range f.Top(3) {
		got = append(got, it.Text)
	}
	if !slices.Equal(got, []string{"a", "", "b"}) {
		t.Fatalf("Top = %q", got)
	}
}

func TestSumsSaturate(t *testing.T) {
	f := NewFrequent(2)
	for range 3 {
		f.Add([]byte("x"), [Measures]uint64{math.MaxUint64 / 2, math.MaxUint64, 1})
	}
	want := [Measures]uint64{math.MaxUint64, math.MaxUint64, 3}
	if got := f.Top(1)[0].Sums; got != want {
		t.Fatalf("sums %v, want %v", got, want)
	}
}

func TestMedian(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 0))
	for n := 1; n < 200; n++ {
		counts := make([]uint64, n)
		for i := range counts {
			counts[i] = uint64(random.IntN(1 + n/3))
		}
		sorted := slices.Sorted(slices.Values(counts))
		if got, want := median(counts), sorted[(n-1)/2]; got != want {
			t.Fatalf("median of %v = %d, want %d", sorted, got, want)
		}
	}
}

func TestCountingKnownItemsAllocatesNothing(t *testing.T) {
	f := NewFrequent(4)
	text := []byte("user:1")
	f.Add(text, [Measures]uint64{1})
	if n := testing.AllocsPerRun(100, func() { f.Add(text, [Measures]uint64{1, 20, 1}) }); n != 0 {
		t.Fatalf("Add allocates %v times", n)
	}
}

func benchmarkTexts(distinct int) [][]byte {
	random := rand.New(rand.NewPCG(3, 0))
	texts := make([][]byte, 1<<16)
	for i := range texts {
		texts[i] = fmt.Appendf(nil, "user:%d", random.IntN(distinct))
	}
	return texts
}

func BenchmarkFrequent(b *testing.B) {
	for _, distinct := range []int{1000, 1_000_000} {
		b.Run(fmt.Sprintf("distinct=%d", distinct), func(b *testing.B) {
			texts := benchmarkTexts(distinct)
			f := NewFrequent(1 << 14)
			i := 0
			for b.Loop() {
				f.Add(texts[i&(len(texts)-1)], [Measures]uint64{1, 20, 0})
				i++
			}
			if f.Len() == 0 {
				b.Fatal("nothing was counted")
			}
		})
	}
}

// BenchmarkGoMap is the baseline: exact, and without a bound on memory.
func BenchmarkGoMap(b *testing.B) {
	for _, distinct := range []int{1000, 1_000_000} {
		b.Run(fmt.Sprintf("distinct=%d", distinct), func(b *testing.B) {
			texts := benchmarkTexts(distinct)
			m := exact{}
			i := 0
			for b.Loop() {
				m.add(string(texts[i&(len(texts)-1)]), [Measures]uint64{1, 20, 0})
				i++
			}
			if len(m) == 0 {
				b.Fatal("nothing was counted")
			}
		})
	}
}
