package claims

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"slotbench/internal/skew"
	"slotbench/internal/slot"
)

// seed is where every random number here comes from.
const seed = 5

func newRandom(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, stream)) }

const million = 1_000_000

// hashRows are about CRC16 and hash tags.
var hashRows = []row{
	{"A `user:` prefix skews CRC16 to 20 % of the slots",
		"a million keys %06d and user:%06d, both histograms of 16384 slots sorted and compared", prefixSkew},
	{"1M e-commerce keys: 12 % of slots hold 40 % of keys",
		"a million random keys; then T equally large hash tags on random slots, T searched for a share of 40 %, mean of 20 draws", twelvePercent},
	{"…which gives 3× latency on 2 of 12 nodes",
		"that many equal tags, and as many and ten times as many of Zipf 0.8, on random slots of 12 even nodes: the fullest node's keys over the mean, mean of 200 draws", threeTimes},
	{"Skewed slots show in chi-square",
		"a million keys user:%d, %06d and random hex: chi-square z of 16384 slots beside max/mean of 12 nodes", chiSquare},
	{"The migration benchmark moves slot 1234 with 1000 keys `migrate:slot:1234:i` in it",
		"the slots of the keys i = 0 … 999, and of 1 … 1000", slot1234},
}

// histogram counts keys by slot.
func histogram(n int, key func(dst []byte, i int) []byte) []uint64 {
	counts := make([]uint64, slot.DefaultCount)
	var text []byte
	for i := range n {
		text = key(text[:0], i)
		counts[slot.Of(text)]++
	}
	return counts
}

func sixDigits(dst []byte, i int) []byte {
	text := strconv.Itoa(million + i)
	return append(dst, text[1:]...)
}

// fullestShare is what part of all the fullest part of the slots has.
func fullestShare(counts []uint64, part float64) float64 {
	sorted := slices.Clone(counts)
	slices.Sort(sorted)
	slices.Reverse(sorted)
	var all, top uint64
	for i, n := range sorted {
		all += n
		if float64(i) < part*float64(len(sorted)) {
			top += n
		}
	}
	return float64(top) / float64(all)
}

func prefixSkew(context.Context) answer {
	f := figures{}
	plain := histogram(million, sixDigits)
	prefixed := histogram(million, func(dst []byte, i int) []byte { return sixDigits(append(dst, "user:"...), i) })
	share := f.set("fullest_20_percent_share", fullestShare(prefixed, 0.2))
	slices.Sort(plain)
	slices.Sort(prefixed)
	if !slices.Equal(plain, prefixed) {
		return answer{True, "The prefix changes the histogram.", f}
	}
	return answer{False, fmt.Sprintf("Impossible: the prefix only permutes the slots; both histograms are identical up to order. The fullest 20 %% of the slots hold %.1f %% of the keys.", 100*share), f}
}

// tagSlots is how many of T equal tags fall on each slot.
func tagSlots(random *rand.Rand, tags int) []uint64 {
	counts := make([]uint64, slot.DefaultCount)
	for range tags {
		counts[random.IntN(len(counts))]++
	}
	return counts
}

// tagsForFortyPercent is how many equal tags give the fullest 12 % of the slots
// 40 % of the keys.
func tagsForFortyPercent() int {
	few, many := 1000, 200_000
	for many-few > 50 {
		middle := (few + many) / 2
		random, share := newRandom(1), 0.0
		const draws = 20
		for range draws {
			share += fullestShare(tagSlots(random, middle), 0.12) / draws
		}
		if share > 0.4 {
			few = middle
		} else {
			many = middle
		}
	}
	return (few + many) / 2
}

