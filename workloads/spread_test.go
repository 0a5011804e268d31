package workloads

import (
	"strings"
	"testing"
)

// apart says how far counts are from shares, in units of what chance makes.
func apart(counts *binCounts, shares []float64) float64 {
	all := make([]int64, sizeBins)
	for i, n := range counts {
		all[i] = int64(n)
	}
	far, byChance := Distance(all, shares, 1)
	return far / byChance
}

// Draws of every form of sizes spread over bins as is asked for; those of
// another form do not.
func TestSizesSpread(t *testing.T) {
	const draws = 500_000
	forms := []string{
		"100", "0", "7-2000", "100:70,1000:20,64KiB:10", "lognormal:median=200,sigma=1,max=4096", "lognormal:median=3,sigma=0.5",
		"gpareto:location=15,scale=214,shape=0.35", "gev:location=30,scale=8,shape=0.07,min=20", "histogram:0-63:10,64-255:30,1000-9000:1",
		"0.4 2-14 | 0.6 gpareto:scale=214,shape=0.1",
	}
	for i, form := range forms {
		s, err := parseSizes(form)
		if err != nil {
			t.Fatal(err)
		}
		s.prepare()
		var c sizeCount
		r := newRandom(3, forRequests, uint64(i))
		for range draws {
			c.add(s.draw(&r))
		}
		if far := apart(&c.bins, s.byBin()); far > 1.5 {
			t.Errorf("%s: %.2f times as far as chance", form, far)
		}
		other, _ := parseSizes(strings.Replace(forms[(i+1)%len(forms)], "0-63:10", "0-63:12", 1))
		if far := apart(&c.bins, other.byBin()); far < 3 {
			t.Errorf("%s passes for another", form)
		}
	}
}

// So do the ranks of keys that are drawn by each kind of popularity.
func TestRanksSpread(t *testing.T) {
	const keys, draws = 50_000, 200_000
	exponent := func(x float64) *float64 { return &x }
	for _, p := range []Popularity{
		{Kind: Uniform}, {Kind: Zipf, Exponent: exponent(0.99)}, {Kind: Zipf, Exponent: exponent(1)}, {Kind: Zipf, Exponent: exponent(2.3)},
		{Kind: Hotspot, Data: 0.01, Requests: 0.7}, {Kind: Exponential},
	} {
		c := newPopularity(p, keys, 9, 1)
		var at cursor
		var seen binCounts
		r := newRandom(4, forRequests, 0)
		for range draws {
			seen[sizeBin(int(c.rankOf(c.draw(&r, &at, 0, 1))+1))]++
		}
		s := c.spread(&seen)
		var counts binCounts
		for i, share := range s.Sent {
			counts[i] = uint32(share*draws + 0.5)
		}
		shares := make([]float64, sizeBins)
		copy(shares, s.Asked)
		if far := apart(&counts, shares); far > 1.5 {
			t.Errorf("%+v: %.2f times as far as chance", p, far)
		}
		if last := s.Tops[len(s.Tops)-1]; last > keys || s.Samples != draws {
			t.Errorf("%+v: up to rank %d, %d samples", p, last, s.Samples)
		}
	}
	for _, p := range []Popularity{{Kind: Latest}, {Kind: Sequential}} {
		c := newPopularity(p, keys, 9, 1)
		if s := c.spread(&binCounts{3: 1}); s != nil {
			t.Errorf("%s: keys have ranks: %+v", p.Kind, s)
		}
	}
}
