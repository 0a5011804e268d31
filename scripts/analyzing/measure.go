package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// spent is what one run of a program took.
type spent struct {
	wall, cpu time.Duration
	peak      int64 // bytes of memory
}

// threadCounts are 1, 2, 4 … and the most.
func threadCounts(most int) (counts []int) {
	for n := 1; n < most; n *= 2 {
		counts = append(counts, n)
	}
	return append(counts, most)
}

// measure prints the rows of one file.
func (o *options) measure(ctx context.Context, analyze string, in input, table io.Writer) error {
	info, err := os.Stat(in.path)
	if err != nil {
		return err
	}
	megabytes := float64(info.Size()) / 1e6
	counts := threadCounts(o.threads)
	byThreads := make([][]spent, len(counts))
	var ofWC []spent
	for round := -1; round < o.rounds; round++ { // the first only fetches the file into the page cache
		wc, err := spend(exec.CommandContext(ctx, "wc", "-l", in.path))
		if err != nil {
			return err
		}
		if round >= 0 {
			ofWC = append(ofWC, wc)
		}
		for i, threads := range counts {
			command := exec.CommandContext(ctx, analyze, "keys", in.path)
			command.Env = append(os.Environ(), "GOMAXPROCS="+strconv.Itoa(threads))
			took, err := spend(command)
			if err != nil {
				return err
			}
			if round >= 0 {
				byThreads[i] = append(byThreads[i], took)
			}
		}
	}
	wc := medianOf(ofWC)
	fmt.Fprintf(table, "%s\t%.0f\twc -l\t1\t%.0f\t\t\t%.2f\t%.0f\t\n", in.name, megabytes, megabytes/wc.wall.Seconds(), wc.cpu.Seconds(), float64(wc.peak)/1e6)
	one := medianOf(byThreads[0])
	for i, threads := range counts {
		took := medianOf(byThreads[i])
		fmt.Fprintf(table, "\t\tanalyze\t%d\t%.0f\t%.2f\t%.2f\t%.2f\t%.0f\t\n", threads, megabytes/took.wall.Seconds(),
			wc.wall.Seconds()/took.wall.Seconds(), one.wall.Seconds()/took.wall.Seconds(), took.cpu.Seconds(), float64(took.peak)/1e6)
	}
	return nil
}

// spend runs a program to its end.
func spend(command *exec.Cmd) (spent, error) {
	var talk bytes.Buffer
	command.Stderr = &talk
	began := time.Now()
	err := command.Run()
	took := spent{wall: time.Since(began)}
	if err != nil {
		return took, fmt.Errorf("%s: %w: %s", command.Args[0], err, talk.Bytes())
	}
	took.cpu = command.ProcessState.UserTime() + command.ProcessState.SystemTime()
	if usage, ok := command.ProcessState.SysUsage().(*syscall.Rusage); ok {
		took.peak = int64(usage.Maxrss) * maxrssBytes
	}
	return took, nil
}

// maxrssBytes is the unit in which Linux tells the peak of memory.
const maxrssBytes = 1024

// medianOf takes the median of each number by itself.
func medianOf(runs []spent) spent {
	middle := func(value func(spent) int64) int64 {
		var all []int64
		for _, run := range runs {
			all = append(all, value(run))
		}
		slices.Sort(all)
		return all[len(all)/2]
	}
	return spent{
		time.Duration(middle(func(s spent) int64 { return int64(s.wall) })),
		time.Duration(middle(func(s spent) int64 { return int64(s.cpu) })),
		middle(func(s spent) int64 { return s.peak }),
	}
}
