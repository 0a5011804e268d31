package rdb

import (
	"encoding/binary"
	"errors"
	"io"
	"strconv"
)

// windowBytes is how much of a stream is held at once.
const windowBytes = 1 << 20

// maxEmptyReads is how often a stream may give nothing and no error.
const maxEmptyReads = 100

// errEnds is that of a file which ends before it should.
var errEnds = errors.New("the file ends early")

// window reads a file from front to back: one that lies in memory as a whole,
// or a stream of which it holds a piece. After an error it hands out zeros.
type window struct {
	buf  []byte
	at   int   // of buf
	base int64 // where buf begins in the file
	in   io.Reader
	err  error

	summing bool
	sum     uint64 // of the stream before buf
}

// offset is where in the file reading is.
func (w *window) offset() int64 { return w.base + int64(w.at) }

// fail keeps the first error.
func (w *window) fail(err error) {
	if w.err == nil {
		w.err = err
		w.buf = w.buf[:w.at] // nothing more is handed out
		w.in = nil
	}
}

// fill sees to it that n bytes are at hand, if the file has so many. n is at
// most windowBytes.
func (w *window) fill(n int) bool {
	for empty := 0; len(w.buf)-w.at < n; {
		if w.in == nil || w.err != nil {
			return false
		}
		w.slide()
		held := len(w.buf)
		got, err := w.in.Read(w.buf[held:cap(w.buf)])
		w.buf = w.buf[:held+got]
		if empty++; got > 0 {
			empty = 0
		}
		switch {
		case errors.Is(err, io.EOF):
			w.in = nil
		case err != nil:
			w.fail(err)
		case empty == maxEmptyReads:
			w.fail(io.ErrNoProgress)
		}
	}
	return true
}

// slide drops what was read from the buffer.
func (w *window) slide() {
	if cap(w.buf) < windowBytes {
		w.buf = append(make([]byte, 0, windowBytes), w.buf...)
	}
	if w.at == 0 {
		return
	}
	if w.summing {
		w.sum = CRC64(w.sum, w.buf[:w.at])
	}
	w.base += int64(w.at)
	w.buf = w.buf[:copy(w.buf, w.buf[w.at:])]
	w.at = 0
}

// checksum is that of everything before offset.
func (w *window) checksum() uint64 { return CRC64(w.sum, w.buf[:w.at]) }

// bytes is the next n bytes, of which there are at most windowBytes; nil where
// the file has fewer. They are borrowed until the next call.
func (w *window) bytes(n int) []byte {
	if len(w.buf)-w.at < n && !w.fill(n) {
		w.fail(errEnds)
		return nil
	}
	p := w.buf[w.at : w.at+n : w.at+n]
	w.at += n
	return p
}

// begins says whether what comes after some bytes is a text; nothing is passed
// over. It is no where the file ends before.
func (w *window) begins(after int, text string) bool {
	n := after + len(text)
	return (len(w.buf)-w.at >= n || w.fill(n)) && string(w.buf[w.at+after:w.at+n]) == text
}

func (w *window) byte() byte {
	if w.at >= len(w.buf) && !w.fill(1) {
		w.fail(errEnds)
		return 0
	}
	b := w.buf[w.at]
	w.at++
	return b
}

// skip passes over n bytes without a look at them.
func (w *window) skip(n uint64) {
	for {
		held := uint64(len(w.buf) - w.at)
		if n <= held {
			w.at += int(n)
			return
		}
		n -= held
		w.at = len(w.buf)
		if !w.fill(1) {
			w.fail(errEnds)
			return
		}
	}
}

// head is the first of the next n bytes, as many as dst holds; all n are passed
// over.
func (w *window) head(dst []byte, n uint64) []byte {
	first := min(n, uint64(len(dst)))
	p := dst[:copy(dst, w.bytes(int(first)))]
	w.skip(n - first)
	return p
}

// length reads a length, or the encoding of a string that is no plain one.
func (w *window) length() (n uint64, encoding byte) {
	switch head := w.byte(); {
	case head < length14:
		return uint64(head), 0
	case head < length32:
		return uint64(head&0x3F)<<8 | uint64(w.byte()), 0
	case head == length32:
		if p := w.bytes(4); p != nil {
			return uint64(binary.BigEndian.Uint32(p)), 0
		}
	case head == length64:
		if p := w.bytes(8); p != nil {
			return binary.BigEndian.Uint64(p), 0
		}
	case head >= encoded && head <= encodedLZF:
		return 0, head
	default:
		w.fail(errors.New("no length"))
	}
	return 0, 0
}

