package slot

// crcTables holds the CRC16-XMODEM remainder (polynomial 0x1021, initial value
// 0, nothing reflected) of every byte followed by 0 to 15 zero bytes, so that
// sixteen bytes take sixteen independent look-ups. It is a pointer because the
// compiler keeps that in a register, where it would load the address of an
// array anew for every look-up.
var crcTables = makeCRCTables()

func makeCRCTables() *[16][256]uint16 {
	var tables [16][256]uint16
	for b := range 256 {
		crc := uint16(b) << 8
		for range 8 {
			carry := crc & 0x8000
			crc <<= 1
			if carry != 0 {
				crc ^= 0x1021
			}
		}
		tables[0][b] = crc
	}
	for zeros := 1; zeros < len(tables); zeros++ {
		for b := range 256 {
			crc := tables[zeros-1][b]
			tables[zeros][b] = crc<<8 ^ tables[0][crc>>8]
		}
	}
	return &tables
}

// CRC16 is the CRC16-XMODEM of p: "123456789" gives 0x31C3.
//
// A pass over many keys needs no other entry: the look-ups of one key do not
// wait for those of the key before, so the processor interleaves the calls by
// itself. Interleaving them by hand, tables for pairs of bytes (512 KB) and
// key ends padded to eight bytes were measured and were no faster.
func CRC16(p []byte) uint16 { return ContinueCRC16(0, p) }

// ContinueCRC16 is the CRC16 of a text whose beginning has the given one, and
// which ends in p.
func ContinueCRC16(crc uint16, p []byte) uint16 {
	t := crcTables
	for len(p) >= 16 {
		crc = t[15][p[0]^byte(crc>>8)] ^ t[14][p[1]^byte(crc)] ^
			t[13][p[2]] ^ t[12][p[3]] ^ t[11][p[4]] ^ t[10][p[5]] ^ t[9][p[6]] ^ t[8][p[7]] ^
			t[7][p[8]] ^ t[6][p[9]] ^ t[5][p[10]] ^ t[4][p[11]] ^ t[3][p[12]] ^ t[2][p[13]] ^ t[1][p[14]] ^ t[0][p[15]]
		p = p[16:]
	}
	if len(p) >= 8 {
		crc = t[7][p[0]^byte(crc>>8)] ^ t[6][p[1]^byte(crc)] ^
			t[5][p[2]] ^ t[4][p[3]] ^ t[3][p[4]] ^ t[2][p[5]] ^ t[1][p[6]] ^ t[0][p[7]]
		p = p[8:]
	}
	if len(p) >= 4 {
		crc = t[3][p[0]^byte(crc>>8)] ^ t[2][p[1]^byte(crc)] ^ t[1][p[2]] ^ t[0][p[3]]
		p = p[4:]
	}
	if len(p) >= 2 {
		crc = t[1][p[0]^byte(crc>>8)] ^ t[0][p[1]^byte(crc)]
		p = p[2:]
	}
	if len(p) > 0 {
		crc = crc<<8 ^ t[0][byte(crc>>8)^p[0]]
	}
	return crc
}
