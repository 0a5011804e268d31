package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"slotbench/internal/keyset"
)

// readingOptions are the flags of commands that look at each key.
type readingOptions struct {
	input, checksum string
	threads         int
	live            liveFlags

	layout    keyset.Format
	checksums keyset.Checksums
}

func (o *readingOptions) add(flags *pflag.FlagSet) {
	flags.StringVar(&o.input, "input", "auto", "how keys stand in the inputs: "+strings.Join(keyset.FormatNames(), ", "))
	flags.StringVar(&o.checksum, "checksum", "auto", "verify RDB checksums: auto, always or never")
	o.live.add(flags)
	flags.IntVar(&o.threads, "threads", 0, "how many threads read (0: as many as there are processors)")
}

func (o *readingOptions) validate(f *faults, inputs []string) {
	var err error
	if o.layout, err = keyset.ParseFormat(o.input); err != nil {
		f.addf("--input: %w", err)
	}
	var known bool
	if o.checksums, known = checksums[o.checksum]; !known {
		f.addf("--checksum %q: want auto, always or never", o.checksum)
	}
	if err := o.live.fault(); err != nil {
		f.addf("%w", err)
	}
	if o.threads < 0 || o.threads > maxThreads {
		f.addf("--threads %d: want 0 to %d", o.threads, maxThreads)
	}
	stdins := 0
	for _, name := range inputs {
		if name == "-" {
			stdins++
		}
	}
	if stdins > 1 {
		f.addf("standard input (-) is named %d times", stdins)
	}
}

// readWith reads the inputs and shows each key to the visitors. An error says
// that not everything was read; without a summary there is nothing to go on
// with.
func (p *program) readWith(ctx context.Context, o *readingOptions, inputs []string, visit func() func(*keyset.Key)) (*keyset.Summary, error) {
	watch := watchProgress(p.stderr, inputs)
	read := keyset.Options{
		Format: o.layout, Threads: o.threads, Checksums: o.checksums,
		Stdin: interruptibleReader(ctx, p.stdin), Progress: &watch.read, Visit: visit,
	}
	o.live.set(&read)
	summary, err := keyset.Read(ctx, inputs, read)
	watch.stop()
	for _, bad := range summary.Bad {
		fmt.Fprintf(p.stderr, "analyze: %s, line %d (offset %d): %s: %s\n", bad.Input, bad.Line, bad.Offset, bad.Reason, bad.Text)
	}
	if summary.Lines == 0 && err != nil {
		return nil, err
	}
	if summary.BadLines > 0 {
		err = errors.Join(err, fmt.Errorf("%s left out, the first of them above", plural(summary.BadLines, "bad line")))
	}
	if summary.SlotsOnly {
		return nil, errors.Join(err, errors.New("slot statistics name no keys; want an input that does"))
	}
	return summary, err
}
