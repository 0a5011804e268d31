package nodes

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/shirou/gopsutil/v3/process"

	"slotbench/internal/slot"
)

const (
	idA = "07c37dfeb235213a872192d90877d0cd55635b91"
	idB = "67ed2db8d677e59ec4a4cefb06858cf2a1a89fa1"
	idC = "292f8b365bb7edb5e285caf0b7e6ddc7265d2f4f"
)

func TestParseView(t *testing.T) {
	text := idA + " 127.0.0.1:30004@31004,hostname4 slave " + idB + " 0 1426238317239 4 connected\n" +
		idB + " :30001@31001 myself,master - 0 0 1 connected 0-5460 7000 [93-<-" + idC + "] [77->-" + idC + "]\n" +
		idC + " 2001:db8::5:30002@31002,h2,shard-id=x master - 0 1426238316232 2 connected 5461\n" +
		"d 10.0.0.1:30003@31003 master,fail - 0 0 0 disconnected 10000-16383\n" +
		"e :0@0 master,noaddr - 0 0 0 disconnected\n" +
		"f 10.0.0.9:1@2 handshake - 0 0 0 connected\n"
	view, err := ParseView(text, "asked.example")
	if err != nil {
		t.Fatal(err)
	}
	want := View{Myself: idB, Primaries: []Primary{
		{slot.Node{ID: idB, Host: "asked.example", Port: 30001}, []slot.Range{{First: 0, Last: 5460}, {First: 7000, Last: 7000}}},
		{slot.Node{ID: idC, Host: "2001:db8::5", Port: 30002}, []slot.Range{{First: 5461, Last: 5461}}},
	}, Replicas: []Replica{{slot.Node{ID: idA, Host: "127.0.0.1", Port: 30004}, idB}},
		Open: map[slot.Slot]string{93: idC, 77: idC}}
	if !reflect.DeepEqual(view, want) {
		t.Errorf("got  %+v\nwant %+v", view, want)
	}
	for s, owner := range map[slot.Slot]string{0: idB, 7000: idB, 7001: "", 5461: idC, 12000: ""} {
		if got := view.Owner(s); got != owner {
			t.Errorf("slot %d is %q's, want %q's", s, got, owner)
		}
	}
}

func TestParseViewRefuses(t *testing.T) {
	line := func(addr, slots string) string {
		return "a " + addr + " myself,master - 0 0 1 connected " + slots + "\n"
	}
	for _, text := range []string{
		"", "hello\n", "a b c\n",
		line("h", "1"), line("h:x@1", "1"), line("h:0@1", "1"), line("h:70000", "1"),
		line("h:1", "5-3"), line("h:1", "16384"), line("h:1", "-"), line("h:1", "[16384->-a]"), line("h:1", "[1]"),
		"a h:1@2 slave b 0 0 1 connected\n",
	} {
		if view, err := ParseView(text, "x"); !errors.Is(err, errNoView) {
			t.Errorf("%q: %+v, %v", text, view, err)
		}
	}
}

func FuzzParseView(f *testing.F) {
	f.Add(idA + " 127.0.0.1:30001@31001,host myself,master - 0 0 1 connected 0-5460 [93-<-" + idC + "]\n")
	f.Add("node-a 127.0.0.1:7601@7601 master - 0 0 0 connected 0-8191\n\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		view, err := ParseView(text, "h")
		if err != nil {
			return
		}
		for _, primary := range view.Primaries {
			if primary.Port <= 0 || primary.Port > 65535 || primary.Host == "" {
				t.Fatalf("%+v", primary)
			}
			for _, r := range primary.Owned {
				if r.First > r.Last || r.Last >= slot.Slot(slot.DefaultCount) {
					t.Fatalf("%+v", r)
				}
			}
		}
	})
}

