package workloads

import (
	"fmt"
	"math"
	"testing"

	"slotbench/internal/request"
	"slotbench/internal/slot"
)

// TestKeysAreReadBack reads every key of every preset and of the tests' own
// workloads: its family and number, and of no other family.
func TestKeysAreReadBack(t *testing.T) {
	workloads := []*Workload{mustParse(t, everything, Options{Streams: 1}), mustParse(t, collections, Options{Streams: 1}), mustParse(t, placedKeys, Options{Streams: 1})}
	for _, name := range Names() {
		workloads = append(workloads, mustLoad(t, name, Options{Streams: 1, Keys: 600}))
	}
	for _, w := range workloads {
		for i := range w.families {
			f := &w.families[i]
			for n := range f.keys {
				key, _ := f.appendKey(nil, n)
				for j := range w.families {
					got, tag, ok := w.families[j].match(key)
					if ok != (i == j) || ok && got != n {
						t.Fatalf("%s: %s is key %d of %s, read as %d, %v by %s", w.spec.Name, key, n, f.name, got, ok, w.families[j].name)
					}
					if ok && f.tags != nil {
						if want, _ := f.tags.tagOf(n); want != tag {
							t.Fatalf("%s: tag %d, want %d", key, tag, want)
						}
					}
				}
			}
		}
	}
	if _, _, ok := workloads[0].families[0].match([]byte("plain:1x")); ok {
		t.Error("a key that nobody makes is read")
	}
}

func TestScatterBackwards(t *testing.T) {
	for _, n := range []int64{1, 2, 3, 5, 31, 32, 33, 1000, 65537} {
		for seed := range uint64(3) {
			s := newScatter(n, seed, 7)
			for x := range uint64(n) {
				if back := s.from(s.of(x)); back != x {
					t.Fatalf("n %d seed %d: %d comes back as %d", n, seed, x, back)
				}
			}
		}
	}
}

// TestFitFindsTheExponent draws by many exponents: the fit must lie within
// twice its margin, and a wrong exponent beyond it.
func TestFitFindsTheExponent(t *testing.T) {
	const draws = 20_000
	for _, n := range []int64{100, 10_000, 1_000_000} {
		for _, exponent := range []float64{0, 0.3, 0.8, 0.99, 1, 1.21, 2.1} {
			z, r := newZipf(n, exponent), newRandom(5, forRequests, uint64(n))
			logs := 0.0
			for range draws {
				logs += math.Log(float64(z.draw(&r)))
			}
			fitted, margin := fitZipf(n, logs/draws, draws)
			if math.Abs(fitted-exponent) > 2*margin {
				t.Errorf("n %d: asked %g, fitted %g ± %g", n, exponent, fitted, margin)
			}
			if math.Abs(fitted-exponent-0.3) < 2*margin || margin > 0.1 {
				t.Errorf("n %d: the fit of %g ± %g cannot tell %g from %g", n, fitted, margin, exponent, exponent+0.3)
			}
		}
	}
}

func TestDistanceByChance(t *testing.T) {
	const cells, draws = 1000, 50_000
	weights := make([]float64, cells)
	for i := range weights {
		weights[i] = 1 / float64(i+1)
	}
	c := newChoice(weights)
	shares, r := c.shares(), newRandom(1, forRequests, 0)
	counts := make([]int64, cells)
	for range draws {
		counts[c.draw(&r)]++
	}
	apart, byChance := Distance(counts, shares, 1)
	if ratio := apart / byChance; ratio < 0.9 || ratio > 1.1 {
		t.Errorf("drawn by the shares: %g apart, by chance %g", apart, byChance)
	}
	counts[0], counts[999] = counts[999], counts[0]
	if wrong, _ := Distance(counts, shares, 1); wrong < 2*byChance {
		t.Errorf("with two counts exchanged only %g apart", wrong)
	}
}

