package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"slotbench/cmd/loadgen/driver"
)

// talk tells a person on stderr what goes on: a line that is written over and
// over where stderr is a terminal, elsewhere a line a phase.
type talk struct {
	mu       sync.Mutex
	w        io.Writer
	quiet    bool
	terminal bool
	phase    string
	heading  string // of one run of several; "": there is only one
	drawn    bool   // a progress line stands on the terminal
}

func newTalk(w io.Writer, quiet bool) *talk {
	return &talk{w: w, quiet: quiet, terminal: isTerminal(w)}
}

// isTerminal says whether a person looks at it.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// eraseLine goes to the start of a terminal's line and clears it.
const eraseLine = "\r\x1b[K"

// say prints a line.
func (t *talk) say(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.quiet {
		return
	}
	t.erase()
	fmt.Fprintf(t.w, format+"\n", args...)
}

// head begins a run of several. On a terminal its heading stands before the
// progress; elsewhere it is a line in the place of one a phase.
func (t *talk) head(format string, args ...any) {
	heading := fmt.Sprintf(format, args...)
	if !t.terminal {
		t.say("%s", heading)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.heading = heading
}

// show tells the state of a run.
func (t *talk) show(s driver.State) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.quiet {
		return
	}
	if t.terminal {
		line := progressLine(s)
		if t.heading != "" {
			line = t.heading + ": " + line
		}
		fmt.Fprint(t.w, eraseLine+cut(line, terminalWidth(t.w)))
		t.drawn = true
		return
	}
	if s.Phase != t.phase && t.heading == "" {
		t.phase = s.Phase
		fmt.Fprintln(t.w, s.Phase)
	}
}

// end takes the progress line away.
func (t *talk) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.erase()
}

func (t *talk) erase() {
	if t.drawn {
		fmt.Fprint(t.w, eraseLine)
		t.drawn = false
	}
}

// cut shortens a line to a terminal's width, 0 for any: one that wraps could
// not be written over.
func cut(line string, width int) string {
	runes := []rune(line)
	if width <= 0 || len(runes) < width {
		return line
	}
	return string(runes[:width-1])
}

// progressLine is a state in one line of a terminal, what matters most first.
func progressLine(s driver.State) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-10s", s.Phase)
	if s.Share >= 0 {
		fmt.Fprintf(&b, " %3.0f %%", 100*s.Share)
	}
	if s.Requests > 0 {
		fmt.Fprintf(&b, "  %.0f/s", s.OpsPerSec)
	}
	if s.P99US > 0 {
		fmt.Fprintf(&b, "  p50 %.2f ms  p99 %.2f ms", s.P50US/1e3, s.P99US/1e3)
	}
	if s.Requests > 0 {
		fmt.Fprintf(&b, "  %d errors", s.Errors)
	}
	if verdict := s.SoFar(); verdict != "" {
		fmt.Fprintf(&b, "  %s so far", verdict)
	}
	if s.Requests > 0 {
		fmt.Fprintf(&b, "  %d requests", s.Requests)
	}
	return b.String()
}
