package collection

import (
	"bytes"
	"encoding/binary"
)

// An entry's chunk: the lengths of its key and, in a Hash, of its value; then
// these. A length is a byte or, from longLength on, a mark and four bytes.
const (
	longLength   = 254
	longBytes    = 5
	lengthMark   = longLength
	maxHeadBytes = 2 * longBytes
)

func lengthBytes(n int) int {
	if n < longLength {
		return 1
	}
	return longBytes
}

func putLength(b []byte, n int) int {
	if n < longLength {
		b[0] = byte(n)
		return 1
	}
	b[0] = lengthMark
	binary.LittleEndian.PutUint32(b[1:], uint32(n))
	return longBytes
}

func getLength(b []byte) (n, head int) {
	if b[0] != lengthMark {
		return int(b[0]), 1
	}
	return int(binary.LittleEndian.Uint32(b[1:])), longBytes
}

// lengths reads the head of a chunk in use.
func (t *table) lengths(chunk []byte) (key, value, head int) {
	key, head = getLength(chunk)
	if t.pairs {
		n, more := getLength(chunk[head:])
		return key, n, head + more
	}
	return key, 0, head
}

// inUse is the size of a chunk in use.
func (t *table) inUse(chunk []byte) int {
	key, value, head := t.lengths(chunk)
	return chunkBytes(head + key + value)
}

func (t *table) isKey(r chunkRef, key []byte) bool {
	chunk := t.at(r)
	n, _, head := t.lengths(chunk)
	return n == len(key) && bytes.Equal(chunk[head:head+n], key)
}

// entry is what a chunk holds.
func (t *table) entry(r chunkRef) (key, value []byte) {
	chunk := t.at(r)
	k, v, head := t.lengths(chunk)
	end := head + k + v
	return chunk[head : head+k : head+k], chunk[head+k : end : end]
}

func (t *table) key(r chunkRef) []byte {
	key, _ := t.entry(r)
	return key
}

// entrySize is the size of the chunk of an entry.
func (t *table) entrySize(key, value []byte) int {
	n := lengthBytes(len(key)) + len(key)
	if t.pairs {
		n += lengthBytes(len(value)) + len(value)
	}
	return chunkBytes(n)
}

// write fills a chunk.
func (t *table) write(r chunkRef, key, value []byte) {
	chunk := t.at(r)
	at := putLength(chunk, len(key))
	if t.pairs {
		at += putLength(chunk[at:], len(value))
	}
	at += copy(chunk[at:], key)
	copy(chunk[at:], value)
}