func TestPlaceKeepsTheOrder(t *testing.T) {
	n := New(Options{Cluster: true}, []slot.Node{{Host: "127.0.0.1", Port: 2}, {ID: idB, Host: "127.0.0.1", Port: 1}})
	defer n.Close()
	view := View{Primaries: []Primary{
		{slot.Node{ID: idC, Host: "127.0.0.1", Port: 3}, []slot.Range{{First: 20, Last: 29}}},
		{slot.Node{ID: idB, Host: "10.0.0.1", Port: 1}, []slot.Range{{First: 10, Last: 19}}},
		{slot.Node{ID: idA, Host: "127.0.0.1", Port: 2}, []slot.Range{{First: 0, Last: 9}}},
	}}
	for range 2 {
		topology := n.place(view)
		if len(topology.Nodes) != 3 || topology.Owner(5) != 0 || topology.Owner(15) != 1 || topology.Owner(25) != 2 ||
			topology.Owner(30) != slot.NoOwner || topology.Nodes[0].ID != idA {
			t.Errorf("%v: 5 is %d's, 15 %d's, 25 %d's", topology.Nodes, topology.Owner(5), topology.Owner(15), topology.Owner(25))
		}
	}
}

func TestInfo(t *testing.T) {
	info := ParseInfo("# Server\r\nredis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:9.1.2\r\n\r\n" +
		"# Keyspace\r\ndb0:keys=7,expires=1,avg_ttl=0\r\ndb12:keys=5,expires=0\r\ndbx:keys=100\r\n" +
		"used_cpu_sys:1.5\r\nused_cpu_user:0.250000\r\ntotal_forks:3\r\nno field\r\n")
	if product, version := info.Product(); product != "valkey" || version != "9.1.2" {
		t.Errorf("%s %s", product, version)
	}
	stats := fromInfo(info)
	if stats.Keys != 12 || stats.CPU != 1750*time.Millisecond || stats.ForkedSaves != 3 || stats.Evicted != -1 || stats.RSSBytes != -1 {
		t.Errorf("%+v", stats)
	}
	for text, want := range map[string]string{
		"redis_version:7.0.15":                                 "redis 7.0.15",
		"redis_version:7.4.0\ndragonfly_version:df-v1.40.1":    "dragonfly df-v1.40.1",
		"redis_version:8.0.0\nserver_name:slotbench":           "slotbench 8.0.0",
		"redis_version:8.0.0\nserver_name:redis\nprocess_id:1": "redis 8.0.0",
		"": "redis ",
	} {
		if product, version := ParseInfo(text).Product(); product+" "+version != want {
			t.Errorf("%q is %s %s, want %s", text, product, version, want)
		}
	}
	if cpu := ParseInfo("used_cpu_sys:x").CPU(); cpu >= 0 {
		t.Errorf("CPU time %v out of nothing", cpu)
	}
}

// A pid that a server tells counts only if the process fits what it tells of
// itself.
func TestIsServer(t *testing.T) {
	self, err := process.NewProcess(int32(os.Getpid()))
	if err != nil {
		t.Fatal(err)
	}
	name, err := self.Name()
	if err != nil {
		t.Fatal(err)
	}
	createdMillis, err := self.CreateTime()
	if err != nil {
		t.Fatal(err)
	}
	created := time.UnixMilli(createdMillis)
	for _, c := range []struct {
		executable, uptime string
		age                time.Duration
		want               bool
	}{
		{name, "100", 101 * time.Second, true},
		{filepath.Join("/usr/bin", name), "100", 98 * time.Second, true},
		{"", "100", 100 * time.Second, true},
		{"/usr/bin/other", "100", 100 * time.Second, false},
		{name, "100", 110 * time.Second, false},
		{name, "100", 10 * time.Second, false},
		{name, "", 0, false},
	} {
		info := Info{"executable": c.executable, "uptime_in_seconds": c.uptime}
		if got := isServer(self, info, created.Add(c.age)); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
	n := node{Node: slot.Node{Host: "192.0.2.1", Port: 1}}
	if n.process(Info{"process_id": strconv.Itoa(os.Getpid())}) != nil {
		t.Error("a node elsewhere has a process here")
	}
}

func TestCommandNameHidesArguments(t *testing.T) {
	for want, args := range map[string][]any{
		"MIGRATE":         {"MIGRATE", "h", 1, "", 0, 5, "AUTH", "secret"},
		"CLUSTER SETSLOT": {"CLUSTER", "SETSLOT", 5, "STABLE"},
		"INFO":            {"INFO"},
	} {
		if got := commandName(args); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
