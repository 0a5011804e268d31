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
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"slotbench/internal/keyset"
	"slotbench/internal/scheme"
	"slotbench/internal/skew"
)

const schemesExamples = `  # a million keys user:0, user:1, … on 12 nodes, and then 13
  analyze schemes

  # your own keys; 3 nodes that become 6; rings of other sizes
  redis-cli --scan | analyze schemes - --nodes 3 --to 6 --virtual 100,1000
  analyze schemes dump.rdb --keys 5000000`

const schemesLong = `schemes spreads the same keys by modulo, by rings of virtual nodes, by
rendezvous and jump hashing and by hash slots, and says of each how balanced it
is, how many keys move when the cluster is scaled, how long a look-up takes on
this machine (hashing the key included), and what a client must remember.

INPUT is whatever analyze keys reads: files, - for standard input, servers' URLs;
without any, keys are made by --pattern. Keys are kept in memory: --keys bounds
how many are read. Hash slots look at hash tags; the others hash the whole key.

Hash slots are scaled as valkey-cli --cluster rebalance does it.`

// schemesOptions are the flags of analyze schemes.
type schemesOptions struct {
	nodes, to int
	keys      int
	pattern   string
	virtual   []int
	timing    time.Duration
	format    string
	reading   readingOptions
}

// Limits of the flags.
const (
	maxSchemeKeys  = 10_000_000
	maxSchemeNodes = 4096
	maxVirtual     = 100_000
	maxRingPoints  = 4_000_000
	maxTiming      = time.Minute
)

func newSchemes(p *program) *cobra.Command {
	o := &schemesOptions{}
	cmd := &cobra.Command{
		Use:     "schemes [INPUT...]",
		Short:   "Compare hash slots with other ways of spreading keys",
		Long:    schemesLong,
		Example: schemesExamples,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.validate(args); err != nil {
				return usageError{err}
			}
			return p.schemes(cmd.Context(), o, args)
		},
	}
	f := cmd.Flags()
	f.IntVar(&o.nodes, "nodes", 12, "how many nodes there are")
	f.IntVar(&o.to, "to", 0, "to how many nodes it is scaled (default: one more)")
	f.IntVar(&o.keys, "keys", 1_000_000, "how many keys are made, or read at most")
	f.StringVar(&o.pattern, "pattern", "user:%d", "how keys are made: %d is their number")
	f.IntSliceVar(&o.virtual, "virtual", []int{1, 100, 200, 1000}, "virtual nodes of each node of a ring")
	f.DurationVar(&o.timing, "timing", 150*time.Millisecond, "how long the look-ups of each scheme are timed for")
	f.StringVar(&o.format, "format", "table", "table, csv, markdown or json")
	o.reading.add(f)
	return cmd
}

func (o *schemesOptions) validate(inputs []string) error {
	f := &faults{}
	o.reading.validate(f, inputs)
	if o.to == 0 {
		o.to = o.nodes + 1
	}
	if o.nodes < 1 || o.nodes > maxSchemeNodes || o.to < 1 || o.to > maxSchemeNodes {
		f.addf("--nodes %d, --to %d: want 1 to %d", o.nodes, o.to, maxSchemeNodes)
	}
	if o.keys < 1 || o.keys > maxSchemeKeys {
		f.addf("--keys %d: want 1 to %d", o.keys, maxSchemeKeys)
	}
	if strings.Count(o.pattern, "%d") != 1 || strings.Count(o.pattern, "%") != 1 {
		f.addf("--pattern %q: want one %%d and no other %%", o.pattern)
	}
	for _, v := range o.virtual {
		if v < 1 || v > maxVirtual || v*max(o.nodes, o.to) > maxRingPoints {
			f.addf("--virtual %d: want 1 to %d, and at most %d points on a ring", v, maxVirtual, maxRingPoints)
		}
	}
	if o.timing <= 0 || o.timing > maxTiming {
		f.addf("--timing %v: want more than 0, to %v", o.timing, maxTiming)
	}
	if schemeWriters[o.format] == nil {
		f.addf("--format %q: want table, csv, markdown or json", o.format)
	}
	return errors.Join(f.list...)
}

// schemeRow is one scheme.
type schemeRow struct {
	Name        string  `json:"scheme"`
	MaxOverMean float64 `json:"node_max_over_mean"`
	CV          float64 `json:"cv"`
	Moved       float64 `json:"moved_share"`
	LookupNanos float64 `json:"lookup_ns"`
	Bytes       int     `json:"memory_bytes"`
}

// schemesReport is what analyze schemes says.
type schemesReport struct {
	Keys     int         `json:"keys"`
	Nodes    int         `json:"nodes"`
	To       int         `json:"to_nodes"`
	Least    float64     `json:"least_moved_share"` // that any scheme must move to be balanced again
	BandLow  float64     `json:"band_low"`          // of max over mean by random hashing
	BandHigh float64     `json:"band_high"`
	Schemes  []schemeRow `json:"schemes"`
}

