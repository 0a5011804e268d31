package workloads

import (
	"bytes"
	"compress/flate"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// ksP is the p-value of Kolmogorov and Smirnov's test of draws against a
// continuous distribution function.
func ksP(draws []float64, below func(float64) float64) float64 {
	slices.Sort(draws)
	n, d := float64(len(draws)), 0.0
	for i, x := range draws {
		p := below(x)
		d = max(d, p-float64(i)/n, float64(i+1)/n-p)
	}
	lambda := (math.Sqrt(n) + 0.12 + 0.11/math.Sqrt(n)) * d
	sum := 0.0
	for k := 1; k <= 100; k++ {
		sum += 2 * math.Pow(-1, float64(k-1)) * math.Exp(-2*lambda*lambda*float64(k*k))
	}
	return min(max(sum, 0), 1)
}

// sizeCases is forms of sizes and the probability that a size is below x+½: of
// a rounded draw, where the continuous draw is below that.
var sizeCases = []struct {
	text  string
	below func(x float64) float64
}{
	{"gpareto:location=15,scale=214.476,shape=0.348238,min=1,max=64MiB", func(x float64) float64 { return paretoBelow(x, 15, 214.476, 0.348238) }},
	{"gpareto:scale=25.45,shape=0.2615,min=0", func(x float64) float64 { return paretoBelow(x, 0, 25.45, 0.2615) }},
	{"gpareto:location=100,scale=1000,shape=0,min=0", func(x float64) float64 { return paretoBelow(x, 100, 1000, 0) }},
	{"gpareto:location=100,scale=1000,shape=-0.4,min=0", func(x float64) float64 { return paretoBelow(x, 100, 1000, -0.4) }},
	{"gev:location=30.7984,scale=8.20449,shape=0.078688,min=0", func(x float64) float64 { return extremeBelow(x, 30.7984, 8.20449, 0.078688) }},
	{"gev:location=3000,scale=800,shape=-0.2,min=0", func(x float64) float64 { return extremeBelow(x, 3000, 800, -0.2) }},
	{"gev:location=3000,scale=800,shape=0,min=0", func(x float64) float64 { return extremeBelow(x, 3000, 800, 0) }},
	{"lognormal:median=200,sigma=1,min=0", func(x float64) float64 { return distuv.LogNormal{Mu: math.Log(200), Sigma: 1}.CDF(x) }},
	{"100-1000", func(x float64) float64 { return min(max((x-99.5)/901, 0), 1) }},
	{"histogram:0-63:10,64-127:30,200-299:60", func(x float64) float64 {
		part := func(low, high, weight float64) float64 {
			return weight * min(max((x-low+0.5)/(high-low+1), 0), 1)
		}
		return part(0, 63, 0.1) + part(64, 127, 0.3) + part(200, 299, 0.6)
	}},
	{"0.25 100 | 0.75 gpareto:scale=200,shape=0.3,min=0", func(x float64) float64 {
		fixed := 0.0
		if x > 100 {
			fixed = 0.25
		}
		return fixed + 0.75*paretoBelow(x, 0, 200, 0.3)
	}},
	{"10:1,20:3", func(x float64) float64 {
		switch {
		case x < 10:
			return 0
		case x < 20:
			return 0.25
		}
		return 1
	}},
}

func paretoBelow(x, location, scale, shape float64) float64 {
	z := (x - location) / scale
	switch {
	case z <= 0:
		return 0
	case shape == 0:
		return 1 - math.Exp(-z)
	case 1+shape*z <= 0:
		return 1
	}
	return 1 - math.Pow(1+shape*z, -1/shape)
}

func extremeBelow(x, location, scale, shape float64) float64 {
	z := (x - location) / scale
	if shape == 0 {
		return math.Exp(-math.Exp(-z))
	}
	if 1+shape*z <= 0 {
		if shape > 0 {
			return 0
		}
		return 1
	}
	return math.Exp(-math.Pow(1+shape*z, -1/shape))
}

// TestSizesFit compares the counts of rounded draws with the distribution
// function between the halves.
func TestSizesFit(t *testing.T) {
	for _, test := range sizeCases {
		t.Run(test.text, func(t *testing.T) {
			if p := sizeP(t, test.text, test.below); p < leastP {
				t.Errorf("p = %g", p)
			}
			if strings.HasPrefix(test.text, "10:1") {
				return // two sizes: what follows would not change them
			}
			if p := sizeP(t, test.text, func(x float64) float64 { return test.below(x * 0.9) }); p > leastP {
				t.Errorf("p = %g for sizes of a tenth more", p)
			}
		})
	}
}

func sizeP(t *testing.T, text string, below func(float64) float64) float64 {
	t.Helper()
	const draws, bins = 200_000, 400
	s, err := parseSizes(text)
	if err != nil {
		t.Fatal(err)
	}
	s.prepare()
	r := newRandom(17, forRequests, 0)
	all := make([]int, draws)
	for i := range all {
		all[i] = s.draw(&r)
	}
	slices.Sort(all)
	// The bins' ends are sizes that came: quantiles of the draws.
	var counts []int
	var expected []float64
	last := 0.0
	for from := 0; from < draws; {
		to := min(from+draws/bins, draws)
		for to < draws && all[to] == all[to-1] {
			to++
		}
		p := 1.0
		if to < draws {
			p = below(float64(all[to-1]) + 0.5)
		}
		counts, expected = append(counts, to-from), append(expected, max(p-last, 1e-12)*draws)
		last, from = p, to
	}
	return chiSquareP(counts, expected)
}

// TestTailsFit looks at the continuous draws by Kolmogorov and Smirnov, the
// tail beyond the last knot apart.
func TestTailsFit(t *testing.T) {
	r := newRandom(3, forRequests, 0)
	quantile := paretoQuantile(15, 214.476, 0.348238)
	draws := make([]float64, 50_000)
	for i := range draws {
		draws[i] = quantile(r.unit())
	}
	if p := ksP(slices.Clone(draws), func(x float64) float64 { return paretoBelow(x, 15, 214.476, 0.348238) }); p < leastP {
		t.Errorf("p = %g", p)
	}
	if p := ksP(draws, func(x float64) float64 { return paretoBelow(x, 15, 214.476, 0.45) }); p > leastP {
		t.Errorf("p = %g for another shape", p)
	}
	s, _ := parseSizes("gpareto:location=15,scale=214.476,shape=0.348238")
	s.prepare()
	beyond, edge, n := 0, quantile(0.9999), 2_000_000
	for range n {
		if float64(s.draw(&r)) > edge {
			beyond++
		}
	}
	if beyond < 140 || beyond > 260 { // 200 expected, deviation 14
		t.Errorf("%d of %d draws are beyond the 0.9999 quantile", beyond, n)
	}
}

func TestMeansAreThoseOfTheDraws(t *testing.T) {
	for _, test := range sizeCases {
		s, _ := parseSizes(strings.Replace(test.text, "min=1,max=64MiB", "max=100KiB", 1))
		r := newRandom(4, forRequests, 0)
		sum, n := 0.0, 400_000
		for range n {
			sum += float64(s.draw(&r))
		}
		if mean := sum / float64(n); math.Abs(mean/s.mean()-1) > 0.02 {
			t.Errorf("%s: mean %g, draws have %g", test.text, s.mean(), mean)
		}
	}
}

// TestPopularitiesFit draws by each kind and compares with its chances, which
// for the new kinds are held against their formulas below.
func TestPopularitiesFit(t *testing.T) {
	const keys, draws = 3000, 300_000
	terms := []float64{14.18, -2.917, 0.0164, -0.08082}
	for _, p := range []Popularity{
		{}, {Kind: Zipf}, {Kind: Hotspot}, {Kind: Exponential}, {Kind: KeyRange, Ranges: 30, Terms: terms},
		{Kind: KeyRange, Ranges: 7, Terms: []float64{1, -0.1, 0, 0}, InOrder: true}, {Kind: Exponential, Percentile: 80, Fraction: 0.1, InOrder: true},
	} {
		c := newPopularity(p, keys, 5, 0)
		chances := c.chances()
		counts, expected := make([]int, keys), make([]float64, keys)
		r := newRandom(6, forRequests, 0)
		for range draws {
			counts[c.draw(&r, &cursor{}, 0, 1)]++
		}
		for i := range expected {
			expected[i] = chances[i] * draws
		}
		if p := chiSquareP(counts, expected); p < leastP {
			t.Errorf("%+v: p = %g", c.kind, p)
		}
	}
}

func TestExponentialHasItsPercentile(t *testing.T) {
	c := newPopularity(Popularity{Kind: Exponential, InOrder: true}, 10_000, 1, 0)
	sum, all := 0.0, 0.0
	for i := range 1_000_000 {
		weight := math.Exp(-float64(i) / c.scale)
		if all += weight; i < 8570 {
			sum += weight
		}
	}
	if share := sum / all; math.Abs(share-0.95) > 0.001 {
		t.Errorf("the first 85.7 %% of the keys get %.4f", share)
	}
}

// TestKeyRangesHaveTheirWeights holds mixgraph's ranges against the formula.
func TestKeyRangesHaveTheirWeights(t *testing.T) {
	terms := []float64{14.18, -2.917, 0.0164, -0.08082}
	c := newPopularity(Popularity{Kind: KeyRange, Ranges: 30, Terms: terms, InOrder: true}, 90_000, 1, 0)
	chances := c.chances()
	sum := 0.0
	weights := make([]float64, 30)
	for i := range weights {
		x := float64(i + 1)
		weights[i] = 14.18*math.Exp(-2.917*x) + 0.0164*math.Exp(-0.08082*x)
		sum += weights[i]
	}
	for i, weight := range weights {
		got := 0.0
		for _, chance := range chances[i*3000 : (i+1)*3000] {
			got += chance
		}
		if math.Abs(got-weight/sum) > 1e-6 {
			t.Errorf("range %d: %g, want %g", i, got, weight/sum)
		}
	}
}

func TestLifetimesByWeight(t *testing.T) {
	l, err := parseTTL("1d:65,14d:27,12h:8")
	if err != nil {
		t.Fatal(err)
	}
	counts := map[uint64]int{}
	r := newRandom(1, forRequests, 0)
	for range 10_000 {
		counts[l.draw(&r, 3600e9)]++
	}
	if len(counts) != 3 || math.Abs(float64(counts[24])-6500) > 200 || math.Abs(float64(counts[336])-2700) > 200 || !l.wholeSeconds() {
		t.Errorf("%v", counts)
	}
	if mean := l.mean(); math.Abs(mean-86400*(0.65+14*0.27+0.5*0.08)) > 1 {
		t.Errorf("mean %g", mean)
	}
}

// TestContentCompresses packs values of 4 KiB: to their ratio, or not at all.
func TestContentCompresses(t *testing.T) {
	for text, want := range map[string]float64{
		"random": 1, "unique": 1, "compressible:1": 1, "compressible:2": 2, "compressible:3": 3, "compressible:5": 5, "compressible:10": 10,
	} {
		w := mustParse(t, "name: c\nkeys: 100\ncontent: "+text+"\nvalue_size: 4KiB\nfamilies: [{name: k, key: \"k:%d\"}]\noperations: [{command: SET}]\n", Options{Seed: 1})
		in, out := 0, 0
		f := &w.families[0]
		r := newRandom(1, forRequests, 0)
		for range 100 {
			value := f.content.fill(nil, 4096, &r)
			var packed bytes.Buffer
			z, err := flate.NewWriter(&packed, flate.BestSpeed)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := z.Write(value); err != nil {
				t.Fatal(err)
			}
			if err := z.Close(); err != nil {
				t.Fatal(err)
			}
			in, out = in+len(value), out+packed.Len()
		}
		if ratio := float64(in) / float64(out); math.Abs(ratio/want-1) > 0.15 {
			t.Errorf("%s: packed to 1/%.2f", text, ratio)
		}
	}
}

// TestUniqueContentSharesNothing looks for stretches of 8 bytes that two values
// have in common.
func TestUniqueContentSharesNothing(t *testing.T) {
	r := newRandom(1, forRequests, 0)
	seen := map[string]bool{}
	for range 1000 {
		value := content{}.fill(nil, 100, &r)
		for at := 0; at+8 <= len(value); at++ {
			stretch := string(value[at : at+8])
			if seen[stretch] {
				t.Fatal("a stretch stands twice")
			}
			seen[stretch] = true
		}
	}
}

// TestKeysHaveTheirSizes compares the lengths of keys with what was asked.
func TestKeysHaveTheirSizes(t *testing.T) {
	w := mustLoad(t, "meta-etc", Options{Seed: 1, Streams: 1, Keys: 50_000})
	lengths := make([]float64, 50_000)
	for i := range lengths {
		lengths[i] = float64(len(w.Key(int64(i))))
	}
	slices.Sort(lengths)
	for _, q := range []float64{0.1, 0.5, 0.9, 0.99} {
		want := extremeQuantile(30.7984, 8.20449, 0.078688)(q)
		if got := lengths[int(q*float64(len(lengths)))]; math.Abs(got-want) > 1+0.03*want {
			t.Errorf("quantile %g: %g bytes, want %g", q, got, want)
		}
	}
	if lengths[0] < 16 || lengths[len(lengths)-1] > 250 {
		t.Errorf("from %g to %g bytes", lengths[0], lengths[len(lengths)-1])
	}
}
