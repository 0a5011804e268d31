package driver

import (
	"slices"
	"time"

	"slotbench/internal/skew"
	"slotbench/internal/slot"
	"slotbench/results"
	"slotbench/targets"
)

// fill writes the measurement into the record.
func (e *engine) fill(m *measurement) {
	rec, result := e.rec, &m.result
	rec.Totals, rec.Pacing, rec.Intervals = result.Totals, result.Pacing, result.Intervals
	rec.Checks = append(rec.Checks, result.Checks...)
	for _, op := range result.Operations {
		if op.Requests > 0 {
			rec.Operations = append(rec.Operations, op)
		}
	}
	rec.Client.BusyShare = m.tally.BusyShare
	for _, nanos := range m.tally.CPUNanos {
		rec.Client.WorkerCPUSeconds = append(rec.Client.WorkerCPUSeconds, float64(nanos)/1e9)
	}
	fillUsage(rec, m.before.host, m.after.host)
	e.fillOffered()
	e.fillNodes(m)
	e.fillEvents(m)
	e.fillSkew(m)
	e.certify(m)
	rec.BySlot = result.BySlot
	rec.BySlot.Keys, rec.BySlot.Keeping = m.keys, m.keeping
	e.checkServers(m)
	e.checkCold()
	if said := e.said(rec.Totals.ErrorKinds); said != "" {
		e.warn("requests failed%s", said)
	}
	if m.tally.Aborted != "" {
		e.warn("the load ended early: %s", m.tally.Aborted)
	}
}

// addNodes adds the nodes that joined in mid-run.
func (e *engine) addNodes(t *slot.Topology) {
	for i := len(e.rec.Nodes); i < len(t.Nodes); i++ {
		e.rec.Nodes = append(e.rec.Nodes, results.Node{Addr: t.Nodes[i].Addr(), Joined: true, Keys: -1})
	}
}

// fillNodes writes what each node held and did. The owners of slots at the end
// are set again when the run has settled.
func (e *engine) fillNodes(m *measurement) {
	numbers := map[string]int{} // of nodes that redirects taught the driver
	if named, ok := e.driver.(interface{ Nodes() []string }); ok {
		for i, addr := range named.Nodes() {
			numbers[addr] = i
		}
	}
	for i := range e.rec.Nodes {
		n, number := &e.rec.Nodes[i], i
		before := e.joinedFrom(m, n.Addr)
		if i < len(m.before.nodes) {
			before = m.before.nodes[i]
			n.KeysStart = before.Keys
		} else if taught, ok := numbers[n.Addr]; ok {
			number = taught
		}
		if number < len(m.result.Nodes) {
			result := m.result.Nodes[number]
			n.Ops, n.OpsShare = result.Ops, result.Share
			n.Response, n.Service = result.Response, result.Service
			n.ResponseHDR, n.ServiceHDR = result.ResponseHDR, result.ServiceHDR
		}
		if e.hasBeenDown(i) {
			before.Commands, before.CPU = -1, -1 // its accounts began anew
		}
		if i < len(m.after.nodes) && m.after.nodes[i].Addr != "" {
			fillNode(n, before, m.after.nodes[i])
		} else {
			n.Keys = -1
		}
	}
}

// fillNode writes what a node that still answers told.
func fillNode(n *results.Node, before, after targets.NodeStats) {
	n.Keys = after.Keys
	if before.CPU >= 0 && after.CPU >= before.CPU {
		seconds := (after.CPU - before.CPU).Seconds()
		n.CPUSeconds = &seconds
	}
	if after.RSSBytes >= 0 {
		rss := after.RSSBytes
		n.RSSBytes = &rss
	}
	if before.Commands >= 0 && after.Commands >= before.Commands {
		commands := after.Commands - before.Commands
		n.ServerOps = &commands
	}
}

// movedFor is how long slots were on their way: from when the first was opened
// until the last one's new owner served it. What the migration did before and
// after, as counting what it moves, is not in it.
func movedFor(moved []targets.Moved, otherwise time.Duration) time.Duration {
	if len(moved) == 0 {
		return otherwise
	}
	first, last := moved[0].Started, moved[0].Started
	for _, m := range moved {
		if m.Started.Before(first) {
			first = m.Started
		}
		if end := m.Started.Add(m.Took); end.After(last) {
			last = end
		}
	}
	return last.Sub(first)
}

// addMoved sums up what the moves of single slots took.
func addMoved(out *results.Migration, moved []targets.Moved) {
	took := make([]time.Duration, 0, len(moved))
	for _, m := range moved {
		out.Keys += m.Keys
		if m.Bytes < 0 || out.Bytes < 0 {
			out.Bytes = -1
		} else {
			out.Bytes += m.Bytes
		}
		took = append(took, m.Took)
	}
	if len(took) > 0 && out.Batch > 0 { // elsewhere slots move together
		slices.Sort(took)
		millis := func(d time.Duration) float64 { return float64(d) / 1e6 }
		out.SlotMillis = &results.Spread{
			Min: millis(took[0]), Median: millis(took[len(took)/2]), Max: millis(took[len(took)-1]),
		}
	}
	if out.Bytes > 0 && out.Seconds > 0 {
		out.MBPerSec = float64(out.Bytes) / 1e6 / out.Seconds
	}
}

