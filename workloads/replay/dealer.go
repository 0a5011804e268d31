package replay

import (
	"errors"
	"math"
	"math/rand/v2"
)

// dealer is the reader's state. It holds the operations of one tick of the
// trace's clock until the tick is over, spreads them over it, and deals the
// requests that they make to the streams.
//
//	parser → held (one tick) → batches → the streams' inboxes
type dealer struct {
	trace  *Trace
	random rand.PCG
	seen   []uint64 // keys that were written, by hash; nil: not asked for

	begun       bool
	first, last int64 // the trace's clock: of the first operation, of the last
	tick        int64

	held    []held
	args    []span // of all held
	keys    []int
	bytes   []byte
	offsets []int64

	number  uint64 // of the last request
	due     int64
	batches []*batch // by stream; nil: empty
	pending int      // records in them
	weight  int      // … and their bytes

	render renderer
}

// held is an operation that waits for its tick to be over.
type held struct {
	op         uint8
	command    *command
	args, keys span // of the dealer's
	value      int
	valueBytes int
}

// span is a piece of a slice.
type span struct{ from, to int }

var errStopped = errors.New("stopped")

// take holds an operation, and deals those of the tick before when it is over.
func (d *dealer) take(e *entry) error {
	nanos := e.nanos
	if !d.begun {
		d.begun, d.first, d.last = true, nanos, nanos
	}
	if nanos < d.last {
		nanos = d.last
		d.trace.mu.Lock()
		d.trace.counts.OutOfOrder++
		d.trace.mu.Unlock()
	}
	crowded := len(d.held) >= maxTickRecords || len(d.bytes) >= maxTickBytes
	switch {
	case nanos > d.last:
		if err := d.emit(nanos); err != nil {
			return err
		}
		d.last = nanos
	case crowded:
		// How many more there are is not known: these take half of what is
		// left of the tick.
		if !d.trace.Closed() {
			d.trace.mu.Lock()
			d.trace.counts.Crowded++
			d.trace.mu.Unlock()
		}
		half := max(d.tick/2, 1)
		if err := d.emit(d.last + half); err != nil {
			return err
		}
	}
	h := held{op: d.trace.op(e.name), command: e.command, value: e.value, valueBytes: e.valueBytes}
	h.args.from, h.keys.from = len(d.args), len(d.keys)
	for _, arg := range e.args {
		from := len(d.bytes)
		d.bytes = append(d.bytes, arg...)
		d.args = append(d.args, span{from, len(d.bytes)})
	}
	d.keys = append(d.keys, e.keys...)
	h.args.to, h.keys.to = len(d.args), len(d.keys)
	d.held = append(d.held, h)
	return nil
}

// emit deals what is held; next is when the next operation is.
func (d *dealer) emit(next int64) error {
	if len(d.held) == 0 {
		return nil
	}
	t := d.trace
	start := d.last - d.first
	length := min(d.tick, next-d.last)
	d.spread(length)
	copies := int64(t.options.Amplify)
	for i := range d.held {
		h := &d.held[i]
		at, until := d.offsets[i], length
		if i+1 < len(d.held) {
			until = d.offsets[i+1]
		} else if next != math.MaxInt64 {
			until = min(next-d.last, at+maxCopyGapNanos)
		}
		for c := range copies {
			d.due = t.due(start, at+(until-at)*c/copies)
			if err := d.deal(h, int(c)); err != nil {
				return err
			}
		}
	}
	d.held, d.args, d.keys, d.bytes = d.held[:0], d.args[:0], d.keys[:0], d.bytes[:0]
	return nil
}

// due is when something is due that happened so long after the trace began.
func (t *Trace) due(start, offset int64) int64 {
	if t.Closed() {
		return 0
	}
	after := start + offset
	if t.options.Speed != 1 {
		after = int64(min(float64(after)/t.options.Speed, float64(maxNanos)))
	}
	return min(after, maxNanos)
}

