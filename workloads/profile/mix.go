package profile

import (
	"fmt"
	"strings"

	"slotbench/internal/keyset"
	"slotbench/internal/template"
	"slotbench/workloads"
)

// mixture collects the operations: a read for each type, and a write with and
// one without times to live.
type mixture struct {
	order []workloads.Type
	ops   map[workloads.Type]*typeMix
	timed []workloads.Mix // writes with a time to live, a family each
	alike []string        // what those have in common
	told  bool            // which operations write
	ttl   bool
}

// typeMix is the families of a type.
type typeMix struct {
	families      []string
	reads, writes float64
	plain         []string // families some of whose writes have no time to live
}

// commands read and write a type without changing its size.
var commands = map[workloads.Type][2]string{
	workloads.String:    {"GET", "SET"},
	workloads.Hash:      {"HGETALL", "HSET"},
	workloads.List:      {"LINDEX", "LSET"},
	workloads.Set:       {"SISMEMBER", "SADD"},
	workloads.SortedSet: {"ZSCORE", "ZADD"},
}

func (m *mixture) add(in *workloads.Family, t *template.Stats, weight float64) {
	o := m.ops[in.Type]
	if o == nil {
		o = &typeMix{}
		m.ops[in.Type] = o
		m.order = append(m.order, in.Type)
	}
	writes := assumedWrites
	if t.Writes > 0 {
		m.told = true
		writes = float64(t.Writes) / float64(t.Ops)
	}
	o.families = append(o.families, in.Name)
	o.reads += weight * (1 - writes)
	left := weight * writes
	if expiring := t.Keys - t.TTLs[keyset.NoTTL]; t.HasTTLs && expiring > 0 && in.Type == workloads.String {
		m.ttl = true
		part := float64(expiring) / float64(t.Keys)
		timed := left * part
		m.expire(in.Name, ttls(t), part, timed)
		left -= timed
	}
	if left > 0 {
		o.writes += left
		o.plain = append(o.plain, in.Name)
	}
}

// expire adds writes with a time to live: to those of another family with the
// same, or a further operation.
func (m *mixture) expire(family, ttl string, part, weight float64) {
	alike := fmt.Sprintf("%s %.3f", ttl, part)
	for i := range m.timed {
		if o := &m.timed[i]; m.alike[i] == alike {
			*o.Weight += weight
			o.Families = append(o.Families, family)
			return
		}
	}
	m.alike = append(m.alike, alike)
	m.timed = append(m.timed, workloads.Mix{
		Command: "SET", Name: "SET expiring " + family, Weight: &weight, Families: []string{family}, TTL: ttl,
	})
}

// ttls are the classes by their weights.
func ttls(t *template.Stats) string {
	var parts []string
	for class, keys := range t.TTLs {
		if keyset.TTLClass(class) != keyset.NoTTL && keys > 0 {
			parts = append(parts, fmt.Sprintf("%ds:%d", ttlSeconds[class], keys))
		}
	}
	if len(parts) == 1 {
		parts[0], _, _ = strings.Cut(parts[0], ":")
	}
	return strings.Join(parts, ",")
}

func (m *mixture) operations() []workloads.Mix {
	var all []workloads.Mix
	add := func(command string, weight float64, families []string) {
		if weight = rounded(weight); weight > 0 {
			all = append(all, workloads.Mix{Command: command, Weight: &weight, Families: families})
		}
	}
	for _, kind := range m.order {
		o := m.ops[kind]
		add(commands[kind][0], o.reads, o.families)
		add(commands[kind][1], o.writes, o.plain)
	}
	for _, timed := range m.timed {
		*timed.Weight = rounded(*timed.Weight)
		all = append(all, timed)
	}
	return all
}
