package nodes

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"slotbench/internal/slot"
)

// View is a cluster as one of its nodes sees it.
type View struct {
	Myself    string               // the id of the node that was asked, "" if it did not say
	Primaries []Primary            // those that are not failed, in the order told
	Replicas  []Replica            // likewise
	Open      map[slot.Slot]string // slots that it is migrating or importing, and to or from which id
}

// Primary is a node that may own slots.
type Primary struct {
	slot.Node
	Owned []slot.Range
}

// Replica is a node that copies a primary.
type Replica struct {
	slot.Node
	Of string // the id of its primary
}

// errNoView is what a text that is not CLUSTER NODES's is.
var errNoView = errors.New("not the text of CLUSTER NODES")

// ParseView reads what CLUSTER NODES answers: a line a node,
//
//	id host:port@bus[,hostname] flags primary ping pong epoch link slots…
//
// where a slot is 5, 5-9, or on the asked node's line also [5->-id] or
// [5-<-id]. A node that does not know its own address leaves the host empty;
// then it is host.
func ParseView(text, host string) (View, error) {
	view := View{Open: map[slot.Slot]string{}}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			continue
		}
		if err := view.addLine(line, host); err != nil {
			return View{}, fmt.Errorf("%w: %w: %.200q", errNoView, err, line)
		}
	}
	if len(view.Primaries) == 0 {
		return View{}, fmt.Errorf("%w: it names no primary", errNoView)
	}
	return view, nil
}

func (v *View) addLine(line, host string) error {
	fields := strings.Fields(line)
	if len(fields) < 8 {
		return fmt.Errorf("%d fields, want at least 8", len(fields))
	}
	flags := strings.Split(fields[2], ",")
	has := func(flag string) bool { return slices.Contains(flags, flag) }
	if has("myself") {
		v.Myself = fields[0]
	}
	replica := has("slave") || has("replica")
	if !has("master") && !replica || has("fail") || has("noaddr") || has("handshake") {
		return nil
	}
	node, err := parseAddr(fields[1], host)
	if err != nil {
		return err
	}
	node.ID = fields[0]
	if replica {
		v.Replicas = append(v.Replicas, Replica{Node: node, Of: fields[3]})
		return nil
	}
	primary := Primary{Node: node}
	for _, text := range fields[8:] {
		if strings.HasPrefix(text, "[") {
			if err := v.addOpen(text); err != nil {
				return err
			}
			continue
		}
		ranges, err := slot.ParseRanges(text, slot.DefaultCount)
		if err != nil {
			return err
		}
		primary.Owned = append(primary.Owned, ranges...)
	}
	v.Primaries = append(v.Primaries, primary)
	return nil
}

// addOpen reads "[5->-id]" and "[5-<-id]".
func (v *View) addOpen(text string) error {
	number, peer, ok := strings.Cut(strings.Trim(text, "[]"), "->-")
	if !ok {
		number, peer, ok = strings.Cut(strings.Trim(text, "[]"), "-<-")
	}
	n, err := strconv.ParseUint(number, 10, 16)
	if !ok || err != nil || n >= uint64(slot.DefaultCount) {
		return fmt.Errorf("open slot %q", text)
	}
	v.Open[slot.Slot(n)] = peer
	return nil
}

// parseAddr reads "host:port@bus,hostname,…" and "host:port".
func parseAddr(text, host string) (slot.Node, error) {
	addr, _, _ := strings.Cut(text, ",")
	addr, _, _ = strings.Cut(addr, "@")
	colon := strings.LastIndexByte(addr, ':') // IPv6 stands without brackets
	if colon < 0 {
		return slot.Node{}, fmt.Errorf("address %q has no port", text)
	}
	port, err := strconv.ParseUint(addr[colon+1:], 10, 16)
	if err != nil || port == 0 {
		return slot.Node{}, fmt.Errorf("address %q: port %q", text, addr[colon+1:])
	}
	if own := strings.Trim(addr[:colon], "[]"); own != "" {
		host = own
	}
	return slot.Node{Host: host, Port: int(port)}, nil
}

