package replay

import (
	"bytes"
	"slices"
	"strconv"

	"slotbench/internal/slot"
)

// renderer makes commands of held operations: a head, then a value that the
// stream makes when it sends, then a tail.
type renderer struct {
	slot       slot.Slot
	keyBytes   []byte // the copy's keys, one behind the other
	ends       []int
	head, tail []byte
	keyAt      int
	keyLen     int
	valueBytes int // -1: no value
}

// key is the i-th of the copy's keys.
func (r *renderer) key(i int) []byte {
	from := 0
	if i > 0 {
		from = r.ends[i-1]
	}
	return r.keyBytes[from:r.ends[i]]
}

// keysOf makes a copy's keys, and says why the copy is skipped, "" if it is
// not.
func (r *renderer) keysOf(d *dealer, h *held, number int) string {
	r.keyBytes, r.ends = r.keyBytes[:0], r.ends[:0]
	for i, k := range d.keys[h.keys.from:h.keys.to] {
		arg := d.args[h.args.from+k]
		from := len(r.keyBytes)
		r.keyBytes = appendKey(r.keyBytes, d.trace.options.Prefix, d.bytes[arg.from:arg.to], number)
		r.ends = append(r.ends, len(r.keyBytes))
		key := r.keyBytes[from:]
		if len(key) > MaxKeyBytes {
			return "with a key of more than " + strconv.Itoa(MaxKeyBytes) + " bytes"
		}
		s := slot.Of(key)
		switch {
		case i == 0:
			r.slot = s
		case s != r.slot && d.trace.cluster && !d.trace.removal:
			return "with keys in several slots"
		}
	}
	return ""
}

// copyMark stands between a copy's number and what it is a copy of.
const copyMark = '~'

// appendKey appends a copy's key: copy 0 is the key itself. The number of any
// other goes before what is hashed: into the hash tag, if there is one. So
// keys of one tag stay together, and copies are as far apart as other keys.
func appendKey(dst []byte, prefix string, key []byte, number int) []byte {
	dst = append(dst, prefix...)
	if number == 0 {
		return append(dst, key...)
	}
	if _, tagged := slot.Tag(key); tagged {
		at := bytes.IndexByte(key, '{') + 1
		dst, key = append(dst, key[:at]...), key[at:]
	}
	dst = strconv.AppendInt(dst, int64(number), 10)
	return append(append(dst, copyMark), key...)
}

// command renders an operation with the keys that keysOf made.
func (r *renderer) command(d *dealer, h *held) {
	args, keys := d.args[h.args.from:h.args.to], d.keys[h.keys.from:h.keys.to]
	r.begin(len(args))
	out := &r.head
	for i, arg := range args {
		if at, isKey := slices.BinarySearch(keys, i); isKey {
			r.bulkKey(out, r.key(at), at == 0)
			continue
		}
		if h.value > 0 && i == h.value {
			r.valueBytes = h.valueBytes
			*out = appendLength(*out, h.valueBytes)
			out = &r.tail
			*out = append(*out, "\r\n"...)
			continue
		}
		*out = appendBulk(*out, d.bytes[arg.from:arg.to])
	}
}

// set renders a SET of the first key, with a value.
func (r *renderer) set(valueBytes int) {
	r.begin(3)
	r.head = appendBulk(r.head, wordSet)
	r.bulkKey(&r.head, r.key(0), true)
	r.valueBytes = valueBytes
	r.head = appendLength(r.head, valueBytes)
	r.tail = append(r.tail, "\r\n"...)
}

// del renders a DEL of one of the keys.
func (r *renderer) del(i int) {
	r.begin(2)
	r.slot = slot.Of(r.key(i))
	r.head = appendBulk(r.head, wordDel)
	r.bulkKey(&r.head, r.key(i), true)
}

func (r *renderer) begin(args int) {
	r.head, r.tail, r.valueBytes = r.head[:0], r.tail[:0], -1
	r.head = append(r.head, '*')
	r.head = strconv.AppendInt(r.head, int64(args), 10)
	r.head = append(r.head, "\r\n"...)
}

// bulkKey appends a key; the first is the request's, and stands in the head.
func (r *renderer) bulkKey(out *[]byte, key []byte, first bool) {
	*out = appendBulk(*out, key)
	if first {
		r.keyAt, r.keyLen = len(*out)-2-len(key), len(key)
	}
}

func appendLength(dst []byte, n int) []byte {
	dst = append(dst, '$')
	dst = strconv.AppendInt(dst, int64(n), 10)
	return append(dst, "\r\n"...)
}

func appendBulk(dst, text []byte) []byte {
	dst = append(appendLength(dst, len(text)), text...)
	return append(dst, "\r\n"...)
}
