package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"sync"

	"github.com/spf13/cobra"

	"slotbench/internal/keyset"
	"slotbench/internal/rdb"
	"slotbench/internal/slot"
	"slotbench/internal/template"
)

const templatesExamples = `  # how are the keys named, and what of it takes the memory?
  analyze templates dump.rdb --by bytes

  # what is asked for most
  timeout 60 redis-cli monitor | analyze templates - --by ops

  # all templates, for a script
  redis-cli --scan | analyze templates - --top 0 --format json`

const templatesLong = `templates says how keys are named: it takes them apart at their delimiters and
puts those under one template that differ only in numbers, identifiers, dates and
names, such as cart:{<uuid>}:items. INPUT is what analyze keys reads, but slot
statistics.

A wildcard is <int>, <epoch> (seconds or milliseconds from 2001 to 2036), <date>,
<hexN> (N digits; <hex> where they vary), <uuid>, <base64>, <email>, <bytes>,
<rest> (what is behind 24 tokens) or <word>: a name, where a place has had more
than 24 of them (512 at a key's beginning). Rarer words than that stay as they are.
Random text that happens to hold a delimiter is counted with the rest of its kind.

"slots" is how many of the 16,384 slots a template can reach at most: CRC16 is
linear, so that keys of one length that differ in r bits reach 2^r slots.

One pass in bounded memory: at most 32,768 places in names are told apart. What
finds no room is counted as <other>. Keys that come twice count twice; keys that
an append-only file or a log deletes are counted.

Exit status: as of analyze keys.`

type templatesOptions struct {
	reading    readingOptions
	by, format string
	top        int
	measure    keyset.Measure
}

func newTemplates(p *program) *cobra.Command {
	o := &templatesOptions{}
	cmd := &cobra.Command{
		Use: "templates INPUT...", Short: "Say how keys are named, and what each kind of name takes",
		Long: templatesLong, Example: templatesExamples, Args: someInput,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.validate(args); err != nil {
				return usageError{err}
			}
			return p.templates(cmd.Context(), o, args)
		},
	}
	flags := cmd.Flags()
	o.reading.add(flags)
	flags.StringVar(&o.by, "by", "keys", "what templates are ranked by: keys, bytes or ops")
	flags.IntVar(&o.top, "top", 30, "how many templates to list; 0: all")
	flags.StringVar(&o.format, "format", "table", "table, csv, markdown or json")
	return cmd
}

// someInput wants at least one input.
func someInput(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return misusef("no INPUT: name files, or - for standard input (see %s --help)", cmd.CommandPath())
	}
	return nil
}

func (o *templatesOptions) validate(inputs []string) error {
	f := &faults{}
	o.reading.validate(f, inputs)
	var err error
	if o.measure, err = keyset.ParseMeasure(o.by); err != nil {
		f.addf("--by: %w", err)
	}
	if o.top < 0 || o.top > maxTop {
		f.addf("--top %d: want 0 to %d", o.top, maxTop)
	}
	if templateWriters[o.format] == nil {
		f.addf("--format %q: want table, csv, markdown or json", o.format)
	}
	return errors.Join(f.list...)
}

// miners mine in parallel, one for each goroutine that reads.
type miners struct {
	mu   sync.Mutex
	list []*template.Miner
	set  func(*template.Miner) // what each begins with; nil: nothing
}

// miners are those that analyze keys mines with, if it does.
func (o *keysOptions) miners() *miners {
	if !o.templates {
		return nil
	}
	return &miners{set: func(m *template.Miner) {
		m.Places = len(o.slotsOf.Nodes)
		if m.Places <= maxTemplateNodes {
			m.Place = func(crc uint16) int { return o.slotsOf.Owner(slot.DefaultCount.FromCRC(crc)) }
		}
	}}
}

// maxTemplateNodes is how many nodes templates are told apart by: each template
// takes three numbers for each.
const maxTemplateNodes = 256

