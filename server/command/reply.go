package command

import (
	"fmt"
	"slices"

	"slotbench/internal/resp"
)

// The errors that many commands answer with, as Redis words them.
const (
	errSyntax    = "ERR syntax error"
	errNotInt    = "ERR value is not an integer or out of range"
	errNotFloat  = "ERR value is not a valid float"
	errRange     = "ERR value is out of range"
	errWrongType = "WRONGTYPE Operation against a key holding the wrong kind of value"
	errNoKey     = "ERR no such key"
)

// OK answers +OK.
func (c *Context) OK() { c.Out = append(c.Out, "+OK\r\n"...) }

// Int answers an integer.
func (c *Context) Int(n int64) { c.Out = resp.AppendInt(c.Out, n) }

// largeReplyBytes is from how large a bulk string on the reply buffer doubles:
// append grows large slices by a quarter, and copies them that much more often.
const largeReplyBytes = 64 << 10

// Bulk answers a bulk string.
func (c *Context) Bulk(b []byte) {
	if need := len(b) + resp.MaxBulkHead; need > largeReplyBytes && need > cap(c.Out)-len(c.Out) {
		c.Out = slices.Grow(c.Out, max(need, len(c.Out)))
	}
	c.Out = resp.AppendBulk(c.Out, b)
}

// BulkString answers a bulk string.
func (c *Context) BulkString(s string) { c.Out = resp.AppendBulk(c.Out, s) }

// Simple answers a simple string; s holds no line end.
func (c *Context) Simple(s string) { c.Out = resp.AppendSimple(c.Out, s) }

// Null answers null in the client's protocol.
func (c *Context) Null() { c.Out = resp.AppendNull(c.Out, c.Client.Proto) }

// NullArray answers null where RESP2 has the null array.
func (c *Context) NullArray() { c.Out = resp.AppendNullArray(c.Out, c.Client.Proto) }

// Array begins an array of n elements.
func (c *Context) Array(n int) { c.Out = resp.AppendArray(c.Out, n) }

// Map begins a map of n pairs.
func (c *Context) Map(n int) { c.Out = resp.AppendMap(c.Out, c.Client.Proto, n) }

// Set begins a set of n elements.
func (c *Context) Set(n int) { c.Out = resp.AppendSet(c.Out, c.Client.Proto, n) }

// Double answers a floating point number.
func (c *Context) Double(f float64) { c.Out = resp.AppendDouble(c.Out, c.Client.Proto, f) }

// Verbatim answers text for people.
func (c *Context) Verbatim(s string) { c.Out = resp.AppendVerbatim(c.Out, c.Client.Proto, s) }

// Error answers an error, which begins with its code: "ERR no such key".
func (c *Context) Error(message string) {
	c.failed, c.wording = true, message
	c.Out = resp.AppendError(c.Out, message)
}

// Errorf answers an error, which begins with its code.
func (c *Context) Errorf(format string, args ...any) { c.Error(fmt.Sprintf(format, args...)) }

// WrongType answers that the key holds another type.
func (c *Context) WrongType() { c.Error(errWrongType) }
