package server

import (
	"slotbench/server/command"
	"slotbench/server/store"
)

// batchCommands is from how many commands on no more connections are added to
// a batch, and batchPart how many are run together. More would not gain: a
// processor has few reads of memory under way at once, and what was fetched for
// the last must still be near when the first have run.
const (
	batchCommands = 64
	batchPart     = 32
)

// item is one command of a batch.
type item struct {
	c        *conn
	args     [][]byte // borrowed from the connection's turn
	size     int      // bytes that it came as
	rest     []byte   // of the turn, behind it
	err      error    // instead of a command: what is wrong with the protocol
	prepared command.Prepared
	keyed    bool // there is a hint for it
}

// batch is the commands of several connections that are run together, so that
// what they will read can be fetched for all at once.
type batch struct {
	items []item
	args  [][]byte
	hints []store.Hint
	spent int // hints of the parts before
}

// keepArguments is how many arguments a batch keeps room for.
const keepArguments = 16 << 10

func (b *batch) clear() {
	if cap(b.args) > keepArguments {
		b.args = nil
	}
	clear(b.items)
	clear(b.args)
	clear(b.hints)
	b.items, b.args, b.hints, b.spent = b.items[:0], b.args[:0], b.hints[:0], 0
}

// hintsOf is the hints of the next part.
func (b *batch) hintsOf(part []item) []store.Hint {
	first := b.spent
	for i := range part {
		if part[i].keyed {
			b.spent++
		}
	}
	return b.hints[first:b.spent]
}

// prepare looks the command up and notes its key.
func (b *batch) prepare(it *item, d *command.Dispatcher) {
	prepared, hint, keyed := d.Prepare(it.args)
	it.prepared, it.keyed = prepared, keyed
	if keyed {
		b.hints = append(b.hints, hint)
	}
}
