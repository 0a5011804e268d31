package keyset

import (
	"sync"

	"slotbench/internal/resp"
)

// ledger turns places within blocks into line numbers of the input. Workers
// finish blocks in any order; the ledger holds what is early until every block
// before it is in, which is at most a block for each worker.
type ledger struct {
	input string
	limit int // how many bad lines are kept

	mu    sync.Mutex
	next  int64 // the first block that is not in
	early map[int64]tally
	line  int64 // lines of all blocks before next
	bad   []BadLine
}

// tally is what a worker found in one block.
type tally struct {
	lines int64
	bad   []badAt // the first of them
}

// badAt is a bad line within its block.
type badAt struct {
	line   int64 // 0 is the block's first
	offset int64 // within the input
	reason string
	text   string
}

// enter notes a block.
func (l *ledger) enter(block int64, t tally) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if block != l.next {
		if l.early == nil {
			l.early = make(map[int64]tally)
		}
		l.early[block] = t
		return
	}
	for known := true; known; t, known = l.early[l.next] {
		for _, bad := range t.bad {
			if len(l.bad) < l.limit {
				l.bad = append(l.bad, BadLine{l.input, l.line + bad.line + 1, bad.offset, bad.reason, bad.text})
			}
		}
		l.line += t.lines
		delete(l.early, l.next)
		l.next++
	}
}

// snippetBytes is how much of a bad line is shown.
const snippetBytes = 60

func snippet(line []byte) string {
	if len(line) > snippetBytes {
		return string(resp.AppendQuoted(nil, line[:snippetBytes])) + "…"
	}
	return string(resp.AppendQuoted(nil, line))
}