// spread places what is held in its tick: evenly, or as so many independent
// arrivals in order. Those are the partial sums of exponential gaps, scaled
// to the tick.
func (d *dealer) spread(length int64) {
	n := len(d.held)
	d.offsets = d.offsets[:0]
	if d.trace.Closed() || n == 1 {
		for range n {
			d.offsets = append(d.offsets, 0)
		}
		return
	}
	if d.trace.options.Even {
		for i := range n {
			d.offsets = append(d.offsets, length*int64(i)/int64(n))
		}
		return
	}
	const fine = 1 << 20
	sum := int64(0)
	for range n {
		sum += int64(d.exponential() * fine)
		d.offsets = append(d.offsets, sum)
	}
	sum += int64(d.exponential()*fine) + 1
	for i := range d.offsets {
		d.offsets[i] = int64(float64(d.offsets[i]) / float64(sum) * float64(length))
	}
}

// exponential has mean 1.
func (d *dealer) exponential() float64 {
	return -math.Log(1 - float64(d.random.Uint64()>>11)*0x1p-53)
}

// deal makes the requests of one copy of an operation.
func (d *dealer) deal(h *held, number int) error {
	why := d.render.keysOf(d, h, number)
	if why != "" {
		if number == 0 { // its copies go the same way
			d.trace.skipped(why)
		}
		return nil
	}
	if d.trace.removal {
		return d.remove(h)
	}
	write := h.command.write
	if err := d.add(h.op, write, h); err != nil {
		return err
	}
	if d.seen == nil {
		return nil
	}
	known := d.know(d.render.key(0))
	if d.trace.options.Fill && !known && !write && h.valueBytes > 0 && h.command == cacheGet {
		d.render.set(h.valueBytes)
		return d.add(d.trace.op(fillOp), true, nil)
	}
	return nil
}

// fillOp is the name of a write after a key's first read.
const fillOp = "fill"

// remove makes deletions of what an operation writes.
func (d *dealer) remove(h *held) error {
	fills := d.trace.options.Fill && h.valueBytes > 0
	if !h.command.write && !fills {
		return nil
	}
	for i := range d.render.ends {
		if d.know(d.render.key(i)) {
			continue
		}
		d.render.del(i)
		if err := d.add(0, true, nil); err != nil {
			return err
		}
	}
	return nil
}

// know says whether a key was met lately, and remembers it.
func (d *dealer) know(key []byte) bool {
	hash := hashOf(key)
	place := &d.seen[hash%seenKeys]
	known := *place == hash
	*place = hash
	return known
}

// hashOf is FNV-1a, mixed once more: its low bits choose a place.
func hashOf(key []byte) uint64 {
	hash := uint64(14695981039346656037)
	for _, b := range key {
		hash = (hash ^ uint64(b)) * 1099511628211
	}
	return mix64(hash) | 1 // 0 is an empty place
}

// mix64 is the finaliser of SplitMix64.
func mix64(x uint64) uint64 {
	x += 0x9E3779B97F4A7C15
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}

// add puts a request into its stream's batch. With h the command is h's own;
// without, it was rendered before.
func (d *dealer) add(op uint8, write bool, h *held) error {
	if h != nil {
		d.render.command(d, h)
	}
	d.number++
	stream := int(mix64(uint64(d.render.slot)) % uint64(len(d.batches)))
	b := d.batches[stream]
	if b == nil {
		b = d.trace.takeBatch()
		d.batches[stream] = b
	}
	b.add(&d.render, record{due: d.due, number: d.number, op: op, write: write})
	d.pending++
	d.weight += len(d.render.head) + len(d.render.tail)
	if d.pending >= flushRecords || d.weight >= flushBytes {
		return d.flush()
	}
	return nil
}

// flush hands the batches to their streams, and waits for room.
func (d *dealer) flush() error {
	t := d.trace
	for i, b := range d.batches {
		if b != nil {
			t.queued.Add(int64(len(b.records)))
			t.queuedBytes.Add(int64(len(b.bytes)))
			t.streams[i].push(b)
			d.batches[i] = nil
		}
	}
	t.horizon.Store(d.due)
	t.mu.Lock()
	t.counts.Dealt += int64(d.pending)
	t.mu.Unlock()
	d.pending, d.weight = 0, 0
	for t.queued.Load() > queuedRecords || t.queuedBytes.Load() > queuedBytes {
		t.becomeReady()
		select {
		case <-t.room:
		case <-t.quit:
			return errStopped
		}
	}
	return nil
}
