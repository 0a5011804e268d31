package store

import (
	"encoding/binary"
	"unsafe"
)

// An entry is a key and what it holds, one object of its shard:
//
//	kind 1 | used 3 | key length 1 | value length 1 | the lengths that are
//	longer, 2 or 4 each | expiry 8, if kind says so | key | value
//
// The value of an entry that holds an Object is its number among the slot's
// objects.
const (
	headBytes    = 6
	expiryBytes  = 8
	objectBytes  = 4 // the number of an Object
	lengthShort  = 253
	length2      = 254 // the length is in two bytes more
	length4      = 255
	maxTwoBytes  = 1<<16 - 1
	usedMask     = 1<<24 - 1
	wideFrom     = 1 << 10 // entries from this size on have room for an expiry anyway
	kindTypeBits = 3
	kindFormBits = 2
	kindForm     = kindTypeBits
	kindExpires  = 1 << (kindTypeBits + kindFormBits)
	kindObject   = 1 << (kindTypeBits + kindFormBits + 1)
)

// layout is where the parts of an entry are.
type layout struct {
	keyAt, keyBytes, valueBytes int
	expires                     bool // there is an expiry, before the key
}

func (l layout) valueAt() int { return l.keyAt + l.keyBytes }
func (l layout) size() int    { return l.keyAt + l.keyBytes + l.valueBytes }

// layoutOf is the layout of an entry to be.
func layoutOf(keyBytes, valueBytes int, expires bool) layout {
	l := layout{keyAt: headBytes + lengthBytes(keyBytes) + lengthBytes(valueBytes), keyBytes: keyBytes, valueBytes: valueBytes}
	if expires || l.size() >= wideFrom {
		l.expires = true
		l.keyAt += expiryBytes
	}
	return l
}

// lengthBytes is how many bytes a length needs beyond its first.
func lengthBytes(n int) int {
	switch {
	case n <= lengthShort:
		return 0
	case n <= maxTwoBytes:
		return 2
	}
	return 4
}

// putLength writes a length: its first byte, and what is more behind.
func putLength(first *byte, more []byte, n int) []byte {
	switch lengthBytes(n) {
	case 0:
		*first = byte(n)
		return more
	case 2:
		*first = length2
		binary.LittleEndian.PutUint16(more, uint16(n))
		return more[2:]
	}
	*first = length4
	binary.LittleEndian.PutUint32(more, uint32(n))
	return more[4:]
}

// entry is an entry in its place.
type entry struct{ head *[8]byte }

func (s *shard) entry(ref reference) entry { return entry{(*[8]byte)(s.at(ref))} }

func (e entry) at(offset int) unsafe.Pointer { return unsafe.Add(unsafe.Pointer(e.head), offset) }

func (e entry) slice(from, n int) []byte { return unsafe.Slice((*byte)(e.at(from)), n) }

// layout reads where the parts are.
func (e entry) layout() layout {
	key, value := int(e.head[4]), int(e.head[5])
	l := layout{keyAt: headBytes, keyBytes: key, valueBytes: value, expires: e.expires()}
	if key > lengthShort {
		l.keyBytes = e.longLength(&l.keyAt, key)
	}
	if value > lengthShort {
		l.valueBytes = e.longLength(&l.keyAt, value)
	}
	if l.expires {
		l.keyAt += expiryBytes
	}
	return l
}

// longLength reads a length of more than a byte, and goes behind it.
func (e entry) longLength(at *int, first int) int {
	if first == length2 {
		n := binary.LittleEndian.Uint16(e.slice(*at, 2))
		*at += 2
		return int(n)
	}
	n := binary.LittleEndian.Uint32(e.slice(*at, 4))
	*at += 4
	return int(n)
}

// write lays an entry out; key and value are for the caller to write.
func (e entry) write(l layout, kind byte) {
	e.head[0] = kind &^ kindExpires
	more := putLength(&e.head[4], e.slice(headBytes, l.keyAt-headBytes), l.keyBytes)
	putLength(&e.head[5], more, l.valueBytes)
	if l.expires {
		e.head[0] |= kindExpires
		e.putExpiry(l, 0)
	}
}

func (e entry) key(l layout) []byte   { return e.slice(l.keyAt, l.keyBytes) }
func (e entry) value(l layout) []byte { return e.slice(l.valueAt(), l.valueBytes) }

// hasKey says whether it is a key's entry.
func (e entry) hasKey(key []byte) bool {
	if len(key) <= lengthShort && int(e.head[4]) != len(key) {
		return false
	}
	l := e.layout()
	return l.keyBytes == len(key) && string(e.key(l)) == string(key)
}

func (e entry) expiry(l layout) int64 {
	if !l.expires {
		return 0
	}
	return int64(binary.LittleEndian.Uint64(e.slice(l.keyAt-expiryBytes, expiryBytes)))
}

// putExpiry writes an expiry, where there is room for one.
func (e entry) putExpiry(l layout, atMillis int64) {
	if !l.expires {
		return
	}
	binary.LittleEndian.PutUint64(e.slice(l.keyAt-expiryBytes, expiryBytes), uint64(atMillis))
}

// used is the second of the last use, modulo 2^24, which is half a year.
func (e entry) used() uint32 { return binary.LittleEndian.Uint32(e.head[:4]) >> 8 }

// setUsed writes only what changes: a line that is only read need not go back to
// memory.
func (e entry) setUsed(nowMillis int64) {
	if second := uint32(nowMillis / 1000); (second^e.used())&usedMask != 0 {
		e.putUsed(second)
	}
}

func (e entry) putUsed(second uint32) {
	binary.LittleEndian.PutUint32(e.head[:4], second<<8|uint32(e.head[0]))
}

// usedAtMillis is the last use as Unix time: the latest that fits.
func (e entry) usedAtMillis(nowMillis int64) int64 {
	now := nowMillis / 1000
	return (now - int64((uint32(now)-e.used())&usedMask)) * 1000
}

func kindOf(t Type, f Form, object bool) byte {
	kind := byte(t) | byte(f)<<kindForm
	if object {
		kind |= kindObject
	}
	return kind
}

func (e entry) kindType() Type  { return Type(e.head[0] & (1<<kindTypeBits - 1)) }
func (e entry) form() Form      { return Form(e.head[0] >> kindForm & (1<<kindFormBits - 1)) }
func (e entry) hasObject() bool { return e.head[0]&kindObject != 0 }

// expires says whether there is room for an expiry: whether there may be one.
func (e entry) expires() bool { return e.head[0]&kindExpires != 0 }

// object is the number of an entry's Object.
func (e entry) object(l layout) uint32 {
	return binary.LittleEndian.Uint32(e.slice(l.valueAt(), objectBytes))
}

func (e entry) setObject(l layout, number uint32) {
	binary.LittleEndian.PutUint32(e.slice(l.valueAt(), objectBytes), number)
}
