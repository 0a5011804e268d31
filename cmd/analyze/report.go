package main

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"slotbench/internal/keyset"
	"slotbench/internal/resp"
	"slotbench/internal/skew"
	"slotbench/internal/slot"
	"slotbench/internal/template"
)

// report is what analyze keys says, and what its JSON holds.
type report struct {
	Inputs  []string `json:"inputs"`
	Partial bool     `json:"partial"` // reading ended before the inputs did

	Keys  uint64 `json:"keys"`
	Bytes uint64 `json:"bytes"` // the keys' own length where the inputs tell no bytes
	Ops   uint64 `json:"ops"`
	// BytesTold and OpsTold say whether the inputs told bytes and operations.
	BytesTold bool `json:"bytes_told"`
	OpsTold   bool `json:"ops_told"`

	Lines       int64            `json:"lines"`
	BlankLines  int64            `json:"blank_lines"`
	QuotedLines int64            `json:"quoted_lines"`
	BadLines    int64            `json:"bad_lines"`
	Bad         []keyset.BadLine `json:"bad"` // the first of the bad lines

	Read   []inputReport `json:"read"` // what the inputs were taken for
	Values *valuesReport `json:"values,omitempty"`
	// Of logs of operations.
	LoggedOps       uint64 `json:"logged_ops,omitempty"`
	Writes          uint64 `json:"writes,omitempty"`
	LoggedKeys      uint64 `json:"logged_keys,omitempty"`
	Untracked       bool   `json:"keys_are_floors,omitempty"`
	UnknownCommands int64  `json:"unknown_commands,omitempty"`
	SlotsOnly       bool   `json:"slots_only,omitempty"`
	OpsAreMicros    bool   `json:"ops_are_cpu_microseconds,omitempty"`
	// Since are the snapshots that operations are counted from; ResetSlots are
	// slots whose counters went back meanwhile.
	Since      []string `json:"since,omitempty"`
	ResetSlots int      `json:"reset_slots,omitempty"`
	Measured   uint64   `json:"measured_keys,omitempty"`
	Sampled    bool     `json:"bytes_sampled,omitempty"`
	// BytesError is the half of a 95 % interval of Bytes that were sampled.
	BytesError float64 `json:"bytes_error,omitempty"`
	FromRDB    bool    `json:"bytes_estimated,omitempty"`

	RankedBy string       `json:"ranked_by"` // what makes slots hot and tags heavy
	Skew     nodesSkew    `json:"skew"`
	Nodes    []nodeReport `json:"nodes"`
	// Of slots that no node of the topology owns.
	OrphanSlots int    `json:"slots_without_owner,omitempty"`
	OrphanKeys  uint64 `json:"keys_without_owner,omitempty"`

	BySlots  []slotsReport  `json:"by_slots"`
	Hottest  []hotSlot      `json:"hottest_slots"` // of the slots that clients know, 16384
	Tags     []tagReport    `json:"tags"`
	TagTotal tagTotalReport `json:"tag_total"`

	Attribution []attributionReport `json:"attribution,omitempty"` // by measure

	clientSlotKeys []uint64 // keys by the slots that clients know
}

// nodesSkew is the skew of the nodes by each measure that the inputs tell.
type nodesSkew struct {
	Keys  skew.NodeSkew  `json:"keys"`
	Bytes *skew.NodeSkew `json:"bytes,omitempty"`
	Ops   *skew.NodeSkew `json:"ops,omitempty"`
}

// nodeReport is one node of a cut of 16384 slots.
type nodeReport struct {
	Node      int     `json:"node"`           // 0 is the first
	Addr      string  `json:"addr,omitempty"` // where the topology tells it
	Range     string  `json:"range"`
	Slots     int     `json:"slots"`
	Keys      uint64  `json:"keys"`
	Bytes     uint64  `json:"bytes"`
	Ops       uint64  `json:"ops"`
	KeysShare float64 `json:"keys_share"`
	OverMean  float64 `json:"keys_over_mean"` // of what the nodes hold
}

// slotsReport is the keyset over one number of slots.
type slotsReport struct {
	Slots          int            `json:"slots"`
	Histogram      []uint64       `json:"histogram"` // keys by slot
	Skew           skew.SlotSkew  `json:"skew"`
	BytesHistogram []uint64       `json:"bytes_histogram,omitempty"`
	BytesSkew      *skew.SlotSkew `json:"bytes_skew,omitempty"`
	OpsHistogram   []uint64       `json:"ops_histogram,omitempty"`
	OpsSkew        *skew.SlotSkew `json:"ops_skew,omitempty"`
}

