package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"slotbench/internal/anonymize"
	"slotbench/internal/keyset"
	"slotbench/internal/resp"
)

const anonymizeExamples = `  # keys that can be shown to others; without --secret nobody can do it again
  redis-cli --scan | analyze anonymize - > shareable.txt

  # the same text for the same keys, today and tomorrow; the secret from a file
  analyze anonymize dump.rdb --secret-file secret.txt > shareable.csv
  analyze keys shareable.csv --by bytes`

const anonymizeLong = `anonymize replaces the text of keys and keeps what analyze looks at: slots (all 16
bits of each key's CRC, so histograms are the same for every number of slots),
lengths, delimiters, whether a piece is a number, a name, a hexadecimal number, a
UUID or looks random, and which pieces and hash tags are equal. INPUT is what
analyze keys reads, but logs of operations and slot statistics.

Key lines come out as key lines; what tells more comes out as CSV: key, bytes, ops,
type, encoding, num_elements, ttl (of a dump, the longest of its class). The order
is that of the input. It is one pass in memory that does not grow with it.

The replacement is a permutation that --secret decides. It is not reversed without
it, but shape tells things. What still leaks is said on standard error:
  - lengths, delimiters, slots, sizes, operations, types, times to live, equality
    of pieces, and the number of keys of each kind;
  - dates (2026-01-31, 20260131), and the first two digits of what may be a time in
    seconds or milliseconds, stay;
  - in what is hashed (the tag, or the whole key), a piece keeps its CRC16. Short
    ones may be the only text of their length and kind that has it, and stay:
    most numbers to 5 digits (so an IPv4 address in a tag stays what it is, or nearly
    so), most names to 3 letters, few of 4. Who has a list of likely
    names can compare CRCs: with a four-letter name 7 are possible on average. Do
    not give away names that can be guessed and must not be;
  - a number may become another that is also in use: they are permuted.
Outside of the hash tag everything but dates changes.

Exit status: as of analyze keys.`

type anonymizeOptions struct {
	reading            readingOptions
	secret, secretFile string
	output             string
}

func newAnonymize(p *program) *cobra.Command {
	o := &anonymizeOptions{}
	cmd := &cobra.Command{
		Use: "anonymize INPUT...", Short: "Replace the text of keys; slots, lengths and structure stay",
		Long: anonymizeLong, Example: anonymizeExamples, Args: someInput,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.validate(args, cmd.Flags().Changed("secret")); err != nil {
				return usageError{err}
			}
			return p.anonymize(cmd.Context(), o, args)
		},
	}
	flags := cmd.Flags()
	o.reading.add(flags)
	_ = flags.MarkHidden("threads") // keys come out in their order
	flags.StringVar(&o.secret, "secret", "", "what decides the new text (default: drawn at random)")
	flags.StringVar(&o.secret, "seed", "", "the same as --secret")
	flags.StringVar(&o.secretFile, "secret-file", "", "a file that holds the secret")
	flags.StringVar(&o.output, "output", "auto", "lines, csv, or auto: lines where the input tells nothing but keys")
	return cmd
}

// maxSecretBytes is the longest secret that is read from a file.
const maxSecretBytes = 1 << 16

func (o *anonymizeOptions) validate(inputs []string, given bool) error {
	f := &faults{}
	o.reading.validate(f, inputs)
	o.reading.threads = 1
	if o.output != "auto" && o.output != "lines" && o.output != "csv" {
		f.addf("--output %q: want lines, csv or auto", o.output)
	}
	switch {
	case o.secretFile != "" && o.secret != "":
		f.addf("--secret and --secret-file exclude each other")
	case o.secretFile != "":
		file, err := os.Open(o.secretFile)
		if err != nil {
			f.addf("--secret-file: %w", err)
			break
		}
		defer file.Close()
		text, err := io.ReadAll(io.LimitReader(file, maxSecretBytes))
		if o.secret = strings.TrimSpace(string(text)); err != nil || o.secret == "" {
			f.addf("--secret-file %s: want a file with a secret in it", o.secretFile)
		}
	case o.secret == "" && given:
		f.addf("--secret: want some text")
	case o.secret == "":
		o.secret = rand.Text()
	}
	return errors.Join(f.list...)
}

// disguise writes keys as they come.
type disguise struct {
	keeper  *anonymize.Keeper
	output  string
	out     *bufio.Writer
	records *csv.Writer // nil: lines
	columns []column
	record  []string
	began   bool
	key     []byte
	err     error
}

