package resp

import "bytes"

// Kind is the first byte of a reply.
type Kind byte

// The kinds of reply.
const (
	Simple    Kind = '+'
	Error     Kind = '-'
	Int       Kind = ':'
	Bulk      Kind = '$'
	Array     Kind = '*'
	Null      Kind = '_'
	Bool      Kind = '#'
	Double    Kind = ','
	BigNumber Kind = '('
	BulkError Kind = '!'
	Verbatim  Kind = '='
	Map       Kind = '%'
	Set       Kind = '~'
	Attribute Kind = '|'
	Push      Kind = '>'
)

var isKind = [256]bool{
	Simple: true, Error: true, Int: true, Bulk: true, Array: true, Null: true, Bool: true, Double: true,
	BigNumber: true, BulkError: true, Verbatim: true, Map: true, Set: true, Attribute: true, Push: true,
}

// Reply is one whole reply in the caller's buffer.
type Reply struct {
	Kind Kind   // Null also for RESP2's null bulk string and null array
	Text []byte // what stands behind Kind: of a line, or of a bulk string; nil for aggregates
	Len  int    // the elements of an aggregate, counted as on the wire (a map has two a pair)
	Raw  []byte // the reply as it came, an attribute before it left out
}

// IsError says whether the reply is an error.
func (r Reply) IsError() bool { return r.Kind == Error || r.Kind == BulkError }

// ReplyReader splits what a server sends into replies. One reader serves one
// connection; its zero value is ready. It remembers how far it came with an
// aggregate whose bytes are not all there.
type ReplyReader struct {
	at          int   // how far into the unfinished reply it was read; 0: not begun
	start       int   // where the reply begins, behind the attributes before it
	pending     int64 // elements that are still to come, the one at `at` included
	need        int   // bytes that the buffer must hold before reading on pays
	first       Reply // the head of the unfinished reply, once known
	known       bool
	inAttribute bool // pending counts elements of an attribute before the reply
}

// Next reads the reply at the start of buf. size is how many bytes it took, 0
// while bytes are missing; then the next call's buf must begin with the same
// bytes again. The reply aliases buf. After an error the connection cannot be
// read further.
func (d *ReplyReader) Next(buf []byte) (reply Reply, size int, err error) {
	if d.at == 0 {
		if text, size := wholeBulk(buf); size > 0 {
			d.need = 0
			return Reply{Kind: Bulk, Text: text, Raw: buf[:size]}, size, nil
		}
		// Nearly as fast: one element of another kind that is all there.
		reply, more, next, err := element(buf, 0)
		if err != nil {
			return Reply{}, 0, err
		}
		if next > 0 && next <= len(buf) && more == 0 && reply.Kind != Attribute {
			reply.Raw = buf[:next]
			d.need = 0
			return reply, next, nil
		}
		d.pending = 1
	}
	if len(buf) < d.need {
		return Reply{}, 0, nil
	}
	for d.pending > 0 {
		head, more, next, err := element(buf, d.at)
		if err != nil {
			return Reply{}, 0, err
		}
		if next == 0 || next > len(buf) {
			d.need = max(next, len(buf)+1)
			return Reply{}, 0, nil
		}
		d.at = next
		d.take(head, more)
		if d.pending > maxReplyLength {
			return Reply{}, 0, protocolErrorf("a reply has more than %d elements", int64(maxReplyLength))
		}
	}
	reply, size = d.first, d.at
	if reply.Text != nil { // the buffer may have moved since it was read
		reply, _, _, _ = element(buf, d.start)
	}
	reply.Raw = buf[d.start:size]
	*d = ReplyReader{}
	return reply, size, nil
}

// Bulk is Next for a bulk string that is all there, the commonest answer by
// far: it is its size, or 0 where Next must say what there is.
func (d *ReplyReader) Bulk(buf []byte) (size int) {
	if _, size = wholeBulk(buf); size > 0 {
		d.need = 0
	}
	return size
}

