package rdb

import "encoding/binary"

// A DUMP payload is a type byte, the value in that type's encoding, and a
// footer: the RDB version (16 bits) and the CRC64 of all before it (64 bits),
// both little-endian.
const (
	versionBytes = 2
	crcBytes     = 8
	footerBytes  = versionBytes + crcBytes
)

// AppendDump appends what DUMP answers for a string.
func AppendDump(dst, text []byte) []byte {
	start := len(dst)
	dst = AppendString(append(dst, typeString), text)
	dst = binary.LittleEndian.AppendUint16(dst, Version)
	return binary.LittleEndian.AppendUint64(dst, CRC64(0, dst[start:]))
}

// DumpSize is how many bytes AppendDump appends for a string.
func DumpSize(text []byte) int { return 1 + stringSize(text) + footerBytes }

// ReadDump appends the string that a DUMP payload holds to dst. It answers
// ErrChecksum for a payload that is damaged or from a server whose format is
// not known, and ErrFormat for one that holds another type or is malformed.
func ReadDump(dst, payload []byte) ([]byte, error) {
	if len(payload) < footerBytes {
		return dst, ErrChecksum
	}
	body := payload[:len(payload)-footerBytes]
	version := binary.LittleEndian.Uint16(payload[len(body):])
	sum := binary.LittleEndian.Uint64(payload[len(body)+versionBytes:])
	known := version >= oldestVersion && version <= newestRedis || version == valkeyVersion
	if !known || CRC64(0, payload[:len(body)+versionBytes]) != sum {
		return dst, ErrChecksum
	}
	if len(body) == 0 || body[0] != typeString {
		return dst, ErrFormat
	}
	start := len(dst)
	dst, size, err := ReadString(dst, body[1:])
	if err == nil && size != len(body)-1 {
		err = ErrFormat
	}
	if err != nil {
		return dst[:start], err
	}
	return dst, nil
}
