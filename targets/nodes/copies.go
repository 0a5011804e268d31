package nodes

import (
	"fmt"
	"strconv"
	"strings"

	"slotbench/internal/slot"
)

// maxReplicas is how many replicas of one server are looked for.
const maxReplicas = 1000

// ReplicaWithin says whether some replica of a server is online and at most so
// many bytes of the replication stream behind.
func (f Info) ReplicaWithin(behindBytes int64) bool {
	for i := range maxReplicas {
		text, known := f[fmt.Sprintf("slave%d", i)]
		if !known {
			return false
		}
		fields := map[string]string{}
		for field := range strings.SplitSeq(text, ",") {
			name, value, _ := strings.Cut(field, "=")
			fields[name] = value
		}
		offset, err := strconv.ParseInt(fields["offset"], 10, 64)
		if err == nil && fields["state"] == "online" && f.Int("master_repl_offset")-offset <= behindBytes {
			return true
		}
	}
	return false
}

// Replicas is where a server's replicas are by its own word:
//
//	slave0:ip=127.0.0.1,port=6380,state=online,offset=14,lag=1
//
// Those that it cannot tell the address of are left out.
func (f Info) Replicas() []slot.Node {
	var found []slot.Node
	for i := range maxReplicas {
		text, known := f[fmt.Sprintf("slave%d", i)]
		if !known {
			return found
		}
		var node slot.Node
		for field := range strings.SplitSeq(text, ",") {
			name, value, _ := strings.Cut(field, "=")
			switch name {
			case "ip":
				node.Host = value
			case "port":
				port, _ := strconv.ParseUint(value, 10, 16)
				node.Port = int(port)
			}
		}
		if node.Host != "" && node.Port > 0 {
			found = append(found, node)
		}
	}
	return found
}
