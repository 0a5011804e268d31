// Package clustermap reads who owns which slot from what a cluster says of
// itself: CLUSTER NODES or nodes.conf, CLUSTER SLOTS, CLUSTER SHARDS, and
// Dragonfly's configuration. It asks nobody.
package clustermap

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"slotbench/internal/resp"
	"slotbench/internal/slot"
)

// Form is what a map was read from.
type Form string

// The forms.
const (
	Nodes     Form = "CLUSTER NODES"
	Slots     Form = "CLUSTER SLOTS"
	Shards    Form = "CLUSTER SHARDS"
	Dragonfly Form = "Dragonfly's configuration"
)

// Parse reads a map of slots, in any of the forms, as redis-cli prints it on a
// terminal, into a pipe or as JSON, or in the Redis protocol. Primaries without
// slots are nodes as well.
func Parse(text []byte) (*slot.Topology, Form, error) {
	trimmed := bytes.TrimSpace(text)
	if len(trimmed) == 0 {
		return nil, "", errNoTopology
	}
	if trimmed[0] == '"' { // a text that redis-cli has quoted
		if plain, ok := resp.Unquote(nil, trimmed); ok {
			trimmed = bytes.TrimSpace(plain)
		}
		if len(trimmed) == 0 {
			return nil, "", errNoTopology
		}
	}
	if looksNodes(trimmed) {
		t, err := parseNodes(trimmed)
		return t, Nodes, err
	}
	if trimmed[0] == '[' && bytes.Contains(trimmed, []byte(`"slot_ranges"`)) {
		t, err := parseDragonfly(trimmed)
		return t, Dragonfly, err
	}
	words, err := resp.Flatten(text)
	switch {
	case err != nil:
		return nil, "", fmt.Errorf("topology: %w", err)
	case len(words) == 1 && looksNodes([]byte(words[0])): // a text in the Redis protocol
		t, err := parseNodes([]byte(words[0]))
		return t, Nodes, err
	case len(words) > 0 && words[0] == "slots":
		t, err := parseShards(words)
		return t, Shards, err
	case len(words) > 4:
		t, err := parseSlots(words)
		return t, Slots, err
	}
	return nil, "", errNoTopology
}

var errNoTopology = errors.New("no topology: want the text of CLUSTER NODES, CLUSTER SLOTS, CLUSTER SHARDS, a nodes.conf, or Dragonfly's configuration in JSON")

// builder collects primaries and their slots.
type builder struct {
	nodes  []slot.Node
	index  map[string]int
	ranges []owned
}

type owned struct {
	slot.Range
	node int
}

// node is the index of a primary, by its id or else its address.
func (b *builder) node(n slot.Node) int {
	name := n.ID
	if name == "" {
		name = n.Addr()
	}
	if b.index == nil {
		b.index = map[string]int{}
	}
	at, known := b.index[name]
	if !known {
		at = len(b.nodes)
		b.index[name] = at
		b.nodes = append(b.nodes, n)
	}
	return at
}

// own gives a range to a node.
func (b *builder) own(first, last string, node int) error {
	text := first + "-" + last
	ranges, err := slot.ParseRanges(text, slot.DefaultCount)
	if err != nil || len(ranges) != 1 {
		return fmt.Errorf("slots %s: want FIRST-LAST within 0-%d", text, slot.DefaultCount-1)
	}
	b.ranges = append(b.ranges, owned{ranges[0], node})
	return nil
}

// maxNodes is how many primaries a topology may have.
const maxNodes = 1 << 14

func (b *builder) topology() (*slot.Topology, error) {
	switch {
	case len(b.nodes) == 0:
		return nil, errors.New("the topology has no primaries")
	case len(b.nodes) > maxNodes:
		return nil, fmt.Errorf("the topology has %d primaries: want at most %d", len(b.nodes), maxNodes)
	}
	at := b.order()
	t := slot.NewTopology(slot.DefaultCount, b.nodes)
	for _, r := range b.ranges {
		node := at[r.node]
		for s := int(r.First); s <= int(r.Last); s++ {
			if owner := t.Owner(slot.Slot(s)); owner != slot.NoOwner && owner != node {
				return nil, fmt.Errorf("slot %d has two owners: %s and %s", s, b.nodes[owner].Addr(), b.nodes[node].Addr())
			}
			t.SetOwner(slot.Slot(s), node)
		}
	}
	return t, nil
}

