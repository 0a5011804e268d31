// Command analyzing measures how fast analyze reads key lines and RDB files,
// with one thread and more, beside wc -l on the same files. Run it by
// scripts/bench-analyze.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"text/tabwriter"
)

const usage = `scripts/bench-analyze: how fast analyze reads, and how that grows with processors.

  scripts/bench-analyze                     200 and 1000 MB of key lines, RDB files of a local redis-server
  scripts/bench-analyze -mb 200 -rounds 3   smaller, faster
  scripts/bench-analyze FILE…               your own files: keys, dumps, logs

Each row is the median of rounds in which all take turns. MB are 10^6 bytes of
the file; "of wc" is the throughput as a part of that of wc -l on the same file.
The peak of memory holds what is mapped of the file at once. Files are made in
the folder for temporary files (TMPDIR) and removed.

`

type options struct {
	megabytes []int
	rounds    int
	threads   int
	seed      uint64
	server    string
}

func main() {
	var o options
	sizes := flag.String("mb", "200,1000", "sizes of the files of key lines, in MB")
	flag.IntVar(&o.rounds, "rounds", 7, "rounds, of which the median is told")
	flag.IntVar(&o.threads, "threads", runtime.NumCPU(), "up to how many threads: 1, 2, 4 … and this")
	flag.Uint64Var(&o.seed, "seed", 1, "of the keys")
	flag.StringVar(&o.server, "server", "redis-server", "what makes RDB files; without it there are none")
	flag.Usage = func() {
		fmt.Fprint(os.Stderr, usage)
		flag.PrintDefaults()
	}
	flag.Parse()
	for text := range strings.SplitSeq(*sizes, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			fmt.Fprintf(os.Stderr, "analyzing: -mb %s: want sizes such as 200,1000\n", *sizes)
			os.Exit(2)
		}
		o.megabytes = append(o.megabytes, n)
	}
	if o.rounds < 1 || o.threads < 1 {
		fmt.Fprintln(os.Stderr, "analyzing: -rounds and -threads: want 1 or more")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, &o, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "analyzing:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, o *options, files []string) error {
	folder, err := os.MkdirTemp("", "bench-analyze")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	analyze := filepath.Join(folder, "analyze")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", analyze, "./cmd/analyze").CombinedOutput(); err != nil {
		return fmt.Errorf("build analyze: %w\n%s", err, out)
	}
	inputs := make([]input, 0, len(files))
	for _, file := range files {
		inputs = append(inputs, input{name: filepath.Base(file), path: file})
	}
	if len(files) == 0 {
		if inputs, err = o.makeInputs(ctx, folder); err != nil {
			return err
		}
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "file\tMB\t\tthreads\tMB/s\tof wc\ttimes 1 thread\tCPU s\tpeak MB\t")
	for _, in := range inputs {
		if err := o.measure(ctx, analyze, in, table); err != nil {
			return fmt.Errorf("%s: %w", in.name, err)
		}
	}
	return table.Flush()
}
