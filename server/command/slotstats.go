package command

import (
	"cmp"
	"slices"

	"slotbench/internal/slot"
	"slotbench/server/store"
)

// slotMetrics is what CLUSTER SLOT-STATS tells of a slot: the fields of
// Valkey 8, and memory-bytes of Redis 8.2.
var slotMetrics = []slotMetric{
	{"key-count", func(a store.Account) int64 { return a.Keys }},
	{"cpu-usec", func(a store.Account) int64 { return a.CPUNanos / 1000 }},
	{"network-bytes-in", func(a store.Account) int64 { return a.BytesIn }},
	{"network-bytes-out", func(a store.Account) int64 { return a.BytesOut }},
	{"memory-bytes", func(a store.Account) int64 { return a.Bytes }},
}

type slotMetric struct {
	name string
	of   func(store.Account) int64
}

type slotStat struct {
	slot    slot.Slot
	account store.Account
}

func slotStats(c *Context) {
	switch kind := c.Args[2]; {
	case isWord(kind, "slotsrange") && len(c.Args) == 5:
		c.slotStatsOfRange()
	case isWord(kind, "orderby"):
		c.slotStatsByMetric()
	default:
		c.Error("ERR unknown subcommand or wrong number of arguments for 'SLOT-STATS'. Try CLUSTER HELP.")
	}
}

func (c *Context) slotStatsOfRange() {
	first, ok := c.slotArg(3)
	if !ok {
		return
	}
	last, ok := c.slotArg(4)
	if !ok {
		return
	}
	if first > last {
		c.Errorf("ERR Start slot number %d is greater than end slot number %d", first, last)
		return
	}
	c.answerSlotStats(c.ownSlotStats(first, last))
}

// ownSlotStats is the accounts of those slots of a range that the node owns.
func (c *Context) ownSlotStats(first, last slot.Slot) []slotStat {
	m := c.Cluster.Map()
	var stats []slotStat
	for s := int(first); s <= int(last); s++ {
		if m.Owns(slot.Slot(s)) {
			stats = append(stats, slotStat{slot.Slot(s), c.Store.Account(slot.Slot(s))})
		}
	}
	return stats
}

func (c *Context) answerSlotStats(stats []slotStat) {
	c.Array(len(stats))
	for _, stat := range stats {
		c.Array(2)
		c.Int(int64(stat.slot))
		c.Map(len(slotMetrics))
		for _, metric := range slotMetrics {
			c.BulkString(metric.name)
			c.Int(metric.of(stat.account))
		}
	}
}

// slotOrder is what stands behind ORDERBY.
type slotOrder struct {
	of        func(store.Account) int64
	limit     int
	ascending bool
}

func (c *Context) slotOrder() (o slotOrder, ok bool) {
	o.limit = int(c.Store.Count())
	at := slices.IndexFunc(slotMetrics, func(m slotMetric) bool { return isWord(c.Args[3], m.name) })
	if at < 0 {
		c.Error("ERR Unrecognized sort metric for ORDERBY.")
		return o, false
	}
	o.of = slotMetrics[at].of
	limited, directed := false, false
	for at := 4; at < len(c.Args); at++ {
		twice := false
		switch arg := c.Args[at]; {
		case isWord(arg, "limit") && at+1 < len(c.Args):
			twice, limited = limited, true
			at++
			n, isInt := parseInt(c.Args[at])
			if !isInt || n < 1 || n > int64(c.Store.Count()) {
				c.Errorf("ERR Limit has to lie in between 1 and %d (maximum number of slots).", c.Store.Count())
				return o, false
			}
			o.limit = int(n)
		case isWord(arg, "asc"), isWord(arg, "desc"):
			twice, directed = directed, true
			o.ascending = isWord(arg, "asc")
		default:
			c.Error(errSyntax)
			return o, false
		}
		if twice {
			c.Error("ERR Multiple filters of the same type are disallowed.")
			return o, false
		}
	}
	return o, true
}

func (c *Context) slotStatsByMetric() {
	order, ok := c.slotOrder()
	if !ok {
		return
	}
	stats := c.ownSlotStats(0, slot.Slot(c.Store.Count()-1))
	slices.SortStableFunc(stats, func(a, b slotStat) int {
		if order.ascending {
			return cmp.Compare(order.of(a.account), order.of(b.account))
		}
		return cmp.Compare(order.of(b.account), order.of(a.account))
	})
	c.answerSlotStats(stats[:min(order.limit, len(stats))])
}