// hotSlot is one of the slots with the largest load.
type hotSlot struct {
	Slot     int     `json:"slot"`
	Node     int     `json:"node"` // -1: none owns it
	Keys     uint64  `json:"keys"`
	Bytes    uint64  `json:"bytes"`
	Ops      uint64  `json:"ops"`
	Share    float64 `json:"share"`     // of what slots are ranked by
	OverMean float64 `json:"over_mean"` // the same over the mean of the slots
}

// tagReport is one of the heaviest hash tags. The ranking measure is at least
// what is told and at most Error more; the others are floors.
type tagReport struct {
	Tag   string  `json:"tag"` // as it is where that prints, or else quoted as redis-cli quotes
	Keys  uint64  `json:"keys"`
	Bytes uint64  `json:"bytes"`
	Ops   uint64  `json:"ops"`
	Share float64 `json:"share"` // of all keys' ranking measure
	Slot  int     `json:"slot"`
	Error uint64  `json:"error"`
}

// tagTotalReport is what all tags are together.
type tagTotalReport struct {
	TaggedKeys uint64 `json:"tagged_keys"`
	LongTags   uint64 `json:"keys_with_long_tags"` // above the length that is ranked
	Known      int    `json:"known_tags"`          // tags with a counter; all of them if Error is 0
	Error      uint64 `json:"error"`
}

// newReport draws everything from a summary.
func newReport(s *keyset.Summary, o *keysOptions, inputs []string, mined []*template.Template) *report {
	r := &report{
		Inputs: names(inputs), Partial: s.Partial,
		Keys: s.Keys, Bytes: s.Bytes, Ops: s.Ops, BytesTold: s.HasBytes, OpsTold: s.HasOps,
		Lines: s.Lines, BlankLines: s.BlankLines, QuotedLines: s.QuotedLines,
		BadLines: s.BadLines, Bad: append([]keyset.BadLine{}, s.Bad...),
		Read: newInputs(s.Inputs), Values: newValues(&s.Values),
		LoggedOps: s.LoggedOps, Writes: s.Writes, LoggedKeys: s.Distinct, Untracked: s.Untracked,
		UnknownCommands: s.UnknownCommands, Measured: s.Measured, Sampled: s.Sampled, BytesError: bytesError(s), SlotsOnly: s.SlotsOnly, OpsAreMicros: s.OpsAreMicros,
		Since: o.since, ResetSlots: s.ResetSlots,
		RankedBy: o.measure.String(),
		TagTotal: tagTotalReport{s.TaggedKeys, s.LongTags, s.Tags.Len(), s.Tags.Error()},
	}
	for _, n := range s.Inputs {
		r.FromRDB = r.FromRDB || n.Dump.Version > 0
	}
	topology := o.slotsOf
	account := [...][]uint64{
		s.Bins.BySlot(keyset.Keys, slot.DefaultCount),
		s.Bins.BySlot(keyset.Bytes, slot.DefaultCount),
		s.Bins.BySlot(keyset.Ops, slot.DefaultCount),
	}
	r.clientSlotKeys = account[keyset.Keys]
	r.Skew.Keys = r.cut(topology, account, s)
	for _, n := range o.counts {
		r.BySlots = append(r.BySlots, overSlots(s, n))
	}
	r.attribute(s, o, mined)
	r.Hottest = hottest(account, o.measure, topology, o.top)
	r.Tags = []tagReport{}
	total := share(s.Bins.Of(o.measure)[:])
	for _, tag := range s.Tags.Top(o.top) {
		weight := [...]uint64{tag.Keys, tag.Bytes, tag.Ops}[o.measure]
		r.Tags = append(r.Tags, tagReport{
			printable(tag.Text), tag.Keys, tag.Bytes, tag.Ops,
			total(weight), int(slot.DefaultCount.FromCRC(slot.CRC16([]byte(tag.Text)))), r.TagTotal.Error,
		})
	}
	return r
}

