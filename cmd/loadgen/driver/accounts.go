package driver

import (
	"slotbench/results"
	"slotbench/targets"
)

// compareAccounts sets the servers' accounts of operations by slot against
// ours; nil where the target keeps none, or counts by key what was sent as one
// request of several.
//
// Slots that were to migrate are left out: their accounts are split over two
// nodes, and the pause probe sent to them too.
func (e *engine) compareAccounts(m *measurement) *results.Agreement {
	if m.before.slots == nil || m.after.slots == nil {
		return nil
	}
	if e.Trace != nil {
		e.note("the servers' accounts by slot were not compared: a trace's commands may have several keys")
		return nil
	}
	for _, op := range e.Workload.Ops() {
		if op.Command == "PUBLISH" || op.Command == "SPUBLISH" {
			e.note("the servers' accounts by slot were not compared: %s has no key that they could account it to", op.Name)
			return nil
		}
		if op.Keys > 1 {
			e.note("the servers' accounts by slot were not compared: %s is one request of several keys", op.Name)
			return nil
		}
	}
	server, counted := slotOps(m.before.slots, m.after.slots, len(m.result.Slots))
	if e.disturbed.Load() {
		e.note("the servers' accounts by slot were not compared: a node was killed or failed over")
		return nil
	}
	moving := make([]bool, len(m.result.Slots))
	for _, step := range e.steps {
		for _, move := range step.moves {
			moving[move.Slot] = true
		}
		if step.probe != nil {
			for _, probed := range step.probe.slots {
				moving[probed.slot] = true
			}
		}
	}
	var unexplained int64
	if m.result.Totals.Redirects != nil {
		unexplained += m.result.Totals.Redirects.Moved + m.result.Totals.Redirects.Ask + m.result.Totals.Redirects.TryAgain
	}
	unexplained += m.result.Totals.Errors
	a := agree(server, counted, m.result.Slots, moving, unexplained)
	if a != nil && a.SlotsApart > 0 {
		for s := range server {
			if !counted[s] || moving[s] {
				server[s] = m.result.Slots[s]
			}
		}
		e.accounts().OpsApart, _ = apart(server, m.result.Slots)
	}
	if a != nil && !a.Explained {
		e.warn("in %d slots the servers counted other operations than the load generator sent (%d against %d): somebody else uses the target, or one of the two is wrong",
			a.SlotsApart, a.ServerOps, a.ClientOps)
	}
	return a
}

// slotOps is how many operations the nodes counted between two accounts, by
// slot, and which slots they counted at all.
func slotOps(before, after [][]targets.SlotStats, slots int) (ops []int64, counted []bool) {
	ops, counted = make([]int64, slots), make([]bool, slots)
	add := func(accounts [][]targets.SlotStats, sign int64) {
		for _, node := range accounts {
			for _, s := range node {
				if int(s.Slot) < slots && s.Reads >= 0 && s.Writes >= 0 {
					ops[s.Slot] += sign * (s.Reads + s.Writes)
					counted[s.Slot] = true
				}
			}
		}
	}
	add(before, -1)
	add(after, 1)
	return ops, counted
}

// agree compares two accounts of the slots that were counted and not left out.
// A difference is explained if the requests that may have been counted twice,
// or on one side only, are as many. It is nil if no slot can be compared.
func agree(server []int64, counted []bool, client []int64, leftOut []bool, doubtful int64) *results.Agreement {
	a := &results.Agreement{}
	compared := 0
	var apart int64
	for s := range server {
		if !counted[s] || leftOut[s] {
			continue
		}
		compared++
		a.ServerOps += server[s]
		a.ClientOps += client[s]
		if server[s] != client[s] {
			a.SlotsApart++
			apart += max(server[s]-client[s], client[s]-server[s])
		}
	}
	if compared == 0 {
		return nil
	}
	a.Explained = apart <= doubtful
	return a
}
