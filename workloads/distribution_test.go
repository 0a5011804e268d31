package workloads

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// leastP is the least p-value that passes. Seeds are fixed, so a test either
// always passes or never does.
const leastP = 1e-4

// chiSquareP is the p-value of counts against expectations, whose small ones
// are joined with their neighbours.
func chiSquareP(counts []int, expected []float64) float64 {
	const least = 8
	chi, bins := 0.0, 0
	seen, want := 0.0, 0.0
	for i := range counts {
		seen, want = seen+float64(counts[i]), want+expected[i]
		if want < least && i+1 < len(counts) {
			continue
		}
		if want > 0 {
			chi += (seen - want) * (seen - want) / want
			bins++
		}
		seen, want = 0, 0
	}
	if bins < 2 {
		return 1
	}
	return 1 - distuv.ChiSquared{K: float64(bins - 1)}.CDF(chi)
}

func TestZipfIsExact(t *testing.T) {
	for _, exponent := range []float64{0, 0.02, 0.3, 0.5, 0.99, 1, 1.0001, 1.21, 2.1, 3} {
		for _, n := range []int64{1, 2, 10, 1000, 1_000_000} {
			t.Run(fmt.Sprint(exponent, "/", n), func(t *testing.T) {
				checkZipf(t, exponent, n)
			})
		}
	}
}

func checkZipf(t *testing.T, exponent float64, n int64) {
	const draws = 100_000
	z := newZipf(n, exponent)
	r := newRandom(1, forRequests, uint64(n))
	// Ranks to 100 have a bin each; beyond, bins grow by a twentieth.
	binOf, bins := make([]int, n+1), 0
	for first := int64(1); first <= n; bins++ {
		last := min(max(first, first+first/20*min(first/100, 1)), n)
		for rank := first; rank <= last; rank++ {
			binOf[rank] = bins
		}
		first = last + 1
	}
	expected, sum := make([]float64, bins), 0.0
	for rank := n; rank >= 1; rank-- {
		p := math.Pow(float64(rank), -exponent)
		expected[binOf[rank]] += p
		sum += p
	}
	for i := range expected {
		expected[i] *= draws / sum
	}
	counts := make([]int, bins)
	for range draws {
		rank := z.draw(&r)
		if rank < 1 || rank > n {
			t.Fatalf("rank %d of %d", rank, n)
		}
		counts[binOf[rank]]++
	}
	if p := chiSquareP(counts, expected); p < leastP {
		t.Errorf("p = %g", p)
	}
}

// TestChiSquareSeesError checks that the test above can fail: a hundredth off
// in the exponent is seen.
func TestChiSquareSeesError(t *testing.T) {
	const n, draws = 1000, 1_000_000
	z, r := newZipf(n, 1), newRandom(1, forRequests, 0)
	counts, expected, sum := make([]int, n), make([]float64, n), 0.0
	for range draws {
		counts[z.draw(&r)-1]++
	}
	for i := range expected {
		expected[i] = math.Pow(float64(i+1), -1.01)
		sum += expected[i]
	}
	for i := range expected {
		expected[i] *= draws / sum
	}
	if p := chiSquareP(counts, expected); p > leastP {
		t.Errorf("p = %g for another exponent", p)
	}
}

func TestZipfExtremes(t *testing.T) {
	r := newRandom(1, forRequests, 0)
	for _, exponent := range []float64{0, 1e-12, 1 - 1e-12, 1 + 1e-12, 5, MaxExponent} {
		for _, n := range []int64{1, 3, 1 << 20, MaxKeys} {
			z := newZipf(n, exponent)
			for range 1000 {
				if rank := z.draw(&r); rank < 1 || rank > n {
					t.Fatalf("exponent %v: rank %d of %d", exponent, rank, n)
				}
			}
		}
	}
}

func TestScatterIsAPermutation(t *testing.T) {
	for _, n := range []int64{1, 2, 3, 4, 5, 31, 32, 33, 1000, 65537} {
		for seed := range uint64(3) {
			s := newScatter(n, seed, 1)
			seen := make([]bool, n)
			for x := range uint64(n) {
				y := s.of(x)
				if seen[y] {
					t.Fatalf("n %d seed %d: %d twice", n, seed, y)
				}
				seen[y] = true
			}
		}
	}
	s, neighbours := newScatter(100_000, 1, 0), 0
	for x := range uint64(1000) {
		if d := int64(s.of(x+1)) - int64(s.of(x)); d > -100 && d < 100 {
			neighbours++
		}
	}
	if neighbours > 20 { // of a random order: 2 of 1000
		t.Errorf("%d of 1000 neighbouring ranks stand within 100 keys", neighbours)
	}
}

