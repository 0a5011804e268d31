package main

import (
	"fmt"
	"math"
	"strings"

	"slotbench/internal/keyset"
	"slotbench/internal/rdb"
)

// valuesReport is what the inputs tell of the keys' values.
type valuesReport struct {
	Types []typeReport `json:"types,omitempty"`
	TTLs  []ttlReport  `json:"ttl,omitempty"`
}

// typeReport is the keys of a type, as one encoding keeps them.
type typeReport struct {
	Type     string `json:"type"`
	Encoding string `json:"encoding"`
	keyset.Total
}

// ttlReport is the keys that have that long to live.
type ttlReport struct {
	TTL string `json:"ttl"`
	keyset.Total
}

// inputReport is what an input was taken for.
type inputReport struct {
	Name     string   `json:"name"`
	Format   string   `json:"format"`
	Columns  []string `json:"columns,omitempty"`
	Packed   string   `json:"compression,omitempty"`
	Lines    int64    `json:"lines"`
	Server   string   `json:"server,omitempty"`
	Version  int      `json:"rdb_version,omitempty"`
	Checksum string   `json:"checksum,omitempty"`
	// UnpackBusy is the part of the time in which all waited for decompression.
	UnpackBusy float64 `json:"waited_for_decompression,omitempty"`
	// Databases are where the keys were, of inputs that tell.
	Databases []keyset.Database `json:"databases,omitempty"`
	// UsedMemory is what the server said it used, in bytes.
	UsedMemory uint64 `json:"server_used_memory,omitempty"`
}

func newValues(v *keyset.Values) *valuesReport {
	r := &valuesReport{}
	for k := range v.Kinds {
		for e, total := range v.Kinds[k] {
			if total.Keys > 0 {
				r.Types = append(r.Types, typeReport{rdb.Kind(k).String(), rdb.Encoding(e).String(), total})
			}
		}
	}
	if v.HasTTLs {
		for c, total := range v.TTLs {
			if total.Keys > 0 {
				r.TTLs = append(r.TTLs, ttlReport{keyset.TTLClass(c).String(), total})
			}
		}
	}
	if len(r.Types)+len(r.TTLs) == 0 {
		return nil
	}
	return r
}

func newInputs(notes []keyset.Note) []inputReport {
	reports := []inputReport{}
	for _, n := range notes {
		r := inputReport{
			Name: n.Name, Format: n.Format.String(), Columns: n.Columns, Packed: n.Packed, Lines: n.Lines,
			Version: n.Dump.Version, Checksum: n.Checksum, UnpackBusy: n.UnpackBusy, UsedMemory: n.Dump.UsedMemory, Databases: n.DBs,
		}
		if n.Dump.Server != "" {
			r.Server = n.Dump.Product.String() + " " + n.Dump.Server
		}
		reports = append(reports, r)
	}
	return reports
}

// names are the inputs without passwords.
func names(inputs []string) []string {
	told := make([]string, len(inputs))
	for i, name := range inputs {
		told[i] = keyset.Redacted(name)
	}
	return told
}

// unpackNotable is the part of the time from which waiting for decompression is
// told.
const unpackNotable = 0.5

