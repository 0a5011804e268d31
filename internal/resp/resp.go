// Package resp is the Redis protocol, RESP2 and RESP3, for both sides: a
// server reads commands and appends replies, a client appends commands and
// reads replies. It works on the caller's buffers, copies nothing, allocates
// nothing in steady state, and resumes where the bytes ran out. It opens no
// socket.
package resp

import (
	"errors"
	"fmt"
)

// The limits of what is read. Those of commands are Redis's own defaults.
const (
	MaxInline      = 64 << 10  // bytes of an inline command, and of a length line
	MaxArgs        = 1 << 20   // arguments of a command
	MaxBulk        = 512 << 20 // bytes of one argument or bulk reply
	MaxDepth       = 128       // nesting of a reply that Decode reads
	MaxBulkHead    = 32        // bytes of a bulk string beside its text, at most
	maxLengthLine  = 32        // bytes of "*123" without its end of line
	maxUnauthArgs  = 10        // arguments of a command before AUTH
	maxUnauthBulk  = 16 << 10  // bytes of an argument before AUTH
	maxReplyLength = 1 << 40   // elements of an aggregate reply
)

// ProtocolError is what a peer did against the protocol. Its text is what
// Redis answers behind "-ERR ".
type ProtocolError string

// Error is the text.
func (e ProtocolError) Error() string { return string(e) }

func protocolErrorf(format string, args ...any) error {
	return ProtocolError("Protocol error: " + fmt.Sprintf(format, args...))
}

var errLength = errors.New("not a length")

// parseLength reads a signed decimal as Redis's string2ll does: no plus sign,
// no leading zero, nothing but digits.
func parseLength(line []byte) (int64, error) {
	negative := len(line) > 0 && line[0] == '-'
	digits := line
	if negative {
		digits = line[1:]
	}
	if len(digits) == 0 || len(digits) > 18 || digits[0] == '0' && (len(digits) > 1 || negative) {
		return 0, errLength
	}
	var n int64
	for _, d := range digits {
		if d < '0' || d > '9' {
			return 0, errLength
		}
		n = n*10 + int64(d-'0')
	}
	if negative {
		n = -n
	}
	return n, nil
}
