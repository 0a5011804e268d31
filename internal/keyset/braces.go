package keyset

import (
	"math"

	"slotbench/internal/linecrc"
)

// braceRoom is for braces in all of a stretch: what is behind stretchBytes is of
// one line, which is looked at by itself if it is longer.
const braceRoom = stretchBytes + maxPackedBytes + 1

// braces are where the braces of a stretch of lines stand, and what is hashed
// of each line.
type braces struct {
	opening, closing [braceRoom + 1]uint32
	starts, ends     [stretchBytes + 1]uint32
	kept             [stretchBytes + 1]uint16 // the lines with tags that are not skipped
}

// tagsOf finds what is hashed of each line that ends there: what stands between
// the first opening brace and the next closing one, or else the whole line. It
// ends where the line does if, and only if, it is the line. Lines that are too
// long to be packed are taken to have no tag.
func (w *worker) tagsOf(data []byte, lines []uint32) *braces {
	if w.braces == nil {
		w.braces = new(braces)
	}
	b := w.braces
	opening := linecrc.Ends(data, '{', b.opening[:braceRoom])
	closing := linecrc.Ends(data, '}', b.closing[:braceRoom])
	b.opening[len(opening)], b.closing[len(closing)] = math.MaxUint32, math.MaxUint32
	starts, ends := b.starts[:len(lines)], b.ends[:len(lines)]
	from, o, c := uint32(0), 0, 0
	for i, end := range lines {
		for b.opening[o] < from {
			o++
		}
		start, stop := from, end
		if open := b.opening[o]; open < end {
			for b.closing[c] < open {
				c++
			}
			if closed := b.closing[c]; closed < end && closed > open+1 && int(end-from) <= w.shortBytes {
				start, stop = open+1, closed
			}
		}
		starts[i], ends[i] = start, stop
		from = end + 1
	}
	return b
}

// tagLines adds up the hash tags of lines. Those that are skipped go first, so
// that the processor can wait for the cells of several others at once.
func (w *worker) tagLines(data []byte, lines []uint32, crcs []uint16, b *braces) {
	kept := b.kept[:0]
	for i, end := range lines {
		if b.ends[i] != end {
			kept = append(kept, uint16(i))
		}
	}
	byKeys, held := w.o.RankTags == Keys, uint64(0)
	if byKeys {
		tagged := len(kept)
		kept = w.tags.sift(data, crcs, b, kept)
		w.sums.TaggedKeys += uint64(tagged - len(kept))
	}
	for _, i := range kept {
		from := uint32(0)
		if i > 0 {
			from = lines[i-1] + 1
		}
		tag, keyBytes := data[b.starts[i]:b.ends[i]], uint64(lines[i]-from)
		if byKeys && w.tags.held(crcs[i], tag, keyBytes) {
			held++
		} else {
			w.tagged(crcs[i], tag, 1, keyBytes, 0)
		}
	}
	w.sums.TaggedKeys += held
}