// Owner is the id of a slot's owner in this view, "" if nobody owns it.
func (v View) Owner(s slot.Slot) string {
	for _, primary := range v.Primaries {
		for _, r := range primary.Owned {
			if r.First <= s && s <= r.Last {
				return primary.ID
			}
		}
	}
	return ""
}

// View asks a node how it sees the cluster.
func (n *Nodes) View(ctx context.Context, i int) (View, error) {
	node, err := n.node(i)
	if err != nil {
		return View{}, err
	}
	return node.view(ctx)
}

func (n node) view(ctx context.Context) (View, error) {
	answer, err := n.do(ctx, "CLUSTER", "NODES")
	if err != nil {
		return View{}, err
	}
	text, _ := answer.(string)
	view, err := ParseView(text, n.Host)
	if err != nil {
		return View{}, fmt.Errorf("node %s: %w", n.Addr(), err)
	}
	return view, nil
}

// Topology is who owns each slot, as the first node that answers sees it. A
// primary that was not known before, such as a promoted replica, joins the
// list at its end; no node changes its index.
func (n *Nodes) Topology(ctx context.Context) (*slot.Topology, error) {
	if !n.options.Cluster {
		t := slot.NewTopology(slot.DefaultCount, n.List())
		alone := n.Alone()
		for i := range t.Nodes {
			t.Nodes[i].Away = i != alone
		}
		t.SetRange(slot.Range{First: 0, Last: slot.Slot(slot.DefaultCount - 1)}, alone)
		return t, nil
	}
	var errs []error
	for i, node := range n.all() {
		if node.gone {
			continue
		}
		t, err := n.TopologyOf(ctx, i)
		if err == nil {
			return t, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

// TopologyOf is who owns each slot of a cluster, as one node sees it.
func (n *Nodes) TopologyOf(ctx context.Context, i int) (*slot.Topology, error) {
	view, err := n.View(ctx, i)
	if err != nil {
		return nil, err
	}
	return n.place(view), nil
}

// place gives a view's slots to the nodes of the list.
func (n *Nodes) place(view View) *slot.Topology {
	n.mu.Lock()
	index := make([]int, len(view.Primaries))
	for i := range n.nodes {
		n.nodes[i].passive = true
	}
	for i, primary := range view.Primaries {
		index[i] = n.indexOf(primary.Node)
		n.nodes[index[i]].passive = false
	}
	n.mu.Unlock()
	t := slot.NewTopology(slot.DefaultCount, n.List())
	for i := range t.Nodes {
		t.Nodes[i].Away = true
	}
	for _, i := range index {
		t.Nodes[i].Away = false
	}
	for i, primary := range view.Primaries {
		for _, r := range primary.Owned {
			t.SetRange(r, index[i])
		}
	}
	return t
}

// indexOf finds a primary in the list by its address, else by its id, or adds
// it. An id that was not known, or that changed as a node was reset, is noted.
// n.mu is held.
func (n *Nodes) indexOf(primary slot.Node) int {
	for i := range n.nodes {
		if sameHost(n.nodes[i].Host, primary.Host) && n.nodes[i].Port == primary.Port {
			n.nodes[i].ID = primary.ID
			return i
		}
	}
	for i := range n.nodes {
		if primary.ID != "" && n.nodes[i].ID == primary.ID {
			return i
		}
	}
	n.add(primary)
	return len(n.nodes) - 1
}

// sameHost says whether two hosts are the same, where both are IP addresses
// even if they are written in different ways.
func sameHost(a, b string) bool {
	if a == b {
		return true
	}
	ipA, ipB := net.ParseIP(a), net.ParseIP(b)
	return ipA != nil && ipA.Equal(ipB)
}