// order sorts the nodes by their first slot, those without any last, and says
// where each one is now.
func (b *builder) order() (at []int) {
	first := make([]int, len(b.nodes))
	for i := range first {
		first[i] = int(slot.DefaultCount)
	}
	for _, r := range b.ranges {
		first[r.node] = min(first[r.node], int(r.First))
	}
	was := make([]int, len(b.nodes))
	for i := range was {
		was[i] = i
	}
	slices.SortStableFunc(was, func(i, j int) int { return cmp.Compare(first[i], first[j]) })
	at = make([]int, len(was))
	nodes := make([]slot.Node, len(was))
	for now, i := range was {
		at[i], nodes[now] = now, b.nodes[i]
	}
	b.nodes = nodes
	return at
}

// The fields of a line of CLUSTER NODES.
const (
	fieldID = iota
	fieldAddr
	fieldFlags
	fieldPrimary
	fieldSlots = 8
)

func looksNodes(text []byte) bool {
	for line := range bytes.Lines(text) {
		fields := bytes.Fields(line)
		if len(fields) >= fieldSlots && bytes.ContainsAny(fields[fieldAddr], ":") && isFlags(string(fields[fieldFlags])) {
			return true
		}
		if len(fields) > 0 && string(fields[0]) != "vars" {
			return false
		}
	}
	return false
}

func isFlags(text string) bool {
	return strings.Contains(text, "master") || strings.Contains(text, "slave") || strings.Contains(text, "primary") || strings.Contains(text, "replica")
}

// parseNodes reads CLUSTER NODES or nodes.conf.
func parseNodes(text []byte) (*slot.Topology, error) {
	var b builder
	number := 0
	for line := range bytes.Lines(text) {
		number++
		fields := strings.Fields(string(line))
		if len(fields) == 0 || fields[0] == "vars" {
			continue
		}
		if len(fields) < fieldSlots || !isFlags(fields[fieldFlags]) && fields[fieldFlags] != "noflags" && !strings.Contains(fields[fieldFlags], "handshake") {
			return nil, fmt.Errorf("line %d: want ID ADDRESS FLAGS PRIMARY PING PONG EPOCH LINK SLOT…", number)
		}
		flags := fields[fieldFlags]
		if !strings.Contains(flags, "master") && !strings.Contains(flags, "primary") || strings.Contains(flags, "noaddr") && len(fields) == fieldSlots {
			continue
		}
		n, err := parseAddr(fields[fieldAddr])
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		n.ID = fields[fieldID]
		at := b.node(n)
		for _, word := range fields[fieldSlots:] {
			if strings.HasPrefix(word, "[") { // a slot that is on its way
				continue
			}
			first, last, closed := strings.Cut(word, "-")
			if !closed {
				last = first
			}
			if err := b.own(first, last, at); err != nil {
				return nil, fmt.Errorf("line %d: %w", number, err)
			}
		}
	}
	return b.topology()
}

// parseAddr reads host:port[@bus][,name][,field=value…].
func parseAddr(text string) (slot.Node, error) {
	addr, _, _ := strings.Cut(text, ",")
	addr, _, _ = strings.Cut(addr, "@")
	at := strings.LastIndexByte(addr, ':')
	if at < 0 {
		return slot.Node{}, fmt.Errorf("address %q: want HOST:PORT", text)
	}
	port, err := strconv.ParseUint(addr[at+1:], 10, 16)
	if err != nil {
		return slot.Node{}, fmt.Errorf("address %q: want HOST:PORT", text)
	}
	return slot.Node{Host: strings.Trim(addr[:at], "[]"), Port: int(port)}, nil
}

