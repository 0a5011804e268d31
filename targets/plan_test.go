package targets

import (
	"slices"
	"testing"

	"slotbench/internal/slot"
)

func TestPlanMoves(t *testing.T) {
	named := func(n int) (nodes []slot.Node) {
		for i := range n {
			nodes = append(nodes, slot.Node{Host: "h", Port: i + 1})
		}
		return nodes
	}
	ranges := func(nodes int, owned ...slot.Range) *slot.Topology {
		topology := slot.NewTopology(slot.MinCount, named(nodes))
		for node, r := range owned {
			topology.SetRange(r, node)
		}
		return topology
	}
	away := ranges(4, slot.Range{First: 0, Last: 9}, slot.Range{First: 10, Last: 99})
	away.Nodes[2].Away, away.Nodes[3].Away = true, true
	for name, c := range map[string]struct {
		topology *slot.Topology
		n        int
		want     []Move // nil: refused
	}{
		"even: from the first to the last": {
			ranges(3, slot.Range{First: 0, Last: 99}, slot.Range{First: 100, Last: 199}, slot.Range{First: 200, Last: 299}), 2,
			[]Move{{99, 0, 2}, {98, 0, 2}},
		},
		"from the largest to the smallest": {
			ranges(3, slot.Range{First: 0, Last: 0}, slot.Range{First: 100, Last: 199}, slot.Range{First: 200, Last: 250}), 1,
			[]Move{{199, 1, 0}},
		},
		"the last is the largest": {
			ranges(2, slot.Range{First: 0, Last: 9}, slot.Range{First: 10, Last: 99}), 1,
			[]Move{{99, 1, 0}},
		},
		"not to one that is away": {away, 1, []Move{{99, 1, 0}}},
		"none":                    {ranges(2, slot.Range{First: 0, Last: 9}), 0, []Move{}},
		"too many":                {ranges(2, slot.Range{First: 0, Last: 9}), 11, nil},
		"one node only":           {ranges(1, slot.Range{First: 0, Last: 9}), 1, nil},
	} {
		moves, err := PlanMoves(c.topology, c.n)
		if (err != nil) != (c.want == nil) || !slices.Equal(moves, c.want) {
			t.Errorf("%s: %v, %v; want %v", name, moves, err, c.want)
		}
	}
}
