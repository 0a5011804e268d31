package keyset

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"sync/atomic"

	"slotbench/internal/sketch"
	"slotbench/internal/slot"
)

// worker adds up the blocks that it takes, by itself; addTo joins the workers
// at the end.
type worker struct {
	o    *Options
	bins *Bins // nil before the first: to touch memory costs time
	tags *tagSums

	// packed adds up short plain keys with one addition a key: the number of
	// keys in the low packedBits, their bytes above. unpack empties an account
	// before either can overflow. It is narrow so that it stays in the cache.
	packed     *[1 << 16]uint32
	shortBytes int                      // a longer key is not packed
	ends       [stretchBytes + 1]uint32 // of the lines at hand
	crcs       [stretchBytes + 1]uint16 // and theirs
	braces     *braces                  // of those that have hash tags

	sums   Summary // counters only
	tally  tally   // of the block at hand
	offset int64   // of the block at hand
	buffer []byte  // block, where it has to be copied
	text   []byte  // key, where it has to be unquoted
	fields []field // of a CSV record with quotes

	log      *oplog // of the input at hand, where it is one of operations
	words    [][]byte
	accesses []access

	weights weights

	visit func(*Key) // nil: nobody looks
	seen  Key
}

const (
	packedBits     = 12
	maxPackedKeys  = 1<<packedBits - 1
	maxPackedBytes = 1<<(32-2*packedBits) - 1 // of one key: the bytes of maxPackedKeys of them fit
)

func newWorker(o *Options) *worker {
	w := &worker{
		o:      o,
		tags:   newTagSums(o),
		packed: new([1 << 16]uint32),

		weights: newWeights(),

		shortBytes: min(maxPackedBytes, o.lineBytes),
	}
	if o.Visit != nil {
		w.visit = o.Visit()
		w.shortBytes = -1 // every key is looked at by itself
	}
	return w
}

// own is where keys are added up that are not packed.
func (w *worker) own() *Bins {
	if w.bins == nil {
		w.bins = new(Bins)
	}
	return w.bins
}

