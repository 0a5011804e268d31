package pushed

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"slotbench/internal/slot"
	"slotbench/server/topology"
)

// Limits of a configuration.
const (
	// MaxConfigBytes is the longest configuration that is read: every slot a
	// range of its own takes about 1 MiB.
	MaxConfigBytes = 4 << 20
	// MaxNodeIDBytes is the longest node id: Redis's has 40 hex digits,
	// Dragonfly's is free text.
	MaxNodeIDBytes = 256
	// MaxHostBytes is the longest host: a domain name's limit.
	MaxHostBytes = 255
)

// ErrConfig refuses a configuration, in Dragonfly's words; the old one stays.
//
//lint:ignore ST1005 Dragonfly's words
var ErrConfig = errors.New("Invalid cluster configuration.")

// What Dragonfly knows and this server does not, it says so of.
var (
	//lint:ignore ST1005 an answer behind "-ERR ", like ErrConfig
	errReplicas = errors.New("Invalid cluster configuration. This server does not replicate: replicas must be empty.")
	//lint:ignore ST1005 an answer behind "-ERR ", like ErrConfig
	errMigrations = errors.New("Invalid cluster configuration. Slots are migrated by CLUSTER SETSLOT and MIGRATE: migrations must be empty.")
)

// A configuration is a list of shards, as Dragonfly has it. Pointers tell what
// is missing; what is not named here is passed over.
type (
	shard struct {
		SlotRanges *[]slotRange       `json:"slot_ranges"`
		Master     *master            `json:"master"`
		Replicas   *[]json.RawMessage `json:"replicas"`
		Migrations []json.RawMessage  `json:"migrations"`
	}
	slotRange struct {
		Start *int `json:"start"`
		End   *int `json:"end"` // included
	}
	master struct {
		ID   *string `json:"id"`
		IP   *string `json:"ip"`
		Port *int    `json:"port"`
	}
)

// parse reads a configuration of count slots. Every slot must have one owner.
func parse(config []byte, count slot.Count) (nodes []slot.Node, spans []topology.Span, err error) {
	if len(config) > MaxConfigBytes {
		return nil, nil, ErrConfig
	}
	decoder := json.NewDecoder(bytes.NewReader(config))
	var shards []shard
	if decoder.Decode(&shards) != nil {
		return nil, nil, ErrConfig
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, nil, ErrConfig
	}
	owned := make([]bool, count)
	left := int(count)
	ids := make(map[string]bool)
	for i, sh := range shards {
		node, err := sh.node()
		if err != nil {
			return nil, nil, err
		}
		if ids[node.ID] {
			return nil, nil, ErrConfig
		}
		ids[node.ID] = true
		nodes = append(nodes, node)
		for _, r := range *sh.SlotRanges {
			if r.Start == nil || r.End == nil || *r.Start < 0 || *r.Start > *r.End || *r.End >= int(count) {
				return nil, nil, ErrConfig
			}
			for s := *r.Start; s <= *r.End; s++ {
				if owned[s] {
					return nil, nil, ErrConfig
				}
				owned[s] = true
				left--
			}
			spans = append(spans, topology.Span{Range: slot.Range{First: slot.Slot(*r.Start), Last: slot.Slot(*r.End)}, Owner: i})
		}
	}
	if left > 0 {
		return nil, nil, ErrConfig
	}
	return nodes, spans, nil
}

// node checks all of a shard but its slots.
func (sh shard) node() (slot.Node, error) {
	m := sh.Master
	switch {
	case sh.SlotRanges == nil, sh.Replicas == nil, m == nil, m.ID == nil, m.IP == nil, m.Port == nil:
		return slot.Node{}, ErrConfig
	case !word(*m.ID, MaxNodeIDBytes), !word(*m.IP, MaxHostBytes), *m.Port < 1 || *m.Port > 65535:
		return slot.Node{}, ErrConfig
	case len(*sh.Replicas) > 0:
		return slot.Node{}, errReplicas
	case len(sh.Migrations) > 0:
		return slot.Node{}, errMigrations
	}
	return slot.Node{ID: *m.ID, Host: *m.IP, Port: *m.Port}, nil
}

// word says whether text can stand in a line of CLUSTER NODES: printable
// ASCII without spaces.
func word(text string, maxBytes int) bool {
	return text != "" && len(text) <= maxBytes &&
		!strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}
