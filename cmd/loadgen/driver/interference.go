package driver

import "slotbench/targets"

// interference is what servers do beside the load that changes their
// latencies, and how a count of it is told.
var interference = []struct {
	count func(targets.NodeStats) int64 // since the server started; negative: not told
	text  string                        // with the node and how often
}{
	{func(n targets.NodeStats) int64 { return n.ForkedSaves }, "node %s forked %d times in the measurement (RDB, AOF rewrite, full sync or atomic migration): latencies show it"},
	{func(n targets.NodeStats) int64 { return n.Evicted }, "node %s evicted %d keys in the measurement"},
	{func(n targets.NodeStats) int64 { return n.FullSyncs }, "node %s sent %d replicas a full copy in the measurement: latencies show it"},
	{func(n targets.NodeStats) int64 { return n.AOFRewrites }, "node %s rewrote its append-only file %d times in the measurement: latencies show it"},
	{func(n targets.NodeStats) int64 { return n.Rejected }, "node %s turned %d connections away in the measurement (maxclients)"},
}

// checkInterference warns of what the servers did beside the load.
func (e *engine) checkInterference(before, after []targets.NodeStats) {
	for i, was := range before {
		if i >= len(after) || after[i].Addr == "" {
			continue
		}
		for _, kind := range interference {
			first, last := kind.count(was), kind.count(after[i])
			if first >= 0 && last > first {
				e.warn(kind.text, after[i].Addr, last-first)
			}
		}
	}
}