// TestPopularityShares draws keys and compares with the exact shares.
func TestPopularityShares(t *testing.T) {
	const keys, draws = 1000, 200_000
	zipfShares := func(exponent float64) (shares [keys]float64) {
		sum := 0.0
		for i := range shares {
			shares[i] = math.Pow(float64(i+1), -exponent)
			sum += shares[i]
		}
		for i := range shares {
			shares[i] /= sum
		}
		return shares
	}
	exponent := 1.21
	var even, hot, back [keys]float64
	latest := zipfShares(DefaultExponent)
	for i := range keys {
		even[i] = 1.0 / keys
		hot[i] = 0.2 / 800
		if i < 200 {
			hot[i] = 0.8 / 200
		}
		back[keys-1-i] = latest[i]
	}
	for name, test := range map[string]struct {
		p    Popularity
		want [keys]float64 // by rank
	}{
		"uniform":    {Popularity{}, even},
		"zipf":       {Popularity{Kind: Zipf, Exponent: &exponent}, zipfShares(exponent)},
		"in order":   {Popularity{Kind: Zipf, Exponent: &exponent, InOrder: true}, zipfShares(exponent)},
		"hotspot":    {Popularity{Kind: Hotspot}, hot},
		"all hot":    {Popularity{Kind: Hotspot, Data: 1}, even},
		"latest":     {Popularity{Kind: Latest}, back},
		"sequential": {Popularity{Kind: Sequential}, even},
	} {
		p := newPopularity(test.p, keys, 3, 0)
		checkPopularity(t, name, &p, test.want[:], draws)
	}
}

// checkPopularity compares draws with the shares by rank.
func checkPopularity(t *testing.T, name string, p *popularity, shares []float64, draws int) {
	t.Helper()
	r, at := newRandom(3, forRequests, 0), cursor{}
	counts, expected := make([]int, len(shares)), make([]float64, len(shares))
	for rank, share := range shares {
		place := rank
		if p.kind == byZipf || p.kind == byHotspot {
			place = int(p.place(uint64(rank)))
		}
		expected[place] = share * float64(draws)
	}
	for range draws {
		counts[p.draw(&r, &at, 0, 1)]++
	}
	if pValue := chiSquareP(counts, expected); pValue < leastP {
		t.Errorf("%s: p = %g", name, pValue)
	}
}

func TestSequentialStreamsShareTheKeys(t *testing.T) {
	const keys, streams = 1003, 7
	p := newPopularity(Popularity{Kind: Sequential}, keys, 1, 0)
	counts := make([]int, keys)
	for i := range int64(streams) {
		at := cursor{}
		for range keys {
			counts[p.draw(nil, &at, i, streams)]++
		}
	}
	for key, count := range counts {
		if count != streams {
			t.Fatalf("key %d drawn %d times in %d rounds", key, count, streams)
		}
	}
}

func TestChoiceShares(t *testing.T) {
	r := newRandom(5, forRequests, 0)
	for _, weights := range [][]float64{{1}, {1, 0}, {90, 10}, {1, 2, 3, 4, 0, 5}, {1e-9, 1, 1e9}, {0, 0.3, 0.3, 0.4, 0}} {
		c, sum := newChoice(weights), 0.0
		const draws = 200_000
		counts, expected := make([]int, len(weights)), make([]float64, len(weights))
		for _, w := range weights {
			sum += w
		}
		for i, w := range weights {
			expected[i] = w / sum * draws
		}
		for range draws {
			counts[c.draw(&r)]++
		}
		for i, w := range weights {
			if w == 0 && counts[i] > 0 {
				t.Errorf("%v: %d drawn %d times with weight 0", weights, i, counts[i])
			}
		}
		if p := chiSquareP(counts, expected); p < leastP {
			t.Errorf("%v: %v, p = %g", weights, counts, p)
		}
	}
}

func TestBelowIsUniform(t *testing.T) {
	r := newRandom(9, forRequests, 0)
	for _, n := range []uint64{1, 2, 3, 7, 100} {
		counts, expected := make([]int, n), make([]float64, n)
		for i := range expected {
			expected[i] = 100_000 / float64(n)
		}
		for range 100_000 {
			counts[r.below(n)]++
		}
		if p := chiSquareP(counts, expected); p < leastP {
			t.Errorf("below %d: p = %g", n, p)
		}
	}
	const large = 1<<63 + 1 // every second draw meets the rejection
	for range 1000 {
		if r.below(large) >= large {
			t.Fatal("not below")
		}
	}
}
