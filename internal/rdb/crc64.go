package rdb

import (
	"encoding/binary"
	"hash/crc64"
)

// polynomial is Redis's "Jones" CRC64, reflected.
const polynomial = 0x95ac9329ac4bc9b5

// crcTables[z][b] is the remainder of byte b followed by z zero bytes, so
// that eight bytes take eight independent look-ups. hash/crc64 does so itself
// only from 2 KiB on, and then makes the tables anew in each call.
var crcTables = makeCRCTables()

func makeCRCTables() *[8]crc64.Table {
	tables := &[8]crc64.Table{*crc64.MakeTable(polynomial)}
	for zeros := 1; zeros < 8; zeros++ {
		for b := range 256 {
			crc := tables[zeros-1][b]
			tables[zeros][b] = tables[0][byte(crc)] ^ crc>>8
		}
	}
	return tables
}

// CRC64 continues a checksum over p as Redis computes it: it starts at 0, and
// "123456789" gives e9c6d914c4b8d9ca.
func CRC64(crc uint64, p []byte) uint64 {
	for len(p) >= 8 {
		crc ^= binary.LittleEndian.Uint64(p)
		crc = crcTables[7][byte(crc)] ^ crcTables[6][byte(crc>>8)] ^
			crcTables[5][byte(crc>>16)] ^ crcTables[4][byte(crc>>24)] ^
			crcTables[3][byte(crc>>32)] ^ crcTables[2][byte(crc>>40)] ^
			crcTables[1][byte(crc>>48)] ^ crcTables[0][crc>>56]
		p = p[8:]
	}
	for _, b := range p {
		crc = crcTables[0][byte(crc)^b] ^ crc>>8
	}
	return crc
}