// TestCensus records every request of a load and checks what it sums up.
func TestCensus(t *testing.T) {
	w := mustParse(t, `
name: counted
keys: 5000
popularity: {kind: zipf, exponent: 0.9}
families:
  - {name: plain, key: "plain:%d:%[pad]s", key_size: "40", value_size: "100:3,300:2", share: 2}
  - {name: tagged, key: "{t%[tag]d}:%[member]d", tags: {keys_per_tag: 5, exponent: 0.8}, popularity: {kind: uniform}, value_size: "64"}
operations:
  - {command: GET, weight: 5}
  - {command: SET, weight: 5, ttl: "10s:1,30s:3"}
  - {command: MSET, keys: 3, families: [tagged]}
`, Options{Seed: 3, Streams: 2})
	census := w.NewCensus(2, 1)
	var counts [slot.DefaultCount]int64
	for i := range 2 {
		source := w.Stream(i)
		r := request.Request{Outcome: request.Outcome{Written: 1}}
		for range 200_000 {
			source.Next(&r)
			census.Record(i, &r)
			counts[r.Slot]++
		}
	}
	sent := census.Sent()
	if sent.Strange != 0 || sent.OneIn != 1 || sent.Samples != 400_000 || len(sent.Families) != 2 {
		t.Fatalf("%+v", sent)
	}
	near := func(what string, m MeanSent, want, share float64) {
		t.Helper()
		if math.Abs(m.Asked/want-1) > 1e-3 || math.Abs(m.Sent/m.Asked-1) > share {
			t.Errorf("%s: asked %g, sent %g, want %g", what, m.Asked, m.Sent, want)
		}
	}
	plain, tagged := sent.Families[0], sent.Families[1]
	near("key bytes", plain.KeyBytes.Mean, 40, 1e-9)
	near("value bytes", plain.ValueBytes.Mean, 180, 0.05)
	near("tagged values", tagged.ValueBytes.Mean, 64, 1e-9)
	near("times to live", sent.Operations[0].Mean, 25, 0.05)
	if plain.ValueBytes.P50 != 103 || plain.ValueBytes.Max != 300 || sent.Operations[0].Min != 10 || sent.Operations[0].Max != 30 {
		t.Errorf("values %+v, ttls %+v", plain.ValueBytes, sent.Operations[0])
	}
	for _, f := range sent.Families {
		if e := f.Exponent; math.Abs(e.Sent-e.Asked) > 2*e.Margin || e.Margin > 0.1 {
			t.Errorf("%s: exponent %+v", f.Name, e)
		}
	}
	if m := tagged.TagKeys; math.Abs(m.Sent/m.Asked-1) > 0.1 || m.Asked < 10 {
		t.Errorf("tags %+v", m)
	}
	shares, why := w.SlotShares()
	if shares == nil {
		t.Fatal(why)
	}
	if apart, byChance := Distance(counts[:], shares, w.StepsAtOnce()); apart > 1.1*byChance || apart < 0.9*byChance {
		t.Errorf("slots %g apart, by chance %g", apart, byChance)
	}
}

// TestSlotSharesOfSteps holds what is expected of correlated steps against a
// long load.
func TestSlotSharesOfSteps(t *testing.T) {
	for _, name := range []string{"session", "e-commerce", "cart", "twitter-23", "mixgraph"} {
		w := mustLoad(t, name, Options{Seed: 2, Streams: 1, Keys: 3000})
		shares, why := w.SlotShares()
		if shares == nil {
			t.Fatal(why)
		}
		var counts [slot.DefaultCount]int64
		var r request.Request
		source := w.Stream(0)
		for range 300_000 {
			source.Next(&r)
			counts[r.Slot]++
		}
		apart, byChance := Distance(counts[:], shares, w.StepsAtOnce())
		if apart > 1.15*byChance {
			t.Errorf("%s: %g apart, by chance %g", name, apart, byChance)
		}
	}
	for name, want := range map[string]string{"ycsb-d": "inserts"} {
		if shares, why := mustLoad(t, name, Options{Streams: 1}).SlotShares(); shares != nil || why == "" {
			t.Errorf("%s: %q, want %s", name, why, want)
		}
	}
}

func TestCensusAllocatesNothing(t *testing.T) {
	for _, text := range []string{everything, collections} {
		w := mustParse(t, text, Options{Seed: 1, Streams: 1})
		source, census := w.Stream(0), w.NewCensus(1, 1)
		r := request.Request{Frame: make([]byte, 0, 1<<20), Outcome: request.Outcome{Written: 1}}
		if n := testing.AllocsPerRun(5, func() {
			for range 5000 {
				source.Next(&r)
				census.Record(0, &r)
			}
		}); n != 0 {
			t.Errorf("%v allocations in 5000 requests", n)
		}
	}
}

func TestSizeBins(t *testing.T) {
	last := -1
	for size := range 100_000 {
		bin := sizeBin(size)
		if bin < last || bin > last+1 || binTop(bin) < size || float64(binTop(bin)) > float64(size)*9/8+1 {
			t.Fatalf("size %d: bin %d up to %d", size, bin, binTop(bin))
		}
		last = bin
	}
	if top := binTop(sizeBin(MaxValueBytes)); top < MaxValueBytes {
		t.Errorf("the largest value is in a bin up to %d", top)
	}
}

func BenchmarkCensus(b *testing.B) {
	w := mustLoad(b, "mixed", Options{Seed: 1})
	source, census := w.Stream(0), w.NewCensus(1, 1)
	all := make([]request.Request, 4096)
	for i := range all {
		source.Next(&all[i])
		all[i].Written = 1
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		census.Record(0, &all[i&4095])
		i++
	}
}

func ExampleDistance() {
	apart, _ := Distance([]int64{60, 40}, []float64{0.5, 0.5}, 1)
	fmt.Printf("%.2f\n", apart)
	// Output: 0.10
}
