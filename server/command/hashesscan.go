package command

import (
	"bytes"
	"strconv"

	"slotbench/internal/listpack"
	"slotbench/internal/resp"
	"slotbench/server/collection"
	"slotbench/server/store"
)

// memberScan is one HSCAN or SSCAN, and what it has found.
type memberScan struct {
	cursor  uint64
	pattern []byte // nil: every element
	count   int

	found []byte // elements of the reply
	n     int
}

// parseCursor reads a cursor as strtoul does, for so does Redis: up to a zero
// byte, with a sign.
func parseCursor(text []byte) (uint64, bool) {
	if zero := bytes.IndexByte(text, 0); zero >= 0 {
		text = text[:zero]
	}
	if len(text) == 0 {
		return 0, true
	}
	digits := text
	if text[0] == '-' || text[0] == '+' {
		digits = text[1:]
	}
	n, err := strconv.ParseUint(string(digits), 10, 64)
	if text[0] == '-' {
		n = -n
	}
	return n, err == nil
}

// openScan reads the cursor, looks the key up and reads the options, in the
// order in which Redis finds fault with them. When ok is false there is
// nothing to scan and the reply is made.
func (c *Context) openScan(want store.Type) (s memberScan, e store.Entry, ok bool) {
	if s.cursor, ok = parseCursor(c.Args[2]); !ok {
		c.Error("ERR invalid cursor")
		return s, e, false
	}
	e, found, ok := c.collection(c.Args[1], want)
	if !ok {
		return s, e, false
	}
	if !found {
		c.closeScan(&s, 0)
		return s, e, false
	}
	s.count, s.found = defaultScanCount, c.pack[:0]
	for at := 3; at < len(c.Args); at += 2 {
		switch arg, more := c.Args[at], at+1 < len(c.Args); {
		case isWord(arg, "count") && more:
			n, ok := c.IntArg(at + 1)
			if !ok {
				return s, e, false
			}
			if n < 1 {
				c.Error(errSyntax)
				return s, e, false
			}
			s.count = int(min(n, maxScanCount))
		case isWord(arg, "match") && more:
			if s.pattern = c.Args[at+1]; len(s.pattern) > maxPatternBytes {
				c.Error(errLongPattern)
				return s, e, false
			}
		default:
			c.Error(errSyntax)
			return s, e, false
		}
	}
	return s, e, true
}

// see adds an element, behind it its value if it has one, if it matches.
func (s *memberScan) see(element []byte, value ...[]byte) {
	if s.pattern != nil && !matchGlob(s.pattern, element) {
		return
	}
	s.found = resp.AppendBulk(s.found, element)
	s.n++
	for _, v := range value {
		s.found = resp.AppendBulk(s.found, v)
		s.n++
	}
}

// closeScan answers what was found and where to go on.
func (c *Context) closeScan(s *memberScan, next uint64) {
	c.Array(2)
	c.Bulk(strconv.AppendUint(c.scratch[:0], next, 10))
	c.Array(s.n)
	c.Out = append(c.Out, s.found...)
	if s.found != nil {
		c.keepPack(s.found)
	}
}

func hScan(c *Context) {
	s, e, ok := c.openScan(store.Hash)
	if !ok {
		return
	}
	next := uint64(0)
	if h, large := e.Object.(*collection.Hash); large {
		next = h.Scan(s.cursor, s.count, func(field, value []byte) { s.see(field, value) })
	} else {
		var a, b [maxIntBytes]byte
		eachField(e, func(field, value listpack.Value) { s.see(field.Bytes(a[:]), value.Bytes(b[:])) })
	}
	c.closeScan(&s, next)
}
