// Command roundtripping fits workloads to keysets of known shapes, loads a
// cluster with them, reads the keys back, and compares what it finds with the
// keysets and with what analyze fit said the difference would be.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"text/tabwriter"
)

const usage = `Makes keysets of known shapes, fits a workload to each, loads a cluster with it,
reads the keys back, and prints how far they are from the keyset: half the sum of
the differences of the shares, by slot, of the 100 heaviest hash tags, by template,
and of the sizes by octave; and, in brackets, what analyze fit said before.

  scripts/roundtrip                           the reference cluster
  scripts/roundtrip -target local:redis       three redis-server processes
  scripts/roundtrip -keys 1000000 -seed 7

It fails if keys are missing, or if anything is further off than was said by more
than a hundredth.

`

// tolerance is how much further off than was said is a failure.
const tolerance = 0.01

func main() {
	var (
		target = flag.String("target", "reference", "what to load: reference, local:redis or local:valkey")
		keys   = flag.Int("keys", 100_000, "of each keyset")
		seed   = flag.Uint64("seed", 1, "of the keysets")
	)
	flag.Usage = func() { fmt.Fprint(flag.CommandLine.Output(), usage); flag.PrintDefaults() }
	flag.Parse()
	if flag.NArg() > 0 || *keys < 1000 || !strings.HasPrefix(*target, "local:") && *target != "reference" {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := rounds(ctx, *target, *keys, *seed); err != nil {
		fmt.Fprintln(os.Stderr, "scripts/roundtrip:", err)
		stop()
		os.Exit(1)
	}
}

func rounds(ctx context.Context, target string, keys int, seed uint64) error {
	dir, err := os.MkdirTemp("", "slotbench-roundtrip-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	build := exec.CommandContext(ctx, "go", "build", "-o", dir, "./cmd/...")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build: %w", err)
	}
	fmt.Printf("fit, load %s, read back: seed %d\n", target, seed)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	defer w.Flush()
	fmt.Fprintln(w, "keyset\tkeys\tmissing\tslots\theaviest tags\ttemplates\tsizes\tmean size\tfullest slot")
	var faults []error
	for i, s := range shapes {
		fmt.Fprintln(os.Stderr, "scripts/roundtrip:", s.name)
		r, err := round(ctx, dir, target, s.make(rand.New(rand.NewPCG(seed, uint64(i))), keys))
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%s\t%s\t%s\t%+.2f %%\t%.4g× for %.4g×\n", s.name, r.keys, r.missing, r.slots, r.tags, r.templates, r.sizes,
			100*r.meanSize, r.fullestHere, r.fullestThere)
		if r.missing != 0 {
			faults = append(faults, fmt.Errorf("%s: %d keys are missing", s.name, r.missing))
		}
		for _, d := range []divergence{r.slots, r.tags, r.templates, r.sizes} {
			if d.measured > d.stated+tolerance {
				faults = append(faults, fmt.Errorf("%s: %s, which is more than was said", s.name, d))
			}
		}
	}
	return errors.Join(faults...)
}

// round is one keyset there and back.
func round(ctx context.Context, dir, target string, keys []key) (*result, error) {
	var csv bytes.Buffer
	csv.WriteString("key,bytes\n")
	for _, k := range keys {
		fmt.Fprintf(&csv, "%s,%d\n", k.text, k.bytes)
	}
	file := filepath.Join(dir, "fitted.yaml")
	fit := exec.CommandContext(ctx, filepath.Join(dir, "analyze"), "fit", "-", "-o", file)
	fit.Stdin = &csv
	says, err := fit.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("analyze fit: %w\n%s", err, says)
	}
	up := exec.CommandContext(ctx, filepath.Join(dir, "loadgen"), "up", "--target", target, "--format", "json")
	up.Cancel = func() error { return up.Process.Signal(os.Interrupt) }
	up.Stderr = os.Stderr
	out, err := up.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := up.Start(); err != nil {
		return nil, err
	}
	defer func() {
		_ = up.Process.Signal(os.Interrupt) // it may be gone: then Wait says why
		_ = up.Wait()
	}()
	var cluster struct{ Addrs []string }
	if err := json.NewDecoder(out).Decode(&cluster); err != nil {
		return nil, fmt.Errorf("loadgen up: %w", err)
	}
	load := exec.CommandContext(ctx, filepath.Join(dir, "loadgen"), "run", "-w", file, "--target", "redis://"+cluster.Addrs[0],
		"--keep", "--key-prefix=", "--rate", "0", "--requests", "1000", "--warmup", "0s", "--files=false", "--quiet", "--out", filepath.Join(dir, "run"))
	if text, err := load.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("loadgen run: %w\n%s", err, text)
	}
	os.RemoveAll(filepath.Join(dir, "run"))
	found, err := readBack(ctx, cluster.Addrs)
	if err != nil {
		return nil, fmt.Errorf("read back: %w", err)
	}
	return compare(keys, found, string(says)), nil
}
