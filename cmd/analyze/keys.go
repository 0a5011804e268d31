package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"slotbench/internal/keyset"
	"slotbench/internal/slot"
)

const keysExamples = `  # which of 3 nodes would be fullest, and is it the hash or are it the tags?
  redis-cli --scan > keys.txt
  analyze keys keys.txt

  # 12 nodes, three slot counts, as JSON
  analyze keys keys.txt.zst --nodes 12 --slots 1024,4096,16384 --format json

  # keys with their sizes and operations: what is heavy by operations?
  printf 'key,bytes,ops\ncart:{u1}:7,120,9000\nuser:2,80,3\n' | analyze keys - --by ops

  # a dump: which slots are heavy by bytes, on the nodes as they are?
  redis-cli cluster nodes > nodes.txt
  analyze keys dump-*.rdb --by bytes --topology nodes.txt

  # a running cluster, without a dump
  analyze keys redis://127.0.0.1:7000

  # which slots do the operations of the next minute meet?
  timeout 60 redis-cli monitor | analyze keys - --by ops

  # what does each slot cost the server in a minute?
  redis-cli cluster slot-stats slotsrange 0 16383 > first.txt; sleep 60
  redis-cli cluster slot-stats slotsrange 0 16383 | analyze keys - --since first.txt --by ops

  # keys that hold line ends
  my-dumper --print0 | analyze keys - --input nul`

const keysLong = `keys adds up the keys of its inputs by hash slot, node and hash tag, and says
whether that is more uneven than random hashing would be. INPUT is a file, - for
standard input, the folder of an append-only file, or a server's URL.

Inputs are recognised by their content, never by their name; --input says it
where that fails:
  lines       a key a line, as redis-cli --scan prints. Blank lines are skipped,
              a carriage return before the line end is dropped. A line in double
              quotes is unquoted as redis-cli quotes on a terminal ("a\x00b").
              Keys may be 512 MB long; quoted lines, and those of the formats
              below, 1 MB
  raw         a key a line, to the last byte
  nul         keys with a zero byte after each; empty ones are skipped
  resp        bulk strings of the Redis protocol; numbered: 1) "key" of redis-cli
  csv, tsv    key[,bytes[,ops]], or a header that names key, and where there are
              such bytes (size, size_in_bytes, memory), ops (hits), type, encoding,
              num_elements, ttl, expiry; with it also between ; or |. Without a
              header every record must end in numbers. Excess commas belong to
              the key
  json        an object a line: {"key":"a","bytes":10,"ops":3,"type":"hash",
              "ttl":60}; json-list: a list of such, or of keys (redis-cli --json)
  rdb         a dump of Redis (to 8.8) or Valkey (to 9.1): types, encodings, times
              to live, and bytes from a model of that server's memory
  aof         an append-only file, or its folder: its RDB file and the commands
              after it. Bytes of what was written since are those of the commands
  monitor     operations, from redis-cli MONITOR
  twitter     operations, from Twitter's cache traces
  slot-stats  what CLUSTER SLOT-STATS or DFLYCLUSTER GETSLOTINFO answer, as text,
              JSON or in the Redis protocol; shards may be read together. It counts
              since a server's start: --since FIRST.txt leaves what came after
  redis://…   a running server or cluster: SCAN of every primary and database (of
              one, with --db 3 or redis://HOST:PORT/3), and MEMORY USAGE, TYPE
              and PTTL of a sample; with --replication the dump that a
              replica gets, from all primaries at once (each forks for it). The
              slots are cut as the cluster has them
gzip, zstd and lz4 are read as what is in them.

The fullest node over the mean stands beside the band that random hashing of as
many keys stays in 95 % of the time. Within the band there is nothing to fix.
Over it, look at the hash tags. For bytes and operations the band takes the
keys' weights as they are and throws them at random.

Why the fullest node is the fullest is told in parts that add up to its excess:
what it owns beyond its part of the slots, and what heavy keys (10 times the mean
key and a thousandth of a node, of the 256 heaviest), hash tags of two keys and
more, and all else (hash noise) have there beyond the part of the slots that it
owns. Beside each stands what max/mean would be if that load were spread evenly.

Hash tags are counted in bounded memory: where there are too many, the counts
are floors, and the error is given. Keys that come twice count twice.

Exit status: 0 all was read; 1 an input failed, had bad lines (they are left out
and reported), or reading was interrupted (what was read is reported, and marked
partial); 2 usage.`

