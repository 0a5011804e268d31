package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"slotbench/internal/template"
	"slotbench/workloads"
	"slotbench/workloads/profile"
)

const fitExamples = `  # a load with the shape of a dump, on three nodes
  analyze fit dump.rdb > mine.yaml
  loadgen workloads check mine.yaml
  loadgen run -w mine.yaml --target local:redis --nodes 3

  # a tenth of the keys; the same tags, sizes and weights
  redis-cli --scan | analyze fit - --keys 100000 --name small > small.yaml

  # keys with sizes, operations and times to live
  printf 'key,bytes,ops,ttl\ncart:{u1}:7,120,9000,60\nuser:2,80,3,-1\n' | analyze fit -`

const fitLong = `fit writes a workload file for loadgen that has the shape of a keyset: a family
for each key template (see analyze templates), with its part of the keys, of the
operations, its lengths of keys, sizes of values, types, hash tags and times to
live. Its keys are named fa:…, fb:…, and hold nothing of the original; a run puts its
own prefix before them. INPUT is what analyze keys reads, but slot statistics.

How far the workload is from the keyset is printed on standard error and stands in
the file: fit makes its keys and compares.

Keys lie in the same slots as those of the keyset, and on as many hash tags there:
heavy tags are as large as they were, and templates that share tags share them
again. That takes some 80 KiB for a template with keys in all slots; what finds no
room in 1 MiB, and keys too short to hold the digits that place them, lie where
they hash to. With --by-slot=false the file is short: tags are equal, or follow
Zipf's law fitted to the 16 largest.

Sizes of strings follow a histogram of at most 24 ranges; operations follow Zipf's
law with the same effective number of keys (of a log, the same share of the hottest
key): by slot they are not the keyset's.

Exit status: as of analyze keys.`

type fitOptions struct {
	reading      readingOptions
	name, output string
	keys         int64
	bySlot       bool
}

func newFit(p *program) *cobra.Command {
	o := &fitOptions{}
	cmd := &cobra.Command{
		Use: "fit INPUT...", Short: "Write a workload for loadgen with the same shape, and no key of the original",
		Long: fitLong, Example: fitExamples, Args: someInput,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.validate(args); err != nil {
				return usageError{err}
			}
			return p.fit(cmd.Context(), o, args)
		},
	}
	flags := cmd.Flags()
	o.reading.add(flags)
	flags.StringVar(&o.name, "name", "fitted", "the workload's name")
	flags.StringVarP(&o.output, "output", "o", "-", "where to write the workload; -: standard output")
	flags.Int64Var(&o.keys, "keys", 0, "how many keys the workload has (0: as many as there are)")
	flags.BoolVar(&o.bySlot, "by-slot", true, "keep which slots the keys are in, and on which tags there; false: a short file")
	return cmd
}

func (o *fitOptions) validate(inputs []string) error {
	f := &faults{}
	o.reading.validate(f, inputs)
	if o.keys < 0 || o.keys > workloads.MaxKeys {
		f.addf("--keys %d: want 0 to %d", o.keys, int64(workloads.MaxKeys))
	}
	if strings.TrimSpace(o.name) == "" {
		f.addf("--name: want a name")
	}
	return errors.Join(f.list...)
}

// fit reads the inputs, makes the workload and says how near it is.
func (p *program) fit(ctx context.Context, o *fitOptions, inputs []string) error {
	m := &miners{set: func(miner *template.Miner) { miner.Spread = true }}
	s, err := p.readWith(ctx, &o.reading, inputs, m.visit)
	if s == nil {
		return err
	}
	if s.Keys == 0 {
		return errors.Join(err, errors.New("there are no keys: nothing to fit"))
	}
	shape := profile.Shape{Name: o.name, Templates: m.templates(), Keys: o.keys, BySlot: o.bySlot, MemoryBytes: s.Measured > 0, Logged: s.LoggedOps > 0}
	for _, n := range s.Inputs {
		shape.MemoryBytes = shape.MemoryBytes || n.Dump.Version > 0
	}
	if shape.Logged && len(s.Heavy.ByOps) > 0 {
		shape.HottestShare = part(s.Heavy.ByOps[0].Ops, s.Ops)
	}
	fitted := profile.Fit(shape)
	text, failure := yaml.MarshalWithOptions(fitted.Spec, yaml.UseLiteralStyleIfMultiline(true))
	if failure != nil {
		return errors.Join(err, fmt.Errorf("write the workload: %w", failure))
	}
	w, failure := compileFitted(text)
	if failure != nil {
		return errors.Join(err, fmt.Errorf("the keyset's shape makes no workload: %w", failure))
	}
	if w.Keys() > manyKeys {
		fmt.Fprintf(p.stderr, "analyze: making %s to compare\n", plural(w.Keys(), "key"))
	}
	says := divergences(fitted, w, s, shape)
	for _, line := range says {
		fmt.Fprintln(p.stderr, "analyze:", line)
	}
	file := "# Against the keyset:\n#   " + strings.Join(says, "\n#   ") + "\n" + string(text)
	if o.output == "-" {
		_, failure = p.stdout.Write([]byte(file))
	} else {
		failure = os.WriteFile(o.output, []byte(file), 0o644)
	}
	if failure != nil {
		err = errors.Join(err, fmt.Errorf("write the workload: %w", failure))
	}
	return err
}

// manyKeys is from how many keys on it is said that they are made.
const manyKeys = 5_000_000

func compileFitted(text []byte) (*workloads.Workload, error) {
	spec, err := workloads.Parse("fitted", text)
	if err != nil {
		return nil, err
	}
	return spec.Compile(workloads.Options{Streams: 1})
}
