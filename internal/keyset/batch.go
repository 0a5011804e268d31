package keyset

import (
	"context"
	"sync"

	"slotbench/internal/rdb"
)

// What one goroutine reads in order, others add up: it fills batches, which go
// round between them.
const (
	batchItems     = 1024
	batchTextBytes = 64 << 10 // from which on a batch is full
	batchesEach    = 4        // for each worker
)

// batch is keys with what is told of them.
type batch struct {
	text  []byte // the keys, one behind the other
	items []item
	long  []*longLine // keys that are too long to be held
}

// item is one key of a batch.
type item struct {
	end      int // of the key in text
	bytes    uint64
	elements uint64
	kind     rdb.Kind
	encoding rdb.Encoding
	ttl      TTLClass
}

func (b *batch) full() bool {
	return len(b.items) == batchItems || len(b.text) >= batchTextBytes || len(b.long) > 0
}

// conveyor hands batches from a reader to the workers and back.
type conveyor struct {
	full, free chan *batch
	group      sync.WaitGroup
	at         *batch
}

// convey starts the workers.
func convey(workers []*worker, count func(*worker, *batch)) *conveyor {
	c := &conveyor{
		full: make(chan *batch, batchesEach*len(workers)),
		free: make(chan *batch, batchesEach*len(workers)),
	}
	for range cap(c.free) {
		c.free <- &batch{items: make([]item, 0, batchItems)}
	}
	c.at = <-c.free
	for _, w := range workers {
		c.group.Go(func() {
			for b := range c.full {
				count(w, b)
				b.text, b.items, b.long = b.text[:0], b.items[:0], nil
				c.free <- b
			}
		})
	}
	return c
}

// pass hands on what was filled, if that is enough or all there is.
func (c *conveyor) pass(ctx context.Context, all bool) error {
	if !all && !c.at.full() {
		return nil
	}
	c.full <- c.at
	c.at = <-c.free
	return ctx.Err()
}

// end waits until everything is counted.
func (c *conveyor) end() {
	c.full <- c.at
	close(c.full)
	c.group.Wait()
}

// values adds up a batch of keys with values.
func (w *worker) values(b *batch) {
	from := 0
	e := entry{hasBytes: true, hasKind: true, hasTTL: true}
	for i := range b.items {
		it := &b.items[i]
		e.key = b.text[from:it.end]
		e.bytes, e.elements, e.kind, e.encoding, e.ttl = it.bytes, it.elements, it.kind, it.encoding, it.ttl
		w.entry(&e)
		from = it.end
	}
}
