package store

import (
	"encoding/binary"
	"math"
	"math/bits"
	"unsafe"
)

// bucket is one cache line of a table: up to bucketCells keys, each by a byte
// of its hash and the reference of its entry. What does not fit is in further
// buckets, in a chain.
type bucket struct {
	tags [bucketCells]byte // 0: the cell is empty
	// more is the reference of the next bucket of the chain, which lies at a
	// cache line: the low bits say other things.
	more reference
	refs [bucketCells]reference
}

const (
	bucketCells = 12
	bucketBytes = 64

	// moreExpires says that there may be an entry with an expiry in the bucket.
	moreExpires = 1
	moreBits    = bucketBytes/granuleBytes - 1
)

var _ [bucketBytes]byte = [unsafe.Sizeof(bucket{})]byte{}

// tagOf is the byte of a hash that a bucket keeps: not those that chose it.
func tagOf(hash uint64) byte { return max(byte(hash>>56), 1) }

const (
	eachByte = 0x0101010101010101
	lowBits  = 0x7f * eachByte
)

// zeroBytes has the highest bit set of every byte that is zero, and no other.
func zeroBytes(x uint64) uint64 { return ^((x&lowBits + lowBits) | x | lowBits) }

// match is the cells with a tag, as a set whose members cellOf tells. Tag 0 is
// that of empty cells.
func (b *bucket) match(tag byte) uint64 {
	each := uint64(tag) * eachByte
	first := zeroBytes(binary.LittleEndian.Uint64(b.tags[:8]) ^ each)
	rest := zeroBytes(uint64(binary.LittleEndian.Uint32(b.tags[8:])^uint32(each)) | math.MaxUint32<<32)
	return first>>7 | rest>>3
}

// cellOf is the first cell of a set that match returned: the first eight cells
// are bits 0, 8, … 56, the others bits 4, 12, 20, 28.
func cellOf(set uint64) int {
	bit := bits.TrailingZeros64(set)
	return bit>>3 | bit&4<<1
}

// filled is the cells that are not empty.
func (b *bucket) filled() uint64 {
	const cells = eachByte | 0x10101010
	return cells &^ b.match(0)
}

func (b *bucket) len() int { return bits.OnesCount64(b.filled()) }

// next is the next bucket of the chain; 0: there is none.
func (b *bucket) next() reference       { return b.more &^ moreBits }
func (b *bucket) setNext(ref reference) { b.more = ref | b.more&moreBits }
func (b *bucket) expires() bool         { return b.more&moreExpires != 0 }