func (p *program) anonymize(ctx context.Context, o *anonymizeOptions, inputs []string) error {
	d := &disguise{keeper: anonymize.New(o.secret), output: o.output, out: bufio.NewWriterSize(p.stdout, 1<<16)}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s, err := p.readWith(ctx, &o.reading, inputs, func() func(*keyset.Key) {
		return func(k *keyset.Key) {
			if d.write(k); d.err != nil {
				cancel(d.err)
			}
		}
	})
	if d.err != nil {
		return d.err
	}
	if d.records != nil {
		d.records.Flush()
	}
	if failure := d.out.Flush(); failure != nil {
		return errors.Join(err, fmt.Errorf("write the keys: %w", failure))
	}
	if s != nil {
		d.tell(p.stderr)
	}
	return err
}

var errLog = errors.New("the input is a log of operations; anonymize takes keys: dumps, key lines, CSV, JSON or running servers")

// write replaces one key.
func (d *disguise) write(k *keyset.Key) {
	switch {
	case d.err != nil:
		return
	case k.Logged:
		d.err = errLog
		return
	case !d.began:
		d.began = true
		if d.output == "csv" || d.output == "auto" && (k.HasBytes || k.HasOps || k.HasKind || k.HasTTL) {
			d.err = d.begin(k)
		}
	}
	d.key = d.keeper.Append(d.key[:0], k.Text)
	if d.records == nil {
		if mustQuote(d.key) {
			d.key = resp.AppendQuoted(nil, d.key)
		}
		d.key = append(d.key, '\n')
		if _, err := d.out.Write(d.key); err != nil {
			d.err = fmt.Errorf("write the keys: %w", err)
		}
		return
	}
	record := d.record[:0]
	for _, c := range d.columns {
		record = append(record, c.text(k, d.key))
	}
	if d.record = record; d.err == nil {
		if err := d.records.Write(record); err != nil {
			d.err = fmt.Errorf("write the keys: %w", err)
		}
	}
}

// column is one of the CSV.
type column struct {
	name string
	told func(*keyset.Key) bool
	show func(*keyset.Key) string // where it is told
}

func (c *column) text(k *keyset.Key, key []byte) string {
	switch {
	case c.name == "key":
		return string(key)
	case !c.told(k):
		return ""
	}
	return c.show(k)
}

// columns are all that there may be; the first key decides which there are.
var columns = []column{
	{"key", func(*keyset.Key) bool { return true }, nil},
	{"bytes", func(k *keyset.Key) bool { return k.HasBytes }, func(k *keyset.Key) string { return whole(k.Bytes) }},
	{"ops", func(k *keyset.Key) bool { return k.HasOps }, func(k *keyset.Key) string { return whole(k.Ops) }},
	{"type", hasKind, func(k *keyset.Key) string { return k.Kind.String() }},
	{"encoding", hasKind, func(k *keyset.Key) string { return k.Encoding.String() }},
	{"num_elements", hasKind, func(k *keyset.Key) string { return whole(k.Elements) }},
	{"ttl", func(k *keyset.Key) bool { return k.HasTTL }, func(k *keyset.Key) string { return strconv.Itoa(ttlSeconds[k.TTL]) }},
}

func hasKind(k *keyset.Key) bool { return k.HasKind }

// begin writes the head of the columns that the first key tells.
func (d *disguise) begin(k *keyset.Key) error {
	d.records = csv.NewWriter(d.out)
	var head []string
	for _, c := range columns {
		if c.told(k) {
			d.columns = append(d.columns, c)
			head = append(head, c.name)
		}
	}
	return d.records.Write(head)
}

// ttlSeconds stand for the classes: the longest of each, -1 for none.
var ttlSeconds = [keyset.TTLClasses]int{-1, 0, 60, 3600, 86400, 7 * 86400, 30 * 86400, 365 * 86400}

// mustQuote says that a key is no line as it stands.
func mustQuote(key []byte) bool {
	return len(key) == 0 || key[0] == '"' || key[len(key)-1] == '\r' || bytes.IndexByte(key, '\n') >= 0
}

// tell says what of the original can still be told.
func (d *disguise) tell(w io.Writer) {
	l := &d.keeper.Leaks
	say := func(format string, args ...any) { fmt.Fprintf(w, "analyze: "+format+"\n", args...) }
	say("%s replaced: slots, lengths, delimiters, kinds and equality of pieces are those of the original.", plural(int64(l.Keys), "key"))
	for kind, name := range []string{"number", "name", "identifier", "date"} {
		if l.Left[kind] == 0 {
			continue
		}
		why := fmt.Sprintf("no other of their length has their CRC16; the longest: %s", plural(int64(l.Longest[kind]), "byte"))
		if anonymize.Kind(kind) == anonymize.Dates {
			why = "dates stay"
		}
		say("left as they are: %s of %s (%s).", plural(int64(l.Left[kind]), name), count(l.Pieces[kind]), why)
	}
	if l.Unchanged > 0 {
		say("%s of them did not change at all: too short, or nothing but delimiters and dates.", count(l.Unchanged))
	}
	say("What is hashed keeps its CRC16 piece by piece: likely names can be guessed from it (see analyze anonymize --help).")
}
