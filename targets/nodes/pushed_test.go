package nodes

import (
	"testing"

	"slotbench/internal/slot"
)

func TestPushedConfig(t *testing.T) {
	list := []slot.Node{{ID: "a", Host: "::1", Port: 1}, {ID: "b", Host: "h", Port: 2}}
	topology := slot.NewTopology(slot.DefaultCount, list)
	topology.SetRange(slot.Range{First: 0, Last: 9}, 0)
	topology.SetRange(slot.Range{First: 12, Last: 16383}, 0)
	got, err := PushedConfig(topology, nil)
	want := `[{"slot_ranges":[{"start":0,"end":9},{"start":12,"end":16383}],"master":{"id":"a","ip":"::1","port":1},"replicas":[]},` +
		`{"slot_ranges":[],"master":{"id":"b","ip":"h","port":2},"replicas":[]}]`
	if err != nil || got != want {
		t.Errorf("got  %s\nwant %s\n%v", got, want, err)
	}
	list[1].Away = true
	topology = slot.NewTopology(slot.DefaultCount, append(list, slot.Node{ID: "c", Host: "i", Port: 3}))
	topology.SetRange(slot.Range{First: 0, Last: 16383}, 0)
	got, err = PushedConfig(topology, []PushedMigration{{From: 0, To: 2, Ranges: []slot.Range{{First: 5, Last: 7}}, Port: 9}})
	want = `[{"slot_ranges":[{"start":0,"end":16383}],"master":{"id":"a","ip":"::1","port":1},"replicas":[],` +
		`"migrations":[{"node_id":"c","ip":"i","port":9,"slot_ranges":[{"start":5,"end":7}]}]},` +
		`{"slot_ranges":[],"master":{"id":"c","ip":"i","port":3},"replicas":[]}]`
	if err != nil || got != want {
		t.Errorf("got  %s\nwant %s\n%v", got, want, err)
	}
}
