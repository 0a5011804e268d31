package driver

import (
	"testing"

	"slotbench/internal/slot"
	"slotbench/results"
)

// TestWhoTookAPlaceIsNoShardOfItsOwn: skew is that of shards, of which none
// comes to be when a replica becomes the primary.
func TestWhoTookAPlaceIsNoShardOfItsOwn(t *testing.T) {
	move := func(end *slot.Topology, from, to, slots int) {
		for s := 0; slots > 0; s++ {
			if end.Owner(slot.Slot(s)) == from {
				end.SetOwner(slot.Slot(s), to)
				slots--
			}
		}
	}
	for name, c := range map[string]struct {
		mode  string
		moves [][3]int // from, to, slots
		want  int      // whose place node 3 took
	}{
		"failed over":                     {modeCluster, [][3]int{{1, 3, 5461}}, 1},
		"failed over when slots had left": {modeCluster, [][3]int{{1, 2, 300}, {1, 3, 5161}}, 1},
		"added, and given a part":         {modeCluster, [][3]int{{1, 3, 100}}, 3},
		"added, and given of two":         {modeCluster, [][3]int{{1, 3, 5461}, {0, 3, 1}}, 3},
		"added, and given nothing":        {modeCluster, nil, 3},
		"appointed by Sentinels":          {"standalone", nil, 0},
	} {
		e, _, _ := measuring(newFakeCluster(3, false))
		e.about.Mode = c.mode
		topology := slot.NewTopology(e.topology.Count(), append(e.topology.Nodes[:3:3], slot.Node{Host: "h", Port: 1}))
		for s := range int(topology.Count()) {
			topology.SetOwner(slot.Slot(s), e.topology.Owner(slot.Slot(s)))
		}
		for _, m := range c.moves {
			slots := m[2]
			if all := topology.Slots(m[0]); slots > all || slots > 5000 && all-slots < 5 {
				slots = all // the nodes' shares differ by one
			}
			move(topology, m[0], m[1], slots)
		}
		if got := e.predecessor(topology, 3); got != c.want {
			t.Errorf("%s: node 3 took the place of %d, want %d", name, got, c.want)
		}
		if got := e.predecessor(topology, 1); got != 1 {
			t.Errorf("%s: node 1 took the place of %d", name, got)
		}
	}
}

func TestSkewOfAFollowedServer(t *testing.T) {
	e, m, _ := measuring(newFakeCluster(1, false))
	e.about.Mode = "standalone"
	e.rec.Nodes[0].Ops, e.rec.Nodes[0].SlotsStart, e.rec.Nodes[0].KeysStart = 70, int(e.topology.Count()), 10
	e.rec.Nodes = append(e.rec.Nodes, results.Node{Joined: true, Ops: 30, KeysStart: 0})
	e.Workload = compile(t, &e.Plan, "")
	m.result = m.recorder.Result(m.tally, 0)
	e.fillSkew(m)
	if ops := e.rec.Skew.Ops; ops.Nodes != 1 || ops.Total != 100 || ops.MaxOverMean != 1 || e.rec.Skew.Keys.Nodes != 1 {
		t.Errorf("%+v, %+v", ops, e.rec.Skew.Keys)
	}
}
