package results

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// Zipf tags over three workers: counts are upper bounds, errors cover them,
// and the frequent ones are found.
func TestHottestTags(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	zipf := rand.NewZipf(random, 1.2, 1, 100_000)
	sketches := []*tagSketch{newTagSketch(1, 0), newTagSketch(1, 1), newTagSketch(1, 2)}
	truth := map[string]int64{}
	const n = 200_000
	for i := range n {
		tag := fmt.Sprint("user:", zipf.Uint64())
		truth[tag]++
		s := sketches[i%3]
		s.samples++
		s.add([]byte(tag), 7)
	}
	hottest := hottestTags(sketches, 10)
	if len(hottest) != 10 {
		t.Fatalf("%d tags", len(hottest))
	}
	for rank, h := range hottest {
		if h.Tag != fmt.Sprint("user:", rank) {
			t.Errorf("rank %d is %s", rank, h.Tag)
		}
		if count := truth[h.Tag]; h.Ops < count || h.Ops-h.Error > count || h.Slot != 7 {
			t.Errorf("%s: %d counted, %d ± %d told", h.Tag, count, h.Ops, h.Error)
		}
	}
}

func TestTagsBeyondTheSketch(t *testing.T) {
	s := newTagSketch(1, 0)
	truth := map[string]int64{}
	random := rand.New(rand.NewPCG(9, 10))
	for range 50_000 {
		tag := fmt.Sprint(random.IntN(10_000)) // five times what fits
		truth[tag]++
		s.samples++
		s.add([]byte(tag), 0)
	}
	held := hottestTags([]*tagSketch{s}, tagSets*tagWays)
	if len(held) != tagSets*tagWays {
		t.Fatalf("%d tags held", len(held))
	}
	for _, h := range held {
		if count := truth[h.Tag]; h.Ops < count || h.Ops-h.Error > count {
			t.Fatalf("%s: %d counted, %d ± %d told", h.Tag, count, h.Ops, h.Error)
		}
	}
}

func TestStrideIsOneInNOnAverage(t *testing.T) {
	for _, oneIn := range []int{1, 2, 16, 1000} {
		s, sum := newTagSketch(oneIn, 3), int64(0)
		const n = 20_000
		for range n {
			step := s.stride()
			if step < 1 || step >= int64(2*oneIn) {
				t.Fatalf("1 in %d: stride %d", oneIn, step)
			}
			sum += step
		}
		if mean := float64(sum) / n; mean < 0.97*float64(oneIn) || mean > 1.03*float64(oneIn) {
			t.Errorf("1 in %d: one in %.2f", oneIn, mean)
		}
	}
}

func TestTagText(t *testing.T) {
	for tag, want := range map[string]string{
		"user:1":                  "user:1",
		"köln":                    "köln",
		"a\x00b":                  `"a\x00b"`,
		"\xff":                    `"\xff"`,
		strings.Repeat("x", 65):   strings.Repeat("x", 64) + "…",
		strings.Repeat("€", 30):   strings.Repeat("€", 21) + "…",
		"x\n" + "y":               `"x\ny"`,
		strings.Repeat("\xfe", 3): `"\xfe\xfe\xfe"`,
	} {
		s := newTagSketch(1, 0)
		s.samples = 1
		s.add([]byte(tag), 0)
		if got := hottestTags([]*tagSketch{s}, 1)[0].Tag; got != want {
			t.Errorf("%q: %s, want %s", tag, got, want)
		}
	}
}
