package request

import (
	"encoding/binary"
	"math/bits"
)

// StampBytes is how long a stamp is. A value of at least so many bytes starts
// with one, so that a read says whose write it sees.
//
//	0        4         8                 16                24
//	| magic  | stream  | sequence        | check           |   little-endian
//
// The check covers key, stream and sequence: a value of another key, a torn
// one, or one that something else wrote does not pass.
const StampBytes = 24

// PreloadStream is the stream number in the stamps of preloaded values, whose
// sequence is the number of the key, from 1.
const PreloadStream = -1

// stampMagic begins every stamp. Its first byte (0xB5) is no ASCII and starts
// no UTF-8 text.
const stampMagic = 0x017462B5

// PutStamp writes a stamp into dst[:StampBytes]; dst must be that long.
func PutStamp(dst, key []byte, stream int32, seq uint64) {
	_ = dst[StampBytes-1]
	binary.LittleEndian.PutUint32(dst, stampMagic)
	binary.LittleEndian.PutUint32(dst[4:], uint32(stream))
	binary.LittleEndian.PutUint64(dst[8:], seq)
	binary.LittleEndian.PutUint64(dst[16:], stampCheck(key, stream, seq))
}

// ReadStamp reads the stamp at the start of a value. It is not ok if there is
// none, or one of another key.
func ReadStamp(value, key []byte) (stream int32, seq uint64, ok bool) {
	if len(value) < StampBytes || binary.LittleEndian.Uint32(value) != stampMagic {
		return 0, 0, false
	}
	stream = int32(binary.LittleEndian.Uint32(value[4:]))
	seq = binary.LittleEndian.Uint64(value[8:])
	if binary.LittleEndian.Uint64(value[16:]) != stampCheck(key, stream, seq) {
		return 0, 0, false
	}
	return stream, seq, true
}

// stampCheck folds eight bytes of the key at a time by a 128-bit product, as
// the wyhash family does. It must stay as it is for as long as values written
// by one version are read by another, so it is no runtime hash.
func stampCheck(key []byte, stream int32, seq uint64) uint64 {
	const (
		first  = 0x9E3779B97F4A7C15 // 2^64 / golden ratio
		second = 0xD6E8FEB86659FD93 // an odd number with balanced bits
	)
	hash := fold(uint64(len(key))^first, seq^second)
	hash = fold(hash^uint64(uint32(stream)), first)
	for ; len(key) >= 8; key = key[8:] {
		hash = fold(hash^binary.LittleEndian.Uint64(key), second)
	}
	if len(key) > 0 {
		var tail uint64
		for i, b := range key {
			tail |= uint64(b) << (8 * i)
		}
		hash = fold(hash^tail, first)
	}
	return hash
}

func fold(a, b uint64) uint64 {
	high, low := bits.Mul64(a, b)
	return high ^ low ^ a
}
