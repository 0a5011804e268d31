package keyset

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"sync/atomic"

	"slotbench/internal/linecrc"
	"slotbench/internal/resp"
	"slotbench/internal/sketch"
	"slotbench/internal/slot"
)

// worker adds up the blocks that it takes, by itself; addTo joins the workers
// at the end.
type worker struct {
	o    *Options
	bins *Bins // nil before the first: to touch memory costs time
	tags *sketch.Frequent

	// packed adds up short plain keys with one addition a key: the number of
	// keys in the low packedBits, their bytes above. unpack empties an account
	// before either can overflow. It is narrow so that it stays in the cache.
	packed     *[1 << 16]uint32
	shortBytes int                      // a longer key is not packed
	ends       [stretchBytes + 1]uint32 // of the lines at hand
	crcs       [stretchBytes + 1]uint16 // and theirs

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
		tags:   sketch.NewFrequent(o.TagCounters),
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

// stretchBytes is how much text is looked through at once for what makes lines
// odd, and for their ends: it stays in the first-level cache for the pass that
// follows.
const stretchBytes = 16 << 10

// lines adds up lines (or what the separator parts), the last of which may
// lack its end. literal lines are keys to the last byte; others may be in
// quotes or end in a carriage return.
func (w *worker) lines(data []byte, separator byte, literal bool) {
	for at := 0; at < len(data); {
		end := len(data)
		if end-at > stretchBytes {
			if length := bytes.IndexByte(data[at+stretchBytes:], separator); length >= 0 {
				end = at + stretchBytes + length + 1
			}
		}
		stretch := data[at:end]
		if w.allPlain(stretch, literal) {
			w.plainLines(stretch, at, separator, literal)
		} else {
			w.anyLines(stretch, at, separator, literal)
		}
		at = end
	}
}

// allPlain says that lines hold nothing that has to be looked at by itself.
func (w *worker) allPlain(stretch []byte, literal bool) bool {
	return w.visit == nil && len(stretch) <= linecrc.MaxBytes && bytes.IndexByte(stretch, '{') < 0 &&
		(literal || bytes.IndexByte(stretch, '"') < 0 && bytes.IndexByte(stretch, '\r') < 0)
}

// plainLines adds up lines that are all plain, which is where the time goes.
func (w *worker) plainLines(data []byte, at int, separator byte, literal bool) {
	ends := linecrc.Ends(data, separator, w.ends[:])
	crcs := w.crcs[:len(ends)]
	linecrc.CRCs(data, ends, crcs)
	packed, from, odd := w.packed, 0, 0
	for i, end := range ends {
		length := int(end) - from
		if length <= 0 || length > w.shortBytes {
			w.tally.lines += int64(i - odd)
			odd = i + 1
			w.line(data[from:end], at+from, literal)
		} else {
			sum := packed[crcs[i]] + 1 + uint32(length)<<packedBits
			packed[crcs[i]] = sum
			if sum&maxPackedKeys == maxPackedKeys {
				w.unpack(crcs[i])
			}
		}
		from = int(end) + 1
	}
	w.tally.lines += int64(len(ends) - odd)
	if from < len(data) { // the last one lacks its end
		w.line(data[from:], at+from, literal)
	}
}

// anyLines adds up lines with and without hash tags.
func (w *worker) anyLines(data []byte, at int, separator byte, literal bool) {
	for len(data) > 0 {
		line := data
		if length := bytes.IndexByte(data, separator); length >= 0 {
			line, data = data[:length], data[length+1:]
		} else {
			data = nil
		}
		if w.isOdd(line, literal) {
			w.line(line, at, literal)
		} else {
			w.tally.lines++
			hashed, tagged := slot.Tag(line)
			if tagged {
				w.tag(hashed, uint64(len(line)), 0)
			} else {
				hashed = line
			}
			crc := slot.CRC16(hashed)
			w.packed[crc] += 1 + uint32(len(line))<<packedBits
			if w.packed[crc]&maxPackedKeys == maxPackedKeys {
				w.unpack(crc)
			}
		}
		at += len(line) + 1
	}
}

// isOdd says that a line may be other than a short key as it stands.
func (w *worker) isOdd(line []byte, literal bool) bool {
	return len(line) == 0 || len(line) > w.shortBytes ||
		!literal && (line[0] == '"' || line[len(line)-1] == '\r')
}

// line adds up one line, which begins at that place in the block.
func (w *worker) line(line []byte, at int, literal bool) {
	number := w.tally.lines
	w.tally.lines++
	key := line
	if !literal {
		key = bytes.TrimSuffix(key, []byte{'\r'})
	}
	quoted := !literal && len(key) > 0 && key[0] == '"'
	switch {
	case len(line) > w.o.lineBytes && (quoted || w.visit != nil):
		w.bad(number, at, line, w.tooLong())
		return
	case uint64(len(key)) > w.o.keyBytes:
		w.bad(number, at, line, w.noKey())
		return
	case len(key) == 0:
		w.sums.BlankLines++
		return
	case quoted:
		var ok bool
		if w.text, ok = resp.Unquote(w.text[:0], key); !ok {
			w.bad(number, at, line, "begins with a double quote and is no quoted key; --input raw takes lines as they are")
			return
		}
		key = w.text
		w.sums.QuotedLines++
	}
	w.key(key, uint64(len(key)), 0)
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
	w.account(slot.CRC16(tag), bytes, ops)
	w.tag(tag, bytes, ops)
}

// tag adds up one key's hash tag.
func (w *worker) tag(tag []byte, bytes, ops uint64) { w.tagged(tag, 1, bytes, ops) }

// tagged adds something to a hash tag.
func (w *worker) tagged(tag []byte, keys, bytes, ops uint64) {
	w.sums.TaggedKeys += keys
	if len(tag) > MaxTagBytes {
		w.sums.LongTags += keys
		return
	}
	sums := [sketch.Measures]uint64{Keys: keys, Bytes: bytes, Ops: ops}
	rank := w.o.RankTags
	sums[0], sums[rank] = sums[rank], sums[0]
	w.tags.Add(tag, sums)
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
	s.Tags.frequent.Merge(w.tags)
}
