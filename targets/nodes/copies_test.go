package nodes

import (
	"fmt"
	"testing"
)

func TestReplicas(t *testing.T) {
	info := ParseInfo("role:master\r\nconnected_slaves:3\r\nslave0:ip=10.0.0.7,port=6380,state=online,offset=14,lag=1\r\n" +
		"slave1:ip=,port=1\r\nslave2:ip=::1,port=7,state=wait\r\nslave4:ip=h,port=9\r\n")
	got := ""
	for _, node := range info.Replicas() {
		got += node.Addr() + " "
	}
	if want := "10.0.0.7:6380 [::1]:7 "; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestReplicaWithin(t *testing.T) {
	for text, want := range map[string]bool{
		"master_repl_offset:100\nslave0:ip=h,port=1,state=online,offset=90,lag=0":                                           true,
		"master_repl_offset:100\nslave0:ip=h,port=1,state=online,offset=80,lag=0":                                           false,
		"master_repl_offset:100\nslave0:ip=h,port=1,state=wait_bgsave,offset=100,lag=0":                                     false,
		"master_repl_offset:100\nslave0:ip=h,port=1,state=wait_bgsave,offset=0\nslave1:ip=h,port=1,state=online,offset=100": true,
		"master_repl_offset:100\nconnected_slaves:0":                                                                        false,
	} {
		if got := ParseInfo(text).ReplicaWithin(10); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func FuzzReplicas(f *testing.F) {
	f.Add("slave0:ip=1.2.3.4,port=5\nslave1:port=x,ip")
	f.Fuzz(func(t *testing.T, text string) {
		for _, node := range ParseInfo(text).Replicas() {
			if node.Host == "" || node.Port < 1 || node.Port > 65535 {
				t.Fatal(fmt.Sprint(node))
			}
		}
	})
}
