// Package anonymize replaces the text of keys and keeps their shape: slots (all
// 16 bits of the CRC), lengths, delimiters, what is a number, a name or an
// identifier, and which pieces are equal. It opens nothing and prints nothing.
//
// Each piece between delimiters is replaced by itself, always by the same: so
// names and hash tags that were equal stay equal, and others stay different.
// Within what is hashed the new piece has the CRC16 of the old one: CRC16 is
// linear, so the key's CRC stays with it, wherever the piece stands. A
// permutation that a secret decides chooses among all such pieces, and never
// takes the old one unless there is no other.
//
// Memory is bounded by maxTables and maxKnown, whatever the keys.
package anonymize

import (
	"bytes"
	"slices"

	"slotbench/internal/slot"
)

// maxKnown is how many pieces are remembered, not to be computed again.
const maxKnown = 1 << 16

// maxKnownBytes is the longest piece that is remembered.
const maxKnownBytes = 32

// Keeper replaces keys. It is not safe for use by many at once.
type Keeper struct {
	permuter *permuter
	tables   map[string]*table
	known    map[string]string
	units    []unit
	scratch  []byte
	Leaks    Leaks
}

// Leaks is what was left of the original text.
type Leaks struct {
	Keys      uint64
	Unchanged uint64        // keys without any change
	Pieces    [Kinds]uint64 // pieces of each kind
	Left      [Kinds]uint64 // of those, left as they are
	Longest   [Kinds]int    // the longest of those, in bytes
	Examples  [Kinds]string // the longest of those
}

// New is a keeper with a secret. The same secret gives the same text.
func New(secret string) *Keeper {
	return &Keeper{permuter: newPermuter(secret), tables: map[string]*table{}, known: map[string]string{}}
}

// Append appends a key's replacement.
func (k *Keeper) Append(into, key []byte) []byte {
	start := len(into)
	into = append(into, key...)
	replaced := into[start:]
	hashedFrom, hashedTo := 0, len(key)
	if tag, ok := slot.Tag(key); ok {
		hashedFrom = bytes.IndexByte(key, '{') + 1
		hashedTo = hashedFrom + len(tag)
	}
	k.Leaks.Keys++
	changed := false
	k.units = units(key, k.units[:0])
	for _, u := range k.units {
		k.Leaks.Pieces[u.kind]++
		bound := u.from >= hashedFrom && u.to <= hashedTo
		if u.kind != Dates {
			k.replace(replaced[u.from:u.to], u.pattern, bound)
		}
		if string(replaced[u.from:u.to]) != string(key[u.from:u.to]) {
			changed = true
			continue
		}
		k.Leaks.Left[u.kind]++
		if n := u.to - u.from; n > k.Leaks.Longest[u.kind] {
			k.Leaks.Longest[u.kind], k.Leaks.Examples[u.kind] = n, string(key[u.from:u.to])
		}
	}
	if !changed {
		k.Leaks.Unchanged++
	}
	return into
}

// replace puts another text in the place of a piece; a bound one keeps its CRC.
func (k *Keeper) replace(text []byte, pattern string, bound bool) {
	memo := ""
	if len(text) <= maxKnownBytes {
		mark := byte('f')
		if bound {
			mark = 'b'
		}
		k.scratch = append(append(k.scratch[:0], mark), text...)
		if known, ok := k.known[string(k.scratch)]; ok {
			copy(text, known)
			return
		}
		memo = string(k.scratch)
	}
	if bound {
		k.replaceBound(text, pattern)
	} else {
		k.replaceFree(text, pattern)
	}
	if memo != "" && len(k.known) < maxKnown {
		k.known[memo] = string(text)
	}
}

// chunkTexts bounds the numbers that are permuted at once.
const chunkTexts = 1 << 54

// chunk is the longest end of a pattern, after from, without fixed signs, of
// which there are at most so many texts.
func chunk(pattern string, most uint64) (from int, size uint64) {
	from, size = len(pattern), 1
	for from > 0 && pattern[from-1] != fixed {
		n := size * uint64(len(alphabets[pattern[from-1]]))
		if n > most {
			break
		}
		from, size = from-1, n
	}
	return from, size
}

// replaceFree permutes a piece that is not hashed, chunk by chunk from its end.
func (k *Keeper) replaceFree(text []byte, pattern string) {
	for end := len(pattern); end > 0; {
		if pattern[end-1] == fixed {
			end--
			continue
		}
		from, size := chunk(pattern[:end], chunkTexts)
		d := newDomain(size, tweakOf(pattern[from:end], from, 'f'))
		part := text[from:end]
		write(part, pattern[from:end], k.permuter.next(&d, read(part, pattern[from:end]), func(uint64) bool { return true }))
		end = from
	}
}

// replaceBound permutes a piece among those with its CRC. What the tail, of
// which all texts are known by their CRC, and the head before it can be are
// numbered: the head, and which of the tails that fit it. Only what is longer
// than both is permuted by itself before, and the tail makes up for it: of
// pieces that long two might in theory meet.
func (k *Keeper) replaceBound(text []byte, pattern string) {
	crc := slot.CRC16(text)
	tailFrom := len(pattern)
	for size := uint64(1); size < tailTexts && tailFrom > 0 && pattern[tailFrom-1] != fixed; {
		tailFrom--
		size *= uint64(len(alphabets[pattern[tailFrom]]))
	}
	t := k.table(pattern[tailFrom:])
	if t.most == 0 {
		return
	}
	headFrom, heads := chunk(pattern[:tailFrom], chunkTexts/t.most)
	headPattern, tailPattern := pattern[headFrom:tailFrom], pattern[tailFrom:]
	tail := read(text[tailFrom:], tailPattern)
	rank, _ := slices.BinarySearch(t.of(slot.CRC16(text[tailFrom:])), uint32(tail))
	head := read(text[headFrom:tailFrom], headPattern)
	if headFrom > 0 {
		k.replaceFree(text[:headFrom], pattern[:headFrom])
	}
	fitting := func(number uint64) []uint32 {
		write(text[headFrom:tailFrom], headPattern, number/t.most)
		clear(text[tailFrom:])
		return t.of(crc ^ slot.CRC16(text))
	}
	d := newDomain(heads*t.most, tweakOf(pattern[headFrom:], headFrom, 'b'))
	self := head*t.most + uint64(rank)
	number := k.permuter.next(&d, self, func(y uint64) bool { return y%t.most < uint64(len(fitting(y))) })
	tails := fitting(number)
	// With the front changed the piece's own number may fit nothing: then any does.
	for i := uint64(0); uint64(len(tails)) == 0 && i < heads; i++ {
		number = i * t.most
		tails = fitting(number)
	}
	write(text[tailFrom:], tailPattern, uint64(tails[min(number%t.most, uint64(len(tails)-1))]))
}

// table is the texts of a pattern, made when first needed.
func (k *Keeper) table(pattern string) *table {
	t := k.tables[pattern]
	if t == nil {
		if len(k.tables) >= maxTables {
			clear(k.tables)
		}
		t = newTable(pattern)
		k.tables[pattern] = t
	}
	return t
}

// tweakOf tells permutations apart; its highest byte is left to the rounds.
func tweakOf(pattern string, at int, mark byte) uint64 {
	h := uint64(0xcbf29ce484222325)
	for i := range len(pattern) {
		h = (h ^ uint64(pattern[i])) * 0x100000001b3
	}
	h = (h ^ uint64(at)) * 0x100000001b3
	return (h ^ uint64(mark)) * 0x100000001b3 & (1<<56 - 1)
}