// keysOptions are the flags of analyze keys.
type keysOptions struct {
	nodes   int
	slots   []int
	top     int
	by      string
	format  string
	input   string
	threads int

	checksum, topology string
	live               liveFlags
	since              []string
	templates          bool
	nodesSet           bool           // by the user
	slotsOf            *slot.Topology // the cut
	checksums          keyset.Checksums
	measure            keyset.Measure
	counts             []slot.Count
	layout             keyset.Format
}

// liveFlags say how running servers are read.
type liveFlags struct {
	sample, db  int
	replication bool
}

// everyDB is the value of --db that picks none.
const everyDB = -1

// fault is what is wrong with the flags.
func (l *liveFlags) fault() error {
	var sample, db error
	if l.sample < 1 {
		sample = fmt.Errorf("--sample %d: want 1 or more", l.sample)
	}
	if l.db < everyDB || l.db > keyset.MaxDB {
		db = fmt.Errorf("--db %d: want the number of a database, or %d for all", l.db, everyDB)
	}
	return errors.Join(sample, db)
}

// set hands the flags to who reads.
func (l *liveFlags) set(o *keyset.Options) {
	o.Sample, o.Replication = l.sample, l.replication
	if o.OneDB = l.db != everyDB; o.OneDB {
		o.DB = l.db
	}
}

func (l *liveFlags) add(f *pflag.FlagSet) {
	f.IntVar(&l.sample, "sample", keyset.DefaultSample, "of a running server, ask MEMORY USAGE, TYPE and PTTL of one key in this many")
	f.IntVar(&l.db, "db", everyDB, "read this database alone, of running servers, RDB and append-only files (-1: all)")
	f.BoolVar(&l.replication, "replication", false, "read running servers' dumps as a replica does, all primaries at once, instead of SCAN")
}

// Limits of the flags.
const (
	maxTop     = 10_000
	maxThreads = 1024
)

func newKeys(p *program) *cobra.Command {
	o := &keysOptions{}
	cmd := &cobra.Command{
		Use:     "keys INPUT...",
		Short:   "Add up keys by slot, node and hash tag",
		Long:    keysLong,
		Example: keysExamples,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return misusef("no INPUT: name files, or - for standard input (see %s --help)", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.nodesSet = cmd.Flags().Changed("nodes")
			if err := o.validate(args); err != nil {
				return usageError{err}
			}
			return p.keys(cmd.Context(), o, args)
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&o.nodes, "nodes", 3, "cut the slots evenly over this many nodes")
	flags.IntSliceVar(&o.slots, "slots", []int{int(slot.DefaultCount)}, "slot counts to add up by: powers of two from 1024 to 32768")
	flags.IntVar(&o.top, "top", 10, "how many of the hottest slots and heaviest tags to list")
	flags.StringVar(&o.by, "by", "keys", "what makes a slot hot and a tag heavy: keys, bytes or ops")
	flags.StringVar(&o.format, "format", "table", "table, csv, markdown or json")
	flags.StringVar(&o.input, "input", "auto", "how keys stand in the inputs: "+strings.Join(keyset.FormatNames(), ", "))
	flags.StringVar(&o.checksum, "checksum", "auto", "verify RDB checksums: auto (where a second thread does it beside the reading, or the file is small), always or never")
	o.live.add(flags)
	addSince(flags, &o.since)
	flags.StringVar(&o.topology, "topology", "", "cut the slots as in this file instead: CLUSTER NODES, SLOTS or SHARDS, nodes.conf, Dragonfly's JSON; or as the cluster at this redis:// URL does")
	flags.BoolVar(&o.templates, "templates", false, "also say which key templates weigh on the fullest node, and how many slots they can reach; takes several times as long on plain keys")
	flags.IntVar(&o.threads, "threads", 0, "how many threads read (0: as many as there are processors)")
	return cmd
}

// addSince is the flag of commands that read slot statistics.
func addSince(f *pflag.FlagSet, since *[]string) {
	f.StringSliceVar(since, "since", nil, "slot statistics taken earlier on the same servers (comma-separated files): operations are what was counted in between")
}

// validate names every fault at once.
func (o *keysOptions) validate(inputs []string) error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if o.nodes < 1 || o.nodes > int(slot.DefaultCount) {
		fault("--nodes %d: want 1 to %d", o.nodes, slot.DefaultCount)
	}
	seen := map[int]bool{}
	for _, n := range o.slots {
		if err := slot.Count(n).Validate(); err != nil {
			fault("--slots: %w", err)
		} else if !seen[n] {
			o.counts = append(o.counts, slot.Count(n))
		}
		seen[n] = true
	}
	if len(o.slots) == 0 {
		fault("--slots: want at least one slot count")
	}
	if o.top < 0 || o.top > maxTop {
		fault("--top %d: want 0 to %d", o.top, maxTop)
	}
	if o.threads < 0 || o.threads > maxThreads {
		fault("--threads %d: want 0 to %d", o.threads, maxThreads)
	}
	var err error
	if o.measure, err = keyset.ParseMeasure(o.by); err != nil {
		fault("--by: %w", err)
	}
	if o.layout, err = keyset.ParseFormat(o.input); err != nil {
		fault("--input: %w", err)
	}
	if err := o.live.fault(); err != nil {
		faults = append(faults, err)
	}
	var known bool
	if o.checksums, known = checksums[o.checksum]; !known {
		fault("--checksum %q: want auto, always or never", o.checksum)
	}
	if writers[o.format] == nil {
		fault("--format %q: want table, csv, markdown or json", o.format)
	}
	stdins := 0
	for _, name := range inputs {
		if name == "-" {
			stdins++
		}
	}
	if stdins > 1 {
		fault("standard input (-) is named %d times", stdins)
	}
	return errors.Join(faults...)
}

