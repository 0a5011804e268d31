package rdb

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"math"
	"slices"
	"strconv"

	"slotbench/internal/listpack"
)

// Value is what a payload holds, checked: a string, or a collection that is
// not empty, whose members or fields are all different. The zero Value is
// ready to read into, and may be read into again.
type Value struct {
	Kind Kind

	texts   []byte   // of all elements, one behind the other
	ends    []uint32 // of each, in texts
	scores  []float64
	longest int  // bytes of the longest text
	over    bool // there are more than maxTextBytes
	cursor  cursor
}

// maxTextBytes is how many bytes the texts of a value may have together.
const maxTextBytes = math.MaxUint32

// ReadDump reads a DUMP payload. It answers ErrChecksum for one that is
// damaged or from a server whose format is not known, and ErrFormat or its kin
// for one that is malformed or not supported.
func (v *Value) ReadDump(payload []byte) error {
	body, version, err := open(payload)
	if err != nil {
		return err
	}
	if len(body) == 0 {
		return ErrFormat
	}
	size, err := v.read(Type(body[0]), version, body[1:])
	if err == nil && size != len(body)-1 {
		err = ErrFormat
	}
	return err
}

// read reads and checks the value of a type at the start of p, and returns how
// many bytes of p it took.
func (v *Value) read(t Type, version uint16, p []byte) (size int, err error) {
	v.texts, v.ends, v.scores, v.longest = v.texts[:0], v.ends[:0], v.scores[:0], 0
	v.over = false
	v.texts = slices.Grow(v.texts, len(p))
	v.Kind, size, err = v.cursor.walk((*collector)(v), t, version, p)
	switch {
	case err != nil:
		return 0, err
	case v.over || v.Len() == 0:
		return 0, ErrFormat
	case v.Kind == Hash && v.anyTwice(2), (v.Kind == Set || v.Kind == SortedSet) && v.anyTwice(1):
		return 0, ErrFormat
	}
	if v.Kind == SortedSet {
		v.sort()
	}
	return size, nil
}

// collector is a Value that is being read.
type collector Value

// Text takes a text.
func (v *collector) Text(text []byte) {
	if v.over = v.over || len(v.texts)+len(text) > maxTextBytes; v.over {
		return
	}
	v.texts = append(v.texts, text...)
	v.ends = append(v.ends, uint32(len(v.texts)))
	v.longest = max(v.longest, len(text))
}

// Score takes a score.
func (v *collector) Score(score float64) { v.scores = append(v.scores, score) }

// Len is how many elements, members or pairs there are; of a string, 1.
func (v *Value) Len() int {
	if v.Kind == Hash {
		return len(v.ends) / 2
	}
	return len(v.ends)
}

// Text is the text at an index: the string, an element, a member; a hash's
// fields stand at the even indices and their values behind them. A sorted
// set's members come by ascending score, then member. It is borrowed until the
// Value is read into again.
func (v *Value) Text(i int) []byte {
	start := uint32(0)
	if i > 0 {
		start = v.ends[i-1]
	}
	return v.texts[start:v.ends[i]:v.ends[i]]
}

// Score is that of a sorted set's i-th member.
func (v *Value) Score(i int) float64 { return v.scores[i] }

// LongestBytes is the length of the longest text.
func (v *Value) LongestBytes() int { return v.longest }

// TextBytes is the length of all texts.
func (v *Value) TextBytes() int { return len(v.texts) }

// anyTwice says whether any two among every step-th text are equal.
func (v *Value) anyTwice(step int) bool {
	n := len(v.ends) / step
	// Open addressing: 1 + an index of texts, 0 is free. At least half is free.
	table := make([]uint32, 1<<bitsFor(2*n))
	mask := uint64(len(table) - 1)
	seed := maphash.MakeSeed() // no client can choose texts that collide
	for i := 0; i < len(v.ends); i += step {
		text := v.Text(i)
		at := maphash.Bytes(seed, text) & mask
		for table[at] != 0 {
			if bytes.Equal(v.Text(int(table[at]-1)), text) {
				return true
			}
			at = (at + 1) & mask
		}
		table[at] = uint32(i + 1)
	}
	return false
}

// bitsFor is how many bits count n things.
func bitsFor(n int) (bits int) {
	for 1<<bits < n {
		bits++
	}
	return bits
}

// sort brings a sorted set in order, if it is not: servers dump large ones from
// the end.
func (v *Value) sort() {
	compare := func(i, j int) int {
		switch a, b := v.scores[i], v.scores[j]; {
		case a < b:
			return -1
		case a > b:
			return 1
		}
		return bytes.Compare(v.Text(i), v.Text(j))
	}
	inOrder := true
	for i := 1; i < len(v.ends) && inOrder; i++ {
		inOrder = compare(i-1, i) < 0
	}
	if inOrder {
		return
	}
	order := make([]int, len(v.ends))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, compare)
	sorted := collector{texts: make([]byte, 0, len(v.texts)), ends: make([]uint32, 0, len(v.ends)), scores: make([]float64, 0, len(v.ends))}
	for _, i := range order {
		sorted.Text(v.Text(i))
		sorted.Score(v.scores[i])
	}
	v.texts, v.ends, v.scores = sorted.texts, sorted.ends, sorted.scores
}

// Listpack is a collection as a canonical listpack, a sorted set's scores as
// appendScore writes them.
func (v *Value) Listpack(appendScore func(dst []byte, score float64) []byte) []byte {
	var scratch [64]byte
	roomBytes := listpack.EmptyBytes + len(v.texts) + elementBytes*(len(v.ends)+len(v.scores))
	lp := listpack.AppendNew(make([]byte, 0, roomBytes))
	for i := range v.ends {
		lp = listpack.Append(lp, v.Text(i))
		if v.Kind == SortedSet {
			lp = listpack.Append(lp, appendScore(scratch[:0], v.scores[i]))
		}
	}
	return lp
}

// elementBytes is about what a listpack adds to a text.
const elementBytes = 4

// Intset is a set as an intset, of the narrowest width that does. ok is false
// if a member is no 64-bit integer.
func (v *Value) Intset() (set []byte, ok bool) {
	members := make([]int64, len(v.ends))
	width := 2
	for i := range members {
		text := v.Text(i)
		if len(text) > maxIntegerBytes {
			return nil, false
		}
		n, err := strconv.ParseInt(string(text), 10, 64)
		var scratch [maxIntegerBytes]byte
		if err != nil || string(strconv.AppendInt(scratch[:0], n, 10)) != string(text) {
			return nil, false
		}
		members[i] = n
		switch {
		case n < math.MinInt32 || n > math.MaxInt32:
			width = 8
		case n < math.MinInt16 || n > math.MaxInt16:
			width = max(width, 4)
		}
	}
	slices.Sort(members)
	set = make([]byte, 0, intsetHeadBytes+width*len(members))
	set = binary.LittleEndian.AppendUint32(set, uint32(width))
	set = binary.LittleEndian.AppendUint32(set, uint32(len(members)))
	for _, n := range members {
		var p [8]byte
		binary.LittleEndian.PutUint64(p[:], uint64(n))
		set = append(set, p[:width]...)
	}
	return set, true
}
