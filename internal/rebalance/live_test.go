package rebalance

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"slotbench/internal/peer"
	"slotbench/internal/slot"
)

// liveLimit is how long a real cluster may take to agree.
const liveLimit = 60 * time.Second

// live is a cluster of real servers.
type live struct {
	t     *testing.T
	conns []*peer.Conn
	nodes []slot.Node
}

// startLive is a real cluster in which owners own the slots.
func startLive(t *testing.T, owners *slot.Topology) *live {
	t.Helper()
	c := &live{t: t}
	for i := range owners.Nodes {
		addr := peer.Start(t, "--cluster-enabled", "yes")
		conn := peer.Dial(t, addr)
		host, portText, _ := net.SplitHostPort(addr)
		port, _ := strconv.Atoi(portText)
		c.conns = append(c.conns, conn)
		c.nodes = append(c.nodes, slot.Node{ID: conn.Text("CLUSTER", "MYID"), Host: host, Port: port})
		for _, r := range owners.Owned(i) {
			conn.Text("CLUSTER", "ADDSLOTSRANGE", strconv.Itoa(int(r.First)), strconv.Itoa(int(r.Last)))
		}
		conn.Text("CLUSTER", "SET-CONFIG-EPOCH", strconv.Itoa(i+1))
	}
	for _, node := range c.nodes[1:] {
		c.conns[0].Text("CLUSTER", "MEET", node.Host, strconv.Itoa(node.Port))
	}
	c.await(owners)
	return c
}

// await waits until every node sees these owners.
func (c *live) await(want *slot.Topology) {
	c.t.Helper()
	deadline := time.Now().Add(liveLimit)
	var last string
	for time.Now().Before(deadline) {
		agreed := true
		for _, conn := range c.conns {
			if last = c.differs(conn, want); last != "" {
				agreed = false
				break
			}
		}
		if agreed {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	c.t.Fatalf("the cluster does not agree: %s", last)
}

// differs says where a node's view is another.
func (c *live) differs(conn *peer.Conn, want *slot.Topology) string {
	got := slot.NewTopology(want.Count(), c.nodes)
	for line := range strings.Lines(conn.Text("CLUSTER", "NODES")) {
		fields := strings.Fields(line)
		i := slices.IndexFunc(c.nodes, func(n slot.Node) bool { return n.ID == fields[0] })
		if i < 0 || fields[7] != "connected" {
			return line
		}
		ranges, err := slot.ParseRanges(strings.Join(fields[8:], " "), want.Count())
		if err != nil {
			return err.Error()
		}
		for _, r := range ranges {
			got.SetRange(r, i)
		}
	}
	for s := range int(want.Count()) {
		if a, b := got.Owner(slot.Slot(s)), want.Owner(slot.Slot(s)); a != b {
			return fmt.Sprintf("slot %d belongs to node %d, not %d", s, a, b)
		}
	}
	if !strings.Contains(conn.Text("CLUSTER", "INFO"), "cluster_state:ok") {
		return "cluster_state is not ok"
	}
	return ""
}

func uneven() *slot.Topology {
	t := slot.NewTopology(slot.DefaultCount, make([]slot.Node, 3))
	t.SetRange(slot.Range{First: 0, Last: 5160}, 0)
	t.SetRange(slot.Range{First: 5161, Last: 10922}, 1)
	t.SetRange(slot.Range{First: 10923, Last: 16383}, 2)
	return t
}

// The rule for comparison is that of the real tool, slot by slot.
func TestByCountIsRedisCLI(t *testing.T) {
	cli := peer.CLI(t)
	before := uneven()
	c := startLive(t, before)
	after, err := ByCount(before, nil, CountThreshold)
	if err != nil {
		t.Fatal(err)
	}
	if moved := len(Moves(before, after)); moved == 0 {
		t.Fatal("nothing moves")
	}
	output, err := exec.Command(cli, "--cluster", "rebalance", c.nodes[0].Addr(), "--cluster-use-empty-masters").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	c.await(after)
}

// An emitted script leads where the plan says, and brings every key along,
// whatever bytes it holds.
func TestScriptOnARealCluster(t *testing.T) {
	cli := peer.CLI(t)
	before := uneven()
	c := startLive(t, before)
	before.Nodes = c.nodes
	after := before.Clone()
	keys := []string{"plain", "two words", "line\nend", "quote\"s", "back\\slash", "\x00\xff", "", "'", "$HOME `id`", "{tag}1", "{tag}2", "*", "-h"}
	for i := range 300 {
		keys = append(keys, fmt.Sprintf("{many}%d", i))
	}
	for i, key := range keys {
		s := slot.Of([]byte(key))
		c.conns[before.Owner(s)].Text("SET", key, strconv.Itoa(i))
		after.SetOwner(s, (before.Owner(s)+1)%3)
	}
	p := NewPlan(before, after)
	for i := range p.Nodes {
		p.Nodes[i].ID = "" // the script asks
	}
	var script bytes.Buffer
	if err := Emitters["redis-cli"](&script, p, before); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "plan.sh")
	if err := os.WriteFile(path, script.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	run := exec.Command("sh", path)
	run.Env = append(os.Environ(), "CLI="+cli)
	if output, err := run.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	c.await(after)
	for i, key := range keys {
		if got := c.conns[after.Owner(slot.Of([]byte(key)))].Text("GET", key); got != strconv.Itoa(i) {
			t.Errorf("%q has %q, want %d", key, got, i)
		}
	}
}