// cut adds the slots up over the nodes, and weighs them by every measure.
func (r *report) cut(topology *slot.Topology, account [3][]uint64, s *keyset.Summary) skew.NodeSkew {
	n := len(topology.Nodes)
	var loads [3][]float64
	for m := range loads {
		loads[m] = make([]float64, n)
	}
	owned := make([]int, n)
	r.Nodes = make([]nodeReport, n)
	for at, keys := range account[keyset.Keys] {
		i := topology.Owner(slot.Slot(at))
		if i == slot.NoOwner {
			r.OrphanSlots++
			r.OrphanKeys += keys
			continue
		}
		owned[i]++
		node := &r.Nodes[i]
		node.Keys += keys
		node.Bytes += account[keyset.Bytes][at]
		node.Ops += account[keyset.Ops][at]
		for m := range loads {
			loads[m][i] += float64(account[m][at])
		}
	}
	of := share(account[keyset.Keys])
	for i := range r.Nodes {
		node := &r.Nodes[i]
		node.Node, node.Slots, node.KeysShare = i, owned[i], of(node.Keys)
		if at := topology.Nodes[i]; at.Port > 0 {
			node.Addr = at.Addr()
		}
		var ranges []string
		for _, owns := range topology.Owned(i) {
			ranges = append(ranges, owns.String())
		}
		node.Range = strings.Join(ranges, " ")
		if here := s.Keys - r.OrphanKeys; here > 0 { // as skew.Nodes has it: the mean is of what the nodes hold
			node.OverMean = float64(node.Keys) / float64(here) * float64(n)
		}
	}
	if s.HasBytes {
		bytes := skew.Nodes(loads[keyset.Bytes], owned, skew.EffectiveDraws(float64(s.Bytes), s.ByteSquares))
		r.Skew.Bytes = &bytes
	}
	if s.HasOps {
		ops := skew.Nodes(loads[keyset.Ops], owned, skew.EffectiveDraws(float64(s.Ops), s.OpSquares))
		r.Skew.Ops = &ops
	}
	return skew.Nodes(loads[keyset.Keys], owned, int64(s.Keys))
}

// overSlots is the keyset over n slots.
func overSlots(s *keyset.Summary, n slot.Count) slotsReport {
	r := slotsReport{Slots: int(n), Histogram: s.Bins.BySlot(keyset.Keys, n)}
	r.Skew = skew.Slots(r.Histogram)
	if s.HasBytes {
		r.BytesHistogram = s.Bins.BySlot(keyset.Bytes, n)
		bytes := skew.WeightedSlots(r.BytesHistogram, skew.EffectiveDraws(float64(s.Bytes), s.ByteSquares))
		r.BytesSkew = &bytes
	}
	if s.HasOps {
		r.OpsHistogram = s.Bins.BySlot(keyset.Ops, n)
		ops := skew.WeightedSlots(r.OpsHistogram, skew.EffectiveDraws(float64(s.Ops), s.OpSquares))
		r.OpsSkew = &ops
	}
	return r
}

// hottest is the slots with the most of a measure; equal ones by number. Empty
// slots are not hot.
func hottest(account [3][]uint64, by keyset.Measure, topology *slot.Topology, top int) []hotSlot {
	load := account[by]
	slots := make([]int, len(load))
	for i := range slots {
		slots[i] = i
	}
	slices.SortFunc(slots, func(a, b int) int {
		return cmp.Or(cmp.Compare(load[b], load[a]), cmp.Compare(a, b))
	})
	of := share(load)
	hot := []hotSlot{}
	for _, s := range slots[:min(top, len(slots))] {
		if load[s] == 0 {
			break
		}
		hot = append(hot, hotSlot{
			Slot: s, Node: topology.Owner(slot.Slot(s)),
			Keys: account[keyset.Keys][s], Bytes: account[keyset.Bytes][s], Ops: account[keyset.Ops][s],
			Share: of(load[s]), OverMean: of(load[s]) * float64(len(load)),
		})
	}
	return hot
}

// share is a part of the sum of a load; nothing's part is 0.
func share(load []uint64) func(uint64) float64 {
	sum := 0.0
	for _, n := range load {
		sum += float64(n)
	}
	return func(part uint64) float64 {
		if sum == 0 {
			return 0
		}
		return float64(part) / sum
	}
}

// printable is text as it is where every character of it prints, and quoted as
// redis-cli quotes it otherwise. Text that begins with a quote is always
// quoted, so the two are never mixed up.
func printable(text string) string {
	plain := utf8.ValidString(text) && !strings.HasPrefix(text, `"`)
	for _, c := range text {
		plain = plain && unicode.IsPrint(c)
	}
	if plain {
		return text
	}
	return string(resp.AppendQuoted(nil, []byte(text)))
}
