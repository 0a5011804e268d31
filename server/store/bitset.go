package store

import "math/bits"

// bitset is a set of small numbers.
type bitset []uint64

func (s bitset) has(i uint32) bool {
	word := int(i / 64)
	return word < len(s) && s[word]>>(i%64)&1 != 0
}

// add adds a number, for which there is made room.
func (s *bitset) add(i uint32) {
	for int(i/64) >= len(*s) {
		*s = append(*s, 0)
	}
	(*s)[i/64] |= 1 << (i % 64)
}

func (s bitset) remove(i uint32) { s[i/64] &^= 1 << (i % 64) }

// lowest is the lowest number that is not below from. It reports false if
// there is none.
func (s bitset) lowest(from uint32) (uint32, bool) {
	for word := int(from / 64); word < len(s); word++ {
		left := s[word]
		if word == int(from/64) {
			left &= ^uint64(0) << (from % 64)
		}
		if left != 0 {
			return uint32(word*64 + bits.TrailingZeros64(left)), true
		}
	}
	return 0, false
}
