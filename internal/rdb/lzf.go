package rdb

import "slices"

// A chunk of LZF begins with a control byte:
//
//	000nnnnn                       n+1 literal bytes follow
//	nnnooooo [nnnnnnnn] oooooooo   copy n+2 bytes from o+1 bytes back; the
//	                               middle byte is there if the first n is 7
const (
	maxLiteral  = 32
	longCopy    = 7
	minCopy     = 2
	maxLongCopy = longCopy + 255 + minCopy

	// maxLZFGrowth bounds what a compressed byte can become: the best chunk
	// makes maxLongCopy bytes of three.
	maxLZFGrowth = maxLongCopy / 3
)

// appendLZF appends the length bytes that src decompresses to; it must make
// exactly so many.
func appendLZF(dst, src []byte, length int) ([]byte, error) {
	start := len(dst)
	dst = slices.Grow(dst, length)
	for at := 0; at < len(src); {
		control := int(src[at])
		at++
		if control < maxLiteral {
			end := at + control + 1
			if end > len(src) || len(dst)-start+control+1 > length {
				return dst[:start], ErrFormat
			}
			dst, at = append(dst, src[at:end]...), end
			continue
		}
		count := control >> 5
		if count == longCopy {
			if at >= len(src) {
				return dst[:start], ErrFormat
			}
			count += int(src[at])
			at++
		}
		if at >= len(src) {
			return dst[:start], ErrFormat
		}
		count += minCopy
		from := len(dst) - 1 - (control&0x1F<<8 | int(src[at]))
		at++
		if from < start || len(dst)-start+count > length {
			return dst[:start], ErrFormat
		}
		dst = appendCopy(dst, from, count)
	}
	if len(dst)-start != length {
		return dst[:start], ErrFormat
	}
	return dst, nil
}

// appendCopy appends count bytes of dst from dst[from:] on, some of which may
// be ones that it has just appended.
func appendCopy(dst []byte, from, count int) []byte {
	for count > 0 {
		n := min(count, len(dst)-from)
		dst = append(dst, dst[from:from+n]...)
		from, count = from+n, count-n
	}
	return dst
}
