// Package slot is the unit of everything in slotbench: which hash slot a key
// belongs to, how many slots there are, and which node owns which of them.
// It opens no socket, reads no clock and starts no goroutine.
package slot

import (
	"bytes"
	"fmt"
)

// Slot is the number of a hash slot, 0 … Count-1.
type Slot uint16

// Count is a number of hash slots: a power of two from MinCount to MaxCount.
type Count int

// The slot counts that the suite knows.
const (
	MinCount     Count = 1024
	DefaultCount Count = 16384 // Redis, Valkey and Dragonfly all fix this one
	MaxCount     Count = 32768
)

// Validate says what is wrong with a slot count, if anything.
func (n Count) Validate() error {
	if n < MinCount || n > MaxCount || n&(n-1) != 0 {
		return fmt.Errorf("slot count %d: must be a power of two from %d to %d", int(n), MinCount, MaxCount)
	}
	return nil
}

// FromCRC is the slot of a key whose hashed part has this CRC16.
//
// Up to 16384 slots it is the client's slot, crc mod 16384, shifted right, so
// that one of N slots is a contiguous range of the 16384 that stock clients
// know. With 32768 slots it is crc mod 32768: slots s and s+16384 share the
// client's slot s.
func (n Count) FromCRC(crc uint16) Slot {
	if n > DefaultCount {
		return Slot(int(crc) & (int(n) - 1))
	}
	return Slot(int(crc) & (int(DefaultCount) - 1) / (int(DefaultCount) / int(n)))
}

// Of is the slot of a key.
func (n Count) Of(key []byte) Slot { return n.FromCRC(CRC16(Hashed(key))) }

// Of is the slot of a key among DefaultCount slots, as Redis Cluster defines
// it: CRC16-XMODEM of the key's hashed part, mod 16384.
func Of(key []byte) Slot { return Slot(CRC16(Hashed(key)) & uint16(DefaultCount-1)) }

// Hashed is the part of a key that decides its slot: what stands between the
// first '{' and the first '}' after it, or the whole key where there is no
// such pair or nothing between it. The result aliases the key.
func Hashed(key []byte) []byte {
	tag, ok := Tag(key)
	if !ok {
		return key
	}
	return tag
}

// Tag is the key's hash tag without its braces, if it has one that counts.
// The result aliases the key.
func Tag(key []byte) (tag []byte, ok bool) {
	open := bytes.IndexByte(key, '{')
	if open < 0 {
		return nil, false
	}
	length := bytes.IndexByte(key[open+1:], '}')
	if length <= 0 {
		return nil, false
	}
	return key[open+1 : open+1+length], true
}
