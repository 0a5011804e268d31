package nodes

import (
	"fmt"
	"iter"
	"strconv"
	"strings"

	"slotbench/internal/slot"
)

// maxReplicas is how many replicas of one server are looked for.
const maxReplicas = 1000

// replicaLines is what a server says of each of its replicas, by field:
//
//	slave0:ip=127.0.0.1,port=6380,state=online,offset=14,lag=1
func (f Info) replicaLines() iter.Seq[map[string]string] {
	return func(yield func(map[string]string) bool) {
		for i := range maxReplicas {
			text, known := f[fmt.Sprintf("slave%d", i)]
			if !known {
				return
			}
			fields := map[string]string{}
			for field := range strings.SplitSeq(text, ",") {
				name, value, _ := strings.Cut(field, "=")
				fields[name] = value
			}
			if !yield(fields) {
				return
			}
		}
	}
}

// ReplicaWithin says whether some replica of a server is online and at most so
// many bytes of the replication stream behind.
func (f Info) ReplicaWithin(behindBytes int64) bool {
	for fields := range f.replicaLines() {
		offset, err := strconv.ParseInt(fields["offset"], 10, 64)
		if err == nil && fields["state"] == "online" && f.Int("master_repl_offset")-offset <= behindBytes {
			return true
		}
	}
	return false
}

// Replicas is where a server's replicas are by its own word. Those that it
// cannot tell the address of are left out.
func (f Info) Replicas() []slot.Node {
	var found []slot.Node
	for fields := range f.replicaLines() {
		port, err := strconv.ParseUint(fields["port"], 10, 16)
		if err == nil && port > 0 && fields["ip"] != "" {
			found = append(found, slot.Node{Host: fields["ip"], Port: int(port)})
		}
	}
	return found
}