// writers print a report.
var writers = map[string]func(io.Writer, *report) error{
	"table":    writeTable,
	"csv":      writeCSV,
	"markdown": writeMarkdown,
	"json":     writeJSON,
}

var checksums = map[string]keyset.Checksums{
	"auto": keyset.ChecksumAuto, "always": keyset.ChecksumAlways, "never": keyset.ChecksumNever,
}

// keys reads the inputs and prints the report.
func (p *program) keys(ctx context.Context, o *keysOptions, inputs []string) error {
	if o.topology == "" && !o.nodesSet && len(inputs) == 1 && keyset.IsLive(inputs[0]) {
		o.topology = inputs[0]
	}
	var err error
	if o.slotsOf, err = cutOf(ctx, o.topology, o.nodes); err != nil {
		return err
	}
	read := keyset.Options{
		Checksums: o.checksums, Since: o.since,
		Format: o.layout, Threads: o.threads, RankTags: o.measure,
		TagCounters: max(keyset.DefaultTagCounters, 2*o.top),
		Stdin:       interruptibleReader(ctx, p.stdin),
	}
	o.live.set(&read)
	read.ClusterMode = o.topology != "" && len(o.slotsOf.Nodes) > 1
	mined := o.miners()
	if mined != nil {
		read.Visit = mined.visit
	}
	watch := watchProgress(p.stderr, inputs)
	read.Progress = &watch.read
	summary, err := keyset.Read(ctx, inputs, read)
	watch.stop()
	for _, bad := range summary.Bad {
		fmt.Fprintf(p.stderr, "analyze: %s, line %d (offset %d): %s: %s\n", bad.Input, bad.Line, bad.Offset, bad.Reason, bad.Text)
	}
	if summary.Lines == 0 && err != nil {
		return err
	}
	if summary.BadLines > 0 {
		err = errors.Join(err, fmt.Errorf("%s: left out of the report, the first of them above", plural(summary.BadLines, "bad line")))
	}
	if missing := o.missing(summary); missing != nil {
		return errors.Join(err, missing)
	}
	if failure := writers[o.format](p.stdout, newReport(summary, o, inputs, mined.templates())); failure != nil {
		return errors.Join(err, fmt.Errorf("write the report: %w", failure))
	}
	return err
}

// missing says that the inputs do not hold what they were to be ranked by.
func (o *keysOptions) missing(s *keyset.Summary) error {
	if s.Keys == 0 || o.measure == keyset.Keys || o.measure == keyset.Bytes || s.HasOps {
		return nil
	}
	return errors.New("--by ops: the inputs tell no operations; want a MONITOR log, slot statistics, or CSV with a column ops")
}

// plural is a number with its noun.
func plural(n int64, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return strings.TrimSpace(count(uint64(n)) + " " + noun)
}
