package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"slotbench/internal/keyset"
	"slotbench/internal/rebalance"
	"slotbench/internal/slot"
)

const planExamples = `  # what would even out 12 nodes by bytes, and what would it cost?
  analyze plan keys.csv --nodes 12

  # a thirteenth node; then without the nodes 0 and 5; then with two large nodes
  analyze plan keys.csv --nodes 12 --add 1
  analyze plan keys.csv --nodes 12 --remove 0,5
  analyze plan keys.csv --nodes 4 --weights 1,1,2,2

  # a cluster that runs, read as a replica reads it; then from a dump of it
  analyze plan redis://10.0.0.1:6379 --replication
  analyze plan dump.rdb --topology redis://10.0.0.1:6379 --emit redis-cli > plan.sh

  # bytes and operations at once, within 2 %, on weekday nights at 50 MB/s
  analyze plan keys.csv --nodes 12 --by bytes,ops --tolerance 2% \
      --rate 50MB/s --window 'Mon-Fri 02:00-05:00 Europe/Berlin'

  # a script that does it, and a plan file for loadgen
  analyze plan keys.csv --nodes 3 --emit redis-cli \
      --addrs 10.0.0.1:6379,10.0.0.2:6379,10.0.0.3:6379 > plan.sh
  analyze plan keys.csv --nodes 3 --emit plan > plan.json

  # how many nodes should it be?
  analyze plan keys.csv --nodes 12 --what-if 3..24`

const planLong = `plan says which slots should move to which node, what that costs, and what it
costs at least. INPUT is what analyze keys reads; of one running cluster the
topology is its own.

The plan is the cheapest that was found to bring every node within --tolerance
of its target (its weight's share). It stands beside a lower bound that no such
plan can go under, beside the floor that no distribution of slots can go under,
with the slot and tag that set it, and beside what valkey-cli --cluster rebalance
would do, which looks at slot counts only. Where that would end evener than the
tolerance asks for, the plan aims for as much.

What is balanced (--by): bytes, keys, ops, slots, or several with commas; count
is valkey-cli's rule itself. What is moved is counted in bytes where the input
tells them, otherwise in keys.

Output to execute (--emit):
  plan              a plan file, as loadgen executes it
  redis-cli         a script: SETSLOT and MIGRATE, key by key; works everywhere
  migrateslots      a script: CLUSTER MIGRATESLOTS (Valkey 9)
  migration-import  a script: CLUSTER MIGRATION IMPORT (Redis 8.4)
  dflycluster       a script: DFLYCLUSTER CONFIG (Dragonfly)

Exit status: 0 there is a plan; 1 an input failed, or no plan within the
tolerance was found (the best that was found is printed); 2 usage.`

// planOptions are the flags of analyze plan.
type planOptions struct {
	nodes, add    int
	remove        []int
	weights       []float64
	slots         int
	by            []string
	tolerance     string
	contiguity    string
	pin           string
	topology      string
	addrs, ids    []string
	rate          string
	runFile       string
	windows       []string
	start         string
	emit          string
	whatIf        string
	format, input string
	threads       int
	live          liveFlags
	since         []string

	layout     keyset.Format
	current    *slot.Topology // who owns what now
	stop       <-chan struct{}
	measures   []measure
	byCount    bool
	tolerated  float64
	contiguous float64
	pinned     []slot.Range
	speed      speed
	opening    []rebalance.Window
	begin      time.Time
	trial      [2]int // what-if: from, to
}

func newPlan(p *program) *cobra.Command {
	o := &planOptions{}
	cmd := &cobra.Command{
		Use:     "plan INPUT...",
		Short:   "Say which slots to move for balance, and what that costs at least",
		Long:    planLong,
		Example: planExamples,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return misusef("no INPUT: name files, or - for standard input (see %s --help)", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 && keyset.IsLive(args[0]) && o.topology == "" && !cmd.Flags().Changed("nodes") && !cmd.Flags().Changed("slots") {
				o.topology = args[0]
			}
			if err := o.readTopology(cmd.Context(), cmd.Flags().Changed("nodes")); err != nil {
				return err
			}
			if err := o.validate(args, time.Now()); err != nil {
				return usageError{err}
			}
			return p.plan(cmd.Context(), o, args)
		},
	}
	f := cmd.Flags()
	f.IntVar(&o.nodes, "nodes", 3, "how many nodes there are, with the slots cut evenly")
	f.StringVar(&o.topology, "topology", "", "the cluster as it is: a file as analyze keys takes it, or a redis:// URL; primaries without slots come in")
	f.IntVar(&o.add, "add", 0, "how many nodes come in")
	f.IntSliceVar(&o.remove, "remove", nil, "nodes that leave, by number from 0")
	f.Float64SliceVar(&o.weights, "weights", nil, "the nodes' shares, those of added nodes last (default: all the same)")
	f.IntVar(&o.slots, "slots", int(slot.DefaultCount), "how many slots there are: a power of two from 1024 to 32768")
	f.StringSliceVar(&o.by, "by", nil, "what to balance: bytes, keys, ops, slots (several with commas), or count (default: bytes where the input tells them, else keys)")
	f.StringVar(&o.tolerance, "tolerance", "1%", "how far over its target a node may end")
	f.StringVar(&o.contiguity, "contiguity", "0.5%", "how much more than necessary may be moved to keep ranges whole")
	f.StringVar(&o.pin, "pin", "", "slots that stay where they are, such as 0-99,200")
	f.StringSliceVar(&o.addrs, "addrs", nil, "the nodes' HOST:PORT in order, added nodes last (with --topology only theirs); scripts need them")
	f.StringSliceVar(&o.ids, "ids", nil, "the nodes' ids in order (scripts ask where there are none)")
	f.StringVar(&o.rate, "rate", "", "how fast slots move, such as 50MB/s or 20000keys/s; with it comes a schedule")
	f.StringVar(&o.runFile, "run", "", "take the rate from the migrations of a loadgen run (its run.json)")
	f.StringArrayVar(&o.windows, "window", nil, "when slots may move, such as 'Mon-Fri 02:00-05:00 Europe/Berlin'; may be repeated")
	f.StringVar(&o.start, "start", "", "when the schedule begins, as 2026-01-31T02:00:00Z (default: now)")
	f.StringVar(&o.emit, "emit", "", "print only what executes the plan: "+strings.Join(rebalance.EmitNames(), ", "))
	f.StringVar(&o.whatIf, "what-if", "", "compare numbers of nodes, such as 3..24")
	f.StringVar(&o.format, "format", "table", "table, csv, markdown or json")
	f.StringVar(&o.input, "input", "auto", "how keys stand in the inputs: "+strings.Join(keyset.FormatNames(), ", "))
	o.live.add(f)
	addSince(f, &o.since)
	f.IntVar(&o.threads, "threads", 0, "how many threads read (0: as many as there are processors)")
	return cmd
}

