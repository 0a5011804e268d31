package slot

import (
	"fmt"
	"math"
	"net"
	"slices"
	"strconv"
	"strings"
)

// Range is a run of slots, closed at both ends.
type Range struct {
	First, Last Slot
}

// Len is how many slots the range holds.
func (r Range) Len() int { return int(r.Last) - int(r.First) + 1 }

// String is the range as Redis writes it: "5" or "5-9".
func (r Range) String() string {
	if r.First == r.Last {
		return strconv.Itoa(int(r.First))
	}
	return fmt.Sprintf("%d-%d", r.First, r.Last)
}

// Ranges joins slots, in any order, into the fewest ranges.
func Ranges(slots []Slot) []Range {
	sorted := slices.Clone(slots)
	slices.Sort(sorted)
	var ranges []Range
	for _, s := range slices.Compact(sorted) {
		if n := len(ranges); n > 0 && ranges[n-1].Last+1 == s {
			ranges[n-1].Last = s
			continue
		}
		ranges = append(ranges, Range{s, s})
	}
	return ranges
}

// ParseRanges reads "0-99,200,300-301": ranges with commas or spaces between
// them, each within n slots.
func ParseRanges(text string, n Count) ([]Range, error) {
	var ranges []Range
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		first, last, closed := strings.Cut(part, "-")
		if !closed {
			last = first
		}
		a, errA := strconv.ParseUint(first, 10, 16)
		b, errB := strconv.ParseUint(last, 10, 16)
		if errA != nil || errB != nil || a > b || b >= uint64(n) {
			return nil, fmt.Errorf("slot range %q: want FIRST-LAST within 0-%d", part, n-1)
		}
		ranges = append(ranges, Range{Slot(a), Slot(b)})
	}
	return ranges, nil
}

// Node is a primary that can own slots, as clients address it.
type Node struct {
	ID   string // the node's own id: 40 hex digits in Redis Cluster, free text in Dragonfly
	Host string
	Port int
	// Away says that the node can't own slots now: it was removed, or has become
	// a replica.
	Away bool
}

// Addr is host:port.
func (n Node) Addr() string { return net.JoinHostPort(n.Host, strconv.Itoa(n.Port)) }

// NoOwner stands for the owner of a slot that nobody serves.
const NoOwner = -1

// Topology says which of its nodes owns each slot. The zero Topology has no
// slots; a Topology is made by NewTopology and is not safe for concurrent
// change.
type Topology struct {
	Nodes  []Node
	owners []int16 // owners[s] indexes Nodes, or is NoOwner
}

// NewTopology is n slots that nobody owns yet.
func NewTopology(n Count, nodes []Node) *Topology {
	t := &Topology{Nodes: nodes, owners: make([]int16, n)}
	for s := range t.owners {
		t.owners[s] = NoOwner
	}
	return t
}

// Even gives every node one range of n slots, as redis-cli --cluster create
// cuts them: node i starts at slot round(i·n/N). The cut is computed in single
// precision because redis-cli does so: in double precision most clusters above
// 77 nodes would differ from it by a slot somewhere. With more nodes than
// slots some nodes own none.
func Even(n Count, nodes []Node) *Topology {
	t := NewTopology(n, nodes)
	perNode := float32(n) / float32(len(nodes))
	cursor, first := float32(0), 0
	for i := range nodes {
		last := int(math.Round(float64(float32(cursor+perNode) - 1)))
		if last >= int(n) || i == len(nodes)-1 {
			last = int(n) - 1
		}
		for s := first; s <= last; s++ {
			t.owners[s] = int16(i)
		}
		first, cursor = max(first, last+1), cursor+perNode
	}
	return t
}

// Count is how many slots there are.
func (t *Topology) Count() Count { return Count(len(t.owners)) }

// Owner is the index in Nodes of the slot's owner, or NoOwner.
func (t *Topology) Owner(s Slot) int { return int(t.owners[s]) }

// SetOwner gives a slot to the node with that index in Nodes, or to NoOwner.
func (t *Topology) SetOwner(s Slot, node int) { t.owners[s] = int16(node) }

// SetRange gives every slot of a range to one node.
func (t *Topology) SetRange(r Range, node int) {
	for s := int(r.First); s <= int(r.Last); s++ {
		t.owners[s] = int16(node)
	}
}

// Owned is the ranges that a node owns, ascending.
func (t *Topology) Owned(node int) []Range {
	var ranges []Range
	for s, owner := range t.owners {
		if int(owner) != node {
			continue
		}
		if n := len(ranges); n > 0 && int(ranges[n-1].Last)+1 == s {
			ranges[n-1].Last = Slot(s)
			continue
		}
		ranges = append(ranges, Range{Slot(s), Slot(s)})
	}
	return ranges
}

// Slots is how many slots a node owns; Slots(NoOwner) is how many nobody owns.
func (t *Topology) Slots(node int) int {
	owned := 0
	for _, owner := range t.owners {
		if int(owner) == node {
			owned++
		}
	}
	return owned
}

// Clone is a copy that shares nothing with t.
func (t *Topology) Clone() *Topology {
	return &Topology{Nodes: slices.Clone(t.Nodes), owners: slices.Clone(t.owners)}
}