func twelvePercent(context.Context) answer {
	f := figures{}
	random := newRandom(2)
	counts := histogram(million, func(dst []byte, _ int) []byte { return strconv.AppendUint(dst, random.Uint64(), 16) })
	share := f.set("fullest_12_percent_share", fullestShare(counts, 0.12))
	tags := f.set("tags_for_40_percent", float64(tagsForFortyPercent()))
	return answer{False, fmt.Sprintf("With random keys the fullest 12 %% of the slots hold %.1f %%. 40 %% takes only about %.0f distinct hash tags of equal size, or skewed ones: it comes from hash tags, not from CRC16.", 100*share, math.Round(tags/100)*100), f}
}

// nodeMaxOverMean is the mean of max/mean over 12 nodes for weighted tags on
// random slots.
func nodeMaxOverMean(weights []float64, stream uint64) float64 {
	const nodes, draws = 12, 200
	topology := slot.Even(slot.DefaultCount, make([]slot.Node, nodes))
	random, mean := newRandom(stream), 0.0
	for range draws {
		loads, sum := make([]float64, nodes), 0.0
		for _, w := range weights {
			loads[topology.Owner(slot.Slot(random.IntN(int(slot.DefaultCount))))] += w
			sum += w
		}
		mean += slices.Max(loads) / sum * nodes / draws
	}
	return mean
}

func threeTimes(context.Context) answer {
	f := figures{}
	tags := tagsForFortyPercent()
	equal := make([]float64, tags)
	for i := range equal {
		equal[i] = 1
	}
	zipf := func(n int) []float64 {
		weights := make([]float64, n)
		for i := range weights {
			weights[i] = math.Pow(float64(i+1), -0.8)
		}
		return weights
	}
	a := f.set("equal_tags", nodeMaxOverMean(equal, 3))
	b := f.set("zipf_tags", nodeMaxOverMean(zipf(tags), 4))
	c := f.set("ten_times_zipf_tags", nodeMaxOverMean(zipf(10*tags), 4))
	return answer{False, fmt.Sprintf("Not by key counts: the fullest of 12 nodes has %.2f× the mean with equal tags; with Zipf-0.8 tags, which are skewed already, %.2f×, and %.2f× with ten times as many of them.", a, b, c), f}
}

func chiSquare(context.Context) answer {
	f := figures{}
	topology := slot.Even(slot.DefaultCount, make([]slot.Node, 12))
	random := newRandom(6)
	var texts []string
	for _, kind := range []struct {
		name string
		key  func([]byte, int) []byte
	}{
		{"user:%d", func(dst []byte, i int) []byte { return strconv.AppendInt(append(dst, "user:"...), int64(i), 10) }},
		{"%06d", sixDigits},
		{"random hex", func(dst []byte, _ int) []byte { return strconv.AppendUint(dst, random.Uint64(), 16) }},
	} {
		counts := histogram(million, kind.key)
		loads := make([]float64, 12)
		for s, n := range counts {
			loads[topology.Owner(slot.Slot(s))] += float64(n)
		}
		z := f.set("z of "+kind.name, skew.Slots(counts).ChiSquareZ)
		over := f.set("max/mean of "+kind.name, slices.Max(loads)*12/million)
		texts = append(texts, fmt.Sprintf("%s: z %+.0f, max/mean %.4f", kind.name, z, over))
	}
	return answer{False, fmt.Sprintf("p-values over-alarm. %s; %s; %s. Lead with the nodes' max/mean.", texts[0], texts[1], texts[2]), f}
}

func slot1234(context.Context) answer {
	f := figures{}
	seen, inside := map[slot.Slot]bool{}, 0
	for i := range 1001 {
		s := slot.Of(fmt.Appendf(nil, "migrate:slot:1234:%d", i))
		if i < 1000 {
			seen[s] = true
		}
		if s == 1234 {
			inside++
		}
	}
	f.set("distinct_slots", float64(len(seen)))
	f.set("in_slot_1234", float64(inside))
	return answer{judge(inside > 0), fmt.Sprintf("The keys fall into %d different slots; %d of them into slot 1234: the slot that is moved is empty.", len(seen), inside), f}
}