// empty takes blocks until there are none, or ctx ends.
func (w *worker) empty(ctx context.Context, in *input, book *ledger, progress *atomic.Int64) (err error) {
	if in.mapped {
		// A file that shrinks while it is mapped faults; that is the file's
		// failure, not ours.
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		defer func() { err = shrunk(recover(), err) }()
	}
	for !in.stop.Load() {
		b, err := in.source.next(ctx, &w.buffer)
		if b.data != nil || b.long != nil {
			w.block(in, b)
			book.enter(b.number, w.tally)
			progress.Add(b.read)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// block adds up one block.
func (w *worker) block(in *input, b block) {
	w.tally, w.offset = tally{}, b.offset
	switch {
	case in.csv != nil:
		w.records(in.csv, b.data)
	case in.line != nil:
		w.each(in.line, b.data)
	default:
		w.lines(b.data, in.separator, in.literal)
	}
	if b.long != nil {
		w.longLine(in, b.long, len(b.data), w.tally.lines)
		w.tally.lines += b.lines
	}
}

// tooLong is what is wrong with a line that would have to be held.
func (w *worker) tooLong() string { return fmt.Sprintf("longer than %d bytes", w.o.lineBytes) }

// noKey is what is wrong with a line that is too long for a key.
func (w *worker) noKey() string {
	return fmt.Sprintf("longer than %d bytes, the longest key that there can be", w.o.keyBytes)
}

// key adds up one key.
func (w *worker) key(key []byte, bytes, ops uint64) {
	w.visitPlain(key)
	w.place(key, bytes, ops)
}

// place adds a key to its bin and its tag.
func (w *worker) place(key []byte, bytes, ops uint64) {
	tag, tagged := slot.Tag(key)
	if !tagged {
		w.account(slot.CRC16(key), bytes, ops)
		return
	}
	crc := slot.CRC16(tag)
	w.account(crc, bytes, ops)
	w.tagged(crc, tag, 1, bytes, ops)
}

// tagged adds something to a hash tag of that CRC.
func (w *worker) tagged(crc uint16, tag []byte, keys, bytes, ops uint64) {
	w.sums.TaggedKeys += keys
	if len(tag) > MaxTagBytes {
		w.sums.LongTags += keys
		return
	}
	sums := [sketch.Measures]uint64{Keys: keys, Bytes: bytes, Ops: ops}
	rank := w.o.RankTags
	sums[0], sums[rank] = sums[rank], sums[0]
	w.tags.add(crc, tag, sums)
}

func (w *worker) account(crc uint16, bytes, ops uint64) {
	bins := w.own()
	bins.Keys[crc]++
	bins.Bytes[crc] = addUp(bins.Bytes[crc], bytes)
	if ops > 0 { // most inputs tell none: the account is not touched
		bins.Ops[crc] = addUp(bins.Ops[crc], ops)
	}
}

// unpack moves the packed account of a CRC into its bin.
func (w *worker) unpack(crc uint16) {
	sum, bins := uint64(w.packed[crc]), w.own()
	bins.Keys[crc] += sum & maxPackedKeys
	bins.Bytes[crc] = addUp(bins.Bytes[crc], sum>>packedBits)
	w.packed[crc] = 0
}

// each hands lines to a function that reads one and says what is wrong with it.
func (w *worker) each(read func(*worker, []byte) error, data []byte) {
	for at := 0; at < len(data); {
		length := bytes.IndexByte(data[at:], '\n') + 1
		if length == 0 {
			length = len(data) - at
		}
		line, number := trimLineEnd(data[at:at+length]), w.tally.lines
		w.tally.lines++
		switch {
		case len(line) > w.o.lineBytes:
			w.bad(number, at, line, w.tooLong())
		case len(line) == 0:
			w.sums.BlankLines++
		default:
			if err := read(w, line); err != nil {
				w.bad(number, at, line, err.Error())
			}
		}
		at += length
	}
}

// bad notes a bad line by its number and place within the block.
func (w *worker) bad(number int64, at int, line []byte, reason string) {
	w.sums.BadLines++
	if len(w.tally.bad) < w.o.BadLines {
		w.tally.bad = append(w.tally.bad, badAt{number, w.offset + int64(at), reason, snippet(line)})
	}
}

// addTo adds everything that the worker counted to a summary.
func (w *worker) addTo(s *Summary) {
	for crc, sum := range w.packed {
		if sum != 0 {
			s.Bins.Keys[crc] += uint64(sum & maxPackedKeys)
			s.Bins.Bytes[crc] = addUp(s.Bins.Bytes[crc], uint64(sum>>packedBits))
		}
	}
	if w.bins != nil {
		s.Bins.add(w.bins)
	}
	s.ByteSquares += w.sums.ByteSquares
	s.OpSquares += w.sums.OpSquares
	s.HasBytes = s.HasBytes || w.sums.HasBytes
	s.HasOps = s.HasOps || w.sums.HasOps
	s.BlankLines += w.sums.BlankLines
	s.QuotedLines += w.sums.QuotedLines
	s.BadLines += w.sums.BadLines
	s.TaggedKeys += w.sums.TaggedKeys
	s.LongTags += w.sums.LongTags
	s.Writes += w.sums.Writes
	s.LoggedOps += w.sums.LoggedOps
	s.Distinct += w.sums.Distinct
	s.Untracked = s.Untracked || w.sums.Untracked
	s.UnknownCommands += w.sums.UnknownCommands
	s.Measured += w.sums.Measured
	s.Sampled = s.Sampled || w.sums.Sampled
	s.BytesVariance += w.sums.BytesVariance
	s.SlotsOnly = s.SlotsOnly || w.sums.SlotsOnly
	s.OpsAreMicros = s.OpsAreMicros || w.sums.OpsAreMicros
	s.Values.join(&w.sums.Values)
	s.Tags.join(w.tags)
}
