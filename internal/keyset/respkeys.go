package keyset

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
)

// readRESP reads keys in the Redis protocol: every bulk string, in arrays or
// not, but for the cursors of answers to SCAN.
func (in *input) readRESP(ctx context.Context, _ *Options, workers []*worker) error {
	r := &respKeys{protocol: protocol{in: in.reader}}
	r.line = convey(workers, func(w *worker, b *batch) {
		from := 0
		for i := range b.items {
			key := b.text[from:b.items[i].end]
			w.key(key, uint64(len(key)), 0)
			from = b.items[i].end
		}
	})
	defer r.line.end()
	defer func() {
		r.commit()
		in.note.Lines = r.keys
	}()
	for {
		began := r.offset
		head, err := r.protocol.line()
		if errors.Is(err, io.EOF) {
			if r.owed > 0 {
				return fmt.Errorf("offset %d: %w of an array: %d elements are missing", began, errWithin, r.owed)
			}
			return nil
		}
		if err == nil {
			err = r.element(head)
		}
		if err != nil {
			return fmt.Errorf("offset %d: %w", began, err)
		}
		if r.held {
			continue // it stays in the text at hand
		}
		if err := r.line.pass(ctx, false); err != nil {
			return err
		}
	}
}

// respKeys collects the keys of a stream in the Redis protocol.
type respKeys struct {
	protocol
	line *conveyor
	keys int64
	owed uint64 // elements that arrays promise
	// What may be the cursor of an answer to SCAN, an array of a number and an
	// array, is known by what follows it: pair says that an array of two has
	// begun, held that its first element, in the text already, waits.
	pair, held bool
}

// element takes in what begins with a line.
func (r *respKeys) element(head []byte) error {
	if len(head) == 0 || bytes.IndexByte([]byte("*~>%$:+-_#,"), head[0]) < 0 {
		return fmt.Errorf("%s begins nothing of the Redis protocol", snippet(head))
	}
	if r.held && head[0] == '*' { // it was a cursor
		r.line.at.text, r.held = r.line.at.text[:r.committed()], false
	}
	r.commit()
	first := r.pair
	r.pair = r.owed == 0 && string(head) == "*2"
	r.owed = addUp(r.owed-min(r.owed, 1), promised(head))
	if head[0] != '$' || string(head) == "$-1" {
		return nil // what holds keys, or is none
	}
	length, err := amount(head[1:])
	if err == nil && length > MaxLineBytes {
		err = fmt.Errorf("longer than %d bytes", MaxLineBytes)
	}
	if err == nil {
		r.text = r.line.at.text
		err = r.bulk(length, MaxLineBytes)
	}
	if err != nil {
		return fmt.Errorf("a key of %s bytes: %w", head[1:], err)
	}
	r.line.at.text = r.text
	if r.held = first && isNumber(r.text[r.committed():]); !r.held {
		r.add()
	}
	return nil
}

// committed is where the keys that are known to be some end in the text.
func (r *respKeys) committed() int {
	items := r.line.at.items
	if len(items) == 0 {
		return 0
	}
	return items[len(items)-1].end
}

// commit makes what is held a key.
func (r *respKeys) commit() {
	if r.held {
		r.add()
		r.held = false
	}
}

func (r *respKeys) add() {
	r.line.at.items = append(r.line.at.items, item{end: len(r.line.at.text)})
	r.keys++
}

// promised is how many elements follow a head: none but after aggregates.
func promised(head []byte) uint64 {
	if bytes.IndexByte([]byte("*~>%"), head[0]) < 0 {
		return 0
	}
	n, err := amount(head[1:])
	switch {
	case err != nil: // -1: there is no array
		return 0
	case head[0] == '%':
		return addUp(n, n)
	}
	return n
}
