package launch

import (
	"bytes"
	"strings"
	"sync"
)

// The bounds of a tail.
const (
	maxTailLines = 40
	maxTailBytes = 400 // of one line; the rest of it is dropped
)

// tail keeps the last lines that were written to it.
type tail struct {
	mu      sync.Mutex
	lines   []string // whole ones, the oldest first
	partial []byte   // of the line that is not ended yet
}

// Write takes output; it never fails.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for rest := p; len(rest) > 0; {
		line, after, whole := bytes.Cut(rest, []byte{'\n'})
		room := maxTailBytes - len(t.partial)
		t.partial = append(t.partial, line[:min(len(line), room)]...)
		if whole {
			t.push()
		}
		rest = after
	}
	return len(p), nil
}

func (t *tail) push() {
	if len(t.lines) == maxTailLines {
		copy(t.lines, t.lines[1:])
		t.lines = t.lines[:maxTailLines-1]
	}
	t.lines = append(t.lines, strings.TrimRight(string(t.partial), "\r"))
	t.partial = t.partial[:0]
}

// String is the kept lines, each with its end, and the one that has none yet.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var text strings.Builder
	for _, line := range t.lines {
		text.WriteString(line)
		text.WriteByte('\n')
	}
	text.Write(t.partial)
	return text.String()
}