func (m *miners) visit() func(*keyset.Key) {
	miner := template.New()
	if m.set != nil {
		m.set(miner)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.list = append(m.list, miner)
	return miner.Add
}

// templates is what all have found.
func (m *miners) templates() []*template.Template {
	if m == nil || len(m.list) == 0 {
		return nil
	}
	for _, other := range m.list[1:] {
		m.list[0].Join(other)
	}
	m.list = m.list[:1]
	return m.list[0].Templates()
}

// templatesReport is what analyze templates says.
type templatesReport struct {
	Inputs    []string         `json:"inputs"`
	Partial   bool             `json:"partial"`
	Keys      uint64           `json:"keys"`
	Bytes     uint64           `json:"bytes"`
	Ops       uint64           `json:"ops"`
	BytesTold bool             `json:"bytes_told"`
	OpsTold   bool             `json:"ops_told"`
	RankedBy  string           `json:"ranked_by"`
	Count     int              `json:"template_count"` // Templates holds the heaviest of them
	Templates []templateReport `json:"templates"`
}

// templateReport is one template.
type templateReport struct {
	Template     string  `json:"template"`
	Keys         uint64  `json:"keys"`
	KeysShare    float64 `json:"keys_share"`
	Bytes        uint64  `json:"bytes"`
	BytesShare   float64 `json:"bytes_share"`
	Ops          uint64  `json:"ops"`
	OpsShare     float64 `json:"ops_share"`
	KeyBytesMean float64 `json:"key_bytes_mean"`
	KeyBytesMin  int     `json:"key_bytes_min"`
	KeyBytesMax  int     `json:"key_bytes_max"`
	Tagged       uint64  `json:"tagged_keys"`
	Tags         uint64  `json:"distinct_tags"`       // an estimate above 255, within 6 % two times in three
	SlotBits     int     `json:"slot_bits"`           // it reaches 2^this slots at most
	Reachable    uint64  `json:"reachable_slots"`     // at most
	Type         string  `json:"main_type,omitempty"` // that most of its keys have
	TTLShare     float64 `json:"with_ttl,omitempty"`  // of its keys
	Example      string  `json:"example"`
}

func (p *program) templates(ctx context.Context, o *templatesOptions, inputs []string) error {
	m := &miners{}
	s, err := p.readWith(ctx, &o.reading, inputs, m.visit)
	if s == nil {
		return err
	}
	if o.measure == keyset.Ops && s.Keys > 0 && !s.HasOps {
		return errors.Join(err, errors.New("--by ops: the inputs tell no operations"))
	}
	r := &templatesReport{
		Inputs: names(inputs), Partial: s.Partial, Keys: s.Keys, Bytes: s.Bytes, Ops: s.Ops,
		BytesTold: s.HasBytes, OpsTold: s.HasOps, RankedBy: o.measure.String(),
	}
	r.fill(m.templates(), o)
	if failure := templateWriters[o.format](p.stdout, r); failure != nil {
		return errors.Join(err, fmt.Errorf("write the report: %w", failure))
	}
	return err
}

// fill lists the heaviest templates.
func (r *templatesReport) fill(all []*template.Template, o *templatesOptions) {
	var keys, bytes, ops uint64 // of what the miners saw: with what logs delete
	for _, t := range all {
		keys, bytes, ops = keys+t.Keys, bytes+t.Bytes, ops+t.Ops
	}
	slices.SortStableFunc(all, func(a, b *template.Template) int {
		weight := func(t *template.Template) uint64 { return [...]uint64{t.Keys, t.Bytes, t.Ops}[o.measure] }
		return cmp.Compare(weight(b), weight(a))
	})
	r.Count = len(all)
	if o.top > 0 {
		all = all[:min(o.top, len(all))]
	}
	r.Templates = []templateReport{}
	for _, t := range all {
		row := templateReport{
			Template: printable(t.Text), Keys: t.Keys, KeysShare: part(t.Keys, keys),
			Bytes: t.Bytes, BytesShare: part(t.Bytes, bytes), Ops: t.Ops, OpsShare: part(t.Ops, ops),
			KeyBytesMin: t.MinKey, KeyBytesMax: t.MaxKey, Tagged: t.Tagged, Tags: uint64(t.Parts.Estimate() + 0.5),
			SlotBits: t.Span.SlotBits(), Reachable: 1 << t.Span.SlotBits(), Example: printable(t.Example),
		}
		if t.Keys > 0 {
			row.KeyBytesMean = float64(t.KeyBytes) / float64(t.Keys)
			if t.HasTTLs {
				row.TTLShare = 1 - part(t.TTLs[keyset.NoTTL], t.Keys)
			}
		}
		row.Type = mainType(&t.Stats)
		r.Templates = append(r.Templates, row)
	}
}

var templateWriters = map[string]func(io.Writer, *templatesReport) error{
	"table":    func(w io.Writer, r *templatesReport) error { return tableOf(w, r.sections()) },
	"markdown": func(w io.Writer, r *templatesReport) error { return markdownOf(w, "Key templates", r.sections()) },
	"json":     func(w io.Writer, r *templatesReport) error { return jsonOf(w, r) },
	"csv":      writeTemplatesCSV,
}

func (r *templatesReport) sections() []section {
	if len(r.Templates) == 0 {
		return []section{{says: []string{"There are no keys."}}}
	}
	first := section{}
	if r.Partial {
		first.says = append(first.says, "PARTIAL: the inputs were not read to their end.")
	}
	first.says = append(first.says, fmt.Sprintf("%s in %s.", plural(int64(r.Keys), "key"), plural(int64(r.Count), "template")))
	s := section{title: "Templates by " + r.RankedBy, left: []int{0}}
	if r.Count > len(r.Templates) {
		s.title += fmt.Sprintf(" (the first %d)", len(r.Templates))
	}
	told := func(bytes, ops []string) (cells []string) {
		if r.BytesTold {
			cells = append(cells, bytes...)
		}
		if r.OpsTold {
			cells = append(cells, ops...)
		}
		return cells
	}
	s.head = append([]string{"template", "keys", "share"}, told([]string{"bytes", "share", "bytes a key"}, []string{"ops", "share"})...)
	s.head = append(s.head, "key length", "tags", "slots ≤")
	for _, t := range r.Templates {
		row := append([]string{shorten(t.Template), count(t.Keys), percent(t.KeysShare)}, told(
			[]string{count(t.Bytes), percent(t.BytesShare), count(t.Bytes / max(t.Keys, 1))}, []string{count(t.Ops), percent(t.OpsShare)})...)
		s.rows = append(s.rows, append(row, lengths(t.KeyBytesMin, t.KeyBytesMax), tags(&t), count(t.Reachable)))
	}
	examples := section{title: "An example of each", head: []string{"template", "a key"}, left: []int{0, 1}}
	for _, t := range r.Templates {
		examples.rows = append(examples.rows, []string{shorten(t.Template), shorten(t.Example)})
	}
	return []section{first, s, examples}
}

func lengths(least, most int) string {
	if least == most {
		return strconv.Itoa(least)
	}
	return fmt.Sprintf("%d–%d", least, most)
}

// exactTags is how many tags are counted exactly.
const exactTags = 255

func tags(t *templateReport) string {
	switch {
	case t.Tagged == 0:
		return "–"
	case t.Tags > exactTags:
		return "≈ " + count(t.Tags)
	}
	return count(t.Tags)
}

func writeTemplatesCSV(w io.Writer, r *templatesReport) error {
	rows := [][]string{{"template", "keys", "keys_share", "bytes", "bytes_share", "ops", "ops_share", "key_bytes_mean", "key_bytes_min", "key_bytes_max", "tagged_keys", "distinct_tags", "reachable_slots", "main_type", "with_ttl", "example"}}
	for _, t := range r.Templates {
		rows = append(rows, []string{
			t.Template, whole(t.Keys), real(t.KeysShare), whole(t.Bytes), real(t.BytesShare), whole(t.Ops), real(t.OpsShare),
			real(t.KeyBytesMean), strconv.Itoa(t.KeyBytesMin), strconv.Itoa(t.KeyBytesMax), whole(t.Tagged), whole(t.Tags), whole(t.Reachable),
			t.Type, real(t.TTLShare), t.Example,
		})
	}
	return csv.NewWriter(w).WriteAll(rows)
}

// mainType is the type that most of a template's keys have.
func mainType(s *template.Stats) string {
	if !s.HasKinds {
		return ""
	}
	most := rdb.None
	for k := range s.Kinds {
		if s.Kinds[k] > s.Kinds[most] {
			most = rdb.Kind(k)
		}
	}
	return most.String()
}
