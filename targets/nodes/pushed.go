package nodes

import (
	"encoding/json"

	"slotbench/internal/slot"
)

// PushedMigration is a migration as a pushed topology orders it: the source
// sends ranges to the destination's admin port.
type PushedMigration struct {
	From, To int // indices of the nodes
	Ranges   []slot.Range
	Port     int // the destination's admin port
}

// The configuration of DFLYCLUSTER CONFIG, as Dragonfly documents it: ranges
// are closed at both ends, replicas may be empty but not missing.
type (
	pushedRange struct {
		Start slot.Slot `json:"start"`
		End   slot.Slot `json:"end"`
	}
	pushedNode struct {
		ID   string `json:"id"`
		IP   string `json:"ip"`
		Port int    `json:"port"`
	}
	pushedMove struct {
		ID     string        `json:"node_id"`
		IP     string        `json:"ip"`
		Port   int           `json:"port"`
		Ranges []pushedRange `json:"slot_ranges"`
	}
	pushedShard struct {
		Ranges     []pushedRange `json:"slot_ranges"`
		Master     pushedNode    `json:"master"`
		Replicas   []pushedNode  `json:"replicas"`
		Migrations []pushedMove  `json:"migrations,omitempty"`
	}
)

// PushedConfig is a topology, and the migrations that it orders, as
// DFLYCLUSTER CONFIG takes it. Nodes that are away are left out.
func PushedConfig(t *slot.Topology, migrations []PushedMigration) (string, error) {
	shards := []pushedShard{}
	for i, n := range t.Nodes {
		if n.Away {
			continue
		}
		shard := pushedShard{
			Ranges: pushedRanges(t.Owned(i)), Master: pushedNode{n.ID, n.Host, n.Port}, Replicas: []pushedNode{},
		}
		for _, m := range migrations {
			if m.From == i {
				to := t.Nodes[m.To]
				shard.Migrations = append(shard.Migrations, pushedMove{to.ID, to.Host, m.Port, pushedRanges(m.Ranges)})
			}
		}
		shards = append(shards, shard)
	}
	text, err := json.Marshal(shards)
	return string(text), err
}

func pushedRanges(ranges []slot.Range) []pushedRange {
	pushed := make([]pushedRange, len(ranges))
	for i, r := range ranges {
		pushed[i] = pushedRange{r.First, r.Last}
	}
	return pushed
}