func isNumber(word string) bool {
	_, err := strconv.ParseUint(word, 10, 64)
	return err == nil
}

// parseSlots reads CLUSTER SLOTS: first slot, last slot, then for each node its
// host, port, id and perhaps more; the first node is the primary. Two numbers
// in a row begin the next range: nothing else has them.
func parseSlots(words []string) (*slot.Topology, error) {
	var b builder
	for i := 0; i < len(words); {
		if i+3 >= len(words) || !isNumber(words[i]) || !isNumber(words[i+1]) || !isNumber(words[i+3]) {
			return nil, fmt.Errorf("CLUSTER SLOTS, word %d (%q): want first slot, last slot, host, port", i+1, words[i])
		}
		n, err := parseAddr(net.JoinHostPort(words[i+2], words[i+3]))
		if err != nil {
			return nil, err
		}
		if i+4 < len(words) && !isNumber(words[i+4]) {
			n.ID = words[i+4]
		}
		if err := b.own(words[i], words[i+1], b.node(n)); err != nil {
			return nil, err
		}
		for i += 4; i < len(words) && !(isNumber(words[i]) && i+1 < len(words) && isNumber(words[i+1])); i++ {
			continue
		}
	}
	return b.topology()
}

// parseShards reads CLUSTER SHARDS: "slots" and pairs of numbers, "nodes" and
// names with values.
func parseShards(words []string) (*slot.Topology, error) {
	var b builder
	for i := 0; i < len(words); {
		if words[i] != "slots" {
			return nil, fmt.Errorf("CLUSTER SHARDS, word %d: %q: want slots", i+1, words[i])
		}
		i++
		var ranges [][2]string
		for i+1 < len(words) && isNumber(words[i]) {
			ranges = append(ranges, [2]string{words[i], words[i+1]})
			i += 2
		}
		for i < len(words) && words[i] == "" { // what redis-cli prints of an empty list
			i++
		}
		if i < len(words) && words[i] == "nodes" {
			i++
		}
		var n slot.Node
		primary := slot.Node{}
		for ; i+1 < len(words) && words[i] != "slots"; i += 2 {
			value := words[i+1]
			switch words[i] {
			case "id":
				n = slot.Node{ID: value}
			case "port", "tls-port":
				n.Port, _ = strconv.Atoi(value) // 0 where it is none
			case "ip", "endpoint":
				if n.Host == "" {
					n.Host = value
				}
			case "role":
				if value == "master" || value == "primary" {
					primary = n
				}
			}
		}
		if i == len(words)-1 {
			return nil, fmt.Errorf("CLUSTER SHARDS ends with %q", words[i])
		}
		if primary.ID == "" {
			if len(ranges) > 0 {
				return nil, fmt.Errorf("CLUSTER SHARDS: slots %s-%s have no primary", ranges[0][0], ranges[0][1])
			}
			continue
		}
		at := b.node(primary)
		for _, r := range ranges {
			if err := b.own(r[0], r[1], at); err != nil {
				return nil, err
			}
		}
	}
	return b.topology()
}

// parseDragonfly reads what DFLYCLUSTER CONFIG takes and CLUSTER SHARDS-like
// tools keep: a list of shards.
func parseDragonfly(text []byte) (*slot.Topology, error) {
	var shards []struct {
		Ranges []struct{ Start, End int } `json:"slot_ranges"`
		Master struct {
			ID   string
			IP   string
			Port int
		}
	}
	if err := json.Unmarshal(text, &shards); err != nil {
		return nil, fmt.Errorf("JSON: %w", err)
	}
	var b builder
	for _, shard := range shards {
		at := b.node(slot.Node{ID: shard.Master.ID, Host: shard.Master.IP, Port: shard.Master.Port})
		for _, r := range shard.Ranges {
			if err := b.own(strconv.Itoa(r.Start), strconv.Itoa(r.End), at); err != nil {
				return nil, err
			}
		}
	}
	return b.topology()
}