func (p *program) schemes(ctx context.Context, o *schemesOptions, inputs []string) error {
	keys, err := p.keysFor(ctx, o, inputs)
	if len(keys) == 0 {
		return cmp.Or(err, errors.New("there are no keys"))
	}
	r := &schemesReport{Keys: len(keys), Nodes: o.nodes, To: o.to, Least: leastMoved(o.nodes, o.to)}
	kinds := []scheme.Kind{scheme.Slots(o.nodes), scheme.Jump(), scheme.Rendezvous()}
	for _, v := range o.virtual {
		kinds = append(kinds, scheme.Ring(v))
	}
	for _, kind := range append(kinds, scheme.Modulo()) {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		row, spread := measureScheme(kind, keys, o)
		r.BandLow, r.BandHigh = spread.BandLow, spread.BandHigh
		r.Schemes = append(r.Schemes, row)
	}
	if failure := schemeWriters[o.format](p.stdout, r); failure != nil {
		return errors.Join(err, fmt.Errorf("write the report: %w", failure))
	}
	return err
}

// leastMoved is the share of the keys that must move between even clusters.
func leastMoved(from, to int) float64 {
	return 1 - float64(min(from, to))/float64(max(from, to))
}

func measureScheme(kind scheme.Kind, keys [][]byte, o *schemesOptions) (schemeRow, skew.NodeSkew) {
	before, after := kind.New(o.nodes), kind.New(o.to)
	loads, even := make([]float64, o.nodes), make([]int, o.nodes)
	for i := range even {
		even[i] = 1
	}
	moved := 0
	for _, key := range keys {
		at := before.Place(key)
		loads[at]++
		if after.Place(key) != at {
			moved++
		}
	}
	spread := skew.Nodes(loads, even, int64(len(keys)))
	row := schemeRow{Name: kind.Name, MaxOverMean: spread.MaxOverMean, CV: spread.CV, Moved: float64(moved) / float64(len(keys)), Bytes: before.Bytes()}
	row.LookupNanos = timeLookups(before, keys, o.timing)
	return row, spread
}

// timeLookups is what a look-up takes: the fastest of rounds over some keys,
// since what disturbs a round only makes it slower.
func timeLookups(s scheme.Scheme, keys [][]byte, during time.Duration) float64 {
	const round = 10_000
	some := keys[:min(round, len(keys))]
	fastest, used, sum := time.Duration(0), time.Duration(0), 0
	for used < during {
		begin := time.Now()
		for _, key := range some {
			sum += s.Place(key)
		}
		took := time.Since(begin)
		if fastest == 0 || took < fastest {
			fastest = took
		}
		used += max(took, time.Microsecond)
	}
	if sum < 0 { // keeps the look-ups from being left out
		return 0
	}
	return float64(fastest) / float64(len(some))
}

// errEnough ends reading when there are as many keys as were asked for.
var errEnough = errors.New("enough keys were read")

// keysFor makes the keys or reads them. Those that were read come with an error
// that says that they are not all.
func (p *program) keysFor(ctx context.Context, o *schemesOptions, inputs []string) (keys [][]byte, err error) {
	if len(inputs) == 0 {
		for i := range o.keys {
			keys = append(keys, []byte(strings.Replace(o.pattern, "%d", strconv.Itoa(i), 1)))
		}
		return keys, nil
	}
	ctx, enough := context.WithCancelCause(ctx)
	defer enough(nil)
	var mu sync.Mutex
	visit := func(k *keyset.Key) {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case k.Count == 0: // an operation on a key that is known
		case len(keys) < o.keys:
			keys = append(keys, slices.Clone(k.Text))
		default:
			enough(errEnough)
		}
	}
	_, err = p.readWith(ctx, &o.reading, inputs, func() func(*keyset.Key) { return visit })
	if errors.Is(context.Cause(ctx), errEnough) {
		err = nil
	}
	return keys, err
}

var schemeWriters = map[string]func(io.Writer, *schemesReport) error{
	"table":    func(w io.Writer, r *schemesReport) error { return tableOf(w, r.sections()) },
	"csv":      writeSchemesCSV,
	"markdown": func(w io.Writer, r *schemesReport) error { return markdownOf(w, "Schemes", r.sections()) },
	"json":     func(w io.Writer, r *schemesReport) error { return jsonOf(w, r) },
}

func (r *schemesReport) sections() []section {
	s := section{
		says: []string{
			fmt.Sprintf("%s over %s. Random hashing gives a fullest node of %s–%s× the mean.", plural(int64(r.Keys), "key"), plural(int64(r.Nodes), "node"), ratio(r.BandLow), ratio(r.BandHigh)),
			fmt.Sprintf("From %d to %d nodes at least %s of the keys must move.", r.Nodes, r.To, percent(r.Least)),
		},
		head: []string{"scheme", "max/mean", "CV", fmt.Sprintf("move %d→%d", r.Nodes, r.To), "look-up", "memory"},
		left: []int{0},
	}
	for _, row := range r.Schemes {
		s.rows = append(s.rows, []string{
			row.Name, ratio(row.MaxOverMean), fmt.Sprintf("%.4f", row.CV), percent(row.Moved), fmt.Sprintf("%.1f ns", row.LookupNanos), byteText(float64(row.Bytes)),
		})
	}
	return []section{s}
}

func writeSchemesCSV(w io.Writer, r *schemesReport) error {
	rows := [][]string{{"scheme", "nodes", "to_nodes", "keys", "node_max_over_mean", "cv", "moved_share", "least_moved_share", "lookup_ns", "memory_bytes"}}
	for _, row := range r.Schemes {
		rows = append(rows, []string{
			row.Name, strconv.Itoa(r.Nodes), strconv.Itoa(r.To), strconv.Itoa(r.Keys), real(row.MaxOverMean), real(row.CV), real(row.Moved), real(r.Least),
			real(row.LookupNanos), strconv.Itoa(row.Bytes),
		})
	}
	return csv.NewWriter(w).WriteAll(rows)
}
