package keyset

import (
	"bytes"

	"slotbench/internal/slot"
)

// longLine is a line that is too long to be held, added up piece by piece. What
// is kept of it is the same however long it is.
type longLine struct {
	literal bool   // a carriage return at the end belongs to the key
	head    []byte // how it begins, to show it
	bytes   uint64 // of the key
	crc     uint16 // of all
	held    bool   // a carriage return, which is the key's only if something follows

	tagState tagState
	tag      []byte // how it begins: as much as is ranked, and one byte
	tagBytes uint64
	tagCRC   uint16
}

// tagState is how far the search for a hash tag is: between the first brace
// and the next that closes.
type tagState uint8

const (
	beforeTag tagState = iota
	inTag
	afterTag
	noTag // the braces hold nothing: all is hashed
)

// add takes in the next piece.
func (l *longLine) add(piece []byte) {
	if len(piece) == 0 {
		return
	}
	if l.held {
		l.held = false
		l.feed([]byte{'\r'})
	}
	if !l.literal && piece[len(piece)-1] == '\r' {
		l.held = true
		piece = piece[:len(piece)-1]
	}
	l.feed(piece)
}

func (l *longLine) feed(piece []byte) {
	if room := snippetBytes + 1 - len(l.head); room > 0 {
		l.head = append(l.head, piece[:min(room, len(piece))]...)
	}
	l.bytes += uint64(len(piece))
	l.crc = slot.ContinueCRC16(l.crc, piece)
	if l.tagState == beforeTag {
		at := bytes.IndexByte(piece, '{')
		if at < 0 {
			return
		}
		l.tagState, piece = inTag, piece[at+1:]
	}
	if l.tagState != inTag {
		return
	}
	end := bytes.IndexByte(piece, '}')
	if end >= 0 {
		piece, l.tagState = piece[:end], afterTag
	}
	if room := MaxTagBytes + 1 - len(l.tag); room > 0 {
		l.tag = append(l.tag, piece[:min(room, len(piece))]...)
	}
	l.tagBytes += uint64(len(piece))
	l.tagCRC = slot.ContinueCRC16(l.tagCRC, piece)
	if l.tagState == afterTag && l.tagBytes == 0 {
		l.tagState = noTag
	}
}

// longLine adds up a line that was not held.
func (w *worker) longLine(in *input, l *longLine, at int, number int64) {
	switch {
	case in.csv != nil || in.line != nil || w.visit != nil || !in.literal && l.head[0] == '"':
		w.bad(number, at, l.head, w.tooLong())
	case l.bytes > w.o.keyBytes:
		w.bad(number, at, l.head, w.noKey())
	default:
		w.placeLong(l)
	}
}

// placeLong adds up a key that was not held.
func (w *worker) placeLong(l *longLine) {
	if l.tagState != afterTag {
		w.account(l.crc, l.bytes, 0)
		return
	}
	w.account(l.tagCRC, l.bytes, 0)
	w.tagged(l.tagCRC, l.tag, 1, l.bytes, 0)
}
