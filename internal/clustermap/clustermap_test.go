package clustermap

import (
	"fmt"
	"strings"
	"testing"

	"slotbench/internal/peer"
	"slotbench/internal/slot"
)

const (
	idA = "07c37dfeb235213a872192d90877d0cd55635b91"
	idB = "67ed2db8d677e59ec4a4cefb06858cf2a1a89fa1"
	idC = "824fe116063bc5fcf9f4ffd895bc17aee7731ac3"
)

// told is a topology in a line.
func told(t *slot.Topology) string {
	var all []string
	for i, n := range t.Nodes {
		var ranges []string
		for _, r := range t.Owned(i) {
			ranges = append(ranges, r.String())
		}
		all = append(all, fmt.Sprintf("%s %s %s", n.ID[:2], n.Addr(), strings.Join(ranges, ",")))
	}
	return strings.Join(all, "; ")
}

func TestForms(t *testing.T) {
	const want = "67 127.0.0.1:7001 0-99,200; 07 127.0.0.1:7000 100-199,201-16383"
	nodes := idA + " 127.0.0.1:7000@17000,host-a myself,master - 0 0 1 connected 100-199 201-16383 [93->-" + idB + "]\n" +
		idC + " 127.0.0.1:7002@17002 slave " + idA + " 0 1 1 connected\n" +
		idB + " 127.0.0.1:7001@17001 master - 0 0 2 connected 0-99 200\n"
	for _, test := range []struct {
		text string
		form Form
	}{
		{nodes, Nodes},
		{nodes + "vars currentEpoch 2 lastVoteEpoch 0\n", Nodes},
		{fmt.Sprintf("$%d\r\n%s\r\n", len(nodes), nodes), Nodes},
		{"0\n99\n127.0.0.1\n7001\n" + idB + "\n\n200\n200\n127.0.0.1\n7001\n" + idB + "\n\n100\n199\n127.0.0.1\n7000\n" + idA + "\n\n127.0.0.1\n7002\n" + idC + "\n\n201\n16383\n127.0.0.1\n7000\n" + idA + "\n\n", Slots},
		{`[[0,99,["127.0.0.1",7001,"` + idB + `",[]]],[200,200,["127.0.0.1",7001,"` + idB + `",[]]],[100,199,["127.0.0.1",7000,"` + idA + `",["hostname","a"]],["127.0.0.1",7002,"` + idC + `"]],[201,16383,["127.0.0.1",7000,"` + idA + `",[]]]]`, Slots},
		{`[{"slots":[0,99,200,200],"nodes":[{"id":"` + idB + `","port":7001,"ip":"127.0.0.1","endpoint":"127.0.0.1","role":"master","replication-offset":1,"health":"online"}]},` +
			`{"slots":[100,199,201,16383],"nodes":[{"id":"` + idC + `","port":7002,"ip":"127.0.0.1","endpoint":"127.0.0.1","role":"replica","replication-offset":1,"health":"online"},{"id":"` + idA + `","port":7000,"ip":"127.0.0.1","endpoint":"127.0.0.1","role":"master","replication-offset":1,"health":"online"}]}]`, Shards},
		{`[{"slot_ranges":[{"start":0,"end":99},{"start":200,"end":200}],"master":{"id":"` + idB + `","ip":"127.0.0.1","port":7001},"replicas":[]},{"slot_ranges":[{"start":100,"end":199},{"start":201,"end":16383}],"master":{"id":"` + idA + `","ip":"127.0.0.1","port":7000}}]`, Dragonfly},
	} {
		topology, form, err := Parse([]byte(test.text))
		if err != nil || form != test.form {
			t.Errorf("%s: %s, %v", test.form, form, err)
			continue
		}
		if got := told(topology); got != want {
			t.Errorf("%s: %s, want %s", form, got, want)
		}
	}
}

func TestFaults(t *testing.T) {
	for text, want := range map[string]string{
		"":      "no topology",
		"hello": "no topology",
		idA + " h:1 master - 0 0 1 connected 5-99999\n":                                                              "line 1: slots 5-99999",
		idA + " h:1 master - 0 0 1 connected 5\nx\n":                                                                 "line 2: want ID",
		idA + " h:1 master - 0 0 1 connected 5\n" + idB + " h:2 master - 0 0 1 connected 5\n":                        "slot 5 has two owners",
		idA + " h:1 slave x 0 0 1 connected\n":                                                                       "no primaries",
		`[{"slot_ranges":5}]`:                                                                                        "JSON",
		"0\n5\nh\n7000\nid\n\n6\n7\n":                                                                                "CLUSTER SLOTS, word",
		`[{"slots":[0,5],"nodes":[{"id":"x","role":"replica","port":1,"ip":"h","health":"online"}]}]`:                "have no primary",
		`[{"slots":[0,5],"nodes":[{"id":"x","role":"master","port":1,"ip":"h","health":"online"}]},{"slots":[5,9]}]`: "have no primary",
	} {
		if _, _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// What a real server says of itself, in each way that it says it.
func TestRealServer(t *testing.T) {
	conn := peer.Dial(t, peer.Start(t, "--cluster-enabled", "yes"))
	conn.Text("cluster", "addslotsrange", "0", "5000", "6000", "16383")
	var first string
	for _, what := range []string{"nodes", "slots", "shards"} {
		topology, _, err := Parse(conn.Do("cluster", what))
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if topology.Slots(slot.NoOwner) != 999 || len(topology.Nodes) != 1 {
			t.Errorf("%s: %s", what, told(topology))
		}
		if first == "" {
			first = topology.Nodes[0].ID
		}
		if topology.Nodes[0].ID != first {
			t.Errorf("%s: id %s, want %s", what, topology.Nodes[0].ID, first)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(idA + " h:1@2 master - 0 0 1 connected 0-5 7\n"))
	f.Add([]byte("0\n5\nh\n7000\nid\n\n"))
	f.Add([]byte("slots\n0\n5\nnodes\nid\nx\nport\n1\nip\nh\nrole\nmaster\n"))
	f.Add([]byte(`[{"slot_ranges":[{"start":0,"end":5}],"master":{"id":"a","ip":"h","port":1}}]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		topology, _, err := Parse(text)
		if err == nil && (len(topology.Nodes) == 0 || topology.Count() != slot.DefaultCount) {
			t.Fatalf("%d nodes, %d slots", len(topology.Nodes), topology.Count())
		}
	})
}
