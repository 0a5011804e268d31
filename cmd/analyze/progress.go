package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// Reading that takes longer than progressAfter shows how far it is, if
// standard error is a terminal.
const (
	progressAfter = 2 * time.Second
	progressEvery = 200 * time.Millisecond
)

// watcher shows how far reading is. Read is written by the readers.
type watcher struct {
	read  atomic.Int64 // bytes of the inputs
	ended chan struct{}
	group sync.WaitGroup
}

func watchProgress(stderr io.Writer, inputs []string) *watcher {
	return newWatcher(stderr, func(w *watcher) { w.show(stderr, totalBytes(inputs)) })
}

// watchSearch shows for how long a plan has been searched.
func watchSearch(stderr io.Writer) *watcher {
	return newWatcher(stderr, func(w *watcher) {
		begin := time.Now().Add(-progressAfter)
		tick := time.NewTicker(progressEvery)
		defer tick.Stop()
		for {
			fmt.Fprintf(stderr, "\rsearching a plan, %.0f s; Ctrl-C takes the best so far ", time.Since(begin).Seconds())
			select {
			case <-tick.C:
			case <-w.ended:
				fmt.Fprint(stderr, "\r\x1b[K")
				return
			}
		}
	})
}

// newWatcher shows something once it has taken progressAfter.
func newWatcher(stderr io.Writer, show func(*watcher)) *watcher {
	w := &watcher{ended: make(chan struct{})}
	file, ok := stderr.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return w
	}
	w.group.Go(func() {
		select {
		case <-time.After(progressAfter):
			show(w)
		case <-w.ended:
		}
	})
	return w
}

func (w *watcher) show(stderr io.Writer, total int64) {
	bar := progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(stderr), progressbar.OptionShowBytes(true), progressbar.OptionSetPredictTime(total > 0),
		progressbar.OptionSetDescription("reading"), progressbar.OptionClearOnFinish(), progressbar.OptionFullWidth())
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	for {
		_ = bar.Set64(w.read.Load()) // talk: that it cannot be drawn stops nothing
		select {
		case <-tick.C:
		case <-w.ended:
			_ = bar.Clear()
			return
		}
	}
}

// stop ends the show and waits for the terminal to be clean.
func (w *watcher) stop() {
	close(w.ended)
	w.group.Wait()
}

// totalBytes is the size of the inputs, or -1 if one has none to tell.
func totalBytes(inputs []string) int64 {
	total := int64(0)
	for _, name := range inputs {
		info, err := os.Stat(name)
		if name == "-" || err != nil || !info.Mode().IsRegular() {
			return -1
		}
		total += info.Size()
	}
	return total
}