// count reads a length that is one.
func (w *window) count() uint64 {
	n, encoding := w.length()
	if encoding != 0 {
		w.fail(errors.New("an encoded string where a length should be"))
	}
	return n
}

// integer reads a string that is encoded as an integer.
func (w *window) integer(encoding byte) int64 {
	switch encoding {
	case encodedInt8:
		return int64(int8(w.byte()))
	case encodedInt16:
		if p := w.bytes(2); p != nil {
			return int64(int16(binary.LittleEndian.Uint16(p)))
		}
	case encodedInt32:
		if p := w.bytes(4); p != nil {
			return int64(int32(binary.LittleEndian.Uint32(p)))
		}
	}
	return 0
}

// lzf reads the lengths before a compressed string.
func (w *window) lzf() (compressed, length uint64) {
	compressed, length = w.count(), w.count()
	if w.err == nil && (compressed == 0 || length/maxLZFGrowth > compressed) {
		w.fail(errors.New("a compressed string that cannot be as long as it says"))
	}
	return compressed, length
}

// text passes over a string and says how long its text is.
func (w *window) text() uint64 {
	n, encoding := w.length()
	switch encoding {
	case 0:
		w.skip(n)
		return n
	case encodedLZF:
		compressed, length := w.lzf()
		w.skip(compressed)
		return length
	}
	return digits(w.integer(encoding))
}

// digits is how long an integer's text is.
func digits(n int64) uint64 {
	var scratch [maxIntegerBytes]byte
	return uint64(len(strconv.AppendInt(scratch[:0], n, 10)))
}

// counts passes over n lengths.
func (w *window) counts(n int) {
	for ; n > 0; n-- {
		w.count()
	}
}

// blobHeadBytes is how much of packed memory is looked at: no header is longer.
const blobHeadBytes = 12

// blob passes over a string that holds packed memory: its length, and how it
// begins.
func (w *window) blob(dst *[blobHeadBytes]byte) (head []byte, length uint64) {
	n, encoding := w.length()
	switch encoding {
	case 0:
		return w.head(dst[:], n), n
	case encodedLZF:
		compressed, length := w.lzf()
		// No literal or copy that makes the head's bytes reaches further.
		var packed [2*blobHeadBytes + 4]byte
		return lzfHead(dst[:0], w.head(packed[:], compressed)), length
	}
	w.integer(encoding)
	w.fail(errors.New("an integer where packed memory should be"))
	return nil, 0
}

// lzfHead decompresses to fill dst, from the beginning of a string that may
// end anywhere.
func lzfHead(dst, src []byte) []byte {
	for len(src) > 1 && len(dst) < cap(dst) {
		control := int(src[0])
		src = src[1:]
		if control < maxLiteral {
			n := min(control+1, len(src))
			dst = append(dst, src[:min(n, cap(dst)-len(dst))]...)
			src = src[n:]
			continue
		}
		count := control >> 5
		if count == longCopy {
			count += int(src[0])
			src = src[1:]
		}
		if len(src) == 0 {
			break
		}
		from := len(dst) - 1 - (control&0x1F<<8 | int(src[0]))
		src = src[1:]
		if from < 0 {
			break
		}
		dst = appendCopy(dst, from, min(count+minCopy, cap(dst)-len(dst)))
	}
	return dst
}

// MaxKey is the longest key that is read; none of a server is longer.
const MaxKey = MaxString

// key reads a string into dst.
func (w *window) key(dst []byte) []byte {
	n, encoding := w.length()
	switch encoding {
	case 0:
		return w.append(dst, n)
	case encodedLZF:
		compressed, length := w.lzf()
		if w.err != nil || length > MaxKey {
			w.fail(errLongKey)
			return dst
		}
		packed := w.append(nil, compressed)
		if w.err != nil {
			return dst
		}
		dst, err := appendLZF(dst, packed, int(length))
		if err != nil {
			w.fail(errors.New("a compressed string that is damaged"))
		}
		return dst
	}
	return strconv.AppendInt(dst, w.integer(encoding), 10)
}

var errLongKey = errors.New("a key longer than " + strconv.Itoa(MaxKey) + " bytes")

// append reads n bytes behind dst; it allocates no more than the file holds.
func (w *window) append(dst []byte, n uint64) []byte {
	if n > MaxKey {
		w.fail(errLongKey)
		return dst
	}
	for n > 0 && w.err == nil {
		part := min(n, windowBytes)
		dst = append(dst, w.bytes(int(part))...)
		n -= part
	}
	return dst
}

// millis reads a time.
func (w *window) millis() int64 {
	if p := w.bytes(millisBytes); p != nil {
		return int64(binary.LittleEndian.Uint64(p))
	}
	return 0
}
