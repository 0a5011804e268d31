package keyset

import (
	"bytes"

	"slotbench/internal/linecrc"
	"slotbench/internal/resp"
	"slotbench/internal/slot"
)

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
	return w.visit == nil && len(stretch) <= linecrc.MaxBytes &&
		(literal || bytes.IndexByte(stretch, '"') < 0 && bytes.IndexByte(stretch, '\r') < 0)
}

// plainLines adds up lines that are all plain, which is where the time goes.
func (w *worker) plainLines(data []byte, at int, separator byte, literal bool) {
	ends := linecrc.Ends(data, separator, w.ends[:])
	crcs := w.crcs[:len(ends)]
	var tags *braces
	if bytes.IndexByte(data, '{') < 0 {
		linecrc.CRCs(data, ends, crcs)
	} else {
		tags = w.tagsOf(data, ends)
		linecrc.CRCsBetween(data, tags.starts[:], tags.ends[:len(ends)], crcs)
	}
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
	if tags != nil {
		w.tagLines(data, ends, crcs, tags)
	}
	if from < len(data) { // the last one lacks its end
		w.line(data[from:], at+from, literal)
	}
}

// anyLines adds up lines that may be odd.
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
			if !tagged {
				hashed = line
			}
			crc := slot.CRC16(hashed)
			if tagged {
				w.tagged(crc, hashed, 1, uint64(len(line)), 0)
			}
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