// wholeBulk is the fast path: a bulk string that is all there and well formed.
// Size 0 leaves it to element to say what it is instead.
func wholeBulk(buf []byte) (text []byte, size int) {
	if len(buf) < 5 || buf[0] != byte(Bulk) {
		return nil, 0
	}
	length, at := 0, 1
	for at < 9 && at < len(buf) && buf[at] >= '0' && buf[at] <= '9' {
		length = length*10 + int(buf[at]-'0')
		at++
	}
	end := at + 2 + length
	if at == 1 || buf[1] == '0' && at > 2 || end+2 > len(buf) ||
		buf[at] != '\r' || buf[at+1] != '\n' || buf[end] != '\r' || buf[end+1] != '\n' {
		return nil, 0
	}
	return buf[at+2 : end : end], end + 2
}

// take counts one element that was read.
func (d *ReplyReader) take(head Reply, more int64) {
	switch {
	case head.Kind == Attribute && !d.known && !d.inAttribute:
		d.inAttribute, d.pending = true, more
	case head.Kind == Attribute:
		d.pending += more
	default:
		if !d.known && !d.inAttribute {
			d.first, d.known = head, true
		}
		d.pending += more - 1
	}
	if d.inAttribute && d.pending == 0 {
		d.inAttribute, d.pending, d.start = false, 1, d.at
	}
}

// Need is how many bytes the buffer must hold before the unfinished reply can
// be read further, where that is known.
func (d *ReplyReader) Need() int { return d.need }

// element reads the head of one element and, where it is a line or a bulk
// string, its text. more is how many elements follow as parts of it. next is
// where the one after it starts: 0 while its line is not all there, beyond
// the end of buf while its text is not.
func element(buf []byte, at int) (head Reply, more int64, next int, err error) {
	if at >= len(buf) {
		return head, 0, 0, nil
	}
	head.Kind = Kind(buf[at])
	if !isKind[head.Kind] {
		return head, 0, 0, protocolErrorf("unknown reply type '%c'", printable(buf[at]))
	}
	window := buf[at:]
	if len(window) > MaxInline+1 {
		window = window[:MaxInline+1]
	}
	length := bytes.IndexByte(window, '\n')
	if length < 0 {
		if len(window) > MaxInline {
			return head, 0, 0, protocolErrorf("line of a reply is longer than %d bytes", MaxInline)
		}
		return head, 0, 0, nil
	}
	if length < 2 || buf[at+length-1] != '\r' {
		return head, 0, 0, protocolErrorf("line of a reply does not end in CR LF")
	}
	line := buf[at+1 : at+length-1]
	next = at + length + 1
	switch head.Kind {
	case Simple, Error, Int, Bool, Double, BigNumber:
		head.Text = line
		return head, 0, next, nil
	case Null:
		if len(line) > 0 {
			return head, 0, 0, protocolErrorf("null with text %q in a reply", clip(line))
		}
		return head, 0, next, nil
	case Bulk, BulkError, Verbatim:
		n, err := parseLength(line)
		if err != nil || n < -1 || n > MaxBulk {
			return head, 0, 0, protocolErrorf("invalid bulk length %q in a reply", clip(line))
		}
		if n < 0 {
			head.Kind = Null
			return head, 0, next, nil
		}
		end := next + int(n)
		if end+2 <= len(buf) {
			if buf[end] != '\r' || buf[end+1] != '\n' {
				return head, 0, 0, protocolErrorf("bulk of %d bytes does not end in CR LF", n)
			}
			head.Text = buf[next:end:end]
		}
		return head, 0, end + 2, nil
	default: // an aggregate
		n, err := parseLength(line)
		if err != nil || n < -1 || n > maxReplyLength {
			return head, 0, 0, protocolErrorf("invalid aggregate length %q in a reply", clip(line))
		}
		if n < 0 {
			head.Kind = Null
			return head, 0, next, nil
		}
		if head.Kind == Map || head.Kind == Attribute {
			n *= 2
		}
		head.Len = int(n)
		return head, n, next, nil
	}
}

func clip(line []byte) []byte {
	if len(line) > 32 {
		return line[:32]
	}
	return line
}