// plan reads the inputs, searches, and prints.
func (p *program) plan(ctx context.Context, o *planOptions, inputs []string) error {
	watch := watchProgress(p.stderr, inputs)
	read := keyset.Options{
		ClusterMode: o.topology != "" && o.nodes > 1, Since: o.since,
		Format: o.layout, Threads: o.threads, RankTags: o.rankTags(), Stdin: interruptibleReader(ctx, p.stdin), Progress: &watch.read,
	}
	o.live.set(&read)
	summary, err := keyset.Read(ctx, inputs, read)
	watch.stop()
	for _, bad := range summary.Bad {
		fmt.Fprintf(p.stderr, "analyze: %s, line %d (offset %d): %s: %s\n", bad.Input, bad.Line, bad.Offset, bad.Reason, bad.Text)
	}
	if summary.BadLines > 0 {
		err = errors.Join(err, fmt.Errorf("%s: left out of the plan, the first of them above", plural(summary.BadLines, "bad line")))
	}
	if err != nil && summary.Keys == 0 {
		return err
	}
	if missing := o.missing(summary); missing != nil {
		return errors.Join(err, missing)
	}
	o.stop = ctx.Done()
	if o.whatIf != "" {
		return errors.Join(err, p.tryNodes(ctx, o, summary))
	}
	report, failure := newPlanReport(o, summary, inputs)
	if failure != nil {
		return errors.Join(err, failure)
	}
	if failure := p.printPlan(o, report); failure != nil {
		return errors.Join(err, fmt.Errorf("write the plan: %w", failure))
	}
	if report.Stopped {
		err = errors.Join(err, context.Cause(ctx))
	}
	if !report.Within {
		err = errors.Join(err, fmt.Errorf("no plan within %s was found: the fullest node ends at %s of its target", o.tolerance, ratio(report.Plan.worst())))
	}
	return err
}

func (p *program) printPlan(o *planOptions, r *planReport) error {
	if o.emit == "" {
		return planWriters[o.format](p.stdout, r)
	}
	var text strings.Builder
	if err := rebalance.Emitters[o.emit](&text, r.file, r.before); err != nil {
		return err
	}
	for _, sentence := range r.answer() {
		fmt.Fprintln(p.stderr, "analyze:", sentence)
	}
	_, err := io.WriteString(p.stdout, text.String())
	return err
}

// planWriters print a plan.
var planWriters = map[string]func(io.Writer, *planReport) error{
	"table":    func(w io.Writer, r *planReport) error { return tableOf(w, r.sections()) },
	"csv":      writePlanCSV,
	"markdown": func(w io.Writer, r *planReport) error { return markdownOf(w, "Plan", r.sections()) },
	"json":     func(w io.Writer, r *planReport) error { return jsonOf(w, r) },
}

// missing says that the inputs do not hold what was to be balanced.
func (o *planOptions) missing(s *keyset.Summary) error {
	if s.Keys == 0 {
		return errors.New("there are no keys: nothing to plan with")
	}
	if len(o.measures) == 0 && !o.byCount {
		o.measures = []measure{byKeys}
		if s.HasBytes {
			o.measures = []measure{byBytes}
		}
	}
	if slices.Contains(o.measures, byOps) && !s.HasOps {
		return errors.New("--by ops: the inputs tell no operations; want CSV with a column ops")
	}
	if slices.Contains(o.measures, byBytes) && !s.HasBytes {
		return errors.New("--by bytes: the inputs tell no bytes; want CSV with a column bytes, or an input that has values")
	}
	if o.speed.unit == byBytes && o.speed.perSecond > 0 && !s.HasBytes {
		return errors.New("--rate in bytes: the inputs tell no bytes; want a rate such as 20000keys/s")
	}
	return nil
}
