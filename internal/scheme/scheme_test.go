package scheme

import (
	"fmt"
	"math"
	"testing"
)

// Every scheme is balanced and moves about what its theory says when a node
// comes in; a key that moves goes to the new node, but with modulo and slots.
func TestScaling(t *testing.T) {
	const keys, nodes = 60_000, 10
	for _, test := range []struct {
		kind        Kind
		most        float64 // of max over mean
		moved, band float64
		onlyToNew   bool
	}{
		{Modulo(), 1.05, 10.0 / 11, 0.01, false},
		{Ring(400), 1.2, 1.0 / 11, 0.03, true},
		{Rendezvous(), 1.05, 1.0 / 11, 0.01, true},
		{Jump(), 1.05, 1.0 / 11, 0.01, true},
		{Slots(nodes), 1.05, 1.0 / 11, 0.01, true},
	} {
		before, after := test.kind.New(nodes), test.kind.New(nodes+1)
		load := make([]int, nodes)
		moved := 0
		for i := range keys {
			key := fmt.Appendf(nil, "user:%d", i)
			from, to := before.Place(key), after.Place(key)
			load[from]++
			if from == to {
				continue
			}
			moved++
			if test.onlyToNew && to != nodes {
				t.Fatalf("%s: %s goes from %d to %d", test.kind.Name, key, from, to)
			}
		}
		most := 0
		for _, n := range load {
			most = max(most, n)
		}
		if over := float64(most) * nodes / keys; over > test.most {
			t.Errorf("%s: max/mean %.3f", test.kind.Name, over)
		}
		if share := float64(moved) / keys; math.Abs(share-test.moved) > test.band {
			t.Errorf("%s: %.4f move, want %.4f", test.kind.Name, share, test.moved)
		}
	}
}

// The published test vectors of jump consistent hash are of keys as numbers;
// here it must at least be monotone: a key leaves its node only for a new one.
func TestJumpIsMonotone(t *testing.T) {
	for i := range 500 {
		key := fmt.Appendf(nil, "%d", i)
		last := 0
		for n := 1; n < 60; n++ {
			node := jump(n).Place(key)
			if node != last && node != n-1 {
				t.Fatalf("key %d: from %d to %d with %d nodes", i, last, node, n)
			}
			last = node
		}
	}
}

// The shares of a ring add up to all of it.
func TestRingShares(t *testing.T) {
	if over := NewHashRing(1, 7, 3).MaxOverMean(); math.Abs(over-1) > 1e-9 {
		t.Errorf("one node has %v of the ring", over)
	}
	ring := NewHashRing(5, 50, 1)
	counts := make([]float64, 5)
	const keys = 200_000
	for i := range keys {
		counts[ring.Place(fmt.Appendf(nil, "k%d", i))]++
	}
	most := 0.0
	for _, n := range counts {
		most = max(most, n*5/keys)
	}
	if over := ring.MaxOverMean(); math.Abs(over-most) > 0.02 {
		t.Errorf("max/mean %v by arcs, %v by keys", over, most)
	}
}
