package rdb

import (
	"encoding/binary"
	"math"
)

// A DUMP payload is a type byte, the value in that type's encoding, and a
// footer: the RDB version (16 bits) and the CRC64 of all before it (64 bits),
// both little-endian.
const (
	versionBytes = 2
	crcBytes     = 8
	footerBytes  = versionBytes + crcBytes
)

// open is what stands before a payload's footer, and the footer's version.
func open(payload []byte) (body []byte, version uint16, err error) {
	if len(payload) < footerBytes {
		return nil, 0, ErrChecksum
	}
	body = payload[:len(payload)-footerBytes]
	version = binary.LittleEndian.Uint16(payload[len(body):])
	sum := binary.LittleEndian.Uint64(payload[len(body)+versionBytes:])
	known := version >= oldestVersion && version <= newestRedis || version == valkeyVersion
	if !known || CRC64(0, payload[:len(body)+versionBytes]) != sum {
		return nil, 0, ErrChecksum
	}
	return body, version, nil
}

// Dump is a payload that is being written, in the order of its type's layout:
//
//	TypeString             Text
//	TypeSet, TypeHash      Count of members or pairs, then Text by Text
//	TypeSortedSet          Count, then Text and Score by turns
//	TypeListNodes          Count of nodes, then Node by Node
//	the packed types       Text, all of it
type Dump struct {
	dst   []byte
	start int
}

// BeginDump begins a payload behind dst.
func BeginDump(dst []byte, t Type) Dump { return Dump{append(dst, byte(t)), len(dst)} }

// Count says how many elements follow.
func (d *Dump) Count(n int) { d.dst = AppendLength(d.dst, uint64(n)) }

// Text adds a text.
func (d *Dump) Text(text []byte) { d.dst = AppendString(d.dst, text) }

// Score adds a score.
func (d *Dump) Score(score float64) {
	d.dst = binary.LittleEndian.AppendUint64(d.dst, math.Float64bits(score))
}

// Node adds a list's node: one element if it is plain, else a listpack.
func (d *Dump) Node(p []byte, plain bool) {
	if plain {
		d.dst = append(d.dst, nodePlain)
	} else {
		d.dst = append(d.dst, nodePacked)
	}
	d.Text(p)
}

// End is dst with the whole payload behind it.
func (d *Dump) End() []byte {
	dst := binary.LittleEndian.AppendUint16(d.dst, Version)
	return binary.LittleEndian.AppendUint64(dst, CRC64(0, dst[d.start:]))
}

// AppendDump appends what DUMP answers for what is one text: a string, or a
// value of a packed type.
func AppendDump(dst []byte, t Type, text []byte) []byte {
	d := BeginDump(dst, t)
	d.Text(text)
	return d.End()
}

// DumpSize is how many bytes AppendDump appends.
func DumpSize(text []byte) int { return 1 + stringSize(text) + footerBytes }