// pauseMillis is a probe's longest pause, nil if nothing was probed.
func pauseMillis(p *pauseProbe) *float64 {
	if p == nil {
		return nil
	}
	nanos, ok := p.longestNanos()
	if !ok {
		return nil
	}
	millis := float64(nanos) / 1e6
	return &millis
}

// fillSkew writes how evenly keys and operations fell on nodes and slots.
func (e *engine) fillSkew(m *measurement) {
	s := &e.rec.Skew
	s.Slots, s.SlotsUsed = m.result.Slots, m.result.SlotsUsed
	s.HottestSlot, s.HottestTags = m.result.HottestSlots, m.result.HottestTags
	s.TagsOneIn, s.TagSamples = m.result.TagsOneIn, m.result.TagSamples
	var owned []int
	var ops, keys []float64
	var totalOps, totalKeys int64
	for i, node := range e.rec.Nodes {
		totalOps += node.Ops
		if p := e.predecessor(m.topology, i); p != i {
			ops[p] += float64(node.Ops)
			continue
		}
		owned = append(owned, node.SlotsStart)
		ops, keys = append(ops, float64(node.Ops)), append(keys, float64(max(0, node.KeysStart)))
		totalKeys += max(0, node.KeysStart)
	}
	s.Keys = nodeSkew(skew.Nodes(keys, owned, totalKeys), totalKeys)
	opsSkew := skew.Nodes(ops, owned, e.keyspace(m))
	s.Ops = nodeSkew(opsSkew, totalOps)
	s.Reading = "operations by node: " + opsSkew.Reading
	s.Statistics = slotStatistics(m.result.Slots, e.keyspace(m))
	s.Accounts = e.compareAccounts(m)
}

// predecessor is the node whose place another took that joined in mid-run: all
// that it serves at the end was that one's, which has nothing left. Of any other
// node it is the node itself.
func (e *engine) predecessor(end *slot.Topology, node int) int {
	if node < len(e.topology.Nodes) {
		return node
	}
	if e.about.Mode != modeCluster {
		return 0 // one server at a time
	}
	if end == nil {
		return node
	}
	before := slot.NoOwner
	for s := range int(e.topology.Count()) {
		owner := e.topology.Owner(slot.Slot(s))
		switch {
		case end.Owner(slot.Slot(s)) != node || owner == before:
		case before != slot.NoOwner || owner == slot.NoOwner:
			return node
		default:
			before = owner
		}
	}
	if before == slot.NoOwner || end.Slots(before) > 0 {
		return node
	}
	return before
}

func nodeSkew(s skew.NodeSkew, total int64) results.NodeSkew {
	return results.NodeSkew{
		MaxOverMean: s.MaxOverMean, BandLow: s.BandLow, BandHigh: s.BandHigh, Nodes: s.Nodes, Total: total,
	}
}

// slotStatistics is the shape of the operations by slot, nil without any.
func slotStatistics(opsBySlot []int64, draws int64) *results.SlotSkew {
	loads := make([]uint64, len(opsBySlot))
	for i, ops := range opsBySlot {
		loads[i] = uint64(ops)
	}
	s := skew.WeightedSlots(loads, draws)
	if s.Total == 0 {
		return nil
	}
	return &results.SlotSkew{
		CV: s.CV, Gini: s.Gini, Top1Pct: topShare(loads, 1), Top10Pct: topShare(loads, 10),
		MaxShare: float64(s.FullestLoad) / float64(s.Total),
	}
}

// topShare is the share of the load on the fullest so many percent of the
// slots, of which there is at least one.
func topShare(loads []uint64, percent int) float64 {
	sorted := slices.Clone(loads)
	slices.Sort(sorted)
	var top, total float64
	first := len(sorted) - max(1, (len(sorted)*percent+50)/100)
	for i, load := range sorted {
		total += float64(load)
		if i >= first {
			top += float64(load)
		}
	}
	if total == 0 {
		return 0
	}
	return top / total
}

// checkServers notes what the servers did beside the load.
func (e *engine) checkServers(m *measurement) {
	e.checkInterference(m.before.nodes, m.after.nodes)
	const stealWarning = 0.02
	if share := e.rec.Environment.StealShare; share > stealWarning {
		e.warn("the hypervisor took %.1f %% of the CPU time in the measurement", 100*share)
	}
}

// settled writes who owns the slots in the end.
func (e *engine) settled(t *slot.Topology) {
	for i := range e.rec.Nodes {
		e.rec.Nodes[i].Slots, e.rec.Nodes[i].Ranges = t.Slots(i), rangesOf(t, i)
	}
	for i := range e.rec.Skew.HottestSlot {
		hot := &e.rec.Skew.HottestSlot[i]
		if hot.Slot < int(t.Count()) {
			if owner := t.Owner(slot.Slot(hot.Slot)); owner >= 0 {
				hot.Node = t.Nodes[owner].Addr()
			}
		}
	}
}
