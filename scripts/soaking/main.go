// Command soaking runs a reference cluster for a long time under a mixed load
// while slots migrate to and fro, checks every reply against a model, and
// watches the memory of the nodes.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"slotbench/internal/slot"
	"slotbench/targets"
	"slotbench/targets/launch"
	"slotbench/targets/reference"
)

const usage = `Runs a reference cluster under a mixed load of all types while slots migrate,
checks every reply against a model, and watches memory.

  scripts/soak                   30 minutes
  scripts/soak -for 2m -seed 7

It fails if a reply is wrong, or if the nodes' resident memory at the end is
a tenth more than after four tenths of the time.

`

// The limits of a soak.
const (
	slotsAtOnce   = 64 // moved to and fro in one go
	restBetween   = 2 * time.Second
	flatShare     = 1.10 // resident memory at the end over that after four tenths of the time
	growingTenths = 4    // of the time, in which collections grow to their full size
	maxComplains  = 20   // wrong replies that are printed
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == launch.GuardArg {
		os.Exit(launch.Guard())
	}
	var (
		length  = flag.Duration("for", 30*time.Minute, "how long")
		seed    = flag.Uint64("seed", 1, "of the commands")
		workers = flag.Int("workers", 16, "connections' worth of load")
		nodes   = flag.Int("nodes", 3, "nodes")
	)
	flag.Usage = func() { fmt.Fprint(flag.CommandLine.Output(), usage); flag.PrintDefaults() }
	flag.Parse()
	if flag.NArg() > 0 || *workers < 1 || *nodes < 2 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := soak(ctx, *length, *seed, *workers, *nodes); err != nil {
		fmt.Fprintln(os.Stderr, "scripts/soak:", err)
		stop()
		os.Exit(1)
	}
}

func soak(ctx context.Context, length time.Duration, seed uint64, workers, nodes int) error {
	dir, err := os.MkdirTemp("", "slotbench-soak-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	server := filepath.Join(dir, "server")
	build := exec.CommandContext(ctx, "go", "build", "-o", server, "./cmd/server")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("building cmd/server: %w", err)
	}
	cluster, err := reference.Launch(ctx, reference.Options{Command: []string{server}, Nodes: nodes})
	if err != nil {
		return err
	}
	defer func() { _ = cluster.Close(context.WithoutCancel(ctx)) }()
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: cluster.Access().Addrs, MaxRedirects: 16, ReadTimeout: 30 * time.Second})
	defer client.Close()
	fmt.Printf("soak: %v, seed %d, %d workers, %d nodes, %d slots to and fro at once\n", length, seed, workers, nodes, slotsAtOnce)

	ended, cancel := context.WithTimeout(ctx, length)
	defer cancel()
	w := &watch{cluster: cluster}
	var running sync.WaitGroup
	for i := range workers {
		running.Go(func() { newWorker(client, i, seed, w).run(ended, ctx) })
	}
	running.Go(func() { w.migrate(ended, ctx) })
	w.memory(ended, length)
	running.Wait()
	return w.verdict(ctx)
}

// watch is what all of a soak's parts report to.
type watch struct {
	cluster targets.Cluster

	mu         sync.Mutex
	commands   int64
	wrong      int64
	migrations int64
	failed     error // of a migration
	early      int64 // resident bytes after four tenths of the time
	late       int64
}

// complain counts a wrong reply.
func (w *watch) complain(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.wrong++; w.wrong <= maxComplains {
		fmt.Printf("WRONG: "+format+"\n", args...)
	}
}

// migrate moves slots to and fro until ended; what has begun is carried through.
func (w *watch) migrate(ended, ctx context.Context) {
	rnd := rand.New(rand.NewPCG(11, 12))
	for ended.Err() == nil {
		t, err := w.cluster.Topology(ctx)
		if err == nil {
			n := len(t.Nodes)
			var moves []targets.Move
			for range slotsAtOnce {
				s := slot.Slot(rnd.IntN(int(t.Count())))
				if from := t.Owner(s); from >= 0 {
					moves = append(moves, targets.Move{Slot: s, From: from, To: (from + 1 + rnd.IntN(n-1)) % n})
				}
			}
			var moved []targets.Moved
			moved, err = w.cluster.Migrate(ctx, distinct(moves), targets.Migration{})
			w.mu.Lock()
			w.migrations += int64(len(moved))
			w.mu.Unlock()
		}
		if err != nil {
			w.mu.Lock()
			w.failed = errors.Join(w.failed, err)
			w.mu.Unlock()
			return
		}
		select {
		case <-ended.Done():
		case <-time.After(restBetween):
		}
	}
}

// memory prints where things stand, ten times in all, and remembers the
// resident memory.
func (w *watch) memory(ended context.Context, length time.Duration) {
	tick := time.NewTicker(length / 10)
	defer tick.Stop()
	began := time.Now()
	for tenth := 1; ; tenth++ {
		select {
		case <-ended.Done():
			return
		case <-tick.C:
		}
		stats, err := w.cluster.Stats(context.WithoutCancel(ended))
		if err != nil {
			w.complain("no statistics: %v", err)
			continue
		}
		rss, keys := int64(0), int64(0)
		for _, s := range stats {
			rss += s.RSSBytes
			keys += s.Keys
		}
		w.mu.Lock()
		if tenth <= growingTenths {
			w.early = rss
		}
		w.late = rss
		fmt.Printf("%8v  %10d commands  %6d slots moved  %8d keys  %5d MB resident  %d wrong\n",
			time.Since(began).Round(time.Second), w.commands, w.migrations, keys, rss>>20, w.wrong)
		w.mu.Unlock()
	}
}

func (w *watch) verdict(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	err := w.failed
	if w.wrong > 0 {
		err = errors.Join(err, fmt.Errorf("%d of %d replies were wrong", w.wrong, w.commands))
	}
	if w.early > 0 && float64(w.late) > flatShare*float64(w.early) {
		err = errors.Join(err, fmt.Errorf("memory is not flat: %d MB after four tenths of the time, %d MB at the end", w.early>>20, w.late>>20))
	}
	if err == nil && ctx.Err() == nil {
		fmt.Printf("all %d replies right, %d slots moved, memory %.2f of what it was after four tenths of the time\n",
			w.commands, w.migrations, float64(w.late)/float64(max(w.early, 1)))
	}
	return errors.Join(err, ctx.Err())
}
