package rebalance

import (
	"cmp"
	"errors"
	"math"
	"slices"

	"slotbench/internal/slot"
)

// CountThreshold is the imbalance of slot counts, as a share, below which
// valkey-cli --cluster rebalance does nothing.
const CountThreshold = 0.02

// ByCount is what valkey-cli and redis-cli --cluster rebalance
// --cluster-use-empty-masters make of a cluster: they balance the number of
// slots and look at nothing else. Every node gets ⌊slots · weight / Σ weights⌋,
// in single precision as there; what rounding leaves over goes to the nodes
// that lack slots, in the nodes' order; the node with the most to give then
// gives its lowest slots to the one that lacks most. Nothing moves while every
// node is within CountThreshold of its due, unless threshold says otherwise;
// 0 is never within.
//
// The tools know the nodes in an order of their own (that of their CLUSTER
// NODES), so which of two equal nodes gives may differ from here. Pinned slots
// are nothing that they know.
func ByCount(before *slot.Topology, weights []float64, threshold float64) (*slot.Topology, error) {
	nodes := make([]countNode, len(before.Nodes))
	var totalWeight float32
	for i := range nodes {
		nodes[i] = countNode{node: i, slots: before.Slots(i), weight: 1}
		if weights != nil {
			nodes[i].weight = float32(weights[i])
		}
		totalWeight += nodes[i].weight
	}
	if !(totalWeight > 0) {
		return nil, errors.New("every node has weight 0")
	}
	left, reached := 0, false
	for i := range nodes {
		n := &nodes[i]
		expected := int(float32(float32(before.Count())/totalWeight) * n.weight)
		n.balance = n.slots - expected
		left += n.balance
		reached = reached || n.over(expected, threshold)
	}
	after := before.Clone()
	if !reached {
		return after, nil
	}
	for left > 0 {
		gave := false
		for i := range nodes {
			if nodes[i].balance <= 0 && left > 0 {
				nodes[i].balance--
				left--
				gave = true
			}
		}
		if !gave {
			break // only with slots that nobody owns
		}
	}
	slices.SortStableFunc(nodes, func(a, b countNode) int { return cmp.Compare(a.balance, b.balance) })
	for lacks, gives := 0, len(nodes)-1; lacks < gives; {
		to, from := &nodes[lacks], &nodes[gives]
		n := min(abs(to.balance), abs(from.balance))
		giveLowest(after, from.node, to.node, n)
		to.balance += n
		from.balance -= n
		if to.balance == 0 {
			lacks++
		}
		if from.balance == 0 {
			gives--
		}
	}
	return after, nil
}

// countNode is a node as the tools see it.
type countNode struct {
	node    int
	weight  float32
	slots   int
	balance int // slots to give; negative: to get
}

// over says whether the node is further from its due than the threshold.
func (n *countNode) over(expected int, threshold float64) bool {
	if n.slots == 0 {
		return expected > 1
	}
	return math.Abs(100-100*float64(expected)/float64(n.slots)) > 100*threshold
}

// giveLowest moves a node's n lowest slots.
func giveLowest(t *slot.Topology, from, to, n int) {
	for s := 0; s < int(t.Count()) && n > 0; s++ {
		if t.Owner(slot.Slot(s)) == from {
			t.SetOwner(slot.Slot(s), to)
			n--
		}
	}
}

func abs(n int) int { return max(n, -n) }
