package collection

import (
	"encoding/binary"
	"math"
)

// An intset is a set of integers in one piece of memory, as Redis lays it out:
// the width of a member in bytes (2, 4 or 8) and their number, 4 bytes each,
// then the members ascending; all little endian. Members are as wide as the
// widest needs; they become no narrower again.
//
// The functions trust that the bytes are an intset. Who owns the memory grows
// and shrinks it.

// IntsetHead is the length of an intset without members.
const IntsetHead = 8

// IntsetNew appends an intset without members to dst.
func IntsetNew(dst []byte) []byte { return append(dst, 2, 0, 0, 0, 0, 0, 0, 0) }

// IntsetLen is how many members there are.
func IntsetLen(is []byte) int { return int(binary.LittleEndian.Uint32(is[4:])) }

func intsetWidth(is []byte) int { return int(is[0]) }

// intWidth is the bytes that an integer needs.
func intWidth(n int64) int {
	switch {
	case n >= math.MinInt16 && n <= math.MaxInt16:
		return 2
	case n >= math.MinInt32 && n <= math.MaxInt32:
		return 4
	}
	return 8
}

// readInt is the member of an index among members of a width.
func readInt(is []byte, width, i int) int64 {
	b := is[IntsetHead+i*width:]
	switch width {
	case 2:
		return int64(int16(binary.LittleEndian.Uint16(b)))
	case 4:
		return int64(int32(binary.LittleEndian.Uint32(b)))
	}
	return int64(binary.LittleEndian.Uint64(b))
}

func writeInt(is []byte, width, i int, n int64) {
	b := is[IntsetHead+i*width:]
	switch width {
	case 2:
		binary.LittleEndian.PutUint16(b, uint16(n))
	case 4:
		binary.LittleEndian.PutUint32(b, uint32(n))
	default:
		binary.LittleEndian.PutUint64(b, uint64(n))
	}
}

// IntsetAt is the member of an index, in ascending order.
func IntsetAt(is []byte, i int) int64 { return readInt(is, intsetWidth(is), i) }

// IntsetFind is the index of a member or, where it is absent, the one that it
// would have.
func IntsetFind(is []byte, n int64) (i int, found bool) {
	low, high, width := 0, IntsetLen(is), intsetWidth(is)
	if high > 0 && n > readInt(is, width, high-1) { // as often, with ascending numbers
		return high, false
	}
	for low < high {
		middle := int(uint(low+high) / 2)
		switch at := readInt(is, width, middle); {
		case at == n:
			return middle, true
		case at < n:
			low = middle + 1
		default:
			high = middle
		}
	}
	return low, false
}

// IntsetHas says whether there is a member.
func IntsetHas(is []byte, n int64) bool {
	_, found := IntsetFind(is, n)
	return found
}

// IntsetGrown is the length that an intset has with a member more, which it
// does not have yet.
func IntsetGrown(is []byte, n int64) int {
	return IntsetHead + (IntsetLen(is)+1)*max(intsetWidth(is), intWidth(n))
}

// IntsetInsert puts in a member that is not there. is is the intset's memory,
// and as long as IntsetGrown said.
func IntsetInsert(is []byte, n int64) {
	count, width := IntsetLen(is), intsetWidth(is)
	if wide := intWidth(n); wide > width { // it is less or greater than all others
		shift := 0
		if n < 0 {
			shift = 1
		}
		for i := count - 1; i >= 0; i-- {
			writeInt(is, wide, i+shift, readInt(is, width, i))
		}
		is[0] = byte(wide)
		writeInt(is, wide, count*(1-shift), n)
	} else {
		at, _ := IntsetFind(is, n)
		from := IntsetHead + at*width
		copy(is[from+width:], is[from:IntsetHead+count*width])
		writeInt(is, width, at, n)
	}
	binary.LittleEndian.PutUint32(is[4:], uint32(count+1))
}

// IntsetAdd puts a member in an intset that is the caller's to grow, and
// reports whether it is new.
func IntsetAdd(is []byte, n int64) ([]byte, bool) {
	if IntsetHas(is, n) {
		return is, false
	}
	is = append(is, make([]byte, IntsetGrown(is, n)-len(is))...)
	IntsetInsert(is, n)
	return is, true
}

// IntsetCut takes out the member of an index. The intset that is left is the
// part of the memory that is returned.
func IntsetCut(is []byte, i int) []byte {
	width, count := intsetWidth(is), IntsetLen(is)
	from := IntsetHead + i*width
	copy(is[from:], is[from+width:IntsetHead+count*width])
	binary.LittleEndian.PutUint32(is[4:], uint32(count-1))
	return is[:IntsetHead+(count-1)*width]
}

// IntsetRemove takes a member out of an intset that is the caller's, and
// reports whether it was there.
func IntsetRemove(is []byte, n int64) ([]byte, bool) {
	i, found := IntsetFind(is, n)
	if !found {
		return is, false
	}
	return IntsetCut(is, i), true
}
