package replay

import (
	"errors"
	"fmt"
	"io"
	"math"
)

// read is the reader goroutine.
func (t *Trace) read() {
	d := &dealer{trace: t, batches: make([]*batch, len(t.streams))}
	d.random.Seed(t.options.Seed, uint64(0x7265706C6179)) // apart from what else the seed makes
	if t.options.Fill || t.removal {
		d.seen = make([]uint64, seenKeys)
	}
	err := d.files()
	if !errors.Is(err, errStopped) {
		if emitErr := d.emit(math.MaxInt64); emitErr == nil {
			_ = d.flush()
		}
	} else {
		err = nil
	}
	t.mu.Lock()
	t.err = err
	t.mu.Unlock()
	t.ended.Store(true)
	t.becomeReady()
}

// becomeReady lets Start return.
func (t *Trace) becomeReady() {
	if !t.full.Swap(true) {
		close(t.ready)
	}
}

// files reads the files one after the other.
func (d *dealer) files() error {
	t := d.trace
	for _, name := range t.options.Files {
		in, format, err := open(name, t.options.Format, t.options.Stdin, t.quit)
		if err != nil {
			return err
		}
		t.mu.Lock()
		t.counts.Format = format
		t.mu.Unlock()
		done, err := d.file(in)
		in.close()
		if err != nil || done {
			return err
		}
	}
	return nil
}

// file reads one file; done says that the limit was reached.
func (d *dealer) file(in *input) (done bool, err error) {
	d.tick = in.tickNanos()
	var e entry
	for {
		select {
		case <-d.trace.quit:
			return false, errStopped
		default:
		}
		err := in.next(&e)
		var bad fault
		var skipped skip
		switch {
		case errors.Is(err, io.EOF):
			return false, nil
		case errors.As(err, &bad):
			if err := d.trace.bad(in, bad); err != nil {
				return false, err
			}
			continue
		case errors.As(err, &skipped):
			d.trace.skipped(string(skipped))
			if limit := d.trace.options.Limit; d.trace.counted(0, false) >= limit && limit > 0 {
				return true, nil
			}
			continue
		case err != nil:
			return false, fmt.Errorf("%s, after %s: %w", in.name, in.where(), err)
		}
		for range e.repeat {
			read, limit := d.trace.counted(e.nanos-d.first, d.begun), d.trace.options.Limit
			if err := d.take(&e); err != nil {
				return false, err
			}
			if limit > 0 && read >= limit {
				return true, nil
			}
		}
	}
}

// bad counts a line that cannot be read; the error is of one too many.
func (t *Trace) bad(in *input, f fault) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts.Bad++
	text := fmt.Sprintf("%s, %s: %s", in.name, in.where(), f.reason)
	if len(t.counts.Faults) < MaxFaultsNamed {
		t.counts.Faults = append(t.counts.Faults, text)
	}
	if limit := t.options.MaxBad; limit >= 0 && t.counts.Bad > limit {
		return fmt.Errorf("more than %d bad lines; the last: %s", limit, text)
	}
	return nil
}

func (t *Trace) skipped(kind string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts.Skipped[kind]++
}

// counted counts an operation so many nanoseconds after the first.
func (t *Trace) counted(after int64, begun bool) (read int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts.Read++
	if begun {
		t.counts.SpanNanos = max(t.counts.SpanNanos, after)
	}
	return t.counts.Read
}