// say is an input in a sentence; "" if there is nothing to say of it.
func (r *inputReport) say() string {
	var parts []string
	switch {
	case r.Version > 0 && r.Server != "":
		parts = append(parts, fmt.Sprintf("%s of %s, format %d", r.Format, r.Server, r.Version))
	case r.Version > 0:
		parts = append(parts, fmt.Sprintf("%s, format %d", r.Format, r.Version))
	case len(r.Columns) > 0:
		columns := make([]string, len(r.Columns))
		for i, name := range r.Columns {
			columns[i] = name
			if name == "" {
				columns[i] = "-"
			}
		}
		parts = append(parts, fmt.Sprintf("%s with the columns %s", r.Format, strings.Join(columns, ", ")))
	case r.Format != keyset.Lines.String() && r.Format != keyset.Raw.String() || r.Packed != "":
		parts = append(parts, r.Format)
	}
	if dbs := databasesSay(r.Databases); dbs != "" {
		parts = append(parts, dbs)
	}
	if r.Checksum != "" {
		parts = append(parts, "checksum "+r.Checksum)
	}
	if r.Packed != "" {
		parts = append(parts, r.Packed)
		if r.UnpackBusy > unpackNotable {
			parts = append(parts, fmt.Sprintf("decompression is the bottleneck: %.0f %% of the time all waited for it", 100*r.UnpackBusy))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return fmt.Sprintf("%s: %s.", r.Name, strings.Join(parts, "; "))
}

// maxDatabasesSaid is how many databases of an input are told one by one.
const maxDatabasesSaid = 8

// databasesSay tells where keys were, if that was not the first database alone.
func databasesSay(dbs []keyset.Database) string {
	if len(dbs) == 0 || len(dbs) == 1 && dbs[0].DB == 0 {
		return ""
	}
	var parts []string
	for i, d := range dbs {
		if i == maxDatabasesSaid {
			parts = append(parts, fmt.Sprintf("… %d in all", len(dbs)))
			break
		}
		parts = append(parts, fmt.Sprintf("%d (%s)", d.DB, plural(d.Keys, "key")))
	}
	if len(dbs) == 1 {
		return "database " + parts[0]
	}
	return "databases " + strings.Join(parts, ", ")
}

// maxInputsSaid is how many inputs are told one by one.
const maxInputsSaid = 8

// inputsSay tells what the inputs were taken for.
func (r *report) inputsSay() []string {
	var says []string
	for i := range r.Read {
		if says = append(says, r.Read[i].say()); says[len(says)-1] == "" {
			says = says[:len(says)-1]
		}
		if len(says) == maxInputsSaid {
			says = append(says, fmt.Sprintf("… %d inputs in all.", len(r.Read)))
			break
		}
	}
	if r.FromRDB {
		says = append(says, "Bytes are estimated from a model of the server's memory, as MEMORY USAGE counts: within 10 % in the sum on Redis 7.0, 8.0 and Valkey 9.1, streams, large strings and half-built tables off by more.")
	}
	if r.Sampled {
		says = append(says, sampledSays(r.Measured, r.Bytes, r.BytesError))
	}
	if r.OpsAreMicros {
		says = append(says, "Operations are microseconds of processor time, which is what the slot statistics tell.")
	}
	if len(r.Since) > 0 {
		says = append(says, "Operations are those since "+strings.Join(r.Since, ", ")+".")
	}
	if r.ResetSlots > 0 {
		says = append(says, fmt.Sprintf("%s had counted more in the snapshot before than now: a server restarted, its counters were reset, or the slot moved. Operations are a floor there.", plural(int64(r.ResetSlots), "slot")))
	}
	if r.SlotsOnly {
		says = append(says, "Slot statistics tell no keys: bands take the keys of a slot to be alike, and 32,768 slots cannot be told apart.")
	}
	if r.LoggedOps > 0 {
		says = append(says, fmt.Sprintf("%s logged, %s of them writes, to %s.",
			plural(int64(r.LoggedOps), "operation"), count(r.Writes), plural(int64(r.LoggedKeys), "key")))
	}
	if r.Untracked {
		says = append(says, fmt.Sprintf("More than %s keys are logged: of the others the operations count and the keys do not.", count(keyset.MaxTracked)))
	}
	if r.UnknownCommands > 0 {
		says = append(says, fmt.Sprintf("%s of no known kind logged, and left out.", plural(r.UnknownCommands, "command")))
	}
	return says
}

// normal95 is how many standard errors reach over 95 % of a normal
// distribution, to either side.
const normal95 = 1.96

// bytesError is the half of a 95 % interval of a sum of bytes that was
// estimated from a sample.
func bytesError(s *keyset.Summary) float64 { return normal95 * math.Sqrt(s.BytesVariance) }

// sampledSays tells how far a sample of keys can be trusted.
func sampledSays(measured, bytes uint64, bytesError float64) string {
	within := ""
	if bytes > 0 {
		within = fmt.Sprintf(" (the sum of bytes to ± %s, by how the measured keys differ; of a few very large ones a sample knows nothing)", percent(bytesError/float64(bytes)))
	}
	return fmt.Sprintf("%s measured; bytes, types and times to live are estimates from them%s. A slot's bytes are less sure; --sample 1 and --replication ask about every key.",
		plural(int64(measured), "key"), within)
}

// valueSections are the types and times to live.
func (r *report) valueSections() []section {
	if r.Values == nil {
		return nil
	}
	var all []section
	if len(r.Values.Types) > 0 {
		s := section{title: "Types and encodings", left: []int{0, 1}}
		s.head = []string{"type", "encoding", "keys", "share", "elements", "bytes", "share", "bytes a key"}
		for _, t := range r.Values.Types {
			s.rows = append(s.rows, []string{
				t.Type, t.Encoding, count(t.Keys), percent(part(t.Keys, r.Keys)), count(t.Elements),
				count(t.Bytes), percent(part(t.Bytes, r.Bytes)), count(t.Bytes / t.Keys),
			})
		}
		all = append(all, s)
	}
	if len(r.Values.TTLs) > 0 {
		s := section{title: "Time to live", head: []string{"left", "keys", "share", "bytes", "share"}, left: []int{0}}
		for _, t := range r.Values.TTLs {
			s.rows = append(s.rows, []string{t.TTL, count(t.Keys), percent(part(t.Keys, r.Keys)), count(t.Bytes), percent(part(t.Bytes, r.Bytes))})
		}
		all = append(all, s)
	}
	return all
}

func part(of, all uint64) float64 {
	if all == 0 {
		return 0
	}
	return float64(of) / float64(all)
}

// csvValues are the types and times to live.
func (r *report) csvValues() [][]string {
	var rows [][]string
	if r.Values == nil {
		return nil
	}
	for _, t := range r.Values.Types {
		rows = append(rows, csvRow(map[string]string{
			"kind": "type", "name": t.Type + "/" + t.Encoding, "keys": whole(t.Keys), "bytes": whole(t.Bytes), "value": whole(t.Elements),
		}))
	}
	for _, t := range r.Values.TTLs {
		rows = append(rows, csvRow(map[string]string{"kind": "ttl", "name": t.TTL, "keys": whole(t.Keys), "bytes": whole(t.Bytes)}))
	}
	return rows
}
