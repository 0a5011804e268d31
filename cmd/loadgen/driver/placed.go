package driver

import (
	"cmp"
	"context"
	"slices"

	"slotbench/internal/slot"
	"slotbench/results"
	"slotbench/targets"
)

// maxPlaced is how many keys are counted by slot again, to compare.
const maxPlaced = 20_000_000

// checkPlaced compares the keys that the servers count by slot after the
// preload with those that were written. Both are exact, so a difference means
// that one of the two puts keys into other slots than the other, or that
// somebody else uses the target.
func (e *engine) checkPlaced(ctx context.Context) {
	clean := e.present == 0 && e.rec.Preload != nil && e.rec.Preload.Errors == 0
	total := e.Workload.Preloaded()
	if !clean || total == 0 || total > maxPlaced || total != e.Workload.Keys() || e.about.Mode != modeCluster {
		return
	}
	asking, cancel := context.WithTimeout(ctx, statsTimeout)
	defer cancel()
	var accounts [][]targets.SlotStats
	if e.about.Can.SlotStats {
		accounts, _ = e.Cluster.SlotStats(asking) // without them they are counted
	}
	server, keeping := e.keysBySlot(asking, accounts)
	if server == nil || e.topology.Count() > slot.DefaultCount {
		return
	}
	client := make([]int64, len(server))
	var key []byte
	for i := range total {
		key = e.Workload.AppendKey(key[:0], i)
		client[e.topology.Count().Of(key)]++
	}
	k := &results.KeyAgreement{Bytes: accountedBytes(accounts), Keeping: keeping}
	for s := range server {
		k.Server += server[s]
		k.Client += client[s]
	}
	k.Apart, k.SlotsApart = apart(server, client)
	e.accounts().Keys = k
	if k.SlotsApart > 0 {
		e.warn("after the preload %d slots hold other keys than were written to them (%d against %d; slot %d: %d against %d): somebody else uses the target, keys are evicted, or one of the two accounts is wrong",
			k.SlotsApart, k.Server, k.Client, k.Apart[0].Slot, k.Apart[0].Server, k.Apart[0].Client)
	}
}

// accounts is the record's, made when it is first needed.
func (e *engine) accounts() *results.Accounts {
	if e.rec.Accounts == nil {
		e.rec.Accounts = &results.Accounts{OpsApart: []results.SlotDifference{}}
	}
	return e.rec.Accounts
}

// apart is the slots where two accounts differ, the largest differences first,
// and how many there are.
func apart(server, client []int64) (list []results.SlotDifference, all int) {
	list = []results.SlotDifference{}
	for s := range server {
		if server[s] != client[s] {
			list = append(list, results.SlotDifference{Slot: s, Server: server[s], Client: client[s]})
		}
	}
	size := func(d results.SlotDifference) int64 { return max(d.Server-d.Client, d.Client-d.Server) }
	slices.SortStableFunc(list, func(a, b results.SlotDifference) int { return cmp.Compare(size(b), size(a)) })
	return list[:min(len(list), results.MaxApart)], len(list)
}

// accountedBytes is the memory that nodes account for slots, -1 where one of
// them does not.
func accountedBytes(accounts [][]targets.SlotStats) int64 {
	if accounts == nil {
		return -1
	}
	total := int64(0)
	for _, node := range accounts {
		for _, s := range node {
			if s.Bytes < 0 {
				return -1
			}
			total += s.Bytes
		}
	}
	return total
}
