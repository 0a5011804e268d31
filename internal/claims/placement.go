package claims

import (
	"context"
	"fmt"
	"math"
	"strconv"

	"slotbench/internal/rebalance"
	"slotbench/internal/scheme"
	"slotbench/internal/slot"
)

// placementRows are about who owns what.
var placementRows = []row{
	{"4096 instead of 16384 slots cut the map from 128 MB to 32 MB", "slots × 8 bytes", mapSize},
	{"Modulo hashing 3→4 nodes moves about 75 % of the keys", "a million keys mod 3 and mod 4, and mod 6; 1 − min(N,M)/lcm(N,M)", moduloMoves},
	{"A ring needs 100–200 virtual nodes", "the largest node's arc over the mean: 60 seeded rings each; the V that brings the mean of 12 rings at N = 10 to 1.02 by bisection", ringPoints},
	{"16 slots a node are enough at 1000 nodes", "⌈16384/N⌉ ÷ (16384/N), for N = 1000, and the largest N up to which it stays ≤ 1.02", sixteenSlots},
	{"ElastiCache and valkey-cli balance by slot count", "valkey-cli's rule on 3 nodes + 1 whose first half of the slots is 10 times as heavy: counts and bytes afterwards (that the rule here is the tool's is tested against redis-cli)", countRule},
}

func mapSize(context.Context) answer {
	f := figures{}
	large, small := f.set("bytes_16384", 16384*8), f.set("bytes_4096", 4096*8)
	return answer{Partly, fmt.Sprintf("Off by 1024: 16384 × 8 B = %.0f KiB → %.0f KiB. The %.0f %% is right.", large/1024, small/1024, 100*(1-small/large)), f}
}

func moduloMoves(context.Context) answer {
	f := figures{}
	three, four, six := scheme.Modulo().New(3), scheme.Modulo().New(4), scheme.Modulo().New(6)
	toFour, toSix := 0, 0
	var key []byte
	for i := range million {
		key = strconv.AppendInt(append(key[:0], "user:"...), int64(i), 10)
		at := three.Place(key)
		if four.Place(key) != at {
			toFour++
		}
		if six.Place(key) != at {
			toSix++
		}
	}
	a, b := f.set("moved_3_to_4", float64(toFour)/million), f.set("moved_3_to_6", float64(toSix)/million)
	return answer{judge(math.Abs(a-0.75) < 0.01), fmt.Sprintf("%.2f %% move (formula: %.2f %%); 3→6 moves %.2f %% (%.2f %%).", 100*a, 100*moduloFormula(3, 4), 100*b, 100*moduloFormula(3, 6)), f}
}

func moduloFormula(n, m int) float64 {
	a, b := n, m
	for b != 0 {
		a, b = b, a%b
	}
	return 1 - float64(min(n, m))/float64(n*m/a)
}

// ringMaxOverMean is the mean over seeded rings.
func ringMaxOverMean(nodes, points, rings int) float64 {
	mean := 0.0
	for r := range rings {
		mean += scheme.NewHashRing(nodes, points, uint64(seed+1000*r)).MaxOverMean() / float64(rings)
	}
	return mean
}

func ringPoints(ctx context.Context) answer {
	f := figures{}
	var by [2][]float64
	for i, points := range []int{100, 200} {
		for _, nodes := range []int{3, 10, 50} {
			by[i] = append(by[i], f.set(fmt.Sprintf("V=%d N=%d", points, nodes), ringMaxOverMean(nodes, points, 60)))
		}
	}
	few, many := 1000, 16_000
	for many-few > 250 && ctx.Err() == nil {
		middle := (few + many) / 2
		if ringMaxOverMean(10, middle, 12) > 1.02 {
			few = middle
		} else {
			many = middle
		}
	}
	needed := f.set("V for 2 % at N=10", float64(few+many)/2)
	return answer{Partly, fmt.Sprintf("Max/mean at N = 3 / 10 / 50: %s with V = 100, %s with V = 200. CV is about 1/√V; 2 %% at N = 10 takes about %.0f.",
		list("%.2f", by[0]), list("%.2f", by[1]), math.Round(needed/500)*500), f}
}

// countFloor is the least max/mean of slot counts.
func countFloor(nodes int) float64 {
	return math.Ceil(16384/float64(nodes)) / (16384 / float64(nodes))
}

func sixteenSlots(context.Context) answer {
	f := figures{}
	floor := f.set("floor_1000", countFloor(1000))
	upTo := 0
	for n := 1; n <= 16384 && countFloor(n) <= 1.02; n++ {
		upTo = n
	}
	f.set("two_percent_up_to", float64(upTo))
	return answer{Partly, fmt.Sprintf("The floor by counts there is %.3f max/mean; ≤ 2 %% is guaranteed only up to N ≤ %d.", floor, upTo), f}
}

func countRule(context.Context) answer {
	f := figures{}
	before := slot.Even(slot.DefaultCount, make([]slot.Node, 3))
	before.Nodes = make([]slot.Node, 4)
	p := &rebalance.Problem{Before: before, Loads: [][]float64{make([]float64, slot.DefaultCount), make([]float64, slot.DefaultCount)}, Cost: make([]float64, slot.DefaultCount)}
	for s := range p.Cost {
		p.Cost[s] = 1
		if s < len(p.Cost)/2 {
			p.Cost[s] = 10
		}
		p.Loads[0][s], p.Loads[1][s] = 1, p.Cost[s]
	}
	after, err := rebalance.ByCount(before, nil, rebalance.CountThreshold)
	if err != nil {
		return answer{NotComputed, err.Error(), nil}
	}
	o := p.Assess(after)
	counts, bytes := f.set("slots_max_over_mean", o.Imbalance[0]), f.set("bytes_max_over_mean", o.Imbalance[1])
	return answer{judge(counts < 1.001 && bytes > 1.1), fmt.Sprintf("valkey-cli's rule ends at %.4f max/mean by slots and %.4f by bytes: it does not look at bytes. (ElastiCache itself cannot be computed.)", counts, bytes), f}
}
